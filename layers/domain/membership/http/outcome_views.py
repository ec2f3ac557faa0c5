"""What was decided, and why."""

from datetime import date, datetime
from typing import Any

from pydantic import Field

from membership.http.view import Absent, View
from membership.outcomes import Envelope, Evidence
from membership.program import wording
from membership.program.schema import Versions
from membership.program.text import Language


class WhyView(View):
    """The evidence in words."""

    version: int = Field(description="Of the program that decided.")
    day: date = Field(description="The day by whose figures it was decided.")
    rule: str
    seen: tuple[str, ...] = Field(description="Each part of the rule, with what it saw.")


class OutcomeView(View):
    """Something that was decided about a member."""

    id: str
    type: str
    at: datetime
    data: dict[str, Any]
    why: WhyView | None = Absent

    @classmethod
    def of(
        cls,
        envelope: Envelope,
        versions: Versions | None = None,
        lang: Language = "en",
        named: bool = True,
    ) -> "OutcomeView":
        """With the evidence in words where the versions are given that it may speak of; `named`: with the
        operator who did it, which is nothing for members' eyes."""
        evidence = getattr(envelope.open(), "evidence", None) if versions else None
        return cls(
            id=envelope.id,
            type=envelope.type,
            at=envelope.at,
            data={name: value for name, value in envelope.data.items() if named or name != "by"},
            why=why(evidence, versions, lang) if evidence and versions else None,
        )


class HistoryView(View):
    """Outcomes, newest first."""

    data: tuple[OutcomeView, ...]
    next_cursor: str | None = Field(default=Absent, description="Absent on the last page.")


def why(evidence: Evidence, versions: Versions, lang: Language) -> WhyView:
    program = versions.numbered(evidence.version)
    seen = wording.evidence(evidence.rule, evidence.figures, program, lang)
    return WhyView(
        version=evidence.version,
        day=evidence.day,
        rule=wording.rule(evidence.rule, program, lang),
        seen=tuple(one.text for one in seen),
    )
