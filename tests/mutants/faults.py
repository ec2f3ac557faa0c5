"""The faults: what somebody might write by mistake, one small change each, and who has to find it."""

from dataclasses import dataclass

MEMBERSHIP = "layers/domain/membership"
SIMULATION = "simulation"
"""In the place of tests: schedules of the simulation."""


@dataclass(frozen=True)
class Fault:
    name: str
    breaks: str
    """The law, by its number in the design, or what else is promised."""
    file: str
    old: str
    new: str
    found_by: str
    """Tests, with spaces between; those named here are run, and one of them has to fail."""


FAULTS = (
    # ── Facts: taken once, and for ever ───────────────────────────────────────────────────────────
    Fault(
        "a fact is put though its key is taken",
        "I2",
        f"{MEMBERSHIP}/store/ledger.py",
        """                Item=items.fact_item(program, fact),
                ConditionExpression="attribute_not_exists(pk)",
""",
        """                Item=items.fact_item(program, fact),
""",
        "tests/store/test_ledger.py",
    ),
    Fault(
        "an order is known by its event",
        "I2",
        f"{MEMBERSHIP}/facts.py",
        '        return f"order#{self.order_id}"',
        '        return f"order#{self.id}"',
        "tests/store/test_ledger.py",
    ),
    Fault(
        "when it was told is part of what it says",
        "I2",
        f"{MEMBERSHIP}/store/items.py",
        "exclude={*fact.circumstances}",
        'exclude={*fact.circumstances} - {"recorded_at"}',
        "tests/store/test_ledger.py",
    ),
    Fault(
        "another content under a known id is a duplicate",
        "I2",
        f"{MEMBERSHIP}/store/ledger.py",
        'Appended("duplicate" if same else "conflict", items.read_fact(known))',
        'Appended("duplicate", items.read_fact(known))',
        "tests/store/test_ledger.py",
    ),
    Fault(
        "applied facts are remembered by number",
        "I2",
        f"{MEMBERSHIP}/member/applied.py",
        "        return {digest: second for digest, second in self._known.items() if second >= oldest}",
        "        return {d: s for d, s in [*self._known.items()][-3:] if s >= oldest}",
        SIMULATION,
    ),
    Fault(
        "applied facts are remembered for an hour",
        "I2",
        f"{MEMBERSHIP}/member/applied.py",
        "SPAN = timedelta(hours=25)",
        "SPAN = timedelta(hours=1)",
        "tests/domain/test_invariants.py",
    ),
    Fault(
        "a fact too old to be remembered counts as new",
        "I1",
        f"{MEMBERSHIP}/member/applied.py",
        "            return Verdict.FORGOTTEN",
        "            return Verdict.NEW",
        "tests/domain/test_settle_stateful.py tests/scenarios",
    ),
    # ── State: one writer, one commit ─────────────────────────────────────────────────────────────
    Fault(
        "a member is written whoever wrote it meanwhile",
        "I1",
        f"{MEMBERSHIP}/store/ledger.py",
        """            **stored.condition,
        }
        others""",
        """        }
        others""",
        "tests/store/test_ledger.py",
    ),
    Fault(
        "members are cached",
        "I1",
        f"{MEMBERSHIP}/settling.py",
        "            stored = self._ledger.load(program, member_id, consistent=attempt > 0)",
        '            known = self.__dict__.setdefault("known", {})\n'
        "            stored = known.setdefault((program, member_id), self._ledger.load(program, member_id))",
        SIMULATION,
    ),
    Fault(
        "what a batch could not settle is forgotten",
        "I7",
        f"{MEMBERSHIP}/evaluating.py",
        '    if unfinished := verdicts.count("unfinished"):',
        '    if (unfinished := verdicts.count("unfinished")) > len(verdicts):',
        SIMULATION,
    ),
    Fault(
        "sums of other metrics are gone on with",
        "I1",
        f"{MEMBERSHIP}/settle.py",
        """        if member.fingerprint != program.fingerprint:
            raise MetricsChanged""",
        """        if member.fingerprint != program.fingerprint and not member.tallies:
            raise MetricsChanged""",
        "tests/domain/test_settle_stateful.py tests/scenarios",
    ),
    Fault(
        "the due day is always the new one",
        "I7",
        f"{MEMBERSHIP}/store/ledger.py",
        "due = settled.due if settled.due_is_exact else _earlier(stored.due, settled.due)",
        "due = settled.due",
        "tests/store/test_ledger.py",
    ),
    Fault(
        "two versions of one number",
        "D7",
        f"{MEMBERSHIP}/store/programs.py",
        """            "ConditionExpression": "attribute_not_exists(pk)",
        }
        # In one write""",
        """        }
        # In one write""",
        "tests/store/test_programs_and_access.py",
    ),
    Fault(
        "a sweep is saved by whoever comes",
        "D8",
        f"{MEMBERSHIP}/store/sweeps.py",
        '"Item": _item(saved), **_unless_outrun(sweep)}',
        '"Item": _item(saved)}',
        "tests/store/test_sweeps.py",
    ),
    # ── Refunds ───────────────────────────────────────────────────────────────────────────────────
    Fault(
        "more is given back than was paid",
        "I4",
        f"{MEMBERSHIP}/member/fold.py",
        "    amount = min(asked, order.amount - account.refunded)",
        "    amount = asked",
        "tests/domain/test_invariants.py",
    ),
    Fault(
        "a refund is booked on its own day",
        "D6",
        f"{MEMBERSHIP}/member/fold.py",
        "                metric.unbook(tally, window, day, lost)",
        "                metric.unbook(tally, window, program.day(member.clock or order.occurred_at), lost)",
        "tests/domain/test_invariants.py tests/domain/test_refunds.py",
    ),
    Fault(
        "a refund that comes before its order is lost",
        "I3",
        f"{MEMBERSHIP}/member/fold.py",
        "            if waited := member.waiting.pop(fact.order_id, 0):",
        "            if waited := member.waiting.pop(fact.order_id, 0) * 0:",
        "tests/domain/test_invariants.py",
    ),
    # ── Up and down ───────────────────────────────────────────────────────────────────────────────
    Fault(
        "more than is asked for, where as much is enough",
        "U1",
        f"{MEMBERSHIP}/program/criteria/comparison.py",
        "        return figures[self.metric] >= self.threshold",
        "        return figures[self.metric] > self.threshold",
        "tests/domain/program/test_criteria.py",
    ),
    Fault(
        "one less than at least so many",
        "U1",
        f"{MEMBERSHIP}/program/criteria/at_least.py",
        "        return self.at_least.count",
        "        return max(1, self.at_least.count - 1)",
        "tests/domain/program/test_criteria.py",
    ),
    Fault(
        "a notice of 29 days",
        "I6",
        f"{MEMBERSHIP}/member/forecast.py",
        "    ripe = at.astimezone(UTC) + ladder.notice",
        "    ripe = at.astimezone(UTC) + ladder.notice - ONE_DAY",
        "tests/domain/test_invariants.py",
    ),
    Fault(
        "a notice counted in days of the clock on the wall",
        "I6",
        f"{MEMBERSHIP}/member/forecast.py",
        "    ripe = at.astimezone(UTC) + ladder.notice",
        "    ripe = at.astimezone(program.zone) + ladder.notice",
        "tests/scenarios tests/domain/test_properties.py tests/domain/test_settle_stateful.py",
    ),
    Fault(
        "a fall a day before it was announced",
        "I6",
        f"{MEMBERSHIP}/member/deciding/falling.py",
        "    if notice is None or case.today < notice.falls_on:",
        "    if notice is None or case.today + ONE_DAY < notice.falls_on:",
        "tests/domain/test_invariants.py",
    ),
    Fault(
        "a notice is not taken back by what is done within it",
        "D3",
        f"{MEMBERSHIP}/member/deciding/falling.py",
        "    if fall_day and fall_day <= max(standing.notice.falls_on, case.today):\n        return",
        "    if standing.notice:\n        return",
        "tests/domain/test_settle_stateful.py tests/scenarios/test_downgrade.py",
    ),
    Fault(
        "a fall of two steps at once",
        "D5",
        f"{MEMBERSHIP}/member/deciding/falling.py",
        '    if case.ladder.steps == "one":\n        return lower[-1], None',
        '    if case.ladder.steps == "one":\n        return lower[max(0, len(lower) - 2)], None',
        "tests/domain/test_staying.py",
    ),
    Fault(
        "a reward each time that a tier is entered",
        "I8",
        f"{MEMBERSHIP}/member/deciding/rewarding.py",
        '            if cycle > max(_given(case, tier, one), default=float("-inf")):\n',
        "",
        "tests/domain/test_properties.py tests/domain/test_settle_stateful.py",
    ),
    Fault(
        "what is earned shows through a hold",
        "D5",
        f"{MEMBERSHIP}/program/schema.py",
        '        if first.source == "hold":\n            return first.source, first.tier\n',
        "",
        "tests/domain/test_precedence.py",
    ),
    Fault(
        "who is blocked goes on earning",
        "U8",
        f"{MEMBERSHIP}/member/state.py",
        "    return any(begin <= at and (end is None or at < end) for begin, end, _ in absences)",
        "    return any(begin <= at and end is None for begin, end, _ in absences)",
        "tests/domain/test_settle_stateful.py tests/functions/test_acts.py",
    ),
    Fault(
        "two members are merged into each other",
        "G3",
        f"{MEMBERSHIP}/member/deciding/acts.py",
        "act.action.into in (*case.gone, member.id):",
        "act.action.into == member.id:",
        "tests/services/test_members_together.py tests/scenarios/test_merges.py",
    ),
    Fault(
        "a declined promotion is asked for again",
        "U3",
        f"{MEMBERSHIP}/member/deciding/rising.py",
        " or case.standing.declined.get(tier.id) == cycle:",
        ":",
        "tests/domain/test_approvals.py",
    ),
    # ── Time ──────────────────────────────────────────────────────────────────────────────────────
    Fault(
        "days are cut at midnight in Greenwich",
        "D1",
        f"{MEMBERSHIP}/program/schema.py",
        "        return moment.astimezone(self.zone).date()",
        "        return moment.astimezone(UTC).date()",
        "tests/domain/program/test_time.py",
    ),
    Fault(
        "a rolling window of a day more",
        "D1",
        f"{MEMBERSHIP}/program/windows/rolling.py",
        "            return day - timedelta(days=self.days - 1)",
        "            return day - timedelta(days=self.days)",
        "tests/domain/program/test_windows.py",
    ),
    Fault(
        "who joined on 29 February has no birthday",
        "D1",
        f"{MEMBERSHIP}/program/calendar.py",
        "    return date(year, month + 1, min(day.day, _days(year, month + 1)))",
        "    return date(year, month + 1, day.day)",
        "tests/domain/program/test_time.py",
    ),
    Fault(
        "the review forgets who is due today",
        "I7",
        f"{MEMBERSHIP}/store/keys.py",
        '    return f"{day.isoformat()}$"',
        '    return f"{day.isoformat()}"',
        "tests/store/test_ledger.py",
    ),
    Fault(
        "a review that stopped half-way is noted as done",
        "D8",
        "functions/review/app.py",
        "    if progress.rest is None:\n",
        "    if progress.rest is None or progress.reviewed:\n",
        SIMULATION,
    ),
    # ── Money and bad input ───────────────────────────────────────────────────────────────────────
    Fault(
        "money may be a float",
        "I12",
        f"{MEMBERSHIP}/http/values.py",
        "    if isinstance(value, bool) or not isinstance(value, str | int):",
        "    value = int(value * 100) if isinstance(value, float) else value\n"
        "    if isinstance(value, bool) or not isinstance(value, str | int):",
        "tests/functions/test_bad_input.py",
    ),
    Fault(
        "an id may hold a #",
        "I10",
        f"{MEMBERSHIP}/http/words.py",
        '[A-Za-z0-9._:@+=-]{0,127}$"',
        '[A-Za-z0-9._:@+=#-]{0,127}$"',
        "tests/functions/test_bad_input.py",
    ),
    Fault(
        "NaN is a number",
        "I12",
        f"{MEMBERSHIP}/http/requests.py",
        '    raise malformed(f"{name} is not JSON.")',
        "    return float(name)",
        "tests/functions/test_bad_input.py",
    ),
    Fault(
        "of a key that stands twice the last one counts",
        "I12",
        f"{MEMBERSHIP}/http/requests.py",
        "    if len(found) < len(pairs):",
        "    if len(found) < 0:",
        "tests/functions/test_bad_input.py",
    ),
    Fault(
        "an event of tomorrow is taken",
        "I12",
        f"{MEMBERSHIP}/http/values.py",
        "AHEAD = timedelta(minutes=5)",
        "AHEAD = timedelta(days=5)",
        "tests/functions/test_bad_input.py",
    ),
    # ── Who sees what ─────────────────────────────────────────────────────────────────────────────
    Fault(
        "a delivery's key without the program",
        "I10",
        f"{MEMBERSHIP}/store/keys.py",
        '    return _key(f"delivery#{program}#{delivery_id}", "delivery")',
        '    return _key(f"delivery#{delivery_id}", "delivery")',
        "tests/store/test_deliveries.py",
    ),
    Fault(
        "an approval's key without the program",
        "I10",
        f"{MEMBERSHIP}/store/keys.py",
        '    return _key(f"approval#{program}#{approval_id}", "approval")',
        '    return _key(f"approval#{approval_id}", "approval")',
        "tests/functions/test_acts.py",
    ),
    Fault(
        "a revoked key opens the door",
        "I10",
        f"{MEMBERSHIP}/store/access.py",
        "        self._client.delete_item(TableName=self._table, Key=keys.secret(answer",
        "        self._client.get_item(TableName=self._table, Key=keys.secret(answer",
        "tests/store/test_programs_and_access.py",
    ),
    Fault(
        "a storefront may do what an operator may",
        "I10",
        f"{MEMBERSHIP}/http/caller.py",
        "    if caller.role not in roles:",
        "    if not caller.role:",
        "tests/functions/test_routes.py",
    ),
    Fault(
        "later facts bring an erased member back",
        "I11",
        f"{MEMBERSHIP}/settle.py",
        '    if member.status == "erased":\n        return settled\n',
        "",
        "tests/functions/test_acts.py",
    ),
    Fault(
        "an erased member keeps what it was told",
        "I11",
        f"{MEMBERSHIP}/store/erasing.py",
        "            (self._tables.ledger, keys.ledger(program, member_id)),\n",
        "",
        "tests/services/test_erasing.py",
    ),
    Fault(
        "webhooks go to addresses of this network",
        "private targets",
        f"{MEMBERSHIP}/channels/outgoing.py",
        "        if not addresses or not all(map(self.targets.allows, addresses)):",
        "        if not addresses or not any(map(self.targets.allows, addresses)):",
        "tests/channels/test_outgoing.py",
    ),
    # ── What goes out ─────────────────────────────────────────────────────────────────────────────
    Fault(
        "a delivery is marked before it is sent",
        "I8",
        f"{MEMBERSHIP}/dispatching.py",
        "            answer = self.channels[channel](delivery, settings, self.now())\n",
        "            self.deliveries.save(delivery.model_copy(update={'status': 'delivered'}), known)\n"
        "            answer = self.channels[channel](delivery, settings, self.now())\n",
        SIMULATION,
    ),
    Fault(
        "each attempt has an id of its own",
        "I8",
        f"{MEMBERSHIP}/channels/base.py",
        'hashlib.sha256(f"{program}#{outcome_id}".encode()).hexdigest()[:32]',
        'hashlib.sha256(f"{program}#{outcome_id}#{datetime.now(UTC)}".encode()).hexdigest()[:32]',
        "tests/channels/test_dispatching.py",
    ),
    Fault(
        "what was delivered may become undelivered",
        "I8",
        f"{MEMBERSHIP}/channels/base.py",
        '        if answer.delivered or self.status == "delivered":',
        "        if answer.delivered:",
        "tests/channels/test_dispatching.py",
    ),
    Fault(
        "what the bus refused is taken for published",
        "I9",
        f"{MEMBERSHIP}/publishing.py",
        '            if not answer["FailedEntryCount"]:\n                break',
        "            if answer:\n                break",
        "tests/services/test_publishing.py",
    ),
    Fault(
        "outcomes have other ids each time",
        "I9",
        f"{MEMBERSHIP}/outcomes.py",
        'digest = sha256(f"{program}#{member_id}#{place}".encode()).hexdigest()[:24]',
        'digest = sha256(f"{program}#{place}".encode()).hexdigest()[:24]',
        SIMULATION,
    ),
)
