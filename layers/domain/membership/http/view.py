"""What all answers are made of. Amounts are integers of the smallest unit, each with its words beside it."""

from pydantic import BaseModel, ConfigDict

from membership.program.schema import Tier
from membership.program.text import Language

Absent = None
"""Fields without a value are left out of the answer."""


class View(BaseModel):
    """Built when first used, as only one of the answers is asked for at a cold start."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class TierView(View):
    id: str
    name: str

    @classmethod
    def of(cls, tier: Tier, lang: Language) -> "TierView":
        return cls(id=tier.id, name=tier.label().get(lang))
