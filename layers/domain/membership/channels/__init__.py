"""Ways to deliver. A new one is one new file, its name in `Channel` (base.py), and one line in this table."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from membership.channels.base import Answer, Attempt, Channel, Delivery, Send, Settings, Status, delivery_id

if TYPE_CHECKING:
    from membership.channels.outgoing import Post

DEFAULT: Channel = "webhook"


def open_channels(post: "Post") -> Mapping[Channel, Send]:
    """The table of all ways to deliver, each with what it needs to reach the outside."""
    # Here, as the store knows deliveries but sends none.
    from membership.channels import webhook

    return {
        "webhook": partial(webhook.send, post),
    }


__all__ = [
    "DEFAULT",
    "Answer",
    "Attempt",
    "Channel",
    "Delivery",
    "Send",
    "Settings",
    "Status",
    "delivery_id",
    "open_channels",
]
