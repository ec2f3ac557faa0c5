"""What a member is told, and what is kept from it: the most of a month, opt-outs, quiet hours, each week."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from membership.acts import Block, Hold, Lift
from membership.facts import Act, Attributes, Enrolment, Fact, Order, Profile, Review
from membership.outcomes import MessageDue
from membership.program.reading import program_from
from membership.program.schema import Versions
from membership.services.reviewing import Place, review
from membership.services.settling import Settling
from membership.settle import next_due, rebuild
from tests.domain.playing import Played
from tests.domain.test_invariants import Settler, night
from tests.fakes.memory import MemoryLedger, MemoryPrograms

LADDER: dict[str, Any] = {
    "window": "calendar_year",
    "metrics": {"spend": {"sum": "order.amount"}, "orders": {"count": "order"}},
    "tiers": [
        {"id": "bronze", "name": {"en": "Bronze", "zh": "铜卡"}},
        {"id": "silver", "name": {"en": "Silver", "zh": "银卡"}, "qualify": {"spend": 1000}},
        {
            "id": "gold",
            "name": {"en": "Gold", "zh": "金卡"},
            "qualify": {"any": [{"spend": 5000}, {"orders": 50}]},
        },
        {"id": "top", "name": {"en": "Top", "zh": "顶级"}, "qualify": {"spend": 9000}},
    ],
    "validity": "through_end_of_next_year",
}
NIGHT = {"from": "22:00", "to": "08:00"}


def played(**messages: Any) -> Played:
    return Played(**LADDER, messages=messages)


def fates(messages: Iterable[MessageDue]) -> list[tuple[str, str | None]]:
    return [(one.about, one.withheld) for one in messages]


# ── Words ─────────────────────────────────────────────────────────────────────────────────────────


def test_without_words_of_its_own_a_program_has_ours() -> None:
    life = played()
    life.order("2026-03-01", 1000)
    [message] = life.messages()
    assert (message.text.en, message.text.zh) == ("Welcome to Silver!", "恭喜您升级为银卡！")
    assert (message.purpose, message.language, message.month) == ("membership", None, None)


def test_a_template_is_filled_in_both_languages_and_the_celebration_stays() -> None:
    words = {"en": "$before → $tier through $through ($program)", "zh": "$tier有效期至 $through，$$0"}
    life = played(templates={"tier.upgraded": words})
    life.wants("2026-02-01", language="zh")
    life.order("2026-03-01", 1000)
    [message] = life.messages("tier.upgraded")
    assert message.text.en == "Bronze → Silver through 2027-12-31 (club)"
    assert message.text.zh == "银卡有效期至 2027-12-31，$0"
    assert message.language == "zh"
    assert message.celebration
    assert message.celebration.popup.en == "Congratulations: you are Silver now!"


def test_a_notice_in_own_words_says_day_and_ways() -> None:
    words = {"en": "By $day: $ways, or $lower", "zh": "$day前：$ways"}
    life = played(templates={"tier.will_downgrade": words})
    life.order("2026-03-01", 1000)
    life.pass_to("2027-12-31")
    [message] = life.messages("tier.will_downgrade")
    assert message.text.en == "By 2028-01-01: ¥1,000 more spend, or Bronze"
    assert message.text.zh == "2028-01-01前：再消费 ¥1,000"


def test_words_that_come_to_nothing_are_ours() -> None:
    """A fee gives no reason: a message without words could be neither kept nor sent."""
    club = {"id": "club", "qualify": {"spend": 99000}, "buy": "fee"}
    document = LADDER | {"tiers": [*LADDER["tiers"], club]}
    document["metrics"] = LADDER["metrics"] | {"fee": {"paid": "club", "months": 12}}
    blank = {"tier.overridden": {"en": "$reason", "zh": "$reason"}}
    life = Played(**document, messages={"templates": blank})
    life.order("2026-03-01", 139, plan="club")
    assert [one.text.en for one in life.messages("tier.overridden")] == [
        "Your club is paid for through 2027-02-28."
    ]


def test_what_stands_for_a_field_is_not_read_again() -> None:
    document = LADDER | {
        "tiers": [{"id": "b"}, {"id": "s", "name": {"en": "$tier $$"}, "qualify": {"spend": 1}}]
    }
    life = Played(**document)
    life.order("2026-03-01", 10)
    assert life.messages()[0].text.en == "Welcome to $tier $$!"


# ── The most of a month ───────────────────────────────────────────────────────────────────────────


@pytest.mark.proves("B10")
def test_no_more_than_so_many_in_a_month() -> None:
    life = played(most_per_month=2)
    for day, amount in (("01", 1000), ("02", 4000), ("03", 4000)):
        life.order(f"2026-03-{day}", amount)
    assert fates(life.messages()) == [
        ("tier.upgraded", None),
        ("tier.upgraded", None),
        ("tier.upgraded", "cap"),
    ]
    assert life.member.pushes == {"2026-03": 2}
    assert life.earned == "top", "only the word of it is withheld"
    assert life.messages()[-1].celebration, "and whoever waits for the answer can show it all the same"


def test_several_at_once_count_one_by_one() -> None:
    life = played(most_per_month=2)
    life.order("2026-03-01", 9000)
    told = len(life.outcomes("tier.upgraded")) - 1
    assert [one.withheld for one in life.messages()] == [None, None, "cap"][:told]


@pytest.mark.parametrize(
    ("zone", "last", "first"),
    [
        ("Asia/Shanghai", "2026-03-31T23:59:59.999999", "2026-04-01T00:00"),
        ("America/New_York", "2026-10-31T23:59", "2026-11-01T00:00"),
        ("Pacific/Kiritimati", "2026-12-31T23:59", "2027-01-01T00:00"),
        ("Pacific/Pago_Pago", "2028-02-29T23:59", "2028-03-01T00:00"),
    ],
)
def test_a_month_turns_at_midnight_of_the_program(zone: str, last: str, first: str) -> None:
    rules = {"timezone": zone, "window": "lifetime", "messages": {"most_per_month": 1}}
    program = program_from({"id": "club", **LADDER, **rules})
    begins = [datetime.fromisoformat(when).replace(tzinfo=program.zone) for when in (last, last, first)]
    orders = [buys(n, at, (1000, 4000, 4000)[n]) for n, at in enumerate(begins)]
    found = []
    settler = Settler(program, orders[0])
    for order in orders:
        found += messages_of(settler.tell(order).outcomes)
    assert [one.withheld for one in found] == [None, "cap", None]
    assert [one.month for one in found] == [last[:7], None, first[:7]]


def test_what_waits_until_morning_counts_in_the_month_of_that_morning() -> None:
    life = played(most_per_month=1, quiet=NIGHT)
    life.order("2026-03-31 22:30", 1000)
    life.order("2026-04-02", 4000)
    assert [(one.month, one.withheld) for one in life.messages()] == [("2026-04", None), (None, "cap")]


def test_only_the_last_two_months_are_kept() -> None:
    life = Played(**LADDER | {"validity": "lifetime"}, messages={"most_per_month": 9})
    for month in (1, 2, 3, 4):
        until = date(2026, month + 2, 20)
        life.order(f"2026-{month:02}-10", 1)
        life.act(f"2026-{month:02}-11", Hold(ladder="main", tier="silver", until=until))
    assert [*life.member.pushes] == ["2026-03", "2026-04"]


def buys(n: int, at: datetime, amount: int, recorded_at: datetime | None = None) -> Order:
    told = {"occurred_at": at, "recorded_at": recorded_at or at}
    return Order(id=f"e{n}", member_id="m", order_id=f"o{n}", amount=amount * 100, **told)


def messages_of(outcomes: Iterable[Any]) -> list[MessageDue]:
    return [one for one in outcomes if isinstance(one, MessageDue)]


CAPPED = program_from(
    {"id": "club", **LADDER, "messages": {"most_per_month": 1, "quiet": NIGHT, "weekly_progress": "monday"}}
)


def test_what_is_told_twice_counts_once() -> None:
    at = datetime(2026, 3, 2, 4, tzinfo=UTC)
    facts = [buys(n, at + timedelta(hours=n), amount) for n, amount in enumerate((1000, 4000, 4000))]
    settler = Settler(CAPPED, facts[0])
    found = []
    for n in range(len(facts)):
        for _ in range(3):
            found += messages_of(settler.tell(*facts[: n + 1]).outcomes)
    assert [one.withheld for one in found] == [None, "cap", "cap"]
    assert settler.member.pushes == {"2026-03": 1}


@pytest.mark.parametrize("seed", range(8))
def test_in_whatever_order_facts_come_a_rebuild_counts_the_same(seed: int) -> None:
    """Who was told stays told: the rebuilt member has the same count, and nothing is sent again."""
    random = Random(seed)
    begins = datetime(2026, 3, 2, 4, tzinfo=UTC)
    facts: list[Fact] = [buys(n, begins + timedelta(days=6 * n), 1500) for n in range(8)]
    facts += [wants(n, begins + timedelta(days=9 * n), **random.choice(WANTS)) for n in range(5)]
    now = max(fact.occurred_at for fact in facts)
    facts = [
        fact.model_copy(update={"recorded_at": now + timedelta(seconds=n)}) for n, fact in enumerate(facts)
    ]
    random.shuffle(facts)
    settler, outcomes = Settler(CAPPED, facts[0]), []
    for fact in facts:
        outcomes += settler.tell(fact).outcomes
    sent = [one for one in messages_of(outcomes) if not one.withheld]
    assert len([one for one in sent if one.purpose != "notice"]) <= 2, "one a month, told of in two"
    for order in (facts, facts[::-1]):
        again = rebuild(Versions({1: CAPPED}), "m", order, outcomes, settler.refunded)
        assert again.outcomes == []
        assert again.member == settler.member


WANTS: list[dict[str, Any]] = [
    {"timezone": "America/New_York"},
    {"opted_out": ("membership",)},
    {"opted_out": ()},
    {"opted_in": ("weekly",)},
]


def wants(n: int, at: datetime, **attributes: Any) -> Profile:
    told = {"id": f"p{n}", "member_id": "m", "occurred_at": at, "recorded_at": at}
    return Profile(**told, attributes=Attributes(**attributes))


def test_a_program_without_the_rule_counts_nothing() -> None:
    life = played(quiet=NIGHT)
    life.order("2026-03-01", 9000)
    assert life.member.pushes == {}


# ── Opt-outs ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.proves("B10")
def test_what_a_member_does_not_want_is_kept_with_why_and_counts_for_nothing() -> None:
    life = played(most_per_month=1)
    life.wants("2026-02-01", opted_out=("membership",))
    life.order("2026-03-01", 1000)
    life.wants("2026-03-02", opted_out=("points", "offers"))
    life.order("2026-03-03", 4000)
    assert fates(life.messages()) == [("tier.upgraded", "opted_out"), ("tier.upgraded", None)]


def test_an_opt_out_told_late_does_not_undo_a_newer_wish() -> None:
    life = played()
    life.wants("2026-02-02", opted_out=())
    settler = Settler(life.program, night(life.program, date(2026, 2, 1)))
    at = life.at("2026-02-02")
    settler.tell(wants(1, at, opted_out=()))
    settler.tell(wants(2, at - timedelta(days=1), opted_out=("membership",)))
    [message] = messages_of(settler.tell(buys(1, at + timedelta(days=1), 1000)).outcomes)
    assert message.withheld is None


# ── Notices ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.proves("B10", "D3")
def test_a_notice_of_a_downgrade_is_always_sent() -> None:
    life = played(most_per_month=1, quiet=NIGHT)
    everything = ("membership", "points", "offers", "progress")
    life.wants("2026-02-01", opted_out=everything)
    life.order("2026-03-01", 1000)
    life.order("2027-11-25", 1)
    life.act("2027-11-25", Lift(ladder="main", tier="gold", until=date(2028, 6, 1)))
    life.wants("2027-11-26", opted_out=())
    life.act("2027-11-27", Hold(ladder="main", tier="gold", until=date(2028, 7, 1)))
    life.act("2027-11-27 13:00", Hold(ladder="main", tier="gold", until=date(2028, 8, 1)))
    life.wants("2027-11-28", opted_out=everything)
    life.pass_to("2027-12-31")
    [notice] = life.messages("tier.will_downgrade")
    assert notice.withheld is None
    assert notice.month, "it counts, though nothing can hold it back"
    others = [one.withheld for one in life.messages("tier.overridden")]
    assert others == ["opted_out", None, "cap"]


def test_a_notice_is_sent_though_the_month_is_full() -> None:
    life = Played(**LADDER | {"refunds": "at_once"}, messages={"most_per_month": 1})
    order = life.order("2026-03-01", 1000)
    life.refund("2026-03-02", order, 500)
    assert fates(life.messages()) == [("tier.upgraded", None), ("tier.will_downgrade", None)]
    assert life.member.pushes == {"2026-03": 2}
    life.order("2026-03-03", 4500)
    assert life.messages()[-1].withheld == "cap"


def test_what_ends_a_membership_is_told_whatever_the_member_wants() -> None:
    life = played(most_per_month=1)
    life.order("2026-03-01", 1000)
    life.wants("2026-03-02", opted_out=("membership",))
    life.act("2026-03-03", Block())
    assert fates(life.messages("member.blocked")) == [("member.blocked", None)]


def test_a_notice_waits_until_morning_where_thirty_full_days_are_left() -> None:
    life = played(quiet=NIGHT)
    life.order("2026-03-01", 1000)
    life.pass_to("2027-12-31")
    [notice] = life.messages("tier.will_downgrade")
    [announced] = life.outcomes("tier.will_downgrade")
    assert notice.not_before == life.at("2027-12-01 08:00")
    assert life.program.midnight(announced.falls_on) - notice.not_before >= timedelta(days=30)


@pytest.mark.parametrize(
    ("told", "until"),
    [
        # What is lost at once falls at the first midnight after thirty days: two hours later, or at once.
        ("2026-03-02 22:00", None),
        ("2026-03-02 23:59", None),
        ("2026-03-03 00:00", None),
        # Here there is time until the next midnight.
        ("2026-03-03 00:01", "2026-03-03 08:00"),
        ("2026-03-03 07:59", "2026-03-03 08:00"),
        ("2026-03-03 08:00", None),
    ],
)
def test_a_notice_waits_never_so_long_that_less_is_left(told: str, until: str | None) -> None:
    life = Played(**LADDER | {"validity": "while_qualified"}, messages={"quiet": NIGHT})
    life.refund(told, life.order("2026-03-01", 1000), 500)
    [notice] = life.messages("tier.will_downgrade")
    [announced] = life.outcomes("tier.will_downgrade")
    assert notice.not_before == (life.at(until) if until else None)
    falls = life.program.midnight(announced.falls_on).astimezone(UTC)
    assert falls - (notice.not_before or announced.announced_at) >= timedelta(days=30)


def test_a_promise_of_more_days_is_kept_whole_as_well() -> None:
    rules = LADDER | {"validity": "while_qualified", "downgrade": {"notice_days": 45}}
    life = Played(**rules, messages={"quiet": NIGHT})
    life.refund("2026-03-02 23:00", life.order("2026-03-01", 1000), 500)
    [notice] = life.messages("tier.will_downgrade")
    assert notice.not_before is None
    assert life.outcomes("tier.will_downgrade")[0].falls_on == date(2026, 4, 17)


def test_the_end_of_a_short_term_waits_as_what_began_it_does() -> None:
    """There was never a full notice to lose."""
    fee = {"fee": {"paid": "club", "days": 10}}
    club = [{"id": "guest"}, {"id": "club", "buy": "fee"}]
    life = Played(metrics=fee, tiers=club, messages={"quiet": NIGHT})
    life.order("2026-03-01 23:00", 9, plan="club")
    assert [one.not_before for one in life.messages()] == [life.at("2026-03-02 08:00")] * 2


# ── Quiet hours ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("zone", "at", "until"),
    [
        (None, "2026-03-01T22:00+08:00", "2026-03-02T08:00+08:00"),
        (None, "2026-03-01T21:59+08:00", None),
        ("America/New_York", "2026-03-01T22:00+08:00", None),  # nine in the morning there
        ("America/New_York", "2026-03-02T12:00+08:00", "2026-03-02T08:00-05:00"),
        ("America/New_York", "2026-03-08T12:00+08:00", "2026-03-08T08:00-04:00"),  # a night of 23 hours
        ("America/New_York", "2026-11-01T12:00+08:00", "2026-11-01T08:00-05:00"),  # and one of 25
        ("Pacific/Kiritimati", "2026-12-31T18:00+08:00", "2027-01-01T08:00+14:00"),
    ],
)
def test_a_message_waits_for_the_morning_of_the_member(zone: str | None, at: str, until: str | None) -> None:
    life = Played(**LADDER, timezone="Asia/Shanghai", messages={"quiet": NIGHT})
    if zone:
        life.wants("2026-02-01", timezone=zone)
    moment = datetime.fromisoformat(at)
    life.order(f"{moment.astimezone(life.program.zone):%Y-%m-%d %H:%M}", 1000)
    [message] = life.messages("tier.upgraded")
    assert message.not_before == (datetime.fromisoformat(until) if until else None)


def test_what_came_late_waits_by_when_it_is_told_not_by_when_it_was() -> None:
    program = program_from({"id": "club", **LADDER, "messages": {"quiet": NIGHT}})
    at = datetime(2026, 3, 1, 23, tzinfo=program.zone)
    order = buys(1, at, 1000, recorded_at=at + timedelta(days=3, hours=14))
    [message] = messages_of(Settler(program, order).tell(order).outcomes)
    assert message.not_before is None


# ── Each week ─────────────────────────────────────────────────────────────────────────────────────


def weekly(**more: Any) -> Played:
    """Who wants it since a Sunday, 1 March 2026."""
    life = played(weekly_progress="monday", **more)
    life.order("2026-03-01", 1)
    life.wants("2026-03-01 13:00", opted_in=("weekly",))
    return life


def weeks(life: Played) -> list[str]:
    return [str(life.program.day(one.at)) for one in life.messages("progress.weekly", "progress.top")]


@pytest.mark.proves("E4")
def test_who_wants_it_is_told_its_progress_each_monday() -> None:
    life = weekly()
    life.pass_to("2026-03-25")
    assert weeks(life) == ["2026-03-02", "2026-03-09", "2026-03-16", "2026-03-23"]
    message = life.messages("progress.weekly")[0]
    assert message.text.en == "You are 0% of the way to Silver. Still to do: ¥999 more spend."
    assert message.text.zh == "您距银卡已完成 0%，还需：再消费 ¥999。"
    assert message.details["ways"] == [{"spend": 99900}]
    assert (message.purpose, message.week) == ("progress", date(2026, 3, 2))


def test_the_nearest_ways_come_first() -> None:
    life = weekly()
    life.order("2026-03-04", 1, times=30)
    life.order("2026-03-05", 1000)
    life.pass_to("2026-03-09")
    message = life.messages("progress.weekly")[-1]
    assert (
        message.text.en
        == "You are 64% of the way to Gold. Still to do: 18 more orders, or ¥3,969 more spend."
    )


def test_at_the_top_it_says_what_keeps_it() -> None:
    life = weekly()
    life.order("2026-03-01 14:00", 9000)
    life.pass_to("2027-02-02")
    told = life.messages("progress.top")
    assert told[0].text.en == "You are Top, the highest tier. Still to do to keep it: ¥9,000 more spend."
    for_life = Played(**LADDER | {"validity": "lifetime"}, messages={"weekly_progress": "monday"})
    for_life.order("2026-03-01", 9000)
    for_life.wants("2026-03-01", opted_in=("weekly",))
    for_life.pass_to("2026-03-02")
    assert for_life.messages("progress.top")[0].text.zh == "您已是最高等级顶级。保级条件：无需其他条件。"


@pytest.mark.parametrize(
    "attributes",
    [{"opted_in": ()}, {"opted_out": ("progress",)}, {"opted_in": (), "opted_out": ("progress",)}],
)
def test_nobody_is_told_who_does_not_want_it(attributes: dict[str, Any]) -> None:
    life = weekly()
    life.pass_to("2026-03-10")
    life.wants("2026-03-11", **attributes)
    life.pass_to("2026-04-20")
    assert weeks(life) == ["2026-03-02", "2026-03-09"]


def test_nobody_is_told_unasked_or_where_the_program_does_not() -> None:
    unasked = played(weekly_progress="monday")
    unasked.order("2026-03-01", 1)
    untold = played()
    untold.wants("2026-02-01", opted_in=("weekly",))
    untold.order("2026-03-01", 1)
    for life in (unasked, untold):
        reviews = len([one for one in life._life.facts if isinstance(one, Review)])
        life.pass_to("2026-06-01")
        assert weeks(life) == []
        assert len([one for one in life._life.facts if isinstance(one, Review)]) == reviews, "nor looked at"


def test_who_asks_in_the_middle_of_a_week_waits_for_the_next_one() -> None:
    life = played(weekly_progress="monday")
    life.order("2026-03-01", 1)
    life.wants("2026-03-04", opted_in=("weekly",))
    life.act("2026-03-05", Hold(ladder="main", tier="silver", until=date(2026, 5, 1)))
    life.pass_to("2026-03-10")
    assert weeks(life) == ["2026-03-09"]


def test_who_leaves_it_and_comes_back_is_not_told_of_the_weeks_between() -> None:
    life = weekly()
    life.wants("2026-03-03", opted_in=())
    life.wants("2026-04-08", opted_in=("weekly",))
    life.pass_to("2026-04-15")
    assert weeks(life) == ["2026-03-02", "2026-04-13"]


def test_the_weekly_word_keeps_to_the_most_of_a_month_and_to_quiet_hours() -> None:
    life = weekly(most_per_month=3, quiet=NIGHT)
    life.pass_to("2026-04-07")
    found = life.messages("progress.weekly")
    assert [one.withheld for one in found] == [None, None, None, "cap", "cap", None]
    assert found[0].not_before == life.at("2026-03-02 08:00")


ONCE = program_from({"id": "club", **LADDER, "messages": {"weekly_progress": "monday"}})


class Shop:
    """A member who wants its weekly word, on tables in memory."""

    def __init__(self) -> None:
        self.ledger, programs = MemoryLedger(), MemoryPrograms()
        programs.put(ONCE, 1)
        self.settling = Settling(self.ledger, programs, lambda _: None)
        at = ONCE.midnight(date(2026, 3, 1)) + timedelta(hours=12)
        self.tell(Enrolment(**told("j", at), attributes=Attributes(opted_in=("weekly",))))

    def tell(self, *facts: Fact) -> None:
        for fact in facts:
            self.ledger.append("club", fact)
        self.settling.settle("club", "m", facts)

    def review(self, day: str, hour: int = 0) -> int:
        """The facts that it appended are settled twice, as a stream may bring them."""
        begun = date.fromisoformat(day)
        now = ONCE.midnight(begun) + timedelta(hours=hour)
        done = review(self.ledger, ONCE, begun, now, Place(), lambda: True, workers=1).reviewed
        fresh = [fact for fact in self.ledger.facts("club", "m") if fact.key == f"review#{day}"]
        for _ in range(2):
            self.settling.settle("club", "m", fresh)
        return done

    @property
    def told(self) -> list[str]:
        found = self.ledger.outcomes("club", "m")
        return [one.data["week"] for one in found if one.data.get("about") == "progress.weekly"]


def told(id_: str, at: datetime) -> dict[str, Any]:
    return {"id": id_, "member_id": "m", "occurred_at": at, "recorded_at": at}


@pytest.mark.proves("E4")
def test_once_a_week_though_the_review_runs_twice() -> None:
    shop = Shop()
    for hour in (0, 1, 1):
        shop.review("2026-03-02", hour)
    assert [shop.review(f"2026-03-{day:02}") for day in range(3, 9)] == [0] * 6
    shop.review("2026-03-09")
    assert shop.told == ["2026-03-02", "2026-03-09"]


@pytest.mark.proves("E4")
def test_once_a_week_though_a_review_was_missed() -> None:
    shop = Shop()
    assert shop.review("2026-03-04") == 1, "Monday and Tuesday were missed"
    assert shop.told == ["2026-03-02"]
    assert shop.review("2026-03-05") == 0
    shop.review("2026-03-25")
    assert shop.told == ["2026-03-02", "2026-03-23"], "weeks that are over are not told of"
    shop.review("2026-03-30")
    assert len(shop.told) == 3


def test_an_order_on_the_day_neither_tells_it_nor_loses_it() -> None:
    shop = Shop()
    at = ONCE.midnight(date(2026, 3, 2))
    shop.tell(Order(**told("o", at + timedelta(minutes=1)), order_id="o", amount=100))
    assert shop.told == [], "no order is made slower"
    shop.review("2026-03-02", 1)
    assert shop.told == ["2026-03-02"]


def test_a_profile_that_is_told_each_night_loses_no_week() -> None:
    shop = Shop()
    for day in range(1, 24):
        at = ONCE.midnight(date(2026, 3, day)) + timedelta(seconds=30)
        if day > 1:
            shop.tell(Profile(**told(f"p{day}", at), attributes=Attributes(opted_in=("weekly",))))
        shop.review(f"2026-03-{day:02}", 1)
    assert shop.told == ["2026-03-02", "2026-03-09", "2026-03-16", "2026-03-23"]


def test_a_rebuild_tells_nothing_again() -> None:
    shop = Shop()
    for day in ("2026-03-02", "2026-03-09"):
        shop.review(day)
    before = shop.ledger.load("club", "m")
    shop.ledger.lose_member("club", "m")
    assert [*shop.settling.rebuild("club", "m").outcomes] == []
    after = shop.ledger.load("club", "m")
    assert (after.member, after.due) == (before.member, before.due)
    assert after.due == date(2026, 3, 16)


def test_a_version_that_begins_it_makes_members_due() -> None:
    without = program_from({"id": "club", **LADDER})
    life = Played(**LADDER)
    life.order("2026-03-01", 1)
    life.wants("2026-03-01", opted_in=("weekly",))
    assert next_due(Versions({1: without}), life.member) is None
    assert next_due(Versions({1: ONCE}), life.member) == date(2026, 3, 1) + timedelta(days=1)


def act(at: datetime, action: Any) -> Act:
    return Act(**told("act", at), by="Li Wei", reason="because", action=action)


def test_who_is_blocked_gets_no_weekly_word() -> None:
    shop = Shop()
    shop.review("2026-03-02")
    shop.tell(act(ONCE.midnight(date(2026, 3, 3)), Block()))
    assert shop.review("2026-03-09") <= 1
    assert shop.told == ["2026-03-02"]
