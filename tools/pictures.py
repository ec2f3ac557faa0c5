"""The progress bar that the README shows: a member of preset P1, drawn by the code that draws all of them."""

from datetime import UTC, datetime

from membership.facts import Activity, Fact, Order
from membership.member.progress import progress
from membership.member.progress_svg import draw
from membership.program import presets
from membership.program.reading import read_program
from membership.program.schema import Versions
from membership.program.text import Language
from membership.settle import newcomer, settle

DAY = datetime(2026, 11, 24, 4, tzinfo=UTC)


def picture(lang: Language) -> str:
    """Silver, on the way to gold."""
    program = read_program(presets.text("p1-ecommerce"))
    versions = Versions({1: program})
    told = {"member_id": "sample", "occurred_at": DAY, "recorded_at": DAY}
    facts: list[Fact] = [Order(id="order", order_id="order", amount=2_400_00, **told)]
    facts += [Activity(id=f"check-in-{n}", kind="check_in", **told) for n in range(9)]
    facts.append(Activity(id="feedback", kind="feedback", **told))
    member = settle(versions, newcomer(versions, "sample", facts), facts, {}).member
    return draw(program, progress(program, member, DAY), lang)
