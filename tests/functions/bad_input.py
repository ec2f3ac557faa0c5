"""Requests that no honest client sends: each gets a documented answer, and a refusal changes nothing.

The handlers are the real ones, the tables are in memory. One seed gives the same requests, byte for byte.

    make bad-input
"""

import importlib
import io
import json
import pickle
import random
import re
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, NamedTuple
from unittest import mock

import typer
from jsonschema import Draft202012Validator

from membership import runtime
from membership.errors import NoSuchMember
from membership.http import cursors
from membership.http.openapi import document
from membership.http.operations import BY_ID, OPERATIONS, Operation
from membership.http.problems import NOT_REDEEMABLE
from membership.program.schema import Versions
from membership.services.certifying import Certifying
from membership.services.exporting import Exporting
from membership.store.certificates import Issued
from membership.store.ledger import Page
from tests.fakes.deliveries import MemoryDeliveries
from tests.fakes.memory import MemoryAccess, MemoryLedger, MemoryPrograms

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
FRESH_AFTER = 400
"""Requests, until the world is the first one again: it must not grow without end."""
PROGRAM = """
id: cafe
name: {en: Café, zh: 咖啡馆}
metrics: {spend: {sum: order.amount}, friends: {referrals: bought}}
tiers:
  - {id: regular}
  - {id: silver, name: {en: Silver, zh: 银卡}, qualify: {spend: 1000}}
  - {id: gold, name: {en: Gold, zh: 金卡}, qualify: {spend: 5000}, promotion: reviewed}
points: {earn: {order: {points: 1, per: 1}}}
catalogue: [{id: film, points: 100, coupon: FILM, codes: uploaded}, {id: tea, points: 5, coupon: TEA}]
"""
PRIVATE = ("ann.lee@shop.example", "zoe-of-next-door", "window seat next door")
"""Of a member, and in no answer but an export; of another program, and in none."""

# ── What is sent ──────────────────────────────────────────────────────────────────────────────────

WHO = {"id": "a1", "by": "Li Wei", "reason": "as agreed"}
EVENT = {
    "id": "e1",
    "type": "order",
    "member_id": "ann",
    "occurred_at": "2026-11-24T15:00:00+08:00",
    "data": {"order_id": "o1", "amount": "19.00", "currency": "CNY", "lines": [{"id": "l1", "amount": 1900}]},
}
TOLD: Mapping[str, tuple[dict[str, Any], ...]] = {
    "order": (EVENT["data"],),  # type: ignore[dict-item]
    "refund": ({"order_id": "first", "amount": 100, "currency": "CNY"},),
    "activity": ({"kind": "review", "quality": 4, "value": 2},),
    "profile": ({"joined": "2020-01-01", "birthday": "02-29", "labels": ["vip"], "referrer": "bob"},),
}
BODIES: Mapping[str, tuple[Any, ...]] = {
    "post_events": (
        *({**EVENT, "type": kind, "data": data} for kind, (data,) in TOLD.items()),
        [EVENT, {**EVENT, "id": "e2", "member_id": "bob"}],
    ),
    "put_member": (
        {"joined": "2020-01-01", "labels": ["vip"], "timezone": "Asia/Shanghai", "language": "zh"},
    ),
    "post_preview": ({"amount": "10.00", "currency": "CNY", "lines": [{"id": "a", "amount": "10.00"}]},),
    "post_redemption": ({"id": "r1", "reward": "film"},),
    "cancel_redemption": (WHO,),
    "put_codes": ({"codes": ["A-1", "B-2"]},),
    "post_action": (
        {**WHO, "type": "lift", "tier": "gold", "until": "2027-06-01", "ladder": "main"},
        {**WHO, "type": "release", "source": "hold"},
        {**WHO, "type": "leave"},
        {**WHO, "type": "merge", "into": "bob"},
        {**WHO, "type": "adjust_points", "points": 5},
    ),
    "post_approval": ({**WHO, "verdict": "approve", "tier": "gold", "until": "2027-06-01"},),
    "put_program": (PROGRAM,),
    "post_message_preview": (
        {"about": "tier.upgraded", "template": {"en": "$tier", "zh": "$tier"}, "fields": {"tier": "Gold"}},
    ),
    "post_key": ({"role": "storefront", "label": "till"},),
    "post_token": ({"minutes": 5},),
    "put_webhook": ({"url": "https://shop.example/hook"},),
    "put_provider": ({"channel": "webhook", "url": "https://shop.example/hook"}, {"channel": "mail"}),
}
RAW = ("NaN", "-Infinity", "1e400", "1E-400", "-0", "9" * 5000, "1.0", "19.0", "01", "0x1F")
"""Written as they are: no encoder would."""
MARK = "\ue000raw"
STRINGS = (
    "",
    " ",
    "a#b",
    "a\x00b",
    "a\nb",
    "\u202eann",
    "\ud800",
    "ａｎｎ",
    ".ann",
    "../ann",
    "a" * 129,
    "a" * 257,
    "a" * 5000,
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "<script>",
    "${jndi:ldap://x}",
    "'; DROP TABLE members; --",
    "1e5",
    "١٢٣",
    "-1.00",
    "1.999",
    "10000000000000.01",
    "2026-02-30",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
    "null",
    "constructor",
    "$tier",
    "$",
    "🎂",
    "e\u0301",
)
VALUES: tuple[Any, ...] = (
    *STRINGS,
    None,
    True,
    False,
    0,
    -1,
    1.5,
    10**30,
    -(10**18),
    2**63,
    [],
    {},
    [[]],
    [None],
    {"": ""},
    {"amount": 1},
)
NAMES = ("tier", "points", "program", "", "__proto__", "a#b", "\u202e", "\ud800", "x" * 300, "data", "id")
OTHERS = ("bob", "zoe", "nobody", "first", "r-first", "film", "webhook", "gifts", "key_x")


class Sent(NamedTuple):
    """What the gateway hands on."""

    operation: Operation
    event: dict[str, Any]


class Generator:
    """Sound requests, each with something wrong with it; now and then with nothing."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def __iter__(self) -> Iterator[Sent]:
        # A program takes long to read, and has tests of its own: less often.
        weights = [1 if one.id == "put_program" else 4 for one in OPERATIONS]
        while True:
            [operation] = self._random.choices(OPERATIONS, weights)
            yield Sent(operation, self._event(operation))

    def _event(self, operation: Operation) -> dict[str, Any]:
        chance = self._random.random
        event: dict[str, Any] = {
            "resource": operation.path,
            "path": operation.path,
            "httpMethod": operation.method,
            "headers": self._headers(),
            "pathParameters": self._path(operation),
            "requestContext": {"domainName": "api.example", "path": f"/local{operation.path}"},
            **self._query(operation),
            "body": None,
            "isBase64Encoded": False,
        }
        if operation.roles:
            event["requestContext"]["authorizer"] = self._caller(operation)
        if operation.body or chance() < 0.05:
            event |= self._body(operation)
        if chance() < 0.01:
            event.pop(self._random.choice(["headers", "pathParameters", "body", "isBase64Encoded"]))
        return event

    def _value(self) -> Any:
        return deepcopy(self._random.choice(VALUES))

    def _caller(self, operation: Operation) -> Any:
        role = self._random.choice(sorted(operation.roles)) if self._random.random() < 0.9 else "member"
        caller = {"program": "cafe", "role": role, "key_id": "key_x"}
        return caller | ({"member_id": "ann", "expires": "4102444800"} if role == "member" else {})

    def _headers(self) -> Any:
        kinds = ("application/json", "text/plain", "application/xml", "multipart/form-data", "\x00", "")
        accepts = ("*/*", "text/html", "image/png", "application/json;q=x", "\u202e")
        return {"Content-Type": self._random.choice(kinds), "Accept": self._random.choice(accepts)}

    def _path(self, operation: Operation) -> Any:
        found = {}
        for name in re.findall(r"{(\w+)}", operation.path):
            known = {"member_id": "ann", "redemption_id": "r-first", "reward_id": "film", "kind": "gifts"}
            chance = self._random.random()
            if chance < 0.6:
                found[name] = known.get(name, "first")
            elif chance < 0.75:
                found[name] = self._random.choice(OTHERS)
            else:
                found[name] = self._random.choice(STRINGS)
        return found or None

    def _query(self, operation: Operation) -> dict[str, Any]:
        many: dict[str, list[str]] = {}
        for one in operation.parameters:
            if self._random.random() < 0.4:
                many[one.name] = [
                    self._parameter(one.name, operation) for _ in range(self._random.choice([1, 1, 1, 2]))
                ]
        if self._random.random() < 0.1:
            many[self._random.choice(NAMES)] = [self._random.choice(STRINGS)]
        return {
            "queryStringParameters": {name: values[-1] for name, values in many.items()} or None,
            "multiValueQueryStringParameters": many or None,
        }

    def _parameter(self, name: str, operation: Operation) -> str:
        sound = {
            "lang": "zh",
            "limit": "2",
            "wait": "true",
            "check": "true",
            "member_id": "ann",
            "name": "Ann",
        }
        if name == "cursor":
            return self._cursor(operation)
        if name in sound and self._random.random() < 0.5:
            return sound[name]
        return self._random.choice((*STRINGS, "0", "101", "999999999999", "open", "stuck", "main", "gold"))

    def _cursor(self, operation: Operation) -> str:
        """Sound, tampered with, of another list, of another program, or made up."""
        places = ("outcome#000000000001#000", "1:fact#order#first", "2026-11-23", "out_" + "0" * 24, "\x00")
        lists = (f"{operation.id.partition('_')[2]}/ann", "history/ann", "export/ann", "deliveries/all")
        program = self._random.choice(["cafe", "cafe", "next-door"])
        cursor = cursors.seal(program, self._random.choice(lists), self._random.choice(places))
        at = self._random.randrange(len(cursor))
        return self._random.choice(
            [cursor, cursor, cursor[:at], cursor[:at] + "A" + cursor[at + 1 :], cursor * 20, "é" + cursor]
        )

    def _body(self, operation: Operation) -> dict[str, Any]:
        sound = self._random.choice(BODIES.get(operation.id, ({},)))
        if isinstance(sound, str):
            text = self._damaged_text(sound)
        else:
            changed = json.loads(json.dumps(sound))
            for _ in range(self._random.choice([0, 1, 1, 1, 2, 3])):
                changed = self._changed(changed)
            text = self._written(changed)
            if self._random.random() < 0.1:
                text = self._damaged_text(text)
        if self._random.random() < 0.1:
            return self._damaged_bytes(text)
        return {"body": text}

    def _changed(self, whole: Any) -> Any:
        """With one place of it changed: another value, a name more or less; or all of it within another."""
        chance = self._random.random()
        if chance < 0.05:
            return self._random.choice([[whole], [whole] * 101, {"data": whole}, None, 7, "text", [], {}])
        if chance < 0.08:
            deep: Any = whole
            for _ in range(self._random.choice([50, 300])):
                deep = [deep] if chance < 0.065 else {"data": deep}
            return deep
        spots = [*_spots(whole)]
        if not spots:
            return self._value()
        inside, at = self._random.choice(spots)
        if chance < 0.2 and isinstance(inside, dict):
            inside[self._random.choice(NAMES)] = self._value()
        elif chance < 0.3:
            del inside[at]
        elif chance < 0.4:
            inside[at] = MARK + self._random.choice(RAW)
        elif chance < 0.45 and isinstance(inside[at], str):
            inside[at] = self._random.choice(STRINGS[:10]) + inside[at]
        else:
            inside[at] = self._value()
        return whole

    def _written(self, value: Any) -> str:
        text = json.dumps(value, ensure_ascii=self._random.random() < 0.5)
        text = re.sub(rf'"(?:\\ue000|{MARK[0]})raw([^"]*)"', r"\1", text)
        if self._random.random() < 0.04:  # a key that stands twice
            text = re.sub(r'\{("[^"]*": )', r"{\g<1>0, \g<1>", text, count=1)
        return text

    def _damaged_text(self, text: str) -> str:
        at = self._random.randrange(len(text) + 1)
        return self._random.choice(
            [
                text[:at],
                text[:at] + self._random.choice(STRINGS) + text[at:],
                text[:at] + text[at + 1 :],
                text + text,
                "\ufeff" + text,
                "[" * (300 if len(text) > 500 else 20_000),  # YAML takes a second for more
                text.replace('"', "'"),
                text + " " * self._random.choice([10, 1_000_001]),
            ]
        )

    def _damaged_bytes(self, text: str) -> dict[str, Any]:
        sent = text.encode("utf-8", "surrogatepass")
        at = self._random.randrange(len(sent) + 1)
        found = self._random.choice(
            [
                sent,
                sent[:at] + self._random.randbytes(3) + sent[at:],
                text.encode("utf-16", "surrogatepass"),
                b"\xff\xfe",
            ]
        )
        body = b64encode(found).decode()
        return {"body": self._random.choice([body, body, body[:-1], "*" + body]), "isBase64Encoded": True}


def _spots(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place within a document, as what it is in and where."""
    for at, inside in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield value, at
        yield from _spots(inside)


# ── Where it is sent ──────────────────────────────────────────────────────────────────────────────


class Programs(MemoryPrograms):
    """Reads a version once, as the table's cache does."""

    def versions(self, program: str) -> Versions:
        known = tuple(self._versions.get(program, {}).values())
        if known not in self._read:
            self._read[known] = super().versions(program)
        return self._read[known]

    _read: dict[tuple[str, ...], Versions] = {}  # noqa: RUF012


class Access(MemoryAccess):
    def token(
        self, program: str, member_id: str, now: datetime, minutes: int, random_: Any
    ) -> tuple[str, datetime]:
        return f"tm_{random_(9)}", now + timedelta(minutes=minutes)

    def rotate_tokens(self, program: str, at: datetime, random_: Any) -> None:
        pass


class Empty:
    """Reports and certificates, of which there are none."""

    def page(self, *_: Any) -> Page[Any]:
        return Page([])

    def numbered(self, number: str) -> Issued | None:
        return None

    def send_message(self, **_: Any) -> None:
        pass


class Belongings:
    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger

    def of(self, program: str, members: Any, after: str | None, page: int) -> Iterator[Any]:
        return iter(())


class Eraser:
    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger

    def erase(self, program: str, member_id: str, now: datetime) -> None:
        if self._ledger.load(program, member_id).member is None:
            raise NoSuchMember()
        self._ledger.lose_member(program, member_id)


class World:
    """Two programs with their members, and something of everything that a request can be about."""

    def __init__(self) -> None:
        self.ledger, self.programs, self.access = MemoryLedger(), Programs(), Access()
        self.deliveries = MemoryDeliveries()
        self.log = io.StringIO()
        self.secrets: list[str] = []
        self._handlers = {
            function: importlib.import_module(f"functions.{function}.app")
            for function in {one.function for one in OPERATIONS}
        }

    @contextmanager
    def open(self) -> Iterator["World"]:
        """With the handlers wired to it."""
        nothing, settings = Empty(), runtime.Settings(email_sender="club@shop.example")
        made = {
            "now": lambda: NOW,
            "settings": lambda: settings,
            "ledger": lambda: self.ledger,
            "programs": lambda: self.programs,
            "access": lambda: self.access,
            "deliveries": lambda: self.deliveries,
            "shelves": lambda: self.ledger.shelves,
            "approvals": lambda: self.ledger.approvals,
            "reports": lambda: nothing,
            "sqs": lambda: nothing,
            "eraser": lambda: Eraser(self.ledger),
            "certifying": lambda: Certifying(runtime.viewing(), nothing),  # type: ignore[arg-type]
            "exporting": lambda: Exporting(
                self.ledger,
                Belongings(self.ledger),
                runtime.approvals(),
                self.deliveries,  # type: ignore[arg-type]
            ),
            "pause": lambda _: None,
        }
        runtime.forget()
        with ExitStack() as stack:
            for name, make in made.items():
                stack.enter_context(mock.patch.object(runtime, name, make))
            for module in self._handlers.values():
                for handler in module.logger.handlers:
                    stack.enter_context(mock.patch.object(handler, "stream", self.log))
            self._live()
            yield self
        for name in ("settling", "ingest", "viewing", "acting", "redeeming"):
            getattr(runtime, name).cache_clear()

    def _live(self) -> None:
        for program, member in (("cafe", "ann"), ("cafe", "bob"), ("next-door", "zoe-of-next-door")):
            self._must("put_program", PROGRAM.replace("id: cafe", f"id: {program}", 1), program)
            told = (
                {"email": PRIVATE[0]}
                if member == "ann"
                else {"labels": [PRIVATE[2]]}
                if program != "cafe"
                else {}
            )
            self._must("put_member", told, program, member)
        self._must("put_codes", {"codes": ["FILM-1"]}, reward_id="film")
        order = {**EVENT["data"], "order_id": "first", "amount": "6000.00", "lines": []}  # type: ignore[dict-item]
        self._must("post_events", {**EVENT, "id": "first", "data": order}, query={"wait": "true"})
        self._must("post_redemption", {"id": "r-first", "reward": "film"})
        for program in ("cafe", "next-door"):
            told = self._must("put_webhook", {"url": "https://shop.example/hook"}, program)
            self.secrets.append(told["secret"])
            self.secrets.append(
                self._must("post_key", {"role": "operator", "label": "first"}, program)["secret"]
            )

    def _must(
        self, id_: str, body: Any, program: str = "cafe", member: str = "ann", query: Any = None, **path: str
    ) -> Any:
        operation = BY_ID[id_]
        event = {
            "resource": operation.path,
            "httpMethod": operation.method,
            "pathParameters": {"member_id": member, **path},
            "queryStringParameters": query,
            "requestContext": {"authorizer": {"program": program, "role": "operator", "key_id": "key_x"}},
            "body": body if isinstance(body, str) else json.dumps(body),
        }
        told = self.send(Sent(operation, event))
        assert told["statusCode"] < 300, told
        return json.loads(told["body"])

    def send(self, sent: Sent) -> dict[str, Any]:
        answer: dict[str, Any] = self._handlers[sent.operation.function].service(sent.event)
        return answer

    @property
    def state(self) -> bytes:
        """All that is kept, to compare and to go back to."""
        ledger = {name: kept for name, kept in vars(self.ledger).items() if name not in ("_lock", "shelves")}
        shelves = (self.ledger.shelves._counted, self.ledger.shelves._codes)
        deliveries = (self.deliveries._records, self.deliveries._under_way, self.deliveries._settings)
        programs = (self.programs._versions, self.programs._reviewed)
        return pickle.dumps((ledger, shelves, deliveries, programs, self.access._keys))

    def go_back(self, state: bytes) -> None:
        ledger, shelves, deliveries, programs, self.access._keys = pickle.loads(state)
        vars(self.ledger).update(ledger)
        self.ledger.shelves._counted, self.ledger.shelves._codes = shelves
        self.deliveries._records, self.deliveries._under_way, self.deliveries._settings = deliveries
        self.programs._versions, self.programs._reviewed = programs


# ── What comes back ───────────────────────────────────────────────────────────────────────────────


class Contract:
    """Holds answers to openapi.json."""

    def __init__(self) -> None:
        self._document = document()
        self._made: dict[tuple[str, str], Draft202012Validator] = {}

    def faults(self, operation: Operation, answer: Mapping[str, Any]) -> Iterator[str]:
        """What is not as it is documented."""
        status = str(answer["statusCode"])
        told = self._document["paths"][operation.path][operation.method.lower()]["responses"]
        if status not in told:
            yield f"{status} is not documented"
            return
        media = answer["headers"].get("Content-Type", "").partition(";")[0]
        contents = told[status].get("content")
        if contents is None:
            if answer["body"]:
                yield "there is a body"
            return
        if media not in contents:
            yield f"{media!r} is not documented"
        elif media.endswith("json"):
            found = self._validator(operation, status, contents[media]["schema"])
            yield from (error.message for error in found.iter_errors(json.loads(answer["body"])))

    def _validator(self, operation: Operation, status: str, schema: Any) -> Draft202012Validator:
        key = (operation.id, status)
        if key not in self._made:
            self._made[key] = Draft202012Validator({"components": self._document["components"], **schema})
        return self._made[key]


@dataclass
class Report:
    answers: Counter[int] = field(default_factory=Counter)
    operations: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    seconds: float = 0


def run(requests: int, seed: int) -> Report:
    """A redemption that the program's rules refuse is the one refusal that is remembered: under its id, so
    that the same request again is answered alike."""
    report, contract, begun = Report(), Contract(), time.monotonic()
    with World().open() as world:
        first = world.state
        before = first
        for n, sent in zip(range(requests), Generator(seed), strict=False):
            if n % FRESH_AFTER == 0:
                world.go_back(first)
                before = world.state
            world.log.seek(0)
            world.log.truncate()
            answer = world.send(sent)
            status, after = answer["statusCode"], world.state
            report.answers[status] += 1
            report.operations[sent.operation.id] += 1
            found = [*contract.faults(sent.operation, answer)]
            if status >= 500:
                found.append(f"{status}: {world.log.getvalue()[-2000:]}")
            if status >= 400 and after != before and NOT_REDEEMABLE.type not in answer["body"]:
                found.append("a refusal changed something")
            found += _told(world, sent, answer)
            if found:
                report.faults.append(
                    f"seed {seed}, request {n}: {sent.operation.id}: {found}\n  {sent.event!r:.1500}"
                )
            before = after
    report.seconds = time.monotonic() - begun
    return report


def _told(world: World, sent: Sent, answer: Mapping[str, Any]) -> Iterator[str]:
    """What an answer or a line of the log says and must not."""
    said = answer["body"] + world.log.getvalue()
    yield from (f"it tells {one!r}" for one in (*PRIVATE, *world.secrets) if one in said)
    lines = [json.loads(line) for line in world.log.getvalue().splitlines()]
    refused = answer["statusCode"] >= 400
    if wrong := [one for one in lines if refused or one["message"] != "done by hand"]:
        yield f"it is logged: {str(wrong)[-2000:]}"
    if refused and "FILM-1" in said:
        yield "a refusal tells a code"


def main(
    requests: Annotated[int, typer.Option(help="So many.")] = 50_000,
    seed: Annotated[int, typer.Option(help="The same seed, the same requests.")] = 1,
) -> None:
    """Send them, and tell what came back."""
    report = run(requests, seed)
    for fault in report.faults[:20]:
        typer.echo(fault)
    told = ", ".join(f"{count:,} × {status}" for status, count in sorted(report.answers.items()))
    typer.echo(
        f"{requests:,} requests to {len(report.operations)} operations in {report.seconds:.0f} s: {told}"
    )
    typer.echo(f"{len(report.faults)} faults")
    raise typer.Exit(1 if report.faults else 0)


if __name__ == "__main__":
    typer.run(main)
