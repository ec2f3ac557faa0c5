"""What a rehearsal shows: the rules in words, and what they would have done to the demo's members."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from membership.member.messages import SHOWN_WAYS
from membership.member.progress import progress
from membership.program import wording
from membership.program.in_words import LadderInWords, TierInWords, program_in_words
from membership.program.schema import Program
from membership.program.text import Language
from tools.cdnow import Purchase
from tools.rehearse.effect import Course, Move, moves

SHOWN = 3
_WORDS: dict[Language, tuple[str, str]] = {"en": ("enter: ", "stay: "), "zh": ("升级：", "保级：")}


def title(console: Console, words: str) -> None:
    console.print(f"\n[bold]{escape(words)}[/]")


def rules(console: Console, program: Program) -> None:
    """In both languages, as members would read them."""
    for language in ("en", "zh"):
        words = program_in_words(program, 1, language)
        title(console, words.name)
        console.print(
            escape(f"{words.window} {words.refunds}" if language == "en" else words.window + words.refunds)
        )
        for metric in words.metrics:
            colon = "：" if language == "zh" else ": "
            console.print(f"  [dim]{escape(metric.name + colon + metric.counts)}[/]")
        for ladder in words.ladders:
            _ladder(console, ladder, language, named=len(words.ladders) > 1)
        for special in words.special_reviews:
            console.print(f"  ☆ {escape(special)}")
        for trigger in words.triggers:
            gives = ", ".join(reward.gives for reward in trigger.gives)
            console.print(escape(f"  ✦ {trigger.name}: {trigger.when}" + (f" ({gives})" if gives else "")))
        for badge in words.badges:
            console.print(escape(f"  ✪ {badge.name}: {badge.rule}"))
        for said in words.messages:
            console.print(f"  ✉ {escape(said)}")


def _ladder(console: Console, ladder: LadderInWords, language: Language, *, named: bool) -> None:
    if named:
        console.print(f"\n  [bold]{escape(ladder.name)}[/]")
    for tier in ladder.tiers:
        console.print(f"  [bold]{escape(tier.name)}[/]")
        for line in _tier(tier, language):
            console.print(f"    {escape(line)}")
    console.print(f"  {escape(ladder.downgrades)}")


def _tier(tier: TierInWords, language: Language) -> Iterator[str]:
    enter, stay = _WORDS[language]
    yield enter + tier.enter
    if tier.rank and tier.stay != tier.enter:
        yield stay + tier.stay
    if tier.rank:
        yield tier.valid
    for benefit in tier.benefits:
        yield f"· {benefit.text}"
    for reward in tier.rewards:
        yield f"★ {reward.name}" + (f" ({reward.gives})" if reward.gives != reward.name else "")


def effect(
    console: Console, before: Course, after: Course, log: Sequence[Purchase], end: date, later: date
) -> None:
    title(console, "Effect on the demo's members")
    console.print(
        f"{len(log):,} real orders by {len(after.lives):,} customers, played through the demo's program and "
        f"through this one as if either had been in force all along; on {end}, the log's last day, and on "
        f"{later}, when nobody had bought anything for nine months. The log has orders and nothing else."
    )
    theirs, ours = before.program.currency, after.program.currency
    if theirs != ours:
        console.print(f"[yellow]![/] Its amounts are {theirs}; they are taken for {ours} as they are.")
    console.print(_tiers(before, after, end, later))
    console.print(_counts(before, after))
    higher, lower = moves(before, after, end)
    everybody = len(before.members[end])
    console.print(
        f"Of {everybody:,} members on {end}, {len(higher):,} would stand higher than in the demo, "
        f"{len(lower):,} lower, {everybody - len(higher) - len(lower):,} at the same height."
    )
    for words, some in (("higher", higher), ("lower", lower)):
        for move in some[:SHOWN]:
            console.print(f"  {words}: {escape(_moved(before, after, move, end))}")


def _tiers(before: Course, after: Course, end: date, later: date) -> Table:
    table = Table("Members per tier", box=box.SIMPLE_HEAD, pad_edge=False)
    for who, day in (("demo", end), ("this", end), ("demo", later), ("this", later)):
        table.add_column(f"{day}\n{who}", justify="right")
    counts = [Counter(course.tiers(day).values()) for day in (end, later) for course in (before, after)]
    rows = {tier.id: course for course in (before, after) for tier in course.ladder.tiers}
    for tier, known in sorted(rows.items(), key=lambda row: -row[1].ladder.rank(row[0])):
        cells = [
            f"{found[tier]:,}" if tier in course.ladder else "–"
            for found, course in zip(counts, (before, after) * 2, strict=True)
        ]
        table.add_row(escape(known.program.tier(tier).label().get("en")), *cells)
    if any(found[None] for found in counts):
        table.add_row("on trial", *(f"{found[None]:,}" for found in counts))
    return table


def _counts(before: Course, after: Course) -> Table:
    table = Table("In all that time", box=box.SIMPLE_HEAD, pad_edge=False)
    for who in ("demo", "this"):
        table.add_column(who, justify="right")
    for name, count in before.counts.items():
        table.add_row(name, f"{count:,}", f"{after.counts[name]:,}")
    return table


def _moved(before: Course, after: Course, move: Move, day: date) -> str:
    """'4711, Bronze → Silver; to the next: 2 more orders'."""
    names = [
        course.program.tier(tier).label().get("en") if tier else "on trial"
        for course, tier in ((before, move.before), (after, move.after))
    ]
    member, program = after.members[day][move.member], after.program
    seen = progress(program, member, datetime.combine(day, time(23, 59), program.zone))
    goal = next((one.goal for one in seen.ladders if one.ladder.id == after.ladder.id), None)
    said = f"{move.member}, {' → '.join(names)}"
    if goal is None:
        return said
    missing = [{one.metric: one.remaining for one in way.missing} for way in goal.ways]
    return f"{said}; to the next: {wording.lacking(missing, program, 'en', SHOWN_WAYS)}"
