"""How a figure is said: the business's own name for it, or the usual words for the usual ones.

A business's own name is never bent: no plural is guessed, and where English would need a singular
the phrase is built without one.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from typing_extensions import override

from membership.program import money
from membership.program.metrics import Elapsed, Measure, MetricKind
from membership.program.text import Language, run_on


class Phrases(ABC):
    """Of one metric, in one language."""

    name: str
    """A label: 'spend', '消费'."""

    def __init__(self, metric: MetricKind, currency: str) -> None:
        self.measure: Measure = metric.measure
        self._currency = currency
        self._of_time = isinstance(metric, Elapsed)

    @abstractmethod
    def amount(self, value: int) -> str:
        """'¥5,000', '6 orders', '6 笔'."""

    @abstractmethod
    def at_least(self, value: int) -> str:
        """'spend of at least ¥5,000', '下单满 6 笔'."""

    @abstractmethod
    def more(self, value: int) -> str:
        """'¥800 more spend', '再下单 2 笔'."""


def phrases_of(id_: str, metric: MetricKind, currency: str, language: Language) -> Phrases:
    return (_Chinese if language == "zh" else _English)(id_, metric, currency)


class _Noun(NamedTuple):
    one: str
    many: str

    def of(self, value: int) -> str:
        return self.one if value == 1 else self.many


_ENGLISH_UNITS: Mapping[Measure, _Noun] = {
    "orders": _Noun("order", "orders"),
    "times": _Noun("time", "times"),
    "points": _Noun("point", "points"),
    "years": _Noun("year", "years"),
    "months": _Noun("month", "months"),
    "days": _Noun("day", "days"),
}
_ENGLISH_NOUNS: Mapping[tuple[Measure, str], _Noun] = {
    ("orders", "orders"): _Noun("order", "orders"),
    ("times", "interactions"): _Noun("interaction", "interactions"),
    ("times", "feedback"): _Noun("piece of feedback", "pieces of feedback"),
    ("times", "referrals"): _Noun("referral", "referrals"),
    ("times", "check_ins"): _Noun("check-in", "check-ins"),
    ("times", "reviews"): _Noun("review", "reviews"),
    ("times", "shares"): _Noun("share", "shares"),
    ("points", "contribution"): _Noun("contribution point", "contribution points"),
    ("points", "reputation"): _Noun("reputation point", "reputation points"),
    ("days", "active_days"): _Noun("active day", "active days"),
    ("days", "streak"): _Noun("day in a row", "days in a row"),
    ("number", "miles"): _Noun("mile", "miles"),
    ("number", "nights"): _Noun("night", "nights"),
}


class _English(Phrases):
    def __init__(self, id_: str, metric: MetricKind, currency: str) -> None:
        super().__init__(metric, currency)
        own = metric.name.get("en")
        self._noun = None if own else _ENGLISH_NOUNS.get((self.measure, id_))
        self._usual = not own and (self._of_time or self._noun is not None or id_ == "spend")
        self.name = own or self._usual_name(id_)

    def _usual_name(self, id_: str) -> str:
        if self._of_time:
            return "membership"
        if id_ == "feedback" or not self._noun:
            return id_.replace("_", " ")
        return self._noun.many

    @override
    def amount(self, value: int) -> str:
        match self.measure:
            case "money":
                return money.in_words(value, self._currency)
            case "rank":
                return f"top {_top(value)}" if value > 0 else "not on the board"
            case "plan":
                return "paid" if value else "not paid"
            case "label":
                return "yes" if value else "no"
            case "number" if self._noun is None:
                return f"{value:,}"
        noun = self._noun or _ENGLISH_UNITS[self.measure]
        return f"{value:,} {noun.of(value)}"

    @override
    def at_least(self, value: int) -> str:
        match self.measure:
            case "rank":
                return f"among the top {_top(value)} of {self.name}"
            case "plan":
                return f"{self.name} being paid for"
            case "label":
                return f"belonging to {self.name}"
        if self._of_time and self._usual:
            return f"{self.amount(value)} of membership"
        if self._noun:
            return self.amount(value)
        if self.measure in ("orders", "times"):
            return f"one or more {self.name}" if value == 1 else f"at least {value:,} {self.name}"
        return f"{self.name} of at least {self.amount(value)}"

    @override
    def more(self, value: int) -> str:
        match self.measure:
            case "rank":
                return f"{self.name}: past another {_share(value)} of the board at the next cut"
            case "plan":
                return f"paying for {self.name}"
            case "label":
                return f"belonging to {self.name}"
        if self._of_time and self._usual:
            return f"{value:,} more {_ENGLISH_UNITS[self.measure].of(value)} of membership"
        if self._noun:
            return f"{value:,} more {self._noun.of(value)}"
        if self._usual:
            return f"{self.amount(value)} more {self.name}"
        figure = f"{value:,}" if self.measure in ("orders", "times") else self.amount(value)
        return f"{self.name}: {figure} more"


def _top(position: int) -> str:
    """A position says how much of the board is not above it, in hundredths of a per cent."""
    return _share(10_000 - position)


def _share(hundredths: int) -> str:
    return f"{Decimal(hundredths) / 100:f}%"


_CHINESE_UNITS: Mapping[Measure, str] = {
    "orders": "笔",
    "times": "次",
    "points": "分",
    "years": "年",
    "months": "个月",
    "days": "天",
}


class _Verb(NamedTuple):
    name: str
    verb: str
    unit: str | None = None


_CHINESE_VERBS: Mapping[tuple[Measure, str], _Verb] = {
    ("money", "spend"): _Verb("消费", "消费"),
    ("orders", "orders"): _Verb("订单", "下单"),
    ("times", "interactions"): _Verb("互动", "互动"),
    ("times", "feedback"): _Verb("反馈", "反馈", "条"),
    ("times", "referrals"): _Verb("推荐", "推荐", "人"),
    ("times", "check_ins"): _Verb("签到", "签到"),
    ("times", "reviews"): _Verb("评价", "评价", "条"),
    ("times", "shares"): _Verb("分享", "分享"),
}
_CHINESE_NAMES: Mapping[tuple[Measure, str], str] = {
    ("points", "contribution"): "贡献值",
    ("points", "reputation"): "声望值",
    ("days", "active_days"): "活跃",
    ("days", "streak"): "连续活跃",
    ("number", "miles"): "里程",
    ("number", "nights"): "住宿夜数",
}


class _Chinese(Phrases):
    def __init__(self, id_: str, metric: MetricKind, currency: str) -> None:
        super().__init__(metric, currency)
        own = metric.name.get("zh")
        self._usual = None if own else _CHINESE_VERBS.get((self.measure, id_))
        self._tenure = self._of_time and not own
        self.name = own or self._usual_name(id_)

    def _usual_name(self, id_: str) -> str:
        if self._tenure:
            return "入会时长"
        return (
            self._usual.name
            if self._usual
            else _CHINESE_NAMES.get((self.measure, id_), id_.replace("_", " "))
        )

    @override
    def amount(self, value: int) -> str:
        match self.measure:
            case "money":
                return money.in_words(value, self._currency)
            case "rank":
                return f"前 {_top(value)}" if value > 0 else "未上榜"
            case "plan":
                return "已付费" if value else "未付费"
            case "label":
                return "是" if value else "否"
            case "number":
                return f"{value:,}"
        unit = self._usual.unit if self._usual else None
        return f"{value:,} {unit or _CHINESE_UNITS[self.measure]}"

    @override
    def at_least(self, value: int) -> str:
        match self.measure:
            case "rank":
                return run_on(self.name, "位列前", _top(value))
            case "plan":
                return run_on(self.name, "在付费期内")
            case "label":
                return run_on("属于", self.name)
        what = "入会" if self._tenure else self._usual.verb if self._usual else self.name
        return run_on(what, "满", self.amount(value))

    @override
    def more(self, value: int) -> str:
        match self.measure:
            case "rank":
                return run_on(self.name, "下次评榜再超过", _share(value), "的成员")
            case "plan":
                return run_on("支付", self.name)
            case "label":
                return run_on("属于", self.name)
        if self._tenure:
            return run_on("入会再满", self.amount(value))
        if self._usual:
            return run_on(f"再{self._usual.verb}", self.amount(value))
        return run_on(self.name, "再增加", self.amount(value))
