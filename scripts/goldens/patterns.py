"""The images that goldens of the augmentation are made from: integer formulas, which the tests compute too
(test/augment/patterns.ts), so that no pixels of a source need to be kept."""
import hashlib

import numpy as np


def hash_u32(x):
    """Integer hash of uint32 arrays (lowbias32: multiply and xor-shift)."""
    x = x.astype(np.uint32)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x7FEB352D)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x846CA68B)
    x ^= x >> np.uint32(16)
    return x


def pattern(kind, width, height, seed):
    """RGB uint8 [height, width, 3]."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    noise = hash_u32((y * width + x) * 3 + c + seed * 1000003).astype(np.int64)
    if kind == "noise":
        return (noise >> 24).astype(np.uint8)
    if kind == "gradient":
        return ((x * (3 + c) + y * (7 - 2 * c) + seed * 17) % 256).astype(np.uint8)
    if kind == "edges":  # black and white blocks: overshoot and clipping would show
        on = hash_u32((y // 5) * 4096 + x // 3 + c * 77 + seed * 1000003) & np.uint32(1)
        return (on * np.uint32(255)).astype(np.uint8)
    if kind == "flat":
        return np.broadcast_to((37 + 71 * c + seed * 29) % 256, c.shape).astype(np.uint8)
    if kind == "palette":  # six colours in blocks of 4 × 3
        colour = hash_u32((y // 3) * 4096 + x // 4 + seed * 1000003) % np.uint32(6)
        return (hash_u32(colour * np.uint32(3) + c.astype(np.uint32) + np.uint32(seed * 977)) >> np.uint32(24)).astype(
            np.uint8
        )
    if kind == "photo":  # smooth waves of a different direction in each channel, with a little noise
        wave = np.abs((x * (5 + 2 * c) + y * (9 - 3 * c) + seed * 61) % 448 - 224)
        return (wave + (noise >> 27)).astype(np.uint8)
    if kind == "narrow":  # a part of the range, another one in each channel
        low = (seed * 13 + c * 23) % 120
        return (low + (noise >> 8) % (40 + seed * 11 % 60 + c * 17)).astype(np.uint8)
    if kind == "sparse":  # one white pixel at the end, else black
        return np.where((x == width - 1) & (y == height - 1), 255, 0 * c).astype(np.uint8)
    raise ValueError(kind)


def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
