"""YAML as people write it, and what they see where they slipped."""

import re
from collections.abc import Callable, Hashable
from decimal import Decimal
from typing import Any

import yaml

from membership.program.document import decimal, integer, refuse, refuse_depth


class _Loader(yaml.SafeLoader):
    """YAML as people mean it: no dates, no yes/no, no octal or base 60, exact decimals, no key twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="found unhashable key", problem_mark=key.start_mark)
            key.tag = _WORD  # 500: and true: are words too, where a key stands
            if key.value in seen:
                problem = f"{key.value!r} stands twice in one place"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


_WORD = "tag:yaml.org,2002:str"


def _number(text: str) -> int | Decimal | str:
    plain = text.replace("_", "")
    return integer(plain) if re.fullmatch("[-+]?[0-9]+", plain) else decimal(plain)


def _teach(kind: str, pattern: str, first: str, made: Callable[[str], Any]) -> None:
    """How a plain scalar of some pattern is read; `first` has the signs that it may begin with."""
    _Loader.add_implicit_resolver(f"!{kind}", re.compile(f"^(?:{pattern})$"), [*first, ""])
    _Loader.add_constructor(f"!{kind}", lambda _, node: made(node.value))


_Loader.yaml_implicit_resolvers = {}
_Loader.yaml_constructors = {
    tag: constructor
    for tag, constructor in yaml.SafeLoader.yaml_constructors.items()
    if tag in (_WORD, "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map", None)
}
_teach("null", "~|null|Null|NULL|", "~nN", lambda _: None)
_teach("bool", "true|false", "tf", lambda text: text == "true")
_teach("number", r"[-+]?(0|[1-9][0-9_]*)(\.[0-9_]+)?([eE][-+]?[0-9]+)?", "-+0123456789", _number)


def from_yaml(text: str) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)
    except RecursionError:
        refuse_depth("")
    except yaml.MarkedYAMLError as error:
        lines = re.split("\r\n|[\r\n\x85\u2028\u2029]", text)
        marks = [mark for mark in (error.problem_mark, error.context_mark) if mark]
        if "end of stream" in (error.problem or ""):
            marks.reverse()  # where it began, not where all ends
        full_width = [mark for mark in marks if _FULL_WIDTH.search(_line(lines, mark))]
        mark = (full_width or marks)[0]
        line = _line(lines, mark)
        said = _TYPED_FULL_WIDTH if full_width else _said_better(error.problem or "")
        refuse(f"line {mark.line + 1}, column {mark.column + 1}", line[:80], *said)
    except yaml.reader.ReaderError as error:
        place = f"line {text.count(chr(10), 0, error.position) + 1}"
        refuse(place, f"U+{ord(text[error.position]):04X}", "is a character that doesn't show", "Remove it.")


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


def _line(lines: list[str], mark: yaml.Mark) -> str:
    return lines[mark.line].strip() if mark.line < len(lines) else ""


_FULL_WIDTH = re.compile("[：｛｝［］]")
_TYPED_FULL_WIDTH = "a full-width sign stands here", "Write : { } [ ] with the keyboard in English."


def _said_better(problem: str) -> tuple[str, str]:
    problem = problem.replace("tag:yaml.org,2002:", "!!")
    for pattern, message, remedy in _SAID_BETTER:
        if found := re.search(pattern, problem):
            return found.expand(message), remedy
    return f"not readable: {problem}", "Write it as YAML or JSON."
