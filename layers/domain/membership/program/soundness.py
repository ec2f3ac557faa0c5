"""What has to hold between the parts of a program, and what is allowed but seldom meant."""

from collections.abc import Iterator
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING

from membership.program import money
from membership.program.criteria import MOST_COMPARISONS, MOST_WAYS, RESERVED, Comparison, Criterion, Way
from membership.program.flaws import Fault
from membership.program.metrics import Elapsed, Tallied
from membership.program.validity import ForLife, WhileQualified

if TYPE_CHECKING:
    from membership.program.schema import Program

_Place = tuple[str | int, ...]

_ANY_DAY = date(2000, 1, 1)

MOST_REWARDS = 40
"""In all tiers: who rises through them at once is given them all, in one transaction with the rest."""


def check(program: "Program") -> list[Fault]:
    """Bind amounts and thresholds to the program's currency, then look at its ladder."""
    faults = [*_bind_metrics(program), *_bind_criteria(program), *_check_tiers(program)]
    return faults or [*_check_order(program)]


def _bind_metrics(program: "Program") -> Iterator[Fault]:
    for name, metric in program.metrics.items():
        if name in RESERVED:
            yield Fault(("metrics", name), "is a word of the rules", "Give the metric another name.")
        if isinstance(metric, Tallied):
            for fault in metric.bind(program.currency):
                yield Fault(("metrics", name, *fault.place), fault.message, fault.remedy)


def _bind_criteria(program: "Program") -> Iterator[Fault]:
    for place, criterion in _rules(program):
        found = [*_placed(criterion, place)]
        if len(found) > MOST_COMPARISONS:
            remedy = f"Members read it: leave at most {MOST_COMPARISONS}."
            yield Fault(place, f"has {len(found)} comparisons", remedy)
        elif (ways := criterion.count_ways()) > MOST_WAYS:
            yield Fault(
                place, f"can be met in {ways:,} ways", f"Members read them: leave at most {MOST_WAYS}."
            )
        for where, comparison in found:
            yield from _bind(program, where, comparison)


def _bind(program: "Program", place: _Place, comparison: Comparison) -> Iterator[Fault]:
    name = comparison.metric
    if name not in program.metrics:
        close = get_close_matches(name, program.metrics, n=1, cutoff=0.6)
        remedy = f"Did you mean {close[0]}?" if close else f"Known here: {', '.join(program.metrics)}."
        yield Fault((*place, "metric"), f"there is no metric {name!r}", remedy)
        return
    try:
        comparison.bind(program.threshold(comparison))
    except ValueError as error:
        yield Fault((*place, "gte"), str(error), "Round it.")
        return
    metric = program.metrics[name]
    if isinstance(metric, Elapsed) and comparison.threshold > metric.longest:
        remedy = f"Write at most {metric.longest}."
        yield Fault((*place, "gte"), f"nobody is a member for so many {metric.measure}", remedy)


def _rules(program: "Program") -> Iterator[tuple[_Place, Criterion]]:
    for n, tier in enumerate(program.tiers):
        if tier.qualify is not None:
            yield ("tiers", n, "qualify"), tier.qualify
        if tier.keep is not None:
            yield ("tiers", n, "keep"), tier.keep


def _placed(criterion: Criterion, place: _Place) -> Iterator[tuple[_Place, Comparison]]:
    """Each comparison with its place."""
    if isinstance(criterion, Comparison):
        yield place, criterion
    else:
        for n, part in enumerate(criterion.of):
            yield from _placed(part, (*place, *criterion.place_of_parts, n))


def _check_tiers(program: "Program") -> Iterator[Fault]:
    tiers = [tier.id for tier in program.tiers]
    if (given := sum(len(tier.rewards) for tier in program.tiers)) > MOST_REWARDS:
        remedy = f"Leave at most {MOST_REWARDS} in all tiers together."
        yield Fault(("tiers",), f"have {given} rewards, which a member may earn all at once", remedy)
    for n, tier in enumerate(program.tiers):
        if tier.id in tiers[:n]:
            yield Fault(("tiers", n, "id"), f"there are two tiers {tier.id!r}", "Give each its own id.")
        if n > 0 and tier.qualify is None:
            yield Fault(
                ("tiers", n, "qualify"), f"nothing leads to {tier.id!r}", "Say what it takes to enter."
            )
        rewards = [reward.id for reward in tier.rewards]
        for m, reward in enumerate(rewards):
            if reward in rewards[:m]:
                place = ("tiers", n, "rewards", m, "id")
                yield Fault(place, f"there are two rewards {reward!r}", "Give each its own id.")
    for field in ("qualify", "keep", "validity"):
        if getattr(program.tiers[0], field) is not None:
            yield Fault(("tiers", 0, field), "every member has the first tier, always", "Remove it.")


def _check_order(program: "Program") -> Iterator[Fault]:
    """Tiers in the wrong order show as a way into the lower one that leads into the higher one too."""
    nothing = dict.fromkeys(program.metrics, 0)
    ladder = [(n, tier.id, tier.qualify) for n, tier in enumerate(program.tiers) if tier.qualify]
    for n, higher, criterion in ladder:
        for lower, easier in ((lower, easier) for m, lower, easier in ladder if m < n):
            if way := next((way for way in easier.ways() if criterion.met(nothing | dict(way))), None):
                yield Fault(
                    ("tiers", n, "qualify"),
                    f"whoever enters {lower!r} with {_said(way, program)} has entered {higher!r} too",
                    "List tiers from the lowest to the highest, each asking for more in every way.",
                )
                break


def _said(way: Way, program: "Program") -> str:
    """As it is written in the program: the people who read this wrote that."""
    return " and ".join(
        f"{metric} {money.to_decimal(need, program.currency).removesuffix('.00')}"
        if program.metrics[metric].measure == "money"
        else f"{metric} {need}"
        for metric, need in way.items()
    )


def seldom_meant(program: "Program") -> Iterator[str]:
    """Warnings: place and reason."""
    if not 3 <= len(program.tiers) <= 5:
        yield f"tiers: members find 3 to 5 tiers easy to follow; this program has {len(program.tiers)}"
    used = {comparison.metric for _, rule in _rules(program) for comparison in rule.comparisons()}
    for name in program.metrics:
        if name not in used:
            yield f"metrics.{name}: no tier asks for it"
    nothing = dict.fromkeys(program.metrics, 0)
    yield from _lost_with_the_period(program)
    for n, tier in enumerate(program.tiers):
        if tier.keep is None or tier.qualify is None:
            continue
        if program.downgrade.steps == "never":
            yield f"tiers[{n}].keep: nobody is asked for it, because no tier is ever taken away"
        elif isinstance(program.ladder.validity(tier), WhileQualified) and not all(
            tier.keep.met(nothing | dict(way)) for way in tier.qualify.ways()
        ):
            yield f"tiers[{n}].keep: asks for more than `qualify`: who enters may be given notice at once"


def _lost_with_the_period(program: "Program") -> Iterator[str]:
    """Tiers that fall when a period closes, because nobody has anything in the new one yet."""
    closing = {name for name, (_, window) in program.tallied.items() if window.last_day(_ANY_DAY) is not None}
    for n, tier in enumerate(program.tiers):
        keep, validity = program.ladder.keep(tier), program.ladder.validity(tier)
        if tier.qualify is None or keep is None or program.downgrade.steps == "never":
            continue
        lost = [way for way in tier.qualify.ways() if _depends_on(closing, keep, way, program)]
        if lost and isinstance(validity, WhileQualified):
            yield (
                f"tiers[{n}].validity: while_qualified with a rule to stay that counts anew each year: "
                "on 1 January its members fall, whatever they did before; "
                "through_end_of_next_year leaves them a year to earn it again"
            )
        if any(not closing & way.keys() for way in lost) and not isinstance(validity, ForLife):
            yield (
                f"tiers[{n}].keep: counts anew each year, while `qualify` counts without end: "
                "who falls would enter again at once"
            )


def _depends_on(closing: set[str], keep: Criterion, way: Way, program: "Program") -> bool:
    """Whether who entered this way stays by what was done in the period, and by that alone."""
    nothing = dict.fromkeys(program.metrics, 0)
    lasting = {metric: need for metric, need in way.items() if metric not in closing}
    return not keep.met(nothing | lasting) and keep.met(
        nothing | lasting | dict.fromkeys(closing, money.LARGEST)
    )
