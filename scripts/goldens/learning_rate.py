"""Learning rates of every epoch by torch's own schedulers, for test/recipe/learningRate.test.ts.

Run: OMP_NUM_THREADS=2 /usr/bin/python3 scripts/goldens/learning_rate.py
Needs python3-torch 1.13 (Debian 12). The schedulers are put together as in torchvision 0.14.1,
references/classification/train.py, and stepped once an epoch.
"""

import json
import pathlib
import warnings

import torch

# torch's SequentialLR calls step(epoch), which torch itself deprecates.
warnings.filterwarnings("ignore", category=UserWarning)

DEFAULTS = {
    "epochs": 90,
    "lr": 0.1,
    "lrScheduler": "steplr",
    "lrStepSize": 30,
    "lrGamma": 0.1,
    "lrMin": 0.0,
    "lrWarmupEpochs": 0,
    "lrWarmupMethod": "constant",
    "lrWarmupDecay": 0.01,
}

CASES = {
    "baseline": {},
    "reference": {
        "epochs": 600,
        "lr": 0.5,
        "lrScheduler": "cosineannealinglr",
        "lrWarmupEpochs": 5,
        "lrWarmupMethod": "linear",
    },
    "quick start": {
        "epochs": 12,
        "lr": 0.025,
        "lrScheduler": "cosineannealinglr",
        "lrWarmupEpochs": 1,
        "lrWarmupMethod": "linear",
        "lrWarmupDecay": 0.1,
    },
    "cosine with a floor, no warmup": {
        "epochs": 33,
        "lr": 0.37,
        "lrScheduler": "cosineannealinglr",
        "lrMin": 0.003,
    },
    "cosine of one epoch after the warmup": {
        "epochs": 4,
        "lr": 0.2,
        "lrScheduler": "cosineannealinglr",
        "lrWarmupEpochs": 3,
        "lrWarmupMethod": "linear",
        "lrWarmupDecay": 0.25,
    },
    "exponential after a constant warmup": {
        "epochs": 40,
        "lr": 0.3,
        "lrScheduler": "exponentiallr",
        "lrGamma": 0.93,
        "lrWarmupEpochs": 4,
        "lrWarmupDecay": 0.05,
    },
    "exponential without warmup": {"epochs": 25, "lrScheduler": "exponentiallr", "lrGamma": 0.8},
    "steps after a linear warmup": {
        "epochs": 50,
        "lr": 0.4,
        "lrStepSize": 7,
        "lrGamma": 0.5,
        "lrWarmupEpochs": 6,
        "lrWarmupMethod": "linear",
        "lrWarmupDecay": 0.1,
    },
}


def learning_rates(case):
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=case["lr"], momentum=0.9)
    schedulers = torch.optim.lr_scheduler
    warmup = case["lrWarmupEpochs"]
    if case["lrScheduler"] == "steplr":
        main = schedulers.StepLR(optimizer, step_size=case["lrStepSize"], gamma=case["lrGamma"])
    elif case["lrScheduler"] == "cosineannealinglr":
        main = schedulers.CosineAnnealingLR(optimizer, T_max=case["epochs"] - warmup, eta_min=case["lrMin"])
    else:
        main = schedulers.ExponentialLR(optimizer, gamma=case["lrGamma"])
    scheduler = main
    if warmup > 0:
        if case["lrWarmupMethod"] == "linear":
            start = schedulers.LinearLR(optimizer, start_factor=case["lrWarmupDecay"], total_iters=warmup)
        else:
            start = schedulers.ConstantLR(optimizer, factor=case["lrWarmupDecay"], total_iters=warmup)
        scheduler = schedulers.SequentialLR(optimizer, schedulers=[start, main], milestones=[warmup])
    rates = []
    for _ in range(case["epochs"]):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


cases = []
for name, changes in CASES.items():
    fields = {**DEFAULTS, **changes}
    cases.append({"name": name, "fields": fields, "learningRates": learning_rates(fields)})
target = pathlib.Path(__file__).parents[2] / "test" / "goldens" / "learning-rate.json"
target.write_text(json.dumps({"torch": torch.__version__, "cases": cases}) + "\n")
print(f"{target}: {sum(len(c['learningRates']) for c in cases)} learning rates, {target.stat().st_size} bytes")
