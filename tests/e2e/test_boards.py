"""A board on the deployed stack: everybody is counted by the function's own role, and the best is told."""

from datetime import UTC, datetime, timedelta

from membership.facts import Order
from membership.store import items
from tests.e2e.support import Caller, eventually
from tools.deploy import Stack

PROGRAM = """
id: board-house
timezone: Asia/Shanghai
metrics:
  spend: {sum: order.amount}
  place: {rank: spend}
tiers:
  - id: member
  - {id: star, qualify: {place: top 10%}}
"""


def test_the_best_of_ten_enters_the_top_tier(stack: Stack) -> None:
    operator = Caller(stack.base_url, _issue(stack))
    assert operator.send("PUT", "/v1/program", PROGRAM.encode()).status == 200
    # Told long ago: what is told now comes after the end of any board that can be cut now.
    then = datetime.now(UTC) - timedelta(days=40)
    ledger, client = stack.outputs["LedgerTable"], stack.emulator.client("dynamodb")
    for n in range(1, 11):
        order = Order(
            id=f"e{n}", member_id=f"m{n}", order_id=f"o{n}", amount=n, occurred_at=then, recorded_at=then
        )
        client.put_item(TableName=ledger, Item=items.fact_item("board-house", order))
    for n in range(1, 11):
        eventually(lambda n=n: operator.get(f"/v1/members/m{n}").status == 200)
    [cut] = stack.invoke("RankFunction", {"program": "board-house"})["cuts"]
    assert (cut["members"], cut["least"], cut["told"]) == (10, {"top 10%": 10}, 1)

    def tier(member: str) -> str:
        found: str = operator.get(f"/v1/members/{member}").json["standings"][0]["tier"]["id"]
        return found

    eventually(lambda: tier("m10") == "star")
    assert tier("m9") == "member"
    assert stack.invoke("RankFunction", {"program": "board-house"})["cuts"] == [cut], "once"


def test_the_members_of_a_new_version_are_looked_at(stack: Stack) -> None:
    """The schedule's own call: by the review's role, over everybody of every program."""
    operator = Caller(stack.base_url, _issue(stack))
    version = operator.send("PUT", "/v1/program", PROGRAM.replace("10%", "20%").encode()).json["version"]
    told = eventually(lambda: stack.invoke("ReviewFunction", {})["versions"], within=60)
    assert told["board-house"] == version


def _issue(stack: Stack) -> str:
    asked = {"issue_key": {"program": "board-house", "role": "operator", "label": "office"}}
    return str(stack.invoke("OperateFunction", asked)["secret"])
