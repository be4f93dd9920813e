"""One optimizer step of the reference recipe in PyTorch, with what Tabtrain drew for it, for test/train/referenceStep.test.ts.

    npx tsx scripts/goldens/reference_step.ts && OMP_NUM_THREADS=2 /usr/bin/python3 scripts/goldens/reference_step.py

Needs Debian's python3-torch (1.13), python3-torchvision (0.14) and python3-pil. Reads
test/goldens/reference-step-draws.json, writes test/goldens/reference-step.json: f64 values, with torch's own f32 error
beside them. Images are Pillow's and torchvision's all the way: crop, resize, flip, operation, normalise, erase; the
mixing is references/classification/transforms.py, with lambda and box given. Two ranks as under DDP: own batch-norm
statistics, averaged gradients, rank 0's running statistics.
"""
import json
from pathlib import Path

import numpy as np
import torch
import torchvision
from PIL import Image
from resnet50_parity import initial, uniform
from torchvision.transforms import InterpolationMode, autoaugment
from torchvision.transforms import functional as F

GOLDENS = Path(__file__).resolve().parents[2] / "test" / "goldens"
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CLASSES, SAMPLED = 10, 128
GRADIENTS = [
    "conv1.weight", "bn1.weight", "layer1.0.conv2.weight", "layer1.0.downsample.0.weight", "layer2.0.conv2.weight",
    "layer2.3.bn3.weight", "layer3.0.conv1.weight", "layer3.5.conv3.weight", "layer4.0.downsample.1.bias",
    "layer4.2.conv2.weight", "fc.weight", "fc.bias",
]
BUFFERS = ["bn1.running_mean", "layer3.0.bn2.running_var", "layer4.2.bn3.running_mean"]


def pixels(index, width, height):
    """The formula of test/support/referenceStep.ts."""
    across = -(-width // 6)
    patches = uniform(across * -(-height // 6) * 3, 5000 + index).reshape(-1, across, 3)
    noise = uniform(width * height * 3, 6000 + index).reshape(height, width, 3)
    rows, columns = np.arange(height) // 6, np.arange(width) // 6
    colours = patches[rows][:, columns]
    return np.floor((colours + 1) * 110 + (noise + 1) * 17).astype(np.uint8)


def box(b):
    return b["topPx"], b["leftPx"], b["heightPx"], b["widthPx"]


def tensor(item):
    p = item["parameters"]
    image = Image.fromarray(pixels(item["index"], item["widthPx"], item["heightPx"]))
    size = [p["resize"]["heightPx"], p["resize"]["widthPx"]]
    image = F.resized_crop(image, *box(p["crop"]), size, InterpolationMode.BILINEAR)
    if p["flipHorizontally"]:
        image = F.hflip(image)
    operation = p["operation"]
    image = autoaugment._apply_op(image, operation["name"], operation["magnitude"], InterpolationMode.BILINEAR, None)
    values = F.normalize(F.convert_image_dtype(F.pil_to_tensor(image), torch.float), MEAN, STD)
    if p["erase"] is not None:
        values = F.erase(values, *box(p["erase"]), torch.zeros(()))
    return values


def mixed(batch, target, mix):
    rolled, target_rolled, lam = batch.roll(1, 0), target.roll(1, 0), mix["lambda"]
    if mix["kind"] == "mixup":
        batch = batch.mul(lam).add(rolled.mul(1.0 - lam))
    else:
        top, left, height, width = box(mix["box"])
        batch = batch.clone()
        batch[..., top : top + height, left : left + width] = rolled[..., top : top + height, left : left + width]
    return batch, target.mul(lam).add(target_rolled.mul(1.0 - lam))


def batches(draws):
    for rank in draws["ranks"]:
        images = torch.stack([tensor(item) for item in rank["images"]])
        labels = torch.tensor([item["label"] for item in rank["images"]])
        yield mixed(images, torch.nn.functional.one_hot(labels, CLASSES).to(images.dtype), rank["mix"])


def sampled(values):
    """With an odd stride, so that not all are of one channel: some channels are 0 behind ReLU."""
    flat = values.detach().double().reshape(-1).numpy()
    return flat[:: (flat.size // SAMPLED) | 1][:SAMPLED].copy()


def run(draws, dtype):
    recipe, decay = draws["recipe"], draws["emaDecay"]
    model = torchvision.models.resnet50(num_classes=CLASSES)
    model.load_state_dict({n: initial(n, t, i) for i, (n, t) in enumerate(model.state_dict().items())})
    model.to(dtype).train()
    ema = torch.optim.swa_utils.AveragedModel(
        model, avg_fn=lambda average, value, n: decay * average + (1 - decay) * value, use_buffers=True)
    ema.n_averaged += 1
    norm = [p for n, p in model.named_parameters() if p.dim() == 1 and n != "fc.bias"]
    other = [p for n, p in model.named_parameters() if not (p.dim() == 1 and n != "fc.bias")]
    optimizer = torch.optim.SGD(
        [{"params": other, "weight_decay": recipe["weightDecay"]},
         {"params": norm, "weight_decay": recipe["normWeightDecay"]}],
        lr=draws["learningRate"], momentum=recipe["momentum"])
    criterion = torch.nn.CrossEntropyLoss(label_smoothing=recipe["labelSmoothing"])
    losses, buffers = [], None
    for images, targets in batches(draws):
        loss = criterion(model(images.to(dtype)), targets.to(dtype))
        (loss / recipe["worldSize"]).backward()
        losses.append(loss.item())
        if buffers is None:  # DDP keeps rank 0's.
            buffers = {n: b.clone() for n, b in model.named_buffers()}
    model.load_state_dict({**model.state_dict(), **buffers})
    parameters = dict(model.named_parameters())
    results = {f"gradient/{n}": sampled(parameters[n].grad) for n in GRADIENTS}
    norms = {n: float(parameters[n].grad.double().norm()) for n in GRADIENTS}
    optimizer.step()
    ema.update_parameters(model)
    state, averaged = model.state_dict(), ema.module.state_dict()
    for n in GRADIENTS:
        results[f"weight/{n}"] = sampled(state[n])
        results[f"momentum/{n}"] = sampled(optimizer.state[parameters[n]]["momentum_buffer"])
        results[f"ema/{n}"] = sampled(averaged[n])
    for n in BUFFERS:
        results[f"weight/{n}"] = sampled(state[n])
        results[f"ema/{n}"] = sampled(averaged[n])
    return losses, results, norms


def main():
    draws = json.loads((GOLDENS / "reference-step-draws.json").read_text())
    exact, single = run(draws, torch.float64), run(draws, torch.float32)
    tensors = {
        name: dict(
            torchF32Error=float(np.linalg.norm(values - single[1][name]) / np.linalg.norm(values)),
            values=[float(f"{value:.8g}") for value in values],
        )
        for name, values in exact[1].items()
    }
    golden = dict(
        madeBy=f"scripts/goldens/reference_step.py, torch {torch.__version__}, torchvision {torchvision.__version__}, "
        f"Pillow {Image.__version__}",
        losses=exact[0],
        torchF32LossError=float(np.abs(np.array(exact[0]) - np.array(single[0])).max()),
        gradientNorms=exact[2],
        sampled=SAMPLED,
        batches=[dict(values=[float(f"{v:.8g}") for v in sampled(images.permute(0, 2, 3, 1))],
                      targets=targets.reshape(-1).tolist()) for images, targets in batches(draws)],
        tensors=tensors,
    )
    rows = [f'"{name}": {json.dumps(value)}' for name, value in golden.items() if name != "tensors"]
    lines = [f'"{name}": {json.dumps(value, separators=(",", ":"))}' for name, value in tensors.items()]
    rows.append('"tensors": {\n' + ",\n".join(lines) + "\n}")
    out = GOLDENS / "reference-step.json"
    out.write_text("{\n" + ",\n".join(rows) + "\n}\n")
    print("losses", exact[0], "| torch f32 loss error", golden["torchF32LossError"], "| worst f32 tensor error",
          max((t["torchF32Error"], n) for n, t in tensors.items()), "|", out.stat().st_size, "bytes")


main()
