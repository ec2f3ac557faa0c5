"""Messages to members as e-mails, by SES. The address is read when it is needed, and goes nowhere else."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from membership.channels.aws import TROUBLE, not_deployed, refused
from membership.channels.base import Answer, Delivery, Settings
from membership.program.text import Language, Text

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

AddressOf = Callable[[str, str], str | None]
"""The address of a member of a program, if the shop has told one."""
SUBJECT = Text.ours(en="Your membership", zh="您的会员资格")


class MailSettings(BaseModel):
    """What members read, and in which language."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    language: Language = "en"
    subject: str | None = None


def send(
    client: "Callable[[], SESV2Client]",
    sender: str,
    address_of: AddressOf,
    delivery: Delivery,
    settings: Settings,
    _: datetime,
) -> Answer:
    """Send one message. SES knows no repetition: what was sent before a crash is sent twice, with one tag."""
    if not sender:
        return not_deployed("sender of e-mails", "EmailSender")
    data: Any = delivery.payload.get("data")
    if delivery.kind != "messages":
        return Answer(delivered=False, detail="only messages can be e-mails", final=True)
    address = address_of(delivery.program, delivery.member_id)
    if not address:
        return Answer(delivered=False, detail="the member has no e-mail address", final=True)
    mail = MailSettings.model_validate(settings)
    text, subject = Text.model_validate(data["text"]), mail.subject or SUBJECT.get(mail.language)
    try:
        client().send_email(
            FromEmailAddress=sender,
            Destination={"ToAddresses": [address]},
            Content={"Simple": {"Subject": _utf8(subject), "Body": {"Text": _utf8(text.get(mail.language))}}},
            EmailTags=[{"Name": "delivery", "Value": delivery.id}],
        )
    except TROUBLE as error:
        return refused(error)
    return Answer(delivered=True)


def _utf8(words: str) -> Any:
    return {"Data": words, "Charset": "UTF-8"}
