"""The catalogue: rewards that members buy with points, and the codes that some of them give."""

import re
from typing import Any

from membership import logs, runtime
from membership.http import cursors
from membership.http.redemption_views import (
    CatalogueView,
    CodesView,
    OfferView,
    RedeemedView,
    RedemptionsView,
    RedemptionView,
)
from membership.http.serving import Request, Response, Service, respond

logger = logs.logger()
service = Service("redeem", logger)

POSITIONS = re.compile(r"out_[0-9a-f]{24}", re.ASCII)


@logs.entry(logger)
def handler(event: dict[str, Any], context: Any) -> Response:
    """Answer at once: who redeems stands there and waits."""
    return service(event)


@service.on("get_catalogue")
def get_catalogue(request: Request) -> Response:
    """What there is."""
    member_id, lang = request.query["member_id"], request.query["lang"]
    program, offers = runtime.redeeming().catalogue(request.program, member_id, request.now)
    return respond(200, CatalogueView(data=tuple(OfferView.of(one, program, lang) for one in offers)))


@service.on("post_redemption")
def post_redemption(request: Request) -> Response:
    """Buy a reward."""
    from membership.http.bodies import NewRedemption, read

    member_id, asked = request.id("member_id"), read(NewRedemption, request.json)
    answered = runtime.redeeming().redeem(
        request.program,
        member_id,
        asked.id,
        asked.reward,
        runtime.random_code(),
        request.now,
    )
    return respond(200, RedeemedView.of(answered, request.now, request.query["lang"]))


@service.on("get_redemptions")
def get_redemptions(request: Request) -> Response:
    """What was bought."""
    member_id, cursor, lang = request.id("member_id"), request.query["cursor"], request.query["lang"]
    resource = f"redemptions/{member_id}"
    after = cursors.unseal(cursor, request.program, resource, POSITIONS)
    page = runtime.redeeming().page(request.program, member_id, after, request.query["limit"])
    view = RedemptionsView(
        data=tuple(RedemptionView.of(one, lang) for one in page.data),
        next_cursor=cursors.seal(request.program, resource, page.next),
    )
    return respond(200, view)


@service.on("cancel_redemption")
def cancel_redemption(request: Request) -> Response:
    """Undo it."""
    from membership.http.bodies import CancelRedemption, read

    member_id, redemption_id = request.id("member_id"), request.id("redemption_id")
    asked = read(CancelRedemption, request.json)
    answered = runtime.redeeming().cancel(
        request.program,
        member_id,
        redemption_id,
        asked.id,
        f"{asked.by} ({request.caller.key_id})",
        asked.reason,
        request.now,
    )
    return respond(200, RedeemedView.of(answered, request.now, request.query["lang"]))


@service.on("put_codes")
def put_codes(request: Request) -> Response:
    """Take codes to give."""
    from membership.http.bodies import NewCodes, read

    reward, asked = request.id("reward_id"), read(NewCodes, request.json)
    return respond(
        200, CodesView.of(reward, runtime.redeeming().upload(request.program, reward, asked.codes))
    )
