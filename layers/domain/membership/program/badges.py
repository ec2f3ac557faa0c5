"""Badges: honours for what a member has done, which nobody takes away."""

from pydantic import Field

from membership.program.criteria import Criterion
from membership.program.parts import Part, Slug
from membership.program.text import NO_WORDS, Name, Text


class Badge(Part):
    """Awarded once, for ever, as its rule is met for the first time."""

    id: Slug = Field(description="Its own; who has it keeps it, whatever becomes of the rule.")
    name: Name = Field(default=NO_WORDS, description="What members read.")
    title: Name = Field(default=NO_WORDS, description="What who has it may be called.")
    when: Criterion = Field(description="What it takes.")

    def label(self) -> Text:
        return self.name if self.name else Text(en=self.id)
