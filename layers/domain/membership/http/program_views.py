"""The program, as members read it."""

from datetime import datetime

from membership.http.view import Absent
from membership.program.in_words import ProgramInWords


class ProgramView(ProgramInWords):
    """The program in force, in words made from the tree that decides."""

    effective_from: datetime | None = Absent
