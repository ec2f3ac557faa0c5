"""The messages of a program: words with fields, checked as they are put; hours of the night in every zone."""

from datetime import UTC, datetime, timedelta
from random import Random
from string import Template
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership.errors import Flaw, ProgramInvalid
from membership.http.problems import pointer_of_path
from membership.outcomes import Outcome
from membership.program.changes import changes
from membership.program.in_words import program_in_words
from membership.program.messaging import FIELDS, MESSAGES, OVERRIDDEN, Quiet, faults_in
from membership.program.reading import program_from, read_program
from tests.domain.program.documents import SMALL, changed, small

UPGRADED = "messages.templates['tier.upgraded']"
WELCOME = {"en": "Hello $tier", "zh": "欢迎$tier会员"}


def templates(**words: Any) -> dict[str, Any]:
    return {
        **SMALL,
        "messages": {"templates": {name.replace("__", "."): said for name, said in words.items()}},
    }


def flaws(document: dict[str, Any]) -> list[Flaw]:
    with pytest.raises(ProgramInvalid) as refused:
        program_from(document)
    return refused.value.flaws


# ── Words ─────────────────────────────────────────────────────────────────────────────────────────

REFUSED: list[tuple[dict[str, Any], str, str, str]] = [
    (
        {"tier__upgrade": WELCOME},
        "messages.templates['tier.upgrade']",
        "there is no message 'tier.upgrade'",
        "Did you mean tier.upgraded?",
    ),
    (
        {"reward__granted": WELCOME},
        "messages.templates['reward.granted']",
        "there is no message 'reward.granted'",
        "Known here: tier.upgraded, tier.will_downgrade, ",
    ),
    (
        {"tier__upgraded": {"en": "Hello $tire", "zh": "欢迎$tier"}},
        f"{UPGRADED}.en",
        "there is no field $tire",
        "Did you mean $tier?",
    ),
    (
        {"tier__upgraded": {"en": "Hello $tier", "zh": "欢迎${points}"}},
        f"{UPGRADED}.zh",
        "there is no field $points",
        "Known here: $program, $tier, $before, $through, $rewards.",
    ),
    (
        {"tier__upgraded": {"en": "Hello"}},
        f"{UPGRADED}.zh",
        "is missing",
        "Write it in Chinese, too: members read their own language.",
    ),
    ({"tier__upgraded": {"zh": "您好"}}, f"{UPGRADED}.en", "is missing", "Write it in English, too: "),
    (
        {"tier__upgraded": {"en": "Save $5, $tier", "zh": "省$$5"}},
        f"{UPGRADED}.en",
        "has a $ that begins no name",
        "Write $$ for the sign itself.",
    ),
    (
        {"tier__will_downgrade": {"en": "$tier ends on $day: $ways", "zh": "$tier即将到期：$ways"}},
        "messages.templates['tier.will_downgrade'].zh",
        "doesn't say $day",
        "Add $day: a notice has to say it.",
    ),
    (
        {"tier__override_ends": {"en": "Soon over", "zh": "至 $through"}},
        "messages.templates['tier.override_ends'].en",
        "doesn't say $through",
        "Add $through: a notice has to say it.",
    ),
    (
        {"tier__kept": {"en": "x" * 501, "zh": "好"}},
        "messages.templates['tier.kept'].en",
        "is 501 characters long",
        "Write at most 500.",
    ),
    (
        {"tier__kept": "Kept"},
        "messages.templates['tier.kept']",
        "doesn't say in which language",
        "Write {en: Kept}",
    ),
]


@pytest.mark.parametrize(("words", "path", "message", "remedy"), REFUSED)
def test_a_template_that_would_not_do_is_refused(
    words: dict[str, Any], path: str, message: str, remedy: str
) -> None:
    [flaw] = flaws(templates(**words))
    assert (flaw.path, flaw.message) == (path, message)
    assert flaw.remedy.startswith(remedy)


def test_every_flaw_is_told_at_once() -> None:
    wrong = {"en": "$tire $befor", "zh": "$等级"}
    found = flaws(templates(tier__upgraded=wrong, tier__kept={"en": "Kept", "zh": "$teir"}))
    assert [flaw.path.rpartition(".")[2] for flaw in found] == ["en", "en", "zh", "zh"]


def test_the_place_is_a_pointer_into_the_document() -> None:
    assert pointer_of_path(f"{UPGRADED}.en") == "/messages/templates/tier.upgraded/en"
    assert pointer_of_path("tiers[1].qualify.any[0]") == "/tiers/1/qualify/any/0"


WRONG_SETTINGS: list[tuple[str, Any, str, str]] = [
    ("messages.quiet", {"from": "22:00"}, "is missing", "Add it."),
    ("messages.quiet", {"from": "22:00", "to": "22:00"}, "is when it begins", "Write when it ends; "),
    ("messages.quiet", {"from": "24:00", "to": "08:00"}, "is not a time of day", "Write it as 22:00."),
    ("messages.quiet", {"from": 22, "to": "08:00"}, "is not a time of day", "Write it as 22:00."),
    ("messages.quiet", {"from": "9:00", "to": "08:00"}, "is not a time of day", "Write it as 22:00."),
    ("messages.most_per_month", 0, "is less than 1", "Write 1 or more."),
    ("messages.most_per_month", True, "is not a whole number", "Write a whole number"),
    ("messages.weekly_progress", "mondays", "is not one of the words for this", "Did you mean monday?"),
    ("messages.wekly_progress", "monday", "'wekly_progress' is not known here", "Did you mean weekly_prog"),
]


@pytest.mark.parametrize(("place", "written", "message", "remedy"), WRONG_SETTINGS)
def test_a_setting_that_means_nothing_is_refused(place: str, written: Any, message: str, remedy: str) -> None:
    [flaw] = flaws(changed(place, written))
    assert flaw.path.startswith(place)
    assert flaw.message == message
    assert flaw.remedy.startswith(remedy)


def test_yaml_takes_times_and_off_as_they_are_written() -> None:
    text = """
        {id: a, metrics: {spend: {sum: order.amount}}, tiers: [{id: b}],
         messages: {quiet: {from: 22:00, to: 08:00}, weekly_progress: off}}
    """
    messages = read_program(text).messages
    assert messages.quiet == Quiet(from_="22:00", to="08:00")
    assert messages.weekly_progress == "off"


def test_our_own_words_name_fields_that_there_are() -> None:
    for about, kind in MESSAGES.items():
        assert [*faults_in(kind.words, kind)] == [], about
        assert {*kind.fields} <= {*FIELDS}
        assert {*kind.must} <= {*kind.fields}
    for words in OVERRIDDEN.values():
        assert [*faults_in(words, MESSAGES["tier.overridden"])] == []
    named = {name for kind in MESSAGES.values() for name in kind.fields}
    assert named | {"program"} == {*FIELDS}, "no field is described that no message has"


def test_what_a_message_is_about_is_an_outcome_or_the_week() -> None:
    union, _ = get_args(Outcome)
    types = {model.model_fields["type"].default for model in get_args(union)}
    assert {about for about in MESSAGES if about not in types} == {"progress.weekly", "progress.top"}


@pytest.mark.parametrize("about", MESSAGES)
def test_words_that_name_every_field_are_taken(about: str) -> None:
    words = " ".join(f"${name}" for name in ("program", *MESSAGES[about].fields))
    program = program_from(templates(**{about: {"en": words, "zh": f"{words}，$$"}}))
    kept = read_program(program.model_dump_json(exclude_unset=True))
    assert kept.messages == program.messages
    assert Template(words).is_valid()


def test_a_version_says_what_it_changes_of_messages() -> None:
    before = program_from(templates(tier__kept={"en": "Kept", "zh": "已保级"}))
    document = templates(tier__kept={"en": "Yours still", "zh": "仍属于您"}, tier__upgraded=WELCOME)
    document["messages"]["most_per_month"] = 4
    after = program_from(document)
    assert [one.text for one in changes(before, after, "en")] == [
        "Messages: new: Messages in a calendar month: at most 4; a notice of a downgrade always comes.",
        "tier.kept, words of the message: was “Kept”, is “Yours still”",
        "tier.upgraded, words of the message: new: Hello $tier",
    ]
    assert "已保级" in "".join(one.text for one in changes(before, after, "zh"))


def test_members_may_know_how_often_and_when() -> None:
    settings = {"quiet": {"from": "22:00", "to": "08:00"}, "most_per_month": 4, "weekly_progress": "sunday"}
    said = program_in_words(small(messages=settings), 1, "zh").messages
    assert said == (
        "每个自然月最多发送 4 条消息；降级预告不受此限。",
        "会员当地时间 22:00 至 08:00 不发送消息，顺延至结束后发送。",
        "订阅的会员每周日收到进度消息。",
    )
    assert program_in_words(small(), 1, "zh").messages == ()


# ── Quiet hours ───────────────────────────────────────────────────────────────────────────────────

NIGHT = Quiet(from_="22:00", to="08:00")


def ends(zone: str, local: str, quiet: Quiet = NIGHT, fold: int = 0) -> str | None:
    """A moment of a zone's own time, and the end of its quiet hours, in that zone."""
    moment = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone), fold=fold)
    end = quiet.ends(moment, ZoneInfo(zone))
    return end.astimezone(ZoneInfo(zone)).isoformat() if end else None


NIGHTS: list[tuple[str, str, str | None]] = [
    ("Asia/Shanghai", "2026-03-01T21:59:59", None),
    ("Asia/Shanghai", "2026-03-01T22:00", "2026-03-02T08:00:00+08:00"),
    ("Asia/Shanghai", "2026-03-01T23:59:59.999999", "2026-03-02T08:00:00+08:00"),
    ("Asia/Shanghai", "2026-03-02T00:00", "2026-03-02T08:00:00+08:00"),
    ("Asia/Shanghai", "2026-03-02T07:59:59", "2026-03-02T08:00:00+08:00"),
    ("Asia/Shanghai", "2026-03-02T08:00", None),
    ("Asia/Shanghai", "2026-12-31T23:00", "2027-01-01T08:00:00+08:00"),
    ("Asia/Kolkata", "2028-02-28T22:30", "2028-02-29T08:00:00+05:30"),
    # The night in which the clock is put forward, and that in which it is put back.
    ("America/New_York", "2026-03-07T23:00", "2026-03-08T08:00:00-04:00"),
    ("America/New_York", "2026-10-31T23:00", "2026-11-01T08:00:00-05:00"),
    ("Europe/Berlin", "2026-03-28T22:00", "2026-03-29T08:00:00+02:00"),
    ("Europe/Berlin", "2026-10-24T22:00", "2026-10-25T08:00:00+01:00"),
    ("Australia/Lord_Howe", "2026-10-03T22:00", "2026-10-04T08:00:00+11:00"),
    # Where midnight itself is skipped, or a whole day.
    ("America/Santiago", "2026-09-05T23:30", "2026-09-06T08:00:00-03:00"),
    ("Pacific/Apia", "2011-12-29T23:00", "2011-12-31T08:00:00+14:00"),
]


@pytest.mark.parametrize(("zone", "local", "end"), NIGHTS)
def test_quiet_hours_end_in_the_morning_of_the_zone(zone: str, local: str, end: str | None) -> None:
    assert ends(zone, local) == end


def test_an_hour_that_comes_twice_is_quiet_twice() -> None:
    until_half_past = Quiet(from_="23:00", to="01:30")
    assert ends("America/New_York", "2026-11-01T01:10", until_half_past, 0) == "2026-11-01T01:30:00-04:00"
    assert ends("America/New_York", "2026-11-01T01:40", until_half_past, 0) is None
    assert ends("America/New_York", "2026-11-01T01:10", until_half_past, 1) == "2026-11-01T01:30:00-05:00"


def test_an_end_that_is_skipped_comes_as_much_later() -> None:
    until_half_past = Quiet(from_="23:00", to="02:30")
    assert ends("America/New_York", "2026-03-07T23:30", until_half_past) == "2026-03-08T03:30:00-04:00"


def test_quiet_hours_may_lie_in_one_day() -> None:
    siesta = Quiet(from_="13:00", to="15:00")
    assert ends("Europe/Madrid", "2026-07-01T13:00", siesta) == "2026-07-01T15:00:00+02:00"
    assert ends("Europe/Madrid", "2026-07-01T22:00", siesta) is None


ZONES = ["Asia/Shanghai", "America/New_York", "Pacific/Apia", "America/Santiago", "Africa/Cairo",
         "Australia/Lord_Howe", "Pacific/Kiritimati", "Pacific/Pago_Pago"]  # fmt: skip


@given(st.integers(0, 10**6), st.sampled_from(ZONES))
def test_the_end_is_the_first_minute_that_is_not_quiet(seed: int, zone: str) -> None:
    """Or later by what the clock skips, where it skips that minute; in whatever zone, month and night."""
    random, here = Random(seed), ZoneInfo(zone)
    hours = [f"{random.randrange(24):02}:{random.choice([0, 15, 30]):02}" for _ in range(2)]
    if hours[0] == hours[1]:
        return
    quiet = Quiet(from_=hours[0], to=hours[1])
    begin = datetime(random.choice([2011, 2026]), random.choice([3, 4, 9, 10, 11, 12]), 1, tzinfo=UTC)
    moment = begin + timedelta(minutes=random.randrange(31 * 1440))
    end, first = quiet.ends(moment, here) or moment, moment
    while is_quiet(quiet, first.astimezone(here)):
        first += timedelta(minutes=1)
    assert not is_quiet(quiet, end.astimezone(here))
    assert timedelta() <= end - first <= timedelta(hours=1)


def is_quiet(quiet: Quiet, local: datetime) -> bool:
    now = f"{local:%H:%M}"
    return quiet.from_ <= now < quiet.to if quiet.from_ < quiet.to else now >= quiet.from_ or now < quiet.to
