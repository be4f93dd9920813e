#!/usr/bin/python3
"""Goldens for the augmentation: what torchvision 0.14.1 and Pillow 9.4 do to images of odd sizes.

Writes test/goldens/resize.json. Images come from an integer-hash formula that the test computes too
(test/augment/patterns.ts), so only hashes of pixels are kept:

  cases        image → crop + resize (F.resized_crop) or resize + centre crop, flip → SHA-256 of the RGB
               bytes and of the normalised float32 values, both [height, width, 3]
  cropBoxes    RandomResizedCrop.get_params with its random numbers injected
  normalised   SHA-256 of all 3 × 256 normalised values

Run: OMP_NUM_THREADS=2 /usr/bin/python3 scripts/goldens/resize.py
"""
import json
import pathlib
from unittest import mock

import numpy as np
import PIL
import torch
import torchvision
from PIL import Image
from torchvision.transforms import InterpolationMode, RandomResizedCrop
from torchvision.transforms import functional as F

from patterns import digest, hash_u32, pattern

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
OUT = pathlib.Path(__file__).parents[2] / "test" / "goldens" / "resize.json"


def normalised(image):
    """float32 [height, width, 3], through the transforms the recipe uses."""
    tensor = F.convert_image_dtype(F.pil_to_tensor(image), torch.float)
    return F.normalize(tensor, MEAN, STD).permute(1, 2, 0).numpy()


def finish(case, pixels, image):
    if case["flip"]:
        image = F.hflip(image)
    case["source"] = digest(pixels)
    case["rgb"] = digest(np.asarray(image))
    case["normalised"] = digest(normalised(image))
    return case


def crop_case(kind, width, height, seed, box, size, flip):
    pixels = pattern(kind, width, height, seed)
    left, top, crop_width, crop_height = box
    image = F.resized_crop(
        Image.fromarray(pixels), top, left, crop_height, crop_width, [size, size], InterpolationMode.BILINEAR
    )
    case = dict(pattern=kind, width=width, height=height, seed=seed, crop=box, size=size, flip=flip)
    return finish(case, pixels, image)


def validation_case(kind, width, height, seed, resize, crop):
    pixels = pattern(kind, width, height, seed)
    image = F.resize(Image.fromarray(pixels), resize, InterpolationMode.BILINEAR)
    image = F.center_crop(image, crop)
    case = dict(
        pattern=kind, width=width, height=height, seed=seed, valResizeSize=resize, valCropSize=crop, flip=False
    )
    return finish(case, pixels, image)


def crop_box_case(width, height, scale_min, uniforms, integers):
    """get_params with uniforms in [0, 1) mapped to its ranges, and integers taken modulo."""
    next_uniform, next_integer = iter(uniforms), iter(integers)

    def uniform_(tensor, low, high):
        return tensor.fill_(float(low) + (float(high) - float(low)) * next(next_uniform))

    def randint(low, high, size):
        return torch.tensor([low + next(next_integer) % (high - low)])

    with mock.patch.object(torch.Tensor, "uniform_", uniform_), mock.patch.object(torch, "randint", randint):
        top, left, crop_height, crop_width = RandomResizedCrop.get_params(
            Image.new("RGB", (width, height)), [scale_min, 1.0], [3 / 4, 4 / 3]
        )
    return dict(
        width=width,
        height=height,
        scaleMin=scale_min,
        uniforms=uniforms,
        integers=integers,
        crop=[left, top, crop_width, crop_height],
    )


SIZES = [
    (1, 1), (1, 7), (7, 1), (2, 2), (3, 200), (200, 3), (5, 4), (13, 13), (28, 28), (31, 33), (32, 32),
    (36, 36), (61, 43), (64, 64), (72, 96), (96, 96), (97, 101), (128, 85), (176, 176), (224, 224),
    (255, 256), (301, 199), (512, 341), (400, 512),
]  # fmt: skip
KINDS = ["noise", "gradient", "edges"]


def main():
    cases, boxes = [], []
    for index, (width, height) in enumerate(SIZES):
        kind, draw = KINDS[index % 3], hash_u32(np.arange(4) + index * 4)
        crop_width, crop_height = int(draw[0]) % width + 1, int(draw[1]) % height + 1
        left, top = int(draw[2]) % (width - crop_width + 1), int(draw[3]) % (height - crop_height + 1)
        box, size = [left, top, crop_width, crop_height], [32, 64, 176, 61][index % 4]
        cases.append(crop_case(kind, width, height, index, box, size, index % 2 == 1))
        cases.append(crop_case("noise", width, height, index, [0, 0, width, height], 64, False))
        for resize, crop in [(232, 224), (36, 32), (72, 64), (256, 224)][index % 2 :: 2]:
            cases.append(validation_case(kind, width, height, index, resize, crop))
    # An axis that keeps its size, and a crop larger than the resized image (padded, odd and even).
    cases.append(crop_case("noise", 97, 101, 1, [5, 6, 64, 40], 64, False))
    cases.append(crop_case("noise", 97, 101, 2, [5, 6, 40, 64], 64, True))
    cases.append(validation_case("noise", 61, 43, 3, 40, 64))
    cases.append(validation_case("edges", 43, 61, 4, 41, 64))
    cases.append(validation_case("noise", 90, 30, 5, 33, 70))

    for index in range(48):
        draw = [int(value) for value in hash_u32(np.arange(64) + 10_000 + index * 64)]
        width, height = SIZES[index % len(SIZES)]
        uniforms = [value / 2**32 for value in draw[:20]]
        boxes.append(crop_box_case(width, height, [0.08, 0.35][index % 2], uniforms, [v >> 8 for v in draw[20:22]]))
    # No try fits: the central fallback, on either side of the ratio limits and inside them.
    for width, height in [(3, 200), (200, 3), (1, 7), (7, 1), (10, 30), (31, 11), (50, 41)]:
        ratio = 0.999999 if width < height else 0.0
        uniforms = [0.999999, ratio] * 10
        boxes.append(crop_box_case(width, height, 0.08, uniforms, [0, 0]))

    every_byte = Image.fromarray(np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2))
    golden = dict(
        versions=dict(torch=torch.__version__, torchvision=torchvision.__version__, pillow=PIL.__version__),
        normalised=digest(normalised(every_byte).reshape(256, 3).T),
        cases=cases,
        cropBoxes=boxes,
    )
    lines = ["{"]
    lines.append(f'"versions": {json.dumps(golden["versions"])},')
    lines.append(f'"normalised": {json.dumps(golden["normalised"])},')
    for name in ("cases", "cropBoxes"):
        rows = ",\n".join(json.dumps(row) for row in golden[name])
        lines.append(f'"{name}": [\n{rows}\n]' + ("," if name == "cases" else ""))
    OUT.write_text("\n".join(lines) + "\n}\n")
    print(f"{OUT}: {len(cases)} images, {len(boxes)} crop boxes, {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
