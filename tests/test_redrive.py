"""What was given up is taken up again, on stand-ins for the services that hold it."""

import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer import Exit
from typer.testing import CliRunner

from tools import redrive


class Services:
    """Of an account: queues, functions, and a stream of ten records that has forgotten the first two."""

    def __init__(self) -> None:
        self.queues: dict[str, list[str]] = {"facts": [], "outcomes": [], "dead": [], "queue": []}
        self.invoked: list[tuple[str, Any]] = []
        self.failing = False
        self.erased: set[str] = set()

    def client(self, service: str) -> Any:
        return self

    def describe_stacks(self, StackName: str) -> Any:  # noqa: N803 (AWS's own words)
        names = {
            "EvaluateFailuresUrl": "facts",
            "PublishFailuresUrl": "outcomes",
            "DeliveryDeadLettersUrl": "dead",
            "DeliveryQueueUrl": "queue",
        }
        return {"Stacks": [{"Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in names.items()]}]}

    def describe_stack_resource(self, StackName: str, LogicalResourceId: str) -> Any:  # noqa: N803
        return {"StackResourceDetail": {"PhysicalResourceId": LogicalResourceId}}

    def invoke(self, FunctionName: str, Payload: str) -> Any:  # noqa: N803
        self.invoked.append((FunctionName, asked := json.loads(Payload)))
        if FunctionName == "RebuildFunction" and asked["member_id"] in self.erased:
            return {"Payload": io.BytesIO(b'{"errorType": "NoSuchMember"}'), "FunctionError": "Unhandled"}
        return {"Payload": io.BytesIO(b"{}")} | ({"FunctionError": "Unhandled"} if self.failing else {})

    def receive_message(self, QueueUrl: str, **_: Any) -> Any:  # noqa: N803
        held = self.queues[QueueUrl]
        return {"Messages": [{"MessageId": body, "ReceiptHandle": body, "Body": body} for body in held]}

    def delete_message(self, QueueUrl: str, ReceiptHandle: str) -> None:  # noqa: N803
        self.queues[QueueUrl].remove(ReceiptHandle)

    def send_message(self, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803
        self.queues[QueueUrl].append(MessageBody)

    def get_shard_iterator(self, SequenceNumber: str, **_: Any) -> Any:  # noqa: N803
        if int(SequenceNumber) < 2:
            raise ClientError({"Error": {"Code": "TrimmedDataAccessException"}}, "GetShardIterator")
        return {"ShardIterator": SequenceNumber}

    def get_records(self, ShardIterator: str) -> Any:  # noqa: N803
        first = int(ShardIterator)
        records = [record(n) for n in range(first, min(first + 3, 10))]
        return {"Records": records, "NextShardIterator": str(first + 3)}


def record(n: int) -> dict[str, Any]:
    """Facts and outcomes in turn, of two members; a changed item now and then."""
    sk = f"fact#order#{n}" if n % 2 else f"outcome#{n:012d}#000"
    keys = {"pk": {"S": f"club#m{n % 4 // 2}"}, "sk": {"S": sk}}
    event = "MODIFY" if n == 7 else "INSERT"
    return {"eventName": event, "dynamodb": {"SequenceNumber": str(n), "Keys": keys, "NewImage": keys}}


def batch(start: int, end: int) -> str:
    return json.dumps(
        {
            "DDBStreamBatchInfo": {
                "streamArn": "arn",
                "shardId": "shard",
                "startSequenceNumber": str(start),
                "endSequenceNumber": str(end),
            }
        }
    )


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    services = Services()
    monkeypatch.setattr(redrive.boto3, "client", services.client)
    return services


def run(command: str) -> int:
    return CliRunner().invoke(redrive.app, [command], catch_exceptions=False).exit_code


def test_members_of_a_batch_are_rebuilt_once_each(services: Services) -> None:
    services.queues["facts"] = [batch(2, 9)]
    assert run("facts") == 0
    assert services.invoked == [
        ("RebuildFunction", {"program": "club", "member_id": member}) for member in ("m0", "m1")
    ]
    assert services.queues["facts"] == []


def test_of_who_was_erased_meanwhile_it_is_forgotten_and_the_others_are_rebuilt(services: Services) -> None:
    services.queues["facts"] = [batch(2, 9)]
    services.erased = {"m0"}
    assert run("facts") == 0
    assert services.invoked == [
        ("RebuildFunction", {"program": "club", "member_id": "m0"}),
        ("EraseFunction", {"forget": {"program": "club", "member_id": "m0"}}),
        ("RebuildFunction", {"program": "club", "member_id": "m1"}),
    ]
    assert services.queues["facts"] == []


def test_outcomes_of_a_batch_are_published_and_nothing_else(services: Services) -> None:
    services.queues["outcomes"] = [batch(3, 6)]
    assert run("outcomes") == 0
    [(function, event)] = services.invoked
    assert function == "PublishFunction"
    assert [r["dynamodb"]["NewImage"]["sk"]["S"] for r in event["Records"]] == [
        "outcome#000000000004#000",
        "outcome#000000000006#000",
    ]


def test_what_the_stream_forgot_stays_and_is_told(services: Services) -> None:
    services.queues["facts"] = [batch(0, 3), batch(4, 5)]
    assert run("facts") == 1
    assert services.queues["facts"] == [batch(0, 3)]


def test_a_batch_stays_where_its_function_fails(services: Services) -> None:
    services.queues["facts"], services.failing = [batch(4, 5)], True
    assert run("facts") == 1
    assert services.queues["facts"] == [batch(4, 5)]


def test_each_member_that_was_refused_is_told(services: Services, capsys: pytest.CaptureFixture[str]) -> None:
    services.queues["facts"], services.failing = [batch(2, 9)], True
    with pytest.raises(Exit):
        redrive.facts()
    told = capsys.readouterr().err
    assert "refused club m0: " in told
    assert "refused club m1: " in told
    assert services.queues["facts"] == [batch(2, 9)]


def test_dead_letters_go_back(services: Services) -> None:
    services.queues["dead"] = ["one", "two"]
    assert run("deliveries") == 0
    assert (services.queues["dead"], services.queues["queue"]) == ([], ["one", "two"])
