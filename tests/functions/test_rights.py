"""What roles may do to the tables, down to whose items they may touch."""

from tests.functions.conftest import resources, role
from tests.functions.rights import Call, calls


def may(function: str, action: str, resource: str, leading_key: str) -> bool:
    return any(right.covers(Call(action, resource, leading_key)) for right in role(function))


def test_operators_take_nothing_away_but_keys_providers_and_parked_marks() -> None:
    removable = {
        key
        for key in (
            "programs",
            "program#p",
            "key#0",
            "channel#p",
            "delivery#p#1",
            "approval#p#1",
            "member#p#m",
        )
        if may("operate", "DeleteItem", "state", key)
    }
    assert removable == {"key#0", "channel#p", "member#p#m"}


def test_who_only_reads_can_write_nothing() -> None:
    assert {right.action for right in role("members")} == {"GetItem", "Query"}


def test_the_authorizer_sees_keys_only() -> None:
    assert may("authorize", "GetItem", "state", "key#0")
    assert not may("authorize", "GetItem", "state", "member#p#m")


def test_who_dispatches_reads_members_only_where_it_writes_to_them() -> None:
    assert not may("dispatch", "GetItem", "state", "member#p#m")
    for name, condition, beyond in (
        ("TopicPolicy", "HasTopic", {"sns:Publish"}),
        ("MailPolicy", "SendsMails", {"ses:SendEmail", "dynamodb:GetItem"}),
    ):
        policy = resources()[name]
        assert policy["Condition"] == condition
        assert policy["Properties"]["Roles"] == ["DispatchRole"]
        statements = policy["Properties"]["PolicyDocument"]["Statement"]
        assert {statement["Action"] for statement in statements} == beyond
        assert all("*" not in str(statement["Resource"]) for statement in statements)


def test_each_item_of_a_transaction_is_asked_for() -> None:
    member, version = ({"pk": {"S": pk}} for pk in ("member#p#m", "program#p"))
    writes = [
        {"Put": {"TableName": "state", "Item": member}},
        {"ConditionCheck": {"TableName": "state", "Key": version}},
    ]
    assert [*calls("TransactWriteItems", {"TransactItems": writes})] == [
        Call("PutItem", "state", "member#p#m"),
        Call("ConditionCheckItem", "state", "program#p"),
    ]
