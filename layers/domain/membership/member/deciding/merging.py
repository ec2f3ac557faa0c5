"""Two members that proved to be one: where the one that goes on for both stands from then on."""

from collections.abc import Iterator, Mapping
from datetime import date

from membership.acts import Absorb
from membership.facts import Act
from membership.member.deciding.case import Case
from membership.member.standing import Standing
from membership.outcomes import MemberAbsorbed, Outcome
from membership.program.schema import Ladder


def absorb(case: Case, act: Act, told: Absorb) -> Iterator[Outcome]:
    """In each ladder the higher tier of the two, with what is promised and announced of it."""
    standings: dict[str, Standing] = {}
    for ladder_id, there in told.standings.items():
        ladder = case.program.ladders_by_id.get(ladder_id)
        theirs = _in_present_tiers(case, ladder, there) if ladder else None
        if ladder and theirs:
            ours = case.member.standings.get(ladder_id)
            standings[ladder_id] = _joined(ladder, ours, theirs) if ours else theirs
    yield MemberAbsorbed(
        at=case.at,
        by=act.by,
        reason=act.reason,
        member=told.member,
        standings=standings,
        granted=told.granted,
        fired=told.fired,
        approaches=_approaches(case, told, standings),
        badges=told.badges,
        redeemed=told.redeemed,
        absorbed=told.absorbed,
    )


def _approaches(case: Case, told: Absorb, standings: Mapping[str, Standing]) -> dict[str, str]:
    """What either of them was told to be near, and the one that goes on hasn't reached: the higher of two."""
    found: dict[str, str] = {}
    for key, tier in (*case.member.approaches.items(), *told.approaches.items()):
        ladder = case.program.ladders_by_id.get(key.partition("/")[2])
        now = case.versions.successor(tier, case.program)
        if ladder is None or now is None or now not in ladder:
            continue
        standing = standings.get(ladder.id) or case.member.standings.get(ladder.id)
        if standing and ladder.rank(now) <= ladder.rank(standing.tier):
            continue
        if key not in found or ladder.rank(now) > ladder.rank(found[key]):
            found[key] = now
    return found


def _in_present_tiers(case: Case, ladder: Ladder, there: Standing) -> Standing | None:
    """The other one may have been left standing in tiers of an earlier version."""
    standing = there.twin()
    tier = case.versions.successor(there.tier, case.program)
    if tier is None or tier not in ladder:
        return None
    standing.tier = tier
    if standing.notice:
        to_tier = case.versions.successor(standing.notice.to_tier, case.program)
        standing.notice = standing.notice.model_copy(update={"to_tier": to_tier or ladder.tiers[0].id})
    for source, override in list(standing.overrides.items()):
        over = case.versions.successor(override.tier, case.program)
        if over is None or over not in ladder:
            del standing.overrides[source]
        else:
            override.tier = over
    return standing


def _joined(ladder: Ladder, ours: Standing, theirs: Standing) -> Standing:
    better, other = sorted((ours, theirs), key=lambda one: _worth(ladder, one), reverse=True)
    joined = better.twin()
    for metric, amount in other.deducted.items():
        joined.deducted[metric] = joined.deducted.get(metric, 0) + amount
    for source, override in other.overrides.items():
        known = joined.overrides.get(source)
        if known is None or ladder.rank(override.tier) > ladder.rank(known.tier):
            joined.overrides[source] = override.model_copy()
    return joined


def _worth(ladder: Ladder, standing: Standing) -> tuple[int, date]:
    return ladder.rank(standing.tier), standing.expires_on or date.max
