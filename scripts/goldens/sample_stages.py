#!/usr/bin/python3
"""Goldens for a whole sample and a mixed batch: test/goldens/sample-stages.json, hashes of torchvision 0.14.1's results.

  samples   crop + resize to sizes that are not square, flip, operation, normalise, erase → SHA-256 of the RGB bytes
            before normalising and of the float32 values, both [height, width, 3]
  mixes     three normalised images, mixed with a given λ or box as references/classification/transforms.py does it
            → SHA-256 of each

Run: OMP_NUM_THREADS=2 /usr/bin/python3 scripts/goldens/sample_stages.py
"""
import json
import pathlib

import numpy as np
import PIL
import torch
import torchvision
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F
from torchvision.transforms.autoaugment import _apply_op

from patterns import digest, pattern
from resize import normalised

OUT = pathlib.Path(__file__).parents[2] / "test" / "goldens" / "sample-stages.json"

# Boxes are [left, top, width, height].
SAMPLES = [
    dict(pattern="photo", width=61, height=43, seed=1, crop=[5, 2, 40, 31], resize=[37, 21], flip=True,
         operation=["Rotate", -22.5, 5], erase=[3, 4, 11, 9]),
    dict(pattern="noise", width=1, height=1, seed=2, crop=[0, 0, 1, 1], resize=[9, 4], flip=False,
         operation=["Posterize", 3, 25], erase=[0, 0, 1, 1]),
    dict(pattern="edges", width=97, height=33, seed=3, crop=[0, 0, 97, 33], resize=[16, 40], flip=True,
         operation=["Equalize", 0, None], erase=None),
    dict(pattern="narrow", width=30, height=50, seed=4, crop=[3, 7, 20, 20], resize=[20, 12], flip=False,
         operation=["AutoContrast", 0, None], erase=[19, 11, 1, 1]),
    dict(pattern="palette", width=44, height=44, seed=5, crop=[4, 4, 36, 18], resize=[18, 36], flip=True,
         operation=["Sharpness", 0.891000032424926758, 27], erase=[0, 0, 18, 35]),
    dict(pattern="noise", width=200, height=3, seed=6, crop=[10, 0, 180, 3], resize=[32, 32], flip=True,
         operation=None, erase=[1, 2, 30, 5]),
    dict(pattern="gradient", width=64, height=80, seed=7, crop=[0, 8, 64, 64], resize=[64, 30], flip=False,
         operation=["TranslateX", -17.0666656494140625, 16], erase=[10, 0, 20, 29]),
    dict(pattern="photo", width=120, height=90, seed=8, crop=[11, 12, 77, 63], resize=[23, 29], flip=True,
         operation=["Contrast", -0.3959999978542328, 12], erase=[22, 28, 1, 1]),
]  # fmt: skip

MIXES = [
    dict(kind="mixup", lam=0.7345678806304932),
    dict(kind="mixup", lam=0.01234567),
    dict(kind="mixup", lam=1.0),
    dict(kind="mixup", lam=0.0),
    dict(kind="cutmix", box=[3, 5, 11, 7]),
    dict(kind="cutmix", box=[0, 0, 20, 14]),
    dict(kind="cutmix", box=[19, 13, 1, 1]),
    dict(kind="cutmix", box=[6, 6, 0, 3]),
]
MIX_IMAGES = [("noise", 20, 14, 1), ("photo", 20, 14, 2), ("edges", 20, 14, 3)]


def sample(case):
    pixels = pattern(case["pattern"], case["width"], case["height"], case["seed"])
    left, top, width, height = case["crop"]
    out_width, out_height = case["resize"]
    image = F.resized_crop(
        Image.fromarray(pixels), top, left, height, width, [out_height, out_width], InterpolationMode.BILINEAR
    )
    if case["flip"]:
        image = F.hflip(image)
    if case["operation"] is not None:
        name, magnitude, _ = case["operation"]
        image = _apply_op(image, name, magnitude, InterpolationMode.BILINEAR, None)
    tensor = torch.from_numpy(normalised(image).copy()).permute(2, 0, 1)
    if case["erase"] is not None:
        left, top, width, height = case["erase"]
        # What RandomErasing(value=0).get_params makes of its value.
        tensor = F.erase(tensor, top, left, height, width, torch.tensor([0.0])[:, None, None])
    return dict(case, source=digest(pixels), rgb=digest(np.asarray(image)), tensor=digest(hwc(tensor)))


def hwc(tensor):
    return tensor.permute(-2, -1, -3).contiguous().numpy()


def mixed(mix):
    images = [Image.fromarray(pattern(*image)) for image in MIX_IMAGES]
    batch = torch.stack([torch.from_numpy(normalised(image).copy()).permute(2, 0, 1) for image in images])
    rolled = batch.roll(1, 0)
    if mix["kind"] == "mixup":
        rolled.mul_(1.0 - mix["lam"])
        batch.mul_(mix["lam"]).add_(rolled)
    else:
        left, top, width, height = mix["box"]
        right, bottom = left + width, top + height
        batch[:, :, top:bottom, left:right] = rolled[:, :, top:bottom, left:right]
    return dict(mix, tensors=[digest(hwc(image)) for image in batch])


def main():
    versions = dict(torch=torch.__version__, torchvision=torchvision.__version__, pillow=PIL.__version__)
    sections = dict(
        samples=[sample(case) for case in SAMPLES],
        mixImages=[dict(zip(("pattern", "width", "height", "seed"), image)) for image in MIX_IMAGES],
        mixes=[mixed(mix) for mix in MIXES],
    )
    parts = [f'"versions": {json.dumps(versions)}']
    for name, entries in sections.items():
        parts.append(f'"{name}": [\n' + ",\n".join(json.dumps(entry) for entry in entries) + "\n]")
    OUT.write_text("{\n" + ",\n".join(parts) + "\n}\n")
    print(f"{OUT}: {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
