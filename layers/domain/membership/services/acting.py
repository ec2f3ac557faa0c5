"""What operators do: checked against the member as it is, kept as a fact, and settled at once."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, NamedTuple

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
from membership.errors import ActInvalid, Flaw, Impossible, NoSuchMember
from membership.facts import Act
from membership.member.forecast import earliest_fall
from membership.member.standing import Standing
from membership.member.state import Member, Status
from membership.outcomes import FactIgnored
from membership.program.schema import Ladder, Program
from membership.services.settling import Committed, Settling
from membership.services.viewing import see
from membership.store.approvals import Approvals
from membership.store.ledger import Ledger
from membership.store.programs import Programs

LATEST = 50
"""Outcomes to look through for what a repeated request had led to."""

_POSSIBLE: dict[type, frozenset[Status]] = {
    Hold: frozenset({"active"}),
    Lift: frozenset({"active"}),
    Release: frozenset({"active"}),
    Block: frozenset({"trial", "active", "left"}),
    Unblock: frozenset({"blocked"}),
    Leave: frozenset({"trial", "active"}),
    Return: frozenset({"left"}),
    Merge: frozenset({"trial", "active", "left"}),
    AdjustPoints: frozenset({"trial", "active"}),
}


class Instruction(NamedTuple):
    """Who asks for something to be done, and why."""

    id: str
    by: str
    reason: str


class Acted(NamedTuple):
    """What an act came to. A repeated request is answered as the first one was."""

    status: Literal["accepted", "duplicate"]
    committed: Committed


class Acting:
    def __init__(self, ledger: Ledger, programs: Programs, approvals: Approvals, settling: Settling) -> None:
        self._ledger, self._programs = ledger, programs
        self._approvals, self._settling = approvals, settling

    def act(self, program: str, member_id: str, action: Action, told: Instruction, now: datetime) -> Acted:
        """Raises NotFound, ActInvalid for a value that can't be, Impossible for a member that can't be."""
        member = self._member(program, member_id)
        act = _act(member_id, action, told, now)
        if not self._known(program, act):
            self._check(program, member, action, now)
        return self._enact(program, act, now)

    def decide(
        self,
        program: str,
        approval: str,
        verdict: Literal["approve", "decline"],
        told: Instruction,
        now: datetime,
        tier: str | None = None,
        until: date | None = None,
    ) -> Acted:
        """Answer an approval. Of two operators at once one decides, and the other one is told."""
        question = self._approvals.get(program, approval)
        member = self._member(program, question.member_id)
        decision = Decide(approval=approval, verdict=verdict, tier=tier, until=until)
        act = _act(member.id, decision, told, now)
        if not self._known(program, act):
            if question.status != "open":
                raise Impossible(f"this approval is {question.status} already")
            lifts = question.asked.kind == "special" and verdict == "approve"
            for field, value in (("tier", tier), ("until", until)):
                if lifts and value is None:
                    raise _flaw(field, value, "is missing", "Say to which tier, and until which day.")
                if not lifts and value is not None:
                    raise _flaw(field, value, "is for special reviews that are approved", "Leave it out.")
            if tier and until:
                seen = see(self._programs.versions(program), member, now)
                ladder = seen.program.ladders_by_id[question.asked.ladder]
                _check_lift(ladder, seen.member, tier)
                _check_until(seen.program, ladder, until, now)
        acted = self._enact(program, act, now)
        if any(isinstance(one.open(), FactIgnored) for one in acted.committed.outcomes):
            raise Impossible("there is nothing to decide any more")
        return acted

    def _member(self, program: str, member_id: str) -> Member:
        member = self._ledger.load(program, member_id, consistent=True).member
        if member is None or member.status in (None, "erased"):
            raise NoSuchMember()
        return member

    def _known(self, program: str, act: Act) -> bool:
        """Whether the very same was asked for before. Raises Impossible where something else was."""
        known = self._ledger.fact(program, act.member_id, act.key)
        if known is None:
            return False
        assert isinstance(known, Act)
        if (known.action, known.by, known.reason) != (act.action, act.by, act.reason):
            raise Impossible(f"{known.by} has used this id for something else, or was first to decide")
        return True

    def _check(self, program: str, member: Member, action: Action, now: datetime) -> None:
        status = member.status
        if status not in _POSSIBLE[type(action)]:
            raise Impossible(f"the member is {status}")
        # Instead of a tier of an earlier version the member has a present one, though nothing was settled.
        seen = see(self._programs.versions(program), member, now)
        rules, member = seen.program, seen.member
        match action:
            case Hold(ladder=ladder_id, tier=tier, until=until):
                ladder = _ladder(rules, ladder_id)
                _standing(member, ladder)
                _check_tier(ladder, tier)
                _check_until(rules, ladder, until, now)
            case Lift(ladder=ladder_id, tier=tier, until=until):
                ladder = _ladder(rules, ladder_id)
                _check_lift(ladder, member, tier)
                _check_until(rules, ladder, until, now)
            case Release(ladder=ladder_id, source=source):
                ladder = _ladder(rules, ladder_id)
                if source not in _standing(member, ladder).overrides:
                    raise Impossible(f"there is no {source} to release")
            case AdjustPoints(points=points):
                _check_points(rules, member, points, now)
            case Merge(into=into):
                if into == member.id:
                    raise _flaw("into", into, "is the member itself", "Name the one that goes on.")
                if not self._member(program, into).goes_on:
                    raise Impossible(f"{into!r} was merged itself")

    def _enact(self, program: str, act: Act, now: datetime) -> Acted:
        appended = self._ledger.append(program, act)
        if appended.status != "accepted":
            self._known(program, act)
        committed = self._settling.settle(program, act.member_id, [appended.fact], now)
        if committed.repeated:
            latest = self._ledger.history(program, act.member_id, None, LATEST)
            found = [envelope for _, envelope in reversed(latest) if envelope.data.get("fact") == act.key]
            committed = committed._replace(outcomes=found)
        return Acted("accepted" if appended.status == "accepted" else "duplicate", committed)


def _act(member_id: str, action: Action, told: Instruction, now: datetime) -> Act:
    return Act(
        id=told.id,
        member_id=member_id,
        by=told.by,
        reason=told.reason,
        action=action,
        occurred_at=now,
        recorded_at=now,
    )


def _ladder(program: Program, ladder_id: str) -> Ladder:
    if ladder_id not in program.ladders_by_id:
        known = ", ".join(program.ladders_by_id)
        raise _flaw("ladder", ladder_id, "is no ladder of the program", f"Write one of: {known}.")
    return program.ladders_by_id[ladder_id]


def _standing(member: Member, ladder: Ladder) -> Standing:
    if ladder.id not in member.standings:
        raise Impossible(f"the member has no tier in {ladder.id!r} yet")
    return member.standings[ladder.id]


def _check_tier(ladder: Ladder, tier: str) -> None:
    if tier not in ladder:
        known = ", ".join(one.id for one in ladder.tiers)
        raise _flaw("tier", tier, "is no tier of the ladder", f"Write one of: {known}.")


def _check_lift(ladder: Ladder, member: Member, tier: str) -> None:
    _check_tier(ladder, tier)
    above: Sequence[str] = [one.id for one in ladder.liftable(_standing(member, ladder))]
    if tier not in above:
        remedy = f"Lift it to {' or '.join(above)}." if above else "It is at the top already."
        raise _flaw("tier", tier, "is not one or two tiers above the member's", remedy)


def _check_points(program: Program, member: Member, points: int, now: datetime) -> None:
    if program.points is None:
        raise Impossible("the program has no points")
    if points == 0:
        raise _flaw("points", points, "changes nothing", "Write how many to give; less than 0 to take.")
    there = member.points.spendable(program.day(max(now, member.clock or now)))
    if -points > there:
        raise Impossible(f"the member has {there:,} points to spend, and {-points:,} are to be taken")


def _check_until(program: Program, ladder: Ladder, until: date, now: datetime) -> None:
    """Its end is announced, too: so it has to be as far away as a notice is long."""
    earliest = earliest_fall(program, ladder, now)
    if until <= earliest:
        days = ladder.downgrade.notice_days
        message = f"is less than the notice of {days} days away, with which its end is announced"
        raise _flaw("until", until.isoformat(), message, f"Write a day after {earliest.isoformat()}.")


def _flaw(field: str, value: object, message: str, remedy: str) -> ActInvalid:
    return ActInvalid(Flaw(field, value, message, remedy))
