"""Each call on a table is held against the calling function's role in the template.

The emulator refuses what a role's actions and resources don't name, but looks at no leading key.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

WRITES = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
"""The action that each part of a transaction needs."""


@dataclass(frozen=True)
class Call:
    """What IAM asks of one item, or of one list of them."""

    action: str
    resource: str
    leading_key: str


@dataclass(frozen=True)
class Right:
    action: str
    resource: str
    leading_keys: tuple[str, ...] = ("*",)

    def covers(self, call: Call) -> bool:
        return (self.action, self.resource) == (call.action, call.resource) and any(
            fnmatchcase(call.leading_key, key) for key in self.leading_keys
        )


def rights(role: dict[str, Any]) -> list[Right]:
    """What a role may do to the tables, `!GetAtt State.Arn` read as `state`."""
    found = []
    for policy in role["Properties"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            conditions = {
                key: on for test in statement.get("Condition", {}).values() for key, on in test.items()
            }
            leading_keys = conditions.get("dynamodb:LeadingKeys", ["*"])
            resource = str(statement["Resource"]).strip("${").replace(".Arn", "").replace("}", "").lower()
            found += [
                Right(action.removeprefix("dynamodb:"), resource, tuple(leading_keys))
                for action in _each(statement["Action"])
                if action.startswith("dynamodb:")
            ]
    return found


def calls(operation: str, params: dict[str, Any]) -> Iterator[Call]:
    """What one request of a client asks for."""
    if operation == "TransactWriteItems":
        for item in params["TransactItems"]:
            [(kind, write)] = item.items()
            yield Call(WRITES[kind], write["TableName"], _leading_key(write))
    elif "IndexName" in params:
        yield Call(operation, f"{params['TableName']}/index/{params['IndexName']}", "")
    elif operation == "Scan":
        yield Call(operation, params["TableName"], "")
    else:
        yield Call(operation, params["TableName"], _leading_key(params))


def puts(operation: str, params: dict[str, Any]) -> list[dict[str, Any]]:
    """What one request of a client puts."""
    if operation == "TransactWriteItems":
        return [item["Put"] for item in params["TransactItems"] if "Put" in item]
    return [params] if operation == "PutItem" else []


def _leading_key(params: dict[str, Any]) -> str:
    key = params.get("Key") or params.get("Item")
    found = key["pk"] if key else params["ExpressionAttributeValues"][":pk"]
    return str(found["S"])


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
