#!/usr/bin/python3
"""Goldens for TrivialAugmentWide's operations: what torchvision 0.14.1 and Pillow 9.4 make of small images.

Writes test/goldens/pixel-operations.json and pixel-operations.bin.gz. Images come from integer formulas
(patterns.py). An image names a list of operations ("everyBin": all operations, bins and signs; "someBins": six
of the bins; "byHand": magnitudes that no bin has, quarter turns among them):

  images   the resulting bytes, [height, width, 3], one result after the other in the list's order, beginning at
           `offset` in the unpacked .bin.gz: kept whole, so that an inexact result can be measured
  hashed   larger images: the first 16 hex digits of each result's SHA-256, joined
  autoContrastTables   SHA-256 of Pillow's tables for all pairs low < high, one table of 256 bytes after the
           other (bytes outside the pair are those of its nearer end)

Run: OMP_NUM_THREADS=2 /usr/bin/python3 scripts/goldens/pixel_operations.py
"""
import gzip
import hashlib
import json
import pathlib

import numpy as np
import PIL
import torch
import torchvision
from PIL import Image, ImageOps
from torchvision.transforms import InterpolationMode, TrivialAugmentWide
from torchvision.transforms.autoaugment import _apply_op

from patterns import digest, pattern

OUT = pathlib.Path(__file__).parents[2] / "test" / "goldens"


def binned_operations(bins):
    """[name, magnitude, bin] as TrivialAugmentWide.forward would call _apply_op."""
    operations = []
    for name, (magnitudes, signed) in TrivialAugmentWide()._augmentation_space(31).items():
        if magnitudes.dim() == 0:
            operations.append([name, 0, None])
            continue
        for index in bins:
            magnitude = float(magnitudes[index].item())
            operations.append([name, magnitude, index])
            if signed:
                operations.append([name, -magnitude, index])
    return operations


BY_HAND = [
    *(["Rotate", angle, None] for angle in (90, -90, 180, -180, 270, 360, 450, 45, 33.3, 0.01, 89.999, -720.5)),
    *([name, factor, None] for name in ("ShearX", "ShearY") for factor in (1, -1, 3.25, -2.5, 0.5)),
    *([name, px, None] for name in ("TranslateX", "TranslateY") for px in (0.99, -0.99, 1.99, -4.5, 22, -23, 400)),
    *(
        [name, m, None]
        for name in ("Brightness", "Color", "Contrast", "Sharpness")
        for m in (-1, -1.75, 0.5, -0.5, 1, 2.6)
    ),
    *(["Posterize", bits, None] for bits in (0, 1, 8)),
    *(["Solarize", threshold, None] for threshold in (-3, 0, 0.5, 127.5, 128, 255.5, 256)),
]  # fmt: skip

OPERATIONS = {
    "everyBin": binned_operations(range(31)),
    "someBins": binned_operations([1, 7, 13, 18, 24, 30]),
    "byHand": BY_HAND,
}

IMAGES = [
    ("noise", 1, 1, 1, "everyBin"), ("noise", 1, 7, 2, "everyBin"), ("noise", 7, 1, 3, "everyBin"),
    ("gradient", 2, 2, 4, "everyBin"), ("noise", 5, 3, 5, "everyBin"), ("palette", 3, 40, 6, "everyBin"),
    ("noise", 23, 17, 7, "everyBin"), ("edges", 21, 19, 8, "everyBin"), ("photo", 17, 23, 9, "everyBin"),
    ("palette", 24, 24, 10, "everyBin"), ("flat", 16, 18, 11, "everyBin"), ("sparse", 32, 16, 12, "everyBin"),
    ("gradient", 32, 32, 13, "someBins"), ("photo", 32, 32, 14, "someBins"), ("narrow", 33, 32, 15, "someBins"),
    ("photo", 41, 29, 16, "someBins"), ("palette", 64, 48, 17, "someBins"), ("flat", 64, 64, 18, "someBins"),
    ("noise", 23, 17, 19, "byHand"), ("noise", 16, 16, 20, "byHand"), ("photo", 32, 32, 21, "byHand"),
    ("noise", 1, 1, 22, "byHand"), ("noise", 2, 5, 23, "byHand"),
]  # fmt: skip

HASHED = [
    ("noise", 61, 43, 31, "everyBin"), ("photo", 64, 64, 32, "everyBin"), ("narrow", 43, 61, 33, "everyBin"),
    ("noise", 176, 176, 34, "someBins"), ("photo", 224, 161, 35, "someBins"), ("edges", 97, 101, 36, "someBins"),
    ("noise", 61, 43, 37, "byHand"), ("photo", 64, 64, 38, "byHand"),
]  # fmt: skip


def results(kind, width, height, seed, operations):
    """The entry of an image, and the bytes after each operation."""
    pixels = pattern(kind, width, height, seed)
    entry = dict(
        pattern=kind, width=width, height=height, seed=seed, source=digest(pixels), operations=operations
    )
    image = Image.fromarray(pixels)
    return entry, [
        np.asarray(_apply_op(image, name, magnitude, InterpolationMode.BILINEAR, None)).tobytes()
        for name, magnitude, _ in OPERATIONS[operations]
    ]


def auto_contrast_tables():
    sha = hashlib.sha256()
    for low in range(255):
        for high in range(low + 1, 256):
            row = np.clip(np.arange(256, dtype=np.uint8), low, high)[None]
            sha.update(np.asarray(ImageOps.autocontrast(Image.fromarray(row))).tobytes())
    return sha.hexdigest()


def main():
    images, hashed, chunks, offset = [], [], [], 0
    for image in IMAGES:
        entry, outputs = results(*image)
        images.append(dict(entry, offset=offset))
        chunks.extend(outputs)
        offset += sum(map(len, outputs))
    for image in HASHED:
        entry, outputs = results(*image)
        hashed.append(dict(entry, sha256=[hashlib.sha256(output).hexdigest()[:16] for output in outputs]))
    for entry in hashed:
        entry["sha256"] = "".join(entry["sha256"])
    versions = dict(torch=torch.__version__, torchvision=torchvision.__version__, pillow=PIL.__version__)
    lines = ["{", f'"versions": {json.dumps(versions)},', f'"autoContrastTables": "{auto_contrast_tables()}",']
    lines.append('"operations": {')
    lines.append(",\n".join(f'"{name}": {json.dumps(listed)}' for name, listed in OPERATIONS.items()) + "\n},")
    for name, entries in (("images", images), ("hashed", hashed)):
        rows = ",\n".join(json.dumps(entry) for entry in entries)
        lines.append(f'"{name}": [\n{rows}\n]' + ("," if name == "images" else ""))
    (OUT / "pixel-operations.json").write_text("\n".join(lines) + "\n}\n")
    packed = gzip.compress(b"".join(chunks), 9, mtime=0)
    (OUT / "pixel-operations.bin.gz").write_bytes(packed)
    print(f"{len(images)} + {len(hashed)} images, {len(chunks)} results, {offset} bytes, packed {len(packed)}")


if __name__ == "__main__":
    main()
