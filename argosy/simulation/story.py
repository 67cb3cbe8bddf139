"""One purchase's story: everything that was written, told and asked about it, as a timeline."""

from __future__ import annotations

from typing import Any

from argosy.domains.checkout.domain.quote import order_id_of
from argosy.domains.checkout.domain.session import CheckoutSession
from argosy.engine.store import CALL, Changes
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.ids import Id, child_id
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.scheduler import DAY, HOUR, MINUTE, SECOND
from argosy.simulation.shop import SELLERS, seller
from argosy.simulation.store import SimulatedStore

SHOWN = ("status", "outcome", "pending", "unwanted", "failure", "action_url")


class Story:
    """Listens to every commit. `about` is a checkout's id."""

    def __init__(self, place: Marketplace, about: str) -> None:
        self.place = place
        self.about = Id(about)
        self.lines: list[str] = []
        self._names: dict[str, str] = {
            about: "checkout",
            child_id(self.about, "purchase"): "purchase",
            child_id(self.about, "payment"): "payment",
            child_id(self.about, "reservation"): "reservation",
            child_id(self.about, "refund"): "refund",
            **{order_id_of(self.about, seller(number)): f"order of seller {number + 1}" for number in range(SELLERS)},
        }

    def watch(self, store: SimulatedStore, changes: Changes) -> None:
        for kind, made in changes.inserts.items():
            for row in made:
                self._changed(store, kind, row, None)
        for kind, pairs in changes.updates.items():
            for row, earlier in pairs:
                self._changed(store, kind, row, earlier)
        for record in changes.records:
            if record.key in self._names or record.key == self.about:
                self._line(store.context, f"tells {record.wire_name}")
        for due in changes.due.values():
            if due.key in self._names:
                what = "asks the gateway" if due.kind == CALL else f"plans {due.name} for {due.due_at:%H:%M:%S}"
                self._line(store.context, f"{what} ({due.id.rpartition(':')[2]})" if due.kind == CALL else what)
        for id, token in changes.finished:
            if any(name in id for name in self._names):
                self._line(store.context, f"is done with {id.split(':')[0]} {id.rpartition(':')[2]} (token {token})")

    def _changed(self, store: SimulatedStore, kind: type[Aggregate], row: Any, earlier: dict[str, Any] | None) -> None:
        name = self._names.get(row.id) or (kind.__name__.lower() if getattr(row, "flow_id", None) == self.about else "")
        if not name or (name == "checkout" and kind is not CheckoutSession and not kind.__name__.endswith("Progress")):
            return
        now = {field: getattr(row, field) for field in SHOWN if getattr(row, field, "")}
        before = {field: earlier[field] for field in SHOWN if earlier.get(field)} if earlier is not None else {}
        if now != before or earlier is None:
            told = ", ".join(f"{field} {value}" if field != "status" else str(value) for field, value in now.items())
            self._line(store.context, f"{name} becomes {told or 'known'}")

    def _line(self, context: str, what: str) -> None:
        self.lines.append(
            f"{spelled(self.place.scheduler.time)}  {self.place.scheduler.running:<10} {context:<18} {what}"
        )


def spelled(time: int) -> str:
    """A time of the run, for people: day, hour, minute and second."""
    day, rest = divmod(time, DAY)
    hour, rest = divmod(rest, HOUR)
    minute, rest = divmod(rest, MINUTE)
    return f"day {day + 1:>2} {hour:02}:{minute:02}:{rest / SECOND:06.3f}"
