"""Paid terms: one after the other, each with its own fee; and what may be held against it."""

from datetime import date
from typing import Any

import pytest

from membership.errors import ProgramInvalid
from membership.facts import Order
from membership.program.metrics import Paid
from membership.program.reading import program_from
from membership.program.windows import Lifetime, Span

YEAR = Paid(paid="club", months=12)


def paid(*fees: tuple[date, int]) -> dict[int, int]:
    tally: dict[int, int] = {}
    for day, amount in fees:
        order = Order.model_construct(plan="club", amount=amount, order_id="o")
        YEAR.book(tally, Lifetime(), day, order)
    return tally


def test_a_term_paid_early_begins_where_the_last_one_ends() -> None:
    tally = paid((date(2026, 3, 15), 13_900), (date(2027, 2, 1), 15_900))
    assert [*YEAR.terms(tally)] == [
        (Span(date(2026, 3, 15), date(2027, 3, 14)), 13_900),
        (Span(date(2027, 3, 15), date(2028, 3, 14)), 15_900),
    ]
    assert YEAR.running(tally, date(2026, 12, 1)) == Span(date(2026, 3, 15), date(2028, 3, 14))


def test_a_term_paid_late_begins_anew() -> None:
    tally = paid((date(2026, 3, 15), 13_900), (date(2027, 3, 16), 13_900), (date(2027, 3, 17), 0))
    assert YEAR.running(tally, date(2027, 3, 14)) == Span(date(2026, 3, 15), date(2027, 3, 14))
    assert YEAR.running(tally, date(2027, 3, 15)) is None
    assert YEAR.running(tally, date(2028, 1, 1)) == Span(date(2027, 3, 16), date(2029, 3, 15))


def test_what_several_terms_of_a_day_cost_is_shared_out_and_nothing_is_lost() -> None:
    tally = paid(*[(date(2026, 3, 15), amount) for amount in (100, 0, 1)])
    assert [fee for _, fee in YEAR.terms(tally)] == [33, 34, 34]


@pytest.mark.parametrize("window", ["lifetime", "calendar_year", {"kind": "year_from", "month": 3}])
def test_a_value_needs_what_was_saved_day_by_day(window: Any) -> None:
    document = {
        "id": "club",
        "metrics": {
            "fee": {"paid": "club", "months": 12},
            "saved": {"sum": "order.saved", "window": window},
        },
        "ladders": [
            {
                "id": "club",
                "tiers": [{"id": "guest"}, {"id": "club", "buy": "fee"}],
                "value_anchor": {"fee": "fee", "saved": "saved"},
            }
        ],
    }
    with pytest.raises(ProgramInvalid) as refused:
        program_from(document)
    assert [flaw.path for flaw in refused.value.flaws] == ["ladders[0].value_anchor.saved"]
