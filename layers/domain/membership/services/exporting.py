"""Exporting: everything that is kept of a member, as it is kept."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from membership.channels import DELIVERED, Delivery, delivery_id
from membership.errors import Impossible, NoSuchMember
from membership.store.approvals import Approvals, Question
from membership.store.belongings import Belongings, Item, Sort
from membership.store.deliveries import Deliveries
from membership.store.ledger import Ledger, Page


@dataclass(frozen=True)
class Exported:
    """One item, with what an outcome is elsewhere. A certificate has nothing that its message hasn't."""

    sort: Sort
    data: dict[str, Any]
    approval: Question | None = None
    delivery: Delivery | None = None


class Exporting:
    def __init__(
        self, ledger: Ledger, belongings: Belongings, approvals: Approvals, deliveries: Deliveries
    ) -> None:
        self._ledger, self._belongings = ledger, belongings
        self._approvals, self._deliveries = approvals, deliveries

    def page(self, program: str, member_id: str, after: str | None, limit: int) -> Page[Exported]:
        """Of the member and those that it absorbed. Raises NoSuchMember; Impossible as erasing does."""
        member = self._ledger.load(program, member_id, consistent=True).member
        if member is None or member.status == "erased":
            raise NoSuchMember()
        if member.merged_into:
            raise Impossible(f"it was merged into {member.merged_into!r}; export that one")
        members = (member_id, *member.absorbed)
        found = [*islice(self._belongings.of(program, members, after, limit + 1), limit + 1)]
        last = found[limit - 1].place if len(found) > limit else None
        return Page([self._exported(program, item) for item in found[:limit]], last)

    def _exported(self, program: str, item: Item) -> Exported:
        data, approval, delivery = item.data, None, None
        if item.sort == "outcome" and data["type"] == "approval.requested":
            approval = self._approvals.find(program, data["data"]["approval"])
        if item.sort == "outcome" and data["type"] in DELIVERED:
            delivery = self._deliveries.get(program, delivery_id(program, data["id"]))
        return Exported(item.sort, data, approval, delivery)
