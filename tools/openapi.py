"""Writes what is published and made from the code: the contract, the problems, the schema, the pictures.

`--check` writes nothing, and fails where what is committed differs from what the code says.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from membership.http import openapi
from membership.http.operations import OPERATIONS
from membership.http.problems import KINDS, Kind
from membership.program.messaging import FIELDS, MESSAGES
from membership.program.text import Language
from tools import schema
from tools.pictures import picture

ROOT = Path(__file__).resolve().parent.parent


def published() -> Mapping[str, str]:
    """Path → text of everything that is made from the code."""
    return {
        "openapi.json": openapi.text(),
        "docs/reference/problems.md": _problems(),
        "docs/reference/messages.md": _messages("en"),
        "docs/reference/messages.zh.md": _messages("zh"),
        "docs/reference/program.schema.json": schema.text(),
        "docs/images/progress.en.svg": picture("en"),
        "docs/images/progress.zh.svg": picture("zh"),
    }


def drifted() -> list[str]:
    """The files whose text is not what the code says."""
    return [
        name
        for name, text in published().items()
        if not (ROOT / name).exists() or (ROOT / name).read_text("utf-8") != text
    ]


def _problems() -> str:
    lines = [
        "# Problems",
        "",
        "Every refusal is an `application/problem+json` (RFC 9457). Clients tell problems apart by",
        "`type`, which never changes its meaning; `title` and `detail` are for people. `errors` names",
        'every single thing that is wrong: in the body by `pointer` (RFC 6901; `""` is all of it), else by',
        "`parameter`.",
        "",
        "```json",
        '{"type": "urn:tierwise:problem:invalid", "title": "Some values are not valid", "status": 422,',
        ' "detail": "Not valid: /data/amount.",',
        ' "errors": [{"detail": "CNY has 2 decimal places, 1.999 has more", "pointer": "/data/amount"}]}',
        "```",
        "",
        "A refused request has changed nothing; only that a redemption was `not-redeemable` is remembered,",
        "under its id. After a 5xx the same request may be sent again: what was accepted stays accepted,",
        "once.",
        "",
        "| type | status | means | what to do | where |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{kind.type}` | {kind.status} | {kind.title} | {kind.remedy} | {_where(kind)} |" for kind in KINDS
    ]
    return "\n".join([*lines, ""])


def _where(kind: Kind) -> str:
    found = [operation for operation in OPERATIONS if kind in operation.all_problems]
    if not found:
        return "any route, from the gateway"
    if len(found) == len(OPERATIONS):
        return "any route"
    if found == [operation for operation in OPERATIONS if operation.roles]:
        return "any route that asks for a key"
    return ", ".join(f"`{one.id}`" for one in found)


_TITLES: Mapping[Language, tuple[str, ...]] = {
    "en": (
        "Messages",
        "What members can be told, and the fields that words of your own may name (`messages.templates` of\n"
        "a [program](program-language.md#messages)). A field is written as `$tier`, the sign as `$$`.\n"
        "Every message has `$program`, too. **Bold** fields have to be named. Words that come to nothing,\n"
        "because the only field that they name is empty, are replaced by ours.",
        "| about | purpose | fields | our words |",
        "Fields",
        "| field | what it stands for |",
    ),
    "zh": (
        "消息",
        "会员可能收到的全部消息，以及自定义文案可用的字段（写在[会员方案](program-language.zh.md#消息)的\n"
        "`messages.templates` 里）。字段写作 `$tier`，`$` 本身写作 `$$`；所有消息都可使用 `$program`。\n"
        "**加粗**的字段必须出现。文案填充后若为空（所含字段都为空），则改用默认文案。",
        "| 主题 | 用途 | 字段 | 默认文案 |",
        "字段",
        "| 字段 | 含义 |",
    ),
}


def _messages(language: Language) -> str:
    title, said, head, fields, field_head = _TITLES[language]
    lines = [f"# {title}", "", said, "", head, "|---|---|---|---|"]
    for about, kind in MESSAGES.items():
        named = (f"**`{name}`**" if name in kind.must else f"`{name}`" for name in kind.fields)
        lines.append(f"| `{about}` | {kind.purpose} | {', '.join(named)} | {kind.words.get(language)} |")
    lines += ["", f"## {fields}", "", field_head, "|---|---|"]
    lines += [f"| `{name}` | {words.get(language)} |" for name, words in FIELDS.items()]
    return "\n".join([*lines, ""])


def main() -> int:
    console = Console()
    if "--check" in sys.argv[1:]:
        for name in (changed := drifted()):
            console.print(f"{name} differs from the code: run `make openapi` and commit it")
        return 1 if changed else 0
    for name, text in published().items():
        (ROOT / name).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
