"""Programs, keys, the webhook, providers, deliveries, and acts on members, for operators."""

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast, get_args

from membership import logs, runtime
from membership.channels import Delivery, Kind, Status
from membership.errors import NotFound
from membership.http import cursors
from membership.http.caller import require
from membership.http.problems import Error, conflict, invalid, invalid_parameter, pointer
from membership.http.serving import Request, Response, Service, respond
from membership.services.acting import Instruction
from membership.store.programs import Signature

# What only some requests need is imported where they are answered: no process answers them all.
if TYPE_CHECKING:
    from membership.http.bodies import Told
    from membership.http.operator_views import ProviderView
    from membership.report import Report
    from membership.services.configuring import Configuring

logger = logs.logger()
service = Service("operate", logger)

LARGEST_PROGRAM = 200_000
"""Bytes: a version is one item of the table, and items end at 400 KB."""
POSITIONS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z#dlv_[0-9a-f]{32}", re.ASCII)
QUESTIONS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z#apr_[0-9a-f]{24}", re.ASCII)
PLACES = re.compile(r"\d{1,5}:[!-~]{1,300}", re.ASCII)
STATUSES: tuple[Status, ...] = get_args(Status)
STUCK: tuple[Status, ...] = ("pending", "failed")
KINDS: tuple[str, ...] = get_args(Kind)
DAYS = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@logs.entry(logger)
def handler(event: dict[str, Any], context: Any) -> Response:
    """Answer an operator; or whoever calls it by `sam remote invoke`: for a first key, as nobody has one to
    ask with, or for an earlier version of a program."""
    if "issue_key" in event:
        from membership.http.bodies import IssueKey, read

        asked = read(IssueKey, event).issue_key
        key, secret = runtime.access().issue(
            asked.program, asked.role, asked.label, runtime.now(), runtime.random_text
        )
        done = {"operation": "issue_key", "program": asked.program, "issued": key.key_id}
        logger.info("done by hand", extra=done)
        return {"key_id": key.key_id, "secret": secret}
    if "roll_back" in event:
        return _roll_back(event)
    return service(event)


def _roll_back(event: dict[str, Any]) -> dict[str, Any]:
    from membership.http.bodies import RollBack, read
    from membership.services.enacting import put_back

    asked = read(RollBack, event).roll_back
    signed = Signature(runtime.now(), asked.by, asked.reason)
    enacted = put_back(runtime.programs(), asked.program, asked.version, signed, runtime.pause)
    logger.info("done by hand", extra={"operation": "roll_back", "program": asked.program})
    return {"version": enacted.version, "changed": enacted.fresh, "warnings": list(enacted.warnings)}


@service.on("put_program")
def put_program(request: Request) -> Response:
    """Put a version in force."""
    from membership.http.operator_views import ProgramPutView
    from membership.program.reading import read_program
    from membership.services.enacting import enact

    program = read_program(request.bytes(LARGEST_PROGRAM))
    signed = Signature(request.now, request.caller.key_id, request.query["reason"])
    enacted = enact(
        runtime.programs(), request.program, program, signed, runtime.pause, request.query["check"]
    )
    return respond(200, ProgramPutView.of(enacted, request.query["lang"]))


@service.on("get_versions")
def get_versions(request: Request) -> Response:
    """List versions."""
    from membership.http.operator_views import VersionsView

    versions = runtime.programs().versions(request.program)
    signatures = runtime.programs().signatures(request.program)
    return respond(200, VersionsView.of(versions, signatures, request.now))


@service.on("get_changes")
def get_changes(request: Request) -> Response:
    """Say what a version changes."""
    from membership.http.operator_views import ChangesView

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
    from membership.http.bodies import BY_MEMBERS, action_of, read_action
    from membership.http.operator_views import ActedView

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


@service.on("export_member")
def export_member(request: Request) -> Response:
    """Show everything that is kept of a member."""
    from membership.http.operator_views import ExportEntryView, ExportView

    member_id, cursor = request.id("member_id"), request.query["cursor"]
    resource = f"export/{member_id}"
    after = cursors.unseal(cursor, request.program, resource, PLACES)
    page = runtime.exporting().page(request.program, member_id, after, request.query["limit"])
    versions, lang = runtime.programs().versions(request.program), request.query["lang"]
    view = ExportView(
        data=tuple(ExportEntryView.of(one, versions, lang) for one in page.data),
        next_cursor=cursors.seal(request.program, resource, page.next),
    )
    return respond(200, view)


@service.on("get_approvals")
def get_approvals(request: Request) -> Response:
    """List approvals."""
    from membership.http.operator_views import ApprovalsView, ApprovalView

    status, cursor = request.query["status"], request.query["cursor"]
    resource = f"approvals/{status}"
    after = cursors.unseal(cursor, request.program, resource, QUESTIONS)
    found, place = runtime.approvals().page(request.program, status, request.query["limit"], after)
    versions = runtime.programs().versions(request.program)
    view = ApprovalsView(
        data=tuple(ApprovalView.of(one, versions, request.query["lang"]) for one in found),
        next_cursor=cursors.seal(request.program, resource, place),
    )
    return respond(200, view)


@service.on("post_approval")
def post_approval(request: Request) -> Response:
    """Approve or decline."""
    from membership.http.bodies import Decision, read
    from membership.http.operator_views import ActedView

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
    from membership.http.bodies import MessagePreview, read
    from membership.http.operator_views import MessagePreviewView
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


@service.on("get_points_report")
def get_points_report(request: Request) -> Response:
    """Say what members have to spend."""
    from membership.http.operator_views import PointsReportsView, PointsReportView

    found, cursor = _reports(request, "points")
    return respond(200, PointsReportsView(data=tuple(map(PointsReportView.of, found)), next_cursor=cursor))


@service.on("get_benefits_report")
def get_benefits_report(request: Request) -> Response:
    """Say which benefits are used."""
    from membership.http.operator_views import BenefitsReportsView, BenefitsReportView

    found, cursor = _reports(request, "benefits")
    view = BenefitsReportsView(data=tuple(map(BenefitsReportView.of, found)), next_cursor=cursor)
    return respond(200, view)


def _reports(request: Request, what: str) -> "tuple[list[Report], str | None]":
    after, resource = request.query["cursor"], f"reports/{what}"
    before = cursors.unseal(after, request.program, resource, DAYS)
    page = runtime.reports().page(request.program, request.query["limit"], before)
    return page.data, cursors.seal(request.program, resource, page.next)


@service.on("post_key")
def post_key(request: Request) -> Response:
    """Issue a key."""
    from membership.http.bodies import NewKey, read
    from membership.http.operator_views import IssuedKeyView, KeyView

    asked = read(NewKey, request.json)
    key, secret = runtime.access().issue(
        request.program, asked.role, asked.label, request.now, runtime.random_text
    )
    return respond(201, IssuedKeyView(key=KeyView.of(key), secret=secret))


@service.on("post_token")
def post_token(request: Request) -> Response:
    """Let a member read what is its own."""
    from membership.http.bodies import NewToken, read
    from membership.http.operator_views import TokenView

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
    from membership.http.operator_views import KeysView, KeyView

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
    from membership.http.operator_views import WebhookView

    return respond(200, WebhookView.of(_configuring().webhook(request.program), request.now))


@service.on("put_webhook")
def put_webhook(request: Request) -> Response:
    """Say where webhooks go."""
    from membership.http.bodies import Webhook, read
    from membership.http.operator_views import WebhookView

    url = _allowed(read(Webhook, request.json).url)
    settings, secret = _configuring().move(request.program, url, request.now)
    return respond(200, WebhookView.of(settings, request.now, secret))


@service.on("rotate_webhook")
def rotate_webhook(request: Request) -> Response:
    """Make a new signing secret."""
    from membership.http.operator_views import WebhookView

    settings, secret = _configuring().rotate(request.program, request.now)
    return respond(200, WebhookView.of(settings, request.now, secret))


@service.on("get_providers")
def get_providers(request: Request) -> Response:
    """List the providers of single kinds."""
    from membership.http.operator_views import ProvidersView

    return respond(200, ProvidersView.of(_configuring().providers(request.program), request.now))


@service.on("put_provider")
def put_provider(request: Request) -> Response:
    """Give a kind of deliveries a provider of its own."""
    from membership.http.bodies import MailProvider, TopicProvider, WebhookProvider, read_provider

    kind, asked, configuring, secret = _kind(request), read_provider(request.json), _configuring(), None
    match asked:
        case WebhookProvider(url=url):
            _, secret = configuring.move(request.program, _allowed(url), request.now, kind)
        case TopicProvider():
            _require_deployed(runtime.settings().message_topic, "MessageTopic")
            configuring.choose(request.program, kind, "topic", {})
        case MailProvider():
            _require_deployed(runtime.settings().email_sender, "EmailSender")
            if kind != "messages":
                raise invalid([Error(detail="only messages can be e-mails", pointer="/channel")])
            configuring.choose(request.program, kind, "mail", asked.model_dump(exclude={"channel"}))
    return respond(200, _provider(request, kind, secret))


@service.on("delete_provider")
def delete_provider(request: Request) -> Response:
    """Take it away again."""
    _configuring().drop(request.program, _kind(request))
    return respond(204)


@service.on("rotate_provider")
def rotate_provider(request: Request) -> Response:
    """Make a new signing secret for it."""
    kind = _kind(request)
    _, secret = _configuring().rotate(request.program, request.now, kind)
    return respond(200, _provider(request, kind, secret))


@service.on("get_deliveries")
def get_deliveries(request: Request) -> Response:
    """List deliveries."""
    from membership.http.operator_views import DeliveriesView, DeliveryView

    asked, after = request.query["status"], request.query["cursor"]
    resource = f"deliveries/{asked or 'all'}"
    before = cursors.unseal(after, request.program, resource, POSITIONS)
    statuses: Sequence[Status] = {None: STATUSES, "stuck": STUCK}.get(asked, [asked])
    found, position = runtime.deliveries().page(request.program, statuses, request.query["limit"], before)
    view = DeliveriesView(
        data=tuple(map(DeliveryView.of, found)),
        next_cursor=cursors.seal(request.program, resource, position),
    )
    return respond(200, view)


@service.on("get_delivery")
def get_delivery(request: Request) -> Response:
    """Show one delivery."""
    from membership.http.operator_views import LoggedDeliveryView

    delivery = runtime.deliveries().get(request.program, request.id("delivery_id"))
    return respond(200, LoggedDeliveryView.of(_there(delivery)))


@service.on("resend_delivery")
def resend_delivery(request: Request) -> Response:
    """Send a delivery again."""
    from membership.http.operator_views import DeliveryView

    delivery_id = request.id("delivery_id")
    delivery = _there(runtime.deliveries().reopen(request.program, delivery_id, request.now))
    if delivery.status == "cancelled":
        raise conflict("It was cancelled, and is never sent again.")
    message = {"resend": {"program": request.program, "delivery_id": delivery_id}}
    runtime.sqs().send_message(
        QueueUrl=runtime.settings().delivery_queue_url, MessageBody=json.dumps(message)
    )
    return respond(202, DeliveryView.of(delivery))


@service.on("cancel_delivery")
def cancel_delivery(request: Request) -> Response:
    """Have a delivery never sent again; or say that it is too late."""
    from membership.http.operator_views import DeliveryView

    delivery_id, key = request.id("delivery_id"), request.caller.key_id
    delivery = _there(runtime.deliveries().cancel(request.program, delivery_id, key, request.now))
    if delivery.status == "delivered":
        raise conflict("Too late: it was delivered.")
    if delivery.status != "cancelled":
        raise conflict("Perhaps too late: an attempt is under way. Ask again in two minutes.")
    return respond(200, DeliveryView.of(delivery))


def _there(delivery: Delivery | None) -> Delivery:
    if delivery is None:
        raise NotFound("there is no such delivery")
    return delivery


def _kind(request: Request) -> Kind:
    kind = request.id("kind")
    if kind not in KINDS:
        raise invalid_parameter("kind", f"is one of {', '.join(KINDS)}")
    return cast(Kind, kind)


def _provider(request: Request, kind: Kind, secret: str | None) -> "ProviderView":
    from membership.http.operator_views import ProviderView

    settings = _configuring().providers(request.program)[kind]
    return ProviderView.of(kind, settings, request.now, secret)


def _allowed(url: str) -> str:
    from membership.channels.outgoing import TARGETS, Refused, check_url

    try:
        check_url(url, TARGETS[runtime.settings().webhook_targets])
    except Refused as refused:
        raise invalid([Error(detail=str(refused), pointer="/url")]) from None
    return url


def _require_deployed(found: str, parameter: str) -> None:
    if not found:
        detail = f"this stack has none: whoever runs it has to deploy it with {parameter}"
        raise invalid([Error(detail=detail, pointer="/channel")])


def _instruction(asked: "Told", request: Request) -> Instruction:
    return Instruction(asked.id, f"{asked.by} ({request.caller.key_id})", asked.reason)


def _configuring() -> "Configuring":
    from membership.channels.webhook import new_secret
    from membership.services.configuring import Configuring

    return Configuring(runtime.deliveries(), new_secret)
