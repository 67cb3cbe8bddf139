"""Search: documents for readers, made of everybody's events. Nothing is decided here and nothing is told: the whole
database may be deleted, and is made again from the logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from argosy.engine.store import Changes
from argosy.engine.work import UnitOfWork
from argosy.platform.context import Context, Subscription
from argosy.shared_kernel.ids import Id

if TYPE_CHECKING:
    from argosy.platform.runtime import Runtime
    from argosy.read_models.slots import Standing
    from argosy.read_models.views import View


class SearchContext(Context):
    name = "argosy.read_models"
    label = "search"
    database = "search_db"
    criticality = "low"
    services = ()
    outbox_table = ""

    def build(self, work: UnitOfWork) -> tuple[object, ...]:
        return ()

    def rows(self) -> tuple[Any, ...]:
        from argosy.read_models.repositories import ROWS

        return ROWS

    def subscriptions(self, runtime: Runtime) -> Sequence[Subscription]:
        """One per view, writing the slot that is live now. Asked again, their names are others for views that were
        rebuilt meanwhile: whoever works off the old ones opens the new ones in their place."""
        from argosy.read_models.slots import Standing, search, standings
        from argosy.read_models.views import VIEWS

        now = standings(search())
        views = [self.subscription(runtime, view, now.get(view.name, Standing())) for view in VIEWS]
        return [*views, Subscription(*self.people, views[0].store)]

    def subscription(self, runtime: Runtime, view: View, standing: Standing) -> Subscription:
        from argosy.read_models.repositories import kept_of

        store = runtime.store(self, [kept_of(kind).in_slot(standing.slot) for kind in view.kinds])
        return Subscription(f"{view.name}@{standing.generation}", view.participant, store)

    def units_left(self, stock_unit_ids: Sequence[Id]) -> Mapping[Id, int]:
        """As the view of stock shows them."""
        from argosy.read_models.stock.queries import left_of

        return left_of(stock_unit_ids)

    def news(self, changes: Changes) -> set[str]:
        """Documents that somebody may be waiting for: `document:<view>:<id>`."""
        from argosy.read_models.checkout_progress.projector import CheckoutProgress
        from argosy.read_models.order_history.projector import OrderSummary

        return {
            f"document:{view}:{row.id}"
            for view, kind in (("checkout_progress", CheckoutProgress), ("order_history", OrderSummary))
            for row in (*changes.inserts.get(kind, ()), *(now for now, _ in changes.updates.get(kind, ())))
        }
