"""A member's e-mail address: taken only where it is of use, shown to nobody, gone with the member."""

from typing import Any

import pytest

from membership import runtime
from membership.store.addresses import Addresses
from tests.functions.conftest import Client, Cloud, order


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch, shop: Client) -> None:
    monkeypatch.setenv("EMAIL_SENDER", "club@shop.example")
    runtime.settings.cache_clear()


def address(cloud: Cloud, member: str = "ann") -> str | None:
    return Addresses(cloud.dynamodb, "state")("customer-policy", member)


def profile(email: Any) -> dict[str, Any]:
    return order(type="profile", id=f"p{len(str(email))}", data={"email": email})


def test_a_stack_that_sends_no_mails_takes_no_addresses(cloud: Cloud, shop: Client) -> None:
    before = cloud.dump()
    answer = shop.put("/v1/members/ann", {"email": "ann@home.example"})
    assert (answer.status, answer.problem, answer.pointers) == (422, "invalid", ["/email"])
    told = shop.post("/v1/events", profile("ann@home.example"))
    assert (told.status, told.pointers) == (422, ["/data/email"])
    assert cloud.dump() == before


@pytest.mark.usefixtures("mails")
def test_it_is_kept_for_writing_and_never_answered(cloud: Cloud, shop: Client, operator: Client) -> None:
    answers = [
        shop.put("/v1/members/ann", {"email": "ann@home.example", "birthday": "02-29"}),
        shop.post("/v1/events?wait=true", order(amount="6000.00")),
        shop.get("/v1/members/ann"),
        operator.get("/v1/members/ann"),
        operator.get("/v1/members/ann/history"),
        shop.get("/v1/members/ann/progress"),
    ]
    assert {answer.status for answer in answers} == {200}
    assert not [answer for answer in answers if "home.example" in answer.body]
    assert shop.get("/v1/members/ann").json["attributes"] == {"birthday": "02-29"}
    assert address(cloud) == "ann@home.example"
    cloud.later(seconds=1)
    assert shop.put("/v1/members/ann", {"email": ""}).status == 200
    assert address(cloud) is None, "an empty one takes it away"
    assert operator.delete("/v1/members/ann").status == 204
    assert "home.example" not in repr(cloud.dump())
    assert address(cloud) is None


@pytest.mark.usefixtures("mails")
@pytest.mark.parametrize(
    "wrong",
    [
        "ann",
        "ann@home",
        "ann@home.example, bob@home.example",
        "ann@home.example\r\nBcc: bob@home.example",
        "Ann <ann@home.example>",
        " ann@home.example",
        "ann@home.example\n",
        "ann@home..example",
        "安@home.example",
        f"{'a' * 65}@home.example",
        f"ann@{'a.' * 130}example",
        7,
        None,
    ],
)
def test_one_plain_address_and_nothing_else(cloud: Cloud, shop: Client, wrong: Any) -> None:
    before = cloud.dump()
    answer = shop.put("/v1/members/ann", {"email": wrong})
    assert (answer.status, answer.pointers) == (422, ["/email"])
    assert "home" not in answer.body, "what was sent isn't repeated"
    assert cloud.dump() == before
