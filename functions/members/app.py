"""Members, their progress, history and certificates, previews, the program in words. Reads only."""

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from membership import logs, runtime
from membership.errors import NotFound
from membership.http import cursors
from membership.http.serving import Request, Response, Service, respond, respond_text
from membership.member.progress import progress
from membership.services.viewing import Seen

# What only some requests need is imported where they are answered: no process answers them all.
if TYPE_CHECKING:
    from membership.http.progress_views import ProgressView

logger = logs.logger()
service = Service("members", logger)

_STILL = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
_PLACE = r"(outcome#\d{12}#\d{3})?"
ENTRIES = re.compile(r"\d{13,14}\.\d{6}#[0-9a-f]{16}", re.ASCII)
POSITIONS = re.compile(rf"{_PLACE}(,{_PLACE})*", re.ASCII)
"""One place in each ledger that the history is in."""


@logs.entry(logger)
def handler(event: dict[str, Any], context: Any) -> Response:
    """Answer one question."""
    return service(event)


def _figures(request: Request) -> Seen:
    return runtime.viewing().figures(request.program, request.id("member_id"), request.now)


@service.on("get_member")
def get_member(request: Request) -> Response:
    """What the member is now."""
    from membership.http.member_views import MemberView

    seen = runtime.viewing().member(request.program, request.id("member_id"), request.now)
    return respond(200, MemberView.of(seen, request.query["lang"]))


@service.on("get_progress")
def get_progress(request: Request) -> Response:
    """How far the member is."""
    return respond(200, _progress(_figures(request), request))


@service.on("get_progress_svg")
def get_progress_svg(request: Request) -> Response:
    """How far the member is, as a picture. It runs no script, wherever it is opened."""
    from membership.member.progress_svg import draw

    seen = _figures(request)
    picture = draw(seen.program, progress(seen.program, seen.member, request.now), request.query["lang"])
    return respond_text(200, "image/svg+xml", picture, _STILL)


@service.on("get_certificate_svg")
def get_certificate_svg(request: Request) -> Response:
    """The certificate, as a page to print."""
    from membership.member.certificate_svg import draw  # with the library that makes codes, for those who ask

    lang, ladder = request.query["lang"], request.query["ladder"]
    _, program = runtime.viewing().program(request.program, request.now)
    if ladder is not None and ladder not in program.ladders_by_id:
        from membership.http.problems import invalid_parameter

        raise invalid_parameter("ladder", f"is one of {', '.join(program.ladders_by_id)}")
    member_id = request.id("member_id")
    shown = runtime.certifying().of_member(request.program, member_id, ladder, request.now)
    certificate, home = shown.issued.certificate, runtime.settings().public_url or request.home
    url = f"{home}/v1/certificates/{certificate.number}?lang={lang}"
    picture = draw(shown.seen.program, certificate, url, request.query["name"], lang)
    return respond_text(200, "image/svg+xml", picture, _STILL)


@service.on("get_certificate")
def get_certificate(request: Request) -> Response:
    """Whether a certificate still stands, for whoever has it in hand."""
    lang, number = request.query["lang"], request.id("number").upper()
    if not request.wants_page:
        from membership.http.certificate_views import CertificateView

        return respond(200, CertificateView.of(runtime.certifying().numbered(number, request.now), lang))
    from membership.http.certificate_page import POLICY, nothing, page

    try:
        status, text = 200, page(runtime.certifying().numbered(number, request.now), lang)
    except NotFound:
        status, text = 404, nothing(lang)
    return respond_text(status, "text/html; charset=utf-8", text, {"Content-Security-Policy": POLICY})


@service.on("get_benefits")
def get_benefits(request: Request) -> Response:
    """What applies to the member now."""
    from membership.http.benefit_views import BenefitsView

    seen = runtime.viewing().current(request.program, request.id("member_id"), request.now)
    return respond(200, BenefitsView.of(seen, request.now, request.query["lang"]))


@service.on("get_history")
def get_history(request: Request) -> Response:
    """What was decided, newest first."""
    from membership.http.outcome_views import HistoryView, OutcomeView

    member_id, viewing = request.id("member_id"), runtime.viewing()
    resource, after = f"history/{member_id}", request.query["cursor"]
    position = cursors.unseal(after, request.program, resource, POSITIONS)
    page = viewing.history(request.program, member_id, request.now, position, request.query["limit"])
    versions, lang = viewing.versions(request.program), request.query["lang"]
    view = HistoryView(
        data=tuple(
            OutcomeView.of(envelope, versions, lang, named=request.caller.role == "operator")
            for envelope in page.data
        ),
        next_cursor=cursors.seal(request.program, resource, page.next),
    )
    return respond(200, view)


@service.on("get_points")
def get_points(request: Request) -> Response:
    """How many points there are."""
    from membership.http.points_views import PointsView

    seen = runtime.viewing().points(request.program, request.id("member_id"), request.now)
    day = seen.program.day(max(request.now, seen.member.clock or request.now))
    view = PointsView.of(seen.member.id, seen.member.points, seen.program, day, request.query["lang"])
    return respond(200, view)


@service.on("get_points_entries")
def get_points_entries(request: Request) -> Response:
    """What moved them."""
    from membership.http.points_views import PointsEntriesView, PointsEntryView

    member_id, viewing, after = request.id("member_id"), runtime.viewing(), request.query["cursor"]
    resource = f"points/{member_id}"
    position = cursors.unseal(after, request.program, resource, ENTRIES)
    page = viewing.statement(request.program, member_id, request.now, position, request.query["limit"])
    versions, lang = viewing.versions(request.program), request.query["lang"]
    named = request.caller.role == "operator"
    view = PointsEntriesView(
        data=tuple(PointsEntryView.of(entry, versions, lang, named=named) for entry in page.data),
        next_cursor=cursors.seal(request.program, resource, page.next),
    )
    return respond(200, view)


@service.on("post_preview")
def post_preview(request: Request) -> Response:
    """What an order would lead to."""
    from membership.http.benefit_views import brings
    from membership.http.bodies import Preview, read
    from membership.http.points_views import EarnedView
    from membership.http.progress_views import DecidedView, PreviewView
    from membership.http.values import read_cart, read_moment, read_price

    viewing, asked = runtime.viewing(), read(Preview, request.json)
    _, program = viewing.program(request.program, request.now)
    at = read_moment(asked.occurred_at, request.now)
    amount = read_price(asked.amount, asked.currency, program)
    lines = read_cart(asked.lines, amount, asked.currency, program)
    found = viewing.preview(request.program, request.id("member_id"), amount, at, request.now, lines)
    decided = tuple(DecidedView.of(one) for one in found.outcomes if one.type != "message.due")
    earned = [EarnedView.of(one, found.seen.versions, request.query["lang"]) for one in found.earned]
    view = PreviewView(
        progress=_progress(found.seen, request),
        outcomes=decided,
        points=earned[0].model_copy(update={"order_id": None, "event_id": None}) if earned else None,
        brings=brings(found, request.query["lang"]),
    )
    return respond(200, view)


@service.on("get_program")
def get_program(request: Request) -> Response:
    """The program in force, in words."""
    from membership.http.program_views import ProgramView
    from membership.program.in_words import program_in_words

    version, program = runtime.viewing().program(request.program, request.now)
    words = program_in_words(program, version, request.query["lang"])
    return respond(200, ProgramView.model_validate(words.model_dump()))


@service.on("get_openapi")
def get_openapi(request: Request) -> Response:
    """The contract."""
    return respond_text(200, "application/json", _contract(), {"Access-Control-Allow-Origin": "*"})


@service.on("get_docs")
def get_docs(request: Request) -> Response:
    """The contract, to read and try out."""
    from membership.http.docs import POLICY, page

    return respond_text(200, "text/html; charset=utf-8", page(), {"Content-Security-Policy": POLICY})


def _progress(seen: Seen, request: Request) -> "ProgressView":
    from membership.http.progress_views import ProgressView

    member, lang = seen.member, request.query["lang"]
    found = progress(seen.program, member, request.now)
    return ProgressView.of(member.id, member.status, found, seen.program, lang)


@cache
def _contract() -> str:
    from membership.http.openapi import text  # made when first asked for: it needs every model there is

    return text()
