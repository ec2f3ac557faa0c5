"""Certifying: which certificate a member has, and whether one that somebody shows still stands."""

from datetime import datetime
from typing import NamedTuple

from membership.errors import NotFound
from membership.member.certificates import certifying
from membership.services.viewing import Seen, Viewing
from membership.store.certificates import Certificates, Issued


class Shown(NamedTuple):
    """A certificate, its holder as it is now, and whether what it says still holds."""

    issued: Issued
    seen: Seen
    stands: bool


class Certifying:
    """Reads only."""

    def __init__(self, viewing: Viewing, certificates: Certificates) -> None:
        self._viewing, self._certificates = viewing, certificates

    def of_member(self, program: str, member_id: str, ladder: str | None, now: datetime) -> Shown:
        """The certificate of the tier that counts. Raises NotFound where that one was not risen to."""
        seen = self._viewing.current(program, member_id, now)
        ladder = ladder or next(iter(seen.program.ladders_by_id))
        standing = seen.member.standings.get(ladder)
        if standing is None or seen.member.status != "active":
            raise NotFound("the member has no tier that could be certified")
        tier = seen.program.ladders_by_id[ladder].shown(standing)[1]
        # The tier may have had another name then, and the member one that was merged into this one.
        tiers = (tier, *seen.program.tier(tier).replaces)
        for envelope in self._viewing.told(program, (seen.member.id, *seen.member.absorbed)):
            for message in certifying([envelope.open()] if envelope.type == "message.due" else ()):
                issued = Issued.of(program, envelope.member_id, message)
                if issued.ladder == ladder and issued.tier in tiers:
                    return Shown(issued, seen, stands=True)
        raise NotFound("there is no certificate of this tier: one is made when a member rises to it")

    def numbered(self, number: str, now: datetime) -> Shown:
        """The certificate of that number. Raises NotFound where nobody was ever given it, or is erased."""
        issued = self._certificates.numbered(number)
        if issued is None:
            raise NotFound("there is no certificate of this number")
        seen = self._viewing.current(issued.program, issued.member_id, now)
        return Shown(issued, seen, _stands(issued, seen))


def _stands(issued: Issued, seen: Seen) -> bool:
    """Whether the holder has the tier today, or a higher one."""
    standing, ladder = seen.member.standings.get(issued.ladder), seen.program.ladders_by_id.get(issued.ladder)
    if seen.member.status != "active" or standing is None or ladder is None:
        return False
    tier = seen.versions.successor(issued.tier, seen.program)
    return tier in ladder and ladder.rank(ladder.shown(standing)[1]) >= ladder.rank(tier) if tier else False
