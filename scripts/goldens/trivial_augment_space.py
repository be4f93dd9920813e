"""Magnitudes of TrivialAugmentWide: test/goldens/trivialAugment.json.

OMP_NUM_THREADS=2 /usr/bin/python3 scripts/goldens/trivial_augment_space.py
"""

import json
from pathlib import Path

import torchvision
from torchvision.transforms import TrivialAugmentWide

space = TrivialAugmentWide()._augmentation_space(31)
operations = [
    {
        "name": name,
        "signed": signed,
        "magnitudes": [float(value) for value in magnitudes] if magnitudes.dim() else None,
    }
    for name, (magnitudes, signed) in space.items()
]
target = Path(__file__).resolve().parents[2] / "test/goldens/trivialAugment.json"
target.write_text(json.dumps({"torchvision": torchvision.__version__, "operations": operations}) + "\n")
print(target)
