"""Steps around points: rewards of the catalogue, points given and taken, deliveries that are called back."""

import json
from typing import Any

from tests.simulation.beside import CATALOGUE, UPLOADED
from tests.simulation.steps import acquaintance, ask, some_shop, step, told
from tests.simulation.watch import Violation
from tests.simulation.world import Shop, World


@step(10, sudden=True)
def redeem(world: World) -> None:
    """A reward; now and then as it was asked for before, which has to be answered as it was then."""
    shop, random = some_shop(world), world.random
    if shop.asked and random.random() < 0.25:
        member, request = random.choice(shop.asked[-9:])
    else:
        reward = random.choice(CATALOGUE)["id"]
        member, request = acquaintance(world, shop), {"id": f"r{random.getrandbits(48):x}", "reward": reward}
        shop.asked.append((member, request))
    answer = ask(
        world,
        shop,
        {
            "function": "redeem",
            "route": "POST /v1/members/{member_id}/redemptions",
            "body": json.dumps(request),
            "role": "storefront",
            "member_id": member,
        },
    )
    if answer and (status := answer[0]) in (200, 409):
        check_answer(shop, member, request["id"], status, json.loads(answer[1]))


def check_answer(shop: Shop, member: str, redemption: str, status: int, answer: dict[str, Any]) -> None:
    if status == 200 and answer["spendable"] < 0:
        raise Violation("points", f"{member} has {answer['spendable']} to spend")
    found = answer["redemption"] if status == 200 else {}
    here = (answer.get("reason"), found.get("reward"), found.get("points"), found.get("code"))
    if shop.answered.setdefault((member, redemption), here) != here:
        known = shop.answered[member, redemption]
        raise Violation("I2", f"{redemption} of {member} was answered {known}, and then {here}")


@step(5, sudden=True)
def cancel_redemption(world: World) -> None:
    shop = some_shop(world)
    if shop.asked:
        bought = [one for one in shop.asked if shop.answered.get((one[0], one[1]["id"]), [1])[0] is None]
        member, request = world.random.choice((bought or shop.asked)[-9:])
        ask(
            world,
            shop,
            {
                "function": "redeem",
                "route": "POST /v1/members/{member_id}/redemptions/{redemption_id}/cancel",
                "body": json.dumps(told(world)),
                "member_id": member,
                "redemption_id": request["id"],
            },
        )


@step(5, sudden=True)
def fill_shelf(world: World) -> None:
    """Codes, some of which were there before."""
    shop, random = some_shop(world), world.random
    reward = random.choice(UPLOADED)
    codes = [f"{reward}-{n}" for n in random.sample(range(9), random.choice([1, 2, 4]))]
    ask(
        world,
        shop,
        {
            "function": "redeem",
            "route": "PUT /v1/catalogue/{reward_id}/codes",
            "body": json.dumps({"codes": codes}),
            "reward_id": reward,
        },
    )


@step(4, sudden=True)
def adjust_points(world: World) -> None:
    shop, random = some_shop(world), world.random
    points = random.choice([-1000, -50, -1, 20, 100, 1000])
    ask(
        world,
        shop,
        {
            "function": "operate",
            "route": "POST /v1/members/{member_id}/actions",
            "body": json.dumps({"type": "adjust_points", "points": points} | told(world)),
            "member_id": acquaintance(world, shop),
        },
    )


@step(3, sudden=True)
def call_back(world: World) -> None:
    """A delivery that waits, perhaps while an attempt at it is under way. What is cancelled never comes."""
    shop = some_shop(world)
    listed = world.call(shop, "operate", "GET /v1/deliveries", query={"status": "stuck"})
    if listed and listed[0] == 200 and (data := json.loads(listed[1])["data"]):
        delivery = world.random.choice(data)["id"]
        route = "POST /v1/deliveries/{delivery_id}/cancel"
        answer = ask(world, shop, {"function": "operate", "route": route, "delivery_id": delivery})
        if answer and answer[0] == 200:
            world.receiver.called_back.add(delivery)
