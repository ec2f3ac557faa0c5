"""What operators are answered. A secret is told once, where it is made, and never again."""

from datetime import datetime

from pydantic import Field

from membership.channels import Channel, Delivery, Status
from membership.channels.webhook import WebhookSettings
from membership.enacting import Enacted
from membership.http.views import Absent, View
from membership.store.access import ApiKey, Role


class ProgramPutView(View):
    """The version that the program is now."""

    program: str
    version: int
    changed: bool = Field(description="False where the last version said the same: none was added.")
    effective_from: datetime | None = Field(
        default=Absent, description="Absent: the first one, for all time."
    )
    warnings: tuple[str, ...] = Field(description="What is allowed but seldom meant.")

    @classmethod
    def of(cls, enacted: Enacted) -> "ProgramPutView":
        return cls(
            program=enacted.program.id,
            version=enacted.version,
            changed=enacted.fresh,
            effective_from=enacted.program.effective_from if enacted.version > 1 else None,
            warnings=enacted.warnings,
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
    def of(cls, settings: WebhookSettings, now: datetime, secret: str | None = None) -> "WebhookView":
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
