"""The real template on an emulator of its own: started, built, deployed once for all tests of this folder."""

import os
import shutil
from collections.abc import Iterator

import pytest

from tools import sam
from tools.deploy import Stack, deploy
from tools.emulator import Emulator


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Shared, so keep tests apart by programs and members of their own. Its logs stay in .local/e2e."""
    home = sam.ROOT / ".local" / f"e2e-{os.getpid()}"
    emulator = Emulator(home)
    try:
        emulator.start()
        yield deploy(emulator)
    finally:
        emulator.stop()
        logs = sam.ROOT / ".local" / "e2e"
        logs.mkdir(exist_ok=True)
        for log in home.glob("*.log"):
            shutil.copy(log, logs)
        shutil.rmtree(home, ignore_errors=True)
