"""What pictures are drawn with: words that fit, and nothing that a picture can't hold."""

import re
from html import escape
from unicodedata import east_asian_width

INK, SOFT = "#111827", "#374151"


def text(
    x: int, y: int, words: str, size: int, *, bold: bool = False, anchor: str = "start", colour: str = INK
) -> str:
    weight = ' font-weight="700"' if bold else ""
    place = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="{colour}"{weight}{place}>{safe(words)}</text>'


def safe(words: str) -> str:
    """Without what XML can't hold even escaped: controls, halves of characters, two that are none."""
    return escape("".join(c for c in words if " " <= c < "\ud800" or "\udfff" < c not in "\ufffe\uffff"))


# ── How wide words are, by estimate: whoever looks has other fonts than we do ─────────────────────


def measure(words: str, size: int) -> float:
    return sum(size if east_asian_width(one) in "WF" else size * 0.56 for one in words)


def cut(words: str, size: int, most: int) -> str:
    """The words, or their beginning and an ellipsis where they would run into something else."""
    if measure(words, size) <= most:
        return words
    while words and measure(words + "…", size) > most:
        words = words[:-1]
    return words.rstrip() + "…"


def broken(words: str, size: int, width: int, most: int) -> list[str]:
    """Broken between words, or between any two Chinese characters."""
    lines, line = [], ""
    for piece in re.findall(r"[ -\u2fff]+? |[ -\u2fff]+|.", words):
        if line and measure(line + piece.rstrip(), size) > width and piece not in "，。；、）":
            lines.append(line.rstrip())
            line = ""
        line += piece
    lines.append(line.rstrip())
    if len(lines) > most:
        lines = [*lines[: most - 1], cut(" ".join(lines[most - 1 :]), size, width)]
    return lines
