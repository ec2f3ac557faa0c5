"""Erasing while others merge: whoever proved to be the erased one is gone, too."""

import time
from collections.abc import Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError

from membership.acts import Merge
from membership.errors import Impossible
from membership.facts import Act, Refund
from membership.member.state import Member
from membership.services.settling import Settling
from membership.store.erasing import Eraser
from membership.store.ledger import Ledger
from membership.store.tables import Tables
from tests.fakes.faults import throttled
from tests.fakes.memory import MemoryPrograms
from tests.services.conftest import NOW, Services
from tests.simulation.dynamodb import DynamoDB, in_memory

TABLES = Tables("ledger", "state")


class Shop:
    def __init__(self, services: Services) -> None:
        self.table: DynamoDB = in_memory()
        self.ledger, self.program = Ledger(self.table, TABLES), services.program.id
        programs = MemoryPrograms()
        programs.put(services.program, 1)
        self.settling = Settling(self.ledger, programs, lambda attempt: None)
        for member in ("ann", "bo", "cy"):
            order = services.order(member, f"o-{member}")
            self.ledger.append(self.program, order)
            self.settling.settle(self.program, member, [order])

    def merge(self, member: str, into: str) -> None:
        """Committed; that the other one has absorbed it has not come with the stream yet."""
        act = Act(
            id=f"merge-{member}",
            member_id=member,
            by="Li Wei",
            reason="one person",
            action=Merge(into=into),
            occurred_at=NOW,
            recorded_at=NOW,
        )
        self.ledger.append(self.program, act)
        self.settling.settle(self.program, member, [act])

    def erase(self, member: str) -> None:
        Eraser(self.table, TABLES).erase(self.program, member, NOW)

    def questions(self) -> int:
        return sum(
            item["pk"]["S"].startswith("approval#") for item in self.table.tables["state"].everything()
        )

    def left(self, members: Sequence[str]) -> list[object]:
        """Everything but the marks of these members."""
        found: list[object] = []
        for member in members:
            stored = self.ledger.load(self.program, member, consistent=True).member
            found += [] if stored == Member(id=member, fingerprint="", status="erased") else [stored]
            found += [*self.ledger.facts(self.program, member), *self.ledger.outcomes(self.program, member)]
        return found


def test_who_was_merged_into_it_a_moment_ago_is_erased_too(services: Services) -> None:
    """Nobody could erase it afterwards: it was merged, and that one is gone."""
    shop = Shop(services)
    shop.merge("ann", "bo")
    shop.erase("bo")
    assert shop.left(["ann", "bo"]) == []
    assert len(shop.left(["cy"])) > 1


def test_and_who_was_merged_into_that_one(services: Services) -> None:
    shop = Shop(services)
    shop.merge("ann", "bo")
    shop.merge("bo", "cy")
    shop.erase("cy")
    assert shop.left(["ann", "bo", "cy"]) == []


def test_who_is_merged_meanwhile_is_erased_with_whoever_goes_on_for_it(services: Services) -> None:
    """What that one absorbs would name it for ever."""
    shop = Shop(services)
    get = shop.table.get_item

    def merged_behind(**asked: Any) -> Any:
        found = get(**asked)
        shop.table.get_item = get  # type: ignore[method-assign]
        shop.merge("ann", "bo")
        return found

    shop.table.get_item = merged_behind  # type: ignore[method-assign]
    with pytest.raises(Impossible, match="erase that one"):
        shop.erase("ann")
    shop.erase("bo")
    assert shop.left(["ann", "bo"]) == []


def test_what_it_knew_is_no_news_to_a_read_that_is_a_moment_old(services: Services) -> None:
    """Else it stays in the ledger: what is told again is forgotten where its member is seen as erased."""
    shop = Shop(services)
    shop.erase("ann")
    shop.table.stale = True
    again = services.order("ann", "o-ann")
    shop.ledger.append(shop.program, again)
    assert shop.settling.settle(shop.program, "ann", [again]).member.status == "erased"


def test_what_operators_are_asked_is_not_forgotten_where_the_call_was_cut_off(services: Services) -> None:
    """It is known from the ledger alone, which may not be gone before."""
    shop = Shop(services)
    order = services.order("ann", "o-big", 60_000_00)
    told = {"id": "back", "occurred_at": NOW, "recorded_at": NOW}
    back = Refund(**told, member_id="ann", order_id="o-big", amount=60_000_00)
    for fact in (order, back):
        shop.ledger.append(shop.program, fact)
        shop.settling.settle(shop.program, "ann", [fact])
    assert shop.questions() == 1
    delete, refusals = shop.table.delete_item, iter([throttled()])

    def refused_once(**asked: Any) -> Any:
        if asked["Key"]["pk"]["S"].startswith("approval#") and (refusal := next(refusals, None)):
            time.sleep(0.2)  # whatever is deleted beside it is gone by then
            raise refusal
        return delete(**asked)

    shop.table.delete_item = refused_once  # type: ignore[method-assign]
    with pytest.raises(ClientError):
        shop.erase("ann")
    shop.erase("ann")
    assert shop.questions() == 0
    assert shop.left(["ann"]) == []
