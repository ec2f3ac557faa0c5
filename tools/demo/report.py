"""What the demo shows: tiers, promotions, one member, notices, deliveries, times; and whether it is right."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table

from membership.member.state import Member
from membership.outcomes import Envelope
from membership.program import wording
from membership.program.schema import Ladder, Program, Tier
from tools.cdnow import Purchase
from tools.demo import program
from tools.demo.shop import Shop
from tools.receiver import Receiver
from tools.sam import ROOT

BAR = 36
NOTICES_SHOWN = 3


@dataclass(frozen=True)
class Seen:
    """What a run left to look at."""

    shop: Shop
    log: Sequence[Purchase]
    at_the_end: Mapping[str, Member]
    """Members at the end of the log, before any review."""
    members: Mapping[str, Member]
    outcomes: Sequence[Envelope]
    reviewed: Mapping[date, int]
    """Days on which somebody was due, and how many."""
    receiver: Receiver
    parked: int
    failures: Mapping[str, int]
    stages: Mapping[str, float]
    born: str
    """Whose birthday was told."""
    buyer: str
    """Who redeemed points."""
    redeemed: Mapping[str, Any]
    """The answer to that."""

    @property
    def points_earned(self) -> int:
        return sum(member.points.earned for member in self.members.values())

    @property
    def points_left(self) -> int:
        return sum(member.points.balance for member in self.members.values())

    @property
    def program(self) -> Program:
        return program.program()

    @property
    def ladder(self) -> Ladder:
        return self.program.ladders_by_id["main"]

    def of_type(self, kind: str) -> list[Envelope]:
        return [outcome for outcome in self.outcomes if outcome.type == kind]

    def day(self, moment: datetime) -> date:
        return self.program.day(moment)

    def name(self, tier: str) -> str:
        return self.program.tier(tier).label().get("en")


def introduce(console: Console, log: Sequence[Purchase]) -> None:
    customers, total = len({purchase.customer for purchase in log}), sum(p.cents for p in log)
    console.print(
        f"[bold]Tierwise, on this machine.[/] The orders are real: {len(log):,} purchases by {customers:,} "
        f"customers of CDNOW, {min(p.day for p in log)} to {max(p.day for p in log)}, {_usd(total)}. The log "
        "has orders only: no refunds, no other activity, no feedback; nothing is invented here but one "
        f"birthday. The program is preset P1 with the changes of {program.FILE.relative_to(ROOT)}:"
    )
    changes = Syntax(program.FILE.read_text("utf-8").strip(), "yaml", background_color="default")
    console.print(Padding(changes, (1, 2)))


def show(console: Console, seen: Seen, folder: Path) -> bool:
    """Prints everything; False where something isn't as it must be."""
    _tiers(console, seen)
    _promotions(console, seen)
    _notices(console, seen)
    _points(console, seen)
    _occasions(console, seen)
    _member(console, seen, folder)
    _deliveries(console, seen)
    _times(console, seen)
    return _check(console, seen)


def go_on(console: Console, shop: Shop, member: str) -> None:
    """What there is to do by hand: the stack is left running."""
    _title(console, "To go on by hand")
    console.print("The stack keeps running, with the whole log, until [bold]make down[/]. In your shell:\n")
    console.print(f"  BASE={shop.stack.base_url}", soft_wrap=True)
    console.print(f"  OPERATOR={shop.operator.key} STOREFRONT={shop.storefront.key}", soft_wrap=True)
    order = (
        '{"id":"e1","type":"order","member_id":"ann","occurred_at":"2026-01-02T10:00:00-05:00",'
        '"data":{"order_id":"o1","amount":"120.00","currency":"USD"}}'
    )
    for key, call in (
        ("STOREFRONT", f"$BASE/v1/members/{member}/progress"),
        ("STOREFRONT", f"-d '{order}' \"$BASE/v1/events?wait=true\""),
        ("OPERATOR", '"$BASE/v1/deliveries?limit=5"'),
    ):
        console.print(f'  curl -H "Authorization: Bearer ${key}" {call}', soft_wrap=True, markup=False)
    console.print(
        "\nThe receiver of the webhooks has ended with the demo: deliveries fail until there is another. One "
        "to start with, and the call that makes it known, are in docs/how-to/receive-webhooks.md."
    )


def _tiers(console: Console, seen: Seen) -> None:
    before, after = (_per_tier(members.values()) for members in (seen.at_the_end, seen.members))
    last = max(purchase.day for purchase in seen.log)
    table = _table("Tier", "Asks for")
    table.add_column(str(last), justify="right")
    table.add_column(str(max(seen.reviewed, default=last)), justify="right")
    for tier in reversed(seen.ladder.tiers):
        counts = (f"{members[tier.id]:,}" for members in (before, after))
        table.add_row(seen.name(tier.id), _asked(seen.program, tier), *counts)
    _title(console, "Members per tier, at the end of the log and after the last review")
    console.print(table)


def _promotions(console: Console, seen: Seen) -> None:
    months: dict[str, Counter[str]] = defaultdict(Counter)
    for outcome in seen.of_type("tier.upgraded"):
        if outcome.data.get("from_tier"):
            months[f"{seen.day(outcome.at):%Y-%m}"][outcome.data["to_tier"]] += 1
    tiers = [tier.id for tier in seen.ladder.tiers[1:]]
    table = _table("Month")
    for tier in tiers:
        table.add_column(seen.name(tier), justify="right")
    table.add_column("")
    most = max(month.total() for month in months.values())
    for month, counts in sorted(months.items()):
        table.add_row(month, *(str(counts[tier] or "") for tier in tiers), _bar(counts.total(), most, BAR))
    _title(console, "Promotions per month")
    console.print(table)


def _notices(console: Console, seen: Seen) -> None:
    notices, fallen = seen.of_type("tier.will_downgrade"), seen.of_type("tier.downgraded")
    rescued = seen.of_type("tier.kept")
    table = _table("Member", "Told on", "What it was told")
    messages = {
        message.member_id: message.data["text"]["en"]
        for message in seen.of_type("message.due")
        if message.data["about"] == "tier.will_downgrade"
    }
    # The highest tiers first: those are the members whom a shop would call.
    rank = seen.ladder.rank
    for notice in sorted(notices, key=lambda n: (-rank(n.data["from_tier"]), n.member_id))[:NOTICES_SHOWN]:
        table.add_row(notice.member_id, str(seen.day(notice.at)), escape(messages[notice.member_id]))
    days = ", ".join(f"{day} ({n} members)" for day, n in seen.reviewed.items())
    why = "" if rescued else " (the log ends months before the first notice, so nobody could)"
    _title(console, "Notices")
    console.print(
        f"Reviewed, as somebody was due: {days}. {len(notices)} were given notice; {len(rescued)} rescued "
        f"themselves{why}, {len(fallen)} fell, each by one tier. For example:"
    )
    console.print(table)


def who_redeems(members: Mapping[str, Member]) -> str:
    """Of the lowest tier, who has most points: whoever comes back after thirty years has no tier to lose."""
    lowest = next(iter(program.program().ladders_by_id["main"].tiers)).id
    return max(
        sorted(id_ for id_, member in members.items() if member.standings["main"].tier == lowest),
        key=lambda id_: members[id_].points.balance,
    )


def _points(console: Console, seen: Seen) -> None:
    redemption = seen.redeemed["redemption"]
    _title(console, "Points")
    console.print(
        f"{seen.points_earned:,} were earned, at the rate of each member's tier when it ordered. Member "
        f"{seen.buyer} redeemed {redemption['points']} of its points for {redemption['name']!r}: code "
        f"{redemption['code']}, {seen.redeemed['spendable']:,} points left. {seen.points_left:,} are "
        "outstanding."
    )


def _occasions(console: Console, seen: Seen) -> None:
    fired = seen.of_type("trigger.fired")
    counts = Counter(outcome.data["trigger"] for outcome in fired)
    granted = sum("trigger" in outcome.data for outcome in seen.of_type("reward.granted"))
    names = {trigger.id: trigger for trigger in seen.program.triggers}
    table = _table("Occasion", "Led to")
    table.add_column("Times", justify="right")
    for trigger, n in counts.most_common():
        gifts = [reward.name.get("en") for reward in names[trigger].grant]
        table.add_row(names[trigger].name.get("en"), ", ".join(gifts) or "a message", str(n))
    _title(console, "Occasions")
    console.print(table)
    for kind in ("nearing", "birthday"):
        told = next(m for m in seen.of_type("message.due") if m.data["about"] == f"trigger.{kind}")
        console.print(f"Member {told.member_id} on {seen.day(told.at)}: {escape(told.data['text']['en'])}")
    console.print(f"{granted:,} coupons and gifts in all.")


def most_eventful(seen: Seen) -> str:
    """Of the members who fell, the one with most to tell."""
    told = Counter(outcome.member_id for outcome in seen.outcomes if outcome.type.startswith("tier."))
    fell = {outcome.member_id for outcome in seen.of_type("tier.downgraded")}
    return max(sorted(told), key=lambda member: (member in fell, told[member]))


def _member(console: Console, seen: Seen, folder: Path) -> None:
    """As the API tells it."""
    member = most_eventful(seen)
    path = f"/v1/members/{member}"
    _title(console, f"One member: GET {path}/progress, …/history, …/progress.svg")
    console.print("\n".join(_progress(seen.shop.storefront.get(f"{path}/progress"))), markup=False)
    console.print()
    for outcome in reversed(seen.shop.storefront.get(f"{path}/history?limit=100")["data"]):
        if outcome["type"].startswith("tier."):
            day = seen.day(datetime.fromisoformat(outcome["at"]))
            console.print(f"{day}  {outcome['type']:20}{_what(seen, outcome['data'])}")
            for one in outcome.get("why", {}).get("seen", ()):
                console.print(f"[dim]{'':12}{escape(one)}[/]")
    drawing = folder / f"progress-{member}.svg"
    drawing.write_text(seen.shop.storefront.text(f"{path}/progress.svg"), "utf-8")
    console.print(f"Its progress as a picture is in {drawing.relative_to(ROOT)}.")


def _progress(progress: Mapping[str, Any]) -> Iterator[str]:
    for ladder in progress["ladders"]:
        yield f"{ladder['tier']['name']}, promised through {ladder.get('valid_through', 'any day')}"
        if upper := ladder.get("next"):
            yield f"{upper['percent']} % of the way to {upper['tier']['name']}, as of {progress['day']}:"
            for one in upper["ways"][0]["requirements"]:
                bar = _bar(one["percent"], 100, 20).ljust(20, "░")
                yield f"  {bar}  {one['have']['text']} of {one['need']['text']}{' ✓' * one['met']}"


def _what(seen: Seen, data: Mapping[str, Any]) -> str:
    if "to_tier" not in data:
        return seen.name(data["tier"])
    return (f"{seen.name(data['from_tier'])} → " if "from_tier" in data else "") + seen.name(data["to_tier"])


def _deliveries(console: Console, seen: Seen) -> None:
    receiver = seen.receiver
    about: Counter[str] = Counter(
        message["data"].get("about") or message["type"] for message in receiver.effects.values()
    )
    kinds = ", ".join(f"{n} about {kind}" for kind, n in about.most_common())
    _title(console, "Deliveries at the shop's receiver")
    console.print(
        f"{len(receiver.effects)} messages: {kinds}. Every signature was checked, {receiver.rejected} were "
        f"bad. {receiver.duplicates} came again under the same webhook-id and had no second effect: the "
        "receiver had taken it and answered 500, on purpose."
    )


def _times(console: Console, seen: Seen) -> None:
    table = _table("Stage")
    table.add_column("Seconds", justify="right")
    table.add_column("Events a second", justify="right")
    for stage, seconds in seen.stages.items():
        rate = f"{len(seen.log) / seconds:,.0f}" if "the orders" in stage else ""
        table.add_row(stage, f"{seconds:.1f}", rate)
    _title(console, "How long it took")
    console.print(table)
    console.print(
        "This measures the emulator, which runs the gateway, the functions and the tables on this machine's "
        "processors, and no AWS. make bench measures what doesn't depend on it."
    )


def _check(console: Console, seen: Seen) -> bool:
    """Compared with what plain addition over the log says, without any of the engine's code."""
    cents, spent = sum(p.cents for p in seen.log), _sum(seen.members.values(), "spend")
    tiers = {id_: member.standings["main"].tier for id_, member in seen.at_the_end.items()}
    undelivered = [
        delivery
        for status in ("pending", "failed")
        for delivery in seen.shop.operator.get(f"/v1/deliveries?status={status}&limit=100")["data"]
    ]
    checks = {
        f"all {len(seen.log):,} orders settled, once each": (
            _sum(seen.members.values(), "interactions") == len(seen.log)
        ),
        f"{_usd(cents)} spent, to the cent": spent == cents,
        f"each of {len(tiers):,} members in the tier that plain addition gives": (
            tiers == by_plain_addition(seen.log)
        ),
        "points in the accounts are what was earned, less what was redeemed": (
            seen.points_left == seen.points_earned - seen.redeemed["redemption"]["points"]
        ),
        f"a birthday gift for member {seen.born}, once a year, and for nobody else": _is_given_once(
            [one for one in seen.of_type("trigger.fired") if one.data["kind"] == "birthday"], seen.born
        ),
        "no member parked": not seen.parked,
        "no delivery pending or failed": not undelivered,
        "nothing in a queue of failures": not seen.failures,
        "every message signed": not seen.receiver.rejected,
    }
    _title(console, "Checked")
    for what, holds in checks.items():
        console.print(f"[green]✓[/] {what}" if holds else f"[bold red]✗ NOT: {what}[/]")
    return all(checks.values())


def _is_given_once(birthdays: Sequence[Envelope], born: str) -> bool:
    days = {(one.member_id, one.data["occasion"]) for one in birthdays}
    return 0 < len(birthdays) == len(days) and {member for member, _ in days} == {born}


def by_plain_addition(log: Sequence[Purchase]) -> dict[str, str]:
    """Nothing is taken back in this log, so whoever reached a tier has what it asks for at the end."""
    cents: Counter[str] = Counter()
    orders: Counter[str] = Counter()
    for purchase in log:
        cents[purchase.customer] += purchase.cents
        orders[purchase.customer] += 1
    steps = (("platinum", 800_00, 30), ("gold", 300_00, 15), ("silver", 100_00, 5), ("bronze", 0, 0))
    return {
        customer: next(tier for tier, spend, n in steps if cents[customer] >= spend and orders[customer] >= n)
        for customer in orders
    }


def _sum(members: Iterable[Member], metric: str) -> int:
    return sum(sum(member.tallies.get(metric, {}).values()) for member in members)


def _per_tier(members: Iterable[Member]) -> Counter[str]:
    return Counter(member.standings["main"].tier for member in members)


def _asked(of: Program, tier: Tier) -> str:
    rule = tier.qualify
    asked = (
        [wording.amount(one.metric, one.threshold, of, "en") for one in rule.comparisons()] if rule else []
    )
    return ", ".join(asked)


def _title(console: Console, words: str) -> None:
    console.print(f"\n[bold]{words}[/]")


def _table(*columns: str) -> Table:
    return Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False)


def _bar(n: int, most: int, width: int) -> str:
    return "█" * max(bool(n), round(n / most * width))


def _usd(cents: int) -> str:
    return f"USD {cents // 100:,}.{cents % 100:02d}"
