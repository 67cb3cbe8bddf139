"""What is counted where it is committed: once, by the process that commits it, whoever it does it for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from argosy.engine.store import Changes, VersionConflict
from argosy.observability import metrics
from argosy.platform.sql_store import SqlStore
from argosy.shared_kernel.aggregate import Aggregate

OUTCOMES = {
    "checkout.CheckoutStarted": (metrics.CHECKOUTS, "started"),
    "checkout.CheckoutCompleted": (metrics.CHECKOUTS, "completed"),
    "checkout.CheckoutFailed": (metrics.CHECKOUTS, "failed"),
    "checkout.CheckoutExpired": (metrics.CHECKOUTS, "expired"),
    "checkout.CheckoutAborted": (metrics.CHECKOUTS, "aborted"),
    "orders.OrderCreated": (metrics.ORDERS, "placed"),
    "orders.OrderConfirmed": (metrics.ORDERS, "confirmed"),
    "orders.OrderPaid": (metrics.ORDERS, "paid"),
    "orders.OrderCancelled": (metrics.ORDERS, "cancelled"),
    "orders.OrderRefunded": (metrics.ORDERS, "refunded"),
    "payments.PaymentAuthorized": (metrics.PAYMENTS, "authorized"),
    "payments.PaymentActionRequired": (metrics.PAYMENTS, "action_required"),
    "payments.PaymentCaptured": (metrics.PAYMENTS, "captured"),
    "payments.PaymentFailed": (metrics.PAYMENTS, "failed"),
    "payments.PaymentVoided": (metrics.PAYMENTS, "voided"),
    "payments.PaymentRefunded": (metrics.PAYMENTS, "refunded"),
    "payments.GatewayContradicted": (metrics.PAYMENTS, "contradicted"),
    "inventory.StockReserved": (metrics.RESERVATIONS, "reserved"),
    "inventory.StockShort": (metrics.RESERVATIONS, "short"),
    "inventory.ReservationConfirmed": (metrics.RESERVATIONS, "confirmed"),
    "inventory.ReservationReleased": (metrics.RESERVATIONS, "released"),
    "inventory.ReservationExpired": (metrics.RESERVATIONS, "expired"),
    "inventory.StockRestocked": (metrics.RESERVATIONS, "restocked"),
}
"""What a message means for the business's own counters."""

FOUND = {
    "inventory.ExpireReservation": "inventory.ExpireReservations",
    "checkout.AccountForPurchase": "orders.FindOpenPurchases",
}
"""Messages by which a job has something put right, and the job."""

SIZES = {
    "orders.SettlePayments": (metrics.PAYMENTS_COMPARED.labels("compared"), "payments"),
    "orders.PaymentsSettled": (metrics.PAYMENTS_COMPARED.labels("mismatch"), "unexplained"),
}
"""Messages of which each entry of a field counts."""


class CountedStore(SqlStore):
    """A store that counts what it commits: units of work, messages, what they mean, and conflicts."""

    def __init__(self, context: str, *rest: Any) -> None:
        super().__init__(context, *rest)
        self._commits = {
            is_worker: metrics.COMMITS.labels(context, "worker" if is_worker else "request")
            for is_worker in (True, False)
        }
        self._conflicts = metrics.CONFLICTS.labels(context)
        self._told: dict[str, list[Any]] = {}

    def table_of(self, kind: type[Aggregate]) -> tuple[str, dict[str, str]]:
        """Where aggregates of a kind lie: the table, and the column of each field."""
        mapped = self._mapped[kind]
        return mapped.table.name, mapped.column_of

    def send(self, changes: Changes) -> Callable[[], None]:
        finish = super().send(changes)

        def finished() -> None:
            try:
                finish()
            except VersionConflict:
                self._conflicts.inc()
                raise
            self._count(changes)

        return finished

    def _count(self, changes: Changes) -> None:
        self._commits[changes.fence is not None].inc()
        for name, count in Counter([record.wire_name for record in changes.records]).items():
            for counter in self._told.get(name) or self._counters_of(name):
                counter.inc(count)
            if name in SIZES:
                counter, field = SIZES[name]
                told = [record.message for record in changes.records if record.wire_name == name]
                counter.inc(sum(len(getattr(message, field)) for message in told))

    def _counters_of(self, name: str) -> list[Any]:
        counters: list[Any] = [metrics.MESSAGES_TOLD.labels(self.context, name)]
        meant = OUTCOMES.get(name)
        if meant is not None:
            counters.append(meant[0].labels(meant[1]))
        if name in FOUND:
            counters.append(metrics.JOB_FOUND.labels(FOUND[name]))
        self._told[name] = counters
        return counters
