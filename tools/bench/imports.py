"""How long a function's code takes to import, against the libraries that any such function imports.

What is imported is what `sam build` made, byte code included, by fresh `python -I` processes that take turns.
Processor time is compared: with warm disks it is all there is, and what others do here doesn't count.
"""

import os
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROUNDS = 9
LIMIT = 1.25
BARE = "boto3, pydantic, powertools"
FUNCTIONS = (
    "authorize",
    "ingest",
    "evaluate",
    "rebuild",
    "review",
    "publish",
    "dispatch",
    "members",
    "operate",
)

SCRIPT = """
import sys, time
sys.path[:0] = sys.argv[1].split(':')
began = time.process_time()
{}
imported = time.process_time() - began
{}
print(imported, time.process_time() - began)
"""
LIBRARIES = "import boto3, pydantic; from aws_lambda_powertools import Logger, Metrics"
CLIENTS = {BARE: "boto3.client('dynamodb')", "publish": "app.runtime.events()"}
A_TABLE = "from membership import runtime; runtime.dynamodb()"


@dataclass(frozen=True)
class Import:
    """Milliseconds of processor time, the median of all rounds; ratios are to the libraries alone."""

    what: str
    imported: float
    ratio: float
    ready: float
    """With the first client made, which some functions put off until they are called."""
    ready_ratio: float


def measure(build: Path) -> list[Import]:
    """`build` is the folder that `sam build` filled."""
    layers = [str(build / layer / "python") for layer in ("DependenciesLayer", "DomainLayer")]
    taken: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for _ in range(ROUNDS):
        taken[BARE].append(_run(layers[:1], LIBRARIES, CLIENTS[BARE]))
        for function in FUNCTIONS:
            folder = str(build / f"{function.capitalize()}Function")
            taken[function].append(_run([*layers, folder], "import app", CLIENTS.get(function, A_TABLE)))
    medians = {
        what: [1000 * median(column) for column in zip(*times, strict=True)] for what, times in taken.items()
    }
    return [
        Import(what, imported, imported / medians[BARE][0], ready, ready / medians[BARE][1])
        for what, (imported, ready) in medians.items()
    ]


def _run(path: list[str], imports: str, client: str) -> tuple[float, float]:
    """boto3 comes from this environment, as it comes from the runtime in a Lambda."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", SCRIPT.format(imports, client), ":".join(path)],
        env=os.environ | {"AWS_DEFAULT_REGION": "us-east-1", "POWERTOOLS_SERVICE_NAME": "bench"},
        capture_output=True,
        text=True,
        check=True,
    )
    imported, ready = done.stdout.split()[-2:]
    return float(imported), float(ready)
