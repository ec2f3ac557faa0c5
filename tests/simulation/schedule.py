"""A schedule is data: steps, each with a seed of its own and the faults that it meets. So one can be left out
without changing what the others do, and a failing schedule be made short."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from random import Random
from typing import Any

FEWEST, MOST = 60, 66
"""Steps of a schedule."""


@dataclass(frozen=True)
class Step:
    kind: str
    seed: int
    faults: tuple[tuple[int, str], ...] = ()
    """At which of its calls to a port what happens."""
    meanwhile: tuple[tuple[int, "Step"], ...] = ()
    """Before which of its calls somebody else does something."""

    def __str__(self) -> str:
        faults = "".join(f" {fault}@{n}" for n, fault in self.faults)
        others = "".join(f" [before call {n}: {step}]" for n, step in self.meanwhile)
        return f"{self.kind} #{self.seed}{faults}{others}"


@dataclass(frozen=True)
class Schedule:
    seed: int
    """Of everything that was there before the first step: programs, zones, the day."""
    steps: tuple[Step, ...]

    def dump(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def load(cls, told: Mapping[str, Any]) -> "Schedule":
        return cls(told["seed"], tuple(map(_step, told["steps"])))


def _step(told: Mapping[str, Any]) -> Step:
    faults = tuple((n, fault) for n, fault in told["faults"])
    return Step(told["kind"], told["seed"], faults, tuple((n, _step(one)) for n, one in told["meanwhile"]))


def made_up(seed: int, weights: Mapping[str, int], sudden: Sequence[str], faults: Sequence[str]) -> Schedule:
    """`weights`: kind of step → how often. `sudden`: kinds that may happen in the middle of another.

    Each schedule has its own taste: some kinds far more often than others, many faults or few or none.
    """
    random = Random(seed)
    taste = {kind: weight * random.choice([0.2, 1, 1, 2, 5]) for kind, weight in weights.items()}
    trouble = random.choice([0.0, 0.1, 0.3, 0.6])
    favourites = random.sample(faults, random.randint(1, len(faults)))

    def step(depth: int) -> Step:
        kinds = list(taste) if not depth else list(sudden)
        [kind] = random.choices(kinds, [taste[one] for one in kinds])
        told = Step(kind, random.randrange(10**6))
        if random.random() < trouble:
            told = replace(told, faults=tuple(sorted({_place(random): random.choice(favourites)}.items())))
        if random.random() < trouble / 2:
            more = {_place(random): random.choice(favourites) for _ in range(random.randint(1, 4))}
            told = replace(told, faults=tuple(sorted({**dict(told.faults), **more}.items())))
        if depth < 2 and random.random() < trouble:
            told = replace(told, meanwhile=((_place(random), step(depth + 1)),))
        return told

    return Schedule(seed, tuple(step(0) for _ in range(random.randint(FEWEST, MOST))))


def _place(random: Random) -> int:
    """Of a call: the first ones of a step are the most likely to be there."""
    return random.choice([random.randrange(4), random.randrange(12), random.randrange(40)])
