"""The shelves' contract: nothing is sold that is not there, and no code twice."""

from datetime import UTC, datetime
from typing import Any

import pytest

from membership.member.state import Member
from membership.outcomes import Outcome, RedemptionCancelled, RewardRedeemed
from membership.settle import Settled
from membership.store import keys
from membership.store.ledger import Outsold, Stored
from membership.store.shelves import CODES_A_WRITE, Counted
from tests.store.conftest import Stores

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


def sold(n: int, **changes: Any) -> RewardRedeemed:
    told: dict[str, Any] = {"redemption": f"r{n}", "reward": "cake", "points": 1, "lots": {}, "stock": 3}
    return RewardRedeemed(at=NOW, **told | changes)


def undone(n: int, **changes: Any) -> RedemptionCancelled:
    told: dict[str, Any] = {"redemption": f"r{n}", "reward": "cake", "points": 1, "lots": {}, "stocked": True}
    return RedemptionCancelled(at=NOW, by="Li Wei", reason="sent back", **told | changes)


def commit(stores: Stores, member: str, *outcomes: Outcome) -> None:
    settled = Settled(Member.new(member, "f"), [*outcomes])
    stores.ledger.commit("shop", Stored(None), settled)


def cake(stores: Stores) -> Counted:
    found: Counted = stores.ledger.shelves.all("shop").get("cake", Counted())
    return found


def test_nothing_is_sold_beyond_the_stock(stores: Stores) -> None:
    commit(stores, "a", sold(1), sold(2))
    with pytest.raises(Outsold):
        commit(stores, "b", sold(3), sold(4))
    assert stores.ledger.load("shop", "b").member is None, "all of it or nothing"
    commit(stores, "c", sold(5))
    with pytest.raises(Outsold):
        commit(stores, "d", sold(6))
    assert cake(stores) == Counted(sold=3)
    assert stores.ledger.shelves.look("shop", {"cake": 1}, "x")["cake"].sold == 3


def test_what_is_cancelled_can_be_sold_again(stores: Stores) -> None:
    commit(stores, "a", sold(1), sold(2), sold(3))
    commit(stores, "b", undone(1))
    commit(stores, "c", sold(4))
    commit(stores, "d", undone(2), sold(5), undone(5), sold(6))
    assert cake(stores) == Counted(sold=3)
    commit(stores, "e", undone(3, stocked=False))
    assert cake(stores) == Counted(sold=3), "it was not counted when it was sold"


@pytest.mark.parametrize("reward", ["state", "parked"])
def test_no_shelf_is_taken_for_a_member(reward: str) -> None:
    assert keys.shelf("shop", reward)["sk"]["S"] not in (keys.MEMBER, keys.parked("shop", "a")["sk"]["S"])


def test_what_has_no_end_is_not_counted(stores: Stores) -> None:
    commit(stores, "a", sold(1, stock=None))
    assert stores.ledger.shelves.all("shop") == {}


def test_codes_are_added_once_however_often_they_are_sent(stores: Stores) -> None:
    codes = [f"C{n}" for n in range(2 * CODES_A_WRITE + 3)]
    told = stores.ledger.shelves.upload("shop", "cake", [*codes, "C1", "C2"])
    assert (told.added, told.known, told.left) == (len(codes), 2, len(codes))
    again = stores.ledger.shelves.upload("shop", "cake", [*codes[::-1], "NEW"])
    assert (again.added, again.known, again.left) == (1, len(codes), len(codes) + 1)
    elsewhere = stores.ledger.shelves.upload("shop", "tea", ["C1"])
    assert (elsewhere.added, elsewhere.left) == (1, 1), "another reward's codes are its own"
    assert stores.ledger.shelves.all("other") == {}


def test_a_code_is_given_once(stores: Stores) -> None:
    stores.ledger.shelves.upload("shop", "cake", ["C1", "C2", "C3"])
    found = stores.ledger.shelves.look("shop", {"cake": 2}, "somewhere")["cake"].codes
    assert len({*found}) == 2
    assert {*found} < {"C1", "C2", "C3"}
    given = {"stock": None, "uploaded": True}
    commit(stores, "a", sold(1, code=found[0], **given))
    with pytest.raises(Outsold):
        commit(stores, "b", sold(2, code=found[0], **given))
    commit(stores, "c", sold(3, code=found[1], **given))
    assert cake(stores) == Counted(codes=1)
    assert stores.ledger.shelves.upload("shop", "cake", [*found]).added == 0, "nor is it taken again"
    [left] = stores.ledger.shelves.look("shop", {"cake": 9}, "elsewhere")["cake"].codes
    assert left not in found


def test_who_begins_elsewhere_finds_other_codes(stores: Stores) -> None:
    stores.ledger.shelves.upload("shop", "cake", [f"C{n}" for n in range(40)])
    found = {stores.ledger.shelves.look("shop", {"cake": 1}, f"start {n}")["cake"].codes for n in range(20)}
    assert len(found) > 8
