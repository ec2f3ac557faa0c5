"""Every operation of the API, in one table.

The functions take their routes and the roles allowed from here, and so does openapi.json; a test holds
template.yaml to it. Models are named, not imported: a function loads only those that it answers with.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from membership.http.problems import (
    BAD_CURSOR,
    BUSY,
    CONFLICT,
    CONTENDED,
    FORBIDDEN,
    INTERNAL,
    INVALID,
    MALFORMED,
    NOT_FOUND,
    NOT_REDEEMABLE,
    PROGRAM_INVALID,
    TOO_LARGE,
    TOO_MANY,
    UNAUTHENTICATED,
    Kind,
)
from membership.http.requests import is_id
from membership.store.access import Right

Function = Literal["ingest", "members", "redeem", "operate", "erase"]
Method = Literal["GET", "POST", "PUT", "DELETE"]


class Parameter(NamedTuple):
    """A query parameter. `read` raises ValueError, whose words the caller is told, for what it is not."""

    name: str
    description: str
    schema: Mapping[str, Any]
    read: Callable[[str], Any]
    default: Any = None


def _one_of(*words: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in words:
            raise ValueError(f"write one of {', '.join(words)}")
        return value

    return read


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not (value.isascii() and value.isdigit() and len(value) <= 9 and least <= int(value) <= most):
            raise ValueError(f"write a whole number from {least} to {most}")
        return int(value)

    return read


def _cursor(value: str) -> str:
    if len(value) > 500:
        raise ValueError("cursors are shorter")
    return value


def _id(value: str) -> str:
    if not is_id(value):
        raise ValueError("write a member's id")
    return value


def _cut_to(longest: int) -> Callable[[str], str]:
    def read(value: str) -> str:
        if not 1 <= len(value) <= longest:
            raise ValueError(f"write 1 to {longest} characters")
        return value

    return read


def _name(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("write a name that shows")
    return _cut_to(80)(value)


def _reason(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("write words that show")
    return _cut_to(500)(value)


LANG = Parameter(
    "lang", "Language of the words.", {"type": "string", "enum": ["en", "zh"]}, _one_of("en", "zh"), "en"
)
LADDER = Parameter("ladder", "Default: the program's first one.", {"type": "string"}, _cut_to(64))
NAME = Parameter(
    "name",
    "The holder's name as it is to stand there; it is drawn, and kept nowhere.",
    {"type": "string", "minLength": 1, "maxLength": 80},
    _name,
)
LIMIT = Parameter(
    "limit", "Most entries to answer.", {"type": "integer", "minimum": 1, "maximum": 100}, _whole(1, 100), 20
)
CURSOR = Parameter("cursor", "`next_cursor` of the page before.", {"type": "string"}, _cursor)
WAIT = Parameter(
    "wait",
    "Settle before answering, and tell what was decided.",
    {"type": "string", "enum": ["true", "false"]},
    lambda value: _one_of("true", "false")(value) == "true",
    False,
)
_STATUSES = ("pending", "delivered", "failed", "cancelled", "stuck")
STATUS = Parameter(
    "status",
    "Only deliveries of this status; `stuck`: pending and failed.",
    {"type": "string", "enum": [*_STATUSES]},
    _one_of(*_STATUSES),
)

_ANSWERS = ("open", "approved", "declined", "withdrawn")
APPROVAL_STATUS = Parameter(
    "status",
    "Only approvals of this status.",
    {"type": "string", "enum": [*_ANSWERS]},
    _one_of(*_ANSWERS),
    "open",
)
CHECK = Parameter(
    "check",
    "Only say what would come of it: nothing is put.",
    {"type": "string", "enum": ["true", "false"]},
    lambda value: _one_of("true", "false")(value) == "true",
    False,
)
REASON = Parameter(
    "reason",
    "Why it is put; kept with the version.",
    {"type": "string", "minLength": 1, "maxLength": 500},
    _reason,
)
FROM = Parameter(
    "from", "The earlier version.", {"type": "integer", "minimum": 1, "maximum": 999_999}, _whole(1, 999_999)
)
TO = Parameter(
    "to", "The later version.", {"type": "integer", "minimum": 1, "maximum": 999_999}, _whole(1, 999_999)
)

FOR_MEMBER = Parameter(
    "member_id", "What each costs this member, and why it can't have it.", {"type": "string"}, _id
)

ANY_KEY: frozenset[Right] = frozenset({"storefront", "operator"})
READERS: frozenset[Right] = ANY_KEY | {"member"}
"""Members too, with a token of their own: of themselves alone."""
OPERATORS: frozenset[Right] = frozenset({"operator"})
PUBLIC: frozenset[Right] = frozenset()


class Operation(NamedTuple):
    """One method of one path."""

    id: str
    method: Method
    path: str
    function: Function
    summary: str
    roles: frozenset[Right] = ANY_KEY
    """Roles whose keys may call it; none: it is public, and needs no key."""
    body: str | None = None
    """Name of the model of the request, in membership.http; or 'Program', which is YAML or JSON."""
    answer: str | None = None
    """Name of the model of the answer, in membership.http; None: see `media`, or no body at all."""
    status: int = 200
    media: str = "application/json"
    page: bool = False
    """Whether who asks for `text/html` is answered a page in place of the model."""
    parameters: tuple[Parameter, ...] = ()
    problems: tuple[Kind, ...] = ()
    """Beyond those that every operation may answer."""
    only_asks: bool = False
    """Whether it changes nothing, though it is no GET."""

    def changes(self, query: Mapping[str, Any]) -> bool:
        """Whether anything may be another way after it was called so."""
        return self.method != "GET" and not self.only_asks and not query.get(CHECK.name)

    @property
    def all_problems(self) -> tuple[Kind, ...]:
        """Every problem that a caller may be answered."""
        found = {INVALID, INTERNAL, *self.problems}
        if self.roles:
            found |= {UNAUTHENTICATED, FORBIDDEN, TOO_MANY, BUSY}
        if self.body:
            found |= {MALFORMED, TOO_LARGE}
        if CURSOR in self.parameters:
            found.add(BAD_CURSOR)
        return tuple(sorted(found, key=lambda kind: (kind.status, kind.slug)))


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "post_events",
        "POST",
        "/v1/events",
        "ingest",
        "Tell one event, or up to 100; each is answered by itself",
        body="Events",
        answer="EventsView",
        parameters=(WAIT,),
        problems=(NOT_FOUND, CONFLICT),
    ),
    Operation(
        "put_member",
        "PUT",
        "/v1/members/{member_id}",
        "ingest",
        "Enrol a member, or change its attributes",
        body="MemberAttributes",
        answer="MemberView",
        problems=(NOT_FOUND, CONTENDED),
    ),
    Operation(
        "get_member",
        "GET",
        "/v1/members/{member_id}",
        "members",
        "What a member is now",
        roles=READERS,
        answer="MemberView",
        parameters=(LANG,),
        problems=(NOT_FOUND,),
    ),
    Operation(
        "get_progress",
        "GET",
        "/v1/members/{member_id}/progress",
        "members",
        "How far it is to the next tier, every way to it, and what keeps the present one",
        roles=READERS,
        answer="ProgressView",
        parameters=(LANG,),
        problems=(NOT_FOUND,),
    ),
    Operation(
        "get_progress_svg",
        "GET",
        "/v1/members/{member_id}/progress.svg",
        "members",
        "The same as a picture",
        roles=READERS,
        media="image/svg+xml",
        parameters=(LANG,),
        problems=(NOT_FOUND,),
    ),
    Operation(
        "get_benefits",
        "GET",
        "/v1/members/{member_id}/benefits",
        "members",
        "What applies to the member now, as at a checkout: of all its tiers, the best of each",
        roles=READERS,
        answer="BenefitsView",
        parameters=(LANG,),
        problems=(NOT_FOUND,),
    ),
    Operation(
        "get_certificate_svg",
        "GET",
        "/v1/members/{member_id}/certificate.svg",
        "members",
        "The certificate of the member's tier, to print",
        roles=READERS,
        media="image/svg+xml",
        parameters=(LANG, LADDER, NAME),
        problems=(NOT_FOUND,),
    ),
    Operation(
        "get_certificate",
        "GET",
        "/v1/certificates/{number}",
        "members",
        "Whether a certificate still stands; nothing of its holder",
        roles=PUBLIC,
        answer="CertificateView",
        page=True,
        parameters=(LANG,),
        problems=(NOT_FOUND,),
    ),
    Operation(
        "get_history",
        "GET",
        "/v1/members/{member_id}/history",
        "members",
        "What was decided, and why; newest first",
        roles=READERS,
        answer="HistoryView",
        parameters=(LANG, LIMIT, CURSOR),
        problems=(NOT_FOUND,),
    ),
    Operation(
        "get_points",
        "GET",
        "/v1/members/{member_id}/points",
        "members",
        "How many points there are to spend, what is pending, and what expires when",
        roles=READERS,
        answer="PointsView",
        parameters=(LANG,),
        problems=(NOT_FOUND,),
    ),
    Operation(
        "get_points_entries",
        "GET",
        "/v1/members/{member_id}/points/entries",
        "members",
        "Everything that moved the points, and why; newest first",
        roles=READERS,
        answer="PointsEntriesView",
        parameters=(LANG, LIMIT, CURSOR),
        problems=(NOT_FOUND,),
    ),
    Operation(
        "post_preview",
        "POST",
        "/v1/members/{member_id}/preview",
        "members",
        "What an order that is not paid yet would lead to; changes nothing",
        roles=READERS,
        body="Preview",
        answer="PreviewView",
        parameters=(LANG,),
        problems=(NOT_FOUND,),
        only_asks=True,
    ),
    Operation(
        "get_program",
        "GET",
        "/v1/program",
        "members",
        "The program in force: its tiers, rules and benefits in words",
        roles=READERS,
        answer="ProgramView",
        parameters=(LANG,),
        problems=(NOT_FOUND,),
    ),
    Operation(
        "get_catalogue",
        "GET",
        "/v1/catalogue",
        "redeem",
        "Rewards that members buy with points: what each costs, and how many are left",
        roles=READERS,
        answer="CatalogueView",
        parameters=(FOR_MEMBER, LANG),
        problems=(NOT_FOUND,),
    ),
    Operation(
        "post_redemption",
        "POST",
        "/v1/members/{member_id}/redemptions",
        "redeem",
        "Redeem a reward, once for each id; the same request again is answered as the first one was",
        body="NewRedemption",
        answer="RedeemedView",
        parameters=(LANG,),
        problems=(NOT_FOUND, CONFLICT, NOT_REDEEMABLE, CONTENDED),
    ),
    Operation(
        "get_redemptions",
        "GET",
        "/v1/members/{member_id}/redemptions",
        "redeem",
        "What a member has redeemed, newest first",
        roles=READERS,
        answer="RedemptionsView",
        parameters=(LANG, LIMIT, CURSOR),
        problems=(NOT_FOUND,),
    ),
    Operation(
        "cancel_redemption",
        "POST",
        "/v1/members/{member_id}/redemptions/{redemption_id}/cancel",
        "redeem",
        "Undo a redemption: its points are back, and expire when they would have",
        body="CancelRedemption",
        answer="RedeemedView",
        parameters=(LANG,),
        problems=(NOT_FOUND, CONFLICT, CONTENDED),
    ),
    Operation(
        "put_codes",
        "PUT",
        "/v1/catalogue/{reward_id}/codes",
        "redeem",
        "Add codes to give with a reward, up to 2,000 at a time; one that was there before is left out",
        roles=OPERATORS,
        body="NewCodes",
        answer="CodesView",
        problems=(NOT_FOUND, CONFLICT, CONTENDED),
    ),
    Operation(
        "delete_member",
        "DELETE",
        "/v1/members/{member_id}",
        "erase",
        "Erase a member: its state and all that its ledger has. There is no way back",
        roles=OPERATORS,
        status=204,
        problems=(NOT_FOUND, CONFLICT, CONTENDED),
    ),
    Operation(
        "export_member",
        "GET",
        "/v1/members/{member_id}/export",
        "operate",
        "Everything that is kept of a member, as it is kept: what erasing takes away",
        roles=OPERATORS,
        answer="ExportView",
        parameters=(LANG, LIMIT, CURSOR),
        problems=(NOT_FOUND, CONFLICT),
    ),
    Operation(
        "post_action",
        "POST",
        "/v1/members/{member_id}/actions",
        "operate",
        "Hold, lift, release, block, unblock, merge, adjust points; storefronts, too: leave, return",
        body="MemberAction",
        answer="ActedView",
        problems=(NOT_FOUND, CONFLICT, CONTENDED),
        parameters=(LANG,),
    ),
    Operation(
        "get_approvals",
        "GET",
        "/v1/approvals",
        "operate",
        "Promotions to confirm, members to look at, tiers reached by refunded orders; oldest first",
        roles=OPERATORS,
        answer="ApprovalsView",
        parameters=(APPROVAL_STATUS, LANG, LIMIT, CURSOR),
        problems=(NOT_FOUND,),
    ),
    Operation(
        "post_approval",
        "POST",
        "/v1/approvals/{approval_id}",
        "operate",
        "Approve or decline, once",
        roles=OPERATORS,
        body="Decision",
        answer="ActedView",
        problems=(NOT_FOUND, CONFLICT, CONTENDED),
        parameters=(LANG,),
    ),
    Operation(
        "get_openapi",
        "GET",
        "/openapi.json",
        "members",
        "This contract",
        roles=PUBLIC,
    ),
    Operation(
        "get_docs",
        "GET",
        "/docs",
        "members",
        "This contract, to try out in a browser",
        roles=PUBLIC,
        media="text/html",
    ),
    Operation(
        "put_program",
        "PUT",
        "/v1/program",
        "operate",
        "Put a version of the program in force; the same one again changes nothing",
        roles=OPERATORS,
        body="Program",
        answer="ProgramPutView",
        parameters=(LANG, CHECK, REASON),
        problems=(PROGRAM_INVALID, CONFLICT, CONTENDED),
    ),
    Operation(
        "get_versions",
        "GET",
        "/v1/program/versions",
        "operate",
        "Every version of the program, the newest first",
        roles=OPERATORS,
        answer="VersionsView",
        problems=(NOT_FOUND,),
    ),
    Operation(
        "get_changes",
        "GET",
        "/v1/program/changes",
        "operate",
        "What a version changes of another, in words; by default the last one of the one before",
        roles=OPERATORS,
        answer="ChangesView",
        parameters=(FROM, TO, LANG),
        problems=(NOT_FOUND,),
    ),
    Operation(
        "post_message_preview",
        "POST",
        "/v1/messages/preview",
        "operate",
        "How a message reads, in words that are saved or given; nothing is sent or kept",
        roles=OPERATORS,
        body="MessagePreview",
        answer="MessagePreviewView",
        problems=(NOT_FOUND,),
        only_asks=True,
    ),
    Operation(
        "get_points_report",
        "GET",
        "/v1/reports/points",
        "operate",
        "What members have to spend, day by day, the newest first",
        roles=OPERATORS,
        answer="PointsReportsView",
        parameters=(LIMIT, CURSOR),
    ),
    Operation(
        "get_benefits_report",
        "GET",
        "/v1/reports/benefits",
        "operate",
        "How often each benefit was used in each tier, day by day, the newest first",
        roles=OPERATORS,
        answer="BenefitsReportsView",
        parameters=(LIMIT, CURSOR),
    ),
    Operation(
        "post_key",
        "POST",
        "/v1/keys",
        "operate",
        "Issue a key; its secret is told only now",
        roles=OPERATORS,
        body="NewKey",
        answer="IssuedKeyView",
        status=201,
    ),
    Operation(
        "post_token",
        "POST",
        "/v1/members/{member_id}/tokens",
        "operate",
        "A token with which a member reads what is its own, until it ends",
        body="NewToken",
        answer="TokenView",
        status=201,
        problems=(NOT_FOUND,),
    ),
    Operation(
        "rotate_tokens",
        "POST",
        "/v1/tokens/rotate",
        "operate",
        "Sign members' tokens with a new secret; those that are out run to their end, an hour at most",
        roles=OPERATORS,
        status=204,
    ),
    Operation(
        "get_keys",
        "GET",
        "/v1/keys",
        "operate",
        "Every key of the program, without its secret",
        roles=OPERATORS,
        answer="KeysView",
    ),
    Operation(
        "delete_key",
        "DELETE",
        "/v1/keys/{key_id}",
        "operate",
        "Revoke a key",
        roles=OPERATORS,
        status=204,
        problems=(NOT_FOUND, CONFLICT),
    ),
    Operation(
        "get_webhook",
        "GET",
        "/v1/channels/webhook",
        "operate",
        "Where webhooks go",
        roles=OPERATORS,
        answer="WebhookView",
        problems=(NOT_FOUND,),
    ),
    Operation(
        "put_webhook",
        "PUT",
        "/v1/channels/webhook",
        "operate",
        "Say where webhooks go; the first time, the signing secret is told, and never again",
        roles=OPERATORS,
        body="Webhook",
        answer="WebhookView",
        problems=(CONTENDED,),
    ),
    Operation(
        "rotate_webhook",
        "POST",
        "/v1/channels/webhook/rotate",
        "operate",
        "Make a new signing secret; the last one signs along for a day",
        roles=OPERATORS,
        answer="WebhookView",
        problems=(NOT_FOUND, CONTENDED),
    ),
    Operation(
        "get_providers",
        "GET",
        "/v1/providers",
        "operate",
        "Which kinds of deliveries go another way than the webhook",
        roles=OPERATORS,
        answer="ProvidersView",
    ),
    Operation(
        "put_provider",
        "PUT",
        "/v1/providers/{kind}",
        "operate",
        "Say where messages, coupons, gifts or points go, if not to the webhook",
        roles=OPERATORS,
        body="Provider",
        answer="ProviderView",
        problems=(CONTENDED,),
    ),
    Operation(
        "delete_provider",
        "DELETE",
        "/v1/providers/{kind}",
        "operate",
        "Have a kind go to the webhook again",
        roles=OPERATORS,
        status=204,
        problems=(CONTENDED,),
    ),
    Operation(
        "rotate_provider",
        "POST",
        "/v1/providers/{kind}/rotate",
        "operate",
        "Make a new signing secret for a provider; the last one signs along for a day",
        roles=OPERATORS,
        answer="ProviderView",
        problems=(NOT_FOUND, CONTENDED),
    ),
    Operation(
        "get_deliveries",
        "GET",
        "/v1/deliveries",
        "operate",
        "Messages and rewards on their way to the shop, newest first; what is stuck, and why",
        roles=OPERATORS,
        answer="DeliveriesView",
        parameters=(STATUS, LIMIT, CURSOR),
    ),
    Operation(
        "resend_delivery",
        "POST",
        "/v1/deliveries/{delivery_id}/resend",
        "operate",
        "Send a delivery again, under the same webhook-id",
        roles=OPERATORS,
        answer="DeliveryView",
        status=202,
        problems=(NOT_FOUND, CONFLICT),
    ),
    Operation(
        "get_delivery",
        "GET",
        "/v1/deliveries/{delivery_id}",
        "operate",
        "One delivery, with its attempts",
        roles=OPERATORS,
        answer="LoggedDeliveryView",
        problems=(NOT_FOUND,),
    ),
    Operation(
        "cancel_delivery",
        "POST",
        "/v1/deliveries/{delivery_id}/cancel",
        "operate",
        "Have a delivery never sent again, unless it is too late",
        roles=OPERATORS,
        answer="DeliveryView",
        problems=(NOT_FOUND, CONFLICT),
    ),
)

BY_ID: Mapping[str, Operation] = {operation.id: operation for operation in OPERATIONS}
