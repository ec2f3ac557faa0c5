"""What the channels that call a service of the account's own have in common."""

from botocore.exceptions import BotoCoreError, ClientError

from membership.channels.base import Answer

TROUBLE = (ClientError, BotoCoreError)


def refused(error: Exception) -> Answer:
    """By its code alone: the service's own words may hold an address or a name."""
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    return Answer(delivered=False, detail=f"the service refused it: {code}")


def not_deployed(what: str, parameter: str) -> Answer:
    """Nobody mends that but whoever deploys the stack."""
    return Answer(delivered=False, detail=f"this stack has no {what}: deploy it with {parameter}", final=True)
