"""Watches every write, and holds each against the oracle at the moment at which it happens.

What the engine was told is only taken for the order in which facts were settled. What comes of it is the
oracle's own, from its own list of facts.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from membership.facts import Fact
from membership.member.account import Account
from membership.outcomes import Envelope
from membership.store import items, keys
from tests.domain.told_twice import as_told
from tests.oracle import Oracle, Told

if TYPE_CHECKING:
    from tests.simulation.world import World

AN_HOUR = timedelta(hours=1)
Who = tuple[str, str]
"""Program and member."""


class Violation(BaseException):
    """An invariant doesn't hold; `law` is its name. No handler may take it for an error of its own."""

    def __init__(self, law: str, message: str) -> None:
        self.law = law
        super().__init__(f"{law}: {message}")


@dataclass(frozen=True)
class Intent:
    """What a process is about to commit for a member."""

    member: str
    facts: tuple[Fact, ...]
    orders: tuple[Fact, ...]
    """That refunds among the facts are of."""
    now: Any
    gone: frozenset[str]
    together: bool
    """Whether from the whole ledger."""


@dataclass
class Watch:
    world: "World"
    facts: dict[Who, dict[str, Fact]] = field(default_factory=dict)
    """What the ledger took, in the order in which it did."""
    outcomes: dict[Who, list[Envelope]] = field(default_factory=dict)
    told: dict[str, Envelope] = field(default_factory=dict)
    """Every outcome that was ever committed, by its id."""
    oracles: dict[Who, Oracle] = field(default_factory=dict)
    erased: set[Who] = field(default_factory=set)
    answers: set[tuple[str, str, bool]] = field(default_factory=set)
    """Program and redemption that was answered, and whether it was to be cancelled."""
    sold: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Program and reward → how many, of those that are counted."""
    codes: set[tuple[str, str]] = field(default_factory=set)
    """That were given."""
    commits: int = 0
    _written: dict[Who, datetime] = field(default_factory=dict)
    _changes: list[tuple[str, Any, Any, Any]] = field(default_factory=list)

    # ── What is heard ─────────────────────────────────────────────────────────────────────────────

    def intends(self, pure: Callable[..., Any], told: tuple[Any, ...], *, together: bool) -> Any:
        if together:
            versions, member, facts, outcomes, refunded, now, gone, *more = told
            facts = tuple(facts)
            intent = Intent(member, facts, (), now, frozenset(gone), together=True)
            done = pure(versions, member, facts, outcomes, refunded, now, gone, *more)
        else:
            versions, member, facts, accounts, now, gone, *more = told
            facts = tuple(facts)
            orders = tuple(one.order for one in accounts.values() if one.order)
            intent = Intent(member.id, facts, orders, now, frozenset(gone), together=False)
            done = pure(versions, member, facts, accounts, now, gone, *more)
        self.world.process.made["intent"] = intent
        return done

    def changed(self, table: str, key: Any, old: Any, new: Any) -> None:
        """Before all of a transaction is there: so it is looked at when the call is done."""
        self._changes.append((table, key, old, new))

    def parked(self) -> None:
        raise Violation("I1", "a member was parked: the domain failed on its facts")

    def troubled(self, error: BaseException | None) -> None:
        """Something that a caller was told to be a fault of ours."""
        if not self.world.excused(error):
            raise Violation("I12", f"answered 500: {error!r}") from error

    def look(self) -> None:
        """At what the last call has changed."""
        if not self._changes:
            return
        changes, self._changes = self._changes, []
        members = []
        for table, key, old, new in changes:
            self.world.note(f"    {table} {key[0]} {key[1]}" + ("" if new else " deleted"), new)
            pk, sk = key
            if table == "ledger":
                self._ledger(pk, sk, old, new)
            elif pk == keys.PROGRAMS and new.get("reviewed") != (old or {}).get("reviewed"):
                self._reviewed(new["program"]["S"], date.fromisoformat(new["reviewed"]["S"]))
            elif sk == keys.MEMBER and new:
                self._written[keys.program_of(pk), pk.split("#")[2]] = self.world.now
                members.append((keys.program_of(pk), pk.split("#")[2], new))
        fresh = [
            new for table, (_, sk), old, new in changes if table == "ledger" and sk.startswith(keys.OUTCOMES)
        ]
        for program, member, new in members:
            told = [items.read_outcome(one) for one in fresh if one]
            self._member((program, member), new, told)

    def _ledger(self, pk: str, sk: str, old: Any, new: Any) -> None:
        who = keys.owner(pk)
        if new is None:
            if self.world.process.function != "erase":
                raise Violation("I2", f"{pk} {sk} was deleted from the ledger")
            self.facts.get(who, {}).pop(sk.removeprefix(keys.FACTS), None)
            return
        if old is not None:
            raise Violation("I2", f"{pk} {sk} was written over in the ledger")
        if sk.startswith(keys.FACTS):
            fact = items.read_fact(new)
            self.facts.setdefault(who, {})[fact.key] = fact
        self.world.streamed(new)

    def _reviewed(self, program: str, day: date) -> None:
        """I7: whoever was due, since before the review began, has been reminded."""
        for who, at in self._written.items():
            item = self.world.table.tables["state"].get((keys.member(*who)["pk"]["S"], keys.MEMBER))
            due = item["due"]["S"][:10] if item and "due" in item else "never"
            was_due = who[0] == program and due <= day.isoformat() and at < self.world.now - AN_HOUR
            if was_due and f"review#{day}" not in self.facts.get(who, {}):
                raise Violation("I7", f"{day} is noted as reviewed, but {who} was not reminded")

    # ── What is held against it ───────────────────────────────────────────────────────────────────

    def oracle(self, who: Who) -> Oracle:
        if who not in self.oracles:
            self.oracles[who] = Oracle(who[1], self.world.rules[who[0]])
        return self.oracles[who]

    def _member(self, who: Who, item: Any, envelopes: list[Envelope]) -> None:
        self.commits += 1
        process = self.world.process
        if process.function == "erase":
            self.erased.add(who)
            self.outcomes.pop(who, None)
            return
        if who in self.erased:
            raise Violation("I11", f"{who} came back after it was erased")
        intent: Intent | None = process.made.pop("intent", None)
        if intent is None or intent.member != who[1]:
            raise Violation("I1", f"{who} was written by {process.function} without settling it")
        self.outcomes.setdefault(who, []).extend(envelopes)
        self.told |= {envelope.id: envelope for envelope in envelopes}
        oracle = self.oracle(who)
        expected = self._expected(who, oracle, intent)
        self._bought(who, item, envelopes)
        found = [told for one in envelopes if not self._of_points(who, one) and (told := as_told(one))]
        if found != expected:
            facts = [fact.key for fact in intent.facts]
            raise Violation("oracle", f"{who} settled {facts}: decided {found}, but the rules say {expected}")
        for envelope in envelopes:
            if envelope.type == "approval.requested":
                oracle.unnamed.pop(0).id = envelope.data["approval"]

    def _of_points(self, who: Who, envelope: Envelope) -> bool:
        """Whether it is an answer to what nobody is moved by between tiers."""
        fact: Any = self.facts[who].get(envelope.data.get("fact", ""))
        kind = fact.action.type if fact and fact.type == "act" else fact and fact.type
        return envelope.type == "fact.ignored" and kind in ("adjust_points", "redemption_cancelled")

    def _bought(self, who: Who, item: Any, envelopes: list[Envelope]) -> None:
        """Nobody spends what isn't there, nothing is sold twice, and each request is answered once."""
        if any(one.type.startswith(("reward.redeemed", "points.")) for one in envelopes):
            told = json.loads(item["body"]["S"])
            account = Account.model_validate(told.get("points", {}))
            kept = told.get("status") in ("trial", "active")
            if account.debt < 0 or (kept and any(amount < 0 for amount in account.lots.values())):
                raise Violation("points", f"{who} has less than nothing: {account}")
        for one in envelopes:
            data, program = one.data, who[0]
            if one.type in ("reward.redeemed", "redemption.refused", "redemption.cancelled"):
                answer = (program, data["redemption"], one.type == "redemption.cancelled")
                if answer in self.answers:
                    raise Violation("I8", f"{who}: {one.type} {data['redemption']} for the second time")
                self.answers.add(answer)
            if one.type == "reward.redeemed":
                reward = (program, data["reward"])
                self.sold[reward] += "stock" in data
                if self.sold[reward] > data.get("stock", self.sold[reward]):
                    raise Violation("I8", f"{reward} was sold {self.sold[reward]} times")
                if "code" in data and (program, data["code"]) in self.codes:
                    raise Violation("I8", f"{who}: the code {data['code']} was given before")
                self.codes.add((program, data.get("code", "")))
            if one.type == "redemption.cancelled":
                self.sold[program, data["reward"]] -= data["stocked"]

    def _expected(self, who: Who, oracle: Oracle, intent: Intent) -> list[Told]:
        if intent.together:
            others = {
                member: one.onward[-1]
                for (program, member), one in self.oracles.items()
                if program == who[0] and one.onward
            }
            last = max(intent.facts, key=lambda fact: (fact.recorded_at, fact.key))
            return oracle.tell_together(intent.facts, last, intent.now, others, intent.gone)
        before = [order for order in intent.orders if order.key not in oracle.seen]
        expected: list[Told] = []
        for fact in (*before, *(fact for fact in intent.facts if fact not in before)):
            expected += oracle.tell(fact, intent.now, intent.gone)
        return expected
