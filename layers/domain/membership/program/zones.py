"""Time zones by their names, and what people write instead."""

from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

from membership.program.flaws import unsound

_ALSO_CALLED = {"asia/beijing": "Asia/Shanghai", "beijing": "Asia/Shanghai", "china": "Asia/Shanghai"}


def known_zone(name: str) -> str:
    """The name, if it is one. Raises Unsound with the nearest one."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        nearest = _nearest(name)
        remedy = f"Did you mean {nearest}?" if nearest else "Write it by its place, as Asia/Shanghai, or UTC."
        raise unsound("is not a time zone", remedy) from None
    return name


def _nearest(name: str) -> str | None:
    """Zones are named by one place of each; people write the city alone, or misspell it."""
    wanted = name.casefold().strip().replace(" ", "_")
    if wanted in _ALSO_CALLED:
        return _ALSO_CALLED[wanted]
    zones = {zone.casefold(): zone for zone in sorted(available_timezones())}
    if close := get_close_matches(wanted, zones, n=1, cutoff=0.8):
        return zones[close[0]]
    places = {zone.rpartition("/")[2]: zone for zone in zones}
    close = get_close_matches(wanted.rpartition("/")[2], places, n=1, cutoff=0.8)
    return zones[places[close[0]]] if close else None
