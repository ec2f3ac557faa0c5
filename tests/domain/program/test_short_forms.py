"""Windows and validities as people write them: by name, by kind, or by the one key that tells the kind."""

from typing import Any

import pytest

from membership.errors import ProgramInvalid
from membership.program.reading import program_from
from membership.program.schema import Program


def program(**settings: Any) -> Program:
    tiers = [{"id": "a"}, {"id": "b", "qualify": {"spend": 1}}]
    return program_from(
        {"id": "x", "metrics": {"spend": {"sum": "order.amount"}}, "tiers": tiers, **settings}
    )


@pytest.mark.parametrize(
    ("setting", "short", "long"),
    [
        ("window", "calendar_year", {"kind": "calendar_year"}),
        ("window", {"months": 12}, {"kind": "rolling", "months": 12}),
        ("window", {"days": 30}, {"kind": "rolling", "days": 30}),
        ("window", {"month": 3, "day": 1}, {"kind": "year_from", "month": 3, "day": 1}),
        (
            "window",
            {"from": "2026-01-01", "to": "2026-12-31"},
            {"kind": "dates", "from": "2026-01-01", "to": "2026-12-31"},
        ),
        ("validity", "lifetime", {"kind": "lifetime"}),
        ("validity", {"months": 12}, {"kind": "for_months", "months": 12}),
        ("validity", {"month": 3}, {"kind": "through_month", "month": 3}),
    ],
)
def test_short_and_long_are_the_same(setting: str, short: Any, long: Any) -> None:
    assert program(**{setting: short}) == program(**{setting: long})


@pytest.mark.parametrize(
    ("setting", "written", "place"),
    [
        ("window", {"months": 0}, "window.months"),
        ("window", {"months": 12, "dys": 3}, "window.dys"),
        ("window", {"from": "2026-01-01"}, "window.to"),
        ("validity", {"months": 1}, "validity.months"),
        ("validity", {"month": 13}, "validity.month"),
        ("validity", {"mnths": 12}, "validity"),
    ],
)
def test_a_flaw_in_a_short_form_is_told_where_it_was_written(setting: str, written: Any, place: str) -> None:
    with pytest.raises(ProgramInvalid) as refused:
        program(**{setting: written})
    assert [flaw.path for flaw in refused.value.flaws] == [place]
