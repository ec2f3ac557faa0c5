"""How long a function's code takes to import, next to the libraries that all import; and calls.

What is imported is what `sam build` made, byte code included, by fresh `python -I` processes that take turns.
Processor time is compared: with warm disks it is all there is, and what others do here doesn't count. Calls
go to the emulator's tables: those are waited for, but not counted.
"""

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from uuid import uuid4

from tools import sam
from tools.demo.shop import Shop, open_shop
from tools.deploy import Stack

Times = tuple[float, ...]
"""After the import, with the first client, after the first call, after the second one."""

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
import json, sys, time
sys.path[:0] = sys.argv[1].split(':')
times, began = [], time.process_time()
for step in json.loads(sys.argv[2]):
    exec(step)
    times.append(time.process_time() - began)
print(*times)
"""
LIBRARIES = "import boto3; from pydantic import BaseModel; from aws_lambda_powertools import Logger, Metrics"
"""`import pydantic` alone would load nothing of it: whatever it has is loaded when it is asked for."""
CLIENTS = {BARE: "boto3.client('dynamodb')", "publish": "app.runtime.events()"}
A_TABLE = "from membership import runtime; runtime.dynamodb()"
SAMPLES = {
    "authorize": "bearer",
    "ingest": "events",
    "evaluate": "one_order",
    "rebuild": "one_member",
    "review": "one_program_one_day",
    "rank": "one_program_one_day",
    "report": "today",
    "reconcile": "one_member",
    "publish": "one_outcome",
    "dispatch": "reward_granted",
    "members": "progress",
    "redeem": "catalogue",
    "operate": "leave",
    "erase": "one_member",
}
CALL = """
from types import SimpleNamespace
context = SimpleNamespace(
    function_name="bench", memory_limit_in_mb=512, invoked_function_arn="arn", aws_request_id="1",
    get_remaining_time_in_millis=lambda: 300_000)
began = time.process_time() - times[-1]
app.handler({event}, context)
"""


@dataclass(frozen=True)
class Import:
    """Milliseconds of processor time; ratios to the libraries alone."""

    what: str
    imported: float
    ratio: float
    ready: float
    """With the first client made, which some functions put off until they are called."""
    ready_ratio: float
    first: float = 0
    """What the first call takes, with the client there."""
    second: float = 0


def measure(stack: Stack) -> list[Import]:
    """Of what is deployed there."""
    build, shop = stack.emulator.home / "build", open_shop(stack)
    layers = [str(build / layer / "python") for layer in ("DependenciesLayer", "DomainLayer")]
    _enrol(stack)
    bare: list[Times] = []
    taken: dict[str, list[Times]] = defaultdict(list)
    ratios: dict[str, list[Times]] = defaultdict(list)
    for _ in range(ROUNDS):
        for function in FUNCTIONS:
            # Side by side, because a processor's own speed changes within minutes.
            before = _run(stack, layers[:1], LIBRARIES, CLIENTS[BARE])
            folder = str(build / f"{function.capitalize()}Function")
            client, call = CLIENTS.get(function, A_TABLE), CALL.format(event=_event(shop, function))
            after = _run(stack, [*layers, folder], "import app", client, call, call, function=function)
            bare.append(before)
            taken[function].append(after)
            ratios[function].append((after[0] / before[0], after[1] / before[1]))
    imported, ready = _medians(bare)
    found = [Import(BARE, imported, 1, ready, 1)]
    for function in FUNCTIONS:
        (imported, ready, first, second), (ratio, ready_ratio) = map(
            _medians, (taken[function], ratios[function])
        )
        found.append(Import(function, imported, ratio, ready, ready_ratio, first - ready, second - first))
    return found


def _medians(times: Sequence[Times]) -> Times:
    return tuple(map(median, zip(*times, strict=True)))


def _enrol(stack: Stack) -> None:
    """Those of whom the samples are."""
    enrol = (sam.ROOT / "events/ingest/enrol.json").read_text()
    for member in ("m1", "m2", "m9"):
        stack.invoke("IngestFunction", json.loads(enrol.replace("m1", member)))


def _event(shop: Shop, function: str) -> str:
    """A sample, with ids that are new each time: what is known already takes less."""
    sample = (sam.ROOT / f"events/{function}/{SAMPLES[function]}.json").read_text()
    if function == "operate":
        sample = sample.replace("m1", "m2")  # who leaves
    fresh = uuid4().hex
    changed = {
        "tw_this-key-is-nobodys": shop.storefront.key,
        "sample-": f"sample-{fresh}-",
        "leave-1": f"leave-{fresh}",
        "out_0123456789abcdef01234567": f"out_{fresh[:24]}",
    }
    for known, new in changed.items():
        sample = sample.replace(known, new)
    return repr(json.loads(sample))


def _run(stack: Stack, path: list[str], *steps: str, function: str = "") -> Times:
    """boto3 comes from this environment, as it comes from the runtime in a Lambda."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", SCRIPT, ":".join(path), json.dumps(steps)],
        env=stack.emulator.environment | _variables(stack, function),
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(1000 * float(time) for time in done.stdout.splitlines()[-1].split())


def _variables(stack: Stack, function: str) -> dict[str, str]:
    """What the deployed function is told."""
    if not function:
        return {}
    deployed = stack.emulator.client("lambda").get_function_configuration(
        FunctionName=stack.functions[f"{function.capitalize()}Function"]
    )
    told: dict[str, str] = deployed["Environment"]["Variables"]
    return told
