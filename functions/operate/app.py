"""Programs, keys, the webhook, deliveries, and acts on members, for operators."""

import json
import re
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.logging import Logger

from membership import runtime
from membership.acting import Instruction
from membership.channels import Status
from membership.errors import NotFound
from membership.http import cursors
from membership.http.bodies import (
    BY_MEMBERS,
    Decision,
    IssueKey,
    MessagePreview,
    NewKey,
    NewToken,
    Told,
    Webhook,
    action_of,
    read,
    read_action,
)
from membership.http.caller import require
from membership.http.operator_views import (
    ActedView,
    ApprovalsView,
    ApprovalView,
    ChangesView,
    DeliveriesView,
    DeliveryView,
    IssuedKeyView,
    KeysView,
    KeyView,
    MessagePreviewView,
    ProgramPutView,
    TokenView,
    VersionsView,
    WebhookView,
)
from membership.http.problems import Error, conflict, invalid, pointer
from membership.http.serving import Request, Response, Service, respond

# What reads programs and what sends webhooks is imported where they are put, which is done once in a while.
if TYPE_CHECKING:
    from membership.configuring import Configuring

logger = Logger()
service = Service("operate", logger)

LARGEST_PROGRAM = 200_000
"""Bytes: a version is one item of the table, and items end at 400 KB."""
POSITIONS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z#dlv_[0-9a-f]{32}", re.ASCII)
QUESTIONS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z#apr_[0-9a-f]{24}", re.ASCII)
STATUSES: tuple[Status, ...] = ("pending", "delivered", "failed")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Response:
    """Answer an operator; or issue a first key, by `sam remote invoke`, as nobody has one to ask with."""
    if "issue_key" in event:
        asked = read(IssueKey, event).issue_key
        key, secret = runtime.access().issue(
            asked.program, asked.role, asked.label, runtime.now(), runtime.random_text
        )
        return {"key_id": key.key_id, "secret": secret}
    return service(event)


@service.on("put_program")
def put_program(request: Request) -> Response:
    """Put a version in force."""
    from membership.enacting import enact
    from membership.program.reading import read_program

    program = read_program(request.bytes(LARGEST_PROGRAM))
    enacted = enact(
        runtime.programs(), request.program, program, request.now, runtime.pause, request.query["check"]
    )
    return respond(200, ProgramPutView.of(enacted, request.query["lang"]))


@service.on("get_versions")
def get_versions(request: Request) -> Response:
    """List versions."""
    return respond(200, VersionsView.of(runtime.programs().versions(request.program), request.now))


@service.on("get_changes")
def get_changes(request: Request) -> Response:
    """Say what a version changes."""
    versions = runtime.programs().versions(request.program)
    last, _ = versions.latest
    to = request.query["to"] or last
    one = request.query["from"] or max(1, to - 1)
    if not {one, to} <= {number for number, _ in versions}:
        raise NotFound(f"there are versions 1 to {last}")
    return respond(200, ChangesView.of(versions, one, to, request.query["lang"]))


@service.on("post_action")
def post_action(request: Request) -> Response:
    """Do something to a member."""
    member_id, asked = request.id("member_id"), read_action(request.json)
    if asked.type not in BY_MEMBERS:
        require(request.caller, "operator")
    versions = runtime.programs().versions(request.program)
    _, program = versions.in_force(request.now)
    acted = runtime.acting().act(
        request.program,
        member_id,
        action_of(asked, program),
        _instruction(asked, request),
        request.now,
    )
    return respond(200, ActedView.of(acted, versions, request.now, request.query["lang"]))


@service.on("get_approvals")
def get_approvals(request: Request) -> Response:
    """List approvals."""
    status, cursor = request.query["status"], request.query["cursor"]
    resource = f"approvals/{status}"
    after = cursors.unseal(cursor, request.program, resource, QUESTIONS) if cursor is not None else None
    found, place = runtime.approvals().page(request.program, status, request.query["limit"], after)
    versions = runtime.programs().versions(request.program)
    view = ApprovalsView(
        data=tuple(ApprovalView.of(one, versions, request.query["lang"]) for one in found),
        next_cursor=cursors.seal(request.program, resource, place) if place else None,
    )
    return respond(200, view)


@service.on("post_approval")
def post_approval(request: Request) -> Response:
    """Approve or decline."""
    approval_id, asked = request.id("approval_id"), read(Decision, request.json)
    versions = runtime.programs().versions(request.program)
    acted = runtime.acting().decide(
        request.program,
        approval_id,
        asked.verdict,
        _instruction(asked, request),
        request.now,
        asked.tier,
        asked.until,
    )
    return respond(200, ActedView.of(acted, versions, request.now, request.query["lang"]))


@service.on("post_message_preview")
def post_message_preview(request: Request) -> Response:
    """Show how a message reads."""
    from membership.member.messages import specimen
    from membership.program.flaws import Unsound
    from membership.program.text import Text

    asked = read(MessagePreview, request.json)
    _, program = runtime.programs().versions(request.program).in_force(request.now)
    template = Text(en=asked.template.en, zh=asked.template.zh) if asked.template else None
    try:
        shown = specimen(program, asked.about, program.day(request.now), template, asked.fields)
    except Unsound as unsound:
        raise invalid(
            Error(detail=f"{fault.message}. {fault.remedy}", pointer=pointer(fault.place))
            for fault in unsound.faults
        ) from None
    return respond(200, MessagePreviewView.of(shown))


@service.on("post_key")
def post_key(request: Request) -> Response:
    """Issue a key."""
    asked = read(NewKey, request.json)
    key, secret = runtime.access().issue(
        request.program, asked.role, asked.label, request.now, runtime.random_text
    )
    return respond(201, IssuedKeyView(key=KeyView.of(key), secret=secret))


@service.on("post_token")
def post_token(request: Request) -> Response:
    """Let a member read what is its own."""
    asked, member_id = read(NewToken, request.json), request.id("member_id")
    runtime.viewing().member(request.program, member_id, request.now)
    token, ends = runtime.access().token(
        request.program, member_id, request.now, asked.minutes, runtime.random_text
    )
    return respond(201, TokenView(token=token, expires_at=ends))


@service.on("rotate_tokens")
def rotate_tokens(request: Request) -> Response:
    """Change what signs them."""
    runtime.access().rotate_tokens(request.program, request.now, runtime.random_text)
    return respond(204)


@service.on("get_keys")
def get_keys(request: Request) -> Response:
    """List keys."""
    keys = runtime.access().list(request.program)
    return respond(200, KeysView(data=tuple(map(KeyView.of, keys))))


@service.on("delete_key")
def delete_key(request: Request) -> Response:
    """Revoke a key, but never the one that asks: somebody has to be left to issue the next."""
    key_id = request.id("key_id")
    if key_id == request.caller.key_id:
        raise conflict("This is the key that you call with; revoke it with another one.")
    runtime.access().revoke(request.program, key_id, request.now)
    return respond(204)


@service.on("get_webhook")
def get_webhook(request: Request) -> Response:
    """Show where webhooks go."""
    return respond(200, WebhookView.of(_configuring().webhook(request.program), request.now))


@service.on("put_webhook")
def put_webhook(request: Request) -> Response:
    """Say where webhooks go."""
    from membership.channels.outgoing import TARGETS, Refused, check_url

    url = read(Webhook, request.json).url
    try:
        check_url(url, TARGETS[runtime.settings().webhook_targets])
    except Refused as refused:
        raise invalid([Error(detail=str(refused), pointer="/url")]) from None
    settings, secret = _configuring().move(request.program, url, request.now)
    return respond(200, WebhookView.of(settings, request.now, secret))


@service.on("rotate_webhook")
def rotate_webhook(request: Request) -> Response:
    """Make a new signing secret."""
    settings, secret = _configuring().rotate(request.program, request.now)
    return respond(200, WebhookView.of(settings, request.now, secret))


@service.on("get_deliveries")
def get_deliveries(request: Request) -> Response:
    """List deliveries."""
    asked, after = request.query["status"], request.query["cursor"]
    resource = f"deliveries/{asked or 'all'}"
    before = cursors.unseal(after, request.program, resource, POSITIONS) if after is not None else None
    found, position = runtime.deliveries().page(
        request.program, [asked] if asked else STATUSES, request.query["limit"], before
    )
    view = DeliveriesView(
        data=tuple(map(DeliveryView.of, found)),
        next_cursor=cursors.seal(request.program, resource, position) if position else None,
    )
    return respond(200, view)


@service.on("resend_delivery")
def resend_delivery(request: Request) -> Response:
    """Send a delivery again."""
    delivery_id = request.id("delivery_id")
    delivery = runtime.deliveries().reopen(request.program, delivery_id, request.now)
    if delivery is None:
        raise NotFound("there is no such delivery")
    message = {"resend": {"program": request.program, "delivery_id": delivery_id}}
    runtime.sqs().send_message(
        QueueUrl=runtime.settings().delivery_queue_url, MessageBody=json.dumps(message)
    )
    return respond(202, DeliveryView.of(delivery))


def _instruction(asked: Told, request: Request) -> Instruction:
    return Instruction(asked.id, f"{asked.by} ({request.caller.key_id})", asked.reason)


def _configuring() -> "Configuring":
    from membership.channels.webhook import new_secret
    from membership.configuring import Configuring

    return Configuring(runtime.deliveries(), new_secret)
