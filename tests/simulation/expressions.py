"""DynamoDB's expressions, as far as our store writes them; each is compiled once. Others are refused."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

Item = Mapping[str, Any]
Values = Mapping[str, Any]
Operand = Callable[[Item, Values], Any]
"""Yields an attribute value as the API writes it, {"S": "x"}; None where the item lacks it."""
Condition = Callable[[Item, Values], bool]
Update = Callable[[dict[str, Any], Values], None]

_TOKEN = re.compile(r"\s*(:\w+|\w+|<>|<=|>=|[=<>(),+-])")


class Unknown(Exception):
    """An expression that this fake has not learnt. It must not guess."""


@cache
def condition(text: str) -> Condition:
    """A ConditionExpression or FilterExpression."""
    reader = _Reader(text)
    found = reader.either()
    reader.end()
    return found


@cache
def update(text: str) -> Update:
    """An UpdateExpression of SET, REMOVE and ADD."""
    reader = _Reader(text)
    steps: list[Update] = []
    while reader.more:
        steps += reader.clause()

    def run(item: dict[str, Any], values: Values) -> None:
        before = dict(item)  # every operand is read as it was before any part of the update
        for step in steps:
            new: dict[str, Any] = dict(before)
            step(new, values)
            for name in new.keys() | before.keys():
                if new.get(name) is not before.get(name):
                    if name in new:
                        item[name] = new[name]
                    else:
                        item.pop(name, None)

    return run


@cache
def keys(text: str) -> tuple[str, tuple[str, str, tuple[str, ...]] | None, str]:
    """A KeyConditionExpression: hash key; range key, how, values' names, if any; the hash's value's name."""
    hash_, *rest = text.split(" AND ", 1)
    simple = re.fullmatch(r"(\w+) = (:\w+)", hash_)
    if simple is None:
        raise Unknown(text)
    if not rest:
        return simple[1], None, simple[2]
    if found := re.fullmatch(r"begins_with\((\w+), (:\w+)\)", rest[0]):
        return simple[1], (found[1], "begins_with", (found[2],)), simple[2]
    if found := re.fullmatch(r"(\w+) BETWEEN (:\w+) AND (:\w+)", rest[0]):
        return simple[1], (found[1], "between", (found[2], found[3])), simple[2]
    if found := re.fullmatch(r"(\w+) (<=?|>=?|=) (:\w+)", rest[0]):
        return simple[1], (found[1], found[2], (found[3],)), simple[2]
    raise Unknown(text)


def plain(value: Any) -> Any:
    """An attribute value as Python compares it."""
    [(kind, told)] = value.items()
    return Decimal(told) if kind == "N" else told


def number(value: int | Decimal) -> dict[str, str]:
    return {"N": format(Decimal(value).normalize(), "f")}


class _Reader:
    def __init__(self, text: str) -> None:
        self._text, self._tokens, place = text, list[str](), 0
        while place < len(text.rstrip()):
            found = _TOKEN.match(text, place)
            if found is None:
                raise Unknown(text)
            self._tokens.append(found[1])
            place = found.end()
        self._tokens.reverse()

    @property
    def more(self) -> bool:
        return bool(self._tokens)

    def _peek(self) -> str:
        return self._tokens[-1] if self._tokens else ""

    def _take(self, *wanted: str) -> str:
        if wanted and self._peek() not in wanted:
            raise Unknown(self._text)
        return self._tokens.pop()

    def end(self) -> None:
        if self._tokens:
            raise Unknown(self._text)

    # ── Conditions ────────────────────────────────────────────────────────────────────────────────

    def either(self) -> Condition:
        parts = [self._both()]
        while self._peek() == "OR":
            self._take()
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda item, values: any(one(item, values) for one in parts)

    def _both(self) -> Condition:
        parts = [self._one()]
        while self._peek() == "AND":
            self._take()
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda item, values: all(one(item, values) for one in parts)

    def _one(self) -> Condition:
        match self._peek():
            case "NOT":
                self._take()
                inner = self._one()
                return lambda item, values: not inner(item, values)
            case "(":
                self._take()
                inner = self.either()
                self._take(")")
                return inner
            case "attribute_exists" | "attribute_not_exists" | "begins_with":
                return self._function()
        return self._comparison()

    def _function(self) -> Condition:
        name = self._take()
        self._take("(")
        attribute = self._take()
        if name == "begins_with":
            self._take(",")
            prefix = self._operand()
            self._take(")")
            return lambda item, values: (
                attribute in item and plain(item[attribute]).startswith(plain(prefix(item, values)))
            )
        self._take(")")
        if name == "attribute_exists":
            return lambda item, _: attribute in item
        return lambda item, _: attribute not in item

    def _comparison(self) -> Condition:
        left, how = self._operand(), self._take("=", "<>", "<", "<=", ">", ">=", "IN")
        if how == "IN":
            return self._among(left)
        right = self._operand()

        def compare(item: Item, values: Values) -> bool:
            one, other = left(item, values), right(item, values)
            if one is None or other is None or one.keys() != other.keys():
                return how == "<>"
            one, other = plain(one), plain(other)
            match how:
                case "=":
                    return bool(one == other)
                case "<>":
                    return bool(one != other)
                case "<":
                    return bool(one < other)
                case "<=":
                    return bool(one <= other)
                case ">":
                    return bool(one > other)
                case _:
                    return bool(one >= other)

        return compare

    def _among(self, left: Operand) -> Condition:
        self._take("(")
        every = [self._operand()]
        while self._take(",", ")") == ",":
            every.append(self._operand())
        return lambda item, values: left(item, values) in [one(item, values) for one in every]

    def _operand(self) -> Operand:
        token = self._take()
        if token.startswith(":"):
            return lambda _, values: values[token]
        if token == "if_not_exists":
            self._take("(")
            attribute = self._take()
            self._take(",")
            otherwise = self._operand()
            self._take(")")
            return lambda item, values: item[attribute] if attribute in item else otherwise(item, values)
        if not token.isidentifier():
            raise Unknown(self._text)
        return lambda item, _: item.get(token)

    # ── Updates ───────────────────────────────────────────────────────────────────────────────────

    def clause(self) -> list[Update]:
        part = {"SET": self._set, "REMOVE": self._remove, "ADD": self._add}[
            self._take("SET", "REMOVE", "ADD")
        ]
        steps = [part()]
        while self._peek() == ",":
            self._take()
            steps.append(part())
        return steps

    def _set(self) -> Update:
        attribute = self._take()
        self._take("=")
        first = self._operand()
        sign = self._take() if self._peek() in ("+", "-") else ""
        second = self._operand() if sign else None

        def run(item: dict[str, Any], values: Values) -> None:
            found = first(item, values)
            if second is not None:
                change = plain(second(item, values))
                found = number(plain(found) + (change if sign == "+" else -change))
            item[attribute] = found

        return run

    def _remove(self) -> Update:
        attribute = self._take()
        return lambda item, _: item.pop(attribute, None)

    def _add(self) -> Update:
        attribute, value = self._take(), self._operand()

        def run(item: dict[str, Any], values: Values) -> None:
            known = plain(item[attribute]) if attribute in item else 0
            item[attribute] = number(known + plain(value(item, values)))

        return run
