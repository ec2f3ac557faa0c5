"""Ways to deliver. A new one is one new file, its name in `Channel` (base.py), and one line in this table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from membership.channels.base import (
    DEFAULT,
    LOGGED,
    Answer,
    Attempt,
    Cancelled,
    Channel,
    Delivery,
    Kind,
    Send,
    Settings,
    Status,
    delivery_id,
)

if TYPE_CHECKING:
    from membership.channels import mail
    from membership.channels.outgoing import Post

DELIVERED = frozenset({"message.due", "reward.granted", "reward.redeemed"})
"""Types of outcomes that the template's rule puts into the queue."""


@dataclass(frozen=True)
class Account:
    """What channels may use of the account that the stack is in; as it is by default, nothing."""

    topic: str = ""
    """ARN of an SNS topic."""
    sender: str = ""
    """The address that e-mails are from, which SES has verified."""
    sns: Callable[[], Any] = lambda: None
    ses: Callable[[], Any] = lambda: None
    address_of: "mail.AddressOf" = lambda *_: None


def open_channels(post: "Post", account: Account = Account()) -> Mapping[Channel, Send]:
    """The table of all ways to deliver, each with what it needs to reach the outside."""
    # Here, as the store knows deliveries but sends none.
    from membership.channels import mail, topic, webhook

    return {
        "webhook": partial(webhook.send, post),
        "topic": partial(topic.send, account.sns, account.topic),
        "mail": partial(mail.send, account.ses, account.sender, account.address_of),
    }


__all__ = [
    "DEFAULT",
    "DELIVERED",
    "LOGGED",
    "Account",
    "Answer",
    "Attempt",
    "Cancelled",
    "Channel",
    "Delivery",
    "Kind",
    "Send",
    "Settings",
    "Status",
    "delivery_id",
    "open_channels",
]
