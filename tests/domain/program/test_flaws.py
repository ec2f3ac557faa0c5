"""A program that is wrong: where, what stood there, and what to do, so that a business person can mend it."""

import json
from typing import Any

import pytest

from membership.errors import Flaw, ProgramInvalid
from membership.program.document import DEEPEST, LARGEST, MOST_NODES
from membership.program.reading import MOST_FLAWS, program_from, read_program
from tests.domain.program.documents import GONE, SMALL, changed
from tests.programs import rules

P1 = rules("p1-ecommerce")


def flaws_of(document: Any) -> list[Flaw]:
    with pytest.raises(ProgramInvalid) as refusal:
        program_from(document)
    return refusal.value.flaws


def flaws_in(source: str | bytes) -> list[Flaw]:
    with pytest.raises(ProgramInvalid) as refusal:
        read_program(source)
    return refusal.value.flaws


@pytest.mark.parametrize(
    ("unit", "units", "most"), [("year", 9_999, 150), ("month", 1_801, 1_800), ("day", 55_001, 55_000)]
)
def test_a_tenure_that_nobody_reaches(unit: str, units: int, most: int) -> None:
    document = changed("metrics.tenure", {"since": "joined", "unit": unit})
    [flaw] = flaws_of(changed("tiers[1].qualify.all[0]", {"tenure": units}, document))
    assert (flaw.path, flaw.value) == ("tiers[1].qualify.all[0].tenure", units)
    assert flaw.message == f"nobody is a member for so many {unit}s"
    assert flaw.remedy == f"Write at most {most}."
    program_from(changed("tiers[1].qualify.all[0]", {"tenure": most}, document))


def test_more_rewards_than_can_be_given_at_once() -> None:
    def rewards(n: int) -> list[dict[str, Any]]:
        return [{"id": f"r{m}", "points": 1} for m in range(n)]

    document = changed("tiers[1].rewards", rewards(20))
    program_from(changed("tiers[2].rewards", rewards(20), document))
    [flaw] = flaws_of(changed("tiers[2].rewards", rewards(21), document))
    assert flaw.path == "tiers"
    assert flaw.message == "have 41 rewards, which a member may earn all at once"
    assert flaw.remedy == "Leave at most 40 in all tiers together."


RULE = "tiers[1].qualify"
METRIC = "metrics.feedback"


def some(count: Any, *of: Any) -> dict[str, Any]:
    return {"at_least": {"count": count, "of": [*of]}}


# What was written at a place, and what is said of it there.
HERE: list[tuple[str, Any, str, str]] = [
    # What has to be there
    ("id", GONE, "is missing", "Add it: `id: gold`."),
    ("metrics", GONE, "is missing", "Add it: `metrics: {spend: {sum: order.amount}}`."),
    ("metrics", {}, "is empty", "Write at least one."),
    ("tiers", [], "is empty", "Write at least one."),
    ("tiers", None, "is missing", "Add it: `tiers: ["),
    ("tiers[1].id", GONE, "is missing", "Add it: `id: gold`."),
    ("tiers[1].qualify", GONE, "nothing leads to 'silver'", "Say what it takes to enter."),
    ("tiers[0].qualify", {"spend": 1}, "every member has the first tier, always", "Remove it."),
    ("tiers[0].validity", "lifetime", "every member has the first tier, always", "Remove it."),
    # Words that nobody knows
    ("windwo", "lifetime", "'windwo' is not known here", "Did you mean window?"),
    ("tiers[1].qualfy", {}, "'qualfy' is not known here", "Did you mean qualify?"),
    ("tiers[1].colour", "red", "is not known here", "Write one of: name, keep, validity, promotion, "),
    ("downgrade.step", "one", "is not known here", "Did you mean steps?"),
    ("name.fr", "Or", "is not known here", "Write one of: en, zh."),
    ("window", "calender_year", "is not a kind of window", "Did you mean calendar_year?"),
    ("window", 12, "is not a kind of window", "Write one of: lifetime, calendar_year, "),
    ("window", {"kind": "year"}, "is not a kind of window", "Did you mean year_from?"),
    ("validity", {"years": 1}, "is not a kind of validity", "Write one of: while_qualified, "),
    ("downgrade.steps", "two", "is not one of the words for this", "Write one of: one, to_qualified, never."),
    ("downgrade.steps", "nevr", "is not one of the words for this", "Did you mean never?"),
    ("unknown_members", False, "is not one of the words for this", "Write one of: enrol, refuse."),
    # Ids and names
    ("id", "My Club", "is not an id", "Use a to z, 0 to 9, - and _, and begin with a letter: my-club."),
    ("id", "会员", "is not an id", "begin with a letter: gold."),
    ("id", 5, "is not an id", "Begin with a letter, as gold."),
    ("id", "a" * 41, "is not an id", "Use a to z"),
    ("metrics.any", {"count": "order"}, "is a word of the rules", "Give the metric another name."),
    ("tiers[2].id", "silver", "there are two tiers 'silver'", "Give each its own id."),
    ("name", "Club", "doesn't say in which language", "Write {en: Club}, {zh: …} or both."),
    ("name.en", 2026, "is not text", "Put it in quotes: '2026'."),
    ("name.en", "", "is empty", "Write at least one."),
    ("name.en", "  ", "is blank", "Write words, or remove it."),
    ("name.en", "a\nb", "has a character that doesn't show (U+000A)", "Remove it."),
    ("name.en", "a\u202eb", "has a character that doesn't show (U+202E)", "Remove it."),
    ("tiers[0].benefits", "free tea", "is not a list", "a line beginning with - for each."),
    ("tiers[0].benefits", {}, "is not a list", "a line beginning with - for each."),
    # Money, zones, moments
    ("currency", "RMB", "is not the code of a currency", "Did you mean CNY?"),
    ("currency", "¥", "is not the code of a currency", "Did you mean CNY?"),
    ("currency", "usd", "is not the code of a currency", "Did you mean USD?"),
    ("currency", "dollars", "is not the code of a currency", "Write its three letters, as CNY."),
    ("currency", 156, "is not text", "Put it in quotes: '156'."),
    ("timezone", "Asia/Shangai", "is not a time zone", "Did you mean Asia/Shanghai?"),
    ("timezone", "Beijing", "is not a time zone", "Did you mean Asia/Shanghai?"),
    ("timezone", "new york", "is not a time zone", "Did you mean America/New_York?"),
    ("timezone", "+08:00", "is not a time zone", "Write it by its place, as Asia/Shanghai, or UTC."),
    ("timezone", "../../etc/passwd", "is not a time zone", "Write it by its place"),
    ("timezone", "Asia", "is not a time zone", ""),
    ("timezone", "", "is not a time zone", "Write it by its place"),
    ("effective_from", "2026-12-01", "doesn't say in which time zone", "2026-12-01T00:00:00+08:00."),
    ("effective_from", 20261201, "is not a moment", "Write it as 2026-12-01T00:00:00+08:00."),
    ("effective_from", "soon", "is not a moment", "Write it as 2026-12-01T00:00:00+08:00."),
    # Whole numbers
    ("downgrade.notice_days", 29, "is less than 30", "Write 30 or more."),
    ("downgrade.notice_days", 366, "is more than 365", "Write 365 or less."),
    ("downgrade.notice_days", "30", "is not a whole number", "Write a whole number, without quotes"),
    ("downgrade.notice_days", True, "is not a whole number", "Write a whole number"),
    ("downgrade.notice_days", 30.0, "is not a whole number", "Write a whole number"),
    # Metrics
    (METRIC, 5, "is not a metric", "Write one of {sum: order.amount}, {count: order}, {points: "),
    (METRIC, {}, "is not a metric", "Write one of {sum: order.amount}, {count: order}, {points: "),
    (METRIC, {"counts": "review"}, "is not a metric", "Did you mean count?"),
    (f"{METRIC}.count", 5, "is not a kind of activity", "Write one, as review, or more: [review, share]."),
    (f"{METRIC}.count", [], "is empty", "Write at least one."),
    (
        f"{METRIC}.count",
        "refund",
        "'refund' can't be counted",
        "Count order, activity, or kinds of activity.",
    ),
    (f"{METRIC}.sum", "order.amount", "'sum' is not known here", "Write one of: name, window, where, "),
    (f"{METRIC}.excluding", "share", "only `count: activity` leaves kinds out", "Remove it."),
    (f"{METRIC}.where.quality", {}, "sets no limit", "Write {gte: …}, {lte: …} or both."),
    (f"{METRIC}.where.quality", 4, "is not a mapping", "Write keys and values: {key: value}."),
    (f"{METRIC}.where.quality", {"gte": 4, "lte": 3}, "nothing is at least 4 and at most 3", "Swap them."),
    (f"{METRIC}.where.quality", {"gte": "4.5"}, "is counted in whole numbers, not 4.5", "Round it."),
    (
        f"{METRIC}.where.amount",
        {"gte": 4},
        "what is counted here has no amount",
        "Bound its quality or value.",
    ),
    ("metrics.spend.where.quality", {"gte": 4}, "what is counted here has no quality", "Bound its amount."),
    ("metrics.spend.where.amount", {"gte": "0.001"}, "CNY has 2 decimal places, 0.001 has more", "Round it."),
    # Criteria
    (RULE, 5000, "is not a criterion", "Write a metric and the least that it has to be: {spend: 5000}."),
    (RULE, "spend", "is not a criterion", "Write a metric and the least that it has to be: {spend: 5000}."),
    (RULE, {}, "says nothing", "Write a criterion, as {spend: 5000}."),
    (RULE, [{"spend": 1}], "a list alone doesn't say how much of it", "Write {all: […]} or {any: […]}."),
    (
        RULE,
        {"spend": 1, "orders": 2},
        "spend and orders stand side by side",
        "{all: [{spend: …}, {orders: …}]}",
    ),
    (RULE, {"all": [], "any": []}, "all and any stand side by side", "Nest one in the other: {all: "),
    (RULE, {"at_least": 2, "of": []}, "side by side", "Write {at_least: {count: 2, of: […]}}."),
    (f"{RULE}.all", [], "is empty", "Write at least one."),
    (f"{RULE}.all", {"spend": 1}, "is not a list", "Write […], or a line beginning with - for each."),
    (f"{RULE}.all", [{"spend": n} for n in range(1, 12)], "is too long", "Write at most 10."),
    (RULE, {"all": [{"any": [{"spend": 1}] * 9}] * 4}, "has 36 comparisons", "leave at most 32."),
    (RULE, {"all": [{"any": [{"spend": 1}] * 9}] * 3}, "can be met in 729 ways", "leave at most 64."),
    # Thresholds
    (f"{RULE}.all[0].spend", "99.999", "CNY has 2 decimal places, 99.999 has more", "Round it."),
    (f"{RULE}.all[1].orders", "2.5", "is counted in whole numbers, not 2.5", "Round it."),
    (f"{RULE}.all[0].spend", 0, "is not more than 0", "Write more than 0."),
    (f"{RULE}.all[0].spend", -5, "is not more than 0", "Write more than 0."),
    (f"{RULE}.all[0].spend", None, "is empty", "Write a number, as 5000."),
    (f"{RULE}.all[0].spend", True, "is not a number", "Write a number, as 5000."),
    (
        f"{RULE}.all[0].spend",
        99.9,
        "is a rounded number",
        "Write it in quotes, which keeps it exact: '99.9'.",
    ),
    (f"{RULE}.all[0].spend", "NaN", "is not a number", "Write a number, as 5000."),
    (f"{RULE}.all[0].spend", 10**30, "is too large", "Write less than 1000000000000000."),
    (f"{RULE}.all[0].spend", 10**5000, "is too large", "Write less than 1000000000000000."),
    ("downgrade.notice_days", 10**5000, "is more than 365", "Write 365 or less."),
    ("id", 10**5000, "is not an id", "Begin with a letter, as gold."),
    ("name.en", 10**5000, "is not text", "Write words."),
    (f"{RULE}.all[0].spend", [5000], "is not a number", "Write the number alone: {spend: 5000}."),
    (f"{RULE}.all[0].spend", {"gte": 5}, "is not a number", "Write the number alone: {spend: 5000}."),
    (
        f"{RULE}.all[0].spend",
        "5,000",
        "is not a plain number",
        "Write it alone, without separators or units: 5000.",
    ),
    (f"{RULE}.all[0].spend", "¥5,000.50", "is not a plain number", "units: 5000.50."),
    (f"{RULE}.all[0].spend", ">= 5000 CNY", "is not a plain number", "units: 5000."),
    (f"{RULE}.all[0].spend", "５０００元", "is not a plain number", "units: 5000."),
    (f"{RULE}.all[0].spend", "5万", "is not a number", "Write a number, as 5000."),
    (f"{RULE}.all[0].spend", "AB" * 30_000, "is not a number", "Write a number, as 5000."),
]


def in_full(value: Any) -> str:
    """What is too long to be shown whole is cut."""
    return f"{value:x}" if isinstance(value, int) else repr(value)


@pytest.mark.parametrize(("place", "written", "message", "remedy"), HERE, ids=range(len(HERE)))
def test_a_flaw_where_it_was_written(place: str, written: Any, message: str, remedy: str) -> None:
    (flaw,) = flaws_of(changed(place, written))
    assert flaw.path == place
    assert message in flaw.message
    assert remedy in flaw.remedy
    found = None if written is GONE else written
    assert flaw.value == found or len(str(flaw.value)) < len(in_full(found))
    json.dumps(flaw.value)


# What was written at a place, and the flaw that lies deeper: its path, the value there, what is said.
ELSEWHERE: list[tuple[str, Any, str, Any, str, str]] = [
    ("window", {"kind": "lifetime", "months": 3}, "window.months", 3, "is not known here", "Remove it."),
    ("metrics.Spend", {"sum": "order.amount"}, "metrics.Spend", "Spend", "is not an id", "letter: spend."),
    ("metrics.a b", {"count": "order"}, "metrics['a b']", "a b", "is not an id", "letter: a-b."),
    ("name", {"en": "a\ud800"}, "name.en", "a\\ud800", "has half of a character", "Write it again."),
    ("name", {"zh": "长" * 81}, "name.zh", "长" * 80 + "…", "is 81 characters long", "Write at most 80."),
    (
        "tiers[0].benefits",
        [{}],
        "tiers[0].benefits[0]",
        {},
        "says nothing",
        "Write {en: …}, {zh: …} or both.",
    ),
    (METRIC, {"sum": "amount"}, f"{METRIC}.sum", "amount", "can't be added up", "order.amount"),
    (METRIC, {"since": "joined"}, f"{METRIC}.unit", None, "is missing", "Add it: `unit: year`."),
    (
        METRIC,
        {"points": {"order": 1}},
        f"{METRIC}.points.order",
        "order",
        "not a kind of activity",
        "referral",
    ),
    (METRIC, {"points": {"x": 0}}, f"{METRIC}.points.x", 0, "is not more than 0", "Write more than 0."),
    (METRIC, {"points": {"x": True}}, f"{METRIC}.points.x", True, "is not a whole number", "Write a whole"),
    (
        f"{METRIC}.where",
        {"qualty": {"gte": 4}},
        f"{METRIC}.where.qualty",
        "qualty",
        "",
        "Did you mean quality?",
    ),
    (RULE, {"spent": 5000}, f"{RULE}.spent", "spent", "there is no metric 'spent'", "Did you mean spend?"),
    (
        RULE,
        {"tenure": 1},
        f"{RULE}.tenure",
        "tenure",
        "there is no metric",
        "Known here: spend, orders, feedback.",
    ),
    (
        RULE,
        {"metric": "spent", "gte": 1},
        f"{RULE}.metric",
        "spent",
        "there is no metric",
        "Did you mean spend?",
    ),
    (
        RULE,
        {"all": [{"orders": 1}, {"any": [{"x": 1}]}]},
        f"{RULE}.all[1].any[0].x",
        "x",
        "there is no metric",
        "",
    ),
    (RULE, {"metric": "spend"}, f"{RULE}.gte", None, "is missing", "Add it: `gte: 5000`."),
    (RULE, {"metric": "spend", "gte": 5, "lt": 9}, f"{RULE}.lt", 9, "is not known here", "Remove it."),
    (
        RULE,
        {"metric": "spend", "gte": "0.001"},
        f"{RULE}.gte",
        "0.001",
        "CNY has 2 decimal places",
        "Round it.",
    ),
    (
        RULE,
        some(3, {"spend": 1}, {"orders": 1}),
        f"{RULE}.at_least.count",
        3,
        "asks for 3 of 2",
        "at most 2, or",
    ),
    (RULE, some(0, {"spend": 1}), f"{RULE}.at_least.count", 0, "is less than 1", "Write 1 or more."),
    (
        RULE,
        some(True, {"spend": 1}),
        f"{RULE}.at_least.count",
        True,
        "is not a whole number",
        "Write a whole",
    ),
    (
        RULE,
        some(1, {"orders": 9}, {"spend": "1.005"}),
        f"{RULE}.at_least.of[1].spend",
        "1.005",
        "CNY has 2",
        "Round",
    ),
    (
        "tiers[1].rewards",
        [{"id": "gift", "points": 5}, {"id": "gift", "points": 6}],
        "tiers[1].rewards[1].id",
        "gift",
        "there are two rewards 'gift'",
        "Give each its own id.",
    ),
    (
        "tiers[1].rewards",
        [{"id": "a", "points": 0}],
        "tiers[1].rewards[0].points",
        0,
        "is not more than 0",
        "",
    ),
]


@pytest.mark.parametrize(("place", "written", "path", "found", "message", "remedy"), ELSEWHERE)
def test_a_flaw_below(place: str, written: Any, path: str, found: Any, message: str, remedy: str) -> None:
    (flaw,) = flaws_of(changed(place, written))
    assert (flaw.path, flaw.value) == (path, found)
    assert message in flaw.message
    assert remedy in flaw.remedy


def test_every_flaw_is_told_at_once() -> None:
    document = changed("currency", "RMB", changed("timezone", "Beijing", changed("downgrade.notice_days", 7)))
    assert [flaw.path for flaw in flaws_of(document)] == ["currency", "timezone", "downgrade.notice_days"]
    document = changed("tiers[2].qualify", {"x": 1}, changed("tiers[1].qualify", {"spend": "0.001"}))
    assert [flaw.path for flaw in flaws_of(document)] == ["tiers[1].qualify.spend", "tiers[2].qualify.x"]


@pytest.mark.parametrize(
    "document",
    [
        {**SMALL, **{f"key{n}": "x" * 10_000 for n in range(1000)}},
        {**SMALL, **{"x" * 10_000 + str(n): n for n in range(20)}},
        {**SMALL, "x" * 10_000: {5: 1}},
        changed(RULE, {"x" * 10_000: 1}),
        changed(RULE, {f"{'x' * 1000}{n}": 1 for n in range(20)}),
        changed(RULE, {"at_least": "x" * 10_000, "of": []}),
        changed("name", "x" * 10_000),
        changed(METRIC, {"x" * 10_000: 1}),
        changed("timezone", "x" * 10_000),
        changed("currency", "x" * 10_000),
        changed(METRIC, {"points": {"x" * 10_000: 1}}),
    ],
    ids=range(11),
)
def test_the_answer_stays_small(document: Any) -> None:
    flaws = flaws_of(document)
    assert len(flaws) <= MOST_FLAWS
    assert all(len(str(flaw)) < 1_200 for flaw in flaws)


AMOUNT = "tiers[1].qualify.all[0].spend"

SLIPS: list[tuple[str, str, str, Any, str, str]] = [
    # Numbers as people write them
    (
        "spend: 1000",
        "spend: 1,000",
        AMOUNT[:-6],
        {"spend": 1, "000": None},
        "a comma splits a number",
        "spend: 1000",
    ),
    (
        "spend: 1000",
        "spend: 1,500",
        AMOUNT[:-6],
        {"spend": 1, "500": None},
        "a comma splits a number",
        "without",
    ),
    ("spend: 1000", "spend: 10.005", AMOUNT, "10.005", "CNY has 2 decimal places", "Round it."),
    ("spend: 1000", "spend: 1:30", AMOUNT, "1:30", "is not a number", "Write a number, as 5000."),
    ("spend: 1000", "spend: 0x10", AMOUNT, "0x10", "is not a number", "Write a number, as 5000."),
    ("spend: 1000", "spend: .inf", AMOUNT, ".inf", "is not a number", "Write a number, as 5000."),
    ("spend: 1000", "spend: 1e400", AMOUNT, "1E+400", "is too large", "Write less than 1000000000000000."),
    ("spend: 1000", "spend: 1e9999999999999999999", AMOUNT, "1e9999999999999999999", "is not a number", ""),
    ("spend: 1000", "spend: yes", AMOUNT, "yes", "is not a number", "Write a number, as 5000."),
    ("spend: 1000", "spend: 2026-01-01", AMOUNT, "2026-01-01", "is not a number", "Write a number, as 5000."),
    ("{spend: 1000}", "{spend：1000}", f"{AMOUNT}：1000", None, "is empty", "with the keyboard in English"),
    # What YAML itself can't read
    (
        "window:",
        "\twindow:",
        "line 7, column 1",
        "window: lifetime",
        "a tab stands here",
        "Indent with spaces",
    ),
    (
        "window:",
        "window：",
        "line 7, column 1",
        "window： lifetime",
        "a full-width sign stands here",
        "in English",
    ),
    ("window:", " window:", "line 7, column 8", "window: lifetime", "a colon too many", "begin a new line"),
    (
        "Bronze, zh",
        "Bronze zh",
        "line 16, column 25",
        "name: {en: Bronze zh: 青铜会员}",
        "a comma or } is missing",
        "a comma",
    ),
    (
        "club, zh: 电商会员}",
        "club",
        "line 5, column 9",
        "currency: CNY",
        "a comma or } is missing",
        "Close every",
    ),
    (
        "id: ecommerce",
        "id: 1\nid: 2",
        "line 4, column 1",
        "id: 2",
        "'id' stands twice in one place",
        "Keep one",
    ),
    ("id: ecommerce", "id: @shop", "line 3, column 5", "id: @shop", "'@' can't begin a value", "in quotes"),
    ("id: ecommerce", "id: a: b", "line 3, column 6", "id: a: b", "a colon too many", "in quotes"),
    (
        "id: ecommerce",
        "id: *shop",
        "line 3, column 5",
        "id: *shop",
        "'shop' stands for nothing",
        "the value itself",
    ),
    (
        "id: ecommerce",
        "id: !!bool x",
        "line 3, column 5",
        "id: !!bool x",
        "the tag '!!bool' means nothing",
        "Remove",
    ),
    (
        "id: ecommerce",
        "id: !!python/name:os.system",
        "line 3, column 5",
        "id: !!python/name:os.system",
        "tag",
        "Remove",
    ),
    (
        "id: ecommerce",
        "id: shop\n---",
        "line 4, column 1",
        "---",
        "a second document begins here",
        "the line `---`",
    ),
    ("id: ecommerce", "? [id]\n: shop", "line 3, column 3", "? [id]", "a key has to be a word", "in quotes"),
    ("id: ecommerce", "id: \x07", "line 3", "U+0007", "is a character that doesn't show", "Remove it."),
    (
        "steps: one}",
        "steps: 'one}",
        "line 43, column 37",
        "downgrade: {notice_days: 30, steps: 'one}",
        "a quote isn't closed",
        "Close it.",
    ),
    ("id: ecommerce", "<<: {id: x}", "id", None, "is missing", "Add it"),
]


@pytest.mark.parametrize(("old", "new", "place", "found", "message", "remedy"), SLIPS)
def test_a_slip_in_yaml(old: str, new: str, place: str, found: Any, message: str, remedy: str) -> None:
    assert old in P1
    flaw = flaws_in(P1.replace(old, new, 1))[0]
    assert (flaw.path, flaw.value) == (place, found)
    assert message in flaw.message
    assert remedy in flaw.remedy


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("spend: 1000", "spend: 1_000"),
        ("spend: 1000", "spend: 1000.00"),
        ("spend: 1000", "spend: '1000'"),
        ("spend: 1000", "spend: 1e3"),
        ("spend: 1000", "spend: 01000"),
        ("{spend: 1000}", "{metric: spend, gte: 1000}"),
        ("window: lifetime", "window: {kind: lifetime}"),
        ("{count: feedback}", "{count: [feedback]}"),
        ("name: {en: Silver, zh: 白银会员}", "name: {en: 'Silver', zh: \"白银会员\"}"),
        ("timezone: Asia/Shanghai", "timezone: Asia/Shanghai  # a comment\r"),
        ("id: ecommerce", "---\nid: ecommerce"),
        ("{interactions: 5}", "&five {interactions: 5}"),
    ],
)
def test_other_ways_to_write_the_same(old: str, new: str) -> None:
    assert old in P1
    assert read_program(P1.replace(old, new, 1)) == read_program(P1)


def test_words_that_yaml_would_take_for_something_else() -> None:
    document = (
        P1.replace("en: Silver", "en: on")
        .replace("en: Gold", "en: No")
        .replace("zh: 黄金会员", "zh: 12:30:45")
    )
    silver, gold = read_program(document).tiers[1:3]
    assert (silver.name.en, gold.name.en, gold.name.zh) == ("on", "No", "12:30:45")


def test_text_or_bytes_with_or_without_a_mark() -> None:
    program = read_program(P1)
    for source in (P1.encode(), "\ufeff" + P1, P1.encode("utf-8-sig"), P1.replace("\n", "\r\n")):
        assert read_program(source) == program
    as_json = program.model_dump_json()
    assert read_program(json.dumps(json.loads(as_json), indent="\t")) == program


@pytest.mark.parametrize(
    ("source", "path", "message", "remedy"),
    [
        ("", "", "a program is a mapping", "Start from a preset."),
        ("just words", "", "a program is a mapping", "Start from a preset."),
        ("[]", "", "a program is a mapping", "Start from a preset."),
        ("5", "", "a program is a mapping", "Start from a preset."),
        (b"id: \xff", "byte 5", "is not text in UTF-8", "Save the file as UTF-8."),
        ("id: shop\n".encode("utf-16"), "byte 1", "is not text in UTF-8", "Save the file as UTF-8."),
        ('{"id": "a", "id": "b"}', "", "'id' stands twice in one place", "Keep one of them."),
        ('{"id": "a",}', "metrics", "is missing", "Add it"),
        ('{"id": NaN, "metrics": {}, "tiers": []}', "id", "is not an id", "letter: nan."),
        ('{"id": 1' + "0" * 5000 + "}", "id", "is not", ""),
        ('{"a": ' * 3000, "", f"is nested more than {DEEPEST} deep", "Nest less"),
        ('{"a": ' * 100 + "1" + "}" * 100, "a" + ".a" * (DEEPEST - 1), "is nested more than", "Nest less"),
        ("a: " + "[" * 2000, "", "is nested more than", "Nest less"),
        ("a: &a [*a]", "a" + "[0]" * (DEEPEST - 1), "is nested more than", "an alias can't stand for itself"),
        (
            "a0: &a0 x\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 20)),
            "",
            f"has more than {MOST_NODES:,} parts",
            "aliases count each time",
        ),
        (
            "{" + ",".join(f'"k{n}": 0' for n in range(MOST_NODES)) + "}",
            "",
            "has more than 20,000 parts",
            "Write less",
        ),
        ("#" * (LARGEST + 1), "", "is 262,145 bytes long", "Write at most 262,144."),
        ("会" * (LARGEST // 3 + 1), "", "bytes long", "Write at most 262,144."),
    ],
    ids=range(18),
)
def test_what_is_no_program_at_all(source: str | bytes, path: str, message: str, remedy: str) -> None:
    flaws = flaws_in(source)
    flaw = next(flaw for flaw in flaws if flaw.path == path)
    assert message in flaw.message
    assert remedy in flaw.remedy
    assert len(str(flaws)) < 5_000


def test_keys_are_words_in_any_document() -> None:
    (flaw,) = flaws_of({**SMALL, 5: "x"})
    assert (flaw.path, flaw.value) == ("", "5")
    assert flaw.message == "the key 5 is not a word"


def test_a_flaw_reads_as_a_sentence() -> None:
    with pytest.raises(ProgramInvalid) as refusal:
        program_from(changed("tiers[1].qualify", {"spent": 5000}))
    assert str(refusal.value) == (
        "tiers[1].qualify.spent: there is no metric 'spent' (found 'spent'). Did you mean spend?"
    )


@pytest.mark.parametrize("window", ["calendar_year", {"kind": "rolling", "months": 12}])
def test_nothing_is_taken_off_what_counts_anew(window: Any) -> None:
    document = changed("tiers[1].deduct", {"spend": 500}, {**SMALL, "validity": {"months": 12}})
    [flaw] = flaws_of(changed("metrics.spend.window", window, document))
    assert flaw.path == "tiers[1].deduct.spend"
    assert flaw.message == "'spend' counts anew, and what is taken off would be missing for good"
    program_from(document)
