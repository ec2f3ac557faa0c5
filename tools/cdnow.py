"""The CDNOW log: real orders of 1997 and 1998, as they lie in the wheel `lifetimes` (requirements/data.txt).

Only the wheel's text files are read: none of its dependencies is needed, and the log is not committed here.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, distribution

WHEEL = "lifetimes"
FILES = {
    "sample": ("CDNOW_sample.txt", "6fae10155c0b0ba363c2c386e30f77990d22328220efd862a5edd1443420d94a"),
    "master": ("CDNOW_master.txt", "eff6889ed364c5199d6eacbbeb7a6d559971df4406ac876f322c373f00a072ef"),
}


class LogMissing(Exception):
    """The wheel isn't there, or isn't what it was."""


@dataclass(frozen=True, slots=True)
class Purchase:
    """A line of the log. Orders have no id there, so the line's number is one; lines alike are two orders."""

    line: int
    customer: str
    day: date
    cds: int
    cents: int


def sample() -> list[Purchase]:
    """6,919 purchases by 2,357 customers: a tenth of the customers, all that they bought."""
    return _read("sample")


def master() -> list[Purchase]:
    """69,659 purchases by 23,570 customers."""
    return _read("master")


def _read(which: str) -> list[Purchase]:
    lines = _text(which).splitlines()
    found = []
    for n, line in enumerate(lines, start=1):
        # The sample has a second number of its own for each customer; the whole log begins with titles.
        customer, *_, day, cds, dollars = line.split()
        if customer != "customer_id":
            cents = int(Decimal(dollars).scaleb(2))
            found.append(Purchase(n, customer, date.fromisoformat(day), int(cds), cents))
    return found


def _text(which: str) -> str:
    name, digest = FILES[which]
    try:
        path = distribution(WHEEL).locate_file(f"lifetimes/datasets/{name}")
        content = path.read_bytes()  # type: ignore[attr-defined]  # a Path, which typeshed doesn't promise
    except (PackageNotFoundError, FileNotFoundError):
        raise LogMissing(f"{name} isn't installed: make install brings the wheel {WHEEL}") from None
    if sha256(content).hexdigest() != digest:
        raise LogMissing(f"{name} is not the file that it was; remove .venv and make install")
    return str(content, "ascii")
