"""Ten training steps of torchvision's ResNet-50, and one step of two ranks, for test/support/parityTests.ts.

    OMP_NUM_THREADS=2 /usr/bin/python3 scripts/goldens/resnet50_parity.py

Needs Debian's python3-torch (1.13) and python3-torchvision (0.14). Writes test/goldens/resnet50-parity.json and .bin.

Weights, images and labels come from an integer hash that test/support/hash.ts computes too, so only results are
stored: f64 values, with torch's own f32 error beside them. Every block's last gamma is near 0.05 and the learning
rate 1e-3: with plain He weights the loss explodes and correct f32 code differs in the gradients by 1e-2. Betas are
near +3 or -3 gammas: with betas near 0, some of the five million activations of a step lie within rounding of ReLU's
kink, and each that falls on the other side moves early gradients by 1e-4 to 1e-2.
"""
import json
import struct
from pathlib import Path

import numpy as np
import torch
import torchvision

CLASSES, BATCH, SIZE, STEPS = 10, 8, 64, 10
LR, MOMENTUM, WEIGHT_DECAY, SMOOTHING = 1e-3, 0.9, 0.1, 0.1
EMA_STEPS, EMA_DECAY, WORLD, EPOCHS = 2, 0.99, 1, 4
SAMPLED = 1024  # elements kept of a large tensor

TENSORS = [
    "conv1.weight", "bn1.weight", "bn1.bias",
    "layer1.0.conv1.weight", "layer1.0.bn3.weight", "layer1.0.downsample.0.weight",
    "layer2.0.conv2.weight", "layer2.0.downsample.1.bias", "layer2.3.bn3.weight",
    "layer3.0.conv2.weight", "layer3.5.conv3.weight", "layer3.5.bn2.bias",
    "layer4.0.conv2.weight", "layer4.2.conv1.weight", "layer4.2.bn3.bias",
    "fc.weight", "fc.bias",
]
BUFFERS = ["bn1.running_mean", "bn1.running_var", "layer4.2.bn2.running_mean", "layer4.2.bn2.running_var",
           "layer3.0.downsample.1.running_var"]


def uniform(count, salt):
    """Hash-uniform values in [-1, 1), exact in f32; the formula of test/support/hash.ts."""
    x = (np.arange(count, dtype=np.uint64) * 0x9E3779B1 + np.uint64(salt) * np.uint64(0x85EBCA77)) & 0xFFFFFFFF
    x ^= x >> np.uint64(16)
    x = (x * 0x85EBCA6B) & 0xFFFFFFFF
    x ^= x >> np.uint64(13)
    x = (x * 0xC2B2AE35) & 0xFFFFFFFF
    x ^= x >> np.uint64(16)
    return (x >> np.uint64(8)).astype(np.float64) / 2**23 - 1


def is_last_norm(name):
    return name.startswith("layer") and ".bn3." in name


def initial(name, tensor, index):
    u = uniform(tensor.numel(), index + 1)
    if name.endswith("num_batches_tracked"):
        return torch.zeros((), dtype=torch.int64)
    if tensor.dim() == 4:
        u = u * np.sqrt(6 / (tensor.shape[1] * tensor.shape[2] * tensor.shape[3]))
    elif name.startswith("fc"):
        u = u / np.sqrt(2048)
    elif name.endswith("running_mean"):
        u = 0.1 * u
    elif name.endswith("running_var"):
        u = 4 * (1 + 0.1 * u)
    else:  # batch norm's gamma and beta
        u = 1 + 0.1 * u if name.endswith("weight") else np.where(u < 0, -1, 1) * (3 + 0.1 * u)
        if is_last_norm(name):
            u = 0.05 * u
    return torch.from_numpy(u.astype(np.float32)).reshape(tensor.shape)


def batch(step):
    images = uniform(BATCH * SIZE * SIZE * 3, 1000 + step).astype(np.float32).reshape(BATCH, SIZE, SIZE, 3) * np.float32(2)
    labels = np.floor((uniform(BATCH, 2000 + step) + 1) / 2 * CLASSES).astype(np.int64)
    return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(labels)


def sampled(tensor):
    flat = tensor.detach().double().reshape(-1).numpy()
    stride = max(1, flat.size // SAMPLED)
    return flat[::stride][:SAMPLED].copy()


def run(dtype):
    model = torchvision.models.resnet50(num_classes=CLASSES)
    state = model.state_dict()
    model.load_state_dict({n: initial(n, t, i) for i, (n, t) in enumerate(state.items())})
    model.to(dtype)
    images, _ = batch(0)
    model.eval()
    with torch.no_grad():
        eval_logits = model(images.to(dtype)).double().numpy().reshape(-1)
    model.train()
    copy = torchvision.models.resnet50(num_classes=CLASSES)
    copy.load_state_dict({n: initial(n, t, i) for i, (n, t) in enumerate(state.items())})
    copy.to(dtype).train()
    with torch.no_grad():
        train_logits = copy(images.to(dtype)).double().numpy().reshape(-1)

    # Two ranks with half the batch each, as DDP: own statistics, gradients averaged, rank 0's running statistics.
    copy.load_state_dict({n: initial(n, t, i) for i, (n, t) in enumerate(state.items())})
    copy.to(dtype).zero_grad()
    criterion = torch.nn.CrossEntropyLoss(label_smoothing=SMOOTHING)
    results, (images, labels) = {}, batch(0)
    for rank in range(2):
        half = slice(rank * BATCH // 2, (rank + 1) * BATCH // 2)
        (criterion(copy(images[half].to(dtype)), labels[half]) / 2).backward()
        if rank == 0:
            for n in BUFFERS:
                results[f"ranks/{n}"] = sampled(copy.state_dict()[n])
    for n, p in copy.named_parameters():
        if n in TENSORS:
            results[f"ranks/{n}"] = sampled(p.grad)

    norm = [p for n, p in model.named_parameters() if p.dim() == 1 and n != "fc.bias"]
    other = [p for n, p in model.named_parameters() if not (p.dim() == 1 and n != "fc.bias")]
    optimizer = torch.optim.SGD(
        [{"params": other, "weight_decay": WEIGHT_DECAY}, {"params": norm, "weight_decay": 0.0}], lr=LR, momentum=MOMENTUM)
    decay = 1 - min(1, (1 - EMA_DECAY) * WORLD * BATCH * EMA_STEPS / EPOCHS)
    # use_buffers=True as references/classification/utils.py's ExponentialMovingAverage
    ema = torch.optim.swa_utils.AveragedModel(
        model, avg_fn=lambda average, value, n: decay * average + (1 - decay) * value, use_buffers=True)
    losses = []
    for step in range(STEPS):
        images, labels = batch(step)
        loss = criterion(model(images.to(dtype)), labels)
        optimizer.zero_grad()
        loss.backward()
        if step in (0, STEPS - 1):
            for n, p in model.named_parameters():
                if n in TENSORS:
                    results[f"gradient{step}/{n}"] = sampled(p.grad)
        optimizer.step()
        if step % EMA_STEPS == 0:
            ema.update_parameters(model)
        losses.append(loss.item())
    parameters = dict(model.named_parameters())
    state, averaged = model.state_dict(), ema.module.state_dict()
    for n in TENSORS:
        results[f"weight/{n}"] = sampled(state[n])
        results[f"momentum/{n}"] = sampled(optimizer.state[parameters[n]]["momentum_buffer"])
        results[f"ema/{n}"] = sampled(averaged[n])
    for n in BUFFERS:
        results[f"weight/{n}"] = sampled(state[n])
        results[f"ema/{n}"] = sampled(averaged[n])
    counts = [int(state["bn1.num_batches_tracked"]), int(averaged["bn1.num_batches_tracked"])]
    return eval_logits, train_logits, losses, results, decay, counts


def main():
    exact, single = run(torch.float64), run(torch.float32)
    blob, index = b"", {}
    for name, values in exact[3].items():
        other = single[3][name]
        index[name] = {
            "offset": len(blob) // 4,
            "length": len(values),
            "torchF32Error": float(np.linalg.norm(values - other) / np.linalg.norm(values)),
        }
        blob += struct.pack(f"<{len(values)}f", *values)
    goldens = {
        "madeBy": f"scripts/goldens/resnet50_parity.py, torch {torch.__version__}, torchvision {torchvision.__version__}",
        "setup": {"classes": CLASSES, "batch": BATCH, "size": SIZE, "steps": STEPS, "lr": LR, "momentum": MOMENTUM,
                  "weightDecay": WEIGHT_DECAY, "normWeightDecay": 0, "labelSmoothing": SMOOTHING, "emaSteps": EMA_STEPS,
                  "emaDecay": EMA_DECAY, "worldSize": WORLD, "epochs": EPOCHS, "effectiveEmaDecay": exact[4]},
        "evalLogits": exact[0].tolist(),
        "trainLogits": exact[1].tolist(),
        "losses": exact[2],
        "torchF32LossError": float(np.abs(np.array(exact[2]) - np.array(single[2])).max()),
        "batchCounts": {"raw": exact[5][0], "ema": exact[5][1]},
        "sampled": SAMPLED,
        "tensors": index,
    }
    folder = Path(__file__).resolve().parents[2] / "test" / "goldens"
    (folder / "resnet50-parity.json").write_text(json.dumps(goldens, indent=1) + "\n")
    (folder / "resnet50-parity.bin").write_bytes(blob)
    print("loss", exact[2][0], "->", exact[2][-1], "| torch f32 loss error", goldens["torchF32LossError"],
          "| worst f32 tensor error", max(t["torchF32Error"] for t in index.values()), "|", len(blob), "bytes")


if __name__ == "__main__":
    main()
