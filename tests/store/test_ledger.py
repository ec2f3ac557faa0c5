"""The ledger's contract: facts once and for ever, members by one writer at a time, due days never late."""

from datetime import UTC, date, datetime, timedelta

import pytest

from membership.errors import NotFound
from membership.facts import Activity, Enrolment, Fact, Order, Profile, Referral, Refund, Review
from membership.member.state import OrderAccount
from membership.outcomes import ApprovalDecided, ApprovalRequested, ApprovalWithdrawn, MemberMerged
from membership.program.schema import Program, Versions
from membership.settle import newcomer, settle
from membership.store.keys import SHARDS, shard_of
from membership.store.ledger import Overtaken, Stored
from tests.store.conftest import Stores

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
SHOP = "shop"


def order(n: int, amount: int = 100_00, member: str = "ann", **changes: object) -> Order:
    told = {"id": f"event-{n}", "occurred_at": NOW, "recorded_at": NOW + timedelta(seconds=n)} | changes
    return Order(member_id=member, order_id=f"order-{n}", amount=amount, **told)


def settled(program: Program, stored: Stored, *facts: Fact) -> object:
    versions = Versions({1: program})
    member = stored.member or newcomer(versions, facts[0].member_id, facts)
    return settle(versions, member, facts, {})


def commit(stores: Stores, program: Program, *facts: Fact, member: str = "ann") -> list[str]:
    stored = stores.ledger.load(SHOP, member)
    return [e.type for e in stores.ledger.commit(SHOP, stored, settled(program, stored, *facts))]


# ── Facts ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_fact_is_taken_once(stores: Stores) -> None:
    assert stores.ledger.append(SHOP, order(1)).status == "accepted"
    again = stores.ledger.append(SHOP, order(1, recorded_at=NOW + timedelta(days=400)))
    assert (again.status, again.fact) == ("duplicate", order(1))


@pytest.mark.parametrize(
    ("again", "status"),
    [
        (order(1, id="another-event"), "duplicate"),
        (order(1, 1), "conflict"),
        (order(1, occurred_at=NOW - timedelta(days=1)), "conflict"),
        (order(1, 1, id="another-event"), "conflict"),
    ],
)
def test_an_order_is_known_by_its_order_id(stores: Stores, again: Order, status: str) -> None:
    stores.ledger.append(SHOP, order(1))
    assert stores.ledger.append(SHOP, again).status == status
    assert list(stores.ledger.facts(SHOP, "ann")) == [order(1)]


def test_the_same_id_is_another_fact_elsewhere(stores: Stores) -> None:
    for program, member in (("shop", "ann"), ("shop", "bob"), ("other", "ann")):
        assert stores.ledger.append(program, order(1, member=member)).status == "accepted"


def test_every_kind_of_fact_comes_back_as_it_was(stores: Stores) -> None:
    common = {"id": "x", "member_id": "ann", "occurred_at": NOW, "recorded_at": NOW}
    facts: list[Fact] = [
        order(1),
        Refund(**common, order_id="order-1", amount=1),
        Activity(**common, kind="review", quality=5, value=-3),
        Profile(**common, attributes={"joined": date(2020, 2, 29), "labels": ("a", "b")}),
        Enrolment(**common),
        Review(**common, day=date(2026, 11, 24)),
    ]
    for fact in facts:
        assert stores.ledger.append(SHOP, fact).status == "accepted"
    assert sorted(stores.ledger.facts(SHOP, "ann"), key=repr) == sorted(facts, key=repr)
    assert stores.ledger.fact(SHOP, "ann", "activity#x") == facts[2]
    assert stores.ledger.fact(SHOP, "ann", "activity#y") is None
    assert stores.ledger.fact("other", "ann", "activity#x") is None


def test_a_partition_of_several_pages_is_read_whole(stores: Stores) -> None:
    for n in range(60):
        stores.ledger.append(SHOP, order(n, id=f"{n}-" + "x" * 30_000))
    assert len(list(stores.ledger.facts(SHOP, "ann"))) == 60


# ── Members ───────────────────────────────────────────────────────────────────────────────────────


def test_a_member_comes_back_as_it_was(stores: Stores, program: Program) -> None:
    assert stores.ledger.load(SHOP, "ann") == Stored(None)
    commit(stores, program, order(1, 5000_00))
    stored = stores.ledger.load(SHOP, "ann", consistent=True)
    assert stored.version == 1
    assert stored.member == settled(program, Stored(None), order(1, 5000_00)).member  # type: ignore[attr-defined]
    assert stores.ledger.known(SHOP, ["bob", "ann", "ann"]) == {"ann"}
    assert stores.ledger.known("other", ["ann"]) == set()


def test_the_second_of_two_writers_is_told(stores: Stores, program: Program) -> None:
    stale = stores.ledger.load(SHOP, "ann")
    commit(stores, program, order(1))
    with pytest.raises(Overtaken):
        stores.ledger.commit(SHOP, stale, settled(program, stale, order(2)))
    one = stores.ledger.load(SHOP, "ann")
    commit(stores, program, order(2))
    with pytest.raises(Overtaken):
        stores.ledger.commit(SHOP, one, settled(program, one, order(3, 5000_00)))
    assert stores.ledger.load(SHOP, "ann").member.tallies["orders"] == {2026: 2}
    assert "silver" not in str(list(stores.ledger.outcomes(SHOP, "ann"))), "nothing of the loser is kept"


def test_outcomes_never_overwrite_older_ones(stores: Stores, program: Program) -> None:
    commit(stores, program, order(1))
    stores.ledger.append(SHOP, order(1))
    lost = Stored(None)  # as if the member's item were gone
    with pytest.raises(Overtaken):
        stores.ledger.commit(SHOP, lost, settled(program, lost, order(2)))
    assert stores.ledger.last_version(SHOP, "ann") == 1
    assert stores.ledger.last_version(SHOP, "bob") == 0


def test_history_is_newest_first_and_in_pages(stores: Stores, program: Program) -> None:
    commit(stores, program, order(1))
    commit(stores, program, order(2, 20_000_00))
    whole = [envelope.id for envelope in stores.ledger.outcomes(SHOP, "ann")]
    found, before = [], None
    while page := stores.ledger.history(SHOP, "ann", before, 2):
        assert len(page) <= 2
        found += [envelope.id for _, envelope in page]
        before = page[-1][0]
    assert found == whole[::-1]
    assert len(set(found)) == len(found) == 5
    assert stores.ledger.history("other", "ann", None, 10) == []


def test_accounts_of_orders_and_refunds(stores: Stores, program: Program) -> None:
    stores.ledger.append(SHOP, order(1))
    empty = stores.ledger.accounts(SHOP, ["ann"], ["order-1", "order-2", "order-1"])
    assert empty == {"order-1": OrderAccount(order(1)), "order-2": OrderAccount(None)}
    stored = stores.ledger.load(SHOP, "ann")
    done = settled(program, stored, order(1))
    done.accounts["order-1"] = OrderAccount(order(1), 40_00)  # type: ignore[attr-defined]
    stores.ledger.commit(SHOP, stored, done)
    assert stores.ledger.accounts(SHOP, ["ann"], ["order-1"])["order-1"].refunded == 40_00
    assert stores.ledger.refunded_orders(SHOP, ["ann"]) == {"order-1": 40_00}


def test_an_absorbed_members_orders_have_accounts_too(stores: Stores, program: Program) -> None:
    stores.ledger.append(SHOP, order(1, member="bob"))
    for member, refunded in (("bob", 40_00), ("ann", 60_00)):
        whose = ["ann", "bob"]
        stored = stores.ledger.load(SHOP, member)
        done = settled(program, stored, order(9, member=member))
        done.accounts["order-1"] = OrderAccount(order(1, member="bob"), refunded)  # type: ignore[attr-defined]
        stores.ledger.commit(SHOP, stored, done)
        found = stores.ledger.accounts(SHOP, whose, ["order-1"])["order-1"]
        assert found == OrderAccount(order(1, member="bob"), refunded), (
            "the member's own account is the newer one"
        )
        assert stores.ledger.refunded_orders(SHOP, whose) == {"order-1": refunded}


def test_what_a_decision_is_to_others_is_told_once(stores: Stores, program: Program) -> None:
    told = Referral(
        id="ann#bought#1",
        member_id="bob",
        friend="ann",
        stage="bought",
        day=NOW.date(),
        occurred_at=NOW,
        recorded_at=NOW,
    )
    for n in (1, 2):
        stored = stores.ledger.load(SHOP, "ann")
        done = settled(program, stored, order(n))
        done.onward.append(told.model_copy(update={"recorded_at": NOW + timedelta(seconds=n)}))  # type: ignore[attr-defined]
        stores.ledger.commit(SHOP, stored, done)
    assert stores.ledger.load(SHOP, "ann").version == 2
    (fact,) = stores.ledger.facts(SHOP, "bob")
    assert fact.recorded_at == NOW + timedelta(seconds=1)


def test_nobody_merges_into_a_member_that_has_gone(stores: Stores, program: Program) -> None:
    def merging(stored: Stored) -> object:
        done = settled(program, stored, order(1))
        done.outcomes.append(MemberMerged(at=NOW, by="ops", reason="one person", into="bob"))  # type: ignore[attr-defined]
        return done

    stored = stores.ledger.load(SHOP, "ann")
    with pytest.raises(Overtaken):
        stores.ledger.commit(SHOP, stored, merging(stored))
    commit(stores, program, order(2, member="bob"), member="bob")
    bob = stores.ledger.load(SHOP, "bob")
    gone = settled(program, bob, order(3, member="bob"))
    gone.member.status, gone.member.merged_into = "merged", "cid"  # type: ignore[attr-defined]
    stores.ledger.commit(SHOP, bob, gone)
    with pytest.raises(Overtaken):
        stores.ledger.commit(SHOP, stored, merging(stored))
    assert stores.ledger.load(SHOP, "ann") == Stored(None)


def test_the_operators_list_follows_the_decisions(stores: Stores, program: Program) -> None:
    evidence = {
        "version": 1,
        "day": NOW.date(),
        "rule": {"metric": "spend", "gte": 1},
        "figures": {"spend": 1},
    }

    def asked(name: str, minute: int) -> ApprovalRequested:
        at = NOW + timedelta(minutes=minute)
        return ApprovalRequested.model_validate(
            {
                "at": at,
                "ladder": "main",
                "approval": name,
                "kind": "promotion",
                "tier": "gold",
                "earned_on": at.date(),
                "evidence": evidence,
            }
        )

    def commit_outcomes(n: int, *outcomes: object) -> None:
        stored = stores.ledger.load(SHOP, "ann")
        done = settled(program, stored, order(n))
        done.outcomes += outcomes  # type: ignore[attr-defined]
        stores.ledger.commit(SHOP, stored, done)

    common = {"at": NOW, "ladder": "main", "kind": "promotion", "tier": "gold"}
    declined = ApprovalDecided(approval="apr_2", verdict="decline", by="ops", reason="not yet", **common)
    gone = ApprovalWithdrawn(approval="apr_4", **common)
    commit_outcomes(1, asked("apr_3", 3), asked("apr_1", 1), asked("apr_2", 2), asked("apr_4", 4), gone)
    commit_outcomes(2, declined)

    approvals = stores.approvals
    first, after = approvals.page(SHOP, "open", 1, None)
    rest, end = approvals.page(SHOP, "open", 1, after)
    assert [one.id for one in (*first, *rest)] == ["apr_1", "apr_3"]
    assert end is None
    assert [one.id for one in approvals.page(SHOP, "withdrawn", 9, None)[0]] == ["apr_4"]
    (answered,) = approvals.page(SHOP, "declined", 9, None)[0]
    assert (answered.member_id, answered.answer) == ("ann", declined)
    assert approvals.get(SHOP, "apr_1").asked == asked("apr_1", 1)
    assert approvals.page("other", "open", 9, None) == ([], None)
    with pytest.raises(NotFound):
        approvals.get("other", "apr_1")


def test_parking_leaves_a_mark_until_it_is_taken_away(stores: Stores) -> None:
    assert not stores.ledger.is_parked(SHOP, "ann")
    stores.ledger.park(SHOP, order(1), "ValueError('x')", NOW)
    assert stores.ledger.is_parked(SHOP, "ann")
    stores.ledger.unpark(SHOP, "ann")
    stores.ledger.unpark(SHOP, "ann")
    assert not stores.ledger.is_parked(SHOP, "ann")


# ── The index of due days ─────────────────────────────────────────────────────────────────────────


def due(stores: Stores, through: date, limit: int = 100) -> list[str]:
    found = []
    for shard in range(SHARDS):
        after = None
        while True:
            page = stores.ledger.due(SHOP, shard, through, after, limit)
            found += page.data
            after = page.next
            if after is None:
                break
    return sorted(found)


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_everybody_who_is_due_is_found_in_pages_of_any_size(
    stores: Stores, program: Program, limit: int
) -> None:
    names = [f"member-{n}" for n in range(30)]
    for n, name in enumerate(names):
        commit(stores, program, order(n, 20_000_00, member=name), member=name)
    # Golden since 2026, for 2027; silver by tenure on 24 November 2027, which is no step up.
    day = stores.ledger.load(SHOP, names[0]).due
    assert due(stores, day - timedelta(days=1), limit) == []
    assert due(stores, day, limit) == sorted(names)
    assert due(stores, day + timedelta(days=999), limit) == sorted(names)


def test_the_stored_day_may_be_early_but_is_never_made_later(stores: Stores, program: Program) -> None:
    stored = stores.ledger.load(SHOP, "ann")
    done = settled(program, stored, order(1, 20_000_00))
    done.due = date(2027, 1, 1)  # type: ignore[attr-defined]
    stores.ledger.commit(SHOP, stored, done)
    for later in (date(2027, 6, 1), None):
        stored = stores.ledger.load(SHOP, "ann")
        done = settled(program, stored, order(later.month if later else 3))
        done.due = later  # type: ignore[attr-defined]
        stores.ledger.commit(SHOP, stored, done)
        assert stores.ledger.load(SHOP, "ann").due == date(2027, 1, 1)
    done.due, done.due_is_exact = date(2028, 1, 1), True  # type: ignore[attr-defined]
    stores.ledger.commit(SHOP, stores.ledger.load(SHOP, "ann"), done)
    assert stores.ledger.load(SHOP, "ann").due == date(2028, 1, 1)
    assert due(stores, date(2027, 12, 31)) == []


def test_shards_are_filled_evenly() -> None:
    filled = [0] * SHARDS
    for n in range(16_000):
        filled[shard_of(f"member-{n}")] += 1
    assert min(filled) > 800
