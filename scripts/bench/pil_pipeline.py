"""Images per second of torchvision's PIL pipeline with the reference recipe, on one core, from decoded images.

For `npm run bench -- augment`, which runs it where python3-torchvision is installed:
OMP_NUM_THREADS=1 /usr/bin/python3 scripts/bench/pil_pipeline.py BATCH SIZE
Prints one number, of the median batch.
"""

import statistics
import sys
import time

import numpy as np
import torch
from PIL import Image
from torchvision import transforms
from torchvision.transforms import InterpolationMode, autoaugment

WIDTH, HEIGHT = 500, 375
MEAN, STANDARD_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
MIXUP_ALPHA, CUTMIX_ALPHA = 0.2, 1.0


def photograph(seed):
    """A gradient with noise, the same as bench/measure/augment.ts has."""
    y, x, channel = np.mgrid[0:HEIGHT, 0:WIDTH, 0:3].astype(np.uint32)
    index = (y * WIDTH + x) * 3 + channel + np.uint32(seed * 7919)
    noise = (index * np.uint32(0x9E3779B1)) >> np.uint32(27)
    rgb = x * 160 // WIDTH + y * 60 // HEIGHT + 10 * channel + noise
    return Image.fromarray(np.minimum(rgb, 255).astype(np.uint8), "RGB")


def mix(batch):
    """RandomMixup or RandomCutmix of torchvision's references/classification/transforms.py, evenly."""
    rolled = batch.roll(1, 0)
    if torch.rand(1).item() < 0.5:
        share = float(torch._sample_dirichlet(torch.tensor([MIXUP_ALPHA, MIXUP_ALPHA]))[0])
        return batch.mul_(share).add_(rolled.mul_(1.0 - share))
    share = float(torch._sample_dirichlet(torch.tensor([CUTMIX_ALPHA, CUTMIX_ALPHA]))[0])
    height, width = batch.shape[-2:]
    across, down = int(torch.randint(width, (1,))), int(torch.randint(height, (1,)))
    half = 0.5 * (1.0 - share) ** 0.5
    half_width, half_height = int(half * width), int(half * height)
    left, right = max(across - half_width, 0), min(across + half_width, width)
    top, bottom = max(down - half_height, 0), min(down + half_height, height)
    batch[:, :, top:bottom, left:right] = rolled[:, :, top:bottom, left:right]
    return batch


def main():
    batch_size, size = int(sys.argv[1]), int(sys.argv[2])
    torch.set_num_threads(1)
    torch.manual_seed(0)
    pipeline = transforms.Compose(
        [
            transforms.RandomResizedCrop(size, interpolation=InterpolationMode.BILINEAR),
            transforms.RandomHorizontalFlip(0.5),
            autoaugment.TrivialAugmentWide(interpolation=InterpolationMode.BILINEAR),
            transforms.PILToTensor(),
            transforms.ConvertImageDtype(torch.float),
            transforms.Normalize(MEAN, STANDARD_DEVIATION),
            transforms.RandomErasing(0.1),
        ]
    )
    images = [photograph(seed) for seed in range(batch_size)]
    times = []
    began = time.perf_counter()
    # The first batch warms up.
    while len(times) < 4 or time.perf_counter() - began < 5:
        started = time.perf_counter()
        mix(torch.stack([pipeline(image) for image in images]))
        times.append(time.perf_counter() - started)
    print(batch_size / statistics.median(times[1:]))


main()
