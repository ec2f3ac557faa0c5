"""What may happen. A new kind of step is one function here; a new fact or act one line in it."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from membership.facts import Fact
from membership.store import items
from tests.domain.told_twice import NEXT, back_again
from tests.simulation.watch import Violation
from tests.simulation.world import Shop, World

Step = Callable[[World], None]

KINDS: dict[str, Step] = {}
WEIGHTS: dict[str, int] = {}
SUDDEN: list[str] = []
"""Steps that may happen in the middle of another."""


def step(weight: int, *, sudden: bool = False) -> Callable[[Step], Step]:
    def register(do: Step) -> Step:
        KINDS[do.__name__], WEIGHTS[do.__name__] = do, weight
        if sudden:
            SUDDEN.append(do.__name__)
        return do

    return register


# ── The shop ──────────────────────────────────────────────────────────────────────────────────────

AMOUNTS = ["0", "0.01", "1000.00", "4999.99", "5000.00", "8000.00", "20000.00", "30000.00", "100000.00"]
BACK = ["0.01", "500.00", "5000.00", "200000.00"]
ACTIVITIES = ["check_in", "feedback", "referral", "campaign"]
LATE = [
    timedelta(),
    timedelta(),
    timedelta(minutes=-3),
    timedelta(seconds=1),
    timedelta(hours=7),
    timedelta(days=3),
    timedelta(days=40),
]
JOINED = [date(2020, 2, 29), date(2023, 1, 1), date(2024, 2, 29), date(2025, 6, 1)]


def somebody(world: World, shop: Shop) -> str:
    """The first one more often than others."""
    return world.random.choice([shop.members[0], *shop.members])


def acquaintance(world: World, shop: Shop) -> str:
    """Almost always one who is a member by now."""
    there = world.watch.oracles.keys() - world.watch.erased
    known = [one for one in shop.members if (shop.program.id, one) in there]
    return world.random.choice(known) if known and world.random.random() < 0.9 else somebody(world, shop)


def some_shop(world: World) -> Shop:
    return world.random.choice([world.shops[0], *world.shops])


def event(world: World, shop: Shop, kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    at = world.now - world.random.choice(LATE)
    return {
        "id": f"e{world.random.getrandbits(48):x}",
        "type": kind,
        "member_id": somebody(world, shop),
        "occurred_at": at.isoformat(),
        "data": data,
    }


def new_event(world: World, shop: Shop) -> dict[str, Any]:
    random = world.random
    money = {"currency": "CNY"}
    match random.choice(["order"] * 8 + ["refund"] * 4 + ["activity"] * 6 + ["profile"]):
        case "order":
            data = {"order_id": f"o{random.getrandbits(48):x}", "amount": random.choice(AMOUNTS), **money}
            return event(world, shop, "order", data)
        case "refund":
            # Of an order that is there, or will never come.
            orders = [one for one in shop.said if one["type"] == "order"]
            refund = event(world, shop, "refund", {"order_id": "o0", "amount": random.choice(BACK), **money})
            if orders:
                order = random.choice([orders[-1], *orders[-9:]])
                refund["data"]["order_id"], refund["member_id"] = (
                    order["data"]["order_id"],
                    order["member_id"],
                )
            return refund
        case "activity":
            return event(world, shop, "activity", {"kind": random.choice(ACTIVITIES)})
    told: dict[str, Any] = {"joined": random.choice(JOINED).isoformat()}
    if random.random() < 0.7:
        told["birthday"] = f"{world.now + timedelta(days=random.choice([-40, -1, 0, 1, 20])):%m-%d}"
    return event(world, shop, "profile", told)


def told_again(world: World, shop: Shop) -> dict[str, Any]:
    """As it was; under another id; or with other words under the same."""
    again = dict(world.random.choice(shop.said[-30:]))
    match world.random.randrange(4):
        case 0:
            again["id"] = f"e{world.random.getrandbits(48):x}"
        case 1:
            again["occurred_at"] = (world.now - timedelta(hours=1)).isoformat()
    return again


@step(30, sudden=True)
def sell(world: World) -> None:
    """The shop tells of one thing or several; of some for the second time."""
    shop, random = some_shop(world), world.random
    events: list[Any] = []
    for _ in range(random.choice([1, 1, 1, 2, 3, 6, 12])):
        again = bool(shop.said) and random.random() < 0.2
        one = told_again(world, shop) if again else new_event(world, shop)
        shop.said.append(one)
        events.append(one)
        if one["type"] == "order" and random.random() < 0.1:  # its refund is told first
            refund = event(world, shop, "refund", one["data"] | {"amount": random.choice(BACK)})
            refund["member_id"] = one["member_id"]
            events.insert(0, refund)
            shop.said.append(refund)
    send(world, shop, {"events": events[0] if len(events) == 1 else events, "wait": random.random() < 0.3})


def send(world: World, shop: Shop, request: Mapping[str, Any]) -> None:
    body = json.dumps(request["events"])
    query = {"wait": "true"} if request["wait"] else None
    known = {who: dict(facts) for who, facts in world.watch.facts.items()}
    answer = world.call(shop, "ingest", "POST /v1/events", body, role="storefront", query=query)
    if answer is None or answer[0] >= 500:
        shop.owed.append(request)
        return
    events = request["events"] if isinstance(request["events"], list) else [request["events"]]
    if answer[0] != 200:
        if len(events) > 1 or answer[0] not in (409, 404):
            raise Violation("I12", f"{answer} for {body}")
        return
    ids = [sent["id"] for sent in events]
    for sent, told in zip(events, json.loads(answer[1])["data"], strict=True):
        if ids.count(sent["id"]) == 1:  # of two contents in one request the second is refused in any case
            check_answer(world, shop, sent, told["status"], known)


def check_answer(world: World, shop: Shop, sent: Any, status: str, before: Mapping[Any, Any]) -> None:
    """I2: what is told of a fact is what the ledger has of it; what was accepted is there from then on."""
    who = (shop.program.id, sent["member_id"])
    there = world.watch.facts.get(who, {})
    if who in world.watch.erased:
        return
    key = key_of(sent)
    fact = there.get(key)
    if fact is None:
        raise Violation("I2", f"{status} was answered for {sent}, of which the ledger has nothing")
    same = items.content_digest(fact) == digest_of(shop, sent, fact)
    if (status == "conflict") == same:
        raise Violation("I2", f"{status} was answered for {sent}, of which the ledger has {fact}")
    if status == "accepted" and key in before.get(who, {}):
        raise Violation("I2", f"{status} was answered for {sent}, which was there before")
    if same:
        shop.acknowledged[sent["member_id"], key] = fact


def key_of(sent: Mapping[str, Any]) -> str:
    match sent["type"]:
        case "order":
            return f"order#{sent['data']['order_id']}"
        case "refund":
            return f"refund#{sent['data']['order_id']}#{sent['id']}"
    return f"{sent['type']}#{sent['id']}"


def digest_of(shop: Shop, sent: Mapping[str, Any], like: Fact) -> str:
    """Of the fact that the event tells, if it is told as the one in the ledger was."""
    data = dict(sent["data"])
    changes: dict[str, Any] = {"occurred_at": datetime.fromisoformat(sent["occurred_at"]).astimezone(UTC)}
    if "amount" in data:
        changes["amount"] = round(float(data["amount"]) * 100)
    if "kind" in data:
        changes["kind"] = data["kind"]
    return items.content_digest(like.model_copy(update=changes))


@step(6, sudden=True)
def send_again(world: World) -> None:
    """What was not answered is sent again."""
    shop = some_shop(world)
    if shop.owed:
        pay(world, shop, shop.owed.pop(world.random.randrange(len(shop.owed))))


def pay(world: World, shop: Shop, owed: Any) -> None:
    if "events" in owed:
        send(world, shop, owed)
    else:
        ask(world, shop, owed)


def ask(world: World, shop: Shop, request: Mapping[str, Any]) -> tuple[int, Any] | None:
    """Anything that an operator asks for; to be asked for again where there is no answer."""
    told = dict(request)
    answer = world.call(shop, told.pop("function"), told.pop("route"), **told)
    if answer is None or answer[0] >= 500:
        shop.owed.append(request)
    return answer


@step(4, sudden=True)
def enrol(world: World) -> None:
    shop = some_shop(world)
    told: dict[str, Any] = {}
    if world.random.random() < 0.5:
        told["joined"] = world.random.choice(JOINED).isoformat()
    ask(
        world,
        shop,
        {
            "function": "ingest",
            "route": "PUT /v1/members/{member_id}",
            "body": json.dumps(told),
            "member_id": somebody(world, shop),
        },
    )


@step(3)
def send_nonsense(world: World) -> None:
    """I12: a documented refusal, and nothing changed."""
    shop, random = some_shop(world), world.random
    good = new_event(world, shop)
    bad: list[Any] = [
        "",
        "{",
        "[]",
        "\ud800",
        '{"id": NaN}',
        json.dumps(good | {"id": "a#b"}),
        json.dumps(good | {"member_id": "x" * 129}),
        json.dumps(good | {"tier": "gold"}),
        json.dumps(good | {"occurred_at": (world.now + timedelta(minutes=6)).isoformat()}),
        json.dumps(good | {"data": {}}),
        json.dumps(good | {"type": "review"}),
        json.dumps(event(world, shop, "order", {"order_id": "o1", "amount": 1.5, "currency": "CNY"})),
        json.dumps(event(world, shop, "order", {"order_id": "o1", "amount": True, "currency": "CNY"})),
        json.dumps(event(world, shop, "order", {"order_id": "o1", "amount": "-1", "currency": "CNY"})),
        json.dumps(event(world, shop, "order", {"order_id": "o1", "amount": "1", "currency": "EUR"})),
        json.dumps(event(world, shop, "refund", {"order_id": "o1", "amount": "0", "currency": "CNY"})),
    ]
    known = sum(map(len, world.watch.facts.values()))
    answer = world.call(shop, "ingest", "POST /v1/events", random.choice(bad), role="storefront")
    if answer and not 400 <= answer[0] < 500 and not world.excused(None):
        raise Violation("I12", f"nonsense was answered {answer}")
    if (
        answer
        and answer[0] < 500
        and not world.excused(None)
        and sum(map(len, world.watch.facts.values())) > known
    ):
        raise Violation("I12", "nonsense left a fact")


# ── Operators ─────────────────────────────────────────────────────────────────────────────────────


def told(world: World) -> dict[str, Any]:
    return {"id": f"a{world.random.getrandbits(48):x}", "by": "Li Wei", "reason": "because it is so"}


@step(9, sudden=True)
def act(world: World) -> None:
    shop, random = some_shop(world), world.random
    tiers = [tier["id"] for tier in shop.document["tiers"]]
    until = (world.now + timedelta(days=random.choice([32, 100, 500]))).date().isoformat()
    acts: list[dict[str, Any]] = [
        {"type": "hold", "tier": random.choice(tiers), "until": until},
        {"type": "lift", "tier": random.choice(tiers), "until": until},
        {"type": "release", "source": random.choice(["hold", "lifted"])},
        {"type": random.choice(["block", "unblock", "unblock"])},
        {"type": random.choice(["leave", "return", "return"])},
        *[{"type": "merge", "into": acquaintance(world, shop)}] * 2,
    ]
    ask(
        world,
        shop,
        {
            "function": "operate",
            "route": "POST /v1/members/{member_id}/actions",
            "body": json.dumps(random.choice(acts) | told(world)),
            "member_id": acquaintance(world, shop),
        },
    )


@step(6, sudden=True)
def decide(world: World) -> None:
    """Answers one of the open questions, as the list shows them."""
    shop, random = some_shop(world), world.random
    listed = world.call(shop, "operate", "GET /v1/approvals", query={"status": "open"})
    if listed is None or listed[0] != 200 or not (data := json.loads(listed[1])["data"]):
        return
    question = random.choice(data)
    decision = {"verdict": random.choice(["approve", "approve", "decline"])} | told(world)
    if question["kind"] == "special" and decision["verdict"] == "approve":
        tiers = [tier["id"] for tier in shop.document["tiers"]]
        until = (world.now + timedelta(days=random.choice([32, 400]))).date().isoformat()
        decision |= {"tier": random.choice(tiers), "until": until}
    ask(
        world,
        shop,
        {
            "function": "operate",
            "route": "POST /v1/approvals/{approval_id}",
            "body": json.dumps(decision),
            "approval_id": question["id"],
        },
    )


@step(2)
def put_version(world: World) -> None:
    """Another version of the program, at once or in some days; after that, the first one again.

    At once is after the ten seconds for which a process may still go by the version before, and after all
    that a clock that is ahead may have dated meanwhile.
    """
    shop, random = some_shop(world), world.random
    versions = world.rules[shop.program.id]
    if len(versions) > 2 or not versions[0].yearly:
        return
    after = max(world.now, versions[-1].since)
    since = after + timedelta(days=random.choice([0, 0, 3, 100]), minutes=5, seconds=11)
    name = random.choice(sorted(NEXT))
    change = NEXT[name] if len(versions) == 1 else back_again
    document, rules = change(dict(shop.document), versions[0])
    told = document | {
        "id": shop.program.id,
        "timezone": versions[0].zone,
        "effective_from": since.isoformat(),
    }
    answer = world.call(shop, "operate", "PUT /v1/program", json.dumps(told))
    if world.is_put(shop, len(versions) + 1):
        versions.append(rules.but(since=since))
    elif answer is not None and answer[0] < 500:
        raise Violation("I12", f"{shop.program.id}: {answer} to {told}")


@step(2)
def erase(world: World) -> None:
    """One of the last, so that the others go on."""
    shop = some_shop(world)
    ask(
        world,
        shop,
        {
            "function": "erase",
            "route": "DELETE /v1/members/{member_id}",
            "member_id": shop.members[-1],
        },
    )


@step(2, sudden=True)
def rebuild(world: World) -> None:
    """As an operator does, for whatever reason."""
    shop = some_shop(world)
    member = acquaintance(world, shop)
    who = (shop.program.id, member)
    if world.watch.facts.get(who) and who not in world.watch.erased:
        world.works("rebuild", {"program": shop.program.id, "member_id": member})


@step(3)
def resend(world: World) -> None:
    shop = some_shop(world)
    listed = world.call(shop, "operate", "GET /v1/deliveries", query={"limit": "20"})
    if listed and listed[0] == 200 and (data := json.loads(listed[1])["data"]):
        told = world.random.choice(data)
        ask(
            world,
            shop,
            {
                "function": "operate",
                "route": "POST /v1/deliveries/{delivery_id}/resend",
                "delivery_id": told["id"],
            },
        )


# ── What AWS does ─────────────────────────────────────────────────────────────────────────────────


@step(30, sudden=True)
def evaluate(world: World) -> None:
    _bring(world, "evaluate")


@step(10, sudden=True)
def publish(world: World) -> None:
    _bring(world, "publish")


def _bring(world: World, function: str) -> None:
    stream = world.streams[function]
    if world.random.random() < 0.15:
        stream.bring_again(world.works, world.random, world.now)
    stream.bring(world.works, world.random, world.now)


@step(12, sudden=True)
def dispatch(world: World) -> None:
    world.dispatch()


@step(6, sudden=True)
def invocations(world: World) -> None:
    world.work_off()


@step(5, sudden=True)
def schedule_fires(world: World) -> None:
    """Early, late, or twice."""
    world.schedule_fires(world.random.choice(["review", "review", "rank"]))


@step(3, sudden=True)
def deploy(world: World) -> None:
    world.deploy()


# ── Time ──────────────────────────────────────────────────────────────────────────────────────────


@step(10)
def minutes_pass(world: World) -> None:
    world.now += timedelta(seconds=world.random.choice([1, 11, 60, 600, 1800]))


@step(4)
def hours_pass(world: World) -> None:
    world.pass_time(world.now + timedelta(hours=world.random.choice([2, 7, 20])))


@step(5)
def days_pass(world: World) -> None:
    random = world.random
    until = world.now + timedelta(days=random.choice([1, 2, 29, 31, 100, 365]), hours=random.randrange(24))
    world.nights(until, missed=lambda: random.random() < 0.2)


@step(2)
def the_year_turns(world: World) -> None:
    """To a second before a new year, at it, or a second after it."""
    shop = some_shop(world)
    edge = shop.program.midnight(date(shop.program.day(world.now).year + 1, 1, 1))
    world.nights(edge + timedelta(seconds=world.random.choice([-1, 0, 1])), missed=lambda: False)


# ── Looking on ────────────────────────────────────────────────────────────────────────────────────


@step(6)
def look(world: World) -> None:
    """I10, I12: reading writes nothing, and another program's member answers as one that isn't there."""
    shop, random = some_shop(world), world.random
    before = world.watch.commits
    member = acquaintance(world, shop)
    route = random.choice(
        [
            "GET /v1/members/{member_id}",
            "GET /v1/members/{member_id}/progress",
            "GET /v1/members/{member_id}/history",
        ]
    )
    answer = world.call(shop, "members", route, role="storefront", member_id=member)
    if answer and answer[0] not in (200, 404, 503):
        raise Violation("I12", f"{route} was answered {answer}")
    if world.watch.commits > before and not world.excused(None):
        raise Violation("I12", f"{route} changed a member")
    [other] = [one for one in world.shops if one is not shop]
    strangers = [one for one in other.members if (shop.program.id, one) not in world.watch.facts]
    if strangers:
        theirs = world.call(shop, "members", route, role="storefront", member_id=strangers[-1])
        nobody = world.call(shop, "members", route, role="storefront", member_id="nobody")
        if theirs and nobody and theirs != nobody and not world.excused(None):
            raise Violation("I10", f"{theirs} for another program's member, {nobody} for nobody")
