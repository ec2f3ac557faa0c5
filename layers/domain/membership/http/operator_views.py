"""What operators are answered. A secret is told once, where it is made, and never again."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

from pydantic import ConfigDict, Field

from membership.channels import DEFAULT, LOGGED, Attempt, Channel, Delivery, Kind, Settings, Status
from membership.http.member_views import MemberView
from membership.http.outcome_views import OutcomeView, WhyView, why
from membership.http.view import Absent, TierView, View
from membership.member.messages import Specimen
from membership.program.changes import Change, changes
from membership.program.messaging import Purpose
from membership.program.schema import Versions
from membership.program.text import Language, Text
from membership.report import Report
from membership.services.viewing import see
from membership.store.access import ApiKey, Role
from membership.store.approvals import Question
from membership.store.belongings import Sort
from membership.store.programs import Signature

if TYPE_CHECKING:
    from membership.channels.webhook import WebhookSettings
    from membership.services.acting import Acted
    from membership.services.enacting import Enacted
    from membership.services.exporting import Exported


class ProgramPutView(View):
    """The version that the program is now."""

    program: str
    version: int
    changed: bool = Field(description="False where the last version said the same: none was added.")
    effective_from: datetime | None = Field(
        default=Absent, description="Absent: the first one, for all time."
    )
    warnings: tuple[str, ...] = Field(description="What is allowed but seldom meant.")
    changes: tuple[str, ...] = Field(description="What it changes of the version before, in words.")

    @classmethod
    def of(cls, enacted: "Enacted", lang: Language) -> "ProgramPutView":
        before = enacted.before
        return cls(
            program=enacted.program.id,
            version=enacted.version,
            changed=enacted.fresh,
            effective_from=enacted.program.effective_from if enacted.version > 1 else None,
            warnings=enacted.warnings,
            changes=tuple(one.text for one in changes(before, enacted.program, lang)) if before else (),
        )


class SignatureView(View):
    """Who put a version, and when and why."""

    at: datetime
    by: str = Field(description="The id of the key; or a name, where it was put without one.")
    reason: str | None = Absent


class VersionView(View):
    """A version of the program."""

    version: int
    effective_from: datetime | None = Field(
        default=Absent, description="Absent: the first one, for all time."
    )
    in_force: bool
    put: SignatureView | None = Field(default=Absent, description="Absent where nobody signed it.")


class VersionsView(View):
    """Every version, the newest first."""

    data: tuple[VersionView, ...]

    @classmethod
    def of(cls, versions: Versions, signatures: Mapping[int, Signature], now: datetime) -> "VersionsView":
        in_force, _ = versions.in_force(now)
        return cls(
            data=tuple(
                VersionView(
                    version=number,
                    effective_from=program.effective_from if number > 1 else None,
                    in_force=number == in_force,
                    put=SignatureView(**signatures[number]._asdict()) if number in signatures else None,
                )
                for number, program in reversed([*versions])
            )
        )


class ChangeView(Change):
    """One thing that reads otherwise."""

    before: str | None = Absent
    after: str | None = Absent


class ChangesView(View):
    """From one version to another."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    from_: int = Field(alias="from")
    to: int
    changes: tuple[ChangeView, ...]

    @classmethod
    def of(cls, versions: Versions, one: int, other: int, lang: Language) -> "ChangesView":
        found = changes(versions.numbered(one), versions.numbered(other), lang)
        told = tuple(ChangeView.model_validate(change.model_dump()) for change in found)
        return cls(from_=one, to=other, changes=told)


class ActedView(View):
    """What an act came to, settled before the answer."""

    status: Literal["accepted", "duplicate"] = Field(
        description="duplicate: the same was asked for before, and is answered as it was then."
    )
    member: MemberView
    outcomes: tuple[OutcomeView, ...] = Field(description="What it led to.")

    @classmethod
    def of(cls, acted: "Acted", versions: Versions, now: datetime, lang: Language) -> "ActedView":
        return cls(
            status=acted.status,
            member=MemberView.of(see(versions, acted.committed.member, now), lang),
            outcomes=tuple(OutcomeView.of(one, versions, lang) for one in acted.committed.outcomes),
        )


class AnswerView(View):
    """How an approval was answered."""

    verdict: Literal["approve", "decline"]
    by: str
    reason: str
    at: datetime


class ApprovalView(View):
    """A question to operators."""

    id: str
    status: Literal["open", "approved", "declined", "withdrawn"]
    kind: Literal["promotion", "special", "refund"] = Field(
        description="promotion: a tier that you confirm was reached. special: a member on one of your lists. "
        "refund: a tier that was reached by what was returned since."
    )
    member_id: str
    ladder: str
    tier: TierView = Field(description="The tier that was reached; else the one that the member stands in.")
    condition: str | None = Field(default=Absent, description="Of a special review: its id.")
    requested_at: datetime
    why: WhyView
    answer: AnswerView | None = Absent

    @classmethod
    def of(cls, one: Question, versions: Versions, lang: Language) -> "ApprovalView":
        program = versions.numbered(one.asked.evidence.version)
        return cls(
            id=one.id,
            status=one.status,
            kind=one.asked.kind,
            member_id=one.member_id,
            ladder=one.asked.ladder,
            tier=TierView.of(program.tier(one.asked.tier), lang),
            condition=one.asked.condition,
            requested_at=one.requested_at,
            why=why(one.asked.evidence, versions, lang),
            answer=AnswerView(
                verdict=one.answer.verdict, by=one.answer.by, reason=one.answer.reason, at=one.answer.at
            )
            if one.answer
            else None,
        )


class ApprovalsView(View):
    """Approvals of one status, oldest first."""

    data: tuple[ApprovalView, ...]
    next_cursor: str | None = Field(default=Absent, description="Absent on the last page.")


class TextView(View):
    """The same in both languages."""

    en: str
    zh: str

    @classmethod
    def of(cls, text: Text) -> "TextView":
        return cls(en=text.get("en"), zh=text.get("zh"))


class MessagePreviewView(View):
    """A message as a member would read it."""

    about: str
    purpose: Purpose = Field(description="notice: nobody can be left without it.")
    words: Literal["given", "saved", "standard"] = Field(description="Whose the words are.")
    text: TextView
    fields: dict[str, TextView] = Field(description="What the words could name, and what stood for it.")

    @classmethod
    def of(cls, shown: Specimen) -> "MessagePreviewView":
        return cls(
            about=shown.about,
            purpose=shown.purpose,
            words=shown.words,
            text=TextView.of(shown.text),
            fields={name: TextView.of(text) for name, text in shown.fields.items()},
        )


class KeyView(View):
    """A key, without its secret."""

    key_id: str
    role: Role
    label: str
    created_at: datetime
    revoked_at: datetime | None = Absent

    @classmethod
    def of(cls, key: ApiKey) -> "KeyView":
        return cls(
            key_id=key.key_id,
            role=key.role,
            label=key.label,
            created_at=datetime.fromisoformat(key.created_at),
            revoked_at=datetime.fromisoformat(key.revoked_at) if key.revoked_at else None,
        )


class IssuedKeyView(View):
    """A new key."""

    key: KeyView
    secret: str = Field(description="Send it as `Authorization: Bearer …`. Keep it: it is not told again.")


class KeysView(View):
    """Every key of the program, revoked ones too."""

    data: tuple[KeyView, ...]


class TokenView(View):
    """A member's token."""

    token: str = Field(description="Send it as `Authorization: Bearer …`, from the member's own device.")
    expires_at: datetime


class SecretView(View):
    """A signing secret, as far as it is told."""

    created_at: datetime
    expires_at: datetime | None = Field(
        default=Absent, description="When it stops signing; the newest has no end."
    )


class WebhookView(View):
    """Where webhooks go."""

    url: str
    secrets: tuple[SecretView, ...] = Field(description="That sign now, the newest first.")
    secret: str | None = Field(
        default=Absent, description="Where it has just been made: it is not told again."
    )

    @classmethod
    def of(cls, settings: "WebhookSettings", now: datetime, secret: str | None = None) -> "WebhookView":
        signing = settings.signing(now)
        return cls(
            url=settings.url,
            secrets=tuple(
                SecretView(created_at=one.created_at, expires_at=one.expires_at)
                for one in settings.secrets
                if one.secret in signing
            ),
            secret=secret,
        )


class ProviderView(View):
    """Where one kind of deliveries goes."""

    kind: Kind
    channel: Channel
    url: str | None = Field(default=Absent, description="Of a webhook.")
    secrets: tuple[SecretView, ...] | None = Field(
        default=Absent, description="Of a webhook: those that sign now, the newest first."
    )
    secret: str | None = Field(
        default=Absent, description="Where it has just been made: it is not told again."
    )
    language: Language | None = Field(default=Absent, description="Of e-mails.")
    subject: str | None = Field(default=Absent, description="Of e-mails.")

    @classmethod
    def of(cls, kind: Kind, settings: Settings, now: datetime, secret: str | None = None) -> "ProviderView":
        channel = settings.get("channel", DEFAULT)
        if channel != DEFAULT:
            more = {name: settings.get(name) for name in ("language", "subject")}
            return cls(kind=kind, channel=channel, **more)
        from membership.channels.webhook import WebhookSettings

        webhook = WebhookView.of(WebhookSettings.model_validate(settings), now)
        return cls(kind=kind, channel=channel, url=webhook.url, secrets=webhook.secrets, secret=secret)


class ProvidersView(View):
    """Of kinds that don't go to the webhook."""

    data: tuple[ProviderView, ...]

    @classmethod
    def of(cls, providers: Mapping[str, Settings], now: datetime) -> "ProvidersView":
        return cls(
            data=tuple(
                ProviderView.of(kind, providers[kind], now) for kind in get_args(Kind) if kind in providers
            )
        )


class AttemptView(View):
    """An attempt to deliver."""

    at: datetime
    status: int | None = Field(default=Absent, description="HTTP status; absent where there was no answer.")
    detail: str = Field(description="What was answered, or why nothing was.")

    @classmethod
    def of(cls, one: Attempt) -> "AttemptView":
        return cls(at=one.at, status=one.status, detail=one.detail)


class CancelledView(View):
    """That a delivery was cancelled."""

    at: datetime
    by: str = Field(description="The key that was used.")


class DeliveryView(View):
    """A message or reward on its way to the shop."""

    id: str = Field(description="Sent as `webhook-id`, the same at every attempt.")
    member_id: str
    outcome_id: str
    type: str
    kind: Kind | None = Field(default=Absent, description="What it brings.")
    channel: Channel = Field(description="By which it was tried last.")
    status: Status
    created_at: datetime
    attempts: int = Field(description="All of them.")
    last: AttemptView | None = Absent
    next_attempt_at: datetime | None = Field(default=Absent, description="While it is pending.")
    stuck: str | None = Field(default=Absent, description="Why it isn't there yet, in words.")
    cancelled: CancelledView | None = Absent

    @classmethod
    def of(cls, one: Delivery) -> "DeliveryView":
        return cls(**_told(one))


class LoggedDeliveryView(DeliveryView):
    """A delivery, with what became of each attempt."""

    log: tuple[AttemptView, ...] = Field(description=f"The last {LOGGED} attempts, the oldest of them first.")

    @classmethod
    def of(cls, one: Delivery) -> "LoggedDeliveryView":
        return cls(**_told(one), log=tuple(map(AttemptView.of, one.log)))


def _told(one: Delivery) -> dict[str, Any]:
    shared = ("id", "member_id", "outcome_id", "type", "kind", "channel", "status", "created_at", "attempts")
    return {name: getattr(one, name) for name in shared} | {
        "last": AttemptView.of(one.last) if one.last else None,
        "next_attempt_at": one.next_at,
        "stuck": _stuck(one),
        "cancelled": CancelledView(at=one.cancelled.at, by=one.cancelled.by) if one.cancelled else None,
    }


def _stuck(one: Delivery) -> str | None:
    if one.ended:
        return None
    if one.last is None:
        return "no attempt has ended yet"
    met = f"answered {one.last.status}" if one.last.status else ""
    words = ": ".join(part for part in (met, one.last.detail) if part)
    return words if one.status == "pending" else f"given up after {one.attempts} attempts; {words}"


class ExportEntryView(View):
    """One thing that is kept of a member."""

    sort: Sort = Field(
        description="state: what it is now. refunded: what was given back of an order. parked: a fact that "
        "could not be settled. fact: what was told of it or done to it. outcome: what was decided."
    )
    data: dict[str, Any] = Field(description="As it is kept.")
    approval: ApprovalView | None = Field(default=Absent, description="That the outcome asked for.")
    delivery: LoggedDeliveryView | None = Field(
        default=Absent, description="Of the outcome, for 90 days after the last attempt."
    )

    @classmethod
    def of(cls, one: "Exported", versions: Versions, lang: Language) -> "ExportEntryView":
        return cls(
            sort=one.sort,
            data=one.data,
            approval=ApprovalView.of(one.approval, versions, lang) if one.approval else None,
            delivery=LoggedDeliveryView.of(one.delivery) if one.delivery else None,
        )


class ExportView(View):
    """What is kept of a member and of those that it absorbed: of each the state, the facts, the outcomes."""

    data: tuple[ExportEntryView, ...]
    next_cursor: str | None = Field(default=Absent, description="Absent on the last page.")


class DeliveriesView(View):
    """Deliveries, newest first."""

    data: tuple[DeliveryView, ...]
    next_cursor: str | None = Field(default=Absent, description="Absent on the last page.")


class PointsReportView(View):
    """What members had to spend, and the program to give, on a day."""

    day: date = Field(description="Of the program.")
    at: datetime = Field(description="When it was begun.")
    members: int = Field(description="Who takes part.")
    with_points: int
    outstanding: int = Field(description="That can be spent.")
    pending: int = Field(description="That can be spent later.")
    debt: int = Field(description="That is owed, of refunds.")
    suspended: int = Field(description="Of who is blocked or has left: it comes back with them.")
    expiring: dict[str, int] = Field(description="Month of the last day, as 2028-04 → what is gone after it.")
    lasting: int = Field(description="To which no end is set.")
    issued: int = Field(description="Ever earned, granted with rewards, and adjusted.")
    spent: int
    expired: int
    taken_back: int
    breakage_percent: str = Field(description="How much of what was ever issued has expired unspent.")

    @classmethod
    def of(cls, report: Report) -> "PointsReportView":
        whole, part = divmod(report.breakage, 100)
        summed = {name: getattr(report.sums, name) for name in cls.model_fields if hasattr(report.sums, name)}
        return cls(
            day=report.day,
            at=report.at,
            issued=report.issued,
            breakage_percent=f"{whole}.{part:02}",
            **summed,
        )


class PointsReportsView(View):
    """The newest first."""

    data: tuple[PointsReportView, ...]
    next_cursor: str | None = Field(default=Absent, description="Absent on the last page.")


class BenefitUseView(View):
    """How often a benefit was used by members who then had the tier."""

    benefit: str
    tier: str
    used: int
    members: int = Field(description="In whom the tier counts now.")


class BenefitsReportView(View):
    """Uses until a day."""

    day: date = Field(description="Of the program.")
    at: datetime = Field(description="When it was begun.")
    uses: tuple[BenefitUseView, ...]

    @classmethod
    def of(cls, report: Report) -> "BenefitsReportView":
        places = [(key.rpartition("/"), used) for key, used in sorted(report.sums.used.items())]
        return cls(
            day=report.day,
            at=report.at,
            uses=tuple(
                BenefitUseView(
                    benefit=benefit, tier=tier, used=used, members=report.sums.in_tier.get(tier, 0)
                )
                for (benefit, _, tier), used in places
            ),
        )


class BenefitsReportsView(View):
    """The newest first."""

    data: tuple[BenefitsReportView, ...]
    next_cursor: str | None = Field(default=Absent, description="Absent on the last page.")
