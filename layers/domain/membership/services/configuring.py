"""Where deliveries go, as operators change it: the program's own webhook, and providers of single kinds."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from membership.channels import DEFAULT, Channel, Settings
from membership.channels.webhook import WebhookSettings
from membership.errors import Contended, NotFound


class Channels(Protocol):
    """What configuring needs of a store."""

    def channels(self, program: str) -> Mapping[str, Settings]: ...
    def channel(self, program: str, name: str) -> Settings | None: ...
    def configure(self, program: str, name: str, new: Settings, old: Settings | None) -> bool: ...
    def unset(self, program: str, name: str, old: Settings) -> bool: ...


class Configuring:
    """Each change rests on what was read before it: of two operators at once, one is told to look again.

    `name` is the default channel's, for everything that has no provider, or the kind that a provider takes.
    """

    def __init__(self, channels: Channels, new_secret: Callable[[], str]) -> None:
        self._channels, self._new_secret = channels, new_secret

    def providers(self, program: str) -> Mapping[str, Settings]:
        """Kind → settings of its provider."""
        return {name: one for name, one in self._channels.channels(program).items() if name != DEFAULT}

    def webhook(self, program: str, name: str = DEFAULT) -> WebhookSettings:
        """The settings as they are. Raises NotFound where there is no webhook of that name."""
        return WebhookSettings.model_validate(self._known(program, name))

    def move(
        self, program: str, url: str, now: datetime, name: str = DEFAULT
    ) -> tuple[WebhookSettings, str | None]:
        """Another address; and, where it is the first, the secret that was made for it."""
        old = self._channels.channel(program, name)
        if old and _is_webhook(old):
            settings, secret = WebhookSettings.model_validate(old).moved(url), None
        else:
            secret = self._new_secret()
            settings = WebhookSettings.new(url, secret, now)
        self._put(program, name, settings.model_dump(mode="json"), old)
        return settings, secret

    def rotate(self, program: str, now: datetime, name: str = DEFAULT) -> tuple[WebhookSettings, str]:
        """Another secret; the last one signs along for a while."""
        old, secret = self._known(program, name), self._new_secret()
        settings = WebhookSettings.model_validate(old).rotated(secret, now)
        self._put(program, name, settings.model_dump(mode="json"), old)
        return settings, secret

    def choose(self, program: str, name: str, channel: Channel, settings: Settings) -> None:
        """Another channel than a webhook."""
        self._put(program, name, {"channel": channel, **settings}, self._channels.channel(program, name))

    def drop(self, program: str, name: str) -> None:
        """No provider of its own any more, if there was one: what it took goes the default way."""
        old = self._channels.channel(program, name)
        if old is not None and not self._channels.unset(program, name, old):
            raise Contended("somebody else has changed the provider")

    def _known(self, program: str, name: str) -> Settings:
        settings = self._channels.channel(program, name)
        if settings is None or not _is_webhook(settings):
            way = "/v1/channels/webhook" if name == DEFAULT else f"/v1/providers/{name}"
            raise NotFound(f"there is no webhook yet; put one with PUT {way}")
        return settings

    def _put(self, program: str, name: str, new: Settings, old: Settings | None) -> None:
        if not self._channels.configure(program, name, new, old):
            raise Contended("somebody else has changed this at the same time")


def _is_webhook(settings: Settings) -> bool:
    return bool(settings.get("channel", DEFAULT) == DEFAULT)
