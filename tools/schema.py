"""Writes docs/reference/program.schema.json from the model that reads programs.

    python -m tools.schema            writes it
    python -m tools.schema --check    fails where what is committed differs from the model

An editor that knows JSON Schema then completes and checks programs while they are written: see the
first line of the presets.
"""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import WithDefaultSchema
from rich.console import Console

from membership.program.schema import Program

ROOT = Path(__file__).resolve().parent.parent
PATH = ROOT / "docs/reference/program.schema.json"


class _ForEditors(GenerateJsonSchema):
    """An editor offers defaults: only those that say something."""

    def default_schema(self, schema: WithDefaultSchema) -> JsonSchemaValue:
        made = super().default_schema(schema)
        if not _says_something(made.get("default")):
            made.pop("default", None)
        return made


def _says_something(default: Any) -> bool:
    if isinstance(default, dict):
        return any(_says_something(value) for value in default.values())
    return default not in (None, [])


def text() -> str:
    """The schema as it is published."""
    model = Program.model_json_schema(schema_generator=_ForEditors)
    schema = (
        {"$schema": "https://json-schema.org/draft/2020-12/schema"} | model | {"title": "Tierwise program"}
    )
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def main() -> int:
    if "--check" not in sys.argv[1:]:
        PATH.write_text(text(), "utf-8")
        return 0
    if PATH.exists() and PATH.read_text("utf-8") == text():
        return 0
    Console().print(f"{PATH.name} differs from the model: run `python -m tools.schema` and commit it")
    return 1


if __name__ == "__main__":
    sys.exit(main())
