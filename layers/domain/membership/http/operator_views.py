"""What operators are answered. A secret is told once, where it is made, and never again."""

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pydantic import ConfigDict, Field

from membership.channels import Channel, Delivery, Status
from membership.http.views import Absent, MemberView, OutcomeView, TierView, View, WhyView, why
from membership.member.messages import Specimen
from membership.program.changes import Change, changes
from membership.program.messaging import Purpose
from membership.program.schema import Versions
from membership.program.text import Language, Text
from membership.store.access import ApiKey, Role
from membership.store.approvals import Question
from membership.viewing import see

if TYPE_CHECKING:
    from membership.acting import Acted
    from membership.channels.webhook import WebhookSettings
    from membership.enacting import Enacted


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


class VersionView(View):
    """A version of the program."""

    version: int
    effective_from: datetime | None = Field(
        default=Absent, description="Absent: the first one, for all time."
    )
    in_force: bool


class VersionsView(View):
    """Every version, the newest first."""

    data: tuple[VersionView, ...]

    @classmethod
    def of(cls, versions: Versions, now: datetime) -> "VersionsView":
        in_force, _ = versions.in_force(now)
        return cls(
            data=tuple(
                VersionView(
                    version=number,
                    effective_from=program.effective_from if number > 1 else None,
                    in_force=number == in_force,
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


class AttemptView(View):
    """An attempt to deliver."""

    at: datetime
    status: int | None = Field(default=Absent, description="HTTP status; absent where there was no answer.")
    detail: str


class DeliveryView(View):
    """A message or reward on its way to the shop."""

    id: str = Field(description="Sent as `webhook-id`, the same at every attempt.")
    member_id: str
    outcome_id: str
    type: str
    channel: Channel
    status: Status
    created_at: datetime
    attempts: int
    last: AttemptView | None = Absent

    @classmethod
    def of(cls, one: Delivery) -> "DeliveryView":
        last = one.last
        return cls(
            id=one.id,
            member_id=one.member_id,
            outcome_id=one.outcome_id,
            type=one.type,
            channel=one.channel,
            status=one.status,
            created_at=one.created_at,
            attempts=one.attempts,
            last=AttemptView(at=last.at, status=last.status, detail=last.detail) if last else None,
        )


class DeliveriesView(View):
    """Deliveries, newest first."""

    data: tuple[DeliveryView, ...]
    next_cursor: str | None = Field(default=Absent, description="Absent on the last page.")
