"""make bench: units per event, events a second, import times, settles a second; all in one run."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

import typer
from rich.console import Console

from tools.bench import domain, imports, shown, speed, stand, units
from tools.bench.speed import MANY, THREADS
from tools.demo import program as demo
from tools.demo.shop import open_shop
from tools.deploy import Stack, deploy
from tools.emulator import emulator_for

console = Console(highlight=False)


class Part(StrEnum):
    """What can be measured by itself."""

    domain = "domain"
    imports = "imports"
    units = "units"
    speed = "speed"


def main(part: Part | None = None) -> None:
    """Measures all, or a part. Asserts nothing, as times differ between machines (tests hold the units)."""
    parts = {part} if part else set(Part)
    console.print(f"{shown.machine()}, one run; times are medians of rounds that take turns.")
    if Part.domain in parts:
        _domain()
    if parts == {Part.domain}:
        return
    with _stack() as stack:
        if Part.imports in parts:
            _imports(stack)
        if Part.units in parts:
            _units(*(stand.build(stack, one) for one in (None, demo.program(), units.CAFE)))
        if Part.speed in parts:
            _speed(stand.build(stack), stack)


@contextmanager
def _stack() -> Iterator[Stack]:
    """The real template on an emulator of its own, gone afterwards."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with emulator_for("bench") as emulator:
        with console.status("Deploying to an emulator …"):
            stack = deploy(emulator)
        yield stack


def _units(here: stand.Stand, shop: stand.Stand, cafe: stand.Stand) -> None:
    table = shown.table("Capacity units for each fact", "write", "read", "calls")
    usual = units.usual(here)
    rows = [
        *usual,
        units.Units(
            "usual event, altogether (limit: 2 writes, 1 read)",
            sum(one.writes for one in usual),
            sum(one.reads for one in usual),
            sum(one.calls for one in usual),
        ),
        units.longest(here),
        units.earning(here),
        *(units.batch(here, size) for size in units.BATCHES),
        *units.others(here),
        units.real(shop),
        *units.redemptions(cafe),
    ]
    for one in rows:
        table.add_row(one.what, f"{one.writes:.2f}", f"{one.reads:.2f}", f"{one.calls:.2f}")
    console.print(table)


def _speed(here: stand.Stand, stack: Stack) -> None:
    table = shown.table(
        f"Events a second on the emulator, {THREADS} threads", "one member", f"{MANY} members", "ratio"
    )
    with console.status("Events of one member and of many …"):
        found = [*speed.store(here), speed.deployed(open_shop(stack))]
    for one in found:
        hot, many = one.rate(1), one.rate(MANY)
        table.add_row(one.how, f"{hot:,.0f}", f"{many:,.0f}", f"{hot / many:.2f}")
    console.print(table)
    for one in found:
        if one.retries[1] or one.retries[MANY]:
            console.print(
                f"Begun again because another was first, {one.how}: {one.retries[1]:.2f} times an event "
                f"for one member, {one.retries[MANY]:.2f} for many."
            )


def _imports(stack: Stack) -> None:
    title = f"Import time (limit: {imports.LIMIT} times the libraries alone), and calls; ms"
    table = shown.table(title, "import", "ratio", "with a client", "ratio", "first call", "second")
    with console.status("Importing …"):
        found = imports.measure(stack)
    for one in found:
        times = ((one.imported, one.ratio), (one.ready, one.ready_ratio))
        words = [word for ms, ratio in times for word in (f"{ms:.0f}", f"{ratio:.2f}")]
        table.add_row(one.what, *words, *(f"{ms:.0f}" if ms else "" for ms in (one.first, one.second)))
    console.print(table)


def _domain() -> None:
    table = shown.table("Settled in the pure domain, one processor", "facts a second")
    for one in domain.measure():
        table.add_row(one.what, f"{one.rate:,.0f}")
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
