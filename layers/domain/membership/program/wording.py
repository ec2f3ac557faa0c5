"""Rules in words, English and Chinese, made from the very tree that decides."""

from collections.abc import Iterable, Mapping

from pydantic import BaseModel, ConfigDict, Field

from membership.program import money
from membership.program.benefits import POINTS, BenefitKind
from membership.program.criteria import Comparison, Criterion, Figures
from membership.program.criteria.base import asks_no_more
from membership.program.metrics import Tallied
from membership.program.phrases import Phrases, phrases_of
from membership.program.schema import Program
from membership.program.sentences import Group, sentence
from membership.program.text import Language, Text, run_on


def metric_name(metric: str, program: Program, language: Language) -> str:
    """'spend', '消费': a label for the figure."""
    return _phrases(metric, program, language).name


def amount(metric: str, value: int, program: Program, language: Language) -> str:
    """'¥5,000', '6 orders', '6 笔'."""
    return _phrases(metric, program, language).amount(value)


def remaining(metric: str, missing: int, program: Program, language: Language) -> str:
    """'¥800 more spend', '再消费 ¥800'."""
    return _within(_phrases(metric, program, language).more(missing), metric, program, language)


def comparison(one: Comparison, program: Program, language: Language) -> str:
    """'spend of at least ¥5,000', '消费满 ¥5,000'."""
    words = _phrases(one.metric, program, language).at_least(program.threshold(one))
    return _within(words, one.metric, program, language)


def rule(criterion: Criterion, program: Program, language: Language) -> str:
    """The whole criterion, without a full stop, so that it can stand in any sentence.

    Takes criteria of any origin: one read back from an outcome's evidence is not bound to a program.
    """
    return sentence(_tree(criterion, program, language), language)


def lacking(
    ways: Iterable[Mapping[str, int]], program: Program, language: Language, shown: int | None = None
) -> str:
    """What is still to do, by ways of which one is enough: each says how much of which metric is missing.

    'both ¥800 more spend and 2 more orders, or 1 more year of membership'. Empty where nothing is missing.
    A way that asks for all that another one does, and more, is none that anybody would go.
    """
    said = [
        Group(
            len(way), tuple(remaining(metric, missing, program, language) for metric, missing in way.items())
        )
        for way in _shortest(ways)
    ]
    if not said or not all(way.parts for way in said):
        return ""
    return sentence(Group(1, tuple(said[:shown])), language)


def _shortest(ways: Iterable[Mapping[str, int]]) -> list[Mapping[str, int]]:
    found: list[Mapping[str, int]] = []
    for way in ways:
        if not any(asks_no_more(other, way) for other in found):
            found = [*(other for other in found if not asks_no_more(way, other)), way]
    return found


def nothing_more(language: Language) -> str:
    """Where nothing is missing."""
    return _NOTHING.get(language)


class Words(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class Seen(Words):
    """One comparison of a rule, and what it saw when it was decided."""

    metric: str
    asked: str = Field(description="What the rule asks for, in words.")
    seen: str = Field(description="How much there was, in words.")
    met: bool
    text: str = Field(description="All of it in one line.")


def evidence(rule: Criterion, figures: Figures, program: Program, language: Language) -> tuple[Seen, ...]:
    """Why a decision was taken: each comparison of the rule, once, with the figure that it saw."""
    found = {}
    for one in rule.comparisons():
        asked = comparison(one, program, language)
        seen = amount(one.metric, figures[one.metric], program, language)
        met = figures[one.metric] >= program.threshold(one)
        if language == "zh":
            text = f"{asked}：{'已满足' if met else '未满足'}（{seen}）"
        else:
            text = f"{asked}: {'met' if met else 'not met'} ({seen})"
        found[asked] = Seen(metric=one.metric, asked=asked, seen=seen, met=met, text=text)
    return tuple(found.values())


def value(fee: int, saved: int, program: Program, language: Language) -> str:
    """'Fee ¥139, saved ¥240 so far.'"""
    fee_, saved_ = money.in_words(fee, program.currency), money.in_words(saved, program.currency)
    return f"会费 {fee_}，已节省 {saved_}。" if language == "zh" else f"Fee {fee_}, saved {saved_} so far."


def benefit_in_words(benefit: BenefitKind, program: Program, language: Language) -> str:
    """For a member that has it."""
    return benefit.in_words(language, program.points.name if program.points else POINTS)


def _tree(criterion: Criterion, program: Program, language: Language) -> Group | str:
    if isinstance(criterion, Comparison):
        return comparison(criterion, program, language)
    parts = tuple(_tree(part, program, language) for part in criterion.of)
    return Group(criterion.needed, parts)


def _phrases(metric: str, program: Program, language: Language) -> Phrases:
    return phrases_of(metric, program.metrics[metric], program.currency, language)


def _within(words: str, metric: str, program: Program, language: Language) -> str:
    """The metric's own window is said; the program's is said once for all."""
    definition = program.metrics[metric]
    window = definition.window if isinstance(definition, Tallied) else None
    if window is None or window == program.window:
        return words
    within = window.within.get(language)
    return run_on(within, words) if language == "zh" else f"{words} {within}"


_NOTHING = Text.ours(en="nothing more", zh="无需其他条件")
