"""Ledger, programs and keys in memory. They answer as the tables do: tests/store/ holds both to it."""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import date, datetime
from threading import RLock
from typing import Any
from zlib import crc32

from membership.errors import NoProgram, NotFound, Unsettleable
from membership.facts import Fact, facts
from membership.member.applied import AppliedFacts
from membership.member.redemption import Shelf
from membership.member.state import Member, OrderAccount
from membership.outcomes import (
    ApprovalDecided,
    ApprovalRequested,
    ApprovalWithdrawn,
    Envelope,
    Outcome,
    RedemptionCancelled,
    RewardRedeemed,
)
from membership.program.schema import Program, Versions
from membership.settle import Settled
from membership.store.access import ApiKey, Caller, Role
from membership.store.approvals import Question, Status
from membership.store.ledger import Appended, Outsold, Overtaken, Page, Stored
from membership.store.programs import Signature
from membership.store.shelves import Counted, Uploaded, digest_of

SHARDS = 16


class MemoryLedger:
    """Keeps what the tables keep, as JSON, so that what doesn't survive it fails here too."""

    def __init__(self) -> None:
        self._facts: dict[tuple[str, str], dict[str, str]] = {}
        """Program and member → fact's key → fact."""
        self._outcomes: dict[tuple[str, str], dict[tuple[int, int], str]] = {}
        """Program and member → version and place → envelope."""
        self._members: dict[tuple[str, str], tuple[str, bytes, int, date | None]] = {}
        self._refunded: dict[tuple[str, str], dict[str, int]] = {}
        self._parked: dict[tuple[str, str], dict[str, str]] = {}
        self._questions: dict[tuple[str, str], Question] = {}
        self._lock = RLock()
        self.shelves = MemoryShelves(self._lock)

    def append(self, program: str, fact: Fact) -> Appended:
        with self._lock:
            member = self._facts.setdefault((program, fact.member_id), {})
            if fact.key not in member:
                member[fact.key] = fact.model_dump_json(exclude_none=True)
                return Appended("accepted", fact)
            known = facts.validate_json(member[fact.key])
            return Appended("duplicate" if _told(known) == _told(fact) else "conflict", known)

    def fact(self, program: str, member_id: str, fact_key: str) -> Fact | None:
        body = self._facts.get((program, member_id), {}).get(fact_key)
        return facts.validate_json(body) if body else None

    def load(self, program: str, member_id: str, *, consistent: bool = False) -> Stored:
        with self._lock:
            if (program, member_id) not in self._members:
                return Stored(None)
            body, applied, version, due = self._members[program, member_id]
            member = Member.model_validate_json(body)
            member.applied = AppliedFacts(applied)
            return Stored(member, version, due)

    def damage(self, program: str, member_id: str, change: Callable[[Stored], Stored]) -> None:
        """Change a member as no function would: a fault of ours, or somebody at the table."""
        stored = change(self.load(program, member_id))
        assert stored.member
        body = stored.member.model_dump_json(exclude_defaults=True)
        self._members[program, member_id] = (body, stored.member.applied.pack(), stored.version, stored.due)

    def lose_outcomes(self, program: str, member_id: str) -> None:
        self._outcomes.pop((program, member_id))

    def everybody(self) -> list[tuple[str, str]]:
        """Program and id of every member."""
        with self._lock:
            return sorted(self._members)

    def known(self, program: str, member_ids: Sequence[str]) -> set[str]:
        return {member_id for member_id in member_ids if (program, member_id) in self._members}

    def accounts(
        self, program: str, member_ids: Sequence[str], order_ids: Sequence[str]
    ) -> dict[str, OrderAccount]:
        with self._lock:
            refunded = self.refunded_orders(program, member_ids)
            found = {}
            for order_id in order_ids:
                orders = (self._facts.get((program, one), {}).get(f"order#{order_id}") for one in member_ids)
                body = next((body for body in orders if body), None)
                order: Any = facts.validate_json(body) if body else None
                found[order_id] = OrderAccount(order, refunded.get(order_id, 0))
            return found

    def commit(self, program: str, stored: Stored, settled: Settled) -> list[Envelope]:
        member, version = settled.member, stored.next_version
        place = (program, member.id)
        envelopes = [
            Envelope.seal(program, member.id, f"{version}#{n}", outcome)
            for n, outcome in enumerate(settled.outcomes)
        ]
        for fact in settled.forwarded:
            self.append(program, fact)
        if 1 + settled.writes + bool(settled.merges_into) > 100:
            raise Unsettleable("a transaction takes 100 items")
        with self._lock:
            before = self._members.get(place)
            outcomes = self._outcomes.setdefault(place, {})
            written = (before[2] if before else None) != (stored.version if stored.member else None)
            if written or any((version, n) in outcomes for n in range(len(envelopes))):
                raise Overtaken(f"{program}: a member moved on from version {stored.version}")
            if settled.merges_into:
                into = self.load(program, settled.merges_into).member
                if into is None or not into.goes_on:
                    raise Overtaken(f"{program}: a member to merge into went away")
            self.shelves.take(program, settled.outcomes)
            due = settled.due
            if not settled.due_is_exact:
                due = min((day for day in (stored.due, settled.due) if day), default=None)
            body = member.model_dump_json(exclude_defaults=True)
            self._members[place] = (body, member.applied.pack(), version, due)
            outcomes.update(
                {(version, n): envelope.model_dump_json() for n, envelope in enumerate(envelopes)}
            )
            for order_id, account in settled.accounts.items():
                self._refunded.setdefault(place, {})[order_id] = account.refunded
            for fact in settled.onward:
                self.append(program, fact)
            self._list(program, member.id, [*settled.questions, *settled.outcomes])
        return envelopes

    def _list(self, program: str, member_id: str, outcomes: Sequence[Outcome]) -> None:
        for one in outcomes:
            match one:
                case ApprovalRequested():
                    self._questions[program, one.approval] = Question(
                        one.approval, member_id, "open", one.at, one
                    )
                case ApprovalDecided():
                    known = self._questions[program, one.approval]
                    status: Any = "approved" if one.verdict == "approve" else "declined"
                    self._questions[program, one.approval] = known._replace(status=status, answer=one)
                case ApprovalWithdrawn():
                    known = self._questions[program, one.approval]
                    self._questions[program, one.approval] = known._replace(status="withdrawn")

    @property
    def approvals(self) -> "MemoryApprovals":
        return MemoryApprovals(self._questions)

    def facts(self, program: str, member_id: str) -> Iterator[Fact]:
        bodies = sorted(self._facts.get((program, member_id), {}).items())
        return iter([facts.validate_json(body) for _, body in bodies])

    def outcomes(self, program: str, member_id: str) -> Iterator[Envelope]:
        return iter([envelope for _, envelope in self._in_order(program, member_id)])

    def newest(self, program: str, member_id: str) -> Iterator[Envelope]:
        return iter([envelope for _, envelope in self._in_order(program, member_id)[::-1]])

    def last_version(self, program: str, member_id: str) -> int:
        return max((version for version, _ in self._outcomes.get((program, member_id), {})), default=0)

    def history(
        self, program: str, member_id: str, before: str | None, limit: int
    ) -> list[tuple[str, Envelope]]:
        newest = [
            (f"outcome#{version:012d}#{n:03d}", envelope)
            for (version, n), envelope in self._in_order(program, member_id)[::-1]
        ]
        return [(place, envelope) for place, envelope in newest if not before or place < before][:limit]

    def due(self, program: str, shard: int, through: date, after: str | None, limit: int) -> Page[str]:
        with self._lock:
            waiting = sorted(
                (due.isoformat(), member_id)
                for (of, member_id), (_, _, _, due) in self._members.items()
                if of == program and due and due <= through and crc32(member_id.encode()) % SHARDS == shard
            )
        start = bisect_right(waiting, tuple(json.loads(after))) if after else 0
        page = waiting[start : start + limit]
        more = len(waiting) > start + limit
        return Page([member_id for _, member_id in page], json.dumps(page[-1]) if more else None)

    def refunded_orders(self, program: str, member_ids: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for member_id in reversed(member_ids):
            found |= self._refunded.get((program, member_id), {})
        return found

    def park(self, program: str, fact: Fact, error: str, at: datetime) -> None:
        self._parked[program, fact.member_id] = {"fact": fact.key, "error": error, "at": at.isoformat()}

    def is_parked(self, program: str, member_id: str) -> bool:
        return (program, member_id) in self._parked

    def unpark(self, program: str, member_id: str) -> None:
        self._parked.pop((program, member_id), None)

    def lose_member(self, program: str, member_id: str) -> None:
        """A disaster: the member's items in the state table are gone, the ledger is not."""
        self._members.pop((program, member_id))
        self._refunded.pop((program, member_id), None)

    def backup(self) -> Any:
        """The state table as it is now; the ledger goes on."""
        return deepcopy((self._members, self._refunded))

    def restore(self, backup: Any) -> None:
        """Another disaster: the state table is that of the backup again."""
        self._members, self._refunded = deepcopy(backup)

    def _in_order(self, program: str, member_id: str) -> list[tuple[tuple[int, int], Envelope]]:
        with self._lock:
            stored = sorted(self._outcomes.get((program, member_id), {}).items())
        return [(place, Envelope.model_validate_json(body)) for place, body in stored]


def _told(fact: Fact) -> str:
    return fact.model_dump_json(exclude={*fact.circumstances})


class MemoryShelves:
    """Counters and codes, changed with the ledger's commits only."""

    def __init__(self, lock: Any) -> None:
        self._lock = lock
        self._counted: dict[tuple[str, str], Counted] = {}
        self._codes: dict[tuple[str, str], dict[str, str | None]] = {}
        """Program and reward → digest → code; None for one that was given."""

    def all(self, program: str) -> dict[str, Counted]:
        return {reward: counted for (of, reward), counted in self._counted.items() if of == program}

    def look(self, program: str, wanted: Mapping[str, int], start: str) -> dict[str, Shelf]:
        with self._lock:
            found = {}
            for reward, most in wanted.items():
                free = self._codes.get((program, reward), {})
                ahead = [free[digest] for digest in sorted(free) if digest >= digest_of(start)]
                behind = [free[digest] for digest in sorted(free) if digest < digest_of(start)]
                codes = tuple(code for code in (*ahead, *behind) if code is not None)[:most]
                found[reward] = Shelf(self._counted.get((program, reward), Counted()).sold, codes)
            return found

    def upload(self, program: str, reward: str, codes: Sequence[str]) -> Uploaded:
        with self._lock:
            known = self._codes.setdefault((program, reward), {})
            fresh = {digest_of(code): code for code in codes if digest_of(code) not in known}
            known |= fresh
            counted = self._count(program, reward, 0, len(fresh))
            return Uploaded(len(fresh), len(codes) - len(fresh), counted.codes)

    def take(self, program: str, outcomes: Sequence[Outcome]) -> None:
        """All of it, or nothing where there is less than that."""
        sold, given = Counter[str](), []
        for one in outcomes:
            match one:
                case RewardRedeemed():
                    sold[one.reward] += one.stock is not None
                    room = (
                        one.stock is None or self._sold(program, one.reward) + sold[one.reward] <= one.stock
                    )
                    code = self._codes.get((program, one.reward), {}).get(digest_of(one.code or ""))
                    if not room or (one.uploaded and code is None):
                        raise Outsold(f"{program}: others were first at a shelf")
                    given += [one] if one.uploaded else []
                case RedemptionCancelled():
                    sold[one.reward] -= one.stocked
        for redeemed in given:
            assert redeemed.code is not None
            self._codes[program, redeemed.reward][digest_of(redeemed.code)] = None
            self._count(program, redeemed.reward, 0, -1)
        for reward, more in sold.items():
            if more:
                self._count(program, reward, more, 0)

    def _sold(self, program: str, reward: str) -> int:
        return self._counted.get((program, reward), Counted()).sold

    def _count(self, program: str, reward: str, sold: int, codes: int) -> Counted:
        known = self._counted.get((program, reward), Counted())
        counted = Counted(known.sold + sold, known.codes + codes)
        self._counted[program, reward] = counted
        return counted


class MemoryApprovals:
    """The operators' list, as the ledger's commits have left it."""

    def __init__(self, questions: dict[tuple[str, str], Question]) -> None:
        self._questions = questions

    def get(self, program: str, approval_id: str) -> Question:
        if (program, approval_id) not in self._questions:
            raise NotFound("there is no such approval")
        return self._questions[program, approval_id]

    def page(
        self, program: str, status: Status, limit: int, after: str | None
    ) -> tuple[list[Question], str | None]:
        found = sorted(
            (one for (of, _), one in self._questions.items() if of == program and one.status == status),
            key=lambda one: one.place,
        )
        found = [one for one in found if after is None or one.place > after]
        return found[:limit], found[limit - 1].place if len(found) > limit else None


class MemoryPrograms:
    """Without the table's cache: a new version is seen at once."""

    def __init__(self) -> None:
        self._versions: dict[str, dict[int, str]] = {}
        self._reviewed: dict[str, date | None] = {}
        self._looked_through: dict[str, int] = {}
        self._signatures: dict[str, dict[int, Signature]] = {}

    def versions(self, program: str) -> Versions:
        if program not in self._versions:
            raise NoProgram(f"there is no program {program!r} yet")
        return Versions(
            {number: Program.model_validate_json(body) for number, body in self._versions[program].items()}
        )

    def signatures(self, program: str) -> dict[int, Signature]:
        return dict(self._signatures.get(program, {}))

    def put(self, program: Program, number: int, signed: Signature | None = None) -> bool:
        body = program.model_dump_json(exclude_unset=True)
        Program.model_validate_json(body)
        versions = self._versions.setdefault(program.id, {})
        if number in versions:
            return False
        versions[number] = body
        if signed:
            self._signatures.setdefault(program.id, {})[number] = signed
        self._reviewed.setdefault(program.id, None)
        return True

    def reviewed(self) -> dict[str, date | None]:
        return dict(self._reviewed)

    def mark_reviewed(self, program: str, day: date) -> None:
        before = self._reviewed.get(program)
        self._reviewed[program] = max(before, day) if before else day

    def looked_through(self) -> dict[str, int | None]:
        return {program: self._looked_through.get(program) for program in self._reviewed}

    def mark_looked_through(self, program: str, number: int) -> None:
        self._looked_through[program] = number


class MemoryAccess:
    """Keys by their secrets, which a real table would never hold."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, str], tuple[ApiKey, str]] = {}

    def issue(
        self, program: str, role: Role, label: str, at: datetime, random: Callable[[int], str]
    ) -> tuple[ApiKey, str]:
        key, secret = ApiKey(f"key_{random(9)}", role, label, at.isoformat()), f"tw_{random(32)}"
        self._keys[program, key.key_id] = (key, secret)
        return key, secret

    def caller(self, secret: str) -> Caller | None:
        for (program, key_id), (key, known) in self._keys.items():
            if known == secret and key.revoked_at is None:
                return Caller(program, key.role, key_id)
        return None

    def list(self, program: str) -> list[ApiKey]:
        return [key for (of, _), (key, _) in sorted(self._keys.items()) if of == program]

    def revoke(self, program: str, key_id: str, at: datetime) -> None:
        if (program, key_id) not in self._keys:
            raise NotFound(f"there is no key {key_id!r}")
        key, secret = self._keys[program, key_id]
        if key.revoked_at is None:
            self._keys[program, key_id] = (key._replace(revoked_at=at.isoformat()), secret)
