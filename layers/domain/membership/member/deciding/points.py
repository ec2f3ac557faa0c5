"""What becomes of points that are there: taken back, gone on their day, given, owed and paid."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from membership.facts import Act, Order, Refund
from membership.member.account import LAPSED_DAYS, Account, Lot, added
from membership.member.deciding.case import Case
from membership.member.earning import Claim
from membership.member.expiring import gone_by, to_remind_of
from membership.outcomes import (
    FactIgnored,
    Outcome,
    PartTaken,
    PointsAdjusted,
    PointsDebtPaid,
    PointsExpired,
    PointsExpiring,
    PointsTakenBack,
)
from membership.program.points import Earning, ForMoney, PointsRules

_USUAL = PointsRules.model_construct(earn=Earning.model_construct(order=ForMoney.model_construct()))
_KEPT = ("trial", "active")
"""Who is blocked or has left keeps what there is as it is: it comes back as it was, but for what expired."""


def take_back(case: Case) -> Iterator[Outcome]:
    """What orders had earned that were given back; said even where nothing is left of it to take."""
    if case.corrections:
        yield _corrected(case)
    if not case.claims:
        return
    account, orders, parts = case.member.points, dict[str, int](), list[PartTaken]()
    lots, lapsed = dict[str, int](), dict[str, int]()
    owed = _rules(case).refunds == "negative"
    debt = forgiven = 0
    for claim in case.claims:
        found = _taken(case, account, claim)
        account = account.take(found.lots)
        account = account.model_copy(update={"lapsed": added(account.lapsed, found.lapsed, -1)})
        lots, lapsed = added(lots, found.lots), added(lapsed, found.lapsed)
        orders[claim.order] = claim.points
        missing = claim.points - found.forgiven - sum(found.lots.values()) - sum(found.lapsed.values())
        spared = found.forgiven if owed else found.forgiven + missing
        debt, forgiven = debt + (missing if owed else 0), forgiven + spared
        lot = claim.lot.on(case.today.toordinal()).key
        points = claim.points - spared
        parts.append(
            PartTaken(order=claim.order, before=claim.before, after=claim.after, points=points, lot=lot)
        )
    yield PointsTakenBack(
        at=case.at,
        orders=orders,
        points=sum(lots.values()),
        parts=tuple(parts),
        lots=lots,
        lapsed=lapsed,
        debt=debt,
        forgiven=forgiven,
    )


def _corrected(case: Case) -> PointsTakenBack:
    """What was taken too much, into the orders' own lots: there it is missing. Or out of them."""
    today = case.today.toordinal()
    orders, lots = dict[str, int](), dict[str, int]()
    for part in case.corrections:
        orders[part.order] = orders.get(part.order, 0) + part.points
        lots = added(lots, {Lot.read(part.lot).on(today).key: part.points})
    return PointsTakenBack(
        at=case.at, orders=orders, points=sum(lots.values()), parts=tuple(case.corrections), lots=lots
    )


class _Taken(NamedTuple):
    lots: dict[str, int]
    lapsed: dict[str, int]
    forgiven: int
    """Whatever the program asks for."""


def _taken(case: Case, account: Account, claim: Claim) -> _Taken:
    """Out of the order's own lot, then out of what expires first; what had expired of it is gone already."""
    today, wanted = case.today, claim.points
    own = claim.lot.on(today.toordinal()).key
    only_pending = _rules(case).refunds == "pending_only"
    if only_pending and not claim.lot.is_pending(_given_back_on(case, claim).toordinal()):
        return _Taken({}, {}, wanted)
    there, lapsed = max(0, account.lots.get(own, 0)), account.lapsed.get(own, 0)
    if claim.lot.expires:
        from_own = min(wanted, there)
        from_lapsed = min(wanted - from_own, lapsed)
    else:  # such lots fill again after everything was gone
        from_lapsed = min(wanted, lapsed) if account.idle_on and claim.day < account.idle_on else 0
        from_own = min(wanted - from_lapsed, there)
    lots = {own: from_own} if from_own else {}
    rest = wanted - from_own - from_lapsed
    outlived = 0 < claim.lot.expires < today.toordinal() - LAPSED_DAYS
    forgiven = rest if only_pending or outlived else 0
    if rest > forgiven:
        lots = added(lots, account.take(lots).drawn(rest, today, pending=True))
    return _Taken(lots, {own: from_lapsed} if from_lapsed else {}, forgiven)


def _given_back_on(case: Case, claim: Claim) -> date:
    """A refund that came before its order came at once."""
    if isinstance(case.fact, Order):
        return claim.day
    return case.program.day(case.fact.occurred_at) if isinstance(case.fact, Refund) else case.today


def _rules(case: Case) -> PointsRules:
    """Those in force; where points are not earned any more, the usual ones."""
    return case.program.points or _USUAL


def expire(case: Case) -> Iterator[Outcome]:
    """What is gone by today. Who does something again after a long time does it after that was gone."""
    account = case.member.points
    if not account.lots or case.member.status not in _KEPT:
        return
    lots = dict(gone_by(case.program, account, case.today))
    if case.earlier is not None and case.earlier.lots:
        before = gone_by(case.program, case.earlier.aged(case.today), case.today)
        lots |= {
            key: left
            for key, amount in before.items()
            if key not in lots and (left := min(amount, account.lots.get(key, 0))) > 0
        }
    if lots:
        yield PointsExpired(at=case.at, points=sum(lots.values()), on=case.today, lots=lots)


def settle_up(case: Case) -> Iterator[Outcome]:
    """No lot is less than nothing, what is owed is paid by what is there, what expires soon is told of."""
    if not case.member.points.lots or case.member.status not in _KEPT:
        return
    yield from _make_good(case)
    yield from _pay(case)
    for soon in to_remind_of(case.program, case.member.points, case.today):
        yield PointsExpiring(at=case.at, points=soon.points, expires_on=soon.day, lots=soon.lots)


def _make_good(case: Case) -> Iterator[Outcome]:
    """A ledger that is read again may earn less than was spent, as where a birthday was told late."""
    account = case.member.points
    missing = {key: amount for key, amount in account.lots.items() if amount < 0}
    if not missing:
        return
    wanted = -sum(missing.values())
    lots = account.take(missing).drawn(wanted, case.today, pending=True)
    points, owed = sum(lots.values()), _rules(case).refunds == "negative"
    left = wanted - points
    yield PointsTakenBack(
        at=case.at,
        orders={},
        points=points,
        lots=added(missing, lots),
        debt=left if owed else 0,
        forgiven=0 if owed else left,
    )


def _pay(case: Case) -> Iterator[Outcome]:
    account = case.member.points
    if account.debt and (lots := account.drawn(account.debt, case.today)):
        yield PointsDebtPaid(at=case.at, points=sum(lots.values()), lots=lots)


def adjust(case: Case, act: Act, points: int) -> Iterator[Outcome]:
    """What an operator gives, or takes of what can be spent."""
    account, told = case.member.points, {"at": case.at, "by": act.by, "reason": act.reason}
    if case.program.points is None or points == 0 or -points > account.spendable(case.today):
        yield FactIgnored(at=case.at, reason="not_possible_now")
    elif points > 0:
        lots = {case.program.points.lot(case.today, pending=False).key: points}
        yield PointsAdjusted(**told, points=points, on=given_on(case), lots=lots)
    else:
        lots = {key: -amount for key, amount in account.draw(-points, case.today).items()}
        yield PointsAdjusted(**told, points=points, lots=lots)


def credited(case: Case) -> str | None:
    """The lot for points that are given today; None where the program keeps no points."""
    rules = case.program.points
    return rules.lot(case.today, pending=False).key if rules else None


def given_on(case: Case) -> date | None:
    """Today, where that ends a silence after which points would be gone."""
    rules = case.program.points
    return case.today if rules and rules.asks_for_silence else None
