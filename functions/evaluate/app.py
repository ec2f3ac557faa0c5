"""Ledger's stream, new facts → settled members."""

import json
from typing import Any

from aws_lambda_powertools.metrics import Metrics, MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from membership import logs, runtime
from membership.errors import Contended
from membership.services.evaluating import Verdict, evaluate, read_batch

logger = logs.logger()
metrics = Metrics()

PASSING = (Contended, ClientError, BotoCoreError)
"""Another attempt may not meet these: the stream keeps the batch and brings it again."""


@logs.entry(logger)
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> None:
    """Settle every member of the batch that can be; raise at the end where a retry can mend the rest."""

    def note(verdict: Verdict, trouble: Exception | None) -> None:
        metrics.add_metric(f"Members{verdict.capitalize()}", MetricUnit.Count, 1)
        if verdict == "parked":
            logger.error("a member is parked until it is rebuilt", exc_info=trouble)
        elif trouble:
            logger.warning("a member could not be settled now", exc_info=trouble)

    evaluate(
        read_batch(event["Records"]),
        runtime.settling(),
        runtime.ledger(),
        runtime.now(),
        PASSING,
        note,
        forget=_forget,
    )


def _forget(program: str, member_id: str) -> None:
    """Only the eraser may take anything away from the ledger."""
    asked = {"forget": {"program": program, "member_id": member_id}}
    runtime.hand_on(runtime.settings().erase_function, json.dumps(asked))
