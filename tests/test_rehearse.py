"""make rehearse: what a business person sees of a program before it is in force."""

import re
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from membership.program import presets
from membership.program.reading import read_program
from membership.rehearsal import rehearse
from tools.cdnow import Purchase
from tools.rehearse import show
from tools.rehearse.__main__ import main
from tools.rehearse.effect import moves, play
from tools.sam import ROOT

CLUB = """
id: club
name: {en: Tea club, zh: 茶友会}
currency: CNY
window: calendar_year
metrics: {spend: {sum: order.amount}}
tiers:
  - {id: guest, name: {en: Guest, zh: 茶客}}
  - id: friend
    name: {en: Friend, zh: 茶友}
    qualify: {spend: 500}
    benefits: [{en: Spring tea, zh: 春茶}]
  - {id: master, name: {en: Master, zh: 茶师}, qualify: {spend: 900}}
validity: through_end_of_next_year
examples:
  - title: a friend at 500
    given: [{on: 2026-03-01, order: 500}]
    then: [{on: 2026-03-01, tier: friend}]
"""


def run(tmp_path: Path, text: str, *options: str) -> tuple[int, str]:
    file = tmp_path / "club.yaml"
    file.write_text(text, "utf-8")
    app = typer.Typer()
    app.command()(main)
    done = CliRunner().invoke(app, [str(file), *options])
    return done.exit_code, done.output


def test_the_rules_are_said_in_both_languages_and_the_examples_are_played(tmp_path: Path) -> None:
    status, output = run(tmp_path, CLUB, "--no-effect")
    assert status == 0
    for words in (
        "Tea club",
        "茶友会",
        "enter: spend of at least ¥500",
        "升级：消费满 ¥500",
        "Spring tea",
        "春茶",
    ):
        assert words in output
    assert "all 1 come out as they say" in output


def test_an_example_that_is_not_so_fails(tmp_path: Path) -> None:
    status, output = run(tmp_path, CLUB.replace("{spend: 500}", "{spend: 600}"))
    assert status == 1
    assert "examples[0].then[0].tier comes out as guest, not as friend" in output
    assert "Effect" not in output


def test_a_program_that_is_none_says_where(tmp_path: Path) -> None:
    status, output = run(tmp_path, CLUB.replace("{spend: 500}", "{spnd: 500}"))
    assert status == 1
    assert "Did you mean spend?" in output


def test_warnings_are_told_and_fail_nothing(tmp_path: Path) -> None:
    status, output = run(
        tmp_path,
        CLUB.replace("{sum: order.amount}}", "{sum: order.amount}, n: {count: order}}"),
        "--no-effect",
    )
    assert status == 0
    assert "metrics.n: no tier asks for it" in output


def test_a_preset_is_known_by_its_name_and_a_missing_file_is_told() -> None:
    app = typer.Typer()
    app.command()(main)
    assert CliRunner().invoke(app, ["p9-jewellery", "--no-effect"]).exit_code == 0
    missing = CliRunner().invoke(app, ["no-such-file.yaml"])
    assert missing.exit_code == 1
    assert "p9-jewellery" in missing.output


END, LATER = date(1998, 6, 30), date(1999, 3, 31)
LOG = [
    Purchase(1, "ann", date(1997, 3, 1), 1, 500_00),
    Purchase(2, "bob", date(1997, 4, 1), 1, 700_00),
    Purchase(3, "cid", date(1998, 4, 1), 1, 10_00),
    Purchase(4, "bob", date(1998, 4, 1), 1, 600_00),
    Purchase(5, "dan", date(1998, 5, 1), 1, 550_00),
]
NOW, STRICTER = (read_program(CLUB.replace("{spend: 500}", f"{{spend: {n}}}")) for n in (500, 600))


def test_the_log_is_played_night_by_night() -> None:
    course = play(NOW, LOG, [END, LATER])
    assert course.tiers(END) == {"ann": "friend", "bob": "friend", "cid": "guest", "dan": "friend"}
    assert course.tiers(LATER) == {"ann": "guest", "bob": "friend", "cid": "guest", "dan": "friend"}
    assert course.counts == {"promotions": 3, "notices": 1, "rescues": 0, "downgrades": 1}


def test_who_would_stand_higher_and_who_lower() -> None:
    before, after = play(NOW, LOG, [END]), play(STRICTER, LOG, [END])
    assert [(move.member, move.before, move.after) for move in moves(before, after, END)[1]] == [
        ("ann", "friend", "guest"),
        ("dan", "friend", "guest"),
    ]
    assert moves(before, after, END)[0] == []
    assert [move.member for move in moves(after, before, END)[0]] == ["ann", "dan"]


def test_a_currency_without_cents_gets_none() -> None:
    yen = read_program(CLUB.replace("currency: CNY", "currency: JPY").partition("examples:")[0])
    assert play(yen, LOG, [END]).tiers(END) == {
        "ann": "friend",
        "bob": "friend",
        "cid": "guest",
        "dan": "friend",
    }


@pytest.mark.parametrize(
    "words",
    ["2 lower, 2 at the same height", "dan, Friend → Guest; to the next: ¥50 more spend", "promotions"],
)
def test_the_effect_is_shown(words: str) -> None:
    console = Console(file=StringIO(), width=200, highlight=False)
    show.effect(console, play(NOW, LOG, [END, LATER]), play(STRICTER, LOG, [END, LATER]), LOG, END, LATER)
    assert isinstance(console.file, StringIO)
    assert words in console.file.getvalue()


@pytest.mark.parametrize("page", ["write-your-program.md", "write-your-program.zh.md"])
def test_the_tutorials_program_has_the_one_mistake_that_it_tells_of(page: str) -> None:
    text = (ROOT / "docs" / "tutorials" / page).read_text("utf-8")
    [written] = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    [flaw] = rehearse(read_program(written))
    assert f"✗ {flaw.path} {flaw.message}\n  {flaw.remedy}\n" in text
    assert rehearse(read_program(written.replace("falls_on: 2027-03-02", "falls_on: 2027-03-01"))) == []
    named = set(re.findall(r"`([a-z0-9]+(?:-[a-z0-9]+)+)`", text))
    assert named >= set(presets.names()), "every preset is something to start from"
