"""POST /v1/events and PUT /v1/members/{member_id} → facts in the ledger."""

from typing import Any

from membership import logs, runtime
from membership.errors import NoSuchMember
from membership.facts import Fact
from membership.http.answers import refuse_single, tell
from membership.http.event_views import ToldView
from membership.http.events import read_attributes, read_event, read_events
from membership.http.problems import Problem
from membership.http.serving import Request, Response, Service, respond
from membership.services.ingesting import enrolment
from membership.services.viewing import see

logger = logs.logger()
service = Service("ingest", logger)


@logs.entry(logger)
def handler(event: dict[str, Any], context: Any) -> Response:
    """Take what storefronts tell."""
    return service(event)


@service.on("post_events")
def post_events(request: Request) -> Response:
    """Take each event by itself. An array is always answered whole; a single event by its status, too."""
    versions = runtime.programs().versions(request.program)
    _, program = versions.in_force(request.now)
    sent = read_events(request.json)
    mails, key = runtime.settings().sends_mails, request.caller.key_id
    read = [read_event(raw, program, request.now, mails, key) for raw in sent]
    taken = runtime.ingest().take(program, [fact for fact in read if not isinstance(fact, Problem)])
    if isinstance(request.json, dict):
        refuse_single(read, taken)
    told = tell(sent, read, taken, program)
    if not request.query["wait"]:
        return respond(200, ToldView(data=told))
    from membership.http.settled_views import EventsView

    settled = runtime.ingest().settle(program, taken, request.now)
    facts = [one.fact for one in taken]
    return respond(200, EventsView.settled(told, settled, versions, request.now, facts))


@service.on("put_member")
def put_member(request: Request) -> Response:
    """Enrol, or change attributes. What is known already makes no new fact."""
    from membership.http.member_views import MemberView

    versions = runtime.programs().versions(request.program)
    _, program = versions.in_force(request.now)
    member_id = request.id("member_id")
    attributes = read_attributes(
        request.json, member_id, program, request.now, runtime.settings().sends_mails
    )
    stored = runtime.ledger().load(program.id, member_id, consistent=True)
    if stored.member and stored.member.status == "erased":
        raise NoSuchMember()
    facts: list[Fact] = []
    fact_id, key = runtime.random_text(12), request.caller.key_id
    if news := enrolment(stored.member, member_id, attributes, fact_id, request.now, key):
        runtime.ledger().append(program.id, news)
        facts.append(news)
    committed = runtime.settling().settle(program.id, member_id, facts, request.now)
    return respond(200, MemberView.of(see(versions, committed.member, request.now)))
