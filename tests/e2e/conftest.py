"""The real template on an emulator of its own: started, built, deployed once for all tests of this folder."""

from collections.abc import Iterator

import pytest

from tools.deploy import Stack, deploy
from tools.emulator import emulator_for


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Shared, so keep tests apart by programs and members of their own."""
    with emulator_for("e2e") as emulator:
        yield deploy(emulator)
