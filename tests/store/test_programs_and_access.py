"""Versions that nobody changes, and keys of which only the holder knows the secret."""

from datetime import UTC, date, datetime
from itertools import count

import pytest
from pydantic import ValidationError

from membership.errors import NotFound
from membership.program.schema import Program
from membership.store.access import Caller
from membership.store.programs import Signature
from tests.store.conftest import Stores

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
counter = count()


def random(n: int) -> str:
    return f"{next(counter):0{n}d}"


def test_a_version_is_put_once(stores: Stores, program: Program) -> None:
    with pytest.raises(NotFound):
        stores.programs.versions(program.id)
    other = program.model_copy(update={"unknown_members": "refuse"})
    assert stores.programs.put(program, 1) is True
    assert stores.programs.put(other, 1) is False
    assert stores.programs.versions(program.id).in_force(NOW) == (1, program)
    later = Program.model_validate(program.model_dump(exclude_unset=True) | {"effective_from": NOW})
    assert stores.programs.put(later, 2) is True
    assert stores.programs.versions(program.id).in_force(NOW) == (2, later)
    assert stores.programs.versions(program.id).in_force(NOW.replace(year=2025)) == (1, program)


def test_who_put_a_version_is_kept_with_it(stores: Stores, program: Program) -> None:
    assert stores.programs.signatures(program.id) == {}
    first, second = Signature(NOW, "key_1", "as it was agreed"), Signature(NOW, "key_2", None)
    assert stores.programs.put(program, 1, first)
    assert not stores.programs.put(program, 1, second)
    assert stores.programs.put(program, 2)
    assert stores.programs.put(program, 3, second)
    assert stores.programs.signatures(program.id) == {1: first, 3: second}
    assert stores.programs.signatures("other") == {}


def test_what_could_not_be_read_back_is_not_put(stores: Stores, program: Program) -> None:
    broken = program.model_copy(update={"unknown_members": "whatever"})
    with pytest.raises(ValidationError):
        stores.programs.put(broken, 1)
    with pytest.raises(NotFound):
        stores.programs.versions(program.id)
    assert stores.programs.reviewed() == {}


def test_every_program_is_listed_with_its_last_reviewed_day(stores: Stores, program: Program) -> None:
    stores.programs.put(program, 1)
    stores.programs.put(program.model_copy(update={"id": "other"}), 1)
    stores.programs.mark_reviewed(program.id, date(2026, 11, 24))
    stores.programs.mark_reviewed(program.id, date(2026, 11, 20))
    assert stores.programs.reviewed() == {program.id: date(2026, 11, 24), "other": None}


def test_every_program_is_listed_with_the_version_its_members_were_looked_at_for(
    stores: Stores, program: Program
) -> None:
    stores.programs.put(program, 1)
    stores.programs.put(program.model_copy(update={"id": "other"}), 1)
    for number in (2, 3, 3):
        stores.programs.mark_looked_through(program.id, number)
    assert stores.programs.looked_through() == {program.id: 3, "other": None}
    assert stores.programs.reviewed() == {program.id: None, "other": None}


def test_a_key_is_known_by_its_secret_until_it_is_revoked(stores: Stores) -> None:
    key, secret = stores.access.issue("shop", "storefront", "till", NOW, random)
    assert stores.access.caller(secret) == Caller("shop", "storefront", key.key_id)
    assert stores.access.caller(secret + "x") is None
    assert stores.access.list("shop") == [key]
    assert stores.access.list("other") == []
    with pytest.raises(NotFound):
        stores.access.revoke("other", key.key_id, NOW)
    assert stores.access.caller(secret) is not None
    for _ in range(2):
        stores.access.revoke("shop", key.key_id, NOW)
        assert stores.access.caller(secret) is None
    [revoked] = stores.access.list("shop")
    assert revoked.revoked_at == NOW.isoformat()


def test_two_keys_are_two(stores: Stores) -> None:
    first = stores.access.issue("shop", "storefront", "till", NOW, random)
    second = stores.access.issue("shop", "operator", "office", NOW, random)
    assert first[1] != second[1]
    stores.access.revoke("shop", first[0].key_id, NOW)
    assert stores.access.caller(second[1]) == Caller("shop", "operator", second[0].key_id)
