"""The events that operators send by `sam remote invoke` are taken as they are."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.functions.conftest import Client, Cloud
from tools.demo import program

EVENTS = Path(__file__).parents[2] / "events"


def sample(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text())


@pytest.fixture
def demo(cloud: Cloud) -> Client:
    """The program that the samples are of: what make up and make demo put."""
    wanted = program.document()
    client = Client(cloud, cloud.issue(wanted["id"]))
    assert client.put("/v1/program", wanted).status == 200
    return client


def test_samples_of_ingest_and_members(cloud: Cloud, demo: Client) -> None:
    names = ("ingest/enrol", "ingest/events", "members/program", "members/progress", "members/benefits")
    for name in (*names, "redeem/catalogue", "redeem/redemptions"):
        told = cloud.invoke(name.split("/")[0], sample(name))
        assert told["statusCode"] == 200, (name, told["body"])
    taken = json.loads(cloud.invoke("ingest", sample("ingest/events"))["body"])
    assert [event["status"] for event in taken["data"]] == ["duplicate", "duplicate"]


def test_the_sample_of_authorize_is_nobodys_key(cloud: Cloud) -> None:
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        cloud.invoke("authorize", sample("authorize/bearer"))


def test_samples_of_reconcile(cloud: Cloud, demo: Client) -> None:
    cloud.invoke("ingest", sample("ingest/events"))
    cloud.invoke("rebuild", sample("rebuild/one_member"))
    nothing = {"checked": 1, "different": 0, "differences": []}
    assert cloud.invoke("reconcile", sample("reconcile/one_member")) == nothing
    assert cloud.invoke("reconcile", {}) == nothing
    assert cloud.invoke("reconcile", sample("reconcile/everybody")) == nothing


def test_samples_of_review_rank_and_rebuild(cloud: Cloud, demo: Client) -> None:
    cloud.invoke("ingest", sample("ingest/events"))
    assert set(cloud.invoke("rebuild", sample("rebuild/one_member"))) == {"member", "outcomes"}
    assert cloud.invoke("review", sample("review/one_program_one_day"))["reviewed"] == {"cdnow": 0}
    assert cloud.invoke("rank", sample("rank/one_program_one_day")) == {"cuts": []}
