"""Tiers that a new version of the program has put in the place of others."""

from collections.abc import Iterator

from membership.member.deciding.case import Case
from membership.outcomes import Outcome, TierReplaced


def replace_tiers(case: Case) -> Iterator[Outcome]:
    """No member keeps a tier that its program doesn't have any more."""
    member = case.member
    for ladder_id, standing in member.standings.items():
        ladder = case.program.ladders_by_id[ladder_id]
        held = {tier for _, tier in standing.layers()} | (
            {standing.notice.to_tier} if standing.notice else set()
        )
        held |= {one.tier for one in member.approvals.values() if one.ladder == ladder_id}
        gone = {
            tier: case.versions.successor(tier, case.program) for tier in sorted(held) if tier not in ladder
        }
        if gone:
            yield TierReplaced(at=case.at, ladder=ladder_id, replaced=gone, version=case.version)
