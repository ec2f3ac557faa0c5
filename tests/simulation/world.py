"""All that there is in one run: tables, streams, queues, processes, a clock; and somebody who watches."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import blake2b
from random import Random
from random import seed as seed_of_all
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from membership.channels.outgoing import Reply
from membership.channels.webhook import WebhookSettings
from membership.errors import MembershipError
from membership.facts import Fact
from membership.program.schema import Program
from membership.store import keys
from membership.store.deliveries import Deliveries
from membership.store.programs import Programs
from membership.store.tables import Tables
from tests.domain.told_twice import PROGRAMS, Document, read
from tests.oracle import Rules
from tests.simulation import processes
from tests.simulation.beside import BESIDE
from tests.simulation.cloud import Bus, Invocations, Queue, Receiver, Stream, happen_at_the_shop
from tests.simulation.dynamodb import in_memory
from tests.simulation.faults import Crash, Port, happen
from tests.simulation.processes import Process
from tests.simulation.schedule import Schedule, Step
from tests.simulation.watch import Violation, Watch

IN_ZONES = ["Asia/Shanghai", "Pacific/Pago_Pago", "Pacific/Kiritimati", "America/New_York", "Africa/Cairo"]
BESIDE_MOSTLY = [*sorted(BESIDE.keys() - {"nothing"}) * 2, "nothing"]
NAMES = ["mem-ann", "mem-bo", "mem-cy", "mem-di"]
ONE_DAY = timedelta(days=1)
PASSING = (ClientError, BotoCoreError, MembershipError)
"""What a function may raise where a call to a port has failed."""


@dataclass(frozen=True)
class Context:
    """What a handler asks Lambda for."""

    function_name: str
    remaining: Callable[[], int]

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining()


@dataclass(frozen=True)
class Shop:
    """A program, and what its shop keeps of its own."""

    program: Program
    document: Document
    members: tuple[str, ...]
    said: list[Any] = field(default_factory=list)
    """Events that it has sent, or is about to."""
    owed: list[Any] = field(default_factory=list)
    """Requests that nobody has answered yet: to be sent again."""
    acknowledged: dict[tuple[str, str], Fact] = field(default_factory=dict)
    """Member and key → what it was told to be accepted."""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Rewards that it has asked for, each for whom."""
    answered: dict[tuple[str, str], Any] = field(default_factory=dict)
    """Member and redemption → what it was told of it."""


@dataclass
class _Running:
    """A step while it is taken."""

    step: Step
    random: Random
    calls: int = 0
    met: int = 0
    """Faults that did happen."""


@cache
def _read(name: str, which: str, beside: str, zone: str) -> Program:
    return read(PROGRAMS[which][0] | BESIDE[beside] | {"id": name}, zone)


class World:
    def __init__(self, schedule: Schedule, verbose: bool = False) -> None:
        seed_of_all(schedule.seed)
        self.random = random = Random(schedule.seed)
        self.trace: list[str] | None = [] if verbose else None
        self._digest = blake2b(digest_size=16)
        self.now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=random.randrange(26 * 30 * 24))
        self.watch = Watch(self)
        self.table = in_memory(self.watch.changed, lambda: self.now.timestamp())
        self._programs = Programs(
            self.table, Tables(ledger="ledger", state="state"), lambda: 0.0, fresh_for=0
        )
        self.queue = Queue(lambda: self.now)
        self.bus, self.invocations, self.receiver = Bus(self.queue), Invocations(), Receiver()
        self.streams = {"evaluate": Stream("evaluate", "Facts"), "publish": Stream("publish", "Outcomes")}
        clients = {
            "dynamodb": self.table,
            "sqs": self.queue,
            "events": self.bus,
            "functions": self.invocations,
        }
        self.ports = {name: Port(name, client, self._through) for name, client in clients.items()}
        self._idle: dict[str, list[Process]] = {}
        self._stack: list[Process] = [Process("nobody")]
        self._running: list[_Running] = []
        self.calls = self.met = 0
        """Calls to ports, and at how many of them a fault happened."""
        self.faultless = False
        """Whether no more faults happen: the world comes to rest."""
        self.rules: dict[str, list[Rules]] = {}
        self.shops = [self._open(name) for name in ("shop", "neighbour")]
        self.watch.look()

    def _open(self, name: str) -> Shop:
        """A program in force, with a webhook."""
        which, beside = self.random.choice(sorted(PROGRAMS)), self.random.choice(BESIDE_MOSTLY)
        document, rules = PROGRAMS[which]
        zone = self.random.choice(IN_ZONES)
        program = _read(name, which, beside, zone)
        self.rules[name] = [rules.but(zone=zone)]
        assert self._programs.put(program, 1)
        settings = WebhookSettings.new("https://shop.example/hook", self.new_secret(), self.now)
        Deliveries(self.table, "state").configure(name, "webhook", settings.model_dump(mode="json"), None)
        members = tuple(NAMES[: self.random.choice([1, 2, 2, 3])])
        return Shop(program, document | BESIDE[beside], members)

    def is_put(self, shop: Shop, version: int) -> bool:
        """Whether the shop's program has come to that version, whatever was answered."""
        return self._programs.versions(shop.program.id).latest[0] == version

    def new_secret(self) -> str:
        secret = "whsec_" + b64encode(self.random.randbytes(32)).decode()
        self.receiver.secrets.append(secret)
        return secret

    # ── What is noted ─────────────────────────────────────────────────────────────────────────────

    @property
    def digest(self) -> str:
        """Of all that has happened: equal for equal runs, to the last byte."""
        return self._digest.hexdigest()

    def note(self, line: str, item: Any = None) -> None:
        self._digest.update(f"{line}\n{item}\n".encode())
        if self.trace is not None:
            self.trace.append(line)

    # ── Processes ─────────────────────────────────────────────────────────────────────────────────

    @property
    def process(self) -> Process:
        """The one that is at work."""
        return self._stack[-1]

    def deploy(self) -> None:
        """Every process is replaced, but those at work, which finish."""
        self._idle = {}

    def invoke(self, function: str, event: Any, patience: int = 10**9) -> Any:
        """Raises what the handler raises; Crash where its process died. `patience`: how often it may ask
        whether there is time left."""
        idle = self._idle.setdefault(function, [])  # a deploy meanwhile begins another list
        process = idle.pop() if idle and self.random.random() < 0.8 else Process(function)
        asked = iter(range(patience))
        context = Context(function, lambda: 300_000 if next(asked, None) is not None else 0)
        self._stack.append(process)
        try:
            answer = processes.handlers()[function](event, context)
        except Exception:
            idle.append(process)
            raise
        finally:
            self._stack.pop()
        idle.append(process)
        return answer

    def works(self, function: str, event: Any, patience: int = 10**9) -> bool:
        """Whether an invocation that nobody waits for ends well."""
        try:
            self.invoke(function, event, patience)
        except (Crash, *PASSING) as trouble:
            if not self.excused(trouble):
                raise Violation("I7", f"{function} failed without a fault: {trouble!r}") from trouble
            self.note(f"  {function} failed: {type(trouble).__name__}")
            return False
        return True

    def excused(self, trouble: BaseException | None) -> bool:
        """Whether a fault of this step, or of one around it, may be the cause."""
        return any(running.met for running in self._running)

    # ── Steps and their faults ────────────────────────────────────────────────────────────────────

    def take(self, step: Step, kinds: Mapping[str, Callable[["World"], None]]) -> None:
        """One step, which may be in the middle of another."""
        self._kinds = kinds
        before, self.random = self.random, Random(step.seed)
        self._running.append(_Running(step, self.random))
        self.note(
            f"{'  ' * (len(self._running) - 1)}{step.kind} #{step.seed} at {self.now:%Y-%m-%d %H:%M:%S}"
        )
        try:
            kinds[step.kind](self)
        finally:
            met = self._running.pop().met
            self.random = before
        if self._running:
            self._running[-1].met += met

    def _through(self, service: str, name: str, do: Callable[..., Any], arguments: Any) -> Any:
        fault = self._meets(f"{service}.{name}")
        try:
            return happen(fault, self.table, name, do, arguments)
        finally:
            self.watch.look()

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        fault = self._meets("shop.post")
        if fault == "dies before":
            raise Crash
        reply = happen_at_the_shop(fault, lambda: self.receiver.post(url, headers, body))
        if fault == "dies after":
            raise Crash
        return reply

    def _meets(self, what: str) -> str | None:
        """What happens at the next call to a port; and before it, what others do."""
        if not self._running:
            return None
        self.calls += 1
        running = self._running[-1]
        n, running.calls = running.calls, running.calls + 1
        if self.faultless:
            return None
        for place, step in running.step.meanwhile:
            if place == n:
                running.met += 1
                self.met += 1
                self._elsewhere(step)
        fault = next((fault for place, fault in running.step.faults if place == n), None)
        if fault:
            running.met += 1
            self.met += 1
            self.note(f"  {self.process.function} {what} call {n}: {fault}")
        return fault

    def _elsewhere(self, step: Step) -> None:
        stack, self._stack = self._stack, [Process("nobody")]
        try:
            self.take(step, self._kinds)
        finally:
            self._stack = stack

    # ── Time, and what comes with it ──────────────────────────────────────────────────────────────

    def streamed(self, item: Any) -> None:
        for stream in self.streams.values():
            stream.add(item, self.now)

    def dispatch(self) -> None:
        """What Lambda's poller does once."""
        records = self.queue.receive(self.random)
        if not records:
            return
        try:
            answer = self.invoke("dispatch", {"Records": records})
        except Crash:
            return
        kept = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        done = [record["messageId"] for record in records if record["messageId"] not in kept]
        if self._meets("sqs.delete_message") not in ("refused", "unreached", "dies before"):
            self.queue.delete(done)

    def work_off(self) -> None:
        """Once, what was handed to Lambda."""
        if waiting := self.invocations.waiting:
            one = waiting.pop(self.random.randrange(len(waiting)))
            patience = 10**9 if self.faultless else self.random.choice([0, 1, 2, 5, 10**9])
            self.invocations.done(one, well=self.works(one.function, one.event, patience))

    def schedule_fires(self, function: str) -> None:
        self.invocations.invoke(FunctionName=function, InvocationType="Event", Payload="{}")

    def catch_up(self) -> None:
        """Until nothing is on its way any more, but what waits for its time in the queue."""
        for _ in range(500):
            if self.streams["evaluate"].waiting:
                self.streams["evaluate"].bring(self.works, self.random, self.now)
            elif self.streams["publish"].waiting:
                self.streams["publish"].bring(self.works, self.random, self.now)
            elif self.invocations.waiting:
                self.work_off()
            elif self.queue.visible:
                self.dispatch()
            else:
                return
        raise Violation("I7", "it never comes to rest")

    def take_up(self) -> None:
        """What operators do where an alarm tells of something that was given up (docs/how-to/operate.md)."""
        given_up, self.streams["evaluate"].failed = self.streams["evaluate"].failed, []
        owners = {keys.owner(record.partition) for record in given_up}
        for program, member in sorted(owners):
            who = {"program": program, "member_id": member}
            erased = (program, member) in self.watch.erased
            if not self.works(*("erase", {"forget": who}) if erased else ("rebuild", who)):
                self.streams["evaluate"].failed += [
                    record for record in given_up if keys.owner(record.partition) == (program, member)
                ]
        given_up, self.streams["publish"].failed = self.streams["publish"].failed, []
        if given_up and not self.works("publish", {"Records": [record.event for record in given_up]}):
            self.streams["publish"].failed += given_up

    def pass_time(self, until: datetime) -> None:
        """Longer than a stream keeps anything, or than somebody waits for an answer."""
        self.catch_up()
        self.take_up()
        self.catch_up()
        while (due := self.queue.next_visible) and due <= until:
            self.now = max(self.now, due)
            self.catch_up()
        self.now = max(self.now, until)

    def nights(self, until: datetime, *, missed: Callable[[], bool]) -> None:
        """Time passes with a review in each night in which somebody is due; the others change nothing."""
        self.catch_up()
        for _ in range(40):
            night = min(map(self._night, self.shops)) + timedelta(minutes=self.random.randrange(1, 55))
            if night > until:
                break
            self.pass_time(night)
            if not missed():
                self.schedule_fires("review")
                self.catch_up()
        self.pass_time(until)

    def _night(self, shop: Shop) -> datetime:
        """The next one in which somebody is due, or that follows the beginning of a version."""
        index = self.table.tables["state"].indexes["due"]
        days = [
            date.fromisoformat(one["due"]["S"][:10])
            for shard in range(keys.SHARDS)
            for one in index.items(keys.due_shard(shop.program.id, shard))
        ]
        days += [
            shop.program.day(rules.since) + ONE_DAY
            for rules in self.rules[shop.program.id]
            if rules.since > self.now - ONE_DAY
        ]
        return shop.program.midnight(
            max(min(days, default=date(2100, 1, 1)), shop.program.day(self.now) + ONE_DAY)
        )

    # ── The API ───────────────────────────────────────────────────────────────────────────────────

    def call(
        self,
        shop: Shop,
        function: str,
        route: str,
        body: Any = None,
        *,
        role: str = "operator",
        query: Mapping[str, str] | None = None,
        **path: str,
    ) -> tuple[int, Any] | None:
        """Status and answer; None where there was none: the process died, or the connection."""
        method, resource = route.split(" ")
        event = {
            "httpMethod": method,
            "resource": resource,
            "pathParameters": path,
            "queryStringParameters": query,
            "body": body,
            "requestContext": {
                "authorizer": {"program": shop.program.id, "role": role, "key_id": f"key_{role}"}
            },
        }
        try:
            answer = self.invoke(function, event)
        except Crash:
            return None
        if not self.faultless and self.random.random() < 0.05:
            self.note("  the answer is lost")
            return None
        self.note(f"  {shop.program.id} {route} {answer['statusCode']} {answer['body'][:300]}")
        return answer["statusCode"], answer["body"]

    # ── The end ───────────────────────────────────────────────────────────────────────────────────

    def come_to_rest(self, pay: Callable[["World", Shop, Any], None]) -> None:
        """No more faults; what is owed is sent again, what was given up is taken up, and two days pass."""
        self.faultless = True
        for shop in self.shops:
            for _ in range(5):
                owed, shop.owed[:] = list(shop.owed), []
                for request in owed:
                    pay(self, shop, request)
            if shop.owed:
                raise Violation("I12", f"without a fault: {shop.owed[0]} is still not answered")
        # At half past one p.m. no zone's day has just begun.
        for day in (1, 2):
            noon = self.now.astimezone(UTC).replace(hour=13, minute=30) + day * ONE_DAY
            self.nights(noon, missed=lambda: False)
            self.schedule_fires("rank")
            self.schedule_fires("review")
            self.catch_up()
        for given_up in [one for one in self.invocations.failed if one.function == "erase"]:
            # What was told of it later stays until reconciliation tells of it (decision 27).
            self.invocations.failed.remove(given_up)
            self.works("erase", given_up.event)
        self.catch_up()
        for _ in range(500):
            if not self.queue.dead and not self.queue.messages:
                return
            dead, self.queue.dead[:] = list(self.queue.dead), []
            for body in dead:
                self.queue.send(body)
            self.now = max(self.now, self.queue.next_visible or self.now)
            self.catch_up()
        raise Violation("I8", "a message stays in the queue for ever")
