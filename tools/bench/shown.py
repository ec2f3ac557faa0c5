"""What all measurements show alike: the machine, and figures in rows."""

import os
import platform

from rich import box
from rich.table import Table


def machine() -> str:
    """What the figures are of."""
    return (
        f"[bold]Measured here[/]: Python {platform.python_version()}, {os.cpu_count()} processors "
        f"({platform.machine()})"
    )


def table(what: str, *figures: str, title: str | None = None) -> Table:
    """A row for each thing that was measured, with its figures."""
    found = Table(what, title=title, box=box.SIMPLE_HEAD, pad_edge=False)
    for figure in figures:
        found.add_column(figure, justify="right")
    return found
