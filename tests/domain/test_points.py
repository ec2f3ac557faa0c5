"""Points as a bank keeps them: nothing comes from nowhere, nothing is lost, and the books agree each time."""

from collections.abc import Iterator
from datetime import date, datetime
from random import Random
from typing import Any

import pytest

from membership.acts import Absorb, AdjustPoints, Block, Leave, Lift, Merge, Return, Unblock
from membership.errors import RebuildNeeded
from membership.facts import Act, Activity, Attributes, Fact, Line, Order, Profile, Refund
from membership.member.account import Account, Lot
from membership.program.reading import program_from
from membership.program.schema import Program, Versions
from membership.settle import newcomer, rebuild, settle
from membership.simulation import Life
from tests.domain.playing import Played

PLAIN: dict[str, Any] = {
    "metrics": {"spend": {"sum": "order.amount"}},
    "tiers": [{"id": "basic"}, {"id": "gold", "qualify": {"spend": 10_000}}],
    "validity": "lifetime",
}
ORDERS = {"order": {"points": 1, "per": 1}}


def rate(times: Any) -> dict[str, Any]:
    """Of a tier."""
    return {"benefits": [{"id": "rate", "points_rate": times}]}


class Bank(Played):
    """A member whose books are looked at after everything that happens."""

    def __init__(self, points: dict[str, Any] | None = None, **more: Any) -> None:
        super().__init__(**PLAIN | {"points": {"earn": ORDERS, **(points or {})}} | more)

    def _tell(self, fact: Fact) -> None:
        super()._tell(fact)
        self.audit()

    def audit(self) -> None:
        """What came in less what went out is there; no lot is below nothing; and the ledger agrees."""
        account = self.member.points
        came = account.earned + account.granted + account.adjusted
        went = account.spent + account.expired + account.taken_back
        assert account.balance == came - went
        assert all(points > 0 for points in account.lots.values())
        assert account.debt >= 0
        self.is_what_the_ledger_makes()

    def is_what_the_ledger_makes(self) -> None:
        life = self._life
        facts = Random(len(life.facts)).sample(life.facts, len(life.facts))
        refunded = {id_: account.refunded for id_, account in life._accounts.items()}
        again = rebuild(
            Versions({1: self.program}), "ann", facts, life.outcomes, refunded, theirs=life._theirs
        )
        assert again.outcomes == []
        assert again.member == self.member

    def adjust(self, when: str, points: int) -> None:
        self.act(when, AdjustPoints(points=points), "a broken vase")

    def has(self, when: str) -> tuple[int, int, int]:
        """What can be spent, what is pending, and what is owed, at a moment."""
        self.pass_to(when)
        day = self.program.day(self.at(when))
        account = self.member.points
        return account.spendable(day), account.pending(day), account.debt

    def balance(self, when: str) -> int:
        return self.has(when)[0]

    def earns(self, when: str, amount: int) -> int:
        """What an order earns."""
        before = self.member.points.earned
        self.order(when, amount)
        return self.member.points.earned - before


# ── Earned ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.proves("M1", "B2")
def test_base_is_one_point_for_a_yuan() -> None:
    bank = Bank()
    bank.order("2026-01-05", 150)
    assert bank.has("2026-01-05") == (150, 0, 0)


@pytest.mark.parametrize(
    ("points", "per", "amount", "rounding", "earned"),
    [
        (1, 1, 99, "down", 99),
        (1, 10, 99, "down", 9),
        (1, 10, 95, "half_up", 10),
        (1, 10, 94, "half_up", 9),
        (3, 2, 5, "down", 7),
        (3, 2, 5, "half_up", 8),
        (5, 1, 0, "down", 0),
    ],
)
def test_points_for_money_are_rounded_once(
    points: int, per: int, amount: int, rounding: str, earned: int
) -> None:
    bank = Bank({"earn": {"order": {"points": points, "per": per}}, "rounding": rounding})
    bank.order("2026-01-05", amount)
    assert bank.balance("2026-01-05") == earned


@pytest.mark.proves("B2")
@pytest.mark.parametrize(("combine", "times"), [("multiply", 12), ("add", 5), ("highest", 3)])
def test_festival_birthday_and_tier_come_together_as_the_program_says(combine: str, times: int) -> None:
    bank = Bank(
        {"combine": combine, "birthday_month": 2},
        tiers=[{"id": "basic", **rate(2)}],
        campaigns=[{"id": "festival", "from": "11-11", "to": "11-12", "points": 3}],
    )
    bank.enrol("2026-01-01", birthday="11-30")
    assert bank.earns("2026-11-11", 10) == 10 * times


@pytest.mark.proves("B6")
@pytest.mark.parametrize(
    ("when", "earned"),
    [
        ("2026-11-10 23:59", 10),
        ("2026-11-11 00:00", 30),
        ("2026-11-12 23:59", 30),
        ("2026-11-13 00:00", 10),
        ("2027-11-11 00:00", 10),
    ],
)
def test_a_campaign_runs_on_its_days_alone(when: str, earned: int) -> None:
    bank = Bank(campaigns=[{"id": "festival", "from": "2026-11-11", "to": "2026-11-12", "points": 3}])
    bank.order("2026-01-01", 1)
    assert bank.earns(when, 10) == earned


@pytest.mark.parametrize(
    ("when", "earned"), [("2026-12-30", 10), ("2026-12-31", 20), ("2027-01-02", 20), ("2027-01-03", 10)]
)
def test_a_yearly_one_may_go_over_the_years_end(when: str, earned: int) -> None:
    bank = Bank(campaigns=[{"id": "new-year", "from": "12-31", "to": "01-02", "points": 2}])
    bank.order("2026-01-01", 1)
    assert bank.earns(when, 10) == earned


@pytest.mark.proves("B6")
def test_a_campaign_is_for_those_it_names() -> None:
    bank = Bank(
        tiers=[{"id": "basic"}, {"id": "gold", "qualify": {"spend": 100}}],
        campaigns=[
            {"id": "vips", "from": "2026-03-01", "to": "2026-03-31", "points": 3, "segment": "vip"},
            {"id": "golds", "from": "2026-04-01", "to": "2026-04-30", "points": 2, "tiers": ["gold"]},
        ],
    )
    bank.enrol("2026-01-01")
    assert bank.earns("2026-03-01", 10) == 10
    bank.enrol("2026-03-02", labels=("vip",))
    assert bank.earns("2026-03-03", 10) == 30
    assert bank.earns("2026-04-01", 100) == 100, "the order finds her basic"
    assert bank.earns("2026-04-02", 10) == 20


@pytest.mark.proves("B2")
def test_what_is_done_earns_points_too_at_once_and_so_often_a_day() -> None:
    earn = {
        "activities": {
            "check_in": {"points": 5, "per_day": 1},
            "review": {"points": 20, "where": {"quality": {"gte": 4}}, "per_day": 2},
            "share": 3,
        }
    }
    week = {"id": "share-week", "from": "2026-03-01", "to": "2026-03-07", "for": "share", "points": "1.5"}
    bank = Bank({"earn": earn, "pending_days": 14}, campaigns=[week])
    bank.do("2026-03-01", "check_in", times=3)
    assert bank.has("2026-03-01") == (5, 0, 0)
    bank.do("2026-03-02", "check_in")
    bank.do("2026-03-02", "review", quality=3)
    assert bank.balance("2026-03-02") == 10
    bank.do("2026-03-02", "review", quality=4, times=3)
    assert bank.balance("2026-03-02") == 50
    bank.do("2026-03-03", "share")
    assert bank.balance("2026-03-03") == 54, "4.5, rounded down"
    bank.do("2026-03-08", "share")
    assert bank.balance("2026-03-08") == 57


def test_an_activity_of_last_month_is_capped_with_those_of_its_day() -> None:
    bank = Bank({"earn": {"activities": {"check_in": {"points": 5, "per_day": 1}}}})
    bank.do("2026-03-01", "check_in")
    bank.do("2026-04-01", "check_in")
    late = bank._told("2026-03-01") | {"recorded_at": bank.at("2026-04-01")}
    bank._life._settle([Activity(**late, kind="check_in")])
    bank.audit()
    assert bank.balance("2026-04-01") == 10


def test_a_plan_earns_points_where_the_program_says_so() -> None:
    for plans, earned in ((False, 0), (True, 139)):
        bank = Bank({"earn": {"order": {"points": 1, "plans": plans}}})
        bank.order("2026-01-01", 0)
        bank.order("2026-01-05", 139, plan="club")
        assert bank.balance("2026-01-05") == earned


@pytest.mark.proves("B1")
def test_the_rate_is_that_of_the_tier_before_the_order_and_of_no_lift_that_is_over() -> None:
    bank = Bank(
        tiers=[
            {"id": "basic"},
            {"id": "gold", "qualify": {"spend": 1_000}, **rate("1.5")},
            {"id": "diamond", "qualify": {"spend": 100_000}, **rate(2)},
        ]
    )
    bank.order("2026-01-05", 1_000)
    assert bank.balance("2026-01-05") == 1_000
    assert bank.earns("2026-01-06", 100) == 150
    bank.act("2026-01-07", Lift(ladder="main", tier="diamond", until=date(2026, 6, 1)))
    assert bank.earns("2026-05-31 23:59", 100) == 200
    assert bank.earns("2026-06-01 00:00", 100) == 150


def test_what_is_told_late_earns_by_the_tier_of_its_time() -> None:
    bank = Bank(tiers=[{"id": "basic"}, {"id": "gold", "qualify": {"spend": 1_000}, **rate(2)}])
    bank.order("2026-01-05", 1_000)
    bank.order("2026-02-05", 10)
    late = bank._told("2026-01-04") | {"recorded_at": bank.at("2026-02-06")}
    bank._life._settle([Order(**late, order_id="late", amount=100_00)])
    bank.audit()
    assert bank.balance("2026-02-06") == 1_000 + 20 + 100


def test_a_birthday_that_is_told_late_is_known_as_of_when_it_was_told() -> None:
    bank = Bank({"birthday_month": 2})
    bank.enrol("2026-01-01")
    assert bank.earns("2026-05-10", 100) == 100
    late = bank._told("2026-05-05") | {"recorded_at": bank.at("2026-05-11")}
    bank._life._settle([Profile(**late, attributes=Attributes(birthday="05-20"))])
    bank.audit()
    assert bank.balance("2026-05-11") == 200


def test_who_is_blocked_or_has_left_earns_nothing() -> None:
    bank = Bank()
    bank.order("2026-01-01", 10)
    bank.act("2026-01-02", Leave())
    bank.order("2026-01-03", 10)
    bank.act("2026-01-04", Return())
    bank.act("2026-01-05", Block())
    bank.order("2026-01-06", 10)
    bank.act("2026-01-07", Unblock())
    assert bank.balance("2026-01-08") == 10


def test_the_lines_of_an_order_have_its_points_to_the_last_one() -> None:
    bank = Bank({"rounding": "half_up"}, tiers=[{"id": "basic", **rate("1.25")}])
    random = Random(7)
    for n in range(200):
        amounts = [random.choice([0, 1, 33, 99, 1_000, 12_345]) for _ in range(random.randrange(1, 7))]
        lines = tuple(Line(id=f"l{m}", amount=amount) for m, amount in enumerate(amounts))
        told = bank._told("2026-01-05")
        order = Order(**told, order_id=f"o{n}", amount=sum(amounts), lines=lines)
        [earned] = bank._life.tell([order]).earned
        assert sum(earned.lines) == earned.points
        exact = [amount * earned.points / (sum(amounts) or 1) for amount in amounts]
        assert all(abs(got - meant) < 1 for got, meant in zip(earned.lines, exact, strict=True))


# ── Pending, and gone ─────────────────────────────────────────────────────────────────────────────

ZONES = ["Asia/Shanghai", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Africa/Cairo"]


@pytest.mark.proves("B2")
@pytest.mark.parametrize("zone", ZONES)
def test_points_are_pending_until_the_time_for_returns_is_over(zone: str) -> None:
    bank = Bank({"pending_days": 14}, timezone=zone)
    bank.order("2026-03-01 00:00", 100)
    bank.order("2026-03-01 23:59", 50)
    assert bank.has("2026-03-14 23:59") == (0, 150, 0)
    assert bank.has("2026-03-15 00:00") == (150, 0, 0)


@pytest.mark.proves("B3")
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("at", "last", "gone"),
    [
        ("day", "2028-02-28 23:59", "2028-02-29 00:00"),
        ("end_of_month", "2028-02-29 23:59", "2028-03-01 00:00"),
        ("end_of_year", "2028-12-31 23:59", "2029-01-01 00:00"),
    ],
)
def test_points_expire_after_24_months_at_midnight(zone: str, at: str, last: str, gone: str) -> None:
    bank = Bank({"expire": {"after_months": 24, "at": at}}, timezone=zone)
    bank.order("2026-02-28 23:59" if at != "day" else "2026-02-28", 100)
    if at == "day":
        last, gone = "2028-02-27 23:59", "2028-02-28 00:00"
    assert bank.balance(last) == 100
    assert bank.balance(gone) == 0
    [expired] = bank.outcomes("points.expired")
    assert (expired.points, expired.at) == (100, bank.at(gone))
    bank.audit()


@pytest.mark.parametrize("when", ["2026-03-08", "2026-11-01"])
def test_on_a_day_of_23_or_25_hours_too(when: str) -> None:
    begun = date.fromisoformat(when).replace(year=2025).isoformat()
    bank = Bank({"expire": {"after_months": 12, "at": "day"}}, timezone="America/New_York")
    bank.order(begun, 100)
    eve = date.fromordinal(date.fromisoformat(when).toordinal() - 1)
    assert bank.balance(f"{eve} 23:59") == 100
    assert bank.balance(f"{when} 00:00") == 0
    [expired] = bank.outcomes("points.expired")
    assert expired.at == bank.at(f"{when} 00:00")


def test_an_order_on_the_very_day_expires_what_is_over_first() -> None:
    """Whether or not the night's review was there before."""
    bank = Bank({"expire": {"after_months": 3, "at": "day"}})
    bank.order("2026-01-31 10:00", 100)
    life = bank._life
    at = bank.at("2026-04-30 00:00")
    order = Order(id="x", member_id="ann", occurred_at=at, recorded_at=at, order_id="x", amount=7_00)
    settled = life._settle([order])  # no night in between
    assert [one.type for one in settled.outcomes if one.type != "message.due"] == ["points.expired"]
    bank.audit()
    assert bank.balance("2026-04-30 00:00") == 7


@pytest.mark.proves("B3")
def test_the_oldest_go_first() -> None:
    bank = Bank({"expire": {"after_months": 24}})
    bank.order("2026-01-15", 100)
    bank.order("2026-02-15", 50)
    bank.adjust("2026-03-01", -120)
    assert bank.balance("2028-01-31 23:59") == 30
    assert bank.balance("2028-02-01 00:00") == 30, "what was spent was the oldest"
    assert bank.balance("2028-03-01 00:00") == 0
    assert [one.points for one in bank.outcomes("points.expired")] == [30]


@pytest.mark.proves("B3")
def test_who_has_points_that_expire_is_told_once_a_month_and_in_time() -> None:
    bank = Bank({"expire": {"after_months": 12, "at": "day"}, "remind_days": 30})
    bank.order("2026-03-05", 10)
    bank.order("2026-03-20", 20)
    bank.order("2026-04-02", 40)
    bank.pass_to("2027-02-03 00:00")
    [told] = bank.outcomes("points.expiring")
    assert (told.at, told.points, told.expires_on) == (bank.at("2027-02-03 00:00"), 30, date(2027, 3, 5))
    bank.pass_to("2027-05-01")
    assert bank.days("points.expiring") == ["2027-02-03", "2027-03-03"]
    assert [(str(bank.program.day(one.at)), one.points) for one in bank.outcomes("points.expired")] == [
        ("2027-03-05", 10),
        ("2027-03-20", 20),
        ("2027-04-02", 40),
    ]
    texts = [one.text.en for one in bank.outcomes("message.due") if one.about == "points.expiring"]
    assert texts[0] == "30 of your points expire on 2027-03-05."


def test_all_points_are_gone_when_nothing_was_done_for_long() -> None:
    bank = Bank({"expire": {"inactive_months": 12}})
    bank.order("2026-01-15", 100)
    bank.do("2026-06-10 23:59", "anything")
    bank.enrol("2026-09-01")
    assert bank.balance("2027-06-09 23:59") == 100
    assert bank.balance("2027-06-10 00:00") == 0
    assert bank.days("points.expiring") == ["2027-05-11"]
    assert bank.earns("2027-07-01", 30) == 30
    assert bank.balance("2028-06-30") == 30


def test_who_comes_back_after_that_comes_back_too_late_whoever_looked_first() -> None:
    bank = Bank({"expire": {"inactive_months": 12}})
    bank.order("2026-01-15", 100)
    at = bank.at("2027-01-15 00:00")
    order = Order(id="x", member_id="ann", occurred_at=at, recorded_at=at, order_id="x", amount=7_00)
    bank._life._settle([order])
    bank.audit()
    assert bank.balance("2027-01-15 00:01") == 7


def test_what_is_given_after_a_long_silence_is_not_gone_with_what_was_there() -> None:
    bank = Bank({"expire": {"inactive_months": 12}})
    bank.order("2026-01-10", 300)
    at = bank.at("2027-03-01")
    given = AdjustPoints(points=100)
    bank._life._settle([Act(**bank._told("2027-03-01"), by="Li", reason="sorry", action=given)])
    bank.audit()
    assert bank.member.points.spendable(bank.program.day(at)) == 100


def test_who_comes_back_has_no_points_whose_day_has_passed() -> None:
    bank = Bank({"expire": {"inactive_months": 12}})
    bank.order("2026-01-10", 300)
    bank.act("2026-02-01", Leave())
    bank._life._settle([Act(**bank._told("2027-03-01"), by="Li", reason="moved", action=Return())])
    bank.audit()
    assert bank.member.points.balance == 0


def test_what_never_expires_stays() -> None:
    bank = Bank({"expire": "never"})
    bank.order("2026-01-15", 100)
    assert bank.balance("2060-01-01") == 100
    assert bank._life._due is None


# ── Given back ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.proves("D6", "B2")
@pytest.mark.parametrize(
    ("refunds", "then", "after_next"),
    [
        ("clamp", (0, 0, 0), (60, 0, 0)),
        ("negative", (0, 0, 100), (0, 0, 40)),
        ("pending_only", (50, 0, 0), (110, 0, 0)),
    ],
)
def test_earn_150_spend_100_give_back_150(refunds: str, then: Any, after_next: Any) -> None:
    bank = Bank({"refunds": refunds})
    order = bank.order("2026-01-05", 150)
    bank.adjust("2026-01-06", -100)
    bank.refund("2026-01-07", order, 150)
    assert bank.has("2026-01-07") == then
    bank.order("2026-01-08", 60)
    assert bank.has("2026-01-08") == after_next


@pytest.mark.proves("D6")
@pytest.mark.parametrize("refunds", ["clamp", "negative", "pending_only"])
def test_what_is_pending_is_taken_back_whole(refunds: str) -> None:
    bank = Bank({"refunds": refunds, "pending_days": 14})
    bank.order("2026-01-01", 40)
    order = bank.order("2026-01-05", 150)
    bank.refund("2026-01-18", order, 150)
    assert bank.has("2026-01-18") == (40, 0, 0)


def test_pending_only_takes_nothing_from_the_day_on_which_points_can_be_spent() -> None:
    bank = Bank({"refunds": "pending_only", "pending_days": 14})
    order = bank.order("2026-01-05", 150)
    bank.refund("2026-01-18 23:59", order, 50)
    assert bank.has("2026-01-18 23:59") == (0, 100, 0)
    bank.refund("2026-01-19 00:00", order, 50)
    assert bank.has("2026-01-19 00:00") == (100, 0, 0)


@pytest.mark.proves("D6")
def test_parts_that_are_given_back_take_back_as_much_as_the_whole() -> None:
    """Whatever the rounding: 0.99 and 0.99 and 0.02 is what 2 earned."""
    for rounding in ("down", "half_up"):
        bank = Bank({"rounding": rounding})
        bank.order("2026-01-04", 10)
        told = bank._told("2026-01-05")
        bank._tell(Order(**told, order_id="o", amount=2_00))
        for cents in (99, 99, 2):
            bank._tell(Refund(**bank._told("2026-01-06"), order_id="o", amount=cents))
        assert bank.has("2026-01-06") == (10, 0, 0)


def test_nothing_is_taken_back_twice() -> None:
    bank = Bank({"refunds": "negative"})
    order = bank.order("2026-01-05", 150)
    for _ in range(3):
        bank.refund("2026-01-07", order, 150)
    assert bank.has("2026-01-07") == (0, 0, 0)
    assert len(bank.outcomes("points.taken_back")) == 1
    again = Refund(**bank._told("2026-01-07") | {"id": "same"}, order_id=order, amount=1)
    bank._tell(again)
    bank._tell(again)
    assert bank.has("2026-01-08") == (0, 0, 0)


def test_a_refund_that_came_before_its_order_is_taken_off_at_once() -> None:
    bank = Bank({"refunds": "negative", "pending_days": 3})
    bank.enrol("2026-01-01")
    bank._tell(Refund(**bank._told("2026-01-07"), order_id="late", amount=50_00))
    late = bank._told("2026-01-05") | {"recorded_at": bank.at("2026-01-07")}
    bank._life._settle([Order(**late, order_id="late", amount=150_00)])
    bank.audit()
    assert bank.has("2026-01-09") == (100, 0, 0)


def test_the_orders_own_lot_goes_first_then_what_expires_first() -> None:
    bank = Bank({"expire": {"after_months": 12}})
    bank.order("2026-01-10", 100)
    order = bank.order("2026-03-10", 100)
    bank.order("2026-02-10", 100)
    bank.adjust("2026-03-11", -250)
    assert sum(bank.member.points.lots.values()) == 50
    bank.refund("2026-03-12", order, 80)
    [taken] = bank.outcomes("points.taken_back")
    assert (taken.points, taken.forgiven, taken.debt) == (50, 30, 0)


@pytest.mark.parametrize("expire", [{"after_months": 1, "at": "day"}, {"inactive_months": 1}])
def test_what_expired_is_not_taken_once_more(expire: dict[str, Any]) -> None:
    bank = Bank({"expire": expire, "refunds": "negative"})
    order = bank.order("2026-01-05", 150)
    bank.adjust("2026-01-06", -40)
    bank.order("2026-03-05", 500)
    bank.refund("2026-03-06", order, 150)
    [taken] = bank.outcomes("points.taken_back")
    assert sum(taken.lapsed.values()) == 110
    assert taken.points + taken.debt == 40, "what was spent of it is asked for"
    assert bank.balance("2026-03-06") == 460


def test_a_debt_is_paid_as_soon_as_points_can_be_spent() -> None:
    bank = Bank({"refunds": "negative", "pending_days": 14})
    order = bank.order("2026-01-01", 100)
    bank.adjust("2026-01-20", -100)
    bank.refund("2026-01-21", order, 100)
    assert bank.has("2026-01-21") == (0, 0, 100)
    bank.order("2026-02-01", 150)
    assert bank.has("2026-02-14 23:59") == (0, 150, 100)
    assert bank.has("2026-02-15 00:00") == (50, 0, 0)
    assert bank.days("points.debt_paid") == ["2026-02-15"]


def test_the_refund_of_an_order_takes_what_that_order_earned_at_its_own_rate() -> None:
    bank = Bank(
        tiers=[{"id": "basic"}, {"id": "gold", "qualify": {"spend": 1_000}, **rate(2)}],
        campaigns=[{"id": "festival", "from": "2026-02-01", "to": "2026-02-01", "points": 3}],
    )
    first = bank.order("2026-01-05", 1_000)
    second = bank.order("2026-02-01", 100)
    assert bank.balance("2026-02-01") == 1_600
    bank.refund("2026-03-01", second, 50)
    assert bank.balance("2026-03-01") == 1_300
    bank.refund("2026-03-02", first, 1_000)
    assert bank.balance("2026-03-02") == 300


def late_birthday(bank: Bank, born: str, told_on: str) -> None:
    """What it was on 5 May, as it turns out on a later day."""
    told = bank._told("2026-05-05") | {"recorded_at": bank.at(told_on)}
    bank._life._settle([Profile(**told, attributes=Attributes(birthday=born))])
    bank.audit()


@pytest.mark.proves("D6")
@pytest.mark.parametrize("refunds", ["clamp", "negative"])
@pytest.mark.parametrize(("back", "left"), [(0, 100), (40, 60), (100, 0)])
def test_of_an_order_that_proves_to_be_worth_less_nothing_is_taken_twice(
    refunds: str, back: int, left: int
) -> None:
    """It counted double, so 80 were taken for 40; the birthday was another one, and 40 are given again."""
    bank = Bank({"birthday_month": 2, "refunds": refunds})
    bank.enrol("2026-01-01", birthday="05-20")
    order = bank.order("2026-05-10", 100)
    if back:
        bank.refund("2026-05-11", order, back)
    late_birthday(bank, "07-20", "2026-05-12")
    assert bank.has("2026-05-12") == (left, 0, 0)
    again = bank.outcomes("points.taken_back")[1:]
    assert [one.orders for one in again] == ([{order: -back}] if back else [])
    assert len([one for one in bank.outcomes("message.due") if one.about == "points.taken_back"]) == bool(
        back
    )
    bank.refund("2026-05-13", order, 100 - back)
    assert bank.has("2026-05-13") == (0, 0, 0)


def test_it_may_prove_to_be_worth_less_more_than_once() -> None:
    bank = Bank({"birthday_month": 4})
    bank.enrol("2026-01-01", birthday="05-20")
    order = bank.order("2026-05-10", 100)
    bank.refund("2026-05-11", order, 50)
    late_birthday(bank, "07-20", "2026-05-12")
    late_birthday(bank, "05-20", "2026-05-13")
    late_birthday(bank, "08-20", "2026-05-14")
    assert bank.has("2026-05-14") == (50, 0, 0)


@pytest.mark.parametrize("refunds", ["clamp", "negative"])
def test_what_was_given_again_is_taken_again_where_that_proves_wrong(refunds: str) -> None:
    bank = Bank({"birthday_month": 2, "refunds": refunds})
    bank.enrol("2026-01-01", birthday="05-20")
    bank.order("2026-02-01", 500)
    order = bank.order("2026-05-10", 100)
    bank.refund("2026-05-11", order, 100)
    for day, born in enumerate(["07-20", "05-20", "07-20", "05-20"], start=12):
        late_birthday(bank, born, f"2026-05-{day}")
        assert bank.has(f"2026-05-{day}") == (500, 0, 0)


def test_what_was_forgiven_is_not_given_again() -> None:
    bank = Bank({"birthday_month": 2, "refunds": "pending_only"})
    bank.enrol("2026-01-01", birthday="05-20")
    order = bank.order("2026-05-10", 100)
    bank.refund("2026-05-11", order, 40)
    late_birthday(bank, "07-20", "2026-05-12")
    assert bank.has("2026-05-12") == (100, 0, 0)
    assert len(bank.outcomes("points.taken_back")) == 1


@pytest.mark.parametrize("back", [0, 50, 150])
def test_an_order_that_its_member_had_left_before_is_not_taken_back_from_the_others(back: int) -> None:
    """Its shop's clock was three minutes ahead."""
    bank = Bank({"refunds": "negative"})
    bank.order("2026-01-01", 10)
    order = bank.order("2026-01-05 12:03", 150)
    if back:
        bank.refund("2026-01-05 12:03", order, back)
    bank._life._settle([Act(**bank._told("2026-01-05 12:00"), by="Li", reason="moved", action=Leave())])
    bank.audit()
    bank.act("2026-01-06", Return())
    assert bank.has("2026-01-09") == (10, 0, 0)


# ── By hand, and by reward ────────────────────────────────────────────────────────────────────────


@pytest.mark.proves("B2")
def test_points_are_given_and_taken_with_a_reason_and_never_below_nothing() -> None:
    bank = Bank()
    bank.order("2026-01-05", 100)
    bank.adjust("2026-01-06", 30)
    bank.adjust("2026-01-07", -130)
    bank.adjust("2026-01-08", -1)
    assert bank.has("2026-01-08") == (0, 0, 0)
    assert [one.points for one in bank.outcomes("points.adjusted")] == [30, -130]
    assert [one.reason for one in bank.outcomes("fact.ignored")] == ["not_possible_now"]
    given = bank.outcomes("points.adjusted")[0]
    assert (given.by, given.reason) == ("Li Wei", "a broken vase")
    told = [one.text.en for one in bank.outcomes("message.due") if one.about == "points.adjusted"]
    assert told == [
        "You have been given 30 points: a broken vase",
        "130 points have been taken: a broken vase",
    ]


def test_pending_points_pay_for_nothing() -> None:
    bank = Bank({"pending_days": 14})
    bank.order("2026-01-05", 100)
    bank.adjust("2026-01-06", -1)
    assert bank.has("2026-01-06") == (0, 100, 0)


@pytest.mark.proves("B5")
def test_a_reward_of_points_is_in_the_account_at_once_and_expires_as_others_do() -> None:
    tiers = [{"id": "basic", "rewards": [{"id": "welcome", "points": 100}, {"id": "mug", "gift": "mug"}]}]
    bank = Bank({"expire": {"after_months": 1}}, tiers=tiers)
    bank.enrol("2026-01-05")
    assert bank.has("2026-01-05") == (100, 0, 0)
    assert bank.member.points.granted == 100
    assert bank.balance("2026-02-28 23:59") == 100
    assert bank.balance("2026-03-01 00:00") == 0


def test_who_is_given_points_after_a_long_silence_has_them_for_a_while() -> None:
    bank = Bank({"expire": {"inactive_months": 2}})
    bank.order("2026-01-05", 10)
    assert bank.balance("2026-03-05") == 0
    bank.adjust("2026-08-01", 50)
    assert bank.balance("2026-09-30") == 50
    assert bank.balance("2026-10-01 00:00") == 0


# ── Two that proved to be one ─────────────────────────────────────────────────────────────────────


def two(document: dict[str, Any]) -> tuple[Program, Life, Life]:
    program = program_from({"id": "club"} | document)
    return program, Life(program, "ann"), Life(program, "bea")


def merged(ann: Life, bea: Life, at: datetime) -> None:
    """Bea proves to be Ann."""
    told: dict[str, Any] = {
        "by": "Li Wei",
        "reason": "one phone number",
        "occurred_at": at,
        "recorded_at": at,
    }
    settled = bea.tell([Act(id="merge", member_id="bea", action=Merge(into="ann"), **told)])
    ann.absorb(bea)
    ann.tell([fact for fact in settled.onward if isinstance(fact, Act) and isinstance(fact.action, Absorb)])


def agrees(program: Program, life: Life) -> Account:
    assert life.member
    refunded = {id_: account.refunded for id_, account in life._accounts.items()}
    again = rebuild(
        Versions({1: program}), life.member_id, life.facts, life.outcomes, refunded, theirs=life._theirs
    )
    assert (again.member, again.outcomes) == (life.member, [])
    return life.member.points


@pytest.mark.proves("G3")
def test_a_merge_joins_lots_each_as_it_was_earned() -> None:
    """By the tier that each had; what was spent stays spent, and no fact earns twice."""
    rates = [{"id": "basic"}, {"id": "gold", "qualify": {"spend": 1_000}, **rate(2)}]
    program, ann, bea = two(PLAIN | {"tiers": rates, "points": {"earn": ORDERS, "refunds": "negative"}})
    at = program.midnight(date(2026, 3, 1))

    def bought(life: Life, id_: str, day: int, amount: int) -> None:
        on = program.midnight(date(2026, 2, day))
        told = {"id": id_, "member_id": life.member_id, "occurred_at": on, "recorded_at": on}
        life.tell([Order(**told, order_id=id_, amount=amount * 100)])

    bought(ann, "a1", 1, 100)
    bought(bea, "b1", 2, 1_000)
    bought(bea, "b2", 3, 100)  # twice the points
    on = program.midnight(date(2026, 2, 4))
    take = {"id": "take", "by": "Li Wei", "reason": "spent", "occurred_at": on, "recorded_at": on}
    bea.tell([Act(member_id="bea", action=AdjustPoints(points=-300), **take)])
    refund = {"id": "r1", "member_id": "bea", "occurred_at": on, "recorded_at": on}
    bea.tell([Refund(**refund, order_id="b2", amount=20_00)])
    assert bea.member
    assert bea.member.points.balance == 1_200 - 300 - 40
    merged(ann, bea, at)
    assert bea.member
    assert bea.member.points == Account()
    account = agrees(program, ann)
    assert account.balance == 100 + 860
    later = at.replace(hour=12)
    back = {"id": "r2", "member_id": "ann", "occurred_at": later, "recorded_at": later}
    ann.tell([Refund(**back, order_id="b2", amount=80_00)])
    assert agrees(program, ann).balance == 100 + 860 - 160, "at Bea's rate, and only the rest of it"
    bought(ann, "a2", 5, 10)  # late, of before: Ann was basic then
    assert agrees(program, ann).balance == 800 + 10


# ── Told in whatever order ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("told", [("ann", "bea"), ("ann",), ("bea",)])
@pytest.mark.parametrize("back", [40, 100])
def test_an_order_that_was_told_of_both_is_taken_back_once(told: tuple[str, ...], back: int) -> None:
    program, ann, bea = two({"points": {"earn": ORDERS, "refunds": "negative"}} | PLAIN | {"id": "club"})
    at = datetime(2026, 1, 5, 12, tzinfo=program.zone)
    for life in (ann, bea):
        common = {"member_id": life.member_id, "occurred_at": at, "recorded_at": at}
        life._settle([Order(**common, id="o", order_id="o", amount=100_00)])
        if life.member_id in told:
            life._settle([Refund(**common, id="r", order_id="o", amount=back * 100)])
    merged(ann, bea, datetime(2026, 2, 1, 12, tzinfo=program.zone))
    assert agrees(program, ann).balance == 100 - back


def test_an_order_that_two_were_told_with_other_amounts_is_taken_back_once() -> None:
    program, ann, bea = two({"points": {"earn": ORDERS, "refunds": "negative"}} | PLAIN)
    for life, amount, second in ((ann, 50, 0), (bea, 100, 1)):
        at = datetime(2026, 1, 5, 12, 0, second, tzinfo=program.zone)
        common = {"member_id": life.member_id, "occurred_at": at, "recorded_at": at}
        life._settle([Order(**common, id="o", order_id="o", amount=amount * 100)])
        life._settle([Refund(**common, id=f"r{amount}", order_id="o", amount=amount * 100)])
    at = datetime(2026, 1, 6, tzinfo=program.zone)
    common = {"member_id": "ann", "occurred_at": at, "recorded_at": at}
    ann._settle([Order(**common, id="p", order_id="p", amount=70_00)])
    merged(ann, bea, datetime(2026, 2, 1, 12, tzinfo=program.zone))
    assert agrees(program, ann).balance == 70


def orders() -> Iterator[Fact]:
    random = Random(3)
    for n in range(40):
        at = datetime.fromisoformat(f"2026-0{random.randrange(1, 7)}-1{random.randrange(9)}T08:00:00+00:00")
        told: dict[str, Any] = {"member_id": "ann", "occurred_at": at}
        told["recorded_at"] = datetime.fromisoformat("2026-07-01T00:00:00+00:00")
        yield Order(**told, id=f"o{n}", order_id=f"o{n}", amount=random.randrange(1, 50_000))
        yield Activity(**told, id=f"c{n}", kind="check_in")


def test_the_account_is_the_same_in_whatever_order_facts_come() -> None:
    earn = ORDERS | {"activities": {"check_in": {"points": 5, "per_day": 2}}}
    points = {"earn": earn, "pending_days": 20, "expire": {"after_months": 1}}
    versions = Versions({1: program_from({"id": "club"} | PLAIN | {"points": points})})
    found = []
    for seed in range(4):
        facts = Random(seed).sample(told := list(orders()), len(told))
        member, outcomes = newcomer(versions, "ann", facts), []
        for fact in facts:
            try:
                settled = settle(versions, member, [fact], {})
            except RebuildNeeded:  # too late for the memory of what was done on a day
                seen = facts[: facts.index(fact) + 1]
                settled = rebuild(versions, "ann", seen, outcomes, {})
            member, outcomes = settled.member, outcomes + settled.outcomes
        found.append((member.points.lots, member.points.earned, member.points.debt))
    assert all(one == found[0] for one in found)


# ── The account itself ────────────────────────────────────────────────────────────────────────────


def test_an_account_is_a_value() -> None:
    day, lots = date(2026, 1, 10), {Lot.of(None, date(2026, 2, 1)).key: 30, Lot.of(None, None).key: 20}
    account = Account().put(lots, earned=50)
    assert account.spendable(day) == 50
    assert account.draw(40, day) == {Lot.of(None, date(2026, 2, 1)).key: 30, Lot.of(None, None).key: 10}
    with pytest.raises(ValueError, match="more than"):
        account.draw(51, day)
    spent = account.take(account.draw(40, day), spent=40)
    assert (spent.spendable(day), spent.spent, account.spendable(day)) == (10, 40, 50)
    assert spent.put({Lot.of(None, None).key: 10}, spent=-10).spendable(day) == 20
    assert spent.spendable(date(2026, 2, 1)) == 10
    assert Account() == Account().put({}).take({})
