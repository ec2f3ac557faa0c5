"""One contract for deliveries: the tables', the simulation's and the fake's."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from membership.channels import Answer, Cancelled, Delivery, Status
from membership.store.deliveries import Deliveries
from membership.store.sweeps import Sweep, Sweeps
from membership.store.tables import Tables
from tests.fakes.deliveries import MemoryDeliveries
from tests.simulation.dynamodb import in_memory
from tests.store.conftest import CLIENTS, dynamodb
from tests.template import resources

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
NO = Answer(delivered=False, status=500, detail="down")
YES = Answer(delivered=True, status=204)


@pytest.fixture(params=[*CLIENTS, "memory"])
def store(request: pytest.FixtureRequest) -> Iterator[Deliveries | MemoryDeliveries]:
    if request.param == "memory":
        yield MemoryDeliveries()
        return
    with dynamodb(request.param, request) as (client, tables):
        yield Deliveries(client, tables.state)


def delivery(number: int = 1, program: str = "demo", at: datetime = NOW) -> Delivery:
    outcome = {
        "id": f"out_{number}",
        "type": "message.due",
        "program": program,
        "member_id": "会员",
        "at": "1998-06-30T12:00:00Z",
        "data": {"text": {"zh": "您已升级"}, "amount": 10**18, "none": None},
    }
    return Delivery.of(outcome, at)


def after(
    answer: Answer, at: datetime = NOW, last_chance: bool = False, of: Delivery | None = None
) -> Delivery:
    next_at = None if last_chance else at + timedelta(minutes=3)
    return (of or delivery()).after(answer, "webhook", at, next_at)


def test_what_is_saved_comes_back(store: Deliveries) -> None:
    new, known = delivery(), None
    assert store.get("demo", new.id) is None
    for record in (new, after(NO), after(NO, of=after(NO), last_chance=True)):
        assert store.save(record, known)
        known = store.get("demo", new.id)
        assert known == record


def test_each_record_rests_on_the_one_before(store: Deliveries) -> None:
    """Two copies of a message at once: neither is written over the other."""
    first, other = after(NO), after(YES)
    assert store.save(first, None)
    assert not store.save(other, None)
    assert store.save(after(YES, of=first), first)
    assert not store.save(after(NO, of=first), first)
    assert store.reopen("demo", first.id, NOW)
    assert not store.save(after(NO, of=after(YES, of=first)), after(YES, of=first)), "the status counts, too"


def test_an_attempt_begins_unless_it_has_ended(store: Deliveries) -> None:
    later = NOW + timedelta(seconds=90)
    assert not store.begin(delivery(), NOW, later), "of what has no record nothing is to be cancelled"
    store.save(after(NO), None)
    assert store.begin(delivery(), NOW, later)
    assert not store.begin(delivery(), NOW, later), "one at a time"
    for at, status in ((NOW, "pending"), (later + timedelta(seconds=1), "cancelled")):
        answered = store.cancel("demo", delivery().id, "key_1", at)
        assert answered
        assert (answered.status, store.get("demo", delivery().id)) == (status, answered)
    assert not store.begin(delivery(), later + timedelta(days=1), later)


def test_what_was_noted_is_under_way_no_more(store: Deliveries) -> None:
    store.save(after(NO), None)
    store.begin(delivery(), NOW, NOW + timedelta(seconds=90))
    store.save(after(NO, of=after(NO)), after(NO))
    cancelled = store.cancel("demo", delivery().id, "key_1", NOW)
    assert cancelled
    assert (cancelled.status, cancelled.attempts) == ("cancelled", 2)


def test_cancelled_is_for_ever(store: Deliveries) -> None:
    assert store.cancel("demo", delivery().id, "key_1", NOW) is None
    store.save(after(NO, last_chance=True), None)
    cancelled = store.cancel("demo", delivery().id, "key_1", NOW)
    assert cancelled
    assert cancelled.cancelled == Cancelled(at=NOW, by="key_1")
    assert store.reopen("demo", delivery().id, NOW) == cancelled
    assert store.cancel("demo", delivery().id, "key_2", NOW) == cancelled
    assert store.page("demo", ["cancelled"], 10) == ([cancelled], None)


def test_a_program_sees_its_own(store: Deliveries) -> None:
    store.save(delivery(), None)
    assert store.cancel("other", delivery().id, "key_1", NOW) is None
    assert store.get("other", delivery().id) is None
    assert store.reopen("other", delivery().id, NOW) is None
    assert store.page("other", ["pending"], 10) == ([], None)


@pytest.mark.parametrize("answer", [NO, YES])
def test_reopened(store: Deliveries, answer: Answer) -> None:
    ended = after(answer, last_chance=True)
    store.save(ended, None)
    reopened = store.reopen("demo", ended.id, NOW)
    assert reopened == store.get("demo", ended.id)
    assert reopened == ended.model_copy(update={"status": "pending", "next_at": NOW})
    assert store.page("demo", ["delivered", "failed"], 10) == ([], None)
    assert store.save(after(YES, of=reopened), reopened)


def test_nothing_to_reopen(store: Deliveries) -> None:
    assert store.reopen("demo", "dlv_0", NOW) is None
    assert store.get("demo", "dlv_0") is None


def test_pages_newest_first(store: Deliveries) -> None:
    records = [delivery(number, at=NOW + timedelta(microseconds=number)) for number in range(9)]
    for number, record in enumerate(records):
        answer, last = ((NO, False), (NO, True), (YES, False))[number % 3]
        store.save(after(answer, last_chance=last, of=record), None)
    every: list[Status] = ["pending", "failed", "delivered"]

    seen, before = [], None
    for _ in range(5):
        page, before = store.page("demo", every, 2, before)
        seen += [record.outcome_id for record in page]
    assert before is None
    assert seen == [f"out_{number}" for number in reversed(range(9))]

    failed, more = store.page("demo", ["failed"], 3)
    assert [record.outcome_id for record in failed] == ["out_7", "out_4", "out_1"]
    assert more is None


def test_settings_are_changed_by_one_operator_at_a_time(store: Deliveries) -> None:
    first, second = {"url": "https://a.example/", "secrets": []}, {"url": "https://b.example/", "secrets": []}
    assert store.channel("demo", "webhook") is None
    assert not store.configure("demo", "webhook", second, first)
    assert store.configure("demo", "webhook", first, None)
    assert not store.configure("demo", "webhook", second, None)
    assert store.configure("demo", "webhook", second, store.channel("demo", "webhook"))
    assert not store.configure("demo", "webhook", first, first)
    assert store.channel("demo", "webhook") == second
    assert store.channel("other", "webhook") is None


def test_a_program_has_a_provider_for_each_kind(store: Deliveries) -> None:
    hook, coupons = {"url": "https://a.example/"}, {"channel": "topic"}
    assert store.channels("demo") == {}
    store.configure("demo", "webhook", hook, None)
    store.configure("demo", "coupons", coupons, None)
    store.configure("other", "gifts", coupons, None)
    assert store.channels("demo") == {"webhook": hook, "coupons": coupons}
    assert not store.unset("demo", "coupons", hook)
    assert store.unset("demo", "coupons", coupons)
    assert not store.unset("demo", "coupons", coupons)
    assert store.channels("demo") == {"webhook": hook}


@pytest.mark.parametrize("which", CLIENTS)
def test_a_record_ends_90_days_after_its_last_attempt(which: str, request: pytest.FixtureRequest) -> None:
    with dynamodb(which, request) as (client, tables):
        store, later = Deliveries(client, tables.state), NOW + timedelta(days=80)

        def ends() -> datetime:
            [item] = client.scan(TableName=tables.state)["Items"]
            return datetime.fromtimestamp(int(item["expires_at"]["N"]), UTC)

        store.save(delivery(), None)
        assert ends() == NOW + timedelta(days=90)
        store.save(after(NO, later), delivery())
        assert ends() == later + timedelta(days=90)
        store.reopen("demo", delivery().id, later + timedelta(days=5))
        assert ends() == later + timedelta(days=95)


def test_what_ends_by_itself_ends_by_the_attribute_that_the_template_names() -> None:
    """After 90 days a delivery, after a week what a sweep has noted; and nothing else."""
    settings = resources()["State"]["Properties"]["TimeToLiveSpecification"]
    assert settings["Enabled"] is True
    client, tables = in_memory(), Tables(ledger="ledger", state="state")
    Deliveries(client, tables.state).save(delivery(), None)
    sweeps = Sweeps(client, tables)
    sweep = Sweep("boards", NOW, "", {0: None}, NOW)
    assert sweeps.begin(sweep)
    sweeps.save(sweep, NOW, {"topic": [b"noted"]})
    ends = {
        item["sk"]["S"]: int(item[settings["AttributeName"]]["N"]) - int(NOW.timestamp())
        for item in client.tables["state"].everything()
        if settings["AttributeName"] in item
    }
    assert sorted(ends.values()) == [7 * 86_400, 90 * 86_400], ends
