"""Settling the members of a batch from the ledger's stream, so that none holds up or loses the others."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, Literal

from membership.errors import MembershipError, NoProgram, NoSuchMember, Unsettleable
from membership.facts import Fact
from membership.services.settling import Settling
from membership.store import items, keys
from membership.store.ledger import Ledger

Batch = Mapping[tuple[str, str], Sequence[Fact]]
"""Program and member → facts, in the order in which the stream brought them."""

Verdict = Literal["settled", "parked", "unfinished"]


class BatchUnfinished(MembershipError):
    """Some members could not be settled now (throttled, contended, no program there); the stream has to try
    again."""


def read_batch(records: Iterable[Mapping[str, Any]]) -> Batch:
    """Records of the ledger's stream, by member."""
    batch: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    for record in records:
        image = record["dynamodb"]["NewImage"]
        batch[keys.owner(image["pk"]["S"])].append(items.read_fact(image))
    return batch


def evaluate(
    batch: Batch,
    settling: Settling,
    ledger: Ledger,
    now: datetime,
    passing: tuple[type[Exception], ...],
    note: Callable[[Verdict, Exception | None], None],
    workers: int = 8,
    forget: Callable[[str, str], None] = lambda *_: None,
) -> None:
    """Settle every member that can be. Raises BatchUnfinished at the end where a retry can mend the rest.

    `passing` are the errors of infrastructure that another attempt may not meet; `note` hears of each member,
    and `forget` of each one that was erased: what is still told of it has to go, too.
    """

    # Facts are only taken for programs that are there: one that is gone is not a member's fault, but the
    # table's. All its members would be parked for one cause; so the batch waits until that is mended.
    mendable: tuple[type[Exception], ...] = (NoProgram, *passing)

    def one(member: tuple[tuple[str, str], Sequence[Fact]]) -> Verdict:
        (program, member_id), facts = member
        try:
            if _is_gone(settling, program, member_id, facts, now):
                forget(program, member_id)
        except Unsettleable as fault:
            return park_or_settle(program, facts, fault)
        except mendable as trouble:
            note("unfinished", trouble)
            return "unfinished"
        note("settled", None)
        return "settled"

    def park_or_settle(program: str, facts: Sequence[Fact], fault: Exception) -> Verdict:
        if len(facts) == 1:
            ledger.park(program, facts[0], repr(fault.__cause__ or fault), now)
            member = ledger.load(program, facts[0].member_id, consistent=True).member
            if member and member.status == "erased":  # meanwhile: nothing may be noted of it
                ledger.unpark(program, member.id)
            note("parked", fault)
            return "parked"
        # One of several is at fault: each by itself, so that the sound ones are settled.
        verdicts = [one(((program, fact.member_id), [fact])) for fact in facts]
        return "unfinished" if "unfinished" in verdicts else "parked"

    with ThreadPoolExecutor(workers) as pool:
        verdicts = list(pool.map(one, batch.items()))
    if unfinished := verdicts.count("unfinished"):
        raise BatchUnfinished(f"{unfinished} of {len(verdicts)} members have to be tried again")


def _is_gone(settling: Settling, program: str, member_id: str, facts: Sequence[Fact], now: datetime) -> bool:
    """Settle the member; answer whether there was nothing to settle, as it was erased."""
    try:
        return settling.settle(program, member_id, facts, now).member.status == "erased"
    except NoSuchMember:
        return True
