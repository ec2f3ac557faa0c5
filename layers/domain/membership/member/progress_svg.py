"""Progress as a picture: legible in print and without colour, read aloud by its title and description.

What is reached is told by a hatch and an edge, and always by words too; colour only repeats it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from membership.member.drawing import INK, SOFT, broken, cut, safe, text
from membership.member.progress import LadderProgress, Progress, Requirement, Way
from membership.program import wording
from membership.program.schema import Program
from membership.program.text import Language, Text

WIDTH = 640
SHOWN_WAYS = 2
"""There is room for the nearest ways; of the others the picture says how many they are."""
_EDGE = 28
_RIGHT = WIDTH - _EDGE
_FILL, _LINE = "#1e40af", "#6b7280"

_WORDS: Mapping[str, Text] = {
    "title": Text.ours(en="{tier}: {percent}% of the way to {next}", zh="{tier}：距{next}已完成 {percent}%"),
    "top": Text.ours(en="{tier}: the highest tier", zh="{tier}：最高等级"),
    "trial": Text.ours(en="On trial", zh="体验会员"),
    "blocked": Text.ours(en="This membership has ended.", zh="会员资格已终止。"),
    "left": Text.ours(en="This membership was left.", zh="您已退出会员。"),
    "to": Text.ours(en="To {next}: {ways}.", zh="升级至{next}：{ways}。"),
    "highest": Text.ours(en="This is the highest tier.", zh="您已是最高等级。"),
    "keep": Text.ours(en="To keep {tier}: {ways}.", zh="保级（{tier}）：{ways}。"),
    "kept": Text.ours(en="What keeps {tier} is done.", zh="{tier}的保级条件已满足。"),
    "valid": Text.ours(en="Valid through {day}.", zh="有效期至 {day}。"),
    "notice": Text.ours(en="From {day} you would be {lower}.", zh="若未保级，{day} 起将变为{lower}。"),
    "more": Text.ours(en="{ways}, or {n} other ways", zh="{ways}，另有 {n} 种方式"),
    "one more": Text.ours(en="{ways}, or 1 other way", zh="{ways}，另有 1 种方式"),
    "of": Text.ours(en="{have} of {need}", zh="{have} / {need}"),
    "row": Text.ours(en="{name}: {have}, of {need} needed.", zh="{name}：{have}，需 {need}。"),
}


class _Page(NamedTuple):
    """What the picture says."""

    title: str
    left: str
    right: str
    percent: int | None
    """None where there is no way to go."""
    sentence: str
    notes: tuple[str, ...]
    warns: bool
    """Whether the first of the notes tells of a tier that is about to be lost."""
    requirements: tuple[Requirement, ...]


def draw(program: Program, progress: Progress, lang: Language) -> str:
    """An SVG of the first ladder."""
    page = _page(program, progress.ladders[0], lang) if progress.ladders else _away(progress, lang)
    shapes: list[str] = []
    y = 40
    shapes.append(text(_EDGE, y, cut(page.left, 17, 300), 17, bold=True))
    if page.right:
        shapes.append(text(_RIGHT, y, cut(page.right, 17, 260), 17, bold=True, anchor="end"))
    y += 14
    if page.percent is not None:
        shapes += _bar(_EDGE, y, 512, 22, page.percent)
        shapes.append(text(_RIGHT, y + 18, f"{page.percent}%", 20, bold=True, anchor="end"))
        y += 22 + 26
    for line in broken(page.sentence, 14, _RIGHT - _EDGE, most=3) if page.sentence else ():
        shapes.append(text(_EDGE, y, line, 14))
        y += 20
    y += 8
    for one in page.requirements:
        shapes += _row(y, one, program, lang)
        y += 30
    if page.warns:
        shapes += _warning(y)
    for n, note in enumerate(page.notes):
        first = page.warns and n == 0
        for line in broken(note, 13, _RIGHT - _EDGE - 24 * first, most=2):
            shapes.append(
                text(_EDGE + 24 * first, y + 5, line, 13, bold=first, colour=INK if first else SOFT)
            )
            y += 21
    height = y + 10
    described = " ".join(_spoken(page, program, lang))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
            f'viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title desc" xml:lang="{lang}" '
            "font-family=\"system-ui, 'Noto Sans', 'Noto Sans CJK SC', sans-serif\">",
            f'<title id="title">{safe(page.title)}</title>',
            f'<desc id="desc">{safe(described)}</desc>',
            '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
            f'patternTransform="rotate(45)"><rect width="6" height="6" fill="{_FILL}"/>'
            '<path d="M1 0V6" stroke="#fff" stroke-opacity=".45" stroke-width="1.5"/></pattern></defs>',
            f'<rect x=".5" y=".5" width="{WIDTH - 1}" height="{height - 1}" rx="12" fill="#fff" '
            'stroke="#d1d5db"/>',
            *shapes,
            "</svg>",
            "",
        ]
    )


def _page(program: Program, ladder: LadderProgress, lang: Language) -> _Page:
    tier = ladder.tier.label().get(lang) if ladder.tier else _say("trial", lang)
    upper = ladder.next.label().get(lang) if ladder.next else ""
    goal = ladder.goal or (ladder.keep.goal if ladder.keep else None)
    nearest = goal.ways[0] if goal else None
    if ladder.goal:
        percent = ladder.goal.percent
        title = _say("title", lang, tier=tier, next=upper, percent=percent)
        sentence = _say("to", lang, next=upper, ways=_missing(ladder.goal.ways, program, lang))
    else:
        percent = 100
        title = _say("top", lang, tier=tier)
        sentence = _say("highest", lang)
    return _Page(
        title=title,
        left=tier,
        right=upper,
        percent=percent,
        sentence=sentence,
        notes=tuple(_notes(program, ladder, tier, lang)),
        warns=ladder.notice is not None,
        requirements=nearest.requirements if nearest else (),
    )


def _away(progress: Progress, lang: Language) -> _Page:
    said = _say("left" if progress.status == "left" else "blocked", lang)
    return _Page(
        title=said, left=said, right="", percent=None, sentence="", notes=(), warns=False, requirements=()
    )


def _notes(program: Program, ladder: LadderProgress, tier: str, lang: Language) -> Iterator[str]:
    if ladder.notice:
        lower = program.tier(ladder.notice.to_tier).label().get(lang)
        yield _say("notice", lang, day=ladder.notice.falls_on, lower=lower)
    elif ladder.valid_through:
        yield _say("valid", lang, day=ladder.valid_through)
    if ladder.keep and (ladder.notice or not ladder.next):
        missing = _missing(ladder.keep.goal.ways, program, lang)
        yield _say("keep", lang, tier=tier, ways=missing) if missing else _say("kept", lang, tier=tier)


def _missing(ways: Sequence[Way], program: Program, lang: Language) -> str:
    """The nearest ways, and how many more there are; empty where nothing is missing."""
    told: list[Mapping[str, int]] = [{one.metric: one.remaining for one in way.missing} for way in ways]
    words, more = wording.lacking(told, program, lang, SHOWN_WAYS), len(ways) - SHOWN_WAYS
    if not words or more < 1:
        return words
    return _say("more" if more > 1 else "one more", lang, ways=words, n=more)


def _spoken(page: _Page, program: Program, lang: Language) -> Iterator[str]:
    yield page.sentence
    for one in page.requirements:
        yield _say(
            "row",
            lang,
            name=wording.metric_name(one.metric, program, lang),
            have=wording.amount(one.metric, one.have, program, lang),
            need=wording.amount(one.metric, one.need, program, lang),
        )
    yield from page.notes


def _row(y: int, one: Requirement, program: Program, lang: Language) -> Iterator[str]:
    name = wording.metric_name(one.metric, program, lang)
    money = program.metrics[one.metric].measure == "money"
    have = wording.amount(one.metric, one.have, program, lang) if money else f"{one.have:,}"
    told = _say("of", lang, have=have, need=wording.amount(one.metric, one.need, program, lang))
    yield text(_EDGE, y + 5, cut(name[:1].upper() + name[1:], 13, 150), 13)
    yield from _bar(190, y - 6, 190, 12, one.percent)
    if one.met:
        yield f'<path d="M392 {y} l5 5 l9 -10" fill="none" stroke="{INK}" stroke-width="2.5"/>'
    yield text(_RIGHT, y + 5, cut(told, 13, 196), 13, anchor="end")


def _warning(y: int) -> Iterator[str]:
    yield (
        f'<path d="M{_EDGE + 8} {y - 9} l8.5 15 h-17 z" fill="none" stroke="{INK}" stroke-width="1.8" '
        'stroke-linejoin="round"/>'
    )
    yield f'<path d="M{_EDGE + 8} {y - 3.5} v4.5 m0 2 v1.2" stroke="{INK}" stroke-width="1.8"/>'


def _bar(x: int, y: int, width: int, height: int, percent: int) -> Iterator[str]:
    radius = height // 2
    done = round(width * percent / 100)
    yield (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}" fill="#fff" '
        f'stroke="{_LINE}" stroke-width="1.5"/>'
    )
    if percent:
        done = max(done, height)
        yield (
            f'<rect x="{x}" y="{y}" width="{done}" height="{height}" rx="{radius}" fill="url(#hatch)" '
            f'stroke="{INK}" stroke-width="1.5"/>'
        )


def _say(key: str, lang: Language, **fields: object) -> str:
    return _WORDS[key].get(lang).format(**fields)
