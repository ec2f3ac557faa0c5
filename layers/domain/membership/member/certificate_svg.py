"""A certificate of membership as a page: A4, or A5, landscape. Legible in print and without colour.

Its code leads to the public page that says whether it still stands. The name is the caller's: it is drawn,
and kept nowhere.
"""

from collections.abc import Iterator, Mapping

import segno

from membership.member.certificates import day_in_words
from membership.member.drawing import INK, SOFT, cut, measure, safe, text
from membership.outcomes import Certificate
from membership.program.schema import Program
from membership.program.text import Language, Text

WIDTH, HEIGHT = 2970, 2100
"""Tenths of a millimetre of A4."""
_MIDDLE, _EDGE = WIDTH // 2, 240
CODE = 400
"""Side of the code; around it four of its modules stay white, or no reader finds it."""
QUIET = 4
_WIDEST = WIDTH - 2 * _EDGE

_WORDS: Mapping[str, Text] = {
    "title": Text.ours(en="Certificate of membership", zh="会员等级证书"),
    "named": Text.ours(en="This certifies that", zh="兹证明"),
    "nameless": Text.ours(en="This certifies that its holder", zh="兹证明持有人"),
    "reached": Text.ours(en="has reached the tier", zh="已晋升为"),
    "on": Text.ours(en="on {day}", zh="{day}"),
    "number": Text.ours(en="No. {number}", zh="编号 {number}"),
    "check": Text.ours(en="Scan to see whether it still stands", zh="扫码查验证书是否仍然有效"),
    "described": Text.ours(
        en="{program}: {holder} reached the tier {tier} on {day}. Number {number}. Check at {url}",
        zh="{program}：{holder}于{day}晋升为{tier}。编号 {number}。查验地址：{url}",
    ),
    "holder": Text.ours(en="the holder", zh="持有人"),
}


def draw(program: Program, certificate: Certificate, url: str, name: str | None, lang: Language) -> str:
    """An SVG; `url` is where the certificate can be looked at."""
    club, tier = program.name.get(lang) or program.id, certificate.tier.get(lang)
    day = day_in_words(certificate.date, lang)
    number = certificate.number
    described = _say(
        "described",
        lang,
        program=club,
        holder=name or _say("holder", lang),
        tier=tier,
        day=day,
        number=number,
        url=url,
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="297mm" height="210mm" '
            f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="title desc" xml:lang="{lang}" '
            "font-family=\"'Noto Serif', 'Noto Serif CJK SC', 'Songti SC', Georgia, serif\">",
            f'<title id="title">{safe(_say("title", lang))}</title>',
            f'<desc id="desc">{safe(described)}</desc>',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            *_frame(90, 10),
            *_frame(122, 3),
            _centred(370, club, 80, colour=SOFT),
            _centred(580, _say("title", lang), 140, bold=True),
            _centred(790, _say("named" if name else "nameless", lang), 60, colour=SOFT),
            *(_named(name) if name else ()),
            _centred(1110 if name else 930, _say("reached", lang), 60, colour=SOFT),
            _centred(1310 if name else 1170, tier, 180, bold=True),
            _centred(1430 if name else 1310, _say("on", lang, day=day), 60),
            *_code(url),
            text(_EDGE, 1710, _say("number", lang, number=number), 56, bold=True),
            text(_EDGE, 1790, _say("check", lang), 42, colour=SOFT),
            *_address(url),
            "</svg>",
            "",
        ]
    )


def modules(url: str) -> list[list[bool]]:
    """The code, row by row: True is dark. A quarter of it may be lost, to a fold or a stamp."""
    return [[bool(module) for module in row] for row in segno.make_qr(url, error="q").matrix]


def _code(url: str) -> Iterator[str]:
    rows = modules(url)
    size = len(rows)
    left, top = WIDTH - _EDGE - CODE, 1900 - CODE
    # One path of strokes: squares beside each other would show hairlines in print.
    strokes = "".join(f"M{x} {y + 0.5}h{length}" for y, row in enumerate(rows) for x, length in _runs(row))
    yield (
        f'<svg x="{left}" y="{top}" width="{CODE}" height="{CODE}" '
        f'viewBox="{-QUIET} {-QUIET} {size + 2 * QUIET} {size + 2 * QUIET}" shape-rendering="crispEdges">'
        f'<path id="code" d="{strokes}" stroke="#000" stroke-width="1" fill="none"/></svg>'
    )


def _address(url: str) -> Iterator[str]:
    """In two lines, as an address may be as long as it likes."""
    home, path, number = url.partition("/v1/")
    for n, line in enumerate((home, path + number)):
        yield text(_EDGE, 1850 + 44 * n, cut(line, 34, WIDTH - 2 * _EDGE - CODE - 100), 34, colour=SOFT)


def _runs(row: list[bool]) -> Iterator[tuple[int, int]]:
    """Where dark modules begin, and how many there are in a row."""
    begun = None
    for x, dark in enumerate([*row, False]):
        if dark and begun is None:
            begun = x
        elif not dark and begun is not None:
            yield begun, x - begun
            begun = None


def _frame(inset: int, stroke: int) -> Iterator[str]:
    yield (
        f'<rect x="{inset}" y="{inset}" width="{WIDTH - 2 * inset}" height="{HEIGHT - 2 * inset}" '
        f'fill="none" stroke="{INK}" stroke-width="{stroke}"/>'
    )


def _named(name: str) -> Iterator[str]:
    yield _centred(960, name, 120)
    yield f'<path d="M{_EDGE + 400} 1000H{WIDTH - _EDGE - 400}" stroke="{SOFT}" stroke-width="3"/>'


def _centred(y: int, words: str, size: int, *, bold: bool = False, colour: str = INK) -> str:
    """Smaller where the words are long, and cut only where they would be too small to read."""
    wide = measure(words, size)
    fitting = max(size // 2, int(size * min(1, _WIDEST / wide))) if wide else size
    return text(_MIDDLE, y, cut(words, fitting, _WIDEST), fitting, bold=bold, anchor="middle", colour=colour)


def _say(key: str, lang: Language, **fields: str) -> str:
    return _WORDS[key].get(lang).format(**fields)
