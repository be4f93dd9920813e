"""Golden draws: what torchvision makes of given random numbers, and samples of its own.

    OMP_NUM_THREADS=2 /usr/bin/python3 scripts/goldens/draws.py

Needs Debian's python3-torch (1.13) and python3-torchvision (0.14). Writes test/goldens/draws.json:
- eraseBoxes: RandomErasing.get_params for given uniforms and integers (null: the image stays as it is);
- operations: TrivialAugmentWide for given integers (operation, bin, sign, as far as they are drawn);
- cutmix: boxes and lambdas by the formula of references/classification/transforms.py, written from its text;
- eraseSamples: [height, width] of boxes that torchvision drew by itself, seed 0, for a comparison of distributions.
"""
import json
import math
from pathlib import Path
from unittest import mock

import torch
import torchvision
from PIL import Image
from torchvision.transforms import RandomErasing, TrivialAugmentWide, autoaugment

OUT = Path(__file__).resolve().parents[2] / "test" / "goldens" / "draws.json"
SCALE, RATIO = (0.02, 0.33), (0.3, 3.3)


def numbers(count, salt):
    """Integers in [0, 2^32) from a 64-bit linear congruential generator."""
    state, out = salt, []
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        out.append(state >> 32)
    return out


def erase_box(width, height, uniforms, integers):
    """get_params with uniforms in [0, 1) mapped to its ranges, and integers taken modulo."""
    next_uniform, next_integer = iter(uniforms), iter(integers)

    def uniform_(tensor, low, high):
        return tensor.fill_(float(low) + (float(high) - float(low)) * next(next_uniform))

    def randint(low, high, size):
        return torch.tensor([low + next(next_integer) % (high - low)])

    image = torch.ones(3, height, width)
    with mock.patch.object(torch.Tensor, "uniform_", uniform_), mock.patch.object(torch, "randint", randint):
        top, left, box_height, box_width, value = RandomErasing.get_params(image, SCALE, RATIO, [0.0])
    box = None if value is image else [left, top, box_width, box_height]
    return dict(width=width, height=height, uniforms=uniforms, integers=integers, box=box)


def operation(integers):
    left = iter(integers)
    taken, applied = [], []

    def randint(high, size, dtype=None):
        taken.append(high)
        return torch.tensor([next(left) % high])

    def apply(image, name, magnitude, interpolation, fill):
        applied.append(dict(name=name, magnitude=magnitude))
        return image

    with mock.patch.object(torch, "randint", randint), mock.patch.object(autoaugment, "_apply_op", apply):
        TrivialAugmentWide()(Image.new("RGB", (8, 8)))
    return dict(integers=integers[: len(taken)], ranges=taken, **applied[0])


def cutmix(width, height, drawn, integers):
    r_x, r_y = integers[0] % width, integers[1] % height
    r = 0.5 * math.sqrt(1.0 - drawn)
    half_width, half_height = int(r * width), int(r * height)
    x1, y1 = max(r_x - half_width, 0), max(r_y - half_height, 0)
    x2, y2 = min(r_x + half_width, width), min(r_y + half_height, height)
    lam = 1.0 - (x2 - x1) * (y2 - y1) / (width * height)
    return dict(width=width, height=height, drawn=drawn, integers=integers,
                box=[x1, y1, x2 - x1, y2 - y1], **{"lambda": lam})


def main():
    sizes = [(176, 176), (64, 64), (16, 16), (32, 48), (7, 5), (2, 3), (1, 1), (3, 40), (40, 3)]
    boxes = []
    for index in range(45):
        width, height = sizes[index % len(sizes)]
        uniforms = [n / 2**32 for n in numbers(20, index)]
        boxes.append(erase_box(width, height, uniforms, [n >> 8 for n in numbers(2, 1000 + index)]))
    # The ends of the ranges.
    for share in (0.0, 0.9999):
        for ratio in (0.0, 0.9999):
            boxes.append(erase_box(176, 120, [share, ratio] * 10, [0, 0]))
    operations = [operation([index % 14, *[n >> 5 for n in numbers(2, 2000 + index)]]) for index in range(84)]
    drawn = [0.0, 1.0, 0.5, 0.04, 0.9999, 0.75]
    mixes = [cutmix(w, h, drawn[i % 6], [n >> 7 for n in numbers(2, 3000 + i)])
             for i, (w, h) in enumerate([(176, 176), (64, 64), (17, 17), (8, 12), (1, 1)] * 6)]

    torch.manual_seed(0)
    image = torch.zeros(3, 176, 176)
    samples = [list(RandomErasing.get_params(image, SCALE, RATIO, [0.0])[2:4]) for _ in range(2000)]
    golden = dict(
        madeBy=f"scripts/goldens/draws.py, torch {torch.__version__}, torchvision {torchvision.__version__}",
        eraseBoxes=boxes, operations=operations, cutmix=mixes, eraseSamples=samples,
    )
    rows = [f'"madeBy": {json.dumps(golden["madeBy"])}']
    for name in ("eraseBoxes", "operations", "cutmix"):
        rows.append(f'"{name}": [\n' + ",\n".join(json.dumps(row) for row in golden[name]) + "\n]")
    rows.append(f'"eraseSamples": {json.dumps(samples, separators=(",", ":"))}')
    OUT.write_text("{\n" + ",\n".join(rows) + "\n}\n")
    print(f"{OUT}: {len(boxes)} boxes ({sum(b['box'] is None for b in boxes)} none), {OUT.stat().st_size} bytes")


main()
