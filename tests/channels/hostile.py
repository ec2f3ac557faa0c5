"""Thousands of grants against a receiver that does everything a receiver should not.

The dispatch function, its channel and the redrive command are the real ones; so is the receiver, over
sockets. The queue stands in for SQS (tests/fakes/queues.py), the store for the table
(tests/fakes/deliveries.py). Only the waits are not waited for.

    make hostile
"""

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from functions.dispatch import app
from membership.channels import Answer, Delivery, Settings, open_channels
from membership.channels.outgoing import ANY, Poster
from membership.channels.webhook import WebhookSettings, new_secret
from membership.services.dispatching import Dispatcher
from tests.fakes.deliveries import MemoryDeliveries
from tests.fakes.queues import Queues
from tools.receiver import Receiver
from tools.redrive import Account, send_again

PROGRAM = "demo"
WORKERS = 10
"""As many as the template lets run at once."""
PATIENCE = 0.5
"""Seconds that an answer may take, in place of five."""
HOSTILE = (
    "status:500",
    f"slow:{PATIENCE + 0.2}",  # it acts, and says so too late
    "cut",  # in the middle of the answer
    "vanish",  # it acts, and hangs up
    "took:500",  # it acts, and says it didn't
    "busy:120",
    "redirect:http://169.254.169.254/latest/meta-data/",
)
REWARDS = ({"id": "coupon", "coupon": "C-10"}, {"id": "gift", "gift": "cup"}, {"id": "points", "points": 100})


class Forgetful(MemoryDeliveries):
    """Now and then a process dies when it has sent, and before it could note so."""

    def __init__(self, dies: float, seed: int) -> None:
        super().__init__()
        self._dies, self._random, self.deaths = dies, random.Random(seed), 0

    def save(self, new: Delivery, known: Delivery | None) -> bool:
        with self._lock:
            if new.attempts and self._random.random() < self._dies:
                self.deaths += 1
                raise ConnectionError("killed")
        return super().save(new, known)


@dataclass(frozen=True)
class Report:
    """What came of it."""

    grants: int
    outcomes_acted_on: Counter[str]
    """Outcome → how many different message ids it was acted on under."""
    tries: int
    """As the channel counts them."""
    answers: Counter[str]
    repeated: int
    """Messages that came again and had no effect."""
    unsigned: int
    redriven: int
    deaths: int
    statuses: Counter[str]
    attempts: int
    """As the records count them."""
    waiting: int
    """In the queue, or among the dead letters."""
    hours: float
    """By the queue's clock."""
    seconds: float
    """By ours."""


def run(grants: int, rate: float = 0.3, seed: int = 1, dies: float = 0.002) -> Report:
    """Grant, deliver, and redrive until nothing is left to redrive."""
    answers: Counter[str] = Counter()
    secret, store = new_secret(), Forgetful(dies, seed)
    queues, begun = Queues(seed, twice=0.01, lost=0.005), time.monotonic()
    redriven, tries = 0, list[str]()
    with Receiver(lambda: [secret], moods=_moods(rate, seed, answers)) as receiver:
        settings = WebhookSettings.new(receiver.url, secret, datetime.now(UTC)).model_dump(mode="json")
        store.configure(PROGRAM, "webhook", settings, None)
        webhook = open_channels(Poster(ANY, seconds=PATIENCE))["webhook"]

        def send(delivery: Delivery, settings: Settings, now: datetime) -> Answer:
            tries.append(delivery.id)
            return webhook(delivery, settings, datetime.now(UTC))  # whose signatures have to be fresh

        start = datetime.now(UTC)

        def now() -> datetime:
            return start + timedelta(seconds=queues.now)

        wiring = app.Wiring(
            lambda: Dispatcher(store, {"webhook": send}, now), queues.postpone, queues.put_back
        )
        for n in range(grants):
            queues.send_message("live", _message(n))
            if n % 100 == 0:  # the bus, too, brings some outcomes twice
                queues.send_message("live", _message(n))
        while True:
            with ThreadPoolExecutor(WORKERS) as pool:
                list(pool.map(lambda _: _work(queues, wiring), range(WORKERS)))
            if not queues.dead:
                break
            redriven += sum(1 for _ in send_again(Account("tierwise", lambda _: queues)))
        acted = Counter(message["data"]["id"] for message in receiver.effects.values())
        repeated, unsigned = receiver.duplicates, receiver.rejected
    records, _ = store.page(PROGRAM, ["pending", "delivered", "failed", "cancelled"], grants + 1)
    return Report(
        grants=grants,
        outcomes_acted_on=acted,
        tries=len(tries),
        answers=answers,
        repeated=repeated,
        unsigned=unsigned,
        redriven=redriven,
        deaths=store.deaths,
        statuses=Counter(record.status for record in records),
        attempts=sum(record.attempts for record in records),
        waiting=queues.dead + len(queues.take()),
        hours=queues.now / 3600,
        seconds=time.monotonic() - begun,
    )


def outcome(n: int) -> str:
    return f"out_{n:06d}"


def _message(n: int) -> str:
    granted = {
        "id": outcome(n),
        "type": "reward.granted",
        "program": PROGRAM,
        "member_id": f"m{n}",
        "at": "2026-11-24T08:00:00Z",
        "data": {"ladder": "main", "tier": "gold", "cycle": 2026, "reward": REWARDS[n % 3]},
    }
    return json.dumps({"source": "tierwise", "detail-type": "reward.granted", "detail": granted})


def _moods(rate: float, seed: int, answers: Counter[str]) -> Iterator[str]:
    chance = random.Random(seed)
    while True:
        mood = chance.choice(HOSTILE) if chance.random() < rate else "ok"
        answers[mood.partition(":")[0]] += 1
        yield mood


def _work(queues: Queues, wiring: app.Wiring) -> None:
    while batch := queues.take():
        answer = app.dispatch({"Records": batch}, wiring)
        queues.give_back(batch, {failure["itemIdentifier"] for failure in answer["batchItemFailures"]})


def main(grants: Annotated[int, typer.Option(help="How many.")] = 10_000) -> None:
    """Grants against a hostile receiver; fails where one was lost, stuck, or acted on twice."""
    app.logger.setLevel("CRITICAL")
    report = run(grants)
    once = sum(times == 1 for times in report.outcomes_acted_on.values())
    lines = {
        "grants": report.grants,
        "acted on exactly once": once,
        "acted on more than once": len(report.outcomes_acted_on) - once,
        "never acted on": report.grants - len(report.outcomes_acted_on),
        "stuck": report.waiting + report.statuses.total() - report.statuses["delivered"],
        "attempts": report.tries,
        "requests answered as one should": report.answers["ok"],
        **{
            f"requests answered otherwise: {mood}": n
            for mood, n in sorted(report.answers.items())
            if mood != "ok"
        },
        "repeated, without effect": report.repeated,
        "attempts in the records": report.attempts,
        "attempts that died before they were noted": report.deaths,
        "dead letters, all redriven": report.redriven,
        "hours until the last, by the queue's clock": round(report.hours, 1),
        "seconds that it took": round(report.seconds),
    }
    for what, figure in lines.items():
        typer.echo(f"{what:<46}{figure:>10,}")
    raise typer.Exit(once != report.grants or lines["stuck"] != 0)


if __name__ == "__main__":
    typer.run(main)
