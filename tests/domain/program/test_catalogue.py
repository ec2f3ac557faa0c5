"""The catalogue: every setting decides and is said, what can't be meant is refused, and prices by tier."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from membership.errors import ProgramInvalid
from membership.member.account import Account
from membership.member.redemption import Hindrance, Shelf, hindrance, price
from membership.member.refusals import why_not
from membership.member.standing import Override, Standing
from membership.member.state import Member
from membership.program.catalogue import Redeemable
from membership.program.catalogue_in_words import redeemable
from membership.program.changes import changes
from membership.program.in_words import program_in_words
from membership.program.reading import program_from, read_program
from membership.program.schema import Program
from tests.domain.program.documents import SMALL

AT = datetime(2026, 11, 30, 20, tzinfo=UTC)
MUG: dict[str, Any] = {"id": "mug", "points": 500, "gift": "MUG"}
POINTS = {"earn": {"order": {"points": 1, "per": 1}}}


def shop(reward: dict[str, Any], **more: Any) -> Program:
    return program_from({**SMALL, "points": POINTS, "catalogue": [reward], **more})


def member(program: Program, tier: str | None, points: int = 10_000, **changes: Any) -> Member:
    since = {"since": AT, "earned_on": AT.date()}
    ladder = next(iter(program.ladders_by_id))
    told = {
        "status": "active",
        "clock": AT - timedelta(days=90),
        "standings": {ladder: Standing(tier=tier, **since)} if tier else {},
        "points": Account(lots={"0-0": points} if points else {}),
    }
    return Member(id="m", fingerprint="f", **told | changes)


def decisions(program: Program) -> list[Any]:
    """What members of each tier find at several moments, with much and little, and after they had some."""
    made: list[Any] = []
    for reward in program.catalogue:
        made += [reward.id, reward.coupon, reward.gift, reward.codes]
        for tier in ("bronze", "silver", "gold"):
            made.append(price(program, member(program, tier), reward))
            for days in (0, 1, 31):
                for had in (0, 1, 2):
                    one = member(program, tier, redeemed={reward.id: had} if had else {})
                    for shelf in (Shelf(), Shelf(3, ("C",))):
                        made.append(hindrance(program, one, reward, AT + timedelta(days=days), shelf))
    return made


def words(program: Program) -> list[str]:
    return [program_in_words(program, 1, language).model_dump_json() for language in ("en", "zh")]


CHANGES: list[tuple[str, Any]] = [
    ("id", "cup"),
    ("points", 501),
    ("by_tier", {"silver": 400}),
    ("tier", "gold"),
    ("stock", 2),
    ("from", "2026-12-02"),
    ("to", "2026-11-30"),
    ("per_member", 1),
    ("gift", "CUP"),
    ("codes", "uploaded"),
    ("codes", "generated"),
]
UNSAID = {"gift"}
"""The shop's own codes are for buyers."""


@pytest.mark.parametrize(("setting", "written"), CHANGES)
def test_a_setting_decides_is_said_and_kept(setting: str, written: Any) -> None:
    before, after = shop(MUG), shop(MUG | {setting: written})
    assert decisions(after) != decisions(before)
    assert (words(after) != words(before)) is (setting not in UNSAID)
    assert bool(changes(before, after, "en")) is (setting not in UNSAID)
    kept = read_program(after.model_dump_json(exclude_unset=True))
    assert kept == after
    assert (decisions(kept), words(kept)) == (decisions(after), words(after))


def test_a_coupon_is_no_gift_and_a_name_is_said() -> None:
    coupon = shop({"id": "mug", "points": 500, "coupon": "MUG"})
    assert decisions(coupon) != decisions(shop(MUG))
    assert words(coupon) != words(shop(MUG)) != words(shop(MUG | {"name": {"en": "A mug"}}))


def test_no_setting_is_left_out() -> None:
    known = {field.alias or name for name, field in Redeemable.model_fields.items()}
    assert known == {name for name, _ in CHANGES} | {"name", "coupon"}


# ── Prices and tiers ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.proves("B4")
@pytest.mark.parametrize(("tier", "cost"), [(None, 500), ("bronze", 500), ("silver", 450), ("gold", 450)])
def test_a_price_holds_from_its_tier_on(tier: str | None, cost: int) -> None:
    program = shop(MUG | {"by_tier": {"silver": 450}})
    assert price(program, member(program, tier), program.catalogue[0]) == cost


def test_the_tier_that_counts_is_the_one_that_is_shown() -> None:
    program = shop(MUG | {"by_tier": {"gold": 300}, "tier": "gold"})
    lifted = member(program, "bronze")
    assert hindrance(program, lifted, program.catalogue[0], AT, Shelf()) == Hindrance(
        reason="tier_too_low", tier="gold"
    )
    until = date(2027, 6, 1)
    lifted.standings["main"].overrides["lifted"] = Override(tier="gold", since=AT, until=until)
    assert hindrance(program, lifted, program.catalogue[0], AT, Shelf()) is None
    assert price(program, lifted, program.catalogue[0]) == 300


def test_of_several_ladders_the_best_price_counts() -> None:
    ladders = [
        {"id": "earned", "tiers": SMALL["tiers"]},
        {"id": "paid", "tiers": [{"id": "free"}, {"id": "club", "qualify": {"orders": 9}}]},
    ]
    document = {name: part for name, part in SMALL.items() if name != "tiers"}
    reward = MUG | {"by_tier": {"gold": 300, "club": 200}, "tier": "club"}
    program = program_from(document | {"ladders": ladders, "points": POINTS, "catalogue": [reward]})
    one = member(program, "gold")
    assert price(program, one, program.catalogue[0]) == 300
    assert hindrance(program, one, program.catalogue[0], AT, Shelf()).reason == "tier_too_low"  # type: ignore[union-attr]
    one.standings["paid"] = Standing(tier="club", since=AT, earned_on=AT.date())
    assert price(program, one, program.catalogue[0]) == 200
    assert hindrance(program, one, program.catalogue[0], AT, Shelf()) is None


# ── The very instant ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "zone", ["Pacific/Pago_Pago", "America/New_York", "Asia/Shanghai", "Pacific/Kiritimati"]
)
@pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01", "2028-02-29", "2026-12-31"])
def test_days_are_whole_days_of_the_program(zone: str, day: str) -> None:
    """Also those on which clocks are put forward or back."""
    program = shop(MUG | {"from": day, "to": day}, timezone=zone)
    reward, one, instant = program.catalogue[0], member(program, "bronze"), timedelta(microseconds=1)
    begin = program.midnight(date.fromisoformat(day)).astimezone(UTC)
    end = program.midnight(date.fromisoformat(day) + timedelta(days=1)).astimezone(UTC)
    found = [
        hindrance(program, one, reward, at, Shelf()) for at in (begin - instant, begin, end - instant, end)
    ]
    assert [one and one.reason for one in found] == ["not_yet", None, None, "over"]


# ── What is refused ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changes", "path", "message"),
    [
        ({"gift": None}, "catalogue[0]", "gives nothing"),
        ({"coupon": "C"}, "catalogue[0]", "is coupon and gift at once"),
        ({"points": 0}, "catalogue[0].points", "is not more than 0"),
        ({"points": "500"}, "catalogue[0].points", "is not a whole number"),
        ({"stock": -1}, "catalogue[0].stock", "is less than 0"),
        ({"per_member": 0}, "catalogue[0].per_member", "is less than 1"),
        ({"tier": "golden"}, "catalogue[0].tier", "there is no tier 'golden'"),
        ({"by_tier": {"silber": 1}}, "catalogue[0].by_tier.silber", "there is no tier 'silber'"),
        (
            {"by_tier": {"gold": 500}},
            "catalogue[0].by_tier.gold",
            "is not less than the 500 that it costs below 'gold'",
        ),
        (
            {"by_tier": {"silver": 300, "gold": 400}},
            "catalogue[0].by_tier.gold",
            "is not less than the 300 that it costs below 'gold'",
        ),
        ({"from": "2026-12-02", "to": "2026-12-01"}, "catalogue[0].to", "lies before `from`"),
        (
            {"from": "2026-12-02T00:00:00Z", "to": "2026-12-02T00:00:00Z"},
            "catalogue[0].to",
            "lies before `from`",
        ),
        ({"from": "2026-12-01T10:00:00"}, "catalogue[0].from", "doesn't say in which time zone"),
        ({"from": "tomorrow"}, "catalogue[0].from", "is neither a day nor a moment"),
        ({"to": 20261201}, "catalogue[0].to", "is neither a day nor a moment"),
        ({"codes": "own"}, "catalogue[0].codes", "is not one of the words for this"),
        ({"price": 5}, "catalogue[0].price", "'price' is not known here"),
    ],
)
def test_what_cant_be_meant_is_refused(changes: dict[str, Any], path: str, message: str) -> None:
    with pytest.raises(ProgramInvalid) as refused:
        shop(MUG | changes)
    assert [(flaw.path, flaw.message) for flaw in refused.value.flaws] == [(path, message)]


def test_what_gives_nothing_has_a_twin_or_no_points_is_refused() -> None:
    for document, path, message in (
        ({"points": POINTS, "catalogue": [{"id": "a", "points": 1}]}, "catalogue[0]", "gives nothing"),
        ({"points": POINTS, "catalogue": [MUG, MUG]}, "catalogue[1].id", "there are two rewards 'mug'"),
        ({"catalogue": [MUG]}, "catalogue", "is paid with points, and there are none"),
    ):
        with pytest.raises(ProgramInvalid) as refused:
            program_from({**SMALL, **document})
        assert [(flaw.path, flaw.message) for flaw in refused.value.flaws] == [(path, message)]


# ── In words ──────────────────────────────────────────────────────────────────────────────────────


def test_a_reward_in_words() -> None:
    program = shop(
        MUG
        | {"by_tier": {"silver": 450, "gold": 400}, "tier": "silver", "stock": 1000, "per_member": 1}
        | {"from": "2026-12-01", "to": "2026-12-31T12:00:00+08:00", "codes": "generated"}
    )
    assert redeemable(program.catalogue[0], program, "en") == (
        "A gift with a code of its own. Costs 500 points, 450 from silver on, 400 from gold on. "
        "For silver and above. From 2026-12-01 on. Until 2026-12-31 12:00. 1,000 in all. "
        "At most 1 for each member."
    )
    assert redeemable(program.catalogue[0], program, "zh") == (
        "一人一码礼品。500 积分，silver及以上 450 积分，gold及以上 400 积分。仅限silver及以上会员。"
        "2026-12-01 起可兑换。2026-12-31 12:00 截止。共 1,000 份。每位会员限兑 1 份。"
    )
    assert "MUG" not in "".join(words(program))


def test_every_refusal_has_words_with_a_remedy() -> None:
    program = shop(MUG)
    for found, en, zh in (
        (
            Hindrance(reason="too_few_points", points=500, spendable=320, pending=200),
            "It costs 500 points, and 320 can be spent. Earn 180 more. 200 points are on their way.",
            "需要 500 积分，当前可用 320，还差 180。另有 200 积分待生效。",
        ),
        (
            Hindrance(reason="over", closed=AT),
            "It could be had until 2026-12-01 04:00. Choose another one.",
            "兑换已于 2026-12-01 04:00 结束，请另选。",
        ),
        (
            Hindrance(reason="limit_reached", limit=2),
            "One member may have 2, and has had as many. Choose another one.",
            "每位会员限兑 2 份，已达上限，请另选。",
        ),
        (Hindrance(reason="sold_out"), "It is sold out. Choose another one.", "已兑完，请另选。"),
    ):
        assert (why_not(found, program, "en"), why_not(found, program, "zh")) == (en, zh)
