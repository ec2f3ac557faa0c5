"""Putting a program in force: as a new version, or as no change at all."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from membership.errors import Contended, Contradicts, Flaw, NotFound, ProgramInvalid
from membership.program.schema import Program, Versions
from membership.store.programs import Programs, Signature

ATTEMPTS = 4


class Enacted(NamedTuple):
    """The version that a program is now, put by this call or before."""

    version: int
    program: Program
    fresh: bool
    warnings: tuple[str, ...]
    before: Program | None = None
    """The version that it follows, where there is one."""


def enact(
    programs: Programs,
    owner: str,
    program: Program,
    signed: Signature,
    pause: Callable[[int], None],
    check: bool = False,
) -> Enacted:
    """Add a version, unless the last one says the same. `owner` is the program that the caller may change.

    `signed` is kept with it. `check` puts nothing: it only says what would come of it. Raises ProgramInvalid.
    """
    # Here, as whoever puts no program plays no examples.
    from membership.rehearsal import rehearse

    if program.id != owner:
        raise ProgramInvalid([Flaw("id", program.id, "the key is of another program", f"Write {owner!r}.")])
    # Examples decide nothing, and no function that reads the version needs them.
    told, program, now = program, program.model_copy(update={"examples": ()}), signed.at
    for attempt in range(ATTEMPTS):
        try:
            versions = programs.versions(owner)
        except NotFound:
            number, last, new = 0, None, _first(program, now)
        else:
            number, last = versions.latest
            new = last if _says_the_same(program, last) else _starting(program, now)
            if new is not last:
                _check_against(versions, new)
        if attempt == 0 and (flaws := rehearse(told)):
            raise ProgramInvalid(flaws)
        if new is last:
            return Enacted(number, new, False, _warnings(new, versions, now), last)
        if check:
            return Enacted(number + 1, new, False, tuple(new.warnings()), last)
        if programs.put(new, number + 1, signed):
            return Enacted(number + 1, new, True, _warnings(new, programs.versions(owner), now), last)
        pause(attempt)
    raise Contended(f"{owner}: others put versions {ATTEMPTS} times in a row")


def put_back(
    programs: Programs, owner: str, number: int, signed: Signature, pause: Callable[[int], None]
) -> Enacted:
    """An earlier version once more: the newest one, in force at once. Raises NotFound, Contradicts."""
    versions = programs.versions(owner)
    last, _ = versions.latest
    if not 1 <= number <= last:
        raise NotFound(f"there are versions 1 to {last}")
    at_once = {"effective_from": None, "changes": "at_once"}
    return enact(programs, owner, versions.numbered(number).model_copy(update=at_once), signed, pause)


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
    """Nobody may be left in a tier or a ladder that is not there, nor with sums in another currency."""
    number, last = versions.latest
    flaws = [*_stranded(Versions({**dict(versions), number + 1: program}), program)]
    if program.currency != last.currency:
        message = f"what was spent is counted in {last.currency}"
        flaws.append(Flaw("currency", program.currency, message, f"Keep {last.currency}."))
    if flaws:
        raise Contradicts(flaws)


def _stranded(versions: Versions, program: Program) -> Iterator[Flaw]:
    known = dict.fromkeys(
        (ladder.id, tier.id)
        for _, one in versions
        for ladder in one.ladders_by_id.values()
        for tier in ladder.tiers
    )
    where = "ladders" if program.ladders else "tiers"
    for ladder in dict.fromkeys(ladder for ladder, _ in known):
        if ladder not in program.ladders_by_id:
            message = f"the ladder {ladder!r} is gone, in which members stand"
            yield Flaw(where, ladder, message, "Keep it; its tiers and rules may change.")
    for ladder, tier in known:
        here = program.ladders_by_id.get(ladder)
        if here is None or tier in here:
            continue
        if (successor := versions.successor(tier, program)) is None:
            remedy = f"Keep it, or write `replaces: [{tier}]` in the tier that takes its place."
            yield Flaw(where, tier, f"{tier!r} is gone, which members may hold", remedy)
        elif successor not in here:
            message = f"{successor!r} takes the place of {tier!r}, but in another ladder"
            yield Flaw(where, tier, message, f"Name it in a tier of the ladder {ladder!r}.")


def _warnings(program: Program, versions: Versions, now: datetime) -> tuple[str, ...]:
    coming = [
        f"version {number} comes into force on {later.effective_from.isoformat()}"
        for number, later in versions
        if later.effective_from and later.effective_from > now
    ]
    return (*program.warnings(), *coming)
