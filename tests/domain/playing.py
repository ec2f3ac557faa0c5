"""One member's life in few words: what it does, what is done to it, and where that leads, night by night."""

from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from membership.facts import (
    Act,
    Activity,
    Attributes,
    Enrolment,
    Fact,
    Order,
    Profile,
    Ranking,
    Referral,
    Refund,
)
from membership.member.figures import figures
from membership.member.standing import Standing
from membership.member.state import Member
from membership.outcomes import MessageDue, Outcome
from membership.program.reading import program_from
from membership.simulation import Life

ONE_DAY = timedelta(days=1)


class Played:
    """Days are noons of the program's zone, money is in whole currency units."""

    def __init__(self, **document: Any) -> None:
        self.program = program_from({"id": "club"} | document)
        self._life = Life(self.program, "ann")
        self._ids = count(1)

    def at(self, when: str) -> datetime:
        """'2026-03-01' is that day's noon; '2026-03-01 23:59' is that minute."""
        moment = datetime.fromisoformat(when if " " in when else f"{when} 12:00")
        return moment.replace(tzinfo=self.program.zone)

    def order(
        self, when: str, amount: int = 1, *, plan: str | None = None, saved: int = 0, times: int = 1
    ) -> str:
        """Answers the order's id, of several the last one's."""
        for _ in range(times):
            told = self._told(when)
            more = {"amount": amount * 100, "plan": plan, "saved": saved * 100}
            self._life.tell([Order(**told, order_id=f"o-{told['id']}", **more)])
        return f"o-{told['id']}"

    def refund(self, when: str, order: str, amount: int) -> None:
        self._tell(Refund(**self._told(when), order_id=order, amount=amount * 100))

    def do(
        self, when: str, kind: str, *, times: int = 1, quality: int | None = None, value: int | None = None
    ) -> None:
        for _ in range(times):
            self._tell(Activity(**self._told(when), kind=kind, quality=quality, value=value))

    def enrol(self, when: str, **attributes: Any) -> None:
        self._tell(Enrolment(**self._told(when), attributes=Attributes(**attributes)))

    def wants(self, when: str, **attributes: Any) -> None:
        """Its zone, its language, and which messages it wants."""
        self._tell(Profile(**self._told(when), attributes=Attributes(**attributes)))

    def friend(self, when: str, name: str, stage: Any, *, undone: bool = False, day: str = "") -> None:
        """A friend whom the member has recommended registers, or buys; or gives everything back."""
        booked = date.fromisoformat(day or when)
        self._tell(Referral(**self._told(when), friend=name, stage=stage, undone=undone, day=booked))

    def rank(self, cut: str, metric: str, place: int, members: int) -> None:
        """The board, cut as a day begins by what the eve has seen."""
        eve = date.fromisoformat(cut) - ONE_DAY
        told = self._told(f"{cut} 00:00")
        self._tell(Ranking(**told, metric=metric, day=eve, place=place, members=members, figure=1))

    def act(self, when: str, action: Any, reason: str = "ten years with us") -> None:
        self._tell(Act(**self._told(when), by="Li Wei", reason=reason, action=action))

    def pass_to(self, when: str) -> None:
        """With every night's review until then."""
        self._life.pass_to(self.at(when))

    def _told(self, when: str) -> dict[str, Any]:
        moment = self.at(when)
        return {"id": f"e{next(self._ids)}", "member_id": "ann", "occurred_at": moment, "recorded_at": moment}

    def _tell(self, fact: Fact) -> None:
        self._life.tell([fact])

    # ── Where that leads ──────────────────────────────────────────────────────────────────────────

    @property
    def member(self) -> Member:
        assert self._life.member is not None, "nothing has happened yet"
        return self._life.member

    @property
    def standing(self) -> Standing:
        """In the first ladder."""
        return self.member.standings[next(iter(self.program.ladders_by_id))]

    @property
    def earned(self) -> str:
        return self.standing.tier

    @property
    def shown(self) -> str:
        """The tier that counts, in the first ladder."""
        return next(iter(self.program.ladders_by_id.values())).shown(self.standing)[1]

    @property
    def asked(self) -> list[tuple[str, str]]:
        """What operators are asked: kind and tier."""
        return [(one.kind, one.tier) for one in self.member.approvals.values()]

    def question(self) -> str:
        """The id of the one that is open."""
        [found] = self.member.approvals
        return found

    def figure(self, metric: str, on: str) -> int:
        """As it stands on a day, by what is known now."""
        return figures(self.program, self.member, date.fromisoformat(on))[metric]

    def outcomes(self, *types: str) -> list[Any]:
        return [one for one in self._life.outcomes if one.type in types]

    def days(self, *types: str) -> list[str]:
        """The program's days on which such outcomes were decided."""
        return [str(self.program.day(one.at)) for one in self.outcomes(*types)]

    def falls(self) -> list[tuple[str, str]]:
        """Day and the tier fallen to."""
        return [(str(self.program.day(one.at)), one.to_tier) for one in self.outcomes("tier.downgraded")]

    def notices(self) -> list[tuple[str, str]]:
        """Day of the notice, and day of the fall that it announces."""
        return [
            (str(self.program.day(one.announced_at)), str(one.falls_on))
            for one in self.outcomes("tier.will_downgrade")
        ]

    def messages(self, *about: str) -> list[MessageDue]:
        """About these things, or all."""
        return [one for one in self.outcomes("message.due") if not about or one.about in about]

    def all_outcomes(self) -> list[Outcome]:
        return list(self._life.outcomes)
