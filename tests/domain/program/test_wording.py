"""Rules and programs in words: golden sentences in both languages, and none that can be read in two ways."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from membership.program import presets
from membership.program.in_words import program_in_words
from membership.program.reading import read_program
from membership.program.schema import Program
from membership.program.sentences import Group, sentence
from membership.program.text import Language, Text, run_on
from membership.program.wording import amount, evidence, lacking, metric_name, remaining, rule
from tests.domain.program.documents import P1, P2, SMALL, main, small

BOTH: tuple[Language, ...] = ("en", "zh")


def tier_rule(program: Program, tier: str, language: Language) -> str:
    criterion = program.tier(tier).qualify
    assert criterion is not None
    return rule(criterion, program, language)


@pytest.mark.parametrize(
    ("program", "tier", "en", "zh"),
    [
        (P1, "silver", "spend of at least ¥1,000 and 5 interactions", "消费满 ¥1,000 且互动满 5 次"),
        (
            P1,
            "gold",
            "spend of at least ¥3,000, 15 interactions and 1 piece of feedback",
            "消费满 ¥3,000，且互动满 15 次，且反馈满 1 条",
        ),
        (
            P1,
            "platinum",
            "spend of at least ¥8,000, 30 interactions and 3 pieces of feedback",
            "消费满 ¥8,000，且互动满 30 次，且反馈满 3 条",
        ),
        (
            P2,
            "silver",
            "spend of at least ¥5,000, or 6 orders, or 1 year of membership",
            "消费满 ¥5,000，或下单满 6 笔，或入会满 1 年",
        ),
        (
            P2,
            "gold",
            "spend of at least ¥20,000, or 12 orders, or 2,000 contribution points",
            "消费满 ¥20,000，或下单满 12 笔，或贡献值满 2,000 分",
        ),
        (
            P2,
            "platinum",
            "both spend of at least ¥50,000 and 18 orders, "
            "or both 3 years of membership and spend of at least ¥30,000",
            "（消费满 ¥50,000 且下单满 18 笔），或（入会满 3 年且消费满 ¥30,000）",
        ),
        (
            P2,
            "diamond",
            "spend of at least ¥100,000, "
            "and any 2 of these: 24 orders; 5 years of membership; 5,000 contribution points",
            "消费满 ¥100,000，且满足以下任意 2 项：下单满 24 笔；入会满 5 年；贡献值满 5,000 分",
        ),
    ],
)
def test_the_presets_rules(program: Program, tier: str, en: str, zh: str) -> None:
    assert (tier_rule(program, tier, "en"), tier_rule(program, tier, "zh")) == (en, zh)


METRICS: dict[str, Any] = {
    "spend": {"sum": "order.amount"},
    "jewellery_spend": {"sum": "order.amount"},
    "own": {"sum": "order.amount", "name": {"en": "purchases of jewellery", "zh": "珠宝消费额"}},
    "orders": {"count": "order"},
    "large_orders": {"count": "order", "where": {"amount": {"gte": 500}}},
    "interactions": {"count": "activity"},
    "referrals": {"count": "referral"},
    "check_ins": {"count": "check_in"},
    "reviews": {"count": "review"},
    "shares": {"count": "share"},
    "photos": {"count": "photo", "name": {"en": "photo reviews", "zh": "晒图"}},
    "quiz": {"count": "quiz", "name": {"en": "VIP quizzes"}},
    "contribution": {"points": {"referral": 200}},
    "reputation": {"points": {"post": 3}, "name": {"en": "reputation", "zh": "声望"}},
    "tenure_years": {"since": "joined", "unit": "year"},
    "tenure_months": {"since": "joined", "unit": "month"},
    "tenure_days": {"since": "joined", "unit": "day"},
    "loyalty": {"since": "joined", "unit": "year", "name": {"en": "loyalty", "zh": "忠诚度"}},
    "spend_this_year": {
        "sum": "order.amount",
        "window": "calendar_year",
        "name": {"en": "spend", "zh": "消费"},
    },
    "same_window": {"count": "order", "window": "lifetime", "name": {"en": "orders", "zh": "订单"}},
}
RICH = small(metrics={**SMALL["metrics"], **METRICS})


@pytest.mark.parametrize(
    ("metric", "least", "en", "zh"),
    [
        ("spend", 5000, "spend of at least ¥5,000", "消费满 ¥5,000"),
        ("spend", "99.90", "spend of at least ¥99.90", "消费满 ¥99.90"),
        ("jewellery_spend", 5000, "jewellery spend of at least ¥5,000", "jewellery spend 满 ¥5,000"),
        ("own", 5000, "purchases of jewellery of at least ¥5,000", "珠宝消费额满 ¥5,000"),
        ("orders", 1, "1 order", "下单满 1 笔"),
        ("orders", 1200, "1,200 orders", "下单满 1,200 笔"),
        ("large_orders", 1, "one or more large orders", "large orders 满 1 笔"),
        ("large_orders", 3, "at least 3 large orders", "large orders 满 3 笔"),
        ("interactions", 1, "1 interaction", "互动满 1 次"),
        ("referrals", 3, "3 referrals", "推荐满 3 人"),
        ("check_ins", 7, "7 check-ins", "签到满 7 次"),
        ("reviews", 2, "2 reviews", "评价满 2 条"),
        ("shares", 2, "2 shares", "分享满 2 次"),
        ("photos", 1, "one or more photo reviews", "晒图满 1 次"),
        ("photos", 3, "at least 3 photo reviews", "晒图满 3 次"),
        ("quiz", 3, "at least 3 VIP quizzes", "VIP quizzes 满 3 次"),
        ("contribution", 1, "1 contribution point", "贡献值满 1 分"),
        ("reputation", 50, "reputation of at least 50 points", "声望满 50 分"),
        ("tenure_years", 1, "1 year of membership", "入会满 1 年"),
        ("tenure_months", 6, "6 months of membership", "入会满 6 个月"),
        ("tenure_days", 90, "90 days of membership", "入会满 90 天"),
        ("loyalty", 2, "loyalty of at least 2 years", "忠诚度满 2 年"),
        ("spend_this_year", 5000, "spend of at least ¥5,000 within the calendar year", "当年消费满 ¥5,000"),
        ("same_window", 5, "at least 5 orders", "订单满 5 笔"),
    ],
)
def test_a_comparison(metric: str, least: Any, en: str, zh: str) -> None:
    tiers = [*SMALL["tiers"][:1], {"id": "silver", "qualify": {metric: least}}]
    program = small(metrics={**SMALL["metrics"], **METRICS}, tiers=tiers)
    assert [tier_rule(program, "silver", language) for language in BOTH] == [en, zh]


@pytest.mark.parametrize(
    ("metric", "value", "en", "zh"),
    [
        ("spend", 80_000, "¥800", "¥800"),
        ("spend", -500, "-¥5", "-¥5"),
        ("orders", 1, "1 order", "1 笔"),
        ("orders", 0, "0 orders", "0 笔"),
        ("large_orders", 2, "2 orders", "2 笔"),
        ("photos", 1, "1 time", "1 次"),
        ("referrals", 2, "2 referrals", "2 人"),
        ("reputation", 1, "1 point", "1 分"),
        ("contribution", 2000, "2,000 contribution points", "2,000 分"),
        ("tenure_years", 1, "1 year", "1 年"),
        ("tenure_months", 2, "2 months", "2 个月"),
    ],
)
def test_an_amount(metric: str, value: int, en: str, zh: str) -> None:
    assert [amount(metric, value, RICH, language) for language in BOTH] == [en, zh]


@pytest.mark.parametrize(
    ("metric", "missing", "en", "zh"),
    [
        ("spend", 80_000, "¥800 more spend", "再消费 ¥800"),
        ("jewellery_spend", 1, "jewellery spend: ¥0.01 more", "jewellery spend 再增加 ¥0.01"),
        ("orders", 1, "1 more order", "再下单 1 笔"),
        ("orders", 2, "2 more orders", "再下单 2 笔"),
        ("large_orders", 1, "large orders: 1 more", "large orders 再增加 1 笔"),
        ("interactions", 5, "5 more interactions", "再互动 5 次"),
        ("photos", 1, "photo reviews: 1 more", "晒图再增加 1 次"),
        ("contribution", 400, "400 more contribution points", "贡献值再增加 400 分"),
        ("reputation", 1, "reputation: 1 point more", "声望再增加 1 分"),
        ("tenure_years", 1, "1 more year of membership", "入会再满 1 年"),
        ("loyalty", 2, "loyalty: 2 years more", "忠诚度再增加 2 年"),
        ("spend_this_year", 100, "spend: ¥1 more within the calendar year", "当年消费再增加 ¥1"),
    ],
)
def test_what_remains(metric: str, missing: int, en: str, zh: str) -> None:
    assert [remaining(metric, missing, RICH, language) for language in BOTH] == [en, zh]


@pytest.mark.parametrize(
    ("metric", "en", "zh"),
    [
        ("spend", "spend", "消费"),
        ("orders", "orders", "订单"),
        ("contribution", "contribution points", "贡献值"),
        ("tenure_years", "membership", "入会时长"),
        ("feedback", "feedback", "反馈"),
        ("photos", "photo reviews", "晒图"),
        ("quiz", "VIP quizzes", "VIP quizzes"),
    ],
)
def test_a_label(metric: str, en: str, zh: str) -> None:
    assert [metric_name(metric, RICH, language) for language in BOTH] == [en, zh]


@pytest.mark.parametrize(
    ("ways", "shown", "en", "zh"),
    [
        ([{"spend": 80_000}], None, "¥800 more spend", "再消费 ¥800"),
        (
            [{"spend": 80_000, "orders": 2}],
            None,
            "¥800 more spend and 2 more orders",
            "再消费 ¥800 且再下单 2 笔",
        ),
        (
            [{"spend": 80_000, "orders": 2}, {"tenure_years": 1}],
            None,
            "both ¥800 more spend and 2 more orders, or 1 more year of membership",
            "（再消费 ¥800 且再下单 2 笔），或入会再满 1 年",
        ),
        (
            [{"spend": 80_000}, {"orders": 2}, {"photos": 1}],
            2,
            "¥800 more spend, or 2 more orders",
            "再消费 ¥800，或再下单 2 笔",
        ),
        (
            [{"orders": 1}, {"orders": 1, "photos": 2}, {"spend": 80_000, "photos": 1}, {"photos": 1}],
            3,
            "1 more order, or photo reviews: 1 more",
            "再下单 1 笔，或晒图再增加 1 次",
        ),
        ([{"spend": 80_000}, {}], None, "", ""),
        ([], None, "", ""),
    ],
)
def test_what_is_lacking(ways: list[dict[str, int]], shown: int | None, en: str, zh: str) -> None:
    assert [lacking(ways, RICH, language, shown) for language in BOTH] == [en, zh]


def test_evidence() -> None:
    platinum = P2.tier("platinum").qualify
    assert platinum is not None
    figures = {"spend": 3_100_000, "orders": 4, "contribution": 0, "tenure_years": 3}
    assert [seen.text for seen in evidence(platinum, figures, P2, "en")] == [
        "spend of at least ¥50,000: not met (¥31,000)",
        "18 orders: not met (4 orders)",
        "3 years of membership: met (3 years)",
        "spend of at least ¥30,000: met (¥31,000)",
    ]
    assert [seen.text for seen in evidence(platinum, figures, P2, "zh")] == [
        "消费满 ¥50,000：未满足（¥31,000）",
        "下单满 18 笔：未满足（4 笔）",
        "入会满 3 年：已满足（3 年）",
        "消费满 ¥30,000：已满足（¥31,000）",
    ]
    assert [(seen.metric, seen.met) for seen in evidence(platinum, figures, P2, "en")] == [
        ("spend", False),
        ("orders", False),
        ("tenure_years", True),
        ("spend", True),
    ]


def test_a_rule_that_was_kept_elsewhere_is_said_all_the_same() -> None:
    """Evidence in the ledger holds the rule without the program that it stood in."""
    diamond = P2.tier("diamond").qualify
    assert diamond is not None
    kept = type(diamond).model_validate_json(diamond.model_dump_json())
    for language in BOTH:
        assert rule(kept, P2, language) == rule(diamond, P2, language)
        figures = {"spend": 1, "orders": 1, "tenure_years": 1, "contribution": 1}
        assert evidence(kept, figures, P2, language) == evidence(diamond, figures, P2, language)


ALL_2, ANY_2 = Group(2, ("b", "c")), Group(1, ("b", "c"))
ALL_3, ANY_3, TWO_OF_3 = Group(3, ("b", "c", "d")), Group(1, ("b", "c", "d")), Group(2, ("b", "c", "d"))


@pytest.mark.parametrize(
    ("tree", "en", "zh"),
    [
        ("a", "a", "a"),
        (ALL_2, "b and c", "b 且 c"),
        (ANY_2, "b, or c", "b，或 c"),
        (ALL_3, "b, c and d", "b，且 c，且 d"),
        (ANY_3, "b, or c, or d", "b，或 c，或 d"),
        (TWO_OF_3, "any 2 of these: b; c; d", "满足以下任意 2 项：b；c；d"),
        (Group(1, ("a", ALL_2)), "a, or both b and c", "a，或（b 且 c）"),
        (Group(1, (ALL_2, "a")), "both b and c, or a", "（b 且 c），或 a"),
        (Group(1, (ALL_3, "a")), "all of (b; c; d), or a", "（b，且 c，且 d），或 a"),
        (Group(1, ("a", ALL_3)), "a, or all of these: b; c; d", "a，或（b，且 c，且 d）"),
        (Group(2, ("a", ANY_2)), "a, and either b or c", "a，且（b，或 c）"),
        (Group(2, (ANY_3, "a")), "one of (b; c; d), and a", "（b，或 c，或 d），且 a"),
        (Group(2, ("a", TWO_OF_3)), "a, and any 2 of these: b; c; d", "a，且满足以下任意 2 项：b；c；d"),
        (Group(2, (TWO_OF_3, "a")), "any 2 of (b; c; d), and a", "（满足以下任意 2 项：b；c；d），且 a"),
        (
            Group(2, ("a", Group(1, (ALL_2, "d")))),
            "a, and either (b and c) or d",
            "a，且（（b 且 c），或 d）",
        ),
        # A branch of one part, and one that repeats the word above it, say nothing of their own.
        (Group(1, (ALL_2,)), "b and c", "b 且 c"),
        (Group(1, (ANY_3,)), "b, or c, or d", "b，或 c，或 d"),
        (Group(1, ("a", ANY_2)), "a, or b, or c", "a，或 b，或 c"),
        (Group(2, ("a", ALL_2)), "a, b and c", "a，且 b，且 c"),
        (Group(2, (Group(1, ("a",)), Group(1, (Group(1, ("b",)),)))), "a and b", "a 且 b"),
    ],
)
def test_how_parts_are_joined(tree: Group | str, en: str, zh: str) -> None:
    assert (sentence(tree, "en"), sentence(tree, "zh")) == (en, zh)


def groups(part: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    parts = st.lists(part, min_size=1, max_size=3).map(tuple)
    return parts.flatmap(lambda of: st.integers(1, len(of)).map(lambda needed: Group(needed, of)))


def truth(tree: Group | str) -> tuple[bool, ...]:
    """Of every combination of what is met."""

    def met(part: Group | str, true: dict[str, bool]) -> bool:
        if isinstance(part, str):
            return true[part]
        return sum(met(inner, true) for inner in part.parts) >= part.needed

    return tuple(
        met(tree, dict(zip("abcd", found, strict=True))) for found in product((False, True), repeat=4)
    )


@given(st.lists(st.recursive(st.sampled_from("abcd"), groups, max_leaves=6), min_size=2, max_size=40))
@settings(max_examples=200)
def test_no_sentence_has_two_meanings(trees: list[Group | str]) -> None:
    for language in BOTH:
        for tree in trees:
            meaning = _MEANINGS.setdefault((language, sentence(tree, language)), truth(tree))
            assert meaning == truth(tree)


_MEANINGS: dict[tuple[Language, str], tuple[bool, ...]] = {}
"""Of every sentence that any example has brought."""


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (("消费", "满", "¥5"), "消费满 ¥5"),
        (("¥5", "且", "互动"), "¥5 且互动"),
        (("VIP", "会员"), "VIP 会员"),
        (("（a）", "且", "b"), "（a）且 b"),
        (("", "b"), "b"),
        (("晒图 ", "3"), "晒图 3"),
    ],
)
def test_chinese_runs_on(parts: tuple[str, ...], words: str) -> None:
    assert run_on(*parts) == words


@pytest.mark.parametrize("name", presets.names())
def test_a_program_in_words_is_whole(name: str) -> None:
    program = read_program(presets.text(name))
    for language in BOTH:
        words = program_in_words(program, 3, language)
        assert (words.id, words.version, words.language) == (program.id, 3, language)
        assert [tier.id for tier in words.ladders[0].tiers] == [tier.id for tier in main(program).tiers]
        assert [tier.rank for tier in words.ladders[0].tiers] == list(range(len(main(program).tiers)))
        assert [metric.id for metric in words.metrics] == list(program.metrics)
        said = [
            words.joining,
            words.window,
            words.ladders[0].downgrades,
            *(metric.counts for metric in words.metrics),
        ]
        said += [line for tier in words.ladders[0].tiers for line in (tier.enter, tier.stay, tier.valid)]
        assert all(said)
        assert all(tier.name for tier in words.ladders[0].tiers), "the business's own words, in any letters"
        chinese = [any("\u4e00" <= sign <= "\u9fff" for sign in line) for line in said]
        assert all(chinese) if language == "zh" else not any(chinese)


def test_p2_in_words() -> None:
    regular, silver = program_in_words(P2, 1, "en").ladders[0].tiers[:2]
    assert (regular.enter, regular.stay, regular.valid) == ("registration", "nothing more", "Always.")
    assert [(reward.name, reward.gives) for reward in regular.rewards] == [("Welcome gift", "100 points")]
    assert silver.stay == silver.enter == tier_rule(P2, "silver", "en")
    assert silver.valid == "Until 31 December of the year after the one in which it was earned."
    words = program_in_words(P2, 1, "en")
    assert words.window == (
        "Counted anew each calendar year, from 1 January to 31 December. Days are those of Asia/Shanghai."
    )
    assert words.ladders[0].downgrades == (
        "A downgrade is announced at least 30 days before, with what would keep the tier; "
        "whoever does that in time keeps it. At most one tier is lost at a time."
    )
    assert [(metric.name, metric.counts) for metric in words.metrics] == [
        ("spend", "Amounts of orders, less refunds."),
        ("orders", "How often: an order; one refunded in full doesn't count."),
        ("contribution points", "Points: 200 for each referral, 100 for each campaign participation."),
        ("membership", "Whole years since joining."),
    ]


@pytest.mark.parametrize(
    ("definition", "en", "zh"),
    [
        ({"count": "activity"}, "How often: activity of any kind.", "各类互动的次数。"),
        (
            {"count": "activity", "excluding": ["feedback", "my_quiz"]},
            "How often: activity of any kind except feedback and my quiz.",
            "各类互动的次数，反馈、my quiz 除外。",
        ),
        ({"count": ["review", "share"]}, "How often: review and share.", "评价、分享的次数。"),
        (
            {"count": "feedback", "where": {"quality": {"gte": 4}, "value": {"lte": 9}}},
            "How often: feedback with a quality of at least 4 and a value of at most 9.",
            "反馈的次数（质量不低于 4，数值不高于 9）。",
        ),
        (
            {"sum": "order.amount", "where": {"amount": {"gte": 100, "lte": 5000}}},
            "Amounts of orders with an amount from ¥100 to ¥5,000, less refunds.",
            "订单金额（金额在 ¥100 至 ¥5,000 之间），扣除退款。",
        ),
        (
            {"points": {"check_in": 1, "share": 25}, "window": "calendar_year"},
            "Points: 1 for each check-in, 25 for each share. "
            "Counted anew each calendar year, from 1 January to 31 December.",
            "每次签到 1 分，每次分享 25 分。按自然年计算：每年 1 月 1 日至 12 月 31 日，逐年重新累计。",
        ),
        ({"since": "joined", "unit": "month"}, "Whole months since joining.", "入会满的整月数。"),
    ],
)
def test_what_counts(definition: dict[str, Any], en: str, zh: str) -> None:
    program = small(metrics={**SMALL["metrics"], "it": definition})
    assert [program_in_words(program, 1, language).metrics[-1].counts for language in BOTH] == [en, zh]


def test_one_language_serves_both() -> None:
    assert [Text(en="Gold").get(language) for language in BOTH] == ["Gold", "Gold"]
    assert [Text(zh="金卡").get(language) for language in BOTH] == ["金卡", "金卡"]
    assert [Text(en="Gold", zh="金卡").get(language) for language in BOTH] == ["Gold", "金卡"]
    assert [tier.name for tier in program_in_words(small(), 1, "zh").ladders[0].tiers] == [
        "bronze",
        "silver",
        "gold",
    ]
