"""One member at one moment of its own time, looked at because of one fact."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from membership.facts import Act, Cancellation, Fact, Redemption, Review
from membership.member.account import Account
from membership.member.earning import Claim
from membership.member.figures import figures, joined, less, until
from membership.member.redemption import Desk
from membership.member.standing import Standing
from membership.member.state import Member
from membership.outcomes import Evidence, PartTaken
from membership.program.criteria import Criterion
from membership.program.schema import Ladder, Program, Tier, Versions

ONE_DAY = timedelta(days=1)


@dataclass
class Case:
    versions: Versions
    program: Program
    version: int
    """In force at the member's present."""
    member: Member
    fact: Fact
    refunded: bool
    """Whether the fact took back something of an order."""
    before: Member | None = None
    """The member before such a fact, where that is known."""
    now: datetime | None = None
    """When it is decided, where that is later than the fact says: nobody is told of anything before."""
    act: Act | None = None
    """The fact, where it is an operator's act that nobody has answered yet."""
    gone: Collection[str] = ()
    """Members that can't go on for anybody."""
    claims: Sequence[Claim] = ()
    """Points of orders that the fact gave back."""
    corrections: Sequence[PartTaken] = ()
    """What to take more, or less, for parts of orders that have turned out to be worth something else."""
    earlier: Account | None = None
    """The member's points before the fact; None: nothing came by it."""
    asked: Redemption | Cancellation | None = None
    """The fact, where it asks for a reward or to undo that, and nobody has answered yet."""
    desk: Desk = field(default_factory=Desk)

    @cached_property
    def at(self) -> datetime:
        return self.member.clock or self.fact.occurred_at

    @cached_property
    def today(self) -> date:
        return self.program.day(self.at)

    @property
    def joined(self) -> date:
        return joined(self.program, self.member) or self.today

    @property
    def told(self) -> datetime:
        """When the member can be told: what came or was settled late starts no notice in the past."""
        if isinstance(self.fact, Review) and self.fact.dated:
            return max(self.at, self.fact.dated)
        return max(self.at, self.fact.recorded_at, self.now or self.at)

    def as_of(self, day: date) -> "Case | None":
        """The case under the rules of that day; None where today's figures or tiers are not theirs."""
        if day == self.today:
            return self
        version, program = self.versions.in_force(self.program.last_moment(day), self.joined)
        if version == self.version:
            return self
        same = program.fingerprint == self.program.fingerprint and program.tier_ids == self.program.tier_ids
        return replace(self, program=program, version=version) if same else None

    def evidence(self, rule: Criterion, seen: dict[str, int], day: date) -> Evidence:
        """What the rule saw: its metrics, and what those are made of."""
        named = {comparison.metric for comparison in rule.comparisons()}
        named |= {
            source
            for name in named
            if name in self.program.derived
            for source in self.program.derived[name].sources
        }
        return Evidence(
            version=self.version,
            day=day,
            rule=rule,
            figures={metric: amount for metric, amount in seen.items() if metric in named},
        )


@dataclass
class LadderCase:
    """A case in one of the program's ladders."""

    case: Case
    ladder: Ladder

    @property
    def standing(self) -> Standing:
        return self.case.member.standings[self.ladder.id]

    @property
    def tier(self) -> Tier:
        return self.ladder.tier(self.standing.tier)

    @property
    def today(self) -> date:
        return self.case.today

    @property
    def stands_while_met(self) -> bool:
        return self.ladder.stands_while_met(self.tier)

    @property
    def ripened_by(self) -> date | None:
        """The day whose figures decide over a notice that has run out; None: none has.

        A promise was not renewed up to its last day; a tier without one is lost on the first day unmet.
        """
        notice = self.standing.notice
        if notice is None or self.today < notice.falls_on:
            return None
        return notice.falls_on if self.stands_while_met else notice.falls_on - ONE_DAY

    def as_of(self, day: date) -> "LadderCase | None":
        then = self.case.as_of(day)
        return LadderCase(then, then.program.ladders_by_id[self.ladder.id]) if then else None

    def seen(self, day: date, member: Member | None = None) -> dict[str, int]:
        """The figures of a day, less what this ladder has deducted."""
        return figures(self.case.program, member or self.case.member, day, self.standing.deducted)

    def after_deduction(self, seen: dict[str, int]) -> dict[str, int]:
        """What the tier's end would leave of the figures."""
        return less(self.case.program, seen, self.tier)

    def until(self, tier: Tier, earned: date) -> date | None:
        return until(self.case.program, self.case.member, self.ladder, tier, earned)

    def shown(self) -> str:
        """The tier that counts."""
        return self.ladder.shown(self.standing)[1]
