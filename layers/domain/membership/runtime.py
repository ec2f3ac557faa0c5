"""What functions are wired to: environment, clients, clock. Nothing is made before it is first asked for."""

import gc
import os
import random
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from membership.store.tables import Tables

# What is made here is imported where it is made: the authorizer needs none of the domain. Handlers that do
# need it import it themselves, so that it is loaded while Lambda starts them, not while a caller waits.
if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

    from membership.services.acting import Acting
    from membership.services.certifying import Certifying
    from membership.services.cutting import Cutting
    from membership.services.exporting import Exporting
    from membership.services.ingesting import Ingest
    from membership.services.rearming import Rearming
    from membership.services.reconciling import Reconciling
    from membership.services.redeeming import Redeeming
    from membership.services.reporting import Reporting
    from membership.services.settling import Settling
    from membership.services.viewing import Viewing
    from membership.store.access import Access
    from membership.store.approvals import Approvals
    from membership.store.cuts import Cuts
    from membership.store.deliveries import Deliveries
    from membership.store.erasing import Eraser
    from membership.store.ledger import Ledger
    from membership.store.programs import Programs
    from membership.store.reports import Reports
    from membership.store.roster import Roster
    from membership.store.shelves import Shelves
    from membership.store.sweeps import Sweeps

# Importing and building models makes no garbage worth looking for: the collector would take a twentieth of a
# cold start.
gc.set_threshold(50_000, 20, 20)


class Settings(NamedTuple):
    """What the template tells a function. Each function has only those that it may use."""

    ledger_table: str = ""
    state_table: str = ""
    bus_name: str = ""
    delivery_queue_url: str = ""
    webhook_targets: str = "public"
    message_topic: str = ""
    email_sender: str = ""
    """Of channels that are off by default."""
    public_url: str = ""
    erase_function: str = ""

    @property
    def sends_mails(self) -> bool:
        return bool(self.email_sender)

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Settings":
        env = os.environ if env is None else env
        return cls(
            ledger_table=env.get("LEDGER_TABLE", ""),
            state_table=env.get("STATE_TABLE", ""),
            bus_name=env.get("BUS_NAME", ""),
            delivery_queue_url=env.get("DELIVERY_QUEUE_URL", ""),
            webhook_targets=env.get("WEBHOOK_TARGETS", "public"),
            message_topic=env.get("MESSAGE_TOPIC", ""),
            email_sender=env.get("EMAIL_SENDER", ""),
            public_url=env.get("PUBLIC_URL", ""),
            erase_function=env.get("ERASE_FUNCTION", ""),
        )


@cache
def settings() -> Settings:
    return Settings.from_env()


def now() -> datetime:
    """The only clock. Handlers ask for it once and pass the time on."""
    return datetime.now(UTC)


def random_text(n: int) -> str:
    """`n` random bytes as text that is safe in ids and headers."""
    return secrets.token_urlsafe(n)


_LEGIBLE = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def random_code() -> str:
    """80 random bits as people can read them out: no 0 and O, no 1 and I."""
    signs = "".join(secrets.choice(_LEGIBLE) for _ in range(16))
    return "-".join(signs[n : n + 4] for n in range(0, 16, 4))


def hand_on(function: str, asked: str) -> None:
    """Have a function of this stack do what is asked, as JSON; nobody waits for it."""
    functions().invoke(FunctionName=function, InvocationType="Event", Payload=asked)


def time_left(context: Any, spare: int) -> Callable[[], bool]:
    """Whether this invocation may go on, with so many milliseconds to spare for its end."""
    return lambda: context.get_remaining_time_in_millis() > spare


@cache
def _session() -> Any:
    # botocore alone: boto3 adds 40 ms to a cold start and nothing that is used here.
    from botocore.session import get_session

    return get_session()


def _client(service: str) -> Any:
    from botocore.config import Config

    # DynamoDB answers in milliseconds: what takes seconds is better asked again than waited for.
    config = Config(
        connect_timeout=1,
        read_timeout=3,
        max_pool_connections=32,
        retries={"mode": "standard", "total_max_attempts": 4},
    )
    return _session().create_client(service, config=config)


@cache
def dynamodb() -> "DynamoDBClient":
    client: DynamoDBClient = _client("dynamodb")
    return client


@cache
def sqs() -> "SQSClient":
    client: SQSClient = _client("sqs")
    return client


@cache
def events() -> "EventBridgeClient":
    client: EventBridgeClient = _client("events")
    return client


@cache
def functions() -> "LambdaClient":
    client: LambdaClient = _client("lambda")
    return client


@cache
def sns() -> "SNSClient":
    client: SNSClient = _client("sns")
    return client


@cache
def ses() -> "SESV2Client":
    client: SESV2Client = _client("sesv2")
    return client


@cache
def tables() -> Tables:
    return Tables(ledger=settings().ledger_table, state=settings().state_table)


@cache
def ledger() -> "Ledger":
    from membership.store.ledger import Ledger

    return Ledger(dynamodb(), tables())


@cache
def programs() -> "Programs":
    from membership.store.programs import Programs

    return Programs(dynamodb(), tables(), time.monotonic)


@cache
def access() -> "Access":
    from membership.store.access import Access

    return Access(dynamodb(), tables())


@cache
def deliveries() -> "Deliveries":
    from membership.store.deliveries import Deliveries

    return Deliveries(dynamodb(), tables().state)


@cache
def settling() -> "Settling":
    from membership.services.settling import Settling

    return Settling(ledger(), programs(), pause)


@cache
def ingest() -> "Ingest":
    from membership.services.ingesting import Ingest

    return Ingest(ledger(), settling())


@cache
def shelves() -> "Shelves":
    from membership.store.shelves import Shelves

    return Shelves(dynamodb(), tables(), pause)


@cache
def redeeming() -> "Redeeming":
    from membership.services.redeeming import Redeeming

    return Redeeming(ledger(), programs(), shelves(), settling())


@cache
def approvals() -> "Approvals":
    from membership.store.approvals import Approvals

    return Approvals(dynamodb(), tables())


@cache
def acting() -> "Acting":
    from membership.services.acting import Acting

    return Acting(ledger(), programs(), approvals(), settling())


@cache
def roster() -> "Roster":
    from membership.store.roster import Roster

    return Roster(dynamodb(), tables())


@cache
def sweeps() -> "Sweeps":
    from membership.store.sweeps import Sweeps

    return Sweeps(dynamodb(), tables())


@cache
def certifying() -> "Certifying":
    from membership.services.certifying import Certifying
    from membership.store.certificates import Certificates

    return Certifying(viewing(), Certificates(dynamodb(), tables()))


@cache
def cuts() -> "Cuts":
    from membership.store.cuts import Cuts

    return Cuts(dynamodb(), tables())


@cache
def cutting() -> "Cutting":
    from membership.services.cutting import Cutting

    return Cutting(ledger(), programs(), roster(), sweeps(), cuts())


@cache
def reports() -> "Reports":
    from membership.store.reports import Reports

    return Reports(dynamodb(), tables())


@cache
def reporting() -> "Reporting":
    from membership.services.reporting import Reporting

    return Reporting(programs(), roster(), sweeps(), reports())


@cache
def rearming() -> "Rearming":
    from membership.services.rearming import Rearming

    return Rearming(ledger(), programs(), roster(), sweeps())


@cache
def reconciling() -> "Reconciling":
    from membership.services.reconciling import Reconciling

    return Reconciling(ledger(), programs(), roster(), sweeps())


@cache
def eraser() -> "Eraser":
    from membership.store.erasing import Eraser

    return Eraser(dynamodb(), tables())


@cache
def exporting() -> "Exporting":
    from membership.services.exporting import Exporting
    from membership.store.belongings import Belongings

    return Exporting(ledger(), Belongings(dynamodb(), tables()), approvals(), deliveries())


@cache
def viewing() -> "Viewing":
    from membership.services.viewing import Viewing

    return Viewing(ledger(), programs())


def pause(attempt: int) -> None:
    """Wait before trying again."""
    # Full jitter: writers that met once should not meet again. The system's chance, because processes that
    # start from one snapshot would all draw the same from their own.
    time.sleep(random.SystemRandom().uniform(0, min(0.5, 0.01 * 2**attempt)))


def forget() -> None:
    """Let go of everything made so far, for tests that change the environment."""
    clients = (dynamodb, sqs, events, functions, sns, ses)
    stores = (ledger, programs, access, deliveries, approvals, eraser, roster, sweeps, cuts, shelves, reports)
    services = (
        settling,
        ingest,
        acting,
        redeeming,
        viewing,
        exporting,
        certifying,
        cutting,
        rearming,
        reporting,
        reconciling,
    )
    for one in (settings, tables, *clients, *stores, *services):
        one.cache_clear()
