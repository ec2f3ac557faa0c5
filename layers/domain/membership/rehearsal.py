"""A rehearsal: the examples that a program carries, played through the engine day by day.

What comes out otherwise than expected is told as every flaw of a program is: where, and what to do about it.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel

from membership.errors import Flaw
from membership.member.figures import figures
from membership.member.messages import SHOWN_WAYS
from membership.member.progress import Way, progress
from membership.member.state import Member
from membership.outcomes import RewardGranted
from membership.program import wording
from membership.program.examples import Example, ExpectedNotice, ExpectedPoints, ExpectedValue, Then
from membership.program.misnamed import ladder_of, misnamed
from membership.program.money import to_decimal, to_smallest
from membership.program.places import shortened, shown
from membership.program.reading import MOST_FLAWS
from membership.program.schema import Ladder, Program
from membership.simulation import Life
from membership.story import Story, things

_ONE_DAY = timedelta(days=1)
MOST_THINGS = 3_000
"""That happen in all examples of a program: playing them takes seconds, and who publishes it waits."""
MOST_YEARS = 40
"""That an example may go through: each has nights to be reviewed."""


def rehearse(program: Program) -> list[Flaw]:
    """Everything in which the program doesn't do what its own examples say; empty where it does."""
    placed = [(f"examples[{n}]", example) for n, example in enumerate(program.examples)]
    happen = sum(things(given) for _, example in placed for given in example.given)
    if happen > MOST_THINGS:
        remedy = f"Leave at most {MOST_THINGS:,}: fewer times, fewer days, fewer examples."
        return [Flaw("examples", None, f"tell of {happen:,} things that happen", remedy)]
    flaws = [flaw for path, example in placed for flaw in _too_long(path, example)]
    flaws += [flaw for path, example in placed for flaw in misnamed(program, path, example)]
    if not flaws:
        for path, example in placed:
            story = Story(program, path, example)
            for n, then in sorted(enumerate(example.then), key=lambda one: one[1].on):
                flaws += story.play(until=story.at(then.on))
                flaws += _differences(program, story, f"{path}.then[{n}]", then)
    return flaws[:MOST_FLAWS]


def _too_long(path: str, example: Example) -> Iterator[Flaw]:
    years = [given.on.year for given in example.given] + [then.on.year for then in example.then]
    years += [example.joined.year] if example.joined else []
    if max(years) - min(years) > MOST_YEARS:
        message = f"goes from {min(years)} to {max(years)}"
        yield Flaw(path, example.title, message, f"Leave at most {MOST_YEARS} years.")


def _differences(program: Program, story: Story, path: str, then: Then) -> Iterator[Flaw]:
    expected = {
        name: value
        for name in Then.model_fields
        if name not in ("on", "ladder", "figures") and (value := getattr(then, name)) is not None
    }
    life, at = story.hero, story.at(then.on)
    if life.member is None:
        yield Flaw(path, str(then.on), "there is no member yet", "Write `joined`, or give something before.")
        return
    found = _found(program, ladder_of(program, then), life, life.member, at)
    found["asked"] = _asked(life.member, then.asked)
    there = f"In {story.title!r} there is by {then.on:%Y-%m-%d}: {_so_far(program, life.member, at)}."
    remedy = f"{shortened(there)} Change the rules, or what is expected."
    for name, value in expected.items():
        if found[name] != value:
            message = f"comes out as {_in_words(name, found[name])}, not as {_in_words(name, value)}"
            yield Flaw(f"{path}.{name}", _said(value), shortened(message), remedy)
    ladder = ladder_of(program, then).id
    for name, difference in _other_figures(program, ladder, then, life.member, at):
        yield Flaw(f"{path}.figures.{name}", shown(then.figures[name]), difference, remedy)


def _found(program: Program, ladder: Ladder, life: Life, member: Member, at: datetime) -> dict[str, Any]:
    """What `then` can expect → what there is."""
    rewards = tuple(got.reward.id for got in life.outcomes if isinstance(got, RewardGranted))
    today, account = program.day(at), member.points
    points = ExpectedPoints(
        balance=account.spendable(today), pending=account.pending(today), debt=account.debt
    )
    one = next((one for one in progress(program, member, at).ladders if one.ladder.id == ladder.id), None)
    if one is None:  # who is blocked or has left is shown nothing but that
        nothing = dict.fromkeys(_NOTHING, False) | {"progress": 0, "lacks": ""}
        return nothing | {"status": member.status, "rewards": rewards, "points": points}
    notice, value = one.notice, one.value
    return {
        "tier": one.tier.id if one.tier else False,
        "by": one.source if one.tier else False,
        "status": member.status,
        "next": one.next.id if one.next else False,
        "progress": one.goal.percent if one.goal else 100,
        "lacks": _missing(program, one.goal.ways) if one.goal else "",
        "keeps": (one.keep and _missing(program, one.keep.goal.ways)) or False,
        "valid_through": (one.override.until - _ONE_DAY if one.override else one.valid_through) or False,
        "falls_on": one.falls_on or False,
        "notice": ExpectedNotice(to=notice.to_tier, on=notice.falls_on) if notice else False,
        "value": ExpectedValue(
            fee=to_decimal(value.fee, program.currency), saved=to_decimal(value.saved, program.currency)
        )
        if value
        else False,
        "points": points,
        "rewards": rewards,
    }


def _other_figures(
    program: Program, ladder: str, then: Then, member: Member, at: datetime
) -> Iterator[tuple[str, str]]:
    standing = member.standings.get(ladder)
    seen = figures(program, member, program.day(at), standing.deducted if standing else {})
    for name, amount in then.figures.items():
        expected = to_smallest(program.metrics[name].measure, amount, program.currency)
        if seen[name] != expected:
            there, asked = (wording.amount(name, one, program, "en") for one in (seen[name], expected))
            yield name, f"comes out as {there}, not as {asked}"


def _asked(member: Member, expected: object) -> object:
    """The kind that is expected, where it is among what is asked."""
    kinds = sorted({one.kind for one in member.approvals.values()})
    return expected if expected in kinds else next(iter(kinds), False)


def _missing(program: Program, ways: Iterable[Way]) -> str:
    missing = [{one.metric: one.remaining for one in way.missing} for way in ways]
    return wording.lacking(missing, program, "en", SHOWN_WAYS)


def _so_far(program: Program, member: Member, at: datetime) -> str:
    """The figures by then, as 'spend ¥999, 5 interactions'."""
    told = []
    for metric, value in figures(program, member, program.day(at)).items():
        name = wording.metric_name(metric, program, "en")
        amount = wording.amount(metric, value, program, "en")
        told.append(amount if name[:4] in amount else f"{name} {amount}")
    return ", ".join(told)


_NOTHING = {
    "tier": "no tier",
    "by": "no tier",
    "next": "no next tier",
    "keeps": "nothing more to do",
    "valid_through": "no end",
    "falls_on": "no fall",
    "notice": "no notice",
    "asked": "nothing asked",
    "value": "no paid term",
}


def _in_words(name: str, found: Any) -> str:
    match found:
        case False:
            return _NOTHING[name]
        case ExpectedNotice(to=to, on=on):
            return f"{to} from {on}"
        case ExpectedValue(fee=fee, saved=saved):
            return f"fee {fee}, saved {saved}"
        case ExpectedPoints(balance=balance, pending=pending, debt=debt):
            return f"{balance:,} to spend, {pending:,} pending, {debt:,} owed"
        case tuple():
            return ", ".join(found) or "none"
    return str(found) or "nothing"


def _said(value: Any) -> object:
    """What is expected, as JSON can say it."""
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else shown(value)
