"""How often something was done: orders, any activity, or activities of the named kinds."""

from collections.abc import Collection
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from typing_extensions import override

from membership.facts import Activity, Fact, Order
from membership.program.flaws import Fault, Unsound, unsound
from membership.program.kinds import BENEFIT_USED, NOT_KINDS, Kind, kind_in_words, listed
from membership.program.metrics.base import Measure
from membership.program.metrics.capped import Capped
from membership.program.shorthand import one_or_many
from membership.program.text import Language, one_line, run_on

_ORDER, _ANY_ACTIVITY = "order", "activity"


def _countable(kind: str) -> str:
    if kind in NOT_KINDS - {_ORDER, _ANY_ACTIVITY}:
        raise unsound(f"{kind!r} can't be counted", "Count order, activity, or kinds of activity.")
    return one_line(kind)


Countable = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_countable)]


def countable_in_words(kind: str, language: Language) -> str:
    match kind:
        case "order":
            return "下单" if language == "zh" else "an order"
        case "activity":
            return "各类互动" if language == "zh" else "activity of any kind"
    return kind_in_words(kind, language)


def is_named(kind: str, names: Collection[str]) -> bool:
    """Whether a kind of activity is among what counts: `activity` takes in all but the use of a benefit."""
    return (_ANY_ACTIVITY in names and kind != BENEFIT_USED) or (kind in names and kind != _ORDER)


_Several = Annotated[tuple[Countable, ...], Field(min_length=1)]


class Count(Capped):
    """How often something was done."""

    count: Annotated[
        _Several,
        BeforeValidator(one_or_many, json_schema_input_type=Countable | _Several),
        Field(description="`order`, `activity` for any of its kinds, or kinds of activity."),
    ]
    excluding: Annotated[
        tuple[Kind, ...],
        BeforeValidator(one_or_many, json_schema_input_type=Kind | tuple[Kind, ...]),
        Field(description="Kinds of activity that don't count, where `activity` would take them in."),
    ] = ()

    @model_validator(mode="after")
    def _caps_activities(self) -> Self:
        if self.per_day and _ORDER in self.count:
            raise Unsound(
                Fault(("per_day",), "orders can't be capped", "Count activities in a metric of their own.")
            )
        return self

    @model_validator(mode="after")
    def _excludes_something(self) -> Self:
        if self.excluding and _ANY_ACTIVITY not in self.count:
            raise Unsound(Fault(("excluding",), "only `count: activity` leaves kinds out", "Remove it."))
        return self

    @property
    def fields(self) -> frozenset[str]:
        if self.measure == "orders":
            return frozenset({"amount"})
        return frozenset() if _ORDER in self.count else frozenset({"quality", "value"})

    @property
    def measure(self) -> Measure:
        return "orders" if set(self.count) == {_ORDER} else "times"

    def in_words(self, language: Language, currency: str) -> str:
        what = listed([countable_in_words(kind, language) for kind in self.count], language)
        left_out = listed([kind_in_words(kind, language) for kind in self.excluding], language)
        limits = self._limits(language, currency)
        capped = self._cap_in_words(len(self.count) > 1, language)
        if language == "zh":
            but = f"，{run_on(left_out, '除外')}" if left_out else ""
            refunds = "，全额退款的订单不计" if _ORDER in self.count else ""
            return f"{run_on(what, '的次数')}{limits}{but}{refunds}{capped}。"
        but = f" except {left_out}" if left_out else ""
        refunds = "; one refunded in full doesn't count" if _ORDER in self.count else ""
        return f"How often: {what}{but}{limits}{refunds}{capped}."

    def gain(self, fact: Fact) -> int:
        match fact:
            case Order(plan=None):
                return int(_ORDER in self.count and self.admits(fact))
            case Activity(kind=kind):
                named = is_named(kind, self.count)
                return int(named and kind not in self.excluding and self.admits(fact))
        return 0

    def loss(self, order: Order, refunded: int, amount: int) -> int:
        """An order stops counting when all of it was given back, not before."""
        return self.gain(order) if 0 < amount == order.amount - refunded else 0

    @property
    def kinds(self) -> range:
        return range(len(self.count))

    @override
    def lane(self, kind: str) -> int:
        return self.count.index(kind if kind in self.count else _ANY_ACTIVITY)

    @override
    def worth(self, lane: int) -> int:
        return 1
