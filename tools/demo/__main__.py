"""make demo: the stack on an emulator, a log of real orders posted to it, and what came of them."""

import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from itertools import islice

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from membership.channels import DELIVERED
from tools import cdnow
from tools.cdnow import LogMissing, Purchase
from tools.demo import report, shop
from tools.demo.api import Refused
from tools.demo.report import Seen
from tools.demo.shop import Shop, Untaken
from tools.demo.watch import Watch
from tools.deploy import DeployError, Stack, deploy
from tools.emulator import Emulator, EmulatorError
from tools.receiver import Receiver
from tools.sam import ROOT

PLACE = ROOT / ".local" / "demo"
CONNECTIONS = 4
LOOK_AGAIN = 1.0
PATIENCE = 120.0
"""Seconds without any progress after which something must be wrong."""
REVIEW_THROUGH = date(1999, 3, 31)
"""Late enough to see who falls at the end of 1998."""
BIRTHDAY = "09-09"

console = Console(highlight=False)


class Stuck(Exception):
    """Nothing moved for a long time."""


FAILED, INTERRUPTED = 1, 130
FAULTS = (
    *(DeployError, EmulatorError, LogMissing, Refused, Stuck, Untaken),
    *(BotoCoreError, ClientError, RuntimeError),
)
"""What is told in a sentence; anything else is a fault of the demo, and shows where."""


class Clock:
    """How long each stage took."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        with console.status(f"{name} …"):
            yield
        self.took(name, time.monotonic() - began)

    def took(self, name: str, seconds: float) -> None:
        self.stages[name] = seconds
        console.print(f"[green]✓[/] {name} [dim]{seconds:.1f} s[/]")


def main() -> None:
    """Shows the whole product with real orders, and leaves the stack running until make down.

    A demo that comes to no end leaves nothing running.
    """
    signal.signal(signal.SIGTERM, _as_interrupt)
    emulator = Emulator()
    ended = emulator.home / "demo-ended"
    if emulator.running and not ended.exists():
        console.print("[red]A stack is running that no finished demo has left: make down ends it.[/]")
        raise typer.Exit(FAILED)
    status = FAILED
    try:
        emulator.stop()
        status = 0 if _run(emulator) else FAILED
    except KeyboardInterrupt:
        console.print("[yellow]Interrupted.[/]")
        status = INTERRUPTED
    except FAULTS as problem:
        console.print("[bold red]The demo failed:[/]", escape(str(problem)))
    finally:
        # From here on another Ctrl-C must not leave half of it behind.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        if status:
            emulator.stop()
            console.print("\nEverything that the demo started is stopped.")
        else:
            ended.touch()
    if status == FAILED:
        logs = emulator.home.relative_to(ROOT)
        console.print(f"What the emulator and the SAM CLI said is in {logs}.")
    raise typer.Exit(status)


def _run(emulator: Emulator) -> bool:
    """All of it; False where what came out isn't what plain addition says."""
    clock, began = Clock(), time.monotonic()
    log = cdnow.sample()
    report.introduce(console, log)
    with clock.stage("Start the emulator"):
        emulator.start()
    with clock.stage("Build and deploy template.yaml with the SAM CLI"):
        stack = deploy(emulator)
    _pause_schedule(stack)
    secrets: list[str] = []
    with Receiver(lambda: secrets) as receiver:
        with clock.stage("Issue keys, put the program, set the webhook"):
            opened = shop.open_shop(stack)
            secrets.append(opened.operator.put("/v1/channels/webhook", {"url": receiver.url})["secret"])
        look = Watch(stack, opened.program)
        # The first message is taken, and answered as if it weren't: it must come again and change nothing.
        receiver.misbehave("took:500")
        behind = Behind(look)
        _post_and_settle(clock, opened, behind, log)
        at_the_end = look.members()
        born = _somebody_is_born(opened, behind, log)
        reviewed = _review(clock, stack, behind)
        with clock.stage("Redeem points for a disc"):
            buyer = report.who_redeems(look.members())
            redeemed = opened.storefront.post(
                f"/v1/members/{buyer}/redemptions", {"id": "demo", "reward": "disc"}
            )
        with clock.stage("Deliver to the shop's receiver"):
            outcomes = look.outcomes()
            due = sum(outcome.type in DELIVERED for outcome in outcomes)
            _wait_until(lambda: len(receiver.effects), due, "messages delivered")
            _wait_until(lambda: receiver.duplicates, 1, "repeated messages")
        seen = Seen(
            shop=opened,
            log=log,
            at_the_end=at_the_end,
            members=look.members(),
            outcomes=outcomes,
            reviewed=reviewed,
            receiver=receiver,
            parked=look.parked(),
            failures=look.failures(),
            stages=clock.stages,
            born=born,
            buyer=buyer,
            redeemed=redeemed,
        )
        PLACE.mkdir(parents=True, exist_ok=True)
        sound = report.show(console, seen, PLACE)
    console.print(f"\nAll of it took {time.monotonic() - began:.0f} s.")
    if sound:  # otherwise nothing is left to go on with
        report.go_on(console, opened, report.most_eventful(seen))
    return sound


class Behind:
    """How far settling is behind: which members have not yet got all the facts that were sent of them."""

    def __init__(self, look: Watch) -> None:
        self.look = look
        self.sent: Counter[str] = Counter()
        self.settled = 0
        self._waiting: dict[str, int] = {}

    def expect(self, members: Sequence[str]) -> None:
        """A fact more for each of these, in the order in which they will be settled."""
        for member in members:
            self.sent[member] += 1
            # To the end of the line: it is complete only when this one is settled.
            self._waiting[member] = self._waiting.pop(member, 0) + 1

    def count(self) -> int:
        """Facts of members that are complete. Looks at the next in line only: looking is work, too."""
        while first := list(islice(self._waiting, 100)):
            found = self.look.settled(first)
            complete = [member for member in first if found.get(member, 0) >= self.sent[member]]
            self.settled += sum(self._waiting.pop(member) for member in complete)
            if len(complete) < len(first) / 2:
                break
        return self.settled


def _post_and_settle(clock: Clock, opened: Shop, behind: Behind, log: list[Purchase]) -> None:
    """Both at once, as they are: orders are acknowledged when they are durable, and settled behind that."""
    began, stop = time.monotonic(), threading.Event()
    bars = Progress(
        TextColumn("{task.description:28}"), BarColumn(40), MofNCompleteColumn(), TimeElapsedColumn(),
        console=console,
    )  # fmt: skip
    with bars, ThreadPoolExecutor(1) as pool:
        posted = bars.add_task("Post real orders", total=len(log))
        settled = bars.add_task("Settled, from the stream", total=len(log))
        behind.expect([purchase.customer for purchase in shop.in_time(log)])

        def count() -> int:
            now = behind.count()
            bars.update(settled, completed=now)
            return now

        posting = pool.submit(shop.post, opened, log, CONNECTIONS, lambda n: bars.advance(posted, n), stop)
        try:
            while not posting.done():
                count()
                time.sleep(LOOK_AGAIN)
            posting.result()
            clock.stages["Post the orders"] = time.monotonic() - began
            _wait_until(count, len(log), "orders settled")
        finally:
            stop.set()
    clock.stages["Post and settle the orders"] = time.monotonic() - began


def _somebody_is_born(opened: Shop, behind: Behind, log: list[Purchase]) -> str:
    """The customer who ordered most is told of, and has a birthday before the reviews end."""
    customer, _ = Counter(purchase.customer for purchase in log).most_common(1)[0]
    shop.tell_birthday(opened, customer, BIRTHDAY, log)
    behind.expect([customer])
    return customer


def _review(clock: Clock, stack: Stack, behind: Behind) -> dict[date, int]:
    """The days on which somebody is due, one after the other, as the schedule would have come to them."""
    began, look = time.monotonic(), behind.look
    days: dict[date, int] = {}
    with console.status("Review the days on which somebody is due …"):
        while due := look.due(REVIEW_THROUGH):
            day = due[0][0]
            if day in days:
                raise Stuck(f"members are still due on {day} after its review")
            members = [member for on, member in due if on == day]
            behind.expect(members)
            stack.invoke(
                "ReviewFunction", {"program": look.program, "as_of": day.isoformat(), "simulate": True}
            )
            days[day] = len(members)
            _wait_until(behind.count, behind.sent.total(), f"facts settled after the review of {day}")
    clock.took("Review the days on which somebody is due", time.monotonic() - began)
    return days


def _wait_until(count: Callable[[], int], enough: int, what: str) -> None:
    """Looks until there are enough; gives up where nothing has moved for long."""
    seen, moved = -1, time.monotonic()
    while (now := count()) < enough:
        if now != seen:
            seen, moved = now, time.monotonic()
        elif time.monotonic() - moved > PATIENCE:
            raise Stuck(f"only {now} of {enough} {what}, and no more for {PATIENCE:.0f} s")
        time.sleep(LOOK_AGAIN)


def _pause_schedule(stack: Stack) -> None:
    """The hourly review would come with today's date, and make the members some thirty years older."""
    scheduler = stack.emulator.client("scheduler")
    for listed in scheduler.list_schedules()["Schedules"]:
        scheduler.delete_schedule(Name=listed["Name"])


def _as_interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    typer.run(main)
