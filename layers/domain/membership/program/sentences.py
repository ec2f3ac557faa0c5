"""How all, any and 'so many of' are joined into one sentence that can be read in one way only.

The sentence's own parts stand open; what lies deeper is fenced by words ('both … and …') or brackets.
"""

from typing import NamedTuple

from membership.program.text import Language, run_on


class Group(NamedTuple):
    """Parts, of which so many are needed."""

    needed: int
    parts: "tuple[Group | str, ...]"

    @property
    def is_all(self) -> bool:
        return self.needed == len(self.parts)

    @property
    def is_any(self) -> bool:
        return self.needed == 1

    @property
    def is_flat(self) -> bool:
        return all(isinstance(part, str) for part in self.parts)


_Said = Group | str


def sentence(said: _Said, language: Language) -> str:
    """Without a full stop, so that it can stand in another one."""
    plain = _simplified(said) if isinstance(said, Group) else said
    return _chinese(plain) if language == "zh" else _english(plain)


def _simplified(group: Group) -> _Said:
    """Without branches of one part, nor ones that only repeat the word of the one above."""
    if len(group.parts) == 1:
        (part,) = group.parts
        return _simplified(part) if isinstance(part, Group) else part
    parts: list[_Said] = []
    for part in (_simplified(part) if isinstance(part, Group) else part for part in group.parts):
        if isinstance(part, Group) and ((group.is_all and part.is_all) or (group.is_any and part.is_any)):
            parts += part.parts
        else:
            parts.append(part)
    return Group(len(parts) if group.is_all else group.needed, tuple(parts))


def _english(said: _Said) -> str:
    if isinstance(said, str):
        return said
    parts = [_english_clause(part, last=part is said.parts[-1]) for part in said.parts]
    if said.is_all and said.is_flat:
        return f"{', '.join(parts[:-1])} and {parts[-1]}"
    if said.is_all:
        return ", and ".join(parts)
    if said.is_any:
        return ", or ".join(parts)
    return f"any {said.needed} of these: {'; '.join(_english_operand(part) for part in said.parts)}"


def _english_clause(said: _Said, last: bool) -> str:
    if isinstance(said, str):
        return said
    operands = [_english_operand(part) for part in said.parts]
    if len(operands) == 2 and said.is_all:
        return f"both {operands[0]} and {operands[1]}"
    if len(operands) == 2:
        return f"either {operands[0]} or {operands[1]}"
    head = "all of" if said.is_all else "one of" if said.is_any else f"any {said.needed} of"
    return f"{head} these: {'; '.join(operands)}" if last else f"{head} ({'; '.join(operands)})"


def _english_operand(said: _Said) -> str:
    return said if isinstance(said, str) else f"({_english(said)})"


def _chinese(said: _Said) -> str:
    if isinstance(said, str):
        return said
    if not said.is_all and not said.is_any:
        return f"满足以下任意 {said.needed} 项：{'；'.join(_chinese_operand(part) for part in said.parts)}"
    word = "且" if said.is_all else "或"
    parts = [_chinese_operand(part) for part in said.parts]
    if said.is_all and said.is_flat and len(parts) == 2:
        return run_on(parts[0], word, parts[1])
    if isinstance(last := said.parts[-1], Group) and not last.is_all and not last.is_any:
        parts[-1] = _chinese(last)  # a list at the very end needs no brackets
    return parts[0] + "".join(f"，{run_on(word, part)}" for part in parts[1:])


def _chinese_operand(said: _Said) -> str:
    return said if isinstance(said, str) else f"（{_chinese(said)}）"
