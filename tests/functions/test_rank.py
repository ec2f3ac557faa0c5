"""Boards are cut as a schedule's call comes, the rest by fresh invocations, and the review waits for them."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from membership import runtime
from membership.services.evaluating import evaluate, read_batch
from membership.store.keys import SHARDS
from tests.functions.conftest import Client, Cloud

PROGRAM = """
id: club
timezone: Asia/Shanghai
window: {kind: calendar_year}
metrics:
  contribution: {points: {share: 1}}
  place: {rank: contribution}
tiers:
  - id: member
  - {id: star, qualify: {place: top 10%}}
"""
EVE = datetime(2026, 11, 30, 4, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)


@dataclass
class Functions:
    """Notes what was handed on, in place of Lambda."""

    handed_on: list[tuple[str, Any]] = field(default_factory=list)

    def invoke(self, **asked: Any) -> None:
        assert asked["InvocationType"] == "Event"
        self.handed_on.append((asked["FunctionName"], json.loads(asked["Payload"])))


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> Functions:
    found = Functions()
    monkeypatch.setattr(runtime, "functions", cache(lambda: found))
    return found


@pytest.fixture
def club(cloud: Cloud, functions: Functions) -> Client:
    """Ten members, of whom m10 has shared most."""
    cloud.now = EVE
    client = Client(cloud, cloud.issue("club"))
    assert client.put("/v1/program", PROGRAM).status == 200
    events = [
        {
            "id": f"e{n}-{m}",
            "type": "activity",
            "member_id": f"m{n}",
            "occurred_at": EVE.isoformat(),
            "data": {"kind": "share"},
        }
        for n in range(1, 11)
        for m in range(n)
    ]
    assert client.post("/v1/events", events).status == 200
    settle(cloud)
    # Of October, before anybody was here.
    assert [cut["members"] for cut in cloud.invoke("rank", {})["cuts"]] == [0]
    return client


def settle(cloud: Cloud) -> None:
    """What the ledger's stream brings to evaluate."""
    facts = [item for item in cloud.dump()["ledger"] if item["sk"]["S"].startswith("fact#")]
    batch = read_batch({"dynamodb": {"NewImage": item}} for item in facts)
    evaluate(batch, runtime.settling(), runtime.ledger(), cloud.now, (), lambda *_: None, workers=1)


def tier(client: Client, member: str) -> str:
    return str(client.get(f"/v1/members/{member}").json["standings"][0]["tier"]["id"])


def test_the_best_member_enters_the_top_tier(cloud: Cloud, club: Client) -> None:
    cloud.now = MIDNIGHT + timedelta(minutes=15)
    assert cloud.invoke("rank", {}) == {"cuts": []}, "till three in the morning the day can be told of"
    cloud.now = MIDNIGHT + timedelta(hours=3, minutes=15)
    [cut] = cloud.invoke("rank", {})["cuts"]
    told = {"program": "club", "metric": "place", "day": "2026-11-30", "members": 10, "told": 1}
    assert cut.items() >= {**told, "least": {"top 10%": 10}}.items()
    settle(cloud)
    assert [tier(club, "m10"), tier(club, "m9")] == ["star", "member"]
    assert cloud.invoke("rank", {}) == {"cuts": []}, "once"
    shown = cloud.invoke("rank", {"program": "club"})["cuts"]
    assert [one["day"] for one in shown] == ["2026-11-30", "2026-10-31"]
    assert shown[0] == cut


def test_what_there_is_no_time_for_is_handed_on(cloud: Cloud, club: Client, functions: Functions) -> None:
    cloud.now = MIDNIGHT + timedelta(hours=4)
    left = iter([61_000, 1_000])
    assert cloud.invoke("rank", {}, lambda: next(left)) == {"cuts": []}
    assert functions.handed_on == [("rank", {"going_on": True})]
    assert cloud.invoke("rank", {}) == {"cuts": []}, "the schedule leaves it to the one that was handed it"
    [cut] = cloud.invoke("rank", functions.handed_on[0][1])["cuts"]
    assert (cut["members"], cut["told"]) == (10, 1)
    assert len(functions.handed_on) == 1


def test_the_review_waits_for_the_board(cloud: Cloud, club: Client) -> None:
    cloud.now = MIDNIGHT
    assert cloud.invoke("review", {})["reviewed"] == {}
    assert cloud.invoke("review", {"program": "club", "as_of": "2026-12-01"})["reviewed"] == {"club": 0}
    cloud.now = MIDNIGHT + timedelta(hours=4)
    cloud.invoke("rank", {})
    assert cloud.invoke("review", {})["reviewed"] == {}, "that day has been reviewed by hand"
    cloud.now += timedelta(days=1)
    assert cloud.invoke("review", {})["reviewed"] == {"club": 0}


def test_a_new_version_is_looked_at_once_and_by_as_many_invocations_as_it_takes(
    cloud: Cloud, club: Client, functions: Functions
) -> None:
    document = PROGRAM.replace("share: 1", "share: 2")
    assert club.put("/v1/program", document).json["version"] == 2
    cloud.later(hours=1)
    left = iter([300_000] * SHARDS)  # enough for the day's review
    told = cloud.invoke("review", {}, lambda: next(left, 19_000))
    assert told == {"reviewed": {"club": 0}, "versions": {}}
    assert functions.handed_on == [("review", {"versions": True})]
    assert cloud.invoke("review", functions.handed_on[0][1]) == {"versions": {"club": 2}}
    assert cloud.invoke("review", {}) == {"reviewed": {}, "versions": {}}
    reviews = [item for item in cloud.dump()["ledger"] if item["sk"]["S"] == "fact#review#v2"]
    assert len(reviews) == 10
    settle(cloud)
    fingerprints = {json.loads(item["body"]["S"])["fingerprint"] for item in members(cloud)}
    assert fingerprints == {runtime.programs().versions("club").numbered(2).fingerprint}


def members(cloud: Cloud) -> list[dict[str, Any]]:
    return [item for item in cloud.dump()["state"] if item["sk"]["S"] == "state"]
