"""Views: every document is what a rebuild of the same logs makes (I38), and stock is shown as it is kept (I52)."""

from __future__ import annotations

from collections.abc import Iterator

from argosy.apps.doctor.check import Check, Violation
from argosy.apps.doctor.databases import CannotCheck, Databases, side_by_side
from argosy.read_models.rebuild import RebuildIsRunning, ViewIsBehind, compare
from argosy.read_models.slots import live_table
from argosy.read_models.stock.projector import Shelf
from argosy.read_models.stock.queries import VIEW
from argosy.read_models.views import VIEWS

REBUILD = "rebuild "
TOLD_SECONDS = 120


def as_rebuilt(databases: Databases) -> Iterator[Violation]:
    """Rebuilds each view beside the live one, and compares; waits by itself for what is on its way."""
    done = 0

    def read(messages: int, part: float) -> None:
        nonlocal done
        databases.read(max(0, messages - done))
        done = messages

    for view in VIEWS:
        done = 0
        try:
            differences = compare(databases.runtime, view.name, read)
        except RebuildIsRunning as busy:
            raise CannotCheck(f"{busy}; look again when that is done") from None
        except ViewIsBehind as behind:
            raise CannotCheck(f"{behind}; look again when it has caught up") from None
        for table, id, what in differences:
            yield Violation(f"{table} {id}", f"is {what}", cure=f"{REBUILD}{view.name}")


def stock_as_kept(databases: Databases) -> Iterator[Violation]:
    """What was told of is shown so; what has changed is told of in time. What changes all the while is looked at when
    it stands."""
    shown = databases.stream(
        "search",
        f"SELECT stock_item_id, on_hand, available FROM {live_table(VIEW, Shelf)} WHERE {{only:stock_item_id}} "
        "ORDER BY stock_item_id",
    )
    kept = databases.stream(
        "inventory",
        "SELECT id, total_quantity, available_quantity, is_told, CASE WHEN updated_at < ? THEN 1 ELSE 0 END "
        "FROM stock_items WHERE {only:id} ORDER BY id",
        databases.ago("inventory", TOLD_SECONDS),
    )
    for id, (views, items) in side_by_side(shown, kept):
        if not items:
            yield Violation(f"warehouse_stock {id}", "is shown, and no stock item of inventory's", id)
            continue
        ((_, on_hand, available, is_told, stands),) = items
        if not is_told and stands:
            yield Violation(f"stock_items {id}", "has changed, and was told of to nobody", id)
        elif is_told and (not views or views[0][1:] != (on_hand, available)):
            said = f"{views[0][1]} pieces, {views[0][2]} available" if views else "nothing"
            yield Violation(f"stock_items {id}", f"has {on_hand} pieces, {available} available; {said} is shown", id)


CHECKS = (
    Check("I38", "every view is what a rebuild of the logs makes", as_rebuilt),
    Check("I52", "stock is shown as inventory keeps it", stock_as_kept, spans=True),
)
