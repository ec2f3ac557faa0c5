"""What examples name and their program doesn't have: said before they are played."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from membership.errors import Flaw
from membership.program.examples import Example, Given, Then
from membership.program.metrics import Rank
from membership.program.money import to_minor, to_smallest
from membership.program.places import shown
from membership.program.schema import Ladder, Program


def misnamed(program: Program, path: str, example: Example) -> Iterator[Flaw]:
    """Each name that nobody knows, with the nearest one that somebody does."""
    people = {given.who for given in example.given if given.act != "merge"}
    orders: set[str | None] = set()
    for n, given in sorted(enumerate(example.given), key=lambda one: one[1].on):
        place = f"{path}.given[{n}]"
        orders.add(given.id)
        if given.refund is not None and given.of not in orders:
            yield _unknown(f"{place}.of", given.of, "order before it", orders)
        if given.act == "merge" and given.who not in people:
            yield _unknown(f"{place}.who", given.who, "other member", people)
        if given.tier is not None and given.tier not in program.tier_ids:
            yield _unknown(f"{place}.tier", given.tier, "tier", program.tier_ids)
        if given.points is not None and program.points is None:
            yield Flaw(f"{place}.points", given.points, "the program has no points", "Add `points`.")
        if given.ranked is not None:
            yield from _off_the_board(program, place, given)
        yield from _too_fine(program, place, given)
    for n, then in enumerate(example.then):
        place = f"{path}.then[{n}]"
        if then.ladder is not None and then.ladder not in program.ladders_by_id:
            yield _unknown(f"{place}.ladder", then.ladder, "ladder", program.ladders_by_id)
        else:
            yield from _not_of_the_ladder(ladder_of(program, then), place, then)
        if then.points is not None and program.points is None:
            value = then.points.model_dump()
            yield Flaw(f"{place}.points", value, "the program has no points", "Add `points`.")
        yield from _no_figures(program, place, then)


def ladder_of(program: Program, then: Then) -> Ladder:
    """The one that is looked at. Raises KeyError for one that the program doesn't have."""
    return program.ladders_by_id[then.ladder or next(iter(program.ladders_by_id))]


def board_of(program: Program, given: Given) -> str | None:
    """The metric that a place is of: where there is one board only, nobody need name it."""
    boards = _boards(program)
    return given.of if given.of is not None else next(iter(boards)) if len(boards) == 1 else None


def _boards(program: Program) -> dict[str, Rank]:
    return {name: metric for name, metric in program.metrics.items() if isinstance(metric, Rank)}


def _off_the_board(program: Program, place: str, given: Given) -> Iterator[Flaw]:
    board, day = _boards(program).get(board_of(program, given) or ""), given.on.date()
    if board is None:
        yield _unknown(f"{place}.of", given.of, "board", _boards(program))
    elif board.cut_on(day) != day:
        remedy = f"Write the day of a cut, as {board.next_cut(day)}."
        yield Flaw(f"{place}.on", day.isoformat(), "no board is cut on that day", remedy)


def _too_fine(program: Program, place: str, given: Given) -> Iterator[Flaw]:
    for name in ("order", "saved", "refund"):
        amount = getattr(given, name)
        try:
            to_minor(amount or 0, program.currency)
        except ValueError as error:
            yield Flaw(f"{place}.{name}", shown(amount), str(error), "Round it.")


def _no_figures(program: Program, place: str, then: Then) -> Iterator[Flaw]:
    known = {name: metric for name, metric in program.metrics.items() if not isinstance(metric, Rank)}
    for name, amount in then.figures.items():
        if name not in known:
            yield _unknown(f"{place}.figures.{name}", name, "figure", known)
            continue
        try:
            to_smallest(known[name].measure, amount, program.currency)
        except ValueError as error:
            yield Flaw(f"{place}.figures.{name}", shown(amount), str(error), "Round it.")


def _not_of_the_ladder(ladder: Ladder, place: str, then: Then) -> Iterator[Flaw]:
    named = {"tier": then.tier, "next": then.next, "notice.to": then.notice.to if then.notice else None}
    for name, tier in named.items():
        if tier and tier not in ladder:
            yield _unknown(f"{place}.{name}", tier, "tier", (one.id for one in ladder.tiers))


def _unknown(path: str, name: str | None, what: str, known: Iterable[str | None]) -> Flaw:
    names = sorted(filter(None, known))
    close = get_close_matches(name or "", names, n=1, cutoff=0.6)
    remedy = f"Did you mean {close[0]}?" if close else f"Known here: {', '.join(names) or 'none'}."
    return Flaw(path, name, f"there is no such {what}", remedy)
