"""Golden sample orders: torch.randperm and torch's DistributedSampler.

Writes test/goldens/sample-order.json. Run with Debian's python3-torch 1.13:
    OMP_NUM_THREADS=2 /usr/bin/python3 scripts/goldens/sample_order.py
Long orders are stored as their first and last values and the SHA-256 of all of them (uint32, little
endian), which keeps the file small and still compares every index.
"""
import hashlib
import json
import pathlib

import numpy
import torch
from torch.utils.data import DistributedSampler

target = pathlib.Path(__file__).parents[2] / "test" / "goldens" / "sample-order.json"


def digest(order):
    values = numpy.asarray(order, dtype="<u4")
    return {
        "length": len(values),
        "first": values[:16].tolist(),
        "last": values[-16:].tolist(),
        "sha256": hashlib.sha256(values.tobytes()).hexdigest(),
    }


def permutation(n, seed):
    return digest(torch.randperm(n, generator=torch.Generator().manual_seed(seed)).tolist())


class Sized:
    def __init__(self, size):
        self.size = size

    def __len__(self):
        return self.size


def distributed(size, world, rank, epoch, seed):
    sampler = DistributedSampler(Sized(size), num_replicas=world, rank=rank, shuffle=True, seed=seed)
    sampler.set_epoch(epoch)
    return digest(list(sampler))


golden = {
    "torch": torch.__version__,
    "permutations": [
        {"n": n, "seed": seed, **permutation(n, seed)}
        for n, seed in [(0, 0), (1, 0), (2, 1), (10, 0), (625, 5489), (10_000, 2**32 + 7), (60_000, 599)]
    ],
    "distributed": [
        {
            "datasetSize": size,
            "worldSize": world,
            "rank": rank,
            "epoch": epoch,
            "seed": 0,
            **distributed(size, world, rank, epoch, 0),
        }
        for size in (3, 1_203, 60_000)
        for world in (1, 2, 8)
        for rank in range(world)
        for epoch in range(3)
    ],
}
golden["distributed"].append(
    {"datasetSize": 500, "worldSize": 3, "rank": 2, "epoch": 4, "seed": 11, **distributed(500, 3, 2, 4, 11)}
)
target.write_text(json.dumps(golden, separators=(",", ":")).replace("},", "},\n") + "\n")
print(f"{target}: {len(golden['permutations'])} permutations, {len(golden['distributed'])} orders")
