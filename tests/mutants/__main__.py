"""Puts each fault of the list into a copy of the project, and runs whoever has to find it.

First they are run without any: what fails then would find whatever is put in.

make mutants                      all
make mutants ONLY=notice          those whose name holds the word
"""

import os
import re
import shutil
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.mutants.faults import FAULTS, SIMULATION, Fault

ROOT = Path(__file__).parents[2]
NEEDED = (
    "layers",
    "functions",
    "tools",
    "tests",
    "events",
    "docs",
    "demo",
    "README.md",
    "README.zh.md",
    "samconfig.toml",
    "template.yaml",
    "openapi.json",
    "pyproject.toml",
)
SCHEDULES = 300
"""So many are played at most where the simulation has to find it."""
PATIENCE = 1_800
"""Seconds after which a fault counts as found: it has made something go round for ever."""


@dataclass(frozen=True)
class Verdict:
    fault: Fault
    finder: str
    """What failed; empty where nothing did."""
    seconds: float


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def copied(to: Path) -> None:
    for name in NEEDED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, to / name)


def put_in(fault: Fault, tree: Path) -> None:
    file = tree / fault.file
    text = file.read_text("utf-8")
    if text.count(fault.old) != 1:
        raise SystemExit(
            f"{fault.name!r} can't be put in: {fault.file} holds its text {text.count(fault.old)} times"
        )
    file.write_text(text.replace(fault.old, fault.new), "utf-8")


def command(found_by: str) -> list[str]:
    if found_by == SIMULATION:
        return ["-m", "tests.simulation", "--runs", str(SCHEDULES), "--processes", "1", "--as-it-is"]
    return [
        "-m",
        "pytest",
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "-k",
        "not ministack",  # the copy has no emulator beside it
        *found_by.split(),
    ]


def run(found_by: str, fault: Fault | None = None) -> str:
    """What failed; empty where nothing did."""
    with TemporaryDirectory(prefix="mutant-") as place:
        tree = Path(place)
        copied(tree)
        if fault:
            put_in(fault, tree)
        environment = os.environ | {
            "PYTHONPATH": f"{tree}:{tree / 'layers/domain'}",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        try:
            done = subprocess.run(
                [sys.executable, *command(found_by)],
                cwd=tree,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=PATIENCE,
            )
        except subprocess.TimeoutExpired:
            return "it never comes to an end"
    return finder(done)


def tried(fault: Fault) -> Verdict:
    begun = time.monotonic()
    return Verdict(fault, run(fault.found_by, fault), time.monotonic() - begun)


def check_who_looks(faults: Sequence[Fault], pool: ThreadPoolExecutor) -> None:
    tests = {test for fault in faults for test in fault.found_by.split()}
    sides = [" ".join(sorted(tests - {SIMULATION})), *(tests & {SIMULATION})]
    if failed := [one for one in pool.map(run, filter(None, sides)) if one]:
        raise SystemExit(f"fails without a fault: {', '.join(failed)}")


def finder(done: "subprocess.CompletedProcess[str]") -> str:
    """The test that failed, or the law that a schedule broke."""
    if done.returncode == 0:
        return ""
    if failed := re.search(r"^FAILED (\S+)", done.stdout, re.MULTILINE):
        return failed[1]
    if broken := re.search(r"breaks a law\. ([^:]+)", done.stdout):
        return f"the simulation: {broken[1]}"
    # An error while tests are collected finds nothing: the fault itself was not sound Python.
    raise SystemExit(f"neither found nor missed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")


def report(verdicts: Sequence[Verdict]) -> int:
    missed = [one for one in verdicts if not one.finder]
    for one in missed:
        say(f"NOT FOUND: {one.fault.name} ({one.fault.breaks}) by {one.fault.found_by}")
    seconds = sum(one.seconds for one in verdicts)
    say(f"{len(verdicts) - len(missed)} of {len(verdicts)} faults were found, in {seconds:.0f} s of work.")
    return bool(missed)


def main() -> int:
    parser = ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    chosen = [fault for fault in FAULTS if asked.only in fault.name]
    verdicts = []
    with ThreadPoolExecutor(asked.processes) as pool:
        check_who_looks(chosen, pool)
        for verdict in pool.map(tried, chosen):
            verdicts.append(verdict)
            told = f"found by {verdict.finder}" if verdict.finder else "NOT FOUND"
            say(f"{verdict.fault.breaks:>16}  {verdict.fault.name}: {told}")
    return report(verdicts)


if __name__ == "__main__":
    sys.exit(main())
