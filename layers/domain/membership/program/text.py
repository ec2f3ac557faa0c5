"""Words of the business in its own languages."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from membership.program.flaws import Fault, Unsound, unsound

Language = Literal["en", "zh"]

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Controls, line breaks, marks that reverse the text around them, halves of characters."""


def one_line(words: str) -> str:
    """Words that show as they are, wherever they are shown."""
    if found := _UNSEEN.search(words):
        raise unsound(f"has a character that doesn't show (U+{ord(found[0]):04X})", "Remove it.")
    if not words.strip():
        raise unsound("is blank", "Write words, or remove it.")
    return words


_Words = Annotated[str, Field(min_length=1), AfterValidator(one_line)]


class Text(BaseModel):
    """The same words in English and Chinese; one of them alone serves both."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    en: _Words | None = Field(default=None, description="In English.")
    zh: _Words | None = Field(default=None, description="In Chinese.")

    @classmethod
    def ours(cls, en: str, zh: str) -> "Text":
        """Words that stand in the code, unchecked: no validator is built while they are imported."""
        return cls.model_construct(en=en, zh=zh)

    def __bool__(self) -> bool:
        return bool(self.en or self.zh)

    def get(self, language: Language) -> str:
        preferred, other = (self.zh, self.en) if language == "zh" else (self.en, self.zh)
        return preferred or other or ""


NO_WORDS = Text.model_construct()
"""A default that builds no validator while it is imported."""


def at_most(longest: int) -> AfterValidator:
    """In either language."""

    def check(text: Text) -> Text:
        for language, words in (("en", text.en), ("zh", text.zh)):
            if words and len(words) > longest:
                message = f"is {len(words)} characters long"
                raise Unsound(Fault((language,), message, f"Write at most {longest}."))
        return text

    return AfterValidator(check)


def not_empty(text: Text) -> Text:
    """The text, if it says anything. Raises Unsound where it doesn't."""
    if not text:
        raise unsound("says nothing", "Write {en: …}, {zh: …} or both.")
    return text


Name = Annotated[Text, at_most(80)]
"""What something is called; left out, its id serves."""

Sentence = Annotated[Text, AfterValidator(not_empty), at_most(500)]
"""Words that can't be left out."""


def run_on(*parts: str) -> str:
    """Chinese without spaces, but for one where a Han character meets a Latin word, a figure or an amount."""
    joined = ""
    for part in parts:
        if joined and part and (_is_han(joined[-1]), _is_han(part[0])) in ((True, None), (None, True)):
            joined += " "
        joined += part
    return joined


def _is_han(sign: str) -> bool | None:
    """False for what carries its own room: spaces and full-width punctuation."""
    if sign.isspace() or "\u3000" <= sign <= "\u303f" or "\uff00" <= sign <= "\uffef":
        return False
    return True if "\u3400" <= sign <= "\u9fff" else None
