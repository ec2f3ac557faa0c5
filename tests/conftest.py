"""Hypothesis: `make test` tries the same examples everywhere; HYPOTHESIS_PROFILE=slow looks for new ones."""

import os

from hypothesis import HealthCheck, Phase, settings

# Read where a function is imported, whichever test does that first.
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "Tierwise/test")

UNHURRIED = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
    "phases": [Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    "report_multiple_bugs": False,
}
settings.register_profile("quick", max_examples=100, derandomize=True, **UNHURRIED)
settings.register_profile("slow", max_examples=1_000, stateful_step_count=60, print_blob=True, **UNHURRIED)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
