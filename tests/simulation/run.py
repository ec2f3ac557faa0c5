"""One schedule played to its end; and, where something is wrong with it, made as short as it can be."""

import gc
from collections.abc import Iterator
from dataclasses import dataclass, replace
from traceback import format_exc

from tests.simulation import buying as buying  # its steps register themselves
from tests.simulation import processes
from tests.simulation.faults import FAULTS
from tests.simulation.invariants import check
from tests.simulation.schedule import Schedule, Step, made_up
from tests.simulation.steps import KINDS, SUDDEN, WEIGHTS, pay
from tests.simulation.watch import Violation
from tests.simulation.world import World


@dataclass(frozen=True)
class Run:
    schedule: Schedule
    digest: str
    law: str | None
    """That was broken, and how."""
    message: str
    commits: int
    calls: int
    """To ports, and at how many of them something happened."""
    faults: int
    trace: list[str] | None = None


def schedule_of(seed: int) -> Schedule:
    return made_up(seed, WEIGHTS, SUDDEN, FAULTS)


def play(schedule: Schedule, *, verbose: bool = False) -> Run:
    """Within `processes.one_thread()`."""
    gc.disable()  # a world is thrown away as a whole: looking through it meanwhile takes a tenth of the time
    world, law, message = World(schedule, verbose), None, ""
    processes.enter(world)
    try:
        for step in schedule.steps:
            world.take(step, KINDS)
        world.come_to_rest(pay)
        check(world)
    except Violation as violation:
        law, message = violation.law, str(violation)
    except Exception:  # noqa: BLE001 - nothing that a shop or AWS does may raise one: as bad as a broken law
        law, message = "error", format_exc()
    finally:
        gc.enable()
    return Run(schedule, world.digest, law, message, world.watch.commits, world.calls, world.met, world.trace)


def play_seed(seed: int) -> Run:
    return play(schedule_of(seed))


def shortened(run: Run) -> Run:
    """The shortest schedule found that breaks the same law: steps are left out, then faults."""
    best = run

    def breaks(schedule: Schedule) -> bool:
        nonlocal best
        again = play(schedule)
        same = again.law is not None and again.law == run.law
        if same:
            best = again
        return same

    size = max(1, len(run.schedule.steps) // 2)
    while size:
        place = 0
        while place < len(best.schedule.steps):
            steps = best.schedule.steps
            if not breaks(replace(best.schedule, steps=steps[:place] + steps[place + size :])):
                place += size
        size //= 2
    while any(breaks(schedule) for schedule in _simpler(best.schedule)):
        pass
    return best


def _simpler(schedule: Schedule) -> Iterator[Schedule]:
    """With one fault less, or one thing less that happens in the middle of a step."""
    for n, step in enumerate(schedule.steps):
        for other in _simpler_steps(step):
            yield replace(schedule, steps=(*schedule.steps[:n], other, *schedule.steps[n + 1 :]))


def _simpler_steps(step: Step) -> Iterator[Step]:
    for n in range(len(step.faults)):
        yield replace(step, faults=step.faults[:n] + step.faults[n + 1 :])
    for n, (place, inner) in enumerate(step.meanwhile):
        before, after = step.meanwhile[:n], step.meanwhile[n + 1 :]
        yield replace(step, meanwhile=before + after)
        for other in _simpler_steps(inner):
            yield replace(step, meanwhile=(*before, (place, other), *after))
