"""Words of the business in its own languages."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Language = Literal["en", "zh"]


class Text(BaseModel):
    """The same words in English and Chinese; one of them alone serves both."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    en: str | None = Field(default=None, min_length=1, max_length=500)
    zh: str | None = Field(default=None, min_length=1, max_length=500)

    def get(self, language: Language) -> str:
        preferred, other = (self.zh, self.en) if language == "zh" else (self.en, self.zh)
        return preferred or other or ""
