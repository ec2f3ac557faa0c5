"""What every validity can tell: how long a tier is promised once it is earned."""

from abc import ABC, abstractmethod
from datetime import date
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from membership.program.text import Text
from membership.program.windows import Window


class ValidityKind(BaseModel, ABC):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    at_expiry: ClassVar[bool] = False
    """Whether a promise is renewed only where it ends: one that is counted from the day would grow each
    day."""

    @abstractmethod
    def in_words(self, window: Window) -> Text:
        """A sentence: how long. `window` is the program's: its years are the ones that are meant."""

    @abstractmethod
    def until(self, earned: date, window: Window, joined: date) -> date | None:
        """The first day on which the promise no longer holds; None: it has no end."""
