"""What was given up, taken up again. Run it once the cause is mended; twice is as good as once.

    .venv/bin/python -m tools.redrive facts        batches that evaluate gave up: rebuilds their members
    .venv/bin/python -m tools.redrive outcomes     batches that publish gave up: publishes them
    .venv/bin/python -m tools.redrive deliveries   dead letters: back into the delivery queue

A stream's failure queue holds no records, only where in the stream they are, and a stream forgets after
24 hours. A batch older than that is left in the queue, and this says so.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import ClientError

from membership.store.keys import FACTS, OUTCOMES, owner

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="What was given up, taken up again.",
)
Stack = Annotated[str, typer.Option(help="The stack's name.")]
Record = Mapping[str, Any]
DEFAULT = "tierwise"


class Refused(Exception):
    """A function answered with an error, of a kind."""

    def __init__(self, function: str, payload: str) -> None:
        self.kind = json.loads(payload).get("errorType")
        super().__init__(f"{function}: {payload[:500]}")


class Unfinished(Exception):
    """Some of a batch was taken up, and some was not."""


@dataclass(frozen=True)
class Account:
    """The clients, of whatever account or emulator the environment points to."""

    stack: str
    client: Callable[[str], Any] = lambda service: boto3.client(service)  # type: ignore[call-overload]

    def output(self, key: str) -> str:
        described = self.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"][0]
        return next(
            str(output["OutputValue"]) for output in described["Outputs"] if output["OutputKey"] == key
        )

    def invoke(self, function: str, event: Any) -> None:
        name = self.client("cloudformation").describe_stack_resource(
            StackName=self.stack, LogicalResourceId=function
        )["StackResourceDetail"]["PhysicalResourceId"]
        reply = self.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
        if "FunctionError" in reply:
            raise Refused(function, reply["Payload"].read().decode())

    def waiting(self, queue: str) -> Iterator[dict[str, Any]]:
        """Messages of a queue, each once; whoever takes one deletes it when it is done with."""
        sqs, seen = self.client("sqs"), set[str]()
        while messages := [
            message
            for message in sqs.receive_message(
                QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=300, WaitTimeSeconds=1
            ).get("Messages", ())
            if message["MessageId"] not in seen
        ]:
            seen.update(message["MessageId"] for message in messages)
            yield from messages

    def done(self, queue: str, message: Mapping[str, Any]) -> None:
        self.client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])

    def records(self, batch: Mapping[str, str]) -> list[Record]:
        """The records of a batch that was given up. Raises ClientError where the stream forgot them."""
        streams, found = self.client("dynamodbstreams"), list[Record]()
        iterator = streams.get_shard_iterator(
            StreamArn=batch["streamArn"],
            ShardId=batch["shardId"],
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            SequenceNumber=batch["startSequenceNumber"],
        )["ShardIterator"]
        while iterator:
            page = streams.get_records(ShardIterator=iterator)
            for record in page["Records"]:
                found.append(record)
                if record["dynamodb"]["SequenceNumber"] == batch["endSequenceNumber"]:
                    return found
            iterator = page.get("NextShardIterator")
        return found


def _redrive(account: Account, queue: str, prefix: str, take: Callable[[list[Record]], None]) -> None:
    """Hand the inserted records of each batch to `take`; fails where a batch has to stay."""
    url, kept = account.output(queue), 0
    for message in account.waiting(url):
        batch = json.loads(message["Body"])["DDBStreamBatchInfo"]
        try:
            take([record for record in account.records(batch) if _is_new(record, prefix)])
        except (ClientError, Refused, Unfinished) as trouble:
            kept += 1
            typer.echo(f"left in the queue: {trouble}", err=True)
        else:
            account.done(url, message)
    if kept:
        raise typer.Exit(1)


def _is_new(record: Record, prefix: str) -> bool:
    sk: str = record["dynamodb"]["Keys"]["sk"]["S"]
    return record["eventName"] == "INSERT" and sk.startswith(prefix)


@app.command()
def facts(stack: Stack = DEFAULT) -> None:
    """Rebuild the members of every batch that evaluate gave up; forget what came of who was erased."""
    account = Account(stack)

    def rebuild(records: list[Record]) -> None:
        refused = []
        for program, member_id in sorted({owner(r["dynamodb"]["Keys"]["pk"]["S"]) for r in records}):
            try:
                typer.echo(f"{_rebuilt(account, program, member_id)} {program} {member_id}")
            except Refused as refusal:  # the others are not to wait for this one
                typer.echo(f"refused {program} {member_id}: {refusal}", err=True)
                refused.append(member_id)
        if refused:
            raise Unfinished(f"a batch in which {len(refused)} members were refused")

    _redrive(account, "EvaluateFailuresUrl", FACTS, rebuild)


def _rebuilt(account: Account, program: str, member_id: str) -> str:
    member = {"program": program, "member_id": member_id}
    try:
        account.invoke("RebuildFunction", member)
    except Refused as refused:
        if refused.kind != "NoSuchMember":
            raise
        account.invoke("EraseFunction", {"forget": member})  # it does nothing to who was not erased
        return "forgot"
    return "rebuilt"


@app.command()
def outcomes(stack: Stack = DEFAULT) -> None:
    """Publish every batch that publish gave up."""
    account = Account(stack)

    def publish(records: list[Record]) -> None:
        images = [{"dynamodb": {"NewImage": record["dynamodb"]["NewImage"]}} for record in records]
        account.invoke("PublishFunction", {"Records": images})
        typer.echo(f"published {len(records)}")

    _redrive(account, "PublishFailuresUrl", OUTCOMES, publish)


@app.command()
def deliveries(stack: Stack = DEFAULT) -> None:
    """Put every dead letter back into the delivery queue."""
    for message_id in send_again(Account(stack)):
        typer.echo(f"back in the queue: {message_id}")


def send_again(account: Account) -> Iterator[str]:
    """Each dead letter becomes a new message, of a new id, which nobody looks at: a delivery has its own."""
    dead, queue = account.output("DeliveryDeadLettersUrl"), account.output("DeliveryQueueUrl")
    for message in account.waiting(dead):
        account.client("sqs").send_message(QueueUrl=queue, MessageBody=message["Body"])
        account.done(dead, message)
        yield message["MessageId"]


if __name__ == "__main__":
    app()
