"""How long a function's code takes to import, against the libraries that any such function imports.

What is imported is what `sam build` made, byte code included, by fresh `python -I` processes that take turns.
Processor time is compared: with warm disks it is all there is, and what others do here doesn't count.
"""

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

Times = tuple[float, float]

ROUNDS = 15
"""So many that two runs agree within a twentieth or so, on a machine that does other things too."""
LIMIT = 1.25
BARE = "boto3, pydantic, powertools"
FUNCTIONS = (
    "authorize",
    "ingest",
    "evaluate",
    "rebuild",
    "review",
    "rank",
    "report",
    "reconcile",
    "publish",
    "dispatch",
    "members",
    "redeem",
    "operate",
    "erase",
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
LIBRARIES = "import boto3; from pydantic import BaseModel; from aws_lambda_powertools import Logger, Metrics"
"""`import pydantic` alone would load nothing of it: whatever it has is loaded when it is asked for."""
CLIENTS = {BARE: "boto3.client('dynamodb')", "publish": "app.runtime.events()"}
A_TABLE = "from membership import runtime; runtime.dynamodb()"


@dataclass(frozen=True)
class Import:
    """Milliseconds of processor time; ratios to the libraries alone."""

    what: str
    imported: float
    ratio: float
    ready: float
    """With the first client made, which some functions put off until they are called."""
    ready_ratio: float


def measure(build: Path) -> list[Import]:
    """`build` is the folder that `sam build` filled."""
    layers = [str(build / layer / "python") for layer in ("DependenciesLayer", "DomainLayer")]
    bare: list[Times] = []
    taken: dict[str, list[Times]] = defaultdict(list)
    ratios: dict[str, list[Times]] = defaultdict(list)
    for _ in range(ROUNDS):
        for function in FUNCTIONS:
            # Side by side, because a processor's own speed changes within minutes.
            before = _run(layers[:1], LIBRARIES, CLIENTS[BARE])
            folder = str(build / f"{function.capitalize()}Function")
            after = _run([*layers, folder], "import app", CLIENTS.get(function, A_TABLE))
            bare.append(before)
            taken[function].append(after)
            ratios[function].append((after[0] / before[0], after[1] / before[1]))
    imported, ready = _medians(bare)
    found = [Import(BARE, imported, 1, ready, 1)]
    for function in FUNCTIONS:
        (imported, ready), (ratio, ready_ratio) = _medians(taken[function]), _medians(ratios[function])
        found.append(Import(function, imported, ratio, ready, ready_ratio))
    return found


def _medians(times: Sequence[Times]) -> Times:
    imported, ready = zip(*times, strict=True)
    return median(imported), median(ready)


def _run(path: list[str], imports: str, client: str) -> Times:
    """boto3 comes from this environment, as it comes from the runtime in a Lambda."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", SCRIPT.format(imports, client), ":".join(path)],
        env=os.environ | {"AWS_DEFAULT_REGION": "us-east-1", "POWERTOOLS_SERVICE_NAME": "bench"},
        capture_output=True,
        text=True,
        check=True,
    )
    imported, ready = done.stdout.split()[-2:]
    return 1000 * float(imported), 1000 * float(ready)
