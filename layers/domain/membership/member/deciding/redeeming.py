"""What comes of asking for a reward of the catalogue, or of undoing that: always an answer."""

from collections.abc import Iterator

from membership.facts import Cancellation, Redemption
from membership.member.deciding.case import Case
from membership.member.deciding.points import expire
from membership.member.redemption import Hindrance, hindrance, price
from membership.outcomes import (
    FactIgnored,
    Outcome,
    RedemptionCancelled,
    RedemptionRefused,
    RewardRedeemed,
)
from membership.program.catalogue import Redeemable
from membership.program.text import NO_WORDS


def redeem(case: Case) -> Iterator[Outcome]:
    """The outcome of the redemption, or of the cancellation, that the case is about, if it is about one."""
    match case.asked:
        case Redemption() as asked:
            yield _redeem(case, asked)
        case Cancellation() as asked:
            yield _cancel(case, asked)
            yield from expire(case)  # what comes back may be of points that would be gone by now


def _redeem(case: Case, asked: Redemption) -> Outcome:
    reward = case.program.catalogue_by_id.get(asked.reward)
    if reward is None:
        hindered: Hindrance | None = Hindrance(reason="no_such_reward")
    else:
        shelf = case.desk.shelf(reward.id)
        hindered = hindrance(case.program, case.member, reward, asked.occurred_at, shelf)
    if hindered:
        return RedemptionRefused(
            at=case.at,
            redemption=asked.id,
            reward=asked.reward,
            name=reward.label() if reward else NO_WORDS,
            **hindered.model_dump(),
        )
    assert reward is not None
    return _sold(case, asked, reward)


def _sold(case: Case, asked: Redemption, reward: Redeemable) -> RewardRedeemed:
    cost = price(case.program, case.member, reward)
    uploaded = next(iter(case.desk.shelf(reward.id).codes), None)
    code = {"none": None, "generated": asked.token, "uploaded": uploaded}[reward.codes]
    return RewardRedeemed(
        at=case.at,
        redemption=asked.id,
        reward=reward.id,
        name=reward.label(),
        points=cost,
        lots=case.member.points.draw(cost, case.today),
        coupon=reward.coupon,
        gift=reward.gift,
        code=code,
        uploaded=reward.codes == "uploaded",
        stock=reward.stock,
    )


def _cancel(case: Case, asked: Cancellation) -> Outcome:
    known = case.desk.redemptions.get(asked.redemption)
    if known is None or known.cancelled or case.member.status is None:
        return FactIgnored(at=case.at, reason="nothing_to_decide")
    sold = known.outcome
    return RedemptionCancelled(
        at=case.at,
        redemption=sold.redemption,
        reward=sold.reward,
        name=sold.name,
        points=sold.points,
        lots=sold.lots,
        stocked=sold.stock is not None,
        by=asked.by,
        reason=asked.reason,
    )
