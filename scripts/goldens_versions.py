#!/usr/bin/env python3
"""Writes which modules of each network have another version than 1, as state_dict() keeps them in _metadata: one small JSON for all.

    python3 scripts/goldens_versions.py OUT_FILE

For each network of goldens_models.py: how many there are, and the SHA-256 of the lines "name version".
"""
import hashlib
import json
import pathlib
import sys

import torch

import goldens_models


def main():
    # Nobody looks at the weights.
    for name in dir(torch.nn.init):
        if name.endswith("_") and not name.startswith("_"):
            setattr(torch.nn.init, name, lambda tensor, *args, **kwargs: tensor)

    result = {}
    for name, (build, _) in sorted(goldens_models.builders().items()):
        versions = {module: facts["version"] for module, facts in build(2).state_dict()._metadata.items()}
        lines = "".join(f"{module} {version}\n" for module, version in versions.items() if version != 1)
        result[name] = {"count": lines.count("\n"), "sha256": hashlib.sha256(lines.encode()).hexdigest()}
        print(name, result[name]["count"], flush=True)
    pathlib.Path(sys.argv[1]).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
