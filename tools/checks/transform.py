"""Writes the template as CloudFormation gets it: checks that look at the raw one see no role and no function.

.venv-emulator/bin/python tools/checks/transform.py out.json
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]


class NoManagedPolicies:
    """No role of ours has one; the translator asks all the same."""

    def load(self) -> dict[str, str]:
        return {}


def transformed() -> Any:
    template = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        for place in ("CodeUri", "ContentUri"):
            if isinstance(properties.get(place), str):
                properties[place] = "s3://bucket/key"  # as packaging leaves it
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    return transform(template, {}, NoManagedPolicies())


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(transformed(), indent=1, default=str), "utf-8")
