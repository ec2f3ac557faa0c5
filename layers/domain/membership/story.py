"""What an example tells, lived through as facts: the member's own life, and those of others in it."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from membership.acts import (
    Action,
    AdjustPoints,
    Block,
    Decide,
    Hold,
    Leave,
    Lift,
    Merge,
    Release,
    Return,
    Unblock,
)
from membership.errors import Flaw
from membership.facts import (
    Act,
    Activity,
    Attributes,
    Enrolment,
    Fact,
    Order,
    Profile,
    Ranking,
    Referral,
    Refund,
)
from membership.member.forecast import earliest_fall
from membership.outcomes import FactIgnored, Outcome
from membership.program.examples import Example, Given
from membership.program.misnamed import board_of
from membership.program.money import to_minor
from membership.program.places import shown
from membership.program.schema import Ladder, Program
from membership.simulation import Life

_ONE_DAY = timedelta(days=1)
_SIMPLE: dict[str, Callable[[], Action]] = {
    "block": Block,
    "unblock": Unblock,
    "leave": Leave,
    "return": Return,
}


def things(given: Given) -> int:
    """How many things happen by this one line."""
    return given.times * len(_days(given))


def _days(given: Given) -> range:
    """0 for the line's first day, 1 for the next one, …"""
    return range(max(0, (given.daily_through - given.on.date()).days) + 1 if given.daily_through else 1)


class _Impossible(Exception):
    """A line of what is given can't be, as the story stands by then."""

    def __init__(self, field: str, message: str, remedy: str) -> None:
        self.field, self.message, self.remedy = field, message, remedy
        super().__init__(message)


class Story:
    """An example while it is played."""

    def __init__(self, program: Program, path: str, example: Example) -> None:
        self._program, self._path, self.title = program, path, example.title
        self._lives: dict[str | None, Life] = {}
        self._friends: dict[str, list[date]] = {"registered": [], "bought": [], "returned": []}
        lines = [
            (self.at(given.on + day * _ONE_DAY), n, given)
            for n, given in enumerate(example.given)
            for day in _days(given)
        ]
        self._waiting = sorted(lines, key=lambda line: line[0])
        self._begin(example)

    @property
    def hero(self) -> Life:
        """The member whose story it is."""
        return self._life(None)

    def at(self, local: datetime) -> datetime:
        """A moment of the program's own time."""
        return local.replace(tzinfo=self._program.zone)

    def play(self, until: datetime) -> Iterator[Flaw]:
        """All that is given through a moment. Yields the lines that can't be."""
        while self._waiting and self._waiting[0][0] <= until:
            at, n, given = self._waiting.pop(0)
            try:
                self._happens(given, at, f"{n}@{at:%Y%m%d}")
            except _Impossible as fault:
                value = shown(getattr(given, fault.field))
                yield Flaw(f"{self._path}.given[{n}].{fault.field}", value, fault.message, fault.remedy)
        self.hero.pass_to(until)

    def _life(self, who: str | None) -> Life:
        if who not in self._lives:
            self._lives[who] = Life(self._program, f"other: {who}" if who else "member")
        return self._lives[who]

    def _begin(self, example: Example) -> None:
        """Enrolled as a day begins, where the example says so, or the program takes nobody unknown."""
        day = example.joined or (self._program.day(self._waiting[0][0]) if self._waiting else None)
        if day is None:
            return
        known: dict[str, Any] = {
            "joined": example.joined,
            "labels": example.labels,
            "birthday": example.birthday,
        }
        told = Attributes(**{name: value for name, value in known.items() if value})
        stamp = self._stamp("begin", None, self._program.midnight(day))
        if example.joined or self._program.unknown_members == "refuse":
            self._tell(None, [Enrolment(**stamp, attributes=told)])
        elif told.model_fields_set:
            self._tell(None, [Profile(**stamp, attributes=told)])

    def _happens(self, given: Given, at: datetime, id_: str) -> None:
        if given.act is None:
            self._tell(given.who, [*self._facts(given, at, id_)])
            return
        self._life(given.who).pass_to(at)
        action = self._action(given)
        act = Act(**self._stamp(id_, given.who, at), by="operator", reason="an example", action=action)
        if any(isinstance(outcome, FactIgnored) for outcome in self._tell(given.who, [act])):
            raise _Impossible("act", "changes nothing by then", "See what the member is then, or remove it.")

    def _tell(self, who: str | None, facts: Sequence[Fact]) -> list[Outcome]:
        """And whatever comes of it for others in the story."""
        settled = self._life(who).tell(facts)
        if settled.merges_into:
            self.hero.absorb(self._life(who))
        for fact in (*settled.onward, *settled.forwarded):
            if fact.member_id == self.hero.member_id:
                self._tell(None, [fact])
        return settled.outcomes

    def _stamp(self, id_: str, who: str | None, at: datetime) -> dict[str, Any]:
        return {"id": id_, "member_id": self._life(who).member_id, "occurred_at": at, "recorded_at": at}

    def _facts(self, given: Given, at: datetime, id_: str) -> Iterator[Fact]:
        for n in range(given.times):
            stamp = self._stamp(f"{id_}#{n}", given.who, at)
            match given.what:
                case "order":
                    yield Order(
                        **stamp,
                        order_id=given.id or f"{id_}#{n}",
                        amount=self._minor(given.order),
                        saved=self._minor(given.saved),
                        plan=given.plan,
                    )
                case "refund":
                    yield Refund(**stamp, order_id=given.of or "", amount=self._minor(given.refund))
                case "do":
                    yield Activity(**stamp, kind=given.do or "", quality=given.quality, value=given.value)
                case "labels":
                    yield Profile(**stamp, attributes=Attributes(labels=given.labels))
                case "ranked":
                    yield self._ranking(given, stamp)
                case "friend":
                    yield from self._friend(given, stamp)

    def _minor(self, amount: Decimal | None) -> int:
        return to_minor(amount or 0, self._program.currency)

    def _ranking(self, given: Given, stamp: dict[str, Any]) -> Ranking:
        assert given.ranked
        assert given.among
        board = board_of(self._program, given) or ""
        eve = given.on.date() - _ONE_DAY
        return Ranking(**stamp, metric=board, day=eve, place=given.ranked, members=given.among, figure=0)

    def _friend(self, given: Given, stamp: dict[str, Any]) -> Iterator[Fact]:
        """Told as the friends' own settling tells it: who buys has registered, who gives back had bought."""
        assert given.friend
        registered, bought, returned = self._friends.values()
        day = given.on.date()
        if given.friend == "registered" or (given.friend == "bought" and len(bought) == len(registered)):
            registered.append(day)
            yield self._referral(stamp, "registered", len(registered), day)
        if given.friend == "bought":
            bought.append(day)
            yield self._referral(stamp, "bought", len(bought), day)
        if given.friend == "returned":
            if len(returned) == len(bought):
                raise _Impossible("friend", "no friend has bought by then", "Write `bought` before.")
            returned.append(day)
            yield self._referral(stamp, "bought", len(returned), bought[len(returned) - 1], undone=True)

    @staticmethod
    def _referral(
        stamp: dict[str, Any], stage: str, friend: int, day: date, *, undone: bool = False
    ) -> Referral:
        named = {"id": f"friend-{friend}#{stage}#{2 if undone else 1}", "friend": f"friend-{friend}"}
        return Referral(**stamp | named, stage=stage, day=day, undone=undone)

    def _action(self, given: Given) -> Action:
        match given.act:
            case "hold" | "lift":
                assert given.tier
                assert given.until
                ladder = self._ladder_of(given.tier)
                if given.act == "lift":
                    self._check_lift(given, ladder)
                self._check_until(given, ladder)
                kind = Hold if given.act == "hold" else Lift
                return kind(ladder=ladder.id, tier=given.tier, until=given.until)
            case "release":
                return self._release(given)
            case "approve" | "decline":
                return self._decide(given, given.act)
            case "adjust":
                return AdjustPoints(points=given.points or 0)
            case "merge":
                return Merge(into=self.hero.member_id)
        return _SIMPLE[given.act or ""]()

    def _ladder_of(self, tier: str) -> Ladder:
        return next(ladder for ladder in self._program.ladders_by_id.values() if tier in ladder)

    def _release(self, given: Given) -> Release:
        member = self._life(given.who).member
        for ladder, standing in (member.standings if member else {}).items():
            for source in ("hold", "lifted"):
                one = standing.overrides.get(source)
                if one and given.tier in (None, one.tier):
                    return Release(ladder=ladder, source=source)
        raise _Impossible("act", "nothing is held or lifted by then", "Write the hold or the lift before.")

    def _decide(self, given: Given, verdict: Literal["approve", "decline"]) -> Decide:
        member = self._life(given.who).member
        waiting = {
            id_: one
            for id_, one in (member.approvals if member else {}).items()
            if given.of in (None, one.kind, one.condition)
        }
        if not waiting:
            raise _Impossible("act", "nothing of that is asked by then", "Write what leads to it before.")
        if len(waiting) > 1:
            names = ", ".join(sorted(one.condition or one.kind for one in waiting.values()))
            raise _Impossible("act", f"answers one of several: {names}", "Say which in `of`.")
        [(id_, asked)] = waiting.items()
        if verdict == "approve" and asked.kind == "special":
            ladder = self._program.ladders_by_id[asked.ladder]
            self._check_lift(given, ladder)
            self._check_until(given, ladder)
        return Decide(approval=id_, verdict=verdict, tier=given.tier, until=given.until)

    def _check_lift(self, given: Given, ladder: Ladder) -> None:
        member = self._life(given.who).member
        standing = member.standings.get(ladder.id) if member else None
        above = [tier.id for tier in ladder.liftable(standing)] if standing else []
        if given.tier not in above:
            remedy = f"Write {' or '.join(above)}." if above else "There is nothing to lift it to."
            raise _Impossible("tier", "is not one or two tiers above the member's", remedy)

    def _check_until(self, given: Given, ladder: Ladder) -> None:
        """Its end is announced, as every other one."""
        if given.until is None:
            raise _Impossible("until", "is missing", "Write the day on which the lift ends.")
        earliest = earliest_fall(self._program, ladder, self.at(given.on))
        if given.until <= earliest:
            message = f"is less than the notice of {ladder.downgrade.notice_days} days away"
            raise _Impossible("until", message, f"Write a day after {earliest.isoformat()}.")
