"""What functions log: what went wrong, and where; never about whom.

The words of an exception may hold anything that was being worked on. So only those are logged, and left to
Lambda to log, which are known to speak of nobody.
"""

from collections.abc import Callable, Iterator
from functools import wraps
from traceback import format_tb
from typing import Any, TypeVar

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from pydantic import ValidationError

from membership.errors import MembershipError

Handler = TypeVar("Handler", bound=Callable[[dict[str, Any], Any], Any])


class Failed(Exception):
    """In place of an exception whose words may speak of somebody. The log says where it was."""


def logger() -> Logger:
    """The function's own, as the environment calls it."""
    return Logger(logger_formatter=_Discreet(serialize_stacktrace=False))


def entry(log: Logger) -> Callable[[Handler], Handler]:
    """Around a function's handler: each line says which invocation it is of; what is raised says of whom
    in no word."""

    def around(handler: Handler) -> Handler:
        @wraps(handler)
        def discreet(event: dict[str, Any], context: Any) -> Any:
            try:
                return handler(event, context)
            except Exception as error:
                if isinstance(error, MembershipError) and error.names_nobody:
                    raise
                log.exception("the function failed")
                raise Failed(_named(error)) from None

        told: Handler = log.inject_lambda_context(discreet)  # type: ignore[assignment]
        return told

    return around


class _Discreet(LambdaPowertoolsFormatter):
    def formatException(self, ei: Any) -> str:  # noqa: N802
        return "".join(_told(ei[1]))

    def _extract_log_exception(self, log_record: Any) -> Any:
        told, name, _ = super()._extract_log_exception(log_record)
        return told, name, None  # notes are words, too


def _told(error: BaseException) -> Iterator[str]:
    """As a traceback reads: what it came of first, each with its place and with words that may be told."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before:
        yield from _told(before)
        yield "\nThen:\n\n"
    yield from format_tb(error.__traceback__)
    yield f"{_named(error)}\n"


def _named(error: BaseException) -> str:
    """With those of its words that speak of nobody."""
    return ": ".join((type(error).__name__, *_words(error)))


def _words(error: BaseException) -> Iterator[str]:
    if isinstance(error, MembershipError) and error.names_nobody:
        yield str(error)
    if isinstance(error, ValidationError):
        yield error.title
        found = error.errors(include_input=False, include_url=False, include_context=False)
        yield ", ".join(f"{one['type']} in {next(iter(one['loc']), 'all of it')}" for one in found[:10])
    match getattr(error, "response", None):
        case {"Error": {"Code": str(code)}}:  # of AWS: what it says besides may name what was written
            yield code
