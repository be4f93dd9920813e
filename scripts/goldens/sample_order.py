"""Golden sample orders: torch.randperm, torch's DistributedSampler, and repeated augmentation's sampler.

Writes test/goldens/sample-order.json. Run with Debian's python3-torch 1.13:
    OMP_NUM_THREADS=2 /usr/bin/python3 scripts/goldens/sample_order.py
Long orders are stored as their first and last values and the SHA-256 of all of them (uint32, little
endian), which keeps the file small and still compares every index.
"""
import hashlib
import json
import math
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


class RASampler(torch.utils.data.Sampler):
    """The sampler of references/classification/sampler.py (torchvision 0.14), which is not in the package."""

    def __init__(self, dataset, num_replicas, rank, repetitions, seed=0):
        self.dataset, self.num_replicas, self.rank = dataset, num_replicas, rank
        self.repetitions, self.seed, self.epoch = repetitions, seed, 0
        self.num_samples = int(math.ceil(len(dataset) * float(repetitions) / num_replicas))
        self.total_size = self.num_samples * num_replicas
        self.num_selected_samples = int(math.floor(len(dataset) // 256 * 256 / num_replicas))

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __iter__(self):
        generator = torch.Generator()
        generator.manual_seed(self.seed + self.epoch)
        indices = torch.randperm(len(self.dataset), generator=generator).tolist()
        indices = [index for index in indices for _ in range(self.repetitions)]
        indices += indices[: (self.total_size - len(indices))]
        assert len(indices) == self.total_size
        indices = indices[self.rank : self.total_size : self.num_replicas]
        assert len(indices) == self.num_samples
        return iter(indices[: self.num_selected_samples])


def repeated(size, world, rank, repetitions, epoch):
    sampler = RASampler(Sized(size), world, rank, repetitions)
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
# Divisible and not, more ranks than repetitions and fewer, too small for the truncation to 256, and ImageNet's shape.
golden["repeated"] = [
    {
        "datasetSize": size,
        "worldSize": world,
        "rank": rank,
        "repetitions": repetitions,
        "epoch": epoch,
        **repeated(size, world, rank, repetitions, epoch),
    }
    for size, world, repetitions, epoch in [
        (256, 1, 4, 0), (300, 2, 3, 1), (1_203, 8, 4, 2), (1_203, 3, 4, 5), (5_000, 8, 3, 0), (60_000, 8, 4, 599),
        (60_000, 1, 2, 7), (777, 5, 1, 3), (513, 7, 10, 1), (255, 8, 4, 0), (40, 1, 4, 2), (1_281_167, 8, 4, 3),
    ]
    for rank in (range(world) if size < 10_000 else sorted({0, world - 1}))
]
target.write_text(json.dumps(golden, separators=(",", ":")).replace("},", "},\n") + "\n")
print(f"{target}: {len(golden['permutations'])} permutations, {len(golden['distributed'])} + {len(golden['repeated'])} orders")
