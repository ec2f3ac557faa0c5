"""Deliveries in memory. They answer as the table does: tests/store/test_deliveries.py holds both to it."""

import json
from collections.abc import Iterable
from datetime import datetime
from threading import RLock

from membership.channels import Cancelled, Delivery, Settings, Status


class MemoryDeliveries:
    """Keeps JSON, as the table does, so that what doesn't survive it fails here too."""

    def __init__(self) -> None:
        self._records: dict[tuple[str, str], str] = {}
        self._under_way: dict[tuple[str, str], datetime] = {}
        self._settings: dict[tuple[str, str], str] = {}
        self._lock = RLock()

    def get(self, program: str, delivery_id: str) -> Delivery | None:
        record = self._records.get((program, delivery_id))
        return Delivery.model_validate_json(record) if record else None

    def save(self, new: Delivery, known: Delivery | None) -> bool:
        with self._lock:
            there = self.get(new.program, new.id)
            if _as_far(there) != _as_far(known):
                return False
            self._put(new)
            self._under_way.pop((new.program, new.id), None)
            return True

    def begin(self, delivery: Delivery, now: datetime, until: datetime) -> bool:
        with self._lock:
            there = self._waiting(delivery.program, delivery.id, now)
            if there:
                self._under_way[delivery.program, delivery.id] = until
            return there is not None

    def reopen(self, program: str, delivery_id: str, now: datetime) -> Delivery | None:
        with self._lock:
            known = self.get(program, delivery_id)
            if known and known.status != "cancelled":
                self._put(known.model_copy(update={"status": "pending", "next_at": now}))
            return self.get(program, delivery_id)

    def cancel(self, program: str, delivery_id: str, by: str, now: datetime) -> Delivery | None:
        with self._lock:
            if known := self._waiting(program, delivery_id, now):
                cancelled = Cancelled(at=now, by=by)
                self._put(
                    known.model_copy(update={"status": "cancelled", "cancelled": cancelled, "next_at": None})
                )
            return self.get(program, delivery_id)

    def page(
        self, program: str, statuses: Iterable[Status], limit: int, before: str | None = None
    ) -> tuple[list[Delivery], str | None]:
        everything = map(Delivery.model_validate_json, list(self._records.values()))
        wanted = [one for one in everything if one.program == program and one.status in set(statuses)]
        newest = sorted((one for one in wanted if before is None or _at(one) < before), key=_at, reverse=True)
        return newest[:limit], _at(newest[limit - 1]) if len(newest) > limit else None

    def channels(self, program: str) -> dict[str, Settings]:
        return {name: json.loads(found) for (one, name), found in self._settings.items() if one == program}

    def channel(self, program: str, name: str) -> Settings | None:
        return self.channels(program).get(name)

    def configure(self, program: str, name: str, new: Settings, old: Settings | None) -> bool:
        if self.channel(program, name) != old:
            return False
        self._settings[program, name] = json.dumps(new)
        return True

    def unset(self, program: str, name: str, old: Settings) -> bool:
        if self.channel(program, name) != old:
            return False
        del self._settings[program, name]
        return True

    def _waiting(self, program: str, delivery_id: str, now: datetime) -> Delivery | None:
        known, until = self.get(program, delivery_id), self._under_way.get((program, delivery_id))
        return known if known and not known.ended and (until is None or until < now) else None

    def _put(self, delivery: Delivery) -> None:
        self._records[delivery.program, delivery.id] = delivery.model_dump_json()


def _as_far(delivery: Delivery | None) -> tuple[int, str] | None:
    return (delivery.attempts, delivery.status) if delivery else None


def _at(delivery: Delivery) -> str:
    return f"{delivery.created_at.isoformat(timespec='microseconds')}#{delivery.id}"
