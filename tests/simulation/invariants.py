"""What must hold once the world has come to rest: every law a function, by the names of the design."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from membership.channels import delivery_id
from membership.facts import Order, Review
from membership.member.figures import figures
from membership.member.state import Member
from membership.member.taken import parts
from membership.program.schema import Versions
from membership.services.gathering import gather, told_of
from membership.services.publishing import SOURCE
from membership.services.reconciling import Reconciling
from membership.settle import rebuild, settle
from membership.store import keys
from membership.store.ledger import Ledger, Stored
from membership.store.programs import Programs
from membership.store.shelves import Shelves
from membership.store.tables import Tables
from tests.laws import every_rise_and_fall_is_justified
from tests.simulation.watch import Violation, Who
from tests.simulation.world import Shop, World

Law = Callable[["Rest"], None]
LAWS: dict[str, Law] = {}

EVENTS = {"order", "refund", "activity", "profile"}
"""Facts that storefronts tell under ids of their own."""
TIME_ALONE = {"tier.renewed", "tier.kept"}
"""Good news that time alone brings may wait for the end of the promise, or of the notice."""


def law(name: str) -> Callable[[Law], Law]:
    def register(check: Law) -> Law:
        LAWS[f"{name} {check.__name__}"] = check
        return check

    return register


class Rest:
    """A world that has come to rest, as whoever checks it reads it."""

    def __init__(self, world: World) -> None:
        self.world, self.watch = world, world.watch
        tables = Tables("ledger", "state")
        self.ledger = Ledger(world.table, tables)
        self._programs = Programs(world.table, tables, lambda: 0.0)
        nowhere: Any = None
        self.reconciling = Reconciling(self.ledger, self._programs, nowhere, nowhere)

    def versions(self, program: str) -> Versions:
        return self._programs.versions(program)

    def members(self) -> Iterator[tuple[Who, Stored, Member]]:
        """Who is there, but was not erased."""
        for who in self.watch.oracles:
            if who not in self.watch.erased:
                stored = self.ledger.load(*who, consistent=True)
                if stored.member:
                    yield who, stored, stored.member

    def records(self) -> dict[str, str]:
        """Delivery → its status."""
        found = {}
        for item in self.world.table.tables["state"].everything():
            if item["sk"]["S"] == "delivery":
                found[item["pk"]["S"].rpartition("#")[2]] = item["delivery_status"]["S"].rpartition("#")[2]
        return found

    def shop(self, program: str) -> Shop:
        return next(shop for shop in self.world.shops if shop.program.id == program)


def check(world: World) -> None:
    """Raises Violation for the first law that doesn't hold."""
    rest = Rest(world)
    for name, holds in LAWS.items():
        try:
            holds(rest)
        except AssertionError as broken:
            raise Violation(name, str(broken) or repr(broken)) from broken


# ── State ─────────────────────────────────────────────────────────────────────────────────────────


@law("I1")
def state_is_what_the_ledger_makes(rest: Rest) -> None:
    for who, stored, member in rest.members():
        facts, members = gather(rest.ledger, *who)
        theirs = told_of(rest.ledger, who[0], members)
        told = theirs.pop(who[1])
        refunded = rest.ledger.refunded_orders(who[0], members)
        again = rebuild(rest.versions(who[0]), who[1], facts, told, refunded, theirs=theirs)
        assert again.outcomes == [], f"{who}: a rebuild decides {again.outcomes}"
        differs = [
            f"{name}: {getattr(again.member, name)}, not {getattr(member, name)}"
            for name in Member.model_fields
            if getattr(again.member, name) != getattr(member, name)
        ]
        assert not differs, f"{who}: a rebuild finds {differs}"
        if not member.merged_into:  # it may have been told of somebody whom it was too late to absorb
            assert again.member.applied.pack() == member.applied.pack(), f"{who}: remembers other facts"
        assert again.accounts == {}, f"{who}: other refunds {again.accounts}"
        assert again.due is None or (stored.due and stored.due <= again.due), f"{who}: due too late"
        assert not rest.ledger.is_parked(*who), f"{who}: is parked"
        found = rest.reconciling.one(*who, rest.world.now)
        assert not found.differences, f"{who}: an alarm would tell of {found.differences}"


@law("I2")
def what_was_accepted_is_there_once_and_settled(rest: Rest) -> None:
    for shop in rest.world.shops:
        for (member, key), fact in shop.acknowledged.items():
            who = (shop.program.id, member)
            if who not in rest.watch.erased:
                assert rest.watch.facts[who].get(key) == fact, f"{who}: {key} was accepted"
    for who, facts in rest.watch.facts.items():
        if who not in rest.watch.erased:
            there = {fact.key: fact for fact in rest.ledger.facts(*who)}
            assert there == facts, f"{who}: the ledger holds other facts than it took"
            unsettled = facts.keys() - rest.watch.oracle(who).seen
            assert not unsettled, f"{who}: {unsettled} was never settled"


@law("I3")
def everybody_is_what_the_rules_say(rest: Rest) -> None:
    """Figures from the whole list of facts, in no order; standing from the oracle's own notebook."""
    for who, _, member in rest.members():
        oracle = rest.watch.oracle(who)
        assert member.status == oracle.status, f"{who} is {member.status}, not {oracle.status}"
        assert member.clock == oracle.clock, f"{who} lives at {member.clock}, not {oracle.clock}"
        assert set(member.approvals) == {question.id for question in oracle.asked}
        if oracle.merged_into:
            continue
        number, program = rest.versions(who[0]).in_force(oracle.clock, oracle.joined())
        assert number == oracle.number(oracle.rules), f"{who} lives by version {number}"
        expected, found = oracle.figures(oracle.today), figures(program, member, oracle.today)
        assert found == {metric: expected[metric] for metric in found}, f"{who}: {found}, not {expected}"
        standing, place = member.standings.get("main"), oracle.place
        assert (standing is None) == (place is None)
        if standing and place:
            assert standing.tier == oracle.tier, f"{who} is {standing.tier}, not {oracle.tier}"
            assert program.ladders_by_id["main"].shown(standing)[1] == oracle.shown
            assert standing.expires_on == place.promised_until
            assert vars(standing.notice) == vars(place.notice) if standing.notice else not place.notice
            over = {name: (one.tier, one.until, one.reminded) for name, one in standing.overrides.items()}
            assert over == {name: (one.tier, one.until, one.reminded) for name, one in place.over.items()}


@law("I4")
def no_more_is_given_back_than_was_paid(rest: Rest) -> None:
    for who, _, member in rest.members():
        if not member.merged_into:
            oracle = rest.watch.oracle(who)
            found = rest.ledger.refunded_orders(who[0], [who[1], *member.absorbed])
            for order_id, refunded in found.items():
                assert refunded == oracle.refunded(order_id), (
                    f"{who}: {refunded} of {order_id} was given back"
                )


@law("points")
def accounts_add_up(rest: Rest) -> None:
    """What came in less what went out is there, and what was spent is what was bought."""
    for who, _, member in rest.members():
        account = member.points
        came = account.earned + account.granted + account.adjusted
        went = account.spent + account.expired + account.taken_back
        assert account.balance == came - went, f"{who}: {account}"
        assert account.debt >= 0, f"{who}: {account}"
        # Who is blocked or has left is settled up with when it comes back.
        kept = member.status in ("trial", "active")
        assert not kept or all(amount > 0 for amount in account.lots.values()), f"{who}: {account}"
        if not member.merged_into:
            told = [one for id_ in (who[1], *member.absorbed) for one in rest.ledger.outcomes(who[0], id_)]
            signs = {"reward.redeemed": 1, "redemption.cancelled": -1}
            spent = sum(signs.get(one.type, 0) * one.data.get("points", 0) for one in told)
            assert account.spent == spent, f"{who}: spent {account.spent}, and bought for {spent}"


@law("points")
def nothing_is_taken_twice(rest: Rest) -> None:
    """Of no order was more taken than it had earned, by all that is known now."""
    for who, _, member in rest.members():
        facts, members = gather(rest.ledger, *who)
        theirs = told_of(rest.ledger, who[0], members)
        taken: Counter[str] = Counter()
        for part in parts(chain.from_iterable(theirs.values())):
            taken[part.order] += part.points
        if not taken or member.merged_into:
            continue
        told = theirs.pop(who[1])
        found = rebuild(rest.versions(who[0]), who[1], facts, told, None, theirs=theirs).earned
        earned = {one.fact.order_id: one.points for one in found if isinstance(one.fact, Order)}
        for order_id, points in taken.items():
            had = earned.get(order_id, 0)
            assert points <= had, f"{who}: {points} were taken of {order_id}, which had earned {had}"


@law("points")
def shelves_hold_what_was_not_sold(rest: Rest) -> None:
    given = {(told.program, told.data["code"]) for told in rest.watch.told.values() if "code" in told.data}
    shelves = Shelves(rest.world.table, Tables("ledger", "state"))
    for shop in rest.world.shops:
        program = shop.program.id
        for reward, counted in shelves.all(program).items():
            assert counted.sold == rest.watch.sold[program, reward], f"{program}: {counted} of {reward}"
            items = rest.world.table.tables["state"].items(keys.codes(program, reward))
            free = {item["code"]["S"] for item in items if "code" in item}
            assert counted.codes == len(free), f"{program}: {counted} of {reward}, and {free}"
            assert not {(program, code) for code in free} & given, f"{program}: {free} of {reward}"


# ── Up and down ───────────────────────────────────────────────────────────────────────────────────


@law("I5 I6 I8")
def every_history_is_justified(rest: Rest) -> None:
    for who, told in rest.watch.outcomes.items():
        every_rise_and_fall_is_justified(told, rest.world.rules[who[0]])


@law("I7")
def nobody_waits_for_a_review(rest: Rest) -> None:
    """Whoever fails the rule to stay has a notice, and whose notice has ripened has fallen."""
    for who, _, _ in rest.members():
        oracle = rest.watch.oracle(who)
        if oracle.status != "active":
            continue
        day = oracle.rules.day(rest.world.now)
        at = oracle.rules.midnight(day)
        night = Review(
            id="tonight", member_id=who[1], occurred_at=at, recorded_at=oracle.latest, day=day, dated=at
        )
        decided = [told for told in oracle.twin().tell(night) if told[0] not in TIME_ALONE]
        assert not decided, f"{who}: a review tonight would bring {decided}"


@law("I13")
def one_more_order_lowers_nobody(rest: Rest) -> None:
    for who, _, member in rest.members():
        if member.status == "active" and member.clock:
            versions = rest.versions(who[0])
            told: dict[str, Any] = {
                "member_id": who[1],
                "occurred_at": member.clock,
                "recorded_at": rest.world.now,
            }
            more = Order(id="more", order_id="more", amount=9_999_99, **told)
            if versions.in_force(member.clock)[1].fingerprint != member.fingerprint:
                continue
            after = settle(versions, member, [more], {}, rest.world.now).member.standings["main"].tier
            ranks = rest.watch.oracle(who).rules
            assert ranks.rank(after) >= ranks.rank(member.standings["main"].tier)
            return  # one is enough for a run: there are many


@law("B10")
def nobody_is_told_too_much(rest: Rest) -> None:
    """Not more in a month than the program says; but notices always."""
    for (program, member), envelopes in rest.watch.outcomes.items():
        most = rest.shop(program).program.messages.most_per_month
        counted: Counter[str] = Counter()
        for told in envelopes:
            month = told.data.get("month") if told.type == "message.due" else None
            if most and month:
                counted[month] += 1
                is_notice = told.data["purpose"] == "notice"
                assert is_notice or counted[month] <= most, f"{member} of {program} was told of {told}"


# ── What goes out ─────────────────────────────────────────────────────────────────────────────────


@law("I9")
def what_was_published_is_what_was_committed(rest: Rest) -> None:
    published = {told["id"]: told for told in rest.world.bus.published}
    assert published.keys() == rest.watch.told.keys(), (
        f"not published: {sorted(rest.watch.told.keys() - published.keys())}; "
        f"not committed: {sorted(published.keys() - rest.watch.told.keys())}"
    )
    for told in rest.world.bus.published:
        committed = rest.watch.told[told["id"]]
        assert told == json.loads(committed.model_dump_json()), f"{told} was published for {committed}"


@law("I8")
def every_message_and_reward_arrives_once(rest: Rest) -> None:
    """But what was cancelled; which is what an erased member would have been told, too."""
    due = {
        delivery_id(told.program, told.id): told
        for told in rest.watch.told.values()
        if rest.world.bus.delivers(
            {"source": SOURCE, "detail-type": told.type, "detail": told.model_dump(mode="json")}
        )
    }
    done, records = rest.world.receiver.done, rest.records()
    waiting = {id_ for id_, status in records.items() if status not in ("delivered", "cancelled")}
    assert not waiting, f"neither delivered nor cancelled: {sorted(waiting)}"
    cancelled = {id_ for id_, status in records.items() if status == "cancelled"}
    assert done.keys() <= due.keys(), f"nobody was to be told {sorted(done.keys() - due.keys())}"
    missing = due.keys() - done.keys() - cancelled
    assert not missing, f"never arrived: {sorted(missing)}"
    receiver = rest.world.receiver
    assert not receiver.differing, "one message, two contents"
    assert not receiver.too_early, f"came in quiet hours: {receiver.too_early}"
    assert not receiver.came_all_the_same, f"came though cancelled: {receiver.came_all_the_same}"
    for id_, message in done.items():
        assert message["data"]["id"] == due[id_].id
        assert message["data"]["member_id"] == due[id_].member_id
        assert message["type"] == due[id_].type
    assert not rest.world.queue.messages
    assert not rest.world.queue.dead


# ── Who sees what ─────────────────────────────────────────────────────────────────────────────────


@law("I10")
def programs_have_nothing_in_common(rest: Rest) -> None:
    for program, member in rest.watch.facts:
        assert member in rest.shop(program).members, f"{member} is unknown to {program}"
    for told in rest.watch.told.values():
        assert told.member_id in rest.shop(told.program).members
    for shop in rest.world.shops:
        ids = {one["id"] for one in shop.said}
        for (program, _), facts in rest.watch.facts.items():
            strangers = {fact.id for fact in facts.values() if fact.type in EVENTS} - ids
            assert program != shop.program.id or not strangers, f"{program} has {strangers} of another"


@law("I11")
def nothing_is_left_of_who_was_erased(rest: Rest) -> None:
    """But the mark that says so. Records of deliveries end by themselves after 90 days (decision 22)."""
    state, ledger = (rest.world.table.tables[name] for name in ("state", "ledger"))
    for who in rest.watch.erased:
        own = keys.member(*who)["pk"]["S"]
        [tomb] = state.items(own)
        stored = rest.ledger.load(*who, consistent=True).member
        assert stored == Member(id=who[1], fingerprint="", status="erased"), f"{who}: {tomb}"
        assert not ledger.items(keys.ledger(*who)), f"{who} has something in the ledger"
        for item in state.everything():
            of_program = who[0] in item["pk"]["S"].split("#") or item.get("program") == {"S": who[0]}
            others = of_program and item["pk"]["S"] != own
            assert not others or who[1] not in repr(item), f"{who} is in {item}"
    for who, oracle in rest.watch.oracles.items():
        if oracle.merged_into and (who[0], oracle.merged_into) in rest.watch.erased:
            assert who in rest.watch.erased, f"{who} was {oracle.merged_into}, who was erased"
