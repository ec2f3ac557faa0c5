"""An SNS topic of the account: whoever subscribes gets what a webhook would bring."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from membership.channels.aws import TROUBLE, not_deployed, refused
from membership.channels.base import Answer, Delivery, Settings
from membership.channels.webhook import body_of

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


def send(
    client: "Callable[[], SNSClient]", topic: str, delivery: Delivery, _: Settings, __: datetime
) -> Answer:
    """Publish one delivery. Subscribers tell a repetition by the attribute `id`, and filter by the others."""
    if not topic:
        return not_deployed("topic", "MessageTopic")
    told = {"id": delivery.id, "type": delivery.type, "program": delivery.program, "kind": delivery.kind}
    attributes = {name: value for name, value in told.items() if value}
    try:
        client().publish(
            TopicArn=topic,
            Message=body_of(delivery),
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
        )
    except TROUBLE as error:
        return refused(error)
    return Answer(delivered=True)
