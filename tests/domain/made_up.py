"""Programs and lives made up at random: any window with any validity, any way to stay and to fall."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st

from membership.facts import Activity, Attributes, Enrolment, Fact, Order, Profile, Refund
from membership.program.schema import Program

Document = dict[str, Any]
START = date(2024, 1, 15)
ZONES = ["Asia/Shanghai", "America/New_York", "Pacific/Pago_Pago", "Pacific/Kiritimati", "Africa/Cairo"]

YEARS: list[Any] = ["calendar_year", "anniversary_year", {"kind": "year_from", "month": 3}]
ROLLING: list[Any] = [{"months": 1}, {"months": 6}, {"months": 12}, {"days": 30}, {"days": 100}]
ENDLESS: list[Any] = ["lifetime", {"from": "2024-02-01", "to": "2024-12-31"}]
WINDOWS = st.sampled_from([*YEARS, *ROLLING, *ENDLESS])

ENDS: list[Any] = [
    "through_end_of_next_year",
    {"kind": "for_months", "months": 2},
    {"kind": "for_months", "months": 6},
    {"kind": "for_months", "months": 12},
    {"kind": "through_end_of_month", "months": 6},
    {"kind": "through_month", "month": 3},
    {"kind": "through_month", "month": 12, "years_after": 1},
]
VALIDITIES = st.sampled_from([*ENDS, *ENDS, "while_qualified", "while_qualified", "lifetime"])

METRICS: dict[str, dict[str, Any]] = {
    "spend": {"sum": "order.amount"},
    "orders": {"count": "order"},
    "visits": {"days_with": "check_in"},
    "streak": {"streak": "check_in"},
    "merits": {"points": {"review": 5, "share": 3}, "per_day": 2},
    "miles": {"sum": "flight.value"},
    "months": {"since": "joined", "unit": "month"},
}
SILVER = {"spend": 1_000, "orders": 2, "visits": 3, "streak": 2, "merits": 12, "miles": 500, "months": 9}
GOLD = {"spend": 3_000, "orders": 5, "visits": 7, "streak": 3, "merits": 30, "miles": 2_000, "months": 20}

WORDS: dict[str, Any] = {
    "tier.upgraded": {"en": "$tier, from $before", "zh": "$before → $tier"},
    "progress.weekly": {"en": "$percent% to $next: $ways", "zh": "$percent%，$next：$ways"},
}
MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "templates": st.just(WORDS),
        "quiet": st.sampled_from([{"from": "22:00", "to": "08:00"}, {"from": "00:00", "to": "06:30"}]),
        "most_per_month": st.sampled_from([1, 2, 5]),
        "weekly_progress": st.sampled_from(["monday", "thursday", "sunday"]),
    },
)
WANTS: list[dict[str, Any]] = [
    {"timezone": "America/New_York"},
    {"timezone": "Pacific/Kiritimati", "language": "zh"},
    {"opted_out": ("membership",)},
    {"opted_out": ()},
    {"opted_in": ("weekly",)},
    {"opted_in": ("weekly",), "opted_out": ("progress",)},
]


CAMPAIGNS: list[dict[str, Any]] = [
    {"id": "spring", "from": "03-01", "to": "05-31", "points": "2.5", "for": ["order", "review"]},
    {"id": "may", "from": "05-01", "to": "05-05", "points": 3},
]
EXPIRIES: list[Any] = [
    {"after_months": 24},
    {"after_months": 3, "at": "day"},
    {"after_months": 1},
    {"after_months": 6, "at": "end_of_year"},
    {"inactive_months": 1},
    "never",
]


@st.composite
def points_rules(draw: st.DrawFn) -> Document:
    """Orders, reviews, and a check-in a day."""
    return {
        "earn": {
            "order": {"points": draw(st.sampled_from([1, 3])), "per": draw(st.sampled_from([1, 7]))},
            "activities": {"review": 5, "check_in": {"points": 2, "per_day": 1}},
        },
        "combine": draw(st.sampled_from(["multiply", "add", "highest"])),
        "rounding": draw(st.sampled_from(["down", "half_up"])),
        "pending_days": draw(st.sampled_from([0, 0, 5, 20])),
        "expire": draw(st.sampled_from(EXPIRIES)),
        "refunds": draw(st.sampled_from(["clamp", "negative", "pending_only"])),
    }


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Three tiers, asked for in one to three figures."""
    parts = draw(st.lists(st.sampled_from(sorted(METRICS)), min_size=1, max_size=3, unique=True))
    how = draw(st.sampled_from(["all", "any"]))
    silver, gold = ({how: [{name: asked[name]} for name in parts]} for asked in (SILVER, GOLD))
    validity = draw(VALIDITIES)
    tiers: list[dict[str, Any]] = [{"id": "bronze"}, {"id": "silver"}, {"id": "gold"}]
    tiers[1]["qualify"], tiers[2]["qualify"] = silver, gold
    tiers[2]["rewards"] = [{"id": "box", "gift": "box"}]
    for tier in tiers[1:]:
        tier["benefits"] = [{"id": "gift", "gift": "birthday"}]
    if draw(st.booleans()):
        tiers[2]["keep"] = silver
    metrics = {name: dict(METRICS[name]) for name in parts}
    for name in parts:
        if name != "months" and draw(st.booleans()):
            metrics[name]["window"] = draw(WINDOWS)
    if validity in ENDS and "spend" in parts and draw(st.booleans()):
        metrics["spend"]["window"] = "lifetime"
        tiers[2]["deduct"] = {"spend": 2_000}
    points = draw(st.none() | points_rules())
    if points and draw(st.booleans()):
        for tier, rate in zip(tiers[1:], ("1.5", 2), strict=True):
            tier["benefits"].append({"id": "rate", "points_rate": rate})
    refunds = ["at_once", "at_next_review"] + (["never"] if validity != "while_qualified" else [])
    badge = {"any": [{name: draw(st.sampled_from([SILVER, GOLD]))[name]} for name in parts]}
    return {
        "id": "made-up",
        "timezone": draw(st.sampled_from(ZONES)),
        "window": draw(WINDOWS),
        "metrics": metrics,
        "validity": validity,
        "refunds": draw(st.sampled_from(refunds)),
        "messages": draw(MESSAGES),
        "downgrade": {
            "notice_days": draw(st.sampled_from([30, 45])),
            "steps": draw(st.sampled_from(["one", "one", "to_qualified"])),
            "grace_days": draw(st.sampled_from([0, 0, 10, 60])),
            "months_between": draw(st.sampled_from([0, 0, 0, 7])),
        },
        "tiers": tiers,
        **({"points": points, "campaigns": CAMPAIGNS} if points else {}),
        "triggers": [
            one | {"id": f"t{n}", "grant": [{"id": f"g{n}", "points": 5}]}
            for n, one in enumerate(draw(triggers(parts)))
        ],
        "badges": [{"id": "badge", "when": badge}],
    }


@st.composite
def triggers(draw: st.DrawFn, parts: Sequence[str]) -> list[Document]:
    """None, or some; of each occasion there is, whoever they are for and however long they rest."""
    near: Document = {"kind": "nearing", "percent": draw(st.sampled_from([10, 15, 40]))}
    metric = draw(st.sampled_from(sorted(parts)))
    if draw(st.booleans()):
        near |= {"metric": metric, "amount": draw(st.sampled_from([1, 3, 600]))}
    days = draw(st.sampled_from(["02-29", "06-18", "2024-07-01", "12-31"]))
    occasions: list[Any] = ["promotion", near, near, "notice", "rescue", "birthday", {"on": days}]
    occasions.append({"after_days": draw(st.sampled_from([5, 20, 60]))})
    if "streak" in parts:
        occasions.append({"metric": "streak", "days": 2, "every": draw(st.booleans())})
    found = []
    for when in draw(st.lists(st.sampled_from(occasions), max_size=4)):
        one: Document = {"when": when}
        if draw(st.booleans()):
            one["cooldown_days"] = draw(st.sampled_from([0, 3, 45, 400]))
        match draw(st.integers(0, 5)):
            case 0:
                one["tier"] = draw(st.sampled_from(["bronze", "silver", "gold"]))
            case 1:
                one["segment"] = "vip"
        found.append(one)
    return found


def without_rates(document: Document) -> Document:
    """The same, where what an order earns doesn't hang on the tier."""
    tiers = [
        tier | {"benefits": [one for one in tier.get("benefits", []) if "points_rate" not in one]}
        for tier in document["tiers"]
    ]
    return document | {"tiers": tiers}


def facts_of(program: Program, seed: int, days: int, number: int) -> list[Fact]:
    """What a member does within so many days: it joins, buys, gives back, flies, comes by, uses what it has,
    and says what it wants to be told."""
    random = Random(seed)
    begins = program.midnight(START)
    born = random.choice([None, "02-29", "03-01", "01-15", "12-31"])
    facts: list[Fact] = [
        Enrolment(
            id="joins",
            member_id="m",
            occurred_at=begins,
            recorded_at=begins,
            attributes=Attributes(birthday=born) if born else Attributes(),
        ),
    ]
    for n in range(number):
        day = START + timedelta(days=random.randrange(days))
        facts += _done(program, random, n, day)
    return in_order(facts)


def _done(program: Program, random: Random, n: int, day: date) -> list[Fact]:
    at = program.midnight(day) + timedelta(minutes=random.randrange(60, 1_400))
    told: dict[str, Any] = {"id": f"e{n}", "member_id": "m", "occurred_at": at, "recorded_at": at}
    match random.randrange(9):
        case 0 | 1:
            return [Order(**told, order_id=f"o{n}", amount=random.choice([1, 40_000, 100_000, 300_000]))]
        case 2:
            later = at + timedelta(hours=random.randrange(1, 900))
            back = told | {"id": f"r{n}", "occurred_at": later, "recorded_at": later}
            refund = Refund(**back, order_id=f"o{n}", amount=random.choice([1, 150_000, 300_000, 900_000]))
            return [Order(**told, order_id=f"o{n}", amount=300_000), refund]
        case 3:
            return [Activity(**told, kind="flight", value=random.choice([100, 500, 2_000]))]
        case 4 | 5:
            run = (at + timedelta(days=more) for more in range(random.choice([1, 2, 3])))
            return [
                Activity(**told | {"id": f"e{n}-{m}", "occurred_at": on, "recorded_at": on}, kind="check_in")
                for m, on in enumerate(run)
            ]
        case 6:
            if random.random() < 0.4:
                return [Activity(**told, kind="benefit_used", benefit=random.choice(["gift", "unheard-of"]))]
            news: list[dict[str, Any]] = [{"labels": ("vip",)}, {"labels": ()}, {"birthday": "03-01"}, *WANTS]
            return [Profile(**told, attributes=Attributes(**random.choice(news)))]
        case _:
            return [Activity(**told, kind=random.choice(["review", "share"]))]


def in_order(facts: Sequence[Fact]) -> list[Fact]:
    return sorted(facts, key=lambda fact: (fact.occurred_at, fact.key))
