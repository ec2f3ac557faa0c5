"""The commands of docs/how-to/operate.md do what the page says, as they are written there."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from membership.store import keys
from tests.e2e.support import eventually
from tools import sam
from tools.demo import program
from tools.demo.shop import Shop, open_shop
from tools.deploy import STACK_NAME, Stack

PAGE = sam.ROOT / "docs/how-to/operate.md"
COPIES = {
    "my_day.json": "review/one_program_one_day.json",
    "my_board.json": "rank/one_program_one_day.json",
    "my_member.json": "rebuild/one_member.json",
    "my_roll_back.json": "operate/roll_back.json",
    "my_erased.json": "erase/forget.json",
}
"""What the page has operators make of samples; the samples' own program will do."""
ANSWERS = {
    "Read a log": '"service": "evaluate"',
    "Review a missed day": '{"reviewed": {"cdnow": 0}}',
    "Cut a missed board": '{"cuts": []}',
    "Find parked members": "member#cdnow#parked\tfact\terror",
    "Rebuild a member": '"outcomes": []',
    "Hold members against their ledgers": '"differences": []',
    "Take up what was given up": "rebuilt cdnow m1\npublished 1",
    "Send a delivery again": "back in the queue",
    "Cancel a delivery": '"status":"cancelled"',
    "Revoke a key": '"label":"demo"',
    "Take a version of a program back": '"version": 3, "changed": true',
    "Rotate secrets": '"secret":"whsec_',
    "Erase who left long ago": '"erased": 0',
    "Erase a member again": "{}",
}
"""Heading → a part of what its commands answer."""


def sections() -> dict[str, str]:
    """Heading → its commands. The first block of the page sets the path, which is done here."""
    parts = re.split(r"^## (.+)$", PAGE.read_text(), flags=re.MULTILINE)[1:]
    found = {
        heading: "".join(re.findall(r"^```bash\n(.*?)^```", body, re.DOTALL | re.MULTILINE))
        for heading, body in zip(parts[::2], parts[1::2], strict=True)
    }
    return {heading: commands for heading, commands in found.items() if commands}


@pytest.fixture(scope="module")
def shop(stack: Stack) -> Shop:
    """As make up leaves it, with the member of whom the samples are."""
    shop = open_shop(stack)
    shop.operator.put("/v1/channels/webhook", {"url": "http://127.0.0.1:9/nobody"})
    sample = json.loads((sam.ROOT / "events/ingest/events.json").read_text())
    assert stack.invoke("IngestFunction", sample)["statusCode"] == 200
    changed = program.document() | {"name": {"en": "A mistake"}}
    assert shop.operator.put("/v1/program", changed)["version"] == 2
    return shop


@pytest.fixture
def desk(shop: Shop, tmp_path: Path) -> Path:
    """Where an operator sits: a checkout, and files of their own."""
    (tmp_path / "events").symlink_to(sam.ROOT / "events")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    for name, sample in COPIES.items():
        shutil.copy(sam.ROOT / "events" / sample, tmp_path / name)
    (tmp_path / "last_years_program.yaml").write_text(json.dumps(program.document()))
    sample = json.loads((sam.ROOT / "events/dispatch/reward_granted.json").read_text())
    (tmp_path / "my_dead_letter.json").write_text(sample["Records"][0]["body"])
    return tmp_path


@pytest.fixture
def trouble(shop: Shop) -> Iterator[dict[str, str]]:
    """Something for each command to do: a parked member, batches and a delivery that were given up."""
    stack, sqs = shop.stack, shop.stack.emulator.client("sqs")
    table, parked = stack.emulator.client("dynamodb"), keys.parked("cdnow", "parked")
    told = {"fact": {"S": "fact"}, "error": {"S": "error"}}
    table.put_item(TableName=stack.outputs["StateTable"], Item=parked | told)
    for queue, kind in (("EvaluateFailuresUrl", keys.FACTS), ("PublishFailuresUrl", keys.OUTCOMES)):
        sqs.send_message(QueueUrl=stack.outputs[queue], MessageBody=_given_up(stack, kind))
    sample = (sam.ROOT / "events/dispatch/reward_granted.json").read_text()
    delivery = json.loads(sample.replace("out_0123456789abcdef01234567", f"out_{uuid4().hex[:24]}"))
    body = delivery["Records"][0]["body"]
    sqs.send_message(QueueUrl=stack.outputs["DeliveryDeadLettersUrl"], MessageBody=body)
    stack.invoke("DispatchFunction", delivery)
    [tried] = eventually(lambda: shop.operator.get("/v1/deliveries?status=stuck&limit=1")["data"])
    key = shop.operator.post("/v1/keys", {"role": "storefront", "label": "leaked"})["key"]["key_id"]
    yield {"dlv_…": tried["id"], "key_…": key}
    table.delete_item(TableName=stack.outputs["StateTable"], Key=parked)


def _given_up(stack: Stack, kind: str) -> str:
    """What a stream tells a failure queue, of the first such record of the samples' member."""
    streams, tables = (stack.emulator.client(name) for name in ("dynamodbstreams", "dynamodb"))
    ledger = tables.describe_table(TableName=stack.outputs["LedgerTable"])["Table"]["LatestStreamArn"]
    [shard] = streams.describe_stream(StreamArn=ledger)["StreamDescription"]["Shards"]
    place: dict[str, Any] = {"StreamArn": ledger, "ShardId": shard["ShardId"]}
    iterator = streams.get_shard_iterator(**place, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    while True:
        page = streams.get_records(ShardIterator=iterator)
        for record in page["Records"]:
            key = record["dynamodb"]["Keys"]
            if key["pk"]["S"] == keys.ledger("cdnow", "m1") and key["sk"]["S"].startswith(kind):
                number = record["dynamodb"]["SequenceNumber"]
                batch = {"streamArn": ledger, "shardId": shard["ShardId"]}
                batch |= {"startSequenceNumber": number, "endSequenceNumber": number}
                return json.dumps({"DDBStreamBatchInfo": batch})
        iterator = page["NextShardIterator"]


def test_every_command_of_the_page_is_tried() -> None:
    assert sections().keys() == ANSWERS.keys()


@pytest.mark.parametrize("heading", ANSWERS)
def test_commands_do_what_the_page_says(
    shop: Shop, desk: Path, trouble: dict[str, str], heading: str
) -> None:
    commands = sections()[heading]
    if " dynamodb scan " in commands and shutil.which("aws") is None:
        pytest.skip("the AWS CLI is not here")
    for placeholder, meant in trouble.items():
        commands = commands.replace(placeholder, meant)
    done = subprocess.run(
        ["bash", "-euc", commands],
        cwd=desk,
        env=shop.stack.emulator.environment
        | {
            "PYTHONPATH": f"{sam.ROOT}:{sam.ROOT}/layers/domain",
            "STACK": STACK_NAME,
            "STATE_TABLE": shop.stack.outputs["StateTable"],
            "BASE": shop.stack.base_url,
            "KEY": str(shop.operator.key),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert ANSWERS[heading] in done.stdout
    for refusal in ("urn:tierwise:problem:", "errorType"):
        assert refusal not in done.stdout
