"""The picture: well-formed, readable without colour, safe with any names, the same every time."""

import re
from datetime import date
from xml.etree import ElementTree

import pytest

from membership.facts import Fact
from membership.member.progress import Progress, progress
from membership.member.progress_svg import draw
from membership.member.state import Status
from membership.program import presets
from membership.program.reading import read_program
from membership.program.schema import Program
from membership.program.text import Language
from tests.domain.member.test_progress import P1, P2, activity, at, member, order, review

SVG = "{http://www.w3.org/2000/svg}"
LANGUAGES: tuple[Language, ...] = ("en", "zh")


def on_the_way(program: Program = P2) -> Progress:
    facts = [order(n, "2026-05-01", 900) for n in range(7)]
    return progress(program, member(program, *facts), at("2026-06-01"))


def test_it_says_in_words_all_that_it_shows() -> None:
    svg = ElementTree.fromstring(draw(P2, on_the_way(), "en"))
    words = " ".join("".join(text.itertext()) for text in svg.iter(f"{SVG}text"))
    for said in ("Silver", "Gold", "58%", "5 more orders", "7 of 12 orders", "Valid through 2027-12-31."):
        assert said in words, said


def test_ways_that_it_has_no_room_for_are_counted() -> None:
    assert "To Gold: 5 more orders, or ¥13,700 more spend, or 1 other way." in draw(P2, on_the_way(), "en")
    assert "再消费 ¥13,700，另有 1 种方式。" in draw(P2, on_the_way(), "zh")
    document = P2.model_dump(mode="json", exclude_unset=True)
    document["tiers"][2]["qualify"]["any"].append({"tenure_years": 9})
    four_ways = Program.model_validate(document)
    assert "or 2 other ways." in draw(four_ways, on_the_way(four_ways), "en")
    assert "另有 2 种方式。" in draw(four_ways, on_the_way(four_ways), "zh")
    assert "other way" not in draw(P1, on_the_way(P1), "en"), "there is one only"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_is_read_aloud(lang: Language) -> None:
    svg = ElementTree.fromstring(draw(P2, on_the_way(), lang))
    assert svg.get("role") == "img"
    title, description = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert svg.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert "58%" in str(title.text)
    assert "7" in str(description.text)
    assert "12" in str(description.text)


def test_what_is_reached_is_told_by_more_than_colour() -> None:
    svg = draw(P2, on_the_way(), "en")
    assert 'fill="url(#hatch)"' in svg
    assert "<pattern" in svg
    for colour in set(re.findall(r'<text[^>]* fill="(#\w+)"', svg)):
        assert contrast(colour) >= 7, "AAA on white"


def contrast(colour: str) -> float:
    """Against white, after WCAG."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


def test_it_is_the_same_every_time() -> None:
    assert draw(P2, on_the_way(), "zh") == draw(P2, on_the_way(), "zh")


def test_it_reaches_for_nothing_else() -> None:
    svg = draw(P2, on_the_way(), "en")
    assert not re.search(r"(href|src|url\((?!#)|@import|<script|<foreignObject|<image|\son\w+=)", svg)


@pytest.mark.parametrize(
    "name", ['<script>alert("1")</script>', "a & b", "'\"", "]]>", "\ufffe\uffff!", "😀" * 40, "钻" * 80]
)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_names_are_only_names(name: str, lang: Language) -> None:
    document = P2.model_dump(mode="json", exclude_unset=True)
    document["tiers"][1]["name"] = document["tiers"][2]["name"] = {"en": name, "zh": name}
    document["metrics"]["orders"]["name"] = {"en": name, "zh": name}
    program = Program.model_validate(document)
    svg = draw(program, on_the_way(program), lang)
    found = ElementTree.fromstring(svg)
    assert "<script" not in svg
    assert {one.tag.removeprefix(SVG) for one in found.iter()} == {
        "svg", "title", "desc", "defs", "pattern", "rect", "path", "text",
    }  # fmt: skip


def test_a_full_bar_only_when_all_is_done() -> None:
    ladder = on_the_way().ladders[0]
    bars = re.findall(r'width="(\d+)" height="22"', draw(P2, on_the_way(), "en"))
    assert ladder.goal
    assert [int(width) for width in bars] == [512, round(512 * ladder.goal.percent / 100)]


def test_a_notice_is_told_with_the_day_and_what_prevents_it() -> None:
    one = member(P2, order(1, "2026-03-01", 20_000), review("2027-12-02"))
    found = progress(P2, one, at("2027-12-05"))
    assert found.ladders[0].falls_on == date(2028, 1, 1)
    english, chinese = draw(P2, found, "en"), draw(P2, found, "zh")
    assert "From 2028-01-01 you would be Silver." in english
    assert "To keep Gold:" in english
    assert "2028-01-01 起将变为银卡会员" in chinese


def test_the_highest_tier_is_a_full_bar() -> None:
    facts: list[Fact] = [
        order(1, "2026-05-01", 8000),
        *(activity(n, "2026-05-01", "share") for n in range(30)),
    ]
    facts += [activity(100 + n, "2026-05-01", "feedback") for n in range(3)]
    svg = draw(P1, progress(P1, member(P1, *facts), at("2026-06-01")), "en")
    assert "This is the highest tier." in svg
    assert "100%" in svg


@pytest.mark.parametrize(
    ("status", "lang", "said"),
    [
        ("blocked", "en", "This membership has ended."),
        ("blocked", "zh", "会员资格已终止。"),
        ("left", "en", "This membership was left."),
        ("left", "zh", "您已退出会员。"),
    ],
)
def test_of_who_is_away_nothing_else_is_shown(status: Status, lang: Language, said: str) -> None:
    away = member(P2, *[order(n, "2026-05-01", 900) for n in range(7)]).model_copy(update={"status": status})
    svg = ElementTree.fromstring(draw(P2, progress(P2, away, at("2026-06-01")), lang))
    assert ["".join(text.itertext()) for text in svg.iter(f"{SVG}text")] == [said]
    assert svg.findtext(f"{SVG}title") == said


def test_every_preset_can_be_drawn_from_the_start() -> None:
    for name in presets.names():
        program = read_program(presets.text(name))
        found = progress(program, member(program, order(1, "2026-05-01", 0)), at("2026-05-01"))
        for lang in LANGUAGES:
            ElementTree.fromstring(draw(program, found, lang))
