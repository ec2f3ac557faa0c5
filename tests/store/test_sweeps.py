"""Everybody once, page by page; a sweep at one place however many are at it; cuts as they were made."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from membership.board import Cut
from membership.facts import Activity, Order
from membership.program.schema import Program, Versions
from membership.report import Report, Sums
from membership.settle import newcomer, settle
from membership.store.ledger import Stored
from membership.store.sweeps import Outrun, Sweep
from tests.store.conftest import Stores

NOW = datetime(2026, 2, 1, 3, 20, 0, 123456, tzinfo=UTC)
SEGMENTS = 3


def join(stores: Stores, program: Program, of: str, name: str) -> None:
    order = Order(id=name, member_id=name, order_id=name, amount=20_000_00, occurred_at=NOW, recorded_at=NOW)
    versions = Versions({1: program})
    done = settle(versions, newcomer(versions, name, [order]), [order], {})
    stores.ledger.commit(of, Stored(None), done)


def everybody(stores: Stores, limit: int) -> list[Any]:
    found = []
    for segment in range(SEGMENTS):
        after = None
        while True:
            page = stores.roster.page(segment, SEGMENTS, after, limit)
            assert len(page.data) <= limit
            found += page.data
            after = page.next
            if after is None:
                break
            json.dumps(after)
    return found


@pytest.mark.parametrize("limit", [1, 4, 1000])
def test_everybody_is_there_once_whatever_else_the_table_holds(
    stores: Stores, program: Program, limit: int
) -> None:
    stores.programs.put(program, 1)
    stores.access.issue("shop", "operator", "office", NOW, lambda n: "x" * n)
    who = [("shop", f"member-{n}") for n in range(12)] + [("other", f"member-{n}") for n in range(7)]
    for of, name in who:
        join(stores, program, of, name)
    stores.ledger.park(
        "shop",
        Activity(id="1", member_id="member-1", occurred_at=NOW, recorded_at=NOW, kind="x"),
        "error",
        NOW,
    )
    found = everybody(stores, limit)
    assert sorted((entry.program, entry.stored.member.id) for entry in found) == sorted(who)
    for entry in found:
        known = stores.ledger.load(entry.program, entry.stored.member.id)
        assert entry.stored == known
        assert entry.stored.member.applied == known.member.applied
        assert entry.stored.due is not None


def test_nobody_is_there(stores: Stores, program: Program) -> None:
    stores.programs.put(program, 1)
    assert everybody(stores, 100) == []


def sweep(**changes: Any) -> Sweep:
    told = {"name": "boards", "begun": NOW, "about": "{}", "left": {0: None, 1: "x"}, "saved_at": NOW}
    return Sweep(**told | changes)


def test_a_sweep_is_begun_once_and_comes_back_as_it_was(stores: Stores) -> None:
    assert stores.sweeps.get("boards") is None
    assert stores.sweeps.begin(sweep()) is True
    assert stores.sweeps.begin(sweep(begun=NOW + timedelta(hours=1))) is False
    assert stores.sweeps.get("boards") == sweep()
    assert stores.sweeps.get("versions") is None


def test_whoever_saves_second_is_told_and_notes_nothing(stores: Stores) -> None:
    stores.sweeps.begin(sweep())
    later = NOW + timedelta(minutes=1)
    saved = stores.sweeps.save(sweep()._replace(left={1: "y"}, about="[]"), later, {"a": [b"1", b"2"]})
    assert saved == sweep(left={1: "y"}, about="[]", saved_at=later, revision=2)
    with pytest.raises(Outrun):
        stores.sweeps.save(sweep()._replace(left={}), later, {"a": [b"lost"]})
    with pytest.raises(Outrun):
        stores.sweeps.end(sweep())
    assert stores.sweeps.get("boards") == saved
    assert list(stores.sweeps.notes(saved, "a")) == [b"1", b"2"]


def test_notes_of_all_revisions_are_there_by_their_topic(stores: Stores) -> None:
    stores.sweeps.begin(sweep())
    saved = stores.sweeps.save(sweep(), NOW, {"a": [b"1"], "ab": [b"of another"]})
    saved = stores.sweeps.save(saved, NOW, {})
    saved = stores.sweeps.save(saved, NOW, {"a": [b"2" * 300_000, b"3" * 300_000]})
    assert sorted(part[:1] for part in stores.sweeps.notes(saved, "a")) == [b"1", b"2", b"3"]
    assert list(stores.sweeps.notes(saved, "b")) == []


def test_the_next_sweep_knows_nothing_of_the_last(stores: Stores) -> None:
    stores.sweeps.begin(sweep())
    stores.sweeps.end(stores.sweeps.save(sweep(), NOW, {"a": [b"1"]}))
    assert stores.sweeps.get("boards") is None
    following = sweep(begun=NOW + timedelta(microseconds=1))
    assert stores.sweeps.begin(following) is True
    assert list(stores.sweeps.notes(following, "a")) == []
    with pytest.raises(Outrun):
        stores.sweeps.save(sweep(), NOW, {})


def cut(metric: str = "place", day: date = date(2026, 1, 31), **changes: Any) -> Cut:
    told: dict[str, Any] = {
        "program": "shop",
        "members": 10,
        "least": {"top 10%": 5, "top 1%": None},
        "told": 1,
    }
    return Cut(**told | {"metric": metric, "day": day, "begun": NOW, "ended": NOW} | changes)


def test_cuts_are_kept_by_board_and_day_and_listed_newest_first(stores: Stores) -> None:
    assert stores.cuts.get("shop", "place", date(2026, 1, 31)) is None
    february = date(2026, 2, 28)
    for one in (cut(), cut(day=february), cut("another"), cut(program="other"), cut()):
        stores.cuts.put(one)
    assert stores.cuts.get("shop", "place", date(2026, 1, 31)) == cut()
    assert stores.cuts.latest("shop", 2) == [cut(day=february), cut()]
    assert stores.cuts.latest("shop", 9) == [cut(day=february), cut(), cut("another")]
    assert stores.cuts.latest("nobody", 9) == []


def test_reports_of_a_program_come_the_newest_first_and_a_later_one_of_a_day_stays(stores: Stores) -> None:
    def report(program: str, day: date, members: int) -> Report:
        return Report(program=program, day=day, at=NOW, sums=Sums(members=members))

    for n in range(1, 6):
        stores.reports.put(report("shop", date(2026, 2, n), n))
    stores.reports.put(report("shop", date(2026, 2, 3), 33))
    stores.reports.put(report("other", date(2026, 2, 9), 9))
    pages, after = [], None
    while True:
        page = stores.reports.page("shop", 2, after)
        pages.append([one.sums.members for one in page.data])
        after = page.next
        if after is None:
            break
    assert [members for page in pages for members in page] == [5, 4, 33, 2, 1]
    assert stores.reports.page("nobody", 2).data == []
