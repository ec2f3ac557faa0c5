"""A certificate."""

from datetime import date
from typing import TYPE_CHECKING

from pydantic import Field

from membership.http.view import View
from membership.program.text import Language

if TYPE_CHECKING:
    from membership.services.certifying import Shown


class CertificateView(View):
    """What a certificate says. There is nothing of its holder in it."""

    number: str
    program: str = Field(description="The program's name.")
    tier: str = Field(description="As it was called then.")
    reached_on: date
    stands: bool = Field(description="Whether its holder has that tier today, or a higher one.")

    @classmethod
    def of(cls, shown: "Shown", lang: Language) -> "CertificateView":
        certificate, program = shown.issued.certificate, shown.seen.program
        return cls(
            number=certificate.number,
            program=program.name.get(lang) or program.id,
            tier=certificate.tier.get(lang),
            reached_on=certificate.date,
            stands=shown.stands,
        )
