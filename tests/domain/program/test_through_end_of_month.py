"""A promise of so many months that ends with a month, and is renewed for as many."""

from datetime import date

import pytest

from membership.program.reading import read_program
from membership.program.windows import Lifetime
from membership.rehearsal import rehearse

CLUB = """
id: club
metrics: {orders: {count: order, window: {days: 90}}}
validity: {kind: through_end_of_month, months: 12}
tiers:
  - {id: guest}
  - {id: regular, qualify: {orders: 3}}
examples:
  - title: Earned in March, kept to the end of the next one, and then for a year more
    given:
      - {on: 2026-03-10, order: 1, times: 3}
      - {on: 2027-02-20, order: 1, times: 3}
    then:
      - {on: 2026-03-10, tier: regular, valid_through: 2027-03-31}
      - {on: 2027-04-01, tier: regular, valid_through: 2028-03-31}
      - {on: 2028-03-31, tier: regular, notice: {to: guest, on: 2028-04-01}}
      - {on: 2028-04-01, tier: guest}
"""


@pytest.mark.parametrize(
    ("earned", "months", "until"),
    [
        (date(2026, 3, 10), 12, date(2027, 4, 1)),
        (date(2026, 3, 1), 12, date(2027, 3, 1)),  # twelve months to the day: they end with a month already
        (date(2026, 3, 31), 12, date(2027, 4, 1)),
        (date(2027, 8, 31), 6, date(2028, 3, 1)),  # 29 February is in it
        (date(2028, 2, 29), 12, date(2029, 3, 1)),
        (date(2026, 12, 2), 2, date(2027, 3, 1)),
    ],
)
def test_it_ends_with_a_month(earned: date, months: int, until: date) -> None:
    program = read_program(CLUB.replace("months: 12", f"months: {months}"))
    assert program.validity.until(earned, Lifetime(), earned) == until


def test_it_is_renewed_for_as_long() -> None:
    assert rehearse(read_program(CLUB)) == []
