"""Between DynamoDB's attribute values and what the domain knows."""

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING

from membership.facts import Fact, Order, facts
from membership.member.applied import AppliedFacts
from membership.member.state import Member, OrderAccount
from membership.outcomes import Envelope
from membership.store import keys

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, UniversalAttributeValueTypeDef


def fact_item(program: str, fact: Fact) -> "dict[str, UniversalAttributeValueTypeDef]":
    return {
        **keys.fact(program, fact.member_id, fact.key),
        "body": {"S": fact.model_dump_json(exclude_none=True)},
        "digest": {"S": content_digest(fact)},
    }


def read_fact(item: "Mapping[str, AttributeValueTypeDef]") -> Fact:
    return facts.validate_json(item["body"]["S"])


def content_digest(fact: Fact) -> str:
    """Equal for two tellings of one fact: how and when it was sent makes no difference."""
    # Without what is as it is by default: a field that a fact may have some day changes no digest of today.
    told = fact.model_dump_json(exclude={*fact.circumstances}, exclude_defaults=True)
    return sha256(told.encode()).hexdigest()[:32]


def outcome_item(envelope: Envelope, version: int, n: int) -> "dict[str, UniversalAttributeValueTypeDef]":
    return {
        **keys.outcome(envelope.program, envelope.member_id, version, n),
        "body": {"S": envelope.model_dump_json()},
    }


def read_outcome(item: "Mapping[str, AttributeValueTypeDef]") -> Envelope:
    return Envelope.model_validate_json(item["body"]["S"])


def member_item(
    program: str, member: Member, version: int, due: date | None
) -> "dict[str, UniversalAttributeValueTypeDef]":
    """One JSON attribute reads several times faster than many; absent defaults keep it below 1 KB."""
    item: dict[str, UniversalAttributeValueTypeDef] = {
        **keys.member(program, member.id),
        "version": {"N": str(version)},
        "body": {"S": member.model_dump_json(exclude_defaults=True)},
        "applied": {"B": member.applied.pack()},
    }
    if not member.goes_on:
        # For the conditions of others: nobody merges into a member that has gone.
        item["gone"] = {"BOOL": True}
    if due is not None:
        item["due_shard"] = {"S": keys.due_shard(program, keys.shard_of(member.id))}
        item["due"] = {"S": keys.due(due, member.id)}
    return item


def read_member(item: "Mapping[str, AttributeValueTypeDef]") -> tuple[Member, int, date | None]:
    """Member, version, and the due date under which the index has it."""
    member = Member.model_validate_json(item["body"]["S"])
    member.applied = AppliedFacts(bytes(item["applied"]["B"]))
    due = date.fromisoformat(item["due"]["S"].split("#")[0]) if "due" in item else None
    return member, int(item["version"]["N"]), due


def account_item(
    program: str, member_id: str, account: OrderAccount
) -> "dict[str, UniversalAttributeValueTypeDef]":
    assert account.order is not None
    return {
        **keys.order_account(program, member_id, account.order.order_id),
        "refunded": {"N": str(account.refunded)},
    }


def read_account(
    order: "Mapping[str, AttributeValueTypeDef] | None", account: "Mapping[str, AttributeValueTypeDef] | None"
) -> OrderAccount:
    fact = read_fact(order) if order else None
    assert fact is None or isinstance(fact, Order)
    return OrderAccount(fact, int(account["refunded"]["N"]) if account else 0)
