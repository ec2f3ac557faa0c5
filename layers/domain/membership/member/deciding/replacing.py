"""Members whose tier is not there any more go on in the one that a later version has in its place."""

from collections.abc import Iterator

from membership.member.deciding.case import Case
from membership.member.state import Member
from membership.outcomes import TierReplaced
from membership.program.schema import Program, Versions


def replace_tiers(case: Case) -> Iterator[TierReplaced]:
    """No member keeps a tier that its program doesn't have any more."""
    for ladder, replaced in successors(case.versions, case.program, case.member):
        yield TierReplaced(at=case.at, ladder=ladder, replaced=replaced, version=case.version)


def successors(versions: Versions, program: Program, member: Member) -> Iterator[tuple[str, dict[str, str]]]:
    """Ladder → old tier → new tier, of all that the member has anything to do with."""
    for ladder_id, standing in member.standings.items():
        ladder = program.ladders_by_id[ladder_id]
        held = {layer.tier for layer in standing.layers()}
        held |= {standing.notice.to_tier} if standing.notice else set()
        held |= {one.tier for one in member.approvals.values() if one.ladder == ladder_id}
        gone = {tier: versions.successor(tier, program) for tier in sorted(held) if tier not in ladder}
        if gone:
            yield ladder_id, {old: new for old, new in gone.items() if new}
