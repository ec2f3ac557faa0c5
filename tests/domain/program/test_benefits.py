"""Benefits: what members read of them, what is refused, and whether anybody sees the jump between tiers."""

from typing import Any

import pytest

from membership.errors import Flaw, ProgramInvalid
from membership.program import presets
from membership.program.changes import changes
from membership.program.in_words import program_in_words
from membership.program.reading import program_from, read_program
from membership.program.schema import Program
from tests.domain.program.documents import changed

VIP = {"label": "vip", "name": {"en": "friends of the house", "zh": "挚友"}}


def program(*benefits: Any, **more: Any) -> Program:
    """With these in the second tier."""
    document = changed("tiers[1].benefits", list(benefits)) | more
    document["metrics"]["vip"] = VIP
    return program_from(document)


def refused(*benefits: Any, **more: Any) -> list[Flaw]:
    with pytest.raises(ProgramInvalid) as raised:
        program(*benefits, **more)
    return raised.value.flaws


DISCOUNT = {"id": "discount", "discount_percent": 5}
RATE = {"id": "rate", "points_rate": 2}
CARE = {"id": "care", "service": {"en": "A line to an adviser", "zh": "专属顾问"}}

WORDS: list[tuple[dict[str, Any], str, str]] = [
    (DISCOUNT, "5% off", "9.5 折"),
    ({"id": "b", "discount_percent": 10}, "10% off", "9 折"),
    ({"id": "b", "discount_percent": "12.5"}, "12.5% off", "8.75 折"),
    ({"id": "b", "discount_percent": 5, "on": {"en": "tea", "zh": "茶叶"}}, "5% off tea", "茶叶 9.5 折"),
    ({"id": "b", "points_rate": 1}, "1× points", "1 倍积分"),
    ({"id": "b", "points_rate": "1.5"}, "1.5× points", "1.5 倍积分"),
    (CARE, "A line to an adviser", "专属顾问"),
    ({"id": "b", "gift": "birthday"}, "A birthday gift", "生日礼品"),
    ({"id": "b", "gift": "festivals"}, "Festival gifts", "节日礼品"),
    ({"id": "b", "gift": "anniversary"}, "A gift on the anniversary of joining", "入会周年礼品"),
    (
        {"id": "b", "gift": "birthday", "item": {"en": "a cake", "zh": "蛋糕"}},
        "A birthday gift: a cake",
        "生日礼品：蛋糕",
    ),
    (
        {"id": "b", "early_access_hours": 1},
        "Early access to new products: 1 hour before everybody else",
        "新品提前 1 小时优先享",
    ),
    (
        {"id": "b", "early_access_hours": 48, "to": {"en": "offers", "zh": "限时优惠"}},
        "Early access to offers: 2 days before everybody else",
        "限时优惠提前 2 天优先享",
    ),
    (
        {"id": "b", "early_access_hours": 36},
        "Early access to new products: 36 hours before everybody else",
        "新品提前 36 小时优先享",
    ),
    (
        {"id": "b", "invitation": {"en": "private events", "zh": "私享活动"}},
        "Invitations to private events",
        "受邀参加私享活动",
    ),
    ({"id": "b", "free_item": {"en": "delivery", "zh": "配送"}}, "Free delivery", "免费配送"),
    (
        {"id": "b", "free_item": {"en": "delivery", "zh": "配送"}, "times": 2, "per": "month"},
        "Free delivery, twice a month",
        "免费配送，每月 2 次",
    ),
    (
        {"id": "b", "free_item": {"en": "coffee", "zh": "咖啡"}, "times": 12, "per": "year"},
        "Free coffee, 12 times a year",
        "免费咖啡，每年 12 次",
    ),
    (
        DISCOUNT | {"name": {"en": "Member prices", "zh": "会员价"}},
        "Member prices: 5% off",
        "会员价：9.5 折",
    ),
    (DISCOUNT | {"segment": "vip"}, "5% off (only friends of the house)", "9.5 折（限挚友）"),
    (DISCOUNT | {"unless": "staff"}, "5% off (except staff)", "9.5 折（staff 除外）"),
    ({"en": "Free tea", "zh": "免费茶"}, "Free tea", "免费茶"),
]


@pytest.mark.proves("B1")
@pytest.mark.parametrize(("written", "english", "chinese"), WORDS)
def test_a_benefit_reads_as_it_is_defined(written: dict[str, Any], english: str, chinese: str) -> None:
    made = program(written)
    for language, words in (("en", english), ("zh", chinese)):
        tier = program_in_words(made, 1, language).ladders[0].tiers[1]  # type: ignore[arg-type]
        [benefit] = tier.benefits
        assert (benefit.id, benefit.text) == (written.get("id"), words)
    assert program_from(made.model_dump(mode="json")) == made


def test_points_are_called_what_the_program_calls_them() -> None:
    made = program(RATE, points={"name": {"en": "stars", "zh": "星星"}, "earn": {"order": {"points": 1}}})
    [benefit] = program_in_words(made, 1, "en").ladders[0].tiers[1].benefits
    assert benefit.text == "2× stars"


FLAWS: list[tuple[Any, str, str, str]] = [
    ("free tea", "", "doesn't say in which language", "Write {en: free tea}, {zh: …} or both."),
    ({"id": "b"}, "", "is not a benefit", "Write one of discount_percent, points_rate, service, gift,"),
    ({"id": "b", "discont_percent": 5}, "", "is not a benefit", "Did you mean discount_percent?"),
    (DISCOUNT | {"points_rate": 2}, "", "is discount_percent and points_rate at once", "a benefit for each"),
    ({"discount_percent": 5}, ".id", "is missing", "Add it"),
    (DISCOUNT | {"segmnt": "vip"}, ".segmnt", "'segmnt' is not known here", "Did you mean segment?"),
    ({"en": "Tea", "zn": "茶"}, ".zn", "'zn' is not known here", "Write one of: zh,"),
    ({"id": "b", "discount_percent": 0}, ".discount_percent", "is not more than 0", "Write more than 0."),
    ({"id": "b", "discount_percent": 100}, ".discount_percent", "is more than 99", "Give a `free_item`"),
    (
        {"id": "b", "discount_percent": "5.125"},
        ".discount_percent",
        "has more than two decimals",
        "Round it.",
    ),
    ({"id": "b", "discount_percent": True}, ".discount_percent", "is not a number", "Write a number"),
    ({"id": "b", "discount_percent": "5%"}, ".discount_percent", "is not a number", "Write a number"),
    ({"id": "b", "points_rate": 101}, ".points_rate", "is more than 100 times", "Write at most 100."),
    ({"id": "b", "points_rate": "1.005"}, ".points_rate", "is finer than a hundredth", "Round it, as 1.25."),
    (RATE | {"segment": "vip"}, ".segment", "a tier has one rate", "a campaign can be for a segment"),
    (DISCOUNT | {"segment": "vip", "unless": "vip"}, ".unless", "leaves nobody", "Remove one of them."),
    ({"id": "b", "service": "A line"}, ".service", "doesn't say in which language", "Write {en: A line}"),
    ({"id": "b", "service": {}}, ".service", "says nothing", "Write {en: …}, {zh: …} or both."),
    ({"id": "b", "gift": "birthdy"}, ".gift", "is not one of the words for this", "Did you mean birthday?"),
    ({"id": "b", "early_access_hours": "2 days"}, ".early_access_hours", "is not a whole number", "as 30"),
    ({"id": "b", "free_item": {"en": "tea"}, "times": 2}, ".per", "is missing", "Write week, month,"),
    ({"id": "b", "free_item": {"en": "tea"}, "per": "year"}, ".times", "is missing", "Write how often."),
]


@pytest.mark.parametrize(("written", "place", "message", "remedy"), FLAWS)
def test_a_benefit_that_is_none_is_refused(written: Any, place: str, message: str, remedy: str) -> None:
    flaw = refused(written)[0]
    assert flaw.path == f"tiers[1].benefits[0]{place}"
    assert message in flaw.message
    assert remedy in flaw.remedy


def test_an_id_is_one_benefit() -> None:
    twice = refused(DISCOUNT, RATE | {"id": "discount"})
    assert [(flaw.path, flaw.message) for flaw in twice] == [
        ("tiers[1].benefits[1].id", "there are two benefits 'discount'"),
        ("tiers[1].benefits[1].id", "is of kind discount_percent in another place"),
    ]
    document = changed("tiers[2].benefits", [RATE | {"id": "discount"}])
    document["tiers"][1]["benefits"] = [DISCOUNT]
    with pytest.raises(ProgramInvalid) as raised:
        program_from(document)
    [flaw] = raised.value.flaws
    assert flaw.path == "tiers[2].benefits[0].id"


def test_of_the_same_thing_there_is_one_for_each_member() -> None:
    [flaw] = refused(DISCOUNT, DISCOUNT | {"id": "more", "discount_percent": 6})
    assert flaw.path == "tiers[1].benefits[1]"
    assert program(DISCOUNT | {"segment": "vip"}, DISCOUNT | {"id": "less", "unless": "vip"})


def test_a_campaign_has_no_rate_beside_its_points() -> None:
    sale = {"id": "sale", "from": "11-11", "to": "11-11", "benefits": [RATE]}
    [flaw] = refused(campaigns=[sale])
    assert (flaw.path, flaw.remedy) == (
        "campaigns[0].benefits[0].points_rate",
        "Write `points` in the campaign.",
    )


def test_the_rate_of_a_tier() -> None:
    made = program(DISCOUNT, {"id": "rate", "points_rate": "1.25"})
    assert [tier.rate for tier in made.tiers or ()] == [100, 125, 100]


def test_a_segment_that_a_benefit_is_for_is_asked_for() -> None:
    assert "metrics.vip: no tier asks for it" in program(DISCOUNT).warnings()
    assert "metrics.vip: no tier asks for it" not in program(DISCOUNT | {"segment": "vip"}).warnings()


# ── The jump between tiers ────────────────────────────────────────────────────────────────────────


def jump(lower: list[Any], higher: list[Any], **rewards: list[Any]) -> list[str]:
    """What is warned of from silver to gold."""
    document = changed("tiers[1].benefits", lower)
    document["tiers"][2]["benefits"] = higher
    for tier, given in rewards.items():
        document["tiers"][{"silver": 1, "gold": 2}[tier]]["rewards"] = given
    return [one for one in program_from(document).warnings() if one.startswith("tiers[2].benefits")]


def discount(percent: Any) -> dict[str, Any]:
    return {"id": "discount", "discount_percent": percent}


def rate(times: Any) -> dict[str, Any]:
    return {"id": "rate", "points_rate": times}


def early(hours: int) -> dict[str, Any]:
    return {"id": "early", "early_access_hours": hours}


def tea(times: int, per: str) -> dict[str, Any]:
    return {"id": "tea", "free_item": {"en": "tea"}, "times": times, "per": per}


FREE_TEA = {"id": "tea", "free_item": {"en": "tea"}}
SAID = {"en": "Free tea"}
MEANS_SOMETHING: list[tuple[list[Any], list[Any]]] = [
    ([], [SAID]),
    ([SAID], [SAID, CARE]),
    ([CARE], [CARE, {"id": "person", "service": {"en": "An adviser of your own"}}]),
    ([discount(5)], [discount(8)]),
    ([rate(1)], [rate("1.5")]),
    ([rate("1.5")], [rate(2)]),
    ([], [rate("1.2")]),
    ([early(24)], [early(48)]),
    ([tea(1, "year")], [tea(1, "month")]),
    ([tea(1, "week")], [FREE_TEA]),
]
HARDLY: list[tuple[list[Any], list[Any], str]] = [
    ([CARE], [CARE], "'gold' gives nothing that 'silver' doesn't"),
    ([SAID], [SAID], "'gold' gives nothing that 'silver' doesn't"),
    ([SAID], [], "'gold' gives nothing that 'silver' doesn't"),
    ([discount(5)], [discount(6)], "“6% off” after “5% off” is not clearly more"),
    ([rate("1.5")], [rate("1.6")], "“1.6× points” after “1.5× points” is not clearly more"),
    ([CARE], [CARE, rate("1.1")], "“1.1× points” is not clearly more"),
    ([tea(12, "year")], [tea(1, "month")], "'gold' gives nothing that 'silver' doesn't"),
    (
        [tea(4, "year")],
        [tea(5, "year")],
        "“Free tea, 5 times a year” after “Free tea, 4 times a year” is not",
    ),
    ([CARE], [CARE, DISCOUNT | {"segment": "vip"}], "“5% off” is for a segment only"),
]


@pytest.mark.proves("B1")
@pytest.mark.parametrize(("lower", "higher"), MEANS_SOMETHING)
def test_a_jump_that_members_see(lower: list[Any], higher: list[Any]) -> None:
    assert jump(lower, higher) == []


@pytest.mark.proves("B1")
@pytest.mark.parametrize(("lower", "higher", "why"), HARDLY)
def test_tiers_that_hardly_differ_are_told(lower: list[Any], higher: list[Any], why: str) -> None:
    [warning] = jump(lower, higher)
    assert warning.startswith("tiers[2].benefits: 'gold' and 'silver' hardly differ: ")
    assert why in warning


def test_what_is_given_on_entering_is_seen_too() -> None:
    box, hundred = {"id": "box", "gift": "BOX"}, {"id": "points", "points": 100}
    assert jump([CARE], [CARE], gold=[box]) == []
    assert jump([CARE], [CARE], silver=[hundred], gold=[hundred | {"points": 150}]) == []
    [warning] = jump([CARE], [CARE], silver=[hundred], gold=[hundred | {"points": 149}])
    assert "149 points on entering after 100 are not clearly more" in warning
    assert len(jump([CARE], [CARE], silver=[box], gold=[box])) == 1


def test_what_a_higher_tier_has_lost_is_told() -> None:
    [warning] = jump([discount(5), CARE], [CARE, FREE_TEA])
    assert "'gold' lacks “5% off”, which 'silver' has; nothing comes from lower tiers" in warning
    [warning] = jump([discount(8)], [discount(5), CARE])
    assert "'gold' has less than “8% off”, which 'silver' has" in warning


def test_a_program_that_speaks_of_no_benefits_is_not_asked_for_any() -> None:
    assert jump([], []) == []


@pytest.mark.proves("B1")
@pytest.mark.parametrize("name", presets.names())
def test_in_every_preset_each_tier_is_seen_to_bring_more(name: str) -> None:
    made = read_program(presets.text(name))
    assert not [one for one in made.warnings() if ".benefits: " in one]
    for ladder in made.ladders_by_id.values():
        assert all(tier.benefits for tier in ladder.tiers[1:])


# ── Versions ──────────────────────────────────────────────────────────────────────────────────────


def test_what_a_version_changes_of_benefits_is_said_by_their_ids() -> None:
    before = program(DISCOUNT, CARE, SAID)
    after = program(DISCOUNT | {"discount_percent": 8}, RATE, {"en": "Free coffee"})
    assert [change.text for change in changes(before, after, "en")] == [
        "silver, benefit: was “5% off”, is “8% off”",
        "silver, benefit: gone: A line to an adviser",
        "silver, benefit: new: 2× points",
        "silver, benefit: gone: Free tea",
        "silver, benefit: new: Free coffee",
    ]
    assert changes(before, after, "zh")[0].text == "silver·权益：原为“9.5 折”，现为“9.2 折”"
