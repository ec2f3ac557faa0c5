"""Schemathesis over openapi.json, against the deployed stack: make fuzz.

As an operator, with the ids of things that are there, and as a storefront, with ids of chance.
"""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.console import Console

from tools.demo.api import Api
from tools.demo.shop import open_shop
from tools.deploy import deploy
from tools.emulator import Emulator
from tools.sam import ROOT

SCHEMATHESIS = ROOT / ".venv-fuzz" / "bin" / "schemathesis"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
"""Not `positive_data_acceptance`: whether a tier is there, a day is far enough away or an amount is in the
program's currency is no matter of a schema, and is answered 422. Nor the gateway's own, as methods are."""
HUGE = "put_program"
"""The borders of its schema alone take longer than all other operations: it is asked by chance only. Programs
are made up by the thousand in tests/domain/program."""
THERE = {"member_id": "m-fuzz", "kind": "gifts"}
"""And a key that nobody uses: Schemathesis learns from answers, and revokes whichever it comes across."""
UNANSWERED = "Network Error"
console = Console(highlight=False, soft_wrap=True)


class Found(NamedTuple):
    """What a run came to."""

    cases: int
    faults: list[str]
    unanswered: int
    """Operations of which a connection was ended without an answer that could be held against anything. The
    emulator does that with what its server can't parse; so it is told apart, and told."""


def run(
    api: Api, which: str, phases: str, ids: Mapping[str, str], asked: Mapping[str, int], report: Path
) -> Found:
    """`which`: an option of Schemathesis that names operations."""
    config = report.with_suffix(".toml")
    told = [f'"path.{name}" = {json.dumps(value)}' for name, value in ids.items()]
    config.write_text("\n".join(["[parameters]", *told, ""]))
    command = [
        str(SCHEMATHESIS),
        f"--config-file={config}",
        "run",
        str(ROOT / "openapi.json"),
        f"--url={api.base_url}",
        f"--header=Authorization: Bearer {api.key}",
        f"--checks={','.join(CHECKS)}",
        which,
        f"--phases={phases}",
        *(f"--{name}={value}" for name, value in asked.items()),
        "--generation-with-security-parameters=false",  # who may do what has tests of its own
        "--generation-database=none",
        "--continue-on-failure",
        "--no-shrink",
        "--request-timeout=60",
        "--request-retries=2",
        "--warnings=off",
        f"--report-json-path={report}",
    ]
    subprocess.run(command, cwd=report.parent, check=False)
    api.get("/v1/program")  # fails where the key was revoked on the way: then nothing was asked of the rest
    return read(report.read_text())


def read(report: str) -> Found:
    """The run's own record. One that did not come to its end is a fault, whatever it has found."""
    told = json.loads(report)
    errors = {one["title"]: one["count"] for one in told["errors"]}
    faults = [json.dumps(one) for one in told["failures"]]
    faults += [f"{title}, {count} times" for title, count in errors.items() if title != UNANSWERED]
    faults += [] if told["complete"] else [f"it ended early: {told['stop_reason']}"]
    return Found(told["test_cases"]["generated"], faults, errors.get(UNANSWERED, 0))


def main(
    seed: Annotated[int, typer.Option(help="The same seed, the same requests.")] = 1,
    examples: Annotated[
        int, typer.Option(help="Of each operation, at most, besides those of its borders.")
    ] = 30,
) -> None:
    """Deploys, asks, and tells what is not as it is documented."""
    home = ROOT / ".local" / "fuzz"
    emulator = Emulator(home)
    asked = {"seed": seed, "max-examples": examples}
    try:
        with console.status("Building and deploying …"):
            emulator.start()
            shop = open_shop(deploy(emulator))
        shop.storefront.put(f"/v1/members/{THERE['member_id']}", {})
        spare = shop.operator.post("/v1/keys", {"role": "storefront", "label": "spare"})["key"]["key_id"]
        ids, both = THERE | {"key_id": spare}, "coverage,fuzzing"
        others, huge = f"--exclude-operation-id={HUGE}", f"--include-operation-id={HUGE}"
        found = {
            "an operator": run(shop.operator, others, both, ids, asked, home / "operator.json"),
            "a storefront": run(shop.storefront, others, "fuzzing", {}, asked, home / "storefront.json"),
            f"an operator, {HUGE}": run(shop.operator, huge, "fuzzing", {}, asked, home / "program.json"),
        }
    finally:
        emulator.stop()
    for name, one in found.items():
        for fault in one.faults:
            console.print(f"  {fault}")
        console.print(f"As {name}: {one.cases:,} requests, {len(one.faults)} faults", end="")
        console.print(
            f"; {one.unanswered} operations with a connection that the emulator ended" * bool(one.unanswered)
        )
    raise typer.Exit(1 if any(one.faults for one in found.values()) else 0)


if __name__ == "__main__":
    typer.run(main)
