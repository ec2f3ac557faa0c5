"""Redeeming rewards: asked for once, answered at once, and the same again however often it is asked."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import dropwhile, islice
from typing import Literal, NamedTuple

from membership.errors import Contended, Impossible, NotFound
from membership.facts import Cancellation, Redemption
from membership.member.redemption import Hindrance, Redeemed, Shelf, hindrance, price
from membership.member.state import Member
from membership.outcomes import (
    Envelope,
    FactIgnored,
    RedemptionCancelled,
    RedemptionRefused,
    RewardRedeemed,
)
from membership.program.catalogue import Redeemable
from membership.program.schema import Program
from membership.services.redeemed import look_up, redeemed
from membership.services.settling import Settling
from membership.services.viewing import Seen, see
from membership.store.ledger import Ledger, Page
from membership.store.programs import Programs
from membership.store.shelves import Counted, Shelves, Uploaded

MOST_MERGES = 10
"""Members that went on for one another, as far as anybody follows them."""

Answer = RewardRedeemed | RedemptionRefused | RedemptionCancelled | FactIgnored


class Answered(NamedTuple):
    """What was asked for, and what came of it. A repeated request is answered as the first one was."""

    status: Literal["accepted", "duplicate"]
    seen: Seen
    """The member as it is now."""
    redemption: Redeemed | RedemptionRefused


class Offer(NamedTuple):
    """A reward as somebody finds it in the catalogue."""

    reward: Redeemable
    points: int
    """What it costs."""
    left: int | None
    """How many there still are; None: there is no end of them."""
    hindrance: Hindrance | None = None
    """Why the member can't have it now."""


class Redeeming:
    def __init__(self, ledger: Ledger, programs: Programs, shelves: Shelves, settling: Settling) -> None:
        self._ledger, self._programs = ledger, programs
        self._shelves, self._settling = shelves, settling

    def redeem(
        self, program: str, member_id: str, redemption: str, reward: str, token: str, now: datetime
    ) -> Answered:
        """Ask for a reward. Raises NotFound; Impossible where the id was used for another reward."""
        self._members(program, member_id)
        asked = Redemption(
            id=redemption,
            member_id=member_id,
            reward=reward,
            token=token,
            occurred_at=now,
            recorded_at=now,
        )
        status, member, answer = self._answer(program, asked, now)
        seen = see(self._programs.versions(program), member, now)
        if isinstance(answer, RewardRedeemed):
            members = (member.id, *member.absorbed)
            found = look_up(self._ledger, program, members, redemption) if status == "duplicate" else None
            return Answered(status, seen, found or Redeemed(answer))
        assert isinstance(answer, RedemptionRefused)
        return Answered(status, seen, answer)

    def cancel(
        self, program: str, member_id: str, redemption: str, id_: str, by: str, reason: str, now: datetime
    ) -> Answered:
        """Undo a redemption. Raises NotFound; Impossible where it was undone before, by another request."""
        members = self._members(program, member_id)
        asked = Cancellation(
            id=id_,
            member_id=members[0],
            redemption=redemption,
            by=by,
            reason=reason,
            occurred_at=now,
            recorded_at=now,
        )
        known = look_up(self._ledger, program, members, redemption)
        if known is None:
            raise NotFound("there is no such redemption")
        if known.cancelled and self._ledger.fact(program, members[0], asked.key) is None:
            raise Impossible("it was cancelled already")
        status, member, answer = self._answer(program, asked, now)
        if isinstance(answer, FactIgnored):
            raise Impossible("it was cancelled already")
        seen = see(self._programs.versions(program), member, now)
        return Answered(status, seen, Redeemed(known.outcome, cancelled=True))

    def page(self, program: str, member_id: str, after: str | None, limit: int) -> Page[Redeemed]:
        """What the member redeemed, the newest first. `after` is where the last page ended."""
        found = redeemed(self._ledger, program, self._members(program, member_id))
        if after is not None:
            found = islice(dropwhile(lambda one: one[0] != after, found), 1, None)
        page = [*islice(found, limit + 1)]
        last = page[limit - 1][0] if len(page) > limit else None
        return Page([one for _, one in page[:limit]], last)

    def catalogue(self, program: str, member_id: str | None, now: datetime) -> tuple[Program, list[Offer]]:
        """Every reward, as the member finds it, or anybody. Raises NotFound."""
        counted = self._shelves.all(program)
        if member_id is None:
            _, rules = self._programs.versions(program).in_force(now)
            return rules, [Offer(one, one.points, _left(one, counted)) for one in rules.catalogue]
        found = self._load(program, self._members(program, member_id)[0])
        seen = see(self._programs.versions(program), found, now)
        return seen.program, [*_offers(seen, counted, now)]

    def upload(self, program: str, reward: str, codes: Sequence[str]) -> Uploaded:
        """Add codes for a reward that any version of the program gives such codes with."""
        kinds = {
            one.codes
            for _, version in self._programs.versions(program)
            for one in version.catalogue
            if one.id == reward
        }
        if not kinds:
            raise NotFound("there is no such reward")
        if "uploaded" not in kinds:
            raise Impossible("the reward takes no uploaded codes; write `codes: uploaded` in the program")
        return self._shelves.upload(program, reward, codes)

    def _answer(
        self, program: str, asked: Redemption | Cancellation, now: datetime
    ) -> tuple[Literal["accepted", "duplicate"], Member, Answer]:
        """The member whose it is now, and what came of it."""
        status: Literal["accepted", "duplicate"] | None = None
        for _ in range(MOST_MERGES):
            appended = self._ledger.append(program, asked)
            if appended.status == "conflict":
                raise Impossible("this id was used for something else")
            status = status or appended.status
            told = self._told(program, asked) if appended.status == "duplicate" else None
            if told is None:
                committed = self._settling.settle(program, asked.member_id, [appended.fact], now)
                member = committed.member
                told = _of(asked, committed.outcomes) or self._told(program, asked)
            else:
                member = self._load(program, asked.member_id)
            if told:
                return status, self._going_on(program, member), told
            if member.merged_into is None:
                break
            # It went away before it was answered: the one that goes on has been told, too.
            status = None
            asked = asked.model_copy(update={"member_id": member.merged_into})
        raise Contended(f"{program}: a redemption was not answered")

    def _told(self, program: str, asked: Redemption | Cancellation) -> Answer | None:
        return _of(asked, self._ledger.newest(program, asked.member_id))

    def _members(self, program: str, member_id: str) -> tuple[str, ...]:
        """The member, or who goes on for it, with those that it absorbed."""
        member = self._going_on(program, self._load(program, member_id))
        return (member.id, *member.absorbed)

    def _going_on(self, program: str, member: Member) -> Member:
        while member.merged_into:
            member = self._load(program, member.merged_into)
        return member

    def _load(self, program: str, member_id: str) -> Member:
        member = self._ledger.load(program, member_id, consistent=True).member
        if member is None or member.status in (None, "erased"):
            raise NotFound("there is no such member")
        return member


def _of(
    asked: Redemption | Cancellation, envelopes: Sequence[Envelope] | Iterator[Envelope]
) -> Answer | None:
    for envelope in envelopes:
        if envelope.data.get("fact") == asked.key:
            outcome = envelope.open()
            if isinstance(outcome, Answer):
                return outcome
    return None


def _offers(seen: Seen, counted: dict[str, Counted], now: datetime) -> Iterator[Offer]:
    for reward in seen.program.catalogue:
        there = counted.get(reward.id, Counted())
        shelf = Shelf(there.sold, ("",) if there.codes > 0 else ())
        yield Offer(
            reward,
            price(seen.program, seen.member, reward),
            _left(reward, counted),
            hindrance(seen.program, seen.member, reward, now, shelf),
        )


def _left(reward: Redeemable, counted: dict[str, Counted]) -> int | None:
    there = counted.get(reward.id, Counted())
    limits = [] if reward.stock is None else [max(0, reward.stock - there.sold)]
    limits += [there.codes] if reward.codes == "uploaded" else []
    return min(limits, default=None)
