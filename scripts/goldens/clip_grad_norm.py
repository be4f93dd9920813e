"""Three training steps of a small network with torch.nn.utils.clip_grad_norm_, for test/support/clippingTests.ts.

    OMP_NUM_THREADS=2 /usr/bin/python3 scripts/goldens/clip_grad_norm.py

Needs Debian's python3-torch (1.13). Writes test/goldens/clip-grad-norm.json. The network is test/support/smallGraph.ts;
weights and images come from the hash of test/support/hash.ts. Results are float64, with torch's own float32 error.
"""
import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

CLASSES, BATCH, SIZE, STEPS = 3, 4, 8, 3
LR, MOMENTUM, WEIGHT_DECAY, NORM_WEIGHT_DECAY, SMOOTHING = 0.05, 0.9, 0.01, 0.0, 0.1
TENSORS = ["conv1.weight", "bn1.weight", "bn2.bias", "fc.weight", "fc.bias"]
# One below every step's norm, one that only some steps pass, one that none does.
LIMITS = [0.05, 1.02, 1000.0]


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 12, 3, stride=2, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(12)
        self.fc = nn.Linear(12, CLASSES)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = nn.functional.max_pool2d(x, 3, stride=2, padding=1)
        x = torch.relu(self.bn2(self.conv2(x)))
        return self.fc(x.mean((2, 3)))


def uniform(count, salt):
    """Hash-uniform values in [-1, 1), exact in f32; the formula of test/support/hash.ts."""
    x = (np.arange(count, dtype=np.uint64) * 0x9E3779B1 + np.uint64(salt) * np.uint64(0x85EBCA77)) & 0xFFFFFFFF
    x ^= x >> np.uint64(16)
    x = (x * 0x85EBCA6B) & 0xFFFFFFFF
    x ^= x >> np.uint64(13)
    x = (x * 0xC2B2AE35) & 0xFFFFFFFF
    x ^= x >> np.uint64(16)
    return (x >> np.uint64(8)).astype(np.float64) / 2**23 - 1


def initial(name, tensor, index):
    if name.endswith("num_batches_tracked"):
        return torch.zeros((), dtype=torch.int64)
    u = uniform(tensor.numel(), index + 1)
    is_scale = name.endswith("running_var") or name in ("bn1.weight", "bn2.weight")
    u = 1 + u / 4 if is_scale else u / 2
    return torch.from_numpy(u.astype(np.float32)).reshape(tensor.shape)


def run(limit, dtype):
    model = Small()
    model.load_state_dict({n: initial(n, t, i) for i, (n, t) in enumerate(model.state_dict().items())})
    model.to(dtype).train()
    norm = [p for n, p in model.named_parameters() if n.startswith("bn")]
    other = [p for n, p in model.named_parameters() if not n.startswith("bn")]
    optimizer = torch.optim.SGD(
        [{"params": other, "weight_decay": WEIGHT_DECAY}, {"params": norm, "weight_decay": NORM_WEIGHT_DECAY}],
        lr=LR, momentum=MOMENTUM)
    criterion = nn.CrossEntropyLoss(label_smoothing=SMOOTHING)
    labels = torch.tensor([i % CLASSES for i in range(BATCH)])
    norms = []
    for step in range(STEPS):
        images = torch.from_numpy(uniform(BATCH * SIZE * SIZE * 3, 100 + step)).reshape(BATCH, SIZE, SIZE, 3)
        optimizer.zero_grad()
        criterion(model(images.permute(0, 3, 1, 2).contiguous().to(dtype)), labels).backward()
        norms.append(float(nn.utils.clip_grad_norm_(model.parameters(), limit)))
        optimizer.step()
    flat = {n: t.detach().double().reshape(-1).numpy() for n, t in model.state_dict().items() if t.dim() > 0}
    momentum = {n: optimizer.state[p]["momentum_buffer"].double().reshape(-1).numpy() for n, p in model.named_parameters()}
    return norms, flat, momentum


def error(exact, single):
    return max(float(np.linalg.norm(exact[n] - single[n]) / np.linalg.norm(exact[n])) for n in exact)


def main():
    cases = []
    for limit in LIMITS:
        exact, single = run(limit, torch.float64), run(limit, torch.float32)
        rounded = [{n: [float(f"{v:.8g}") for v in table[n]] for n in TENSORS} for table in exact[1:]]
        cases.append({"limit": limit, "norms": exact[0], "weights": rounded[0], "momentum": rounded[1],
                      "torchF32Error": max(error(exact[1], single[1]), error(exact[2], single[2]))})
        print(limit, exact[0], cases[-1]["torchF32Error"])
    goldens = {
        "madeBy": f"scripts/goldens/clip_grad_norm.py, torch {torch.__version__}",
        "setup": {"batch": BATCH, "size": SIZE, "steps": STEPS, "lr": LR, "momentum": MOMENTUM,
                  "weightDecay": WEIGHT_DECAY, "normWeightDecay": NORM_WEIGHT_DECAY, "labelSmoothing": SMOOTHING},
        "cases": cases,
    }
    path = Path(__file__).resolve().parents[2] / "test" / "goldens" / "clip-grad-norm.json"
    path.write_text(json.dumps(goldens) + "\n")


main()
