"""The simulation itself: it plays again what it has played, finds what is wrong, and finds nothing here."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from membership.channels import Answer, Delivery
from membership.member.applied import AppliedFacts
from membership.services import evaluating
from membership.services.dispatching import Dispatcher
from membership.store.ledger import Ledger, Stored
from membership.store.programs import Programs
from tests.simulation import processes
from tests.simulation.run import Run, play, play_seed, schedule_of, shortened
from tests.simulation.schedule import Schedule, Step

ROOT = Path(__file__).parents[2]
MOST = 300
"""Schedules within which each of the faults below has to be found."""


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with processes.one_thread():
        yield


def simulate(seed: int, runs: int, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation", "--seed", str(seed), "--runs", str(runs)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'layers/domain'}"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_no_schedule_breaks_a_law() -> None:
    """`make simulate` does the same for any seeds, and many more of them."""
    assert "No law was broken" in simulate(1, 2_000)


def test_the_same_seed_is_the_same_run_in_any_process() -> None:
    told = {simulate(4, 9, PYTHONHASHSEED=seed).rpartition("Digest ")[2] for seed in ("1", "3")}
    assert len(told) == 1
    assert play_seed(7).digest == play_seed(7).digest != play_seed(8).digest


def test_an_error_that_nothing_explains_is_told_with_its_schedule_like_a_broken_law() -> None:
    """And made as short: nobody knows of a kind of step that isn't there."""
    schedule = schedule_of(7)
    run = shortened(play(replace(schedule, steps=(*schedule.steps[:3], Step("unheard of", 1)))))
    assert (run.law, [step.kind for step in run.schedule.steps]) == ("error", ["unheard of"])
    assert "KeyError: 'unheard of'" in run.message


def test_a_schedule_is_kept_as_data() -> None:
    schedule = schedule_of(7)
    assert Schedule.load(schedule.dump()) == schedule


# ── What it finds ─────────────────────────────────────────────────────────────────────────────────


def memory_by_number() -> Any:
    """The last three facts are remembered, however long a stream may bring the others again."""
    return patch.object(
        AppliedFacts,
        "_recent",
        lambda self: dict(sorted(self._known.items(), key=lambda one: one[1])[-3:]),
    )


def condition_dropped() -> Any:
    """Whoever commits last is right."""
    return patch.object(Stored, "condition", property(lambda self: {}))


def members_cached() -> Any:
    """A process reads each member once."""
    load, known = Ledger.load, "_members"

    def cached(self: Ledger, program: str, member_id: str, *, consistent: bool = False) -> Stored:
        members = vars(self).setdefault(known, {})
        if (program, member_id) not in members:
            members[program, member_id] = load(self, program, member_id, consistent=consistent)
        return members[program, member_id]  # type: ignore[no-any-return]

    return patch.object(Ledger, "load", cached)


def marked_before_it_is_sent() -> Any:
    """A delivery that dies in between never arrives."""

    def marking(self: Dispatcher, message: str, receives: int) -> int | None:
        if found := self._delivery(message, receives):
            delivery, known = found
            channel, settings = self._way(delivery)
            if not delivery.ended and settings:
                done = delivery.after(Answer(delivered=True), channel, self.now(), None)
                self.deliveries.save(done, known)
                self.channels[channel](delivery, settings, self.now())
        return None

    return patch.object(Dispatcher, "dispatch", marking)


def sent_under_an_id_of_its_own() -> Any:
    """A receiver can't tell the second attempt from another message."""
    of, numbers = Delivery.of, iter(range(10**9))

    def numbered(*told: Any) -> Delivery:
        return of(*told).model_copy(update={"id": f"dlv_{next(numbers):032x}"})

    return patch.object(Delivery, "of", numbered)


def failures_swallowed() -> Any:
    """A batch that could not be settled is reported as done."""

    def quiet(*told: Any, **named: Any) -> None:
        try:
            evaluate(*told, **named)
        except evaluating.BatchUnfinished:
            return

    evaluate = evaluating.evaluate
    return patch.object(processes.apps()["evaluate"], "evaluate", quiet)


def versions_cached_for_ever() -> Any:
    """A process never hears of another version."""
    init = Programs.__init__

    def begin(self: Programs, client: Any, tables: Any, monotonic: Any, fresh_for: float = 0) -> None:
        init(self, client, tables, monotonic, 10**9)

    return patch.object(Programs, "__init__", begin)


BUGS = (
    memory_by_number,
    condition_dropped,
    members_cached,
    marked_before_it_is_sent,
    sent_under_an_id_of_its_own,
    failures_swallowed,
    versions_cached_for_ever,
)


def found(bug: Any) -> Run | None:
    with bug():
        return next((run for run in map(play_seed, range(1, MOST)) if run.law), None)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_it_finds(bug: Any) -> None:
    assert found(bug) is not None


def test_a_failure_is_shown_in_few_steps() -> None:
    run = found(memory_by_number)
    assert run
    with memory_by_number():
        short = shortened(run)
        assert short.law == run.law
        assert len(short.schedule.steps) <= 8 < len(run.schedule.steps)
        assert play(short.schedule).message == short.message
