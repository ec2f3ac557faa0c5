"""What is given on entering a tier: once per tier and cycle, however often a member goes up and down."""

from collections.abc import Iterable, Iterator

from membership.member.deciding.case import Case
from membership.outcomes import RewardGranted
from membership.program.schema import Ladder, Tier


def reward(case: Case, ladder: Ladder, entered: Iterable[Tier]) -> Iterator[RewardGranted]:
    """The rewards of the tiers that this cycle hasn't brought yet."""
    cycle = case.program.window.cycle(case.today, case.joined)
    for tier in entered:
        for one in tier.rewards:
            given = case.member.granted.get(f"{tier.id}/{one.id}")
            # A tier that was replaced by this one has given them too.
            given = max(
                [given, *(case.member.granted.get(f"{old}/{one.id}") for old in tier.replaces)], key=_or_never
            )
            if given is None or given < cycle:
                yield RewardGranted(at=case.at, ladder=ladder.id, tier=tier.id, cycle=cycle, reward=one)


def _or_never(cycle: int | None) -> float:
    return float("-inf") if cycle is None else cycle
