"""Text to plain mappings, lists and scalars: what people mean by it, within bounds."""

import json
import re
from collections.abc import Hashable, Mapping
from decimal import Decimal
from typing import Any, NoReturn

import yaml

from membership.errors import Flaw, ProgramInvalid

LARGEST = 256 * 1024
"""Bytes; the presets have two thousand."""
DEEPEST = 24
MOST_NODES = 20_000


def parse(source: str | bytes) -> Any:
    """The document in YAML or JSON text. Raises ProgramInvalid where it can't be read."""
    size = len(source if isinstance(source, bytes) else source.encode("utf-8", "surrogatepass"))
    if size > LARGEST:
        _refuse("", None, f"is {size:,} bytes long", f"Write at most {LARGEST:,}.")
    text = _decoded(source)
    if text.lstrip().startswith("{"):
        try:
            return _from_json(text)
        except json.JSONDecodeError:
            pass  # YAML has braces too, and more to say of what is wrong
        except RecursionError:
            _refuse_depth("")
    return _from_yaml(text)


def _decoded(source: str | bytes) -> str:
    if isinstance(source, str):
        return source.removeprefix("\ufeff")
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = f"byte {error.start + 1}"
        _refuse(place, f"0x{source[error.start]:02x}", "is not text in UTF-8", "Save the file as UTF-8.")


def _from_json(text: str) -> Any:
    return json.loads(
        text,
        parse_int=_integer,
        parse_float=Decimal,
        parse_constant=str,
        object_pairs_hook=_no_key_twice,
    )


def _integer(digits: str) -> int | Decimal:
    """Thousands of digits are no integer that anybody means; as a decimal they are cheap to refuse."""
    return int(digits) if len(digits) <= 30 else Decimal(digits)


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for n, key in enumerate(keys) if key in keys[:n])
        _refuse("", twice, f"{twice!r} stands twice in one place", "Keep one of them.")
    return found


class _Loader(yaml.SafeLoader):
    """YAML as people mean it: no dates, no yes/no, no octal or base 60, exact decimals, no key twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable) and key in seen:
                problem = f"{key!r} stands twice in one place"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
            seen.add(key if isinstance(key, Hashable) else None)
        return super().construct_mapping(node, deep=deep)


def _number(digits: str) -> int | Decimal:
    plain = digits.replace("_", "")
    return _integer(plain) if re.fullmatch("[-+]?[0-9]+", plain) else Decimal(plain)


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("float", r"[-+]?(0|[1-9][0-9_]*)(\.[0-9_]+)?([eE][-+]?[0-9]{1,6})?", list("-+0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first)
_Loader.add_constructor("tag:yaml.org,2002:float", lambda _, node: _number(node.value))


def _from_yaml(text: str) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)
    except RecursionError:
        _refuse_depth("")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        assert mark is not None
        lines = re.split("\r\n|[\r\n\x85\u2028\u2029]", text)
        line = lines[mark.line].strip() if mark.line < len(lines) else ""
        _refuse(
            f"line {mark.line + 1}, column {mark.column + 1}",
            line[:80],
            *_said_better(error.problem or "", line),
        )
    except yaml.reader.ReaderError as error:
        place = f"line {text.count(chr(10), 0, error.position) + 1}"
        _refuse(place, f"U+{ord(text[error.position]):04X}", "is a character that doesn't show", "Remove it.")


_SAID_BETTER = (
    (r"found character '\\t'", "a tab stands here", "Indent with spaces; YAML takes no tabs."),
    (r"found character (.*) that cannot start", r"\1 can't begin a value", "Put the value in quotes."),
    (
        r"mapping values are not allowed",
        "a colon too many",
        "Put words with a colon in quotes; begin a new line for a key.",
    ),
    (r"could not find expected ':'", "a key without its colon", "Write it as `key: value`."),
    (
        r"expected <block end>",
        "the indentation doesn't fit the lines above",
        "Line up what belongs together.",
    ),
    (
        r"expected ',' or '(.)'",
        r"a comma or \1 is missing",
        "Close every bracket; put a comma between its parts.",
    ),
    (r"found undefined alias (.*)", r"\1 stands for nothing", "Write the value itself."),
    (r"found duplicate anchor", "two anchors have one name", "Give each its own."),
    (r"could not determine a constructor for the tag (.*)", r"the tag \1 means nothing here", "Remove it."),
    (r"found unhashable key", "a key has to be a word", "Put words with braces or brackets in quotes."),
    (r"but found another document", "a second document begins here", "Keep one; remove the line `---`."),
    (r"found unexpected end of stream", "a quote isn't closed", "Close it."),
    (r"(.* stands twice in one place)", r"\1", "Keep one of them."),
)


def _said_better(problem: str, line: str) -> tuple[str, str]:
    if re.search("[：｛｝［］]", line):
        return "a full-width sign stands here", "Write : { } [ ] with the keyboard in English."
    for pattern, message, remedy in _SAID_BETTER:
        if found := re.search(pattern, problem):
            return found.expand(message), remedy
    return f"not readable: {problem}", "Write it as YAML or JSON."


def check_shape(document: Any) -> None:
    """Words for keys, a bounded depth and size: what follows may then recurse without a care.

    Counts what an alias stands for each time: a few of them can stand for billions of nodes.
    """
    if not isinstance(document, Mapping):
        _refuse(
            "",
            document if isinstance(document, str | int) else None,
            "a program is a mapping",
            "Start from a preset.",
        )
    nodes = 0
    waiting: list[tuple[str, Any, int]] = [("", document, 1)]
    while waiting:
        path, here, depth = waiting.pop()
        nodes += 1
        if depth > DEEPEST:
            _refuse_depth(path)
        if nodes > MOST_NODES:
            _refuse("", None, f"has more than {MOST_NODES:,} parts", "Write less; aliases count each time.")
        match here:
            case Mapping():
                for key, value in here.items():
                    if not isinstance(key, str):
                        _refuse(
                            path, _plain(key), f"the key {key!r} is not a word", f"Put it in quotes: '{key}'."
                        )
                    waiting.append((f"{path}.{key}" if path else key, value, depth + 1))
            case list() | tuple():
                waiting += [(f"{path}[{n}]", value, depth + 1) for n, value in enumerate(here)]


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | None) else str(value)


def _refuse_depth(path: str) -> NoReturn:
    _refuse(
        path[:200], None, f"is nested more than {DEEPEST} deep", "Nest less; an alias can't stand for itself."
    )


def _refuse(path: str, value: object, message: str, remedy: str) -> NoReturn:
    raise ProgramInvalid([Flaw(path, value, message, remedy)])
