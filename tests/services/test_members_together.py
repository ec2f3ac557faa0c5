"""Members that have to do with each other: merged ones, and friends who were recommended."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from membership.acts import Action, Leave, Merge
from membership.errors import NotFound
from membership.facts import Act, Activity, Attributes, Enrolment, Fact, Refund
from membership.program.schema import Program
from membership.services.settling import Settling
from tests.scenarios.test_races import Overtaking
from tests.services.conftest import NOW, Services


def act(member: str, action: Action, at: datetime = NOW) -> Act:
    told: dict[str, Any] = {"id": f"{action.type}-{member}", "by": "Li Wei (key_1)", "reason": "one person"}
    return Act(member_id=member, action=action, occurred_at=at, recorded_at=at, **told)


def merge(member: str, into: str, at: datetime = NOW) -> Act:
    return act(member, Merge(into=into), at)


def settle_all(services: Services, members: str = "abc") -> None:
    """What the stream does: every fact of everybody, until nothing new comes of it."""
    before = -1
    while before != (now := sum(len(services.facts(member)) for member in members)):
        before = now
        for member in members:
            if facts := services.facts(member):
                services.settling.settle(services.program.id, member, facts)


def member(services: Services, member_id: str) -> Any:
    return services.ledger.load(services.program.id, member_id).member


def types(services: Services, member_id: str) -> list[str]:
    return [one.type for one in services.ledger.outcomes(services.program.id, member_id)]


@pytest.mark.proves("G3")
def test_sums_tiers_and_gifts_of_two_join(services: Services) -> None:
    services.settle(services.order("a", "1", 12_000_00), services.order("b", "2", 9_000_00))
    services.settle(merge("a", "b"))
    settle_all(services)
    assert services.tier("b") == "gold"
    assert member(services, "b").tallies["spend"] == {2026: 21_000_00}
    assert types(services, "a").count("reward.granted") == types(services, "b").count("reward.granted") == 1
    again = services.settling.rebuild(services.program.id, "b")
    assert again.member == member(services, "b")
    assert not again.outcomes


@pytest.mark.proves("D6")
def test_a_refund_finds_an_order_of_the_member_that_went_away(services: Services) -> None:
    services.settle(services.order("a", "1", 12_000_00), services.order("b", "2", 9_000_00))
    services.settle(Refund(**back(1), member_id="a", order_id="1", amount=1_000_00))
    services.settle(merge("a", "b"))
    settle_all(services)
    for n, told_of in enumerate("ab", 2):
        services.settle(Refund(**back(n), member_id=told_of, order_id="1", amount=1_000_00))
    settle_all(services)
    assert member(services, "b").tallies["spend"] == {2026: 18_000_00}
    services.settle(Refund(**back(9), member_id="b", order_id="1", amount=99_000_00))
    settle_all(services)
    assert member(services, "b").tallies["spend"] == {2026: 9_000_00}, "never more than was paid"
    assert services.settling.rebuild(services.program.id, "b").member == member(services, "b")


def back(n: int) -> dict[str, Any]:
    return {"id": f"back-{n}", "occurred_at": NOW, "recorded_at": NOW}


def test_points_are_earned_by_who_it_was_told_of_though_it_is_known_only_after_the_merge() -> None:
    """Two clocks: it was recorded before the merge was, and came into the ledger after it."""
    document = Services().program.model_dump(exclude_unset=True) | {"points": {"earn": {"order": {}}}}
    services = Services(Program.model_validate(document))
    services.settle(services.order("a", "1"), services.order("b", "2"))
    services.settle(act("a", Leave(), NOW + timedelta(minutes=1)))
    services.settle(merge("a", "b", NOW + timedelta(minutes=9)))
    settle_all(services)
    before = member(services, "b").points.balance
    at = NOW + timedelta(minutes=2)
    services.settle(services.order("a", "3", occurred_at=at, recorded_at=at))
    settle_all(services)
    assert member(services, "b").points.balance == before, "who had left earns nothing"
    assert services.settling.rebuild(services.program.id, "b").member == member(services, "b")


@pytest.mark.parametrize("first", ["a", "b"])
def test_of_two_merges_into_each_other_at_once_one_is_refused(services: Services, first: str) -> None:
    services.settle(services.order("a", "1"), services.order("b", "2"))
    second = "b" if first == "a" else "a"
    acts = {"a": merge("a", "b"), "b": merge("b", "a")}
    for act in acts.values():
        services.ledger.append(services.program.id, act)

    def meanwhile() -> None:
        services.settling.settle(services.program.id, first, [acts[first]])

    slow: Any = Overtaking(services.ledger, meanwhile)
    Settling(slow, services.programs, lambda _: None).settle(services.program.id, second, [acts[second]])
    settle_all(services)
    assert member(services, first).merged_into == second
    assert member(services, second).merged_into is None
    assert "fact.ignored" in types(services, second)
    assert member(services, second).purchases == 2


def test_three_in_a_row_become_one(services: Services) -> None:
    services.settle(*(services.order(one, f"of-{one}", 2_000_00) for one in "abc"))
    services.settle(merge("a", "b"), merge("b", "c"))
    settle_all(services)
    assert set(member(services, "c").absorbed) == {"a", "b"}
    assert member(services, "c").tallies["spend"] == {2026: 6_000_00}
    # What is told of the first goes by way of the second.
    services.settle(services.order("a", "late", 1_000_00))
    settle_all(services)
    assert member(services, "c").tallies["spend"] == {2026: 7_000_00}
    assert services.settling.rebuild(services.program.id, "c").member == member(services, "c")


def test_what_both_knew_under_one_id_counts_once_and_what_only_looks_so_counts_twice(
    services: Services,
) -> None:
    def contribution(who: str, minute: int) -> Activity:
        at = NOW + timedelta(minutes=minute)
        return Activity(id="evt-1", member_id=who, kind="campaign", occurred_at=at, recorded_at=at)

    services.settle(services.order("a", "1", 3_000_00), services.order("b", "1", 3_000_00))
    services.settle(contribution("a", 1), contribution("b", 2))
    services.settle(merge("a", "b"))
    settle_all(services)
    assert member(services, "b").tallies["spend"] == {2026: 3_000_00}
    assert member(services, "b").tallies["contribution"] == {2026: 200}


def test_nobody_merges_into_nobody(services: Services) -> None:
    services.settle(services.order("a", "1"), merge("a", "zoe"))
    assert "fact.ignored" in types(services, "a")
    with pytest.raises(NotFound):
        services.settling.rebuild(services.program.id, "zoe")


def test_a_friend_counts_once_however_often_it_is_told(services: Services) -> None:
    program = services.program.model_dump(mode="json", exclude_unset=True)
    program["metrics"]["friends"] = {"referrals": "bought"}
    program["tiers"][1]["qualify"] = {"any": [program["tiers"][1]["qualify"], {"friends": 2}]}
    services.programs.put(Program.model_validate(program), 2)
    enrolment: Fact = Enrolment(
        id="e1", member_id="b", occurred_at=NOW, recorded_at=NOW, attributes=Attributes(referrer="a")
    )
    services.settle(services.order("a", "1"), enrolment, services.order("b", "2", 50_00))
    settle_all(services)
    settle_all(services)
    assert member(services, "a").tallies["friends"] == {2026: 1}
    services.settle(Refund(**back(1), member_id="b", order_id="2", amount=50_00))
    settle_all(services)
    assert "friends" not in member(services, "a").tallies, "everything was given back"
    services.settle(services.order("b", "3", 50_00))
    settle_all(services)
    assert member(services, "a").tallies["friends"] == {2026: 1}
    for who in "ab":
        again = services.settling.rebuild(services.program.id, who)
        assert again.member == member(services, who)
        assert not again.outcomes


def test_a_state_from_a_backup_catches_up_with_its_ledger(services: Services) -> None:
    services.settle(services.order("a", "1", 3_000_00))
    backup = services.ledger.backup()
    services.settle(services.order("a", "2", 3_000_00))
    assert services.tier("a") == "silver"
    told = types(services, "a")
    services.ledger.restore(backup)
    assert services.tier("a") == "regular"
    services.settle(services.order("a", "3", 15_000_00))
    assert services.tier("a") == "gold"
    assert member(services, "a").tallies["spend"] == {2026: 21_000_00}
    assert types(services, "a")[: len(told)] == told
    assert types(services, "a").count("tier.upgraded") == 3, "silver isn't reached again"
