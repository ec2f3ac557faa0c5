"""The value anchor: what a paid membership saved so far, against its fee."""

from typing import Any

from membership.member.progress import Value, progress
from tests.domain.playing import Played

CLUB: dict[str, Any] = {
    "metrics": {
        "fee": {"paid": "club", "months": 12},
        "saved": {"sum": "order.saved", "window": {"kind": "rolling", "months": 12}},
    },
    "ladders": [
        {
            "id": "club",
            "tiers": [{"id": "guest"}, {"id": "club", "buy": "fee"}],
            "value_anchor": {"fee": "fee", "saved": "saved"},
        }
    ],
}


def value(ann: Played, when: str) -> Value | None:
    [one] = progress(ann.program, ann.member, ann.at(when)).ladders
    return one.value


def seen(ann: Played, when: str) -> tuple[int, int, str] | None:
    """Fee and what was saved in whole units, and the last day that is paid for."""
    found = value(ann, when)
    return found and (found.fee // 100, found.saved // 100, str(found.through))


def test_fee_139_saved_240_this_year() -> None:
    ann = Played(**CLUB)
    ann.order("2026-02-28", 50, saved=10)  # before it paid
    ann.order("2026-03-01", 139, plan="club")
    assert seen(ann, "2026-03-01") == (139, 0, "2027-02-28")
    ann.order("2026-03-01 13:00", 500, saved=90)
    ann.order("2027-02-28", 500, saved=150)
    assert seen(ann, "2027-02-28") == (139, 240, "2027-02-28")


def test_a_new_term_begins_with_nothing_saved() -> None:
    ann = Played(**CLUB)
    ann.order("2026-03-01", 139, plan="club")
    ann.order("2026-12-01", 500, saved=90)
    ann.order("2027-02-01", 159, plan="club")
    assert seen(ann, "2027-02-28") == (139, 90, "2028-02-29"), "the first year still runs"
    ann.order("2027-03-01", 500, saved=7)
    assert seen(ann, "2027-03-01") == (159, 7, "2028-02-29")


def test_who_has_no_term_is_shown_none() -> None:
    ann = Played(**CLUB)
    ann.order("2026-02-28", 50, saved=10)
    assert value(ann, "2026-03-01") is None
    ann.order("2026-03-01", 139, plan="club")
    ann.pass_to("2027-03-01")
    assert value(ann, "2027-03-01") is None


def test_an_order_that_went_back_saved_nothing() -> None:
    ann = Played(**CLUB)
    ann.order("2026-03-01", 139, plan="club")
    order = ann.order("2026-04-01", 500, saved=90)
    ann.refund("2026-04-02", order, 499)
    assert seen(ann, "2026-04-02") == (139, 90, "2027-02-28")
    ann.refund("2026-04-03", order, 1)
    assert seen(ann, "2026-04-03") == (139, 0, "2027-02-28")
