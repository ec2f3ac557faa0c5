"""What the demo shows: tiers, promotions, one member, notices, deliveries, times; and whether it is right."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.markup import escape
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from membership.member.state import Member
from membership.outcomes import Envelope
from membership.program import wording
from membership.program.schema import Program
from tools.cdnow import Purchase
from tools.demo import program
from tools.demo.shop import Shop
from tools.receiver import Receiver
from tools.sam import ROOT

BAR = 40
NOTICES_SHOWN = 4


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
    receiver: Receiver
    parked: int
    failures: Mapping[str, int]
    stages: Mapping[str, float]

    @property
    def program(self) -> Program:
        return program.program()

    def of_type(self, kind: str) -> list[Envelope]:
        return [outcome for outcome in self.outcomes if outcome.type == kind]

    def day(self, outcome: Envelope) -> date:
        return self.program.day(outcome.at)

    def name(self, tier: str) -> str:
        return self.program.ladder.tier(tier).label().get("en")


def introduce(console: Console, log: Sequence[Purchase]) -> None:
    customers, total = len({purchase.customer for purchase in log}), sum(p.cents for p in log)
    console.print(
        f"[bold]Tierwise, on this machine.[/] The orders are real: {len(log):,} purchases by {customers:,} "
        f"customers of CDNOW, {min(p.day for p in log)} to {max(p.day for p in log)}, {_usd(total)}. "
        "The log has orders only: no refunds, no other activity, no feedback; nothing is invented here.\n"
        "The program is preset P1 with these changes:"
    )
    console.print(Panel(Syntax(program.FILE.read_text("utf-8").strip(), "yaml", background_color="default")))


def show(console: Console, seen: Seen, folder: Path) -> bool:
    """Prints everything; False where something isn't as it must be."""
    _tiers(console, seen)
    _promotions(console, seen)
    _notices(console, seen)
    _member(console, seen, folder)
    _deliveries(console, seen)
    _times(console, seen)
    return _check(console, seen)


def go_on(console: Console) -> None:
    """What there is to do by hand."""
    console.rule("To go on by hand")
    console.print(
        "make demo stops all that it starts. [bold]make up[/] starts the same stack, puts this program in "
        "force, keeps it running until [bold]make down[/], and prints its address and its keys."
    )


def _tiers(console: Console, seen: Seen) -> None:
    before, after = (_per_tier(members.values()) for members in (seen.at_the_end, seen.members))
    last = max(purchase.day for purchase in seen.log)
    table = Table("Tier", "Asks for", title="Members per tier", title_justify="left")
    table.add_column(f"on {last}", justify="right")
    table.add_column(f"on {max(seen.reviewed, default=last)}", justify="right")
    table.add_column("")
    most = max(after.values())
    for tier in reversed(seen.program.tiers):
        asked = wording.rule(tier.qualify, seen.program, "en") if tier.qualify else "joining"
        bar = _bar(after[tier.id], most, 24)
        table.add_row(seen.name(tier.id), asked, f"{before[tier.id]:,}", f"{after[tier.id]:,}", bar)
    console.print(table)


def _promotions(console: Console, seen: Seen) -> None:
    months: dict[str, Counter[str]] = defaultdict(Counter)
    for outcome in seen.of_type("tier.upgraded"):
        if outcome.data.get("from_tier"):
            months[f"{seen.day(outcome):%Y-%m}"][outcome.data["to_tier"]] += 1
    tiers = [tier.id for tier in seen.program.tiers[1:]]
    table = Table("Month", title="Promotions per month", title_justify="left")
    for tier in tiers:
        table.add_column(seen.name(tier), justify="right")
    table.add_column("")
    most = max(month.total() for month in months.values())
    for month, counts in sorted(months.items()):
        table.add_row(month, *(str(counts[tier] or "") for tier in tiers), _bar(counts.total(), most, BAR))
    console.print(table)


def _notices(console: Console, seen: Seen) -> None:
    notices, fallen = seen.of_type("tier.will_downgrade"), seen.of_type("tier.downgraded")
    rescued = seen.of_type("tier.kept")
    days = ", ".join(f"{day} ({n} members due)" for day, n in seen.reviewed.items())
    table = Table(
        "Member", "Told on", "Falls on", "What it was told", title="Some notices", title_justify="left"
    )
    # The most valuable tiers first, for those are what a shop would call about.
    rank = seen.program.ladder.rank
    for notice in sorted(notices, key=lambda n: (-rank(n.data["from_tier"]), n.member_id))[:NOTICES_SHOWN]:
        told = next(
            message.data["text"]["en"]
            for message in seen.of_type("message.due")
            if message.member_id == notice.member_id and message.data["about"] == notice.type
        )
        table.add_row(notice.member_id, str(seen.day(notice)), notice.data["falls_on"], escape(told))
    console.print(f"Reviewed: {days}.")
    console.print(table)
    why = "" if rescued else " (the log ends months before the first notice, so nobody could still order)"
    console.print(
        f"[bold]{len(notices)}[/] were given notice, [bold]{len(rescued)}[/] rescued themselves{why}, "
        f"[bold]{len(fallen)}[/] fell, each by one tier."
    )


def _member(console: Console, seen: Seen, folder: Path) -> None:
    """The one with most to tell, as the API tells it."""
    told = Counter(outcome.member_id for outcome in seen.outcomes if outcome.type.startswith("tier."))
    fell = {outcome.member_id for outcome in seen.of_type("tier.downgraded")}
    member = max(sorted(told), key=lambda id_: (id_ in fell, told[id_]))
    path = f"/v1/members/{member}"
    drawing = folder / f"progress-{member}.svg"
    drawing.write_text(seen.shop.storefront.text(f"{path}/progress.svg"), "utf-8")
    history = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for outcome in reversed(seen.shop.storefront.get(f"{path}/history?limit=100")["data"]):
        if outcome["type"].startswith("tier."):
            day = seen.program.day(datetime.fromisoformat(outcome["at"]))
            why = "; ".join(outcome["why"]["seen"]) if "why" in outcome else ""
            history.add_row(str(day), outcome["type"], _what(seen, outcome["data"]), escape(why))
    progress = seen.shop.storefront.get(f"{path}/progress")
    console.print(
        Panel(
            Group(*_progress(progress), Text(), history),
            title=f"Member {member}: GET {path}/progress and …/history",
            title_align="left",
        )
    )
    console.print(f"Its progress as a picture: {drawing.relative_to(ROOT)}")


def _progress(progress: Mapping[str, Any]) -> Iterator[Text]:
    for ladder in progress["ladders"]:
        yield Text(
            f"{ladder['tier']['name']}, valid through {ladder.get('valid_through', 'any day')}", "bold"
        )
        if upper := ladder.get("next"):
            yield Text(f"{upper['percent']} % of the way to {upper['tier']['name']} ({progress['day']}):")
            for one in upper["ways"][0]["requirements"]:
                bar = _bar(one["percent"], 100, 20).ljust(20, "░")
                sign = "✓" if one["met"] else f"still {one['remaining']['text']}"
                yield Text(f"  {one['name']:14}{bar}  {one['have']['text']} of {one['need']['text']}  {sign}")


def _what(seen: Seen, data: Mapping[str, Any]) -> str:
    if "to_tier" not in data:
        return seen.name(data["tier"])
    return (f"{seen.name(data['from_tier'])} → " if "from_tier" in data else "") + seen.name(data["to_tier"])


def _deliveries(console: Console, seen: Seen) -> None:
    receiver = seen.receiver
    about: Counter[str] = Counter()
    for message in receiver.effects.values():
        about[message["data"].get("about") or message["type"]] += 1
    kinds = ", ".join(f"{n} about {kind}" for kind, n in about.most_common())
    console.print(
        f"\n[bold]Deliveries[/] at the receiver: {len(receiver.effects)} messages ({kinds}), each signed; "
        f"{receiver.rejected} with a bad signature. {receiver.duplicates} came again under the same "
        "webhook-id and had no second effect: the receiver had taken it and answered 500, on purpose."
    )


def _times(console: Console, seen: Seen) -> None:
    table = Table("Stage", title="How long it took", title_justify="left")
    table.add_column("Seconds", justify="right")
    table.add_column("Events a second", justify="right")
    for stage, seconds in seen.stages.items():
        rate = f"{len(seen.log) / seconds:,.0f}" if "the orders" in stage else ""
        table.add_row(stage, f"{seconds:.1f}", rate)
    console.print(table)
    console.print(
        "[dim]This measures the emulator, which runs the gateway, the functions and the tables on this "
        "machine's processors, and no AWS. make bench measures what doesn't depend on it.[/]"
    )


def _check(console: Console, seen: Seen) -> bool:
    """Compared with what plain addition over the log says, without any of the engine's code."""
    checks = {
        f"all {len(seen.log):,} orders settled, once each": sum(
            sum(member.tallies["interactions"].values()) for member in seen.members.values()
        )
        == len(seen.log),
        f"{_usd(sum(p.cents for p in seen.log))} spent, to the cent": sum(
            sum(member.tallies.get("spend", {}).values()) for member in seen.members.values()
        )
        == sum(p.cents for p in seen.log),
        f"each of {len(seen.at_the_end):,} members in the tier that plain addition gives": {
            id_: member.standings["main"].tier for id_, member in seen.at_the_end.items()
        }
        == _by_plain_addition(seen.log),
        "no member parked": not seen.parked,
        "no message in any dead-letter queue": not seen.failures,
        "every delivery signed": not seen.receiver.rejected,
    }
    for what, holds in checks.items():
        console.print(f"[green]✓[/] {what}" if holds else f"[bold red]✗ NOT: {what}[/]")
    return all(checks.values())


def _by_plain_addition(log: Sequence[Purchase]) -> dict[str, str]:
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


def _per_tier(members: Any) -> Counter[str]:
    return Counter(member.standings["main"].tier for member in members)


def _bar(n: int, most: int, width: int) -> str:
    return "█" * max(bool(n), round(n / most * width))


def _usd(cents: int) -> str:
    return f"USD {cents // 100:,}.{cents % 100:02d}"
