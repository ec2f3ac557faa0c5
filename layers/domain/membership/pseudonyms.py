"""What stands for a member where its id has no business: in logs, and in what others' ledgers say of it."""

from hashlib import sha256


def pseudonym(program: str, member_id: str) -> str:
    """The same for the same member, and another one in another program."""
    return sha256(f"{program}#{member_id}".encode()).hexdigest()[:16]
