"""Every grant is acted on exactly once, whatever the receiver does. `make hostile` does ten times as many."""

import pytest

from functions.dispatch import app
from tests.channels.hostile import outcome, run


@pytest.mark.proves("B9")
def test_every_grant_is_acted_on_exactly_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.logger, "exception", lambda *_, **__: None)
    report = run(1_000)
    assert report.outcomes_acted_on == {outcome(n): 1 for n in range(1_000)}
    assert report.waiting == 0
    assert report.statuses == {"delivered": 1_000}
    assert report.unsigned == 0
    assert report.attempts + report.deaths == report.tries, "each attempt is counted, once"
    assert report.tries > 1_200
    assert report.repeated > 0


@pytest.mark.proves("B9")
def test_what_was_given_up_comes_right_by_redriving(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nearly every answer is bad, most are given up; they come back under other message ids."""
    monkeypatch.setattr(app.logger, "exception", lambda *_, **__: None)
    report = run(30, rate=0.85, seed=2)
    assert report.redriven > 5
    assert report.outcomes_acted_on == {outcome(n): 1 for n in range(30)}
    assert (report.waiting, report.statuses) == (0, {"delivered": 30})
