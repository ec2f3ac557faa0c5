"""Ledger's stream, new outcomes → event bus."""

import os
from typing import Any

from aws_lambda_powertools.logging import Logger

from membership import runtime
from membership.publishing import publish, read_outcomes

logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> None:
    """Put the outcomes on the bus; raise where it won't take them, so that the stream brings them again."""
    outcomes = read_outcomes(event["Records"])
    publish(outcomes, os.environ["BUS_NAME"], runtime.events(), runtime.pause)
    logger.info("published", extra={"outcomes": len(outcomes)})
