"""Deliveries in memory. They answer as the table does: tests/store/test_deliveries.py holds both to it."""

import json
from collections.abc import Iterable
from datetime import datetime

from membership.channels import Channel, Delivery, Settings, Status


class MemoryDeliveries:
    """Keeps JSON, as the table does, so that what doesn't survive it fails here too."""

    def __init__(self) -> None:
        self._records: dict[tuple[str, str], str] = {}
        self._settings: dict[tuple[str, Channel], str] = {}

    def get(self, program: str, delivery_id: str) -> Delivery | None:
        record = self._records.get((program, delivery_id))
        return Delivery.model_validate_json(record) if record else None

    def save(self, delivery: Delivery) -> bool:
        known = self.get(delivery.program, delivery.id)
        if known and known.status == "delivered":
            return False
        self._put(delivery)
        return True

    def reopen(self, program: str, delivery_id: str, now: datetime) -> Delivery | None:
        known = self.get(program, delivery_id)
        if known is None:
            return None
        self._put(known.model_copy(update={"status": "pending"}))
        return self.get(program, delivery_id)

    def page(
        self, program: str, statuses: Iterable[Status], limit: int, before: str | None = None
    ) -> tuple[list[Delivery], str | None]:
        everything = map(Delivery.model_validate_json, self._records.values())
        wanted = [one for one in everything if one.program == program and one.status in set(statuses)]
        newest = sorted((one for one in wanted if before is None or _at(one) < before), key=_at, reverse=True)
        return newest[:limit], _at(newest[limit - 1]) if len(newest) > limit else None

    def channel(self, program: str, channel: Channel) -> Settings | None:
        settings = self._settings.get((program, channel))
        return json.loads(settings) if settings else None

    def configure(self, program: str, channel: Channel, new: Settings, old: Settings | None) -> bool:
        if self.channel(program, channel) != old:
            return False
        self._settings[program, channel] = json.dumps(new)
        return True

    def _put(self, delivery: Delivery) -> None:
        self._records[delivery.program, delivery.id] = delivery.model_dump_json()


def _at(delivery: Delivery) -> str:
    return f"{delivery.created_at.isoformat(timespec='microseconds')}#{delivery.id}"
