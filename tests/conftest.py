"""Hypothesis: `make test` tries the same examples everywhere; HYPOTHESIS_PROFILE=slow looks for new ones.
And xdist: tests that share something dear go to one process, all others to whichever is free."""

import os
import re

import pytest
from hypothesis import HealthCheck, Phase, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# Read where a function is imported, whichever test does that first.
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "Tierwise/test")

UNHURRIED = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
    "phases": [Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    "report_multiple_bugs": False,
}
settings.register_profile("quick", max_examples=70, derandomize=True, **UNHURRIED)
settings.register_profile("slow", max_examples=1_000, stateful_step_count=60, print_blob=True, **UNHURRIED)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

TOGETHER = {
    "the deployed stack": r"tests/e2e/",
    "an emulator for stores": r"tests/store/.*\bministack\b",
    "the log that is played once": r"tests/domain/test_cdnow\.py",
    "all processors": r"tests/simulation/",
}
"""What they share, and whose id tells of it. Groups go first: the simulation computes while the stack is
waited for. xdist's own marks of groups are lost on pytest 9.2."""


class Together(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return next((what for what, ids in TOGETHER.items() if re.match(ids, nodeid)), nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together:
    return Together(config, log)
