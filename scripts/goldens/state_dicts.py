"""Names, shapes and order of torchvision's ResNet state dicts, for test/model/resnet.test.ts.

    /usr/bin/python3 scripts/goldens/state_dicts.py

Needs Debian's python3-torchvision (0.14). Writes test/goldens/state-dicts.json: per model a hash of its lines
"name [shape]" and the number of parameters; for resnet18 the lines themselves, to read when a hash differs.
"""
import hashlib
import json
from pathlib import Path

import torchvision

goldens = {}
for name in ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]:
    model = getattr(torchvision.models, name)()
    lines = [f"{key} {list(value.shape)}" for key, value in model.state_dict().items()]
    goldens[name] = {
        "tensors": len(lines),
        "parameters": sum(p.numel() for p in model.parameters()),
        "sha256": hashlib.sha256("\n".join(lines).encode()).hexdigest(),
        **({"lines": lines} if name == "resnet18" else {}),
    }
path = Path(__file__).resolve().parents[2] / "test" / "goldens" / "state-dicts.json"
path.write_text(json.dumps(goldens, indent=1) + "\n")
