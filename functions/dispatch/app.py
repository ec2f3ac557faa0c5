"""Delivery queue → channels: brings rewards and messages to the shop; what fails waits in the queue."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from membership import logs, runtime
from membership.channels import Account, open_channels
from membership.channels.outgoing import TARGETS, Poster
from membership.services.dispatching import Backoff, Dispatcher
from membership.store.addresses import Addresses
from membership.store.deliveries import Deliveries

logger = logs.logger()


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handler works with; made once per process, and by tests from parts of their own."""

    dispatcher: Callable[[], Dispatcher]
    postpone: Callable[[str, int], None]
    put_back: Callable[[str, int], None]


def wire(env: Mapping[str, str]) -> Wiring:
    """Connect the handler to the services that the environment names."""
    deliveries = Deliveries(runtime.dynamodb(), env["STATE_TABLE"])
    account = Account(
        topic=env.get("MESSAGE_TOPIC", ""),
        sender=env.get("EMAIL_SENDER", ""),
        sns=runtime.sns,
        ses=runtime.ses,
        address_of=Addresses(runtime.dynamodb(), env["STATE_TABLE"]),
    )
    channels = open_channels(Poster(TARGETS[env["WEBHOOK_TARGETS"]]), account)
    base, cap = env.get("RETRY_BASE_SECONDS", Backoff.base), env.get("RETRY_CAP_SECONDS", Backoff.cap)
    receives = int(env.get("MAX_RECEIVES", Dispatcher.max_receives))

    def postpone(receipt: str, seconds: int) -> None:
        queue = env["DELIVERY_QUEUE_URL"]
        runtime.sqs().change_message_visibility(
            QueueUrl=queue, ReceiptHandle=receipt, VisibilityTimeout=seconds
        )

    def put_back(message: str, seconds: int) -> None:
        runtime.sqs().send_message(
            QueueUrl=env["DELIVERY_QUEUE_URL"], MessageBody=message, DelaySeconds=seconds
        )

    backoff = Backoff(float(base), float(cap))
    dispatcher = partial(Dispatcher, deliveries, channels, runtime.now, backoff, receives)
    return Wiring(dispatcher, postpone, put_back)


def dispatch(event: dict[str, Any], wiring: Wiring) -> dict[str, Any]:
    """Dispatch a batch; answers which messages stay in the queue."""
    dispatcher, done = wiring.dispatcher(), set()
    for record in event["Records"]:
        try:
            if early := dispatcher.too_early(record["body"]):
                wiring.put_back(record["body"], early)
                done.add(record["messageId"])
                continue
            wait = dispatcher.dispatch(record["body"], int(record["attributes"]["ApproximateReceiveCount"]))
            if wait is None:
                done.add(record["messageId"])
            else:
                wiring.postpone(record["receiptHandle"], wait)
        except Exception:  # the queue keeps this one, at last in its dead letters; the others must go on
            logger.exception("a message stays in the queue", extra={"message_id": record["messageId"]})
    kept = [record["messageId"] for record in event["Records"] if record["messageId"] not in done]
    logger.info("dispatched", extra={"done_or_put_back": len(done), "kept": len(kept)})
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in kept]}


_wiring = cache(lambda: wire(os.environ))


@logs.entry(logger)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Lambda's entry."""
    return dispatch(event, _wiring())
