"""Where webhooks go and what signs them, as operators change it."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from membership.channels import Channel, Settings
from membership.channels.webhook import WebhookSettings
from membership.errors import Contended, NotFound

_CHANNEL: Channel = "webhook"


class Channels(Protocol):
    """What configuring needs of a store."""

    def channel(self, program: str, channel: Channel) -> Settings | None: ...
    def configure(self, program: str, channel: Channel, new: Settings, old: Settings | None) -> bool: ...


class Configuring:
    """Each change rests on what was read before it: of two operators at once, one is told to look again."""

    def __init__(self, channels: Channels, new_secret: Callable[[], str]) -> None:
        self._channels, self._new_secret = channels, new_secret

    def webhook(self, program: str) -> WebhookSettings:
        """The settings as they are. Raises NotFound where there are none."""
        return WebhookSettings.model_validate(self._known(program))

    def move(self, program: str, url: str, now: datetime) -> tuple[WebhookSettings, str | None]:
        """Another address; and, where it is the first, the secret that was made for it."""
        old = self._channels.channel(program, _CHANNEL)
        secret = None if old else self._new_secret()
        settings = (
            WebhookSettings.new(url, secret, now)
            if secret
            else WebhookSettings.model_validate(old).moved(url)
        )
        self._put(program, settings, old)
        return settings, secret

    def rotate(self, program: str, now: datetime) -> tuple[WebhookSettings, str]:
        """Another secret; the last one signs along for a while."""
        old, secret = self._known(program), self._new_secret()
        settings = WebhookSettings.model_validate(old).rotated(secret, now)
        self._put(program, settings, old)
        return settings, secret

    def _known(self, program: str) -> Settings:
        settings = self._channels.channel(program, _CHANNEL)
        if settings is None:
            raise NotFound("there is no webhook yet; put one with PUT /v1/channels/webhook")
        return settings

    def _put(self, program: str, new: WebhookSettings, old: Settings | None) -> None:
        if not self._channels.configure(program, _CHANNEL, new.model_dump(mode="json"), old):
            raise Contended("somebody else has changed the webhook")
