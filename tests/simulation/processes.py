"""The real handlers in one thread: each in a process of its own, which remembers what it has made."""

import gc
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from inspect import unwrap
from pkgutil import walk_packages
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import membership
from membership import runtime
from membership.channels import webhook
from membership.store import programs
from tests.template import FUNCTIONS, parameters, resources

if TYPE_CHECKING:
    from tests.simulation.world import World


@dataclass
class Process:
    """What Lambda keeps between two invocations: lost with a deploy, or when it dies."""

    function: str
    made: dict[Any, Any] = field(default_factory=dict)


class _Now:
    """The world that the one thread is in."""

    world: "World"


def _world() -> "World":
    return _Now.world


@cache
def apps() -> Mapping[str, ModuleType]:
    return {name: import_module(f"functions.{name}.app") for name in FUNCTIONS}


@cache
def handlers() -> Mapping[str, Callable[[Any, Any], Any]]:
    """Without Powertools around them, which write logs and metrics."""
    return {name: unwrap(app.handler) for name, app in apps().items()}


def environment() -> dict[str, str]:
    """Of all functions together: what refers to something holds its name."""
    defaults = {name: parameter.get("Default") for name, parameter in parameters().items()}
    names = defaults | {"Ledger": "ledger", "State": "state"}
    found = {}
    for resource in resources().values():
        if resource["Type"] == "AWS::Serverless::Function":
            for name, value in resource["Properties"]["Environment"]["Variables"].items():
                found[name] = str(names.get(value, value))
    return found


class OneThread:
    """In the place of a pool: one task after the other, in whatever order. A failed one ends none of them."""

    def __init__(self, workers: int | None = None) -> None:
        pass

    def __enter__(self) -> "OneThread":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def map(self, work: Callable[..., Any], *arguments: Any) -> Iterator[Any]:
        tasks = list(zip(*arguments, strict=False))
        done: dict[int, tuple[Any, Exception | None]] = {}
        order = list(range(len(tasks)))
        if len(order) > 1:
            _world().random.shuffle(order)
        for n in order:
            try:
                done[n] = (work(*tasks[n]), None)
            except Exception as error:  # noqa: BLE001 - raised where its result is taken, as a pool does
                done[n] = (None, error)
        return self._taken(done)

    @staticmethod
    def _taken(done: Mapping[int, tuple[Any, Exception | None]]) -> Iterator[Any]:
        for n in range(len(done)):
            result, error = done[n]
            if error:
                raise error
            yield result


def _of_the_process(made: Any) -> Callable[[], Any]:
    make = made.__wrapped__

    def get() -> Any:
        known = _world().process.made
        if make not in known:
            known[make] = make()
        return known[make]

    return get


class _Metrics:
    """Counts nothing, but that a member was parked."""

    def add_metric(self, name: str, unit: Any, value: float) -> None:
        if name == "MembersParked":
            _world().watch.parked()


class _Log:
    """What a function couldn't answer for a reason of ours."""

    def exception(self, message: object, /, **_: Any) -> None:
        _world().watch.troubled(sys.exc_info()[1])

    def info(self, message: object, /, **_: Any) -> None:
        """Who did what by hand, which no law asks for."""


def _changes() -> Iterator[tuple[Any, str, Any]]:
    """Whose what becomes what."""
    for module in (runtime, *apps().values()):
        for name, made in list(vars(module).items()):
            if hasattr(made, "cache_clear") and hasattr(made, "__wrapped__"):
                yield module, name, _of_the_process(made)
    for service in ("dynamodb", "sqs", "events", "functions"):
        yield runtime, service, lambda service=service: _world().ports[service]
    yield runtime, "now", lambda: _world().now
    yield (
        runtime,
        "time",
        SimpleNamespace(monotonic=lambda: _world().now.timestamp(), sleep=lambda seconds: None),
    )
    yield (
        runtime,
        "random",
        SimpleNamespace(SystemRandom=lambda: SimpleNamespace(uniform=lambda low, high: low)),
    )
    yield (
        runtime,
        "secrets",
        SimpleNamespace(
            token_urlsafe=lambda n: f"{_world().random.getrandbits(8 * n):0{2 * n}x}",
            choice=lambda signs: _world().random.choice(signs),
        ),
    )
    yield programs, "_read", cache(programs._read)  # versions never change: one reading is enough
    for name, module in list(sys.modules.items()):
        if name.startswith("membership.") and vars(module).get("ThreadPoolExecutor") is ThreadPoolExecutor:
            yield module, "ThreadPoolExecutor", OneThread
    for app in apps().values():
        if hasattr(app, "metrics"):
            yield app, "metrics", _Metrics()
        if hasattr(app, "service"):
            yield app.service, "_log", _Log()
    yield apps()["dispatch"], "Poster", lambda targets: lambda *asked: _world().post(*asked)
    yield webhook, "new_secret", lambda: _world().new_secret()
    settling = sys.modules["membership.services.settling"]
    yield settling, "settle", _noted(vars(settling)["settle"], together=False)
    yield settling, "rebuild", _noted(vars(settling)["rebuild"], together=True)


def _noted(pure: Callable[..., Any], *, together: bool) -> Callable[..., Any]:
    """The pure step, of which the world keeps what it was told, until it is committed or done again."""

    def call(*told: Any) -> Any:
        return _world().watch.intends(pure, told, together=together)

    return call


@contextmanager
def one_thread() -> Iterator[None]:
    """Every handler that is called from here on is in the world that `enter` names."""
    apps()
    for module in walk_packages(membership.__path__, "membership."):  # none may come later, with its own pool
        import_module(module.name)
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, environment()))
        for where, name, new in _changes():
            stack.enter_context(patch.object(where, name, new))
        before = logging.root.manager.disable
        logging.disable(logging.CRITICAL)
        try:
            yield
        finally:
            logging.disable(before)


def enter(world: "World") -> None:
    _Now.world = world


_stays = ExitStack()


@cache
def stay_in_one_thread() -> None:
    """For as long as this process lives."""
    _stays.enter_context(one_thread())
    gc.collect()
    gc.freeze()  # what stays is not looked through again and again
