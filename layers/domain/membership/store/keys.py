"""Every key of the project. Whoever needs an item asks here for its key, and nobody else builds one."""

from datetime import UTC, date, datetime
from zlib import crc32

Key = dict[str, dict[str, str]]

DELIVERIES = "deliveries"
"""Index of deliveries by status and time."""
APPROVALS = "approvals"
"""Index of approvals by status and time."""


def _key(pk: str, sk: str) -> Key:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def at(partition: str, sk: str) -> Key:
    """Any place in a partition, to go on reading from."""
    return _key(partition, sk)


# ── Ledger: append-only, one partition a member ─────────────────────────────────────────────────

FACTS = "fact#"
OUTCOMES = "outcome#"


def ledger(program: str, member_id: str) -> str:
    """Partition of a member's facts and outcomes. Ids hold no `#`, so two members never share one."""
    return f"{program}#{member_id}"


def fact(program: str, member_id: str, fact_key: str) -> Key:
    """A fact, by what it is: an order by its order id, anything else by the sender's id."""
    return _key(ledger(program, member_id), f"{FACTS}{fact_key}")


def outcome(program: str, member_id: str, version: int, n: int) -> Key:
    """The n-th outcome of the settling that made this version of the member: sorts by time."""
    return _key(ledger(program, member_id), f"{OUTCOMES}{version:012d}#{n:03d}")


def version_of(outcome_sk: str) -> int:
    """The version of the member in an outcome's range key."""
    return int(outcome_sk.split("#")[1])


def in_due_index(program: str, shard: int, due: str) -> Key:
    """A place in the index, to go on reading from."""
    member_id = due.split("#", 1)[1]
    return {**member(program, member_id), "due_shard": {"S": due_shard(program, shard)}, "due": {"S": due}}


def owner(partition: str) -> tuple[str, str]:
    """Program and member of a ledger partition."""
    program, member_id = partition.split("#")
    return program, member_id


# ── Members (STATE) ───────────────────────────────────────────────────────────────────────────────

DUE = "due"
"""Index of members by the day on which a review has something to decide for them."""
SHARDS = 16
"""Partitions of a program in the index: a year's end may bring every member onto one day."""


MEMBER = "state"
"""Range key that only members have."""


def member(program: str, member_id: str) -> Key:
    """What a member is now."""
    return _key(f"member#{program}#{member_id}", MEMBER)


def anywhere(random: str) -> Key:
    """A place between members. Partitions lie in the order of their hashes: it is as good as chance where."""
    return _key(f"member#{random}", MEMBER)


def program_of(member_pk: str) -> str:
    """The program in a member's partition key."""
    return member_pk.split("#")[1]


def parked(program: str, member_id: str) -> Key:
    """The record of a fact that could not be settled."""
    return _key(f"member#{program}#{member_id}", "parked")


def order_account(program: str, member_id: str, order_id: str) -> Key:
    """What was given back of an order."""
    return _key(f"member#{program}#{member_id}", f"order#{order_id}")


def due_shard(program: str, shard: int) -> str:
    """Index `due`, hash key."""
    return f"{program}#{shard:02d}"


def shard_of(member_id: str) -> int:
    """Spread evenly, and the same for ever."""
    return crc32(member_id.encode()) % SHARDS


def due(day: date, member_id: str) -> str:
    """Index `due`, range key."""
    return f"{day.isoformat()}#{member_id}"


def due_through(day: date) -> str:
    """Upper bound of the range of everybody due on that day or before: `$` sorts after `#`."""
    return f"{day.isoformat()}$"


# ── Programs and access (STATE) ───────────────────────────────────────────────────────────────────

PROGRAMS = "programs"
"""Partition that lists every program, for the review."""


def program(program: str) -> Key:
    """A program's entry in the list of all."""
    return _key(PROGRAMS, f"program#{program}")


def program_partition(program: str) -> str:
    """Partition of what belongs to the program as a whole."""
    return f"program#{program}"


VERSIONS = "version#"
API_KEYS = "key#"


def program_version(program: str, number: int) -> Key:
    """One immutable version."""
    return _key(program_partition(program), f"{VERSIONS}{number:06d}")


def api_key(program: str, key_id: str) -> Key:
    """An API key as operators see it."""
    return _key(program_partition(program), f"{API_KEYS}{key_id}")


def secret(digest: str) -> Key:
    """An API key as the authorizer finds it: by the digest of its secret, never the secret."""
    return _key(f"key#{digest}", "key")


def token_secret(program: str) -> Key:
    """What signs the tokens of a program's members. A digest has no `#`, so this is no key's."""
    return _key(f"key#tokens#{program}", "tokens")


# ── Sweeps and boards (STATE) ─────────────────────────────────────────────────────────────────────


def sweep(name: str) -> Key:
    """How far a sweep over all members has come."""
    return _key("sweeps", name)


def notes(name: str, begun: datetime) -> str:
    """Partition of what one sweep has noted on its way."""
    return f"notes#{name}#{begun.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def note(name: str, begun: datetime, topic: str, revision: int, n: int) -> Key:
    """The n-th part of what was noted on a topic with one revision of the sweep."""
    return _key(notes(name, begun), f"{topic}#{revision:06d}#{n:03d}")


def cuts(program: str) -> str:
    """Partition of a program's boards that were cut."""
    return f"cuts#{program}"


def cut(program: str, metric: str, day: date) -> Key:
    """The record of one: they sort by day."""
    return _key(cuts(program), f"{day.isoformat()}#{metric}")


# ── The catalogue's shelves (STATE) ───────────────────────────────────────────────────────────────


REWARD = "reward#"


def shelves(program: str) -> str:
    """Partition of what there is of each reward that can be sold out."""
    return f"shelf#{program}"


def shelf(program: str, reward: str) -> Key:
    """How many of a reward were sold, and how many codes are left."""
    return _key(shelves(program), f"{REWARD}{reward}")


FREE = "free#"
"""Codes that nobody has yet."""


def codes(program: str, reward: str) -> str:
    """Partition of a reward's uploaded codes. Apart from the shelves: there may be very many."""
    return f"codes#{program}#{reward}"


def free_code(program: str, reward: str, digest: str) -> Key:
    """A code to give: gone once it was given. They lie in no order that anybody could wait for."""
    return _key(codes(program, reward), f"{FREE}{digest}")


def known_code(program: str, reward: str, digest: str) -> Key:
    """That a code was uploaded once: it stays, so that none comes back after it was given."""
    return _key(codes(program, reward), f"known#{digest}")


def reports(program: str) -> str:
    """Partition of a program's reports."""
    return f"reports#{program}"


def report(program: str, day: date) -> Key:
    """The one of a day."""
    return _key(reports(program), day.isoformat())


# ── Approvals (STATE) ─────────────────────────────────────────────────────────────────────────────


def approval(program: str, approval_id: str) -> Key:
    """A question to operators."""
    return _key(f"approval#{program}#{approval_id}", "approval")


def approval_status(program: str, status: str) -> str:
    """Index `approvals`, hash key: a program's approvals of one status."""
    return f"{program}#{status}"


# ── Certificates (STATE) ──────────────────────────────────────────────────────────────────────────


def certificate(number: str) -> Key:
    """A certificate as whoever holds it in hand finds it."""
    return _key(f"certificate#{number}", "certificate")


# ── Deliveries and channels (STATE) ───────────────────────────────────────────────────────────────


def delivery(program: str, delivery_id: str) -> Key:
    """One delivery."""
    return _key(f"delivery#{program}#{delivery_id}", "delivery")


def delivery_status(program: str, status: str) -> str:
    """Index `deliveries`, hash key: a program's deliveries of one status."""
    return f"{program}#{status}"


def by_time(at: datetime, id_: str) -> str:
    """Range key of `deliveries` and `approvals`: at a fixed width, so that text sorts as time does."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}#{id_}"


def channel(program: str, kind: str) -> Key:
    """The settings of one channel of a program."""
    return _key(f"channel#{program}", kind)
