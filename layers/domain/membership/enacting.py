"""Putting a program in force: as a new version, or as no change at all."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from membership.errors import Contended, Contradicts, Flaw, NotFound, ProgramInvalid
from membership.program.schema import Program, Versions
from membership.store.programs import Programs

ATTEMPTS = 4


@dataclass(frozen=True)
class Enacted:
    """The version that a program is now, put by this call or before."""

    version: int
    program: Program
    fresh: bool
    warnings: tuple[str, ...]


def enact(
    programs: Programs, owner: str, program: Program, now: datetime, pause: Callable[[int], None]
) -> Enacted:
    """Add a version, unless the last one says the same. `owner` is the program that the caller may change."""
    if program.id != owner:
        raise ProgramInvalid([Flaw("id", program.id, "the key is of another program", f"Write {owner!r}.")])
    for attempt in range(ATTEMPTS):
        try:
            versions = programs.versions(owner)
        except NotFound:
            number, new = 0, _first(program, now)
        else:
            number, last = versions.latest
            if _says_the_same(program, last):
                return Enacted(number, last, False, _warnings(last, versions, now))
            new = _starting(program, now)
            _check_against(versions, new)
        if programs.put(new, number + 1):
            return Enacted(number + 1, new, True, _warnings(new, programs.versions(owner), now))
        pause(attempt)
    raise Contended(f"{owner}: others put versions {ATTEMPTS} times in a row")


def _says_the_same(program: Program, last: Program) -> bool:
    # 'At once' was written down as a time when the version was put.
    except_start = {"effective_from"} if program.effective_from is None else set()
    return program.model_dump(mode="json", exclude=except_start) == last.model_dump(
        mode="json", exclude=except_start
    )


def _first(program: Program, now: datetime) -> Program:
    if program.effective_from and program.effective_from > now:
        message = "the first version holds for all time, and can't begin later"
        remedy = "Leave it out, or put this version on that day."
        raise ProgramInvalid([Flaw("effective_from", program.effective_from.isoformat(), message, remedy)])
    return program


def _starting(program: Program, now: datetime) -> Program:
    """With the moment from which it holds: the first version holds for all time, a later one from then on."""
    if program.effective_from is None:
        return program.model_copy(update={"effective_from": now})
    if program.effective_from < now:
        remedy = "Leave it out for 'at once'."
        raise ProgramInvalid(
            [Flaw("effective_from", str(program.effective_from), "lies in the past", remedy)]
        )
    return program


def _check_against(versions: Versions, program: Program) -> None:
    flaws = []
    tiers = {tier.id for tier in program.tiers}
    gone = {tier.id: None for _, earlier in versions for tier in earlier.tiers if tier.id not in tiers}
    for tier in gone:
        flaws.append(
            Flaw("tiers", tier, f"{tier!r} is gone, which members may hold", "Keep it; its rule may change.")
        )
    _, last = versions.latest
    if program.currency != last.currency:
        message = f"what was spent is counted in {last.currency}"
        flaws.append(Flaw("currency", program.currency, message, f"Keep {last.currency}."))
    if flaws:
        raise Contradicts(flaws)


def _warnings(program: Program, versions: Versions, now: datetime) -> tuple[str, ...]:
    coming = [
        f"version {number} comes into force on {later.effective_from.isoformat()}"
        for number, later in versions
        if later.effective_from and later.effective_from > now
    ]
    return (*program.warnings(), *coming)
