"""Schedules from seeds, on all processors; the first that breaks a law is shown as short as it gets.

make simulate SEED=1 RUNS=1000     schedules 1 to 1000
make simulate SEED=42 RUNS=1       one, as it was: the same seed gives the same run, to the last byte
make simulate REPLAY=schedule.json one that was made short
"""

import json
import os
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from hashlib import blake2b
from multiprocessing import get_context
from pathlib import Path

from tests.simulation import processes
from tests.simulation.run import Run, play, play_seed, shortened
from tests.simulation.schedule import Schedule

KEPT = Path(__file__).parents[2] / ".local" / "simulation"


def _all(seeds: range, workers: int) -> Iterator[Run]:
    """In the order of the seeds, whoever is done first."""
    if workers == 1:
        processes.stay_in_one_thread()
        yield from map(play_seed, seeds)
        return
    with get_context("spawn").Pool(workers, initializer=processes.stay_in_one_thread) as pool:
        yield from pool.imap(play_seed, seeds, chunksize=8)


def say(line: str = "") -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def simulate(seeds: range, workers: int, *, as_it_is: bool = False) -> int:
    begun, digest = time.monotonic(), blake2b(digest_size=16)
    steps = commits = calls = faults = done = 0
    for run in _all(seeds, workers):
        done, steps = done + 1, steps + len(run.schedule.steps)
        commits, calls, faults = commits + run.commits, calls + run.calls, faults + run.faults
        digest.update(run.digest.encode())
        if run.law:
            say(f"Seed {run.schedule.seed} breaks a law. {run.message}")
            if not as_it_is:
                show(run)
            return 1
        if done % 1_000 == 0:
            rate = done / (time.monotonic() - begun)
            say(f"{done:,} schedules, {rate:.1f} a second, digest so far {digest.hexdigest()}")
    seconds = time.monotonic() - begun
    say(
        f"{done:,} schedules from seed {seeds.start}: {steps:,} steps, {calls:,} calls to ports with "
        f"{faults:,} faults at them, {commits:,} commits of members. No law was broken."
    )
    say(
        f"{seconds:.0f} s, {done / seconds:.1f} schedules a second in {workers} processes. "
        f"Digest {digest.hexdigest()}."
    )
    return 0


def show(run: Run) -> None:
    """What went wrong, in the shortest schedule found."""
    processes.stay_in_one_thread()
    say("Looking for a shorter schedule ...")
    shortest = play(shortened(run).schedule, verbose=True)
    KEPT.mkdir(parents=True, exist_ok=True)
    kept = KEPT / f"{run.schedule.seed}.json"
    kept.write_text(json.dumps(shortest.schedule.dump()), "utf-8")
    say("\n".join(line[:300] for line in shortest.trace or ()))
    say()
    say(f"{len(shortest.schedule.steps)} of {len(run.schedule.steps)} steps are enough:")
    for step in shortest.schedule.steps:
        say(f"  {step}")
    say(shortest.message)
    say(f"Again: make simulate SEED={run.schedule.seed} RUNS=1, or make simulate REPLAY={kept}")


def replay(file: Path) -> int:
    processes.stay_in_one_thread()
    run = play(Schedule.load(json.loads(file.read_text("utf-8"))), verbose=True)
    say("\n".join(line[:300] for line in run.trace or ()))
    say(run.message or "No law is broken any more.")
    return bool(run.law)


def main() -> int:
    parser = ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--replay", type=Path)
    parser.add_argument("--as-it-is", action="store_true", help="look for no shorter schedule")
    asked = parser.parse_args()
    if asked.replay:
        return replay(asked.replay)
    seeds = range(asked.seed, asked.seed + asked.runs)
    return simulate(seeds, min(asked.processes, asked.runs), as_it_is=asked.as_it_is)


if __name__ == "__main__":
    sys.exit(main())
