"""What is given on entering a tier: once per tier and cycle, however often a member goes up and down."""

from collections.abc import Iterable, Iterator

from membership.member.deciding.case import Case
from membership.member.deciding.points import credited, given_on
from membership.outcomes import RewardGranted
from membership.program.parts import Reward
from membership.program.schema import Ladder, Tier


def reward(case: Case, ladder: Ladder, entered: Iterable[Tier]) -> Iterator[RewardGranted]:
    """The rewards of the tiers that this cycle hasn't brought yet."""
    cycle = case.program.window.cycle(case.today, case.joined)
    for tier in entered:
        for one in tier.rewards:
            if cycle > max(_given(case, tier, one), default=float("-inf")):
                yield RewardGranted(
                    at=case.at,
                    ladder=ladder.id,
                    tier=tier.id,
                    cycle=cycle,
                    reward=one,
                    lot=credited(case) if one.points else None,
                    on=given_on(case) if one.points else None,
                )


def _given(case: Case, tier: Tier, reward: Reward) -> Iterator[int]:
    """The cycles that brought it: by this tier, or by one that became this in however many versions."""
    for key, cycle in case.member.granted.items():
        old, _, id_ = key.partition("/")
        if id_ == reward.id and case.versions.successor(old, case.program) == tier.id:
            yield cycle
