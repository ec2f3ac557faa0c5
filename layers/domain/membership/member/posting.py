"""Outcomes into a member's points."""

from datetime import date

from membership.member.account import Account, Lot, added
from membership.outcomes import (
    Outcome,
    PointsAdjusted,
    PointsDebtPaid,
    PointsExpired,
    PointsExpiring,
    PointsTakenBack,
    RedemptionCancelled,
    RewardGranted,
    RewardRedeemed,
)
from membership.program.calendar import month


def posted(account: Account, outcome: Outcome) -> Account:
    """The account after an outcome; most have nothing to do with it."""
    match outcome:
        case RewardGranted(lot=str(lot)):
            points = outcome.reward.points or 0
            return _active(account.put({lot: points}, granted=points), outcome.on)
        case PointsAdjusted():
            return _active(account.put(outcome.lots, adjusted=outcome.points), outcome.on)
        case RewardRedeemed():
            return account.take(outcome.lots, spent=outcome.points)
        case RedemptionCancelled():
            return account.put(outcome.lots, spent=-outcome.points)
        case PointsTakenBack():
            taken = sum(outcome.lots.values()) + outcome.debt
            after = account.take(outcome.lots, taken_back=taken, debt=outcome.debt)
            return after.model_copy(update={"lapsed": added(after.lapsed, outcome.lapsed, -1)})
        case PointsDebtPaid():
            return account.take(outcome.lots, debt=-outcome.points)
        case PointsExpired():
            after = account.take(outcome.lots, expired=outcome.points)
            idle = any(not Lot.read(key).expires for key in outcome.lots)
            known = after.idle_on or outcome.on
            return after.model_copy(
                update={
                    "lapsed": added(after.lapsed, outcome.lots),
                    "idle_on": max(known, outcome.on) if idle else after.idle_on,
                }
            )
        case PointsExpiring():
            return account.model_copy(update={"reminded": max(account.reminded, month(outcome.expires_on))})
    return account


def _active(account: Account, on: date | None) -> Account:
    """What is given to somebody who was idle is not gone the next day."""
    known = account.active_on
    return account if on is None or (known and on <= known) else account.model_copy(update={"active_on": on})
