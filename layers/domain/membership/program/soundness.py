"""What has to hold between the parts of a program, and what is allowed but seldom meant."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from difflib import get_close_matches
from string import Template
from typing import TYPE_CHECKING

from membership.program import money
from membership.program.benefits import BenefitKind, PointsRate
from membership.program.catalogue import check_catalogue
from membership.program.criteria import MOST_COMPARISONS, MOST_WAYS, RESERVED, Comparison, Criterion, Way
from membership.program.flaws import Fault
from membership.program.jumps import hardly_seen
from membership.program.messaging import check_messages
from membership.program.metrics import Derived, Elapsed, Label, Paid, Rank, Streak, Tallied
from membership.program.money import to_smallest
from membership.program.parts import Reward
from membership.program.points import After, Never
from membership.program.triggers import InARow, Nearing, PointsExpiring, Trigger
from membership.program.validity import ForLife, WhileQualified

if TYPE_CHECKING:
    from membership.program.schema import Ladder, Program, Tier

_Place = tuple[str | int, ...]

_ANY_DAY = date(2000, 1, 1)

MOST_REWARDS = 40
"""In all tiers: who rises through them at once is given them all, in one transaction with the rest."""

MOST_AT_ONCE = 60
"""Those, what triggers lead to, and badges with their messages."""


def check(program: "Program") -> list[Fault]:
    """Bind amounts and thresholds to the program's currency, then look at its ladders."""
    if faults := [*_one_of_two(program)]:
        return faults
    faults = [
        *_bind_metrics(program),
        *_bind_criteria(program),
        *_check_tiers(program),
        *_check_same_kinds(program),
        *_check_names(program),
        *_check_points(program),
        *_check_campaigns(program),
        *_check_triggers(program),
        *check_messages(program),
        *check_catalogue(program),
    ]
    return faults or [*_check_order(program)]


def _one_of_two(program: "Program") -> Iterator[Fault]:
    if program.tiers is None and program.ladders is None:
        yield Fault(
            ("tiers",), "is missing", "Add it: `tiers: [{id: bronze}, {id: silver, qualify: {spend: 1000}}]`."
        )
    elif program.tiers is not None and program.ladders is not None:
        yield Fault(("tiers",), "stands beside `ladders`", "Write one of them: `tiers` alone is one ladder.")


def _bind_metrics(program: "Program") -> Iterator[Fault]:
    for name, metric in program.metrics.items():
        place = ("metrics", name)
        if name in RESERVED:
            yield Fault(place, "is a word of the rules", "Give the metric another name.")
        if isinstance(metric, Tallied):
            yield from _below(place, metric.bind(program.currency))
        if isinstance(metric, Derived):
            yield from _below(place, metric.bind_to(program.metrics, program.currency))
        if isinstance(metric, Rank):
            if not isinstance(program.metrics.get(metric.rank), Tallied) or metric.rank == name:
                yield Fault(
                    (*place, "rank"), f"there is no such metric {metric.rank!r}", "Name one made from facts."
                )
            if metric.window is not None:
                yield Fault(
                    (*place, "window"), "a place holds from cut to cut", "Give the board's metric a window."
                )


def _below(place: _Place, faults: Iterable[Fault]) -> Iterator[Fault]:
    for fault in faults:
        yield Fault((*place, *fault.place), fault.message, fault.remedy)


def _bind_criteria(program: "Program") -> Iterator[Fault]:
    for place, criterion in _all_rules(program):
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
    yield from _bind_carry_over(program)


def _bind_carry_over(program: "Program") -> Iterator[Fault]:
    """What is carried is what stands above the highest threshold reached, so the metric has to know them."""
    for name, metric in program.metrics.items():
        if not isinstance(metric, Tallied) or metric.carry_over is None:
            continue
        place = ("metrics", name, "carry_over")
        window = metric.window or program.window
        if window.closed_before(_ANY_DAY, _ANY_DAY) is None:
            yield Fault(place, "nothing is carried where no year ends", "Count by years, or remove it.")
        if not metric.carries:
            yield Fault(place, "days and places aren't carried over", "Remove it.")
        try:
            most = to_smallest(metric.measure, metric.carry_over, program.currency)
        except ValueError as error:
            yield Fault(place, str(error), "Round it.")
            continue
        steps = {
            program.threshold(comparison)
            for _, rule in _rules(program)
            for comparison in rule.comparisons()
            if comparison.metric == name and not comparison.is_share
        }
        metric.bind_carry_over(steps, most)


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


def _ladders(program: "Program") -> "Iterator[tuple[_Place, Ladder]]":
    """Each ladder with the place of its tiers."""
    for n, ladder in enumerate(program.ladders_by_id.values()):
        yield (("tiers",) if program.ladders is None else ("ladders", n, "tiers")), ladder


def _rules(program: "Program") -> Iterator[tuple[_Place, Criterion]]:
    """Those of tiers, and of whom operators are shown."""
    for place, ladder in _ladders(program):
        for n, tier in enumerate(ladder.tiers):
            if tier.qualify is not None:
                yield (*place, n, "qualify"), tier.qualify
            if tier.keep is not None:
                yield (*place, n, "keep"), tier.keep
    for n, special in enumerate(program.special_reviews):
        yield ("special_reviews", n, "when"), special.when


def _all_rules(program: "Program") -> Iterator[tuple[_Place, Criterion]]:
    yield from _rules(program)
    for n, badge in enumerate(program.badges):
        yield ("badges", n, "when"), badge.when


def _placed(criterion: Criterion, place: _Place) -> Iterator[tuple[_Place, Comparison]]:
    """Each comparison with its place."""
    if isinstance(criterion, Comparison):
        yield place, criterion
    else:
        for n, part in enumerate(criterion.of):
            yield from _placed(part, (*place, *criterion.place_of_parts, n))


def _check_tiers(program: "Program") -> Iterator[Fault]:
    given = sum(len(tier.rewards) for _, ladder in _ladders(program) for tier in ladder.tiers)
    if given > MOST_REWARDS:
        remedy = f"Leave at most {MOST_REWARDS} in all tiers together."
        yield Fault(("tiers",), f"have {given} rewards, which a member may earn all at once", remedy)
    for n, campaign in enumerate(program.campaigns):
        yield from _check_benefits(campaign.benefits, ("campaigns", n, "benefits"))
    known: set[str] = set()
    for place, ladder in _ladders(program):
        for n, tier in enumerate(ladder.tiers):
            if tier.id in known:
                yield Fault((*place, n, "id"), f"there are two tiers {tier.id!r}", "Give each its own id.")
            known.add(tier.id)
            yield from _check_tier(program, ladder, tier, (*place, n), first=n == 0)


def _check_tier(
    program: "Program", ladder: "Ladder", tier: "Tier", place: _Place, *, first: bool
) -> Iterator[Fault]:
    if not first and tier.qualify is None and tier.buy is None:
        yield Fault((*place, "qualify"), f"nothing leads to {tier.id!r}", "Say what it takes to enter.")
    for field in ("qualify", "keep", "validity", "buy", "deduct"):
        if first and getattr(tier, field):
            yield Fault((*place, field), "every member has the first tier, always", "Remove it.")
    if tier.qualify is None and not first:
        for field in ("keep", "validity", "deduct"):
            if getattr(tier, field):
                yield Fault((*place, field), "is for tiers that are earned", "Remove it, or add `qualify`.")
    if tier.buy is not None and not isinstance(program.metrics.get(tier.buy), Paid):
        remedy = "Name one: `metrics: {club: {paid: club, months: 12}}`."
        yield Fault((*place, "buy"), f"there is no paid metric {tier.buy!r}", remedy)
    for metric, amount in tier.deduct.items():
        where = (*place, "deduct", metric)
        if not isinstance(program.metrics.get(metric), Tallied):
            yield Fault(where, f"there is no such metric {metric!r}", "Name one that is made from facts.")
            continue
        _, window = program.tallied[metric]
        if window.leaves(_ANY_DAY, _ANY_DAY) is not None:
            message = f"{metric!r} counts anew, and what is taken off would be missing for good"
            yield Fault(where, message, "Give the metric `window: lifetime`.")
        try:
            to_smallest(program.metrics[metric].measure, amount, program.currency)
        except ValueError as error:
            yield Fault(where, str(error), "Round it.")
    if tier.deduct and isinstance(ladder.validity(tier), WhileQualified | ForLife):
        yield Fault(
            (*place, "deduct"), "is taken off where a promise ends, and this one has no end", _SET_VALIDITY
        )
    if program.refunds == "never" and tier.qualify and ladder.stands_while_met(tier):
        message = f"{tier.id!r} stands while its rule is met, so a refund does cost it"
        yield Fault(("refunds",), message, _SET_VALIDITY)
    yield from _check_benefits(tier.benefits, (*place, "benefits"))
    yield from _two_alike((*place, "rewards"), tier.rewards)


def _two_alike(place: _Place, rewards: Sequence[Reward]) -> Iterator[Fault]:
    ids = [reward.id for reward in rewards]
    for m, reward in enumerate(ids):
        if reward in ids[:m]:
            yield Fault((*place, m, "id"), f"there are two rewards {reward!r}", "Give each its own id.")


def _check_benefits(benefits: Sequence[BenefitKind], place: _Place) -> Iterator[Fault]:
    ids = [benefit.known_as for benefit in benefits]
    for n, benefit in enumerate(benefits):
        if benefit.known_as and benefit.known_as in ids[:n]:
            message = f"there are two benefits {benefit.known_as!r}"
            yield Fault((*place, n, "id"), message, "Give each its own id.")
        for name in ("segment", "unless"):
            if isinstance(benefit, PointsRate) and getattr(benefit, name) is not None:
                message = "a tier has one rate, the same for all of its members"
                yield Fault((*place, n, name), message, "Remove it; a campaign can be for a segment.")
        whose = benefit.subject, benefit.segment, benefit.unless
        if any((one.subject, one.segment, one.unless) == whose for one in benefits[:n]):
            message = "is there already, for the same members: only the better one would count"
            yield Fault((*place, n), message, "Leave one of them.")


def _check_same_kinds(program: "Program") -> Iterator[Fault]:
    """Uses are counted by id, so one id is one kind of benefit wherever it stands."""
    kinds: dict[str, str] = {}
    for place, benefit in _benefits(program):
        if benefit.known_as is None:
            continue
        kind = kinds.setdefault(benefit.known_as, benefit.kind)
        if kind != benefit.kind:
            message = f"is of kind {kind} in another place"
            yield Fault((*place, "id"), message, "Give each kind its own id.")


def _benefits(program: "Program") -> Iterator[tuple[_Place, BenefitKind]]:
    """Of tiers and of campaigns, each with its place."""
    for place, ladder in _ladders(program):
        for n, tier in enumerate(ladder.tiers):
            yield from (((*place, n, "benefits", m), one) for m, one in enumerate(tier.benefits))
    for n, campaign in enumerate(program.campaigns):
        yield from ((("campaigns", n, "benefits", m), one) for m, one in enumerate(campaign.benefits))


_SET_VALIDITY = "Give the tier a validity, as through_end_of_next_year."


def _check_names(program: "Program") -> Iterator[Fault]:
    """Ids that have to be their own, and names of other parts that have to be there."""
    ids: set[str] = set()
    for n, ladder in enumerate(program.ladders or ()):
        if ladder.id in ids:
            yield Fault(("ladders", n, "id"), f"there are two ladders {ladder.id!r}", "Give each its own id.")
        ids.add(ladder.id)
        anchor = ladder.value_anchor
        if anchor and not isinstance(program.metrics.get(anchor.fee), Paid):
            place = ("ladders", n, "value_anchor", "fee")
            yield Fault(place, f"there is no paid metric {anchor.fee!r}", "Name the one whose term is shown.")
        place = ("ladders", n, "value_anchor", "saved")
        metric, window = program.tallied.get(anchor.saved, (None, None)) if anchor else (None, None)
        if anchor and (metric is None or window is None or metric.measure != "money"):
            yield Fault(place, f"there is no amount {anchor.saved!r}", "Name one as {sum: order.saved}.")
        elif window and window.bucket(_ANY_DAY) == window.bucket(_ANY_DAY + timedelta(days=1)):
            message = "is added up by longer times than days, so nobody can tell what a term has saved"
            yield Fault(place, message, "Give it a window: {kind: rolling, months: 12}.")
    listed: set[str] = set()
    for n, special in enumerate(program.special_reviews):
        if special.id in listed:
            yield Fault(
                ("special_reviews", n, "id"), f"there are two {special.id!r}", "Give each its own id."
            )
        listed.add(special.id)
        if special.ladder is not None and special.ladder not in program.ladders_by_id:
            yield Fault(
                ("special_reviews", n, "ladder"), f"there is no ladder {special.ladder!r}", "Name one."
            )
    if program.changes == "next_cycle" and program.window.closed_before(_ANY_DAY, _ANY_DAY) is None:
        yield Fault(
            ("changes",), "there is no next cycle where no year ends", "Write at_once, or count by years."
        )


def _check_points(program: "Program") -> Iterator[Fault]:
    rules = program.points
    if rules is None:
        return
    yield from _below(("points",), rules.bind(program.currency))
    earliest = min(
        (rules.expires_on(day) or date.max) - day
        for day in (_ANY_DAY + timedelta(days=n) for n in range(0, 1_461, 7))
    )
    if timedelta(days=rules.pending_days) >= earliest:
        message = "is as long as points last: they would be gone before they can be spent"
        yield Fault(("points", "pending_days"), message, "Write fewer days, or let points last longer.")


def _check_campaigns(program: "Program") -> Iterator[Fault]:
    ids: set[str] = set()
    doing = program.points.earn.activities if program.points else {}
    for n, campaign in enumerate(program.campaigns):
        place: _Place = ("campaigns", n)
        if campaign.id in ids:
            yield Fault((*place, "id"), f"there are two {campaign.id!r}", "Give each its own id.")
        ids.add(campaign.id)
        for m, tier in enumerate(campaign.tiers):
            if tier not in program.tier_ids:
                close = get_close_matches(tier, sorted(program.tier_ids), n=1, cutoff=0.6)
                remedy = f"Did you mean {close[0]}?" if close else "Name one of the program's."
                yield Fault((*place, "tiers", m), f"there is no tier {tier!r}", remedy)
        if campaign.points is None:
            continue
        if program.points is None:
            yield Fault((*place, "points"), "the program has no points", "Add `points`.")
            continue
        for m, kind in enumerate(campaign.for_):
            where = (*place, "for", m)
            if kind == "order":
                if program.points.earn.order is None:
                    yield Fault(where, "orders earn no points", "Add `points.earn.order`.")
            elif kind not in doing:
                close = get_close_matches(kind, doing, n=1, cutoff=0.6)
                remedy = f"Did you mean {close[0]}?" if close else "Name one of `points.earn.activities`."
                yield Fault(where, f"{kind!r} earns no points", remedy)
            elif doing[kind].per_day:
                message = f"only so many {kind!r} a day earn points, and all of them the same"
                yield Fault(where, message, "Remove it, or its `per_day`.")


def _check_triggers(program: "Program") -> Iterator[Fault]:
    for field, parts in (("triggers", program.triggers), ("badges", program.badges)):
        ids = [part.id for part in parts]
        for n, id_ in enumerate(ids):
            if id_ in ids[:n]:
                yield Fault((field, n, "id"), f"there are two {field} {id_!r}", "Give each its own id.")
    for n, trigger in enumerate(program.triggers):
        yield from _check_trigger(program, trigger, ("triggers", n))
    if not program.triggers and not program.badges:
        return
    most = sum(len(tier.rewards) for _, ladder in _ladders(program) for tier in ladder.tiers)
    most += sum(_most_of(program, trigger) for trigger in program.triggers) + 2 * len(program.badges)
    if most > MOST_AT_ONCE:
        message = f"may lead to {most} outcomes at once, with the rewards of all tiers and all badges"
        yield Fault(
            ("triggers" if program.triggers else "badges",), message, f"Leave at most {MOST_AT_ONCE}."
        )


def _check_trigger(program: "Program", trigger: Trigger, place: _Place) -> Iterator[Fault]:
    if not trigger.grant and trigger.message is None:
        yield Fault(place, "leads to nothing", "Add `grant`, `message` or both.")
    if trigger.tier is not None and trigger.tier not in program.tier_ids:
        yield Fault((*place, "tier"), f"there is no tier {trigger.tier!r}", "Name one, or remove it.")
    yield from _two_alike((*place, "grant"), trigger.grant)
    yield from _check_message(trigger, (*place, "message"))
    match trigger.when:
        case Nearing(metric=str(metric), amount=Decimal() as amount) as when:
            if metric not in program.metrics or isinstance(program.metrics[metric], Label | Paid | Rank):
                where = (*place, "when", "metric")
                yield Fault(where, f"there is no amount {metric!r}", "Name a metric that is counted.")
                return
            try:
                when.bind(to_smallest(program.metrics[metric].measure, amount, program.currency))
            except ValueError as error:
                yield Fault((*place, "when", "amount"), str(error), "Round it.")
        case PointsExpiring() if program.points is None:
            yield Fault((*place, "when"), "the program has no points", "Add `points`.")
        case InARow(metric=metric) if not isinstance(program.metrics.get(metric), Streak):
            remedy = "Name one: `metrics: {visits: {streak: check_in}}`."
            yield Fault((*place, "when", "metric"), f"there is no streak {metric!r}", remedy)


def _check_message(trigger: Trigger, place: _Place) -> Iterator[Fault]:
    """What stands for something is there to be filled in, and nothing else does."""
    told = trigger.message
    for language, words in (("en", told.en), ("zh", told.zh)) if told else ():
        template = Template(words or "")
        if not template.is_valid():
            yield Fault(
                (*place, language), "has a $ that stands for nothing", "Write $$ for the sign itself."
            )
            continue
        for name in template.get_identifiers():
            if name not in trigger.when.fields:
                known = ", ".join(f"${field}" for field in sorted(trigger.when.fields))
                remedy = f"Known on this occasion: {known or 'none'}."
                yield Fault((*place, language), f"nobody knows what ${name} stands for", remedy)


def _most_of(program: "Program", trigger: Trigger) -> int:
    """How many outcomes it may lead to at once."""
    times = 1 if trigger.when.about == "member" else len(program.ladders_by_id)
    return times * (1 + len(trigger.grant) + (trigger.message is not None))


def _check_order(program: "Program") -> Iterator[Fault]:
    """Tiers in the wrong order show as a way into the lower one that leads into the higher one too."""
    for place, one in _ladders(program):
        ladder = [(n, tier.id, tier.qualify) for n, tier in enumerate(one.tiers) if tier.qualify]
        for n, higher, criterion in ladder:
            for lower, easier in ((lower, easier) for m, lower, easier in ladder if m < n):
                if way := next((way for way in easier.ways() if criterion.met(_figures(program, way))), None):
                    yield Fault(
                        (*place, n, "qualify"),
                        f"whoever enters {lower!r} with {_said(way, program)} has entered {higher!r} too",
                        "List tiers from the lowest to the highest, each asking for more in every way.",
                    )
                    break


def _figures(program: "Program", way: Way) -> dict[str, int]:
    """What a member has who has just this; what is made of other figures, not less than they make it."""
    seen = dict.fromkeys(program.metrics, 0) | dict(way)
    for name, derived in program.derived.items():
        seen[name] = max(seen[name], derived.figure(seen))
    return seen


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
    used = {comparison.metric for _, rule in _all_rules(program) for comparison in rule.comparisons()}
    used |= {source for name in used & program.derived.keys() for source in program.derived[name].sources}
    used |= {metric.rank for metric in program.metrics.values() if isinstance(metric, Rank)}
    used |= {
        name
        for name, metric in program.metrics.items()
        for _, benefit in _benefits(program)
        if isinstance(metric, Label) and metric.label in (benefit.segment, benefit.unless)
    }
    used |= {one.when.metric for one in program.triggers if isinstance(one.when, InARow)}
    for place, ladder in _ladders(program):
        used |= {tier.buy for tier in ladder.tiers if tier.buy}
        used |= {ladder.value_anchor.fee, ladder.value_anchor.saved} if ladder.value_anchor else set()
        if not 3 <= len(ladder.tiers) <= 5 and any(tier.qualify for tier in ladder.tiers):
            where = ".".join(map(str, place))
            yield f"{where}: members find 3 to 5 tiers easy to follow; this ladder has {len(ladder.tiers)}"
    for name in program.metrics:
        if name not in used:
            yield f"metrics.{name}: no tier asks for it"
    for place, ladder in _ladders(program):
        for n, tier in enumerate(ladder.tiers):
            where = f"{_path(place)}[{n}]"
            yield from _lost_with_the_period(program, ladder, tier, where)
            yield from _asks_more_to_stay(program, ladder, tier, where)
            yield from _out_of_reach(program, tier, where)
        yield from hardly_seen(ladder.tiers, _path(place))
    yield from _points_seldom_meant(program)
    if program.refunds == "at_next_review" and any(
        ladder.stands_while_met(tier) for _, ladder in _ladders(program) for tier in ladder.tiers[1:]
    ):
        yield "refunds: at_next_review means each day for tiers that stand while their rule is met"


def _points_seldom_meant(program: "Program") -> Iterator[str]:
    rules = program.points
    if rules is None:
        return
    if isinstance(rules.expire, After) and rules.expire.at == "day":
        yield "points.expire.at: day keeps a lot for each day: a member who buys daily has hundreds of them"
    if isinstance(rules.expire, Never):
        yield "points.expire: never: what members have to spend, and you to give, only grows"
    if rules.birthday_month is not None and rules.earn.order is None:
        yield "points.birthday_month: is for orders, which earn no points"


def _path(place: _Place) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).lstrip(".")


def _asks_more_to_stay(program: "Program", ladder: "Ladder", tier: "Tier", where: str) -> Iterator[str]:
    if tier.keep is None or tier.qualify is None:
        return
    if ladder.steps == "never":
        yield f"{where}.keep: nobody is asked for it, because no tier is ever taken away"
    elif ladder.stands_while_met(tier) and not all(
        tier.keep.met(_figures(program, way)) for way in tier.qualify.ways()
    ):
        yield f"{where}.keep: asks for more than `qualify`: who enters may be given notice at once"


def _out_of_reach(program: "Program", tier: "Tier", where: str) -> Iterator[str]:
    """A rule that nobody can meet: each way asks for more of something than there can be."""
    if tier.qualify is None:
        return
    if all(any(need > _most(program, metric) for metric, need in way.items()) for way in tier.qualify.ways()):
        yield f"{where}.qualify: nobody can meet it: it asks for more than its window has room for"


def _most(program: "Program", name: str) -> int:
    metric = program.metrics[name]
    if isinstance(metric, Label | Paid):
        return 1
    if isinstance(metric, Tallied):
        window = metric.window or program.window
        room = window.most_days
        if room is not None and metric.most_a_day is not None:
            return room * metric.most_a_day
    return money.LARGEST


def _lost_with_the_period(program: "Program", ladder: "Ladder", tier: "Tier", where: str) -> Iterator[str]:
    """Tiers that fall when a period closes, because nobody has anything in the new one yet."""
    keep = ladder.keep(tier)
    if tier.qualify is None or keep is None or ladder.steps == "never":
        return
    closing = {
        name
        for name, (metric, window) in program.tallied.items()
        if window.closed_before(_ANY_DAY, _ANY_DAY) is not None and not isinstance(metric, Paid | Rank)
    }
    lost = [way for way in tier.qualify.ways() if _depends_on(closing, keep, way, program)]
    if lost and ladder.stands_while_met(tier):
        yield (
            f"{where}.validity: while_qualified with a rule to stay that counts anew each year: "
            "as a year begins its members fall, whatever they did before; "
            "through_end_of_next_year leaves them a year to earn it again"
        )
    if any(not closing & way.keys() for way in lost) and not isinstance(ladder.validity(tier), ForLife):
        yield (
            f"{where}.keep: counts anew each year, while `qualify` counts without end: "
            "who falls would enter again at once"
        )


def _depends_on(closing: set[str], keep: Criterion, way: Way, program: "Program") -> bool:
    """Whether who entered this way stays by what was done in the period, and by that alone."""
    lasting = {metric: need for metric, need in way.items() if metric not in closing}
    return not keep.met(_figures(program, lasting)) and keep.met(
        _figures(program, lasting | dict.fromkeys(closing, money.LARGEST))
    )
