"""Ledger's stream, new outcomes → event bus."""

import os
from typing import Any

from membership import logs, runtime
from membership.services.publishing import publish, read_outcomes

logger = logs.logger()


@logs.entry(logger)
def handler(event: dict[str, Any], context: Any) -> None:
    """Put the outcomes on the bus; raise where it won't take them, so that the stream brings them again."""
    outcomes = read_outcomes(event["Records"])
    publish(outcomes, os.environ["BUS_NAME"], runtime.events(), runtime.pause)
    logger.info("published", extra={"outcomes": len(outcomes)})
