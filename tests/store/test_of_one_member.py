"""What the tables have of one member: shown, printed, written to, erased. One contract for all CLIENTS."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from membership.acts import Merge
from membership.channels import Delivery
from membership.facts import Act, Attributes, Enrolment, Fact, Order, Refund
from membership.outcomes import MessageDue
from membership.program.schema import Program
from membership.services.settling import Settling
from membership.store.access import Access
from membership.store.addresses import Addresses
from membership.store.belongings import Belongings
from membership.store.certificates import Certificates
from membership.store.deliveries import Deliveries
from membership.store.erasing import Eraser
from membership.store.ledger import Ledger
from membership.store.programs import Programs
from tests.store.conftest import CLIENTS, dynamodb

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
ADDRESS = "ann@home.example"


class Shop:
    """Ann has bought for silver, given it back, and absorbed Bo; Cy has done what Ann has."""

    def __init__(self, client: Any, tables: Any, program: Program) -> None:
        self.client, self.tables, self.program = client, tables, program.id
        self.ledger, self.access = Ledger(client, tables), Access(client, tables)
        self.belongings, self.certificates = Belongings(client, tables), Certificates(client, tables)
        self.addresses, self.eraser = Addresses(client, tables.state), Eraser(client, tables)
        self.deliveries = Deliveries(client, tables.state)
        programs = Programs(client, tables, lambda: 0.0)
        programs.put(program, 1)
        self._settling = Settling(self.ledger, programs, lambda attempt: None)
        for member in ("ann", "cy"):
            told = self._told(member)
            email = Attributes(email=f"{member}@home.example")
            self.settle(Enrolment(id="in", attributes=email, **told))
            self.settle(Order(id="e1", order_id=f"o-{member}", amount=6_000_00, **told))
            self.settle(Refund(id="e2", order_id=f"o-{member}", amount=6_000_00, **told))
        self.settle(Enrolment(id="in", attributes=Attributes(email="bo@home.example"), **self._told("bo")))
        merge: dict[str, Any] = {
            "id": "m",
            "by": "Li Wei",
            "reason": "one person",
            "action": Merge(into="ann"),
        }
        self.settle(Act(**merge, **self._told("bo")))
        for fact in self.ledger.facts(self.program, "ann"):
            self._settling.settle(self.program, "ann", [fact])

    @staticmethod
    def _told(member: str) -> dict[str, Any]:
        return {"member_id": member, "occurred_at": NOW, "recorded_at": NOW}

    def settle(self, fact: Fact) -> None:
        self.ledger.append(self.program, fact)
        self._settling.settle(self.program, fact.member_id, [fact])

    def messages(self, member: str) -> list[Any]:
        return [one for one in self.ledger.outcomes(self.program, member) if one.type == "message.due"]

    def number(self, member: str) -> str:
        told = [one.open() for one in self.messages(member)]
        [celebration] = [one.celebration for one in told if isinstance(one, MessageDue) and one.celebration]
        return celebration.certificate.number

    def whole(self) -> dict[tuple[str, str, str], Any]:
        return {
            (table, item["pk"]["S"], item["sk"]["S"]): item
            for table in self.tables
            for item in self.client.scan(TableName=table, ConsistentRead=True)["Items"]
        }


@pytest.fixture(params=CLIENTS)
def shop(request: pytest.FixtureRequest, program: Program) -> Iterator[Shop]:
    with dynamodb(request.param, request) as (client, tables):
        yield Shop(client, tables, program)


def test_its_items_are_all_that_its_partitions_hold(shop: Shop) -> None:
    everything = list(shop.belongings.of(shop.program, ["ann", "bo"]))
    kept = {(one.table, one.key["pk"]["S"], one.key["sk"]["S"]) for one in everything}
    assert len(kept) == len(everything)
    assert {one.sort for one in everything} == {"state", "refunded", "fact", "outcome"}
    partitions = {(table, partition) for table, partition, _ in kept}
    assert len(partitions) == 4, "of two members in two tables"
    assert kept == {place for place in shop.whole() if place[:2] in partitions}
    assert "refunded" in [one.sort for one in everything if one.data.get("order_id") == "o-ann"]


def test_they_can_be_read_from_any_of_them_on(shop: Shop) -> None:
    places = [one.place for one in shop.belongings.of(shop.program, ["ann", "bo"])]
    for n, place in enumerate(places):
        rest = [one.place for one in shop.belongings.of(shop.program, ["ann", "bo"], place, page=2)]
        assert rest == places[n + 1 :]


def test_a_certificate_is_found_by_its_number_alone(shop: Shop) -> None:
    number = shop.number("ann")
    issued = shop.certificates.numbered(number)
    assert issued
    assert (issued.program, issued.member_id, issued.tier) == (shop.program, "ann", "silver")
    assert issued.certificate.number == number
    assert shop.certificates.numbered("00000-00000-00000-00000") is None


def test_who_was_merged_is_written_to_where_the_other_one_is(shop: Shop) -> None:
    assert shop.addresses(shop.program, "bo") == shop.addresses(shop.program, "ann") == ADDRESS
    assert shop.addresses(shop.program, "nobody") is None
    assert shop.addresses("other", "ann") is None


def test_erasing_leaves_a_mark_and_every_other_member(shop: Shop) -> None:
    numbers = {member: shop.number(member) for member in ("ann", "cy")}
    for envelope in shop.messages("ann"):
        assert shop.deliveries.save(Delivery.of(envelope.model_dump(mode="json"), NOW), None)
    before = shop.whole()
    shop.eraser.erase(shop.program, "ann", NOW)
    left = shop.whole()
    assert shop.certificates.numbered(numbers["ann"]) is None
    assert shop.certificates.numbered(numbers["cy"])
    assert ADDRESS not in str(left)
    assert "bo@home.example" not in str(left)
    for member in ("ann", "bo"):
        gone = shop.ledger.load(shop.program, member, consistent=True).member
        assert gone
        assert (gone.status, gone.attributes) == ("erased", Attributes())
        assert list(shop.ledger.facts(shop.program, member)) == []
    [of_cy, still] = [
        {place: item for place, item in items.items() if place[1].endswith("#cy")} for items in (before, left)
    ]
    assert of_cy
    assert of_cy == still
    shop.eraser.erase(shop.program, "ann", NOW)
    assert shop.whole() == left, "twice is as good as once"


def test_a_token_tells_whose_it_is_until_it_ends(shop: Shop) -> None:
    token, ends = shop.access.token(shop.program, "ann", NOW, 15, lambda size: "r" * size)
    assert ends == NOW + timedelta(minutes=15)
    caller = shop.access.member(token, NOW)
    assert caller
    assert (caller.program, caller.role, caller.member_id) == (shop.program, "member", "ann")
    assert shop.access.member(token, ends) is None
    assert shop.access.member(token[:-1] + ("a" if token[-1] != "a" else "b"), NOW) is None


def test_what_the_last_secret_signed_is_good_until_it_ends(shop: Shop) -> None:
    secrets = iter("abcd")
    token, _ = shop.access.token(shop.program, "ann", NOW, 15, lambda size: next(secrets) * size)
    shop.access.rotate_tokens(shop.program, NOW, lambda size: next(secrets) * size)
    another, _ = shop.access.token(shop.program, "ann", NOW, 15, lambda size: next(secrets) * size)
    assert another != token
    assert shop.access.member(token, NOW)
    assert shop.access.member(another, NOW)
    shop.access.rotate_tokens(shop.program, NOW, lambda size: next(secrets) * size)
    assert shop.access.member(token, NOW) is None, "two secrets ago"
    assert shop.access.member(another, NOW)
