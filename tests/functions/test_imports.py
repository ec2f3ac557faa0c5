"""A process that starts from a snapshot was imported by another one, maybe days ago: nothing that has to be
new or unique may be made at import."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

WATCH = """
import json, sys
sys.path[:0] = sys.argv[1:]
asked = set()

def watch(frame, event, called):
    if event == "c_call" and called.__name__ in {names}:
        asked.add((called.__name__, frame.f_globals["__name__"]))

sys.setprofile(watch)
{script}
sys.setprofile(None)
print(json.dumps(sorted(asked)))
"""
CLOCKS = {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "now", "utcnow", "today"}
CHANCE = {"urandom", "getrandom", "random", "getrandbits", "seed", "uuid4"}
CONNECTIONS = {"connect", "connect_ex", "getaddrinfo", "gethostname"}
PYTHONS_OWN = {
    (
        "time",
        "logging",
    ),  # when it was loaded; tells milliseconds since then to who asks for them, which is nobody
    ("seed", "random"),  # of its shared generator, which nothing of ours draws from
}


def asked(script: str, *folders: Path) -> set[tuple[str, str]]:
    """Function and module that called it, in a fresh process."""
    watched = WATCH.format(names=CLOCKS | CHANCE | CONNECTIONS, script=script)
    return {(name, module) for name, module in json.loads(run(watched, *folders))}


def run(script: str, *folders: Path) -> str:
    """What it prints, in a fresh process that can import from the folders."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", script, *map(str, folders)],
        env={"AWS_DEFAULT_REGION": "us-east-1", "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize("function", sorted(path.parent.name for path in ROOT.glob("functions/*/app.py")))
def test_nothing_that_has_to_be_new_or_unique_is_made_at_import(function: str) -> None:
    assert asked("import app", ROOT / "functions" / function, ROOT / "layers/domain") <= PYTHONS_OWN


UNBUILT = """
import sys
from pydantic import BaseModel
sys.path[:0] = sys.argv[1:]
import app

def below(model):
    for one in model.__subclasses__():
        yield one
        yield from below(one)

ours = (one for one in below(BaseModel) if one.__module__.startswith("membership"))
print(*(one.__name__ for one in ours if one.__pydantic_complete__))
"""


@pytest.mark.parametrize("function", sorted(path.parent.name for path in ROOT.glob("functions/*/app.py")))
def test_no_validator_is_built_at_import(function: str) -> None:
    """Which of some two hundred are needed shows with the first call."""
    folders = (ROOT / "functions" / function, ROOT / "layers/domain")
    assert run(UNBUILT, *folders).strip() == ""


@pytest.mark.parametrize(
    ("script", "name"),
    [
        ("import time; time.time()", "time"),
        ("from datetime import datetime; datetime.now()", "now"),
        ("import uuid; uuid.uuid4()", "urandom"),
        ("import secrets; secrets.token_hex()", "urandom"),
        ("import random; random.random()", "random"),
        ("import socket; socket.socket().connect_ex(('127.0.0.1', 1))", "connect_ex"),
    ],
)
def test_what_is_made_would_be_seen(script: str, name: str) -> None:
    assert name in {called for called, _ in asked(script)}
