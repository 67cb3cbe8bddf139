"""Recurring jobs: told when there is something for them to find, and again until it is found.

A context's schedule tells its jobs every few seconds or minutes, and hardly any telling finds anything; thirty days of
them would be 400,000 messages. So what each job looks for is watched here as it comes about, and the schedule of the
context's holder is looked at when its time has come, in the schedule's own steps. Some tellings more are planned by the
operator in the middle of everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from argosy.contracts.checkout import CheckoutStarted, ExpireCheckout
from argosy.contracts.orders import OrderCreated
from argosy.contracts.payments import PaymentCaptured, ReceiptBooked
from argosy.domains.checkout.application.watching import SLOW_SECONDS
from argosy.domains.checkout.domain.session import CHECKOUT_SECONDS
from argosy.domains.integrations.domain.feed import FeedEvent
from argosy.domains.inventory.domain.reservation import Reservation
from argosy.domains.orders.application.reconciling import OPEN_SECONDS
from argosy.domains.orders.domain.order import Order
from argosy.domains.payments.application.reconciling import SETTLED_SECONDS
from argosy.domains.payments.application.statements import FRESH_SECONDS, ROUND_SECONDS
from argosy.domains.payments.domain.credit import NOT_PAID, PAID, REFUNDED
from argosy.domains.payments.domain.webhook import RECEIVED, Webhook
from argosy.domains.promotions.domain.redemption import RELEASED, RESERVED, Redemption
from argosy.engine.due import RECURRING
from argosy.engine.log import Record
from argosy.engine.store import Changes
from argosy.shared_kernel.messages import Event
from argosy.simulation.scheduler import DAY, HOUR, MINUTE, SECOND, microseconds
from argosy.simulation.shop import BROUGHT, GOLD, WELCOME
from argosy.simulation.store import SimulatedStore

if TYPE_CHECKING:
    from argosy.simulation.marketplace import Marketplace

AGAIN, AGAIN_MAX = 20 * SECOND, 10 * MINUTE
REDEEMED_SLACK = 61 * SECOND
WEBHOOK_WAITS = MINUTE
FRESH, ROUND = (FRESH_SECONDS + 1) * SECOND, (ROUND_SECONDS + 1) * SECOND

AFTER: Mapping[str, tuple[str, int]] = {
    # What is looked for, and how long after it was told.
    CheckoutStarted.wire_name: ("flows", SLOW_SECONDS * SECOND),
    OrderCreated.wire_name: ("orders", OPEN_SECONDS * SECOND),
    PaymentCaptured.wire_name: ("captures", SETTLED_SECONDS * SECOND),
    ReceiptBooked.wire_name: ("captures", SETTLED_SECONDS * SECOND),
}
FOUND: Mapping[str, str] = {
    # What a job has found, and what has come of those who asked to be forgotten, is told by messages of these types.
    "inventory.ExpireReservation": "stock held too long",
    "checkout.RetryCheckout": "flow asked after",
    "orders.AskAfterPurchase": "purchase open too long",
    "checkout.AccountForPurchase": "flow accounted for",
    "orders.SettlePayments": "captures compared",
    "orders.CancelUnpaidPurchase": "purchase not paid in time",
    "orders.OrderCancellationRequested": "order being called off",
    "orders.OrderCancellationFailed": "order not paid back",
    "payments.ReceiptBooked": "transfer booked",
    "payments.ComparePayment": "books differ",
    "inventory.ShortageOpened": "shortage opened",
    "inventory.EndPreorder": "preorder ended",
    "payments.GiftCardRedeemed": "gift card redeemed",
    "payments.GiftCardEnded": "gift card taken back",
    "payments.WebhookUnmatched": "webhook about nothing",
    "integrations.FeedSwept": "feed swept",
    "orders.BuyerHeld": "person held back",
    "accounts.PersonErased": "person forgotten",
}
TOLD: Mapping[str, str] = {
    "inventory.ExpireReservations": "ExpireReservations",
    "promotions.ExpireCouponUses": "ExpireCouponUses",
    "checkout.FindSlowCheckouts": "FindSlowCheckouts",
    "orders.FindOpenPurchases": "FindOpenPurchases",
    "payments.ReconcilePayments": "ReconcilePayments",
    "payments.CompareWithGateway": "CompareWithGateway",
    "payments.ResolveWebhooks": "ResolveWebhooks",
}
PROMOTED = {WELCOME: "first order", GOLD: "buyer group", BROUGHT: "free delivery"}
IN_CURRENCIES = ("quoted in another currency", "sold in another currency")
SEEN = ("pieces bought at a deal", "webhook turned away", "pieces sold beforehand", *IN_CURRENCIES)
OF_CREDIT = {PAID: "paid with credit", NOT_PAID: "credit not needed after all", REFUNDED: "paid back as credit"}
HEALED = ("order confirmed by its payment", "coupon use held too long", "plan made anew")
COUNTED = (*TOLD.values(), *FOUND.values(), *SEEN, *OF_CREDIT.values(), *HEALED)


class Look(NamedTuple):
    """Whose schedule is looked at, after how long again, and whether there is something to be found."""

    label: str
    again: int
    is_overdue: Callable[[int], bool]


class Jobs:
    """Knows what there is to be found, and counts how often each job was told and what it found."""

    def __init__(self, place: Marketplace) -> None:
        self.place = place
        self.counts: Counter[str] = Counter()
        self._planned: dict[str, int] = {}
        self._looks = {
            "flows": Look("checkout", 2 * MINUTE, self._is_slow),
            "stock": Look("inventory", AGAIN, self._is_held),
            "uses": Look("promotions", AGAIN, self._is_used),
            "orders": Look("orders", MINUTE, partial(self._is_unseen, "orders", "orders.open", (OrderCreated,))),
            "captures": Look(
                "payments",
                MINUTE,
                partial(self._is_unseen, "payments", "payments.captured", (PaymentCaptured, ReceiptBooked)),
            ),
            "webhooks": Look("payments", MINUTE, self._is_unresolved),
            "books": Look("payments", ROUND, self._is_uncompared),
            "feed": Look("integrations", HOUR, place.feed.is_overdue),
        }

    def watch(self, store: SimulatedStore, changes: Changes) -> None:
        """Somebody's time will pass: be there then."""
        label = store.context
        if changes.records:
            self._count(changes.records)
        if label == "inventory" and Reservation in changes.inserts:
            rows = changes.inserts[Reservation]
            times = [row.open_until for row in rows if isinstance(row, Reservation) and row.open_until is not None]
            if times:
                self._expect("stock", microseconds(max(times)) + 1)
        elif label == "orders" and Order in changes.inserts:
            self._count_discounts(changes.inserts[Order])
        elif label == "payments":
            for row in changes.inserts.get(Webhook, ()):
                if isinstance(row, Webhook) and row.status == RECEIVED:
                    self._expect("webhooks", self.place.scheduler.time + WEBHOOK_WAITS)
        elif label == "integrations" and FeedEvent in changes.inserts and self.place.feed.is_swept:
            self._expect("feed", self.place.scheduler.time + self.place.feed.retention.events * DAY + 1)
        elif label == "promotions":
            uses = [row for row in changes.inserts.get(Redemption, ()) if isinstance(row, Redemption)]
            if uses:
                self._expect("uses", microseconds(max(row.expires_at for row in uses)) + REDEEMED_SLACK)
            if Redemption in changes.updates:
                self._count_expired(changes)

    def _is_unresolved(self, now: int) -> bool:
        """A webhook waits for its payment. When it came is by the clock of whoever took it, which may be ahead."""
        return any(row.status == RECEIVED for row in self.place.store("payments").all(Webhook))

    def money_moved(self) -> None:
        """The gateway has written into its own book: ours is laid beside it once that is old enough, in one look at the
        schedule with what was captured then."""
        self._expect("books", self.place.scheduler.time + max(FRESH, SETTLED_SECONDS * SECOND))

    def _count(self, records: list[Record]) -> None:
        now, counts = self.place.scheduler.time, self.counts
        for record in records:
            name = record.wire_name
            after = AFTER.get(name)
            if after is not None:
                self._expect(after[0], now + after[1])
            if name in TOLD:
                counts[TOLD[name]] += 1
            elif name in FOUND:
                counts[FOUND[name]] += 1
            elif name == "orders.PaymentsSettled" and record.message.confirmed:
                counts["order confirmed by its payment"] += len(record.message.confirmed)

    def _count_discounts(self, orders: Sequence[Any]) -> None:
        """What was had of promotions that are there for all."""
        for order in orders:
            for item in order.items:
                sold = item.product_snapshot
                for part in (*sold.discount_parts, *sold.delivery_parts):
                    name = "" if part.code else part.explanation.partition(":")[0]
                    if name in PROMOTED:
                        self.place.faults.count(PROMOTED[name])
                    elif name:
                        self.counts["pieces bought at a deal"] += 1

    def _count_expired(self, changes: Changes) -> None:
        """A use that a flow gives back is answered to it."""
        answered = {record.key for record in changes.records}
        for use, _ in changes.updates[Redemption]:
            if isinstance(use, Redemption) and use.status == RELEASED and use.flow_id not in answered:
                self.counts["coupon use held too long"] += 1

    def _expect(self, what: str, at: int) -> None:
        """In the steps of the context's own schedule; what is looked at then is not looked at twice."""
        at += -at % self.place.parts[self._looks[what].label].step
        if at > self._planned.get(what, -1):
            self._planned[what] = at
            self.place.scheduler.at(at, "schedule", lambda: self._look(what, self._looks[what].again))

    def _look(self, what: str, again: int) -> None:
        """Until nothing is left to be found; a worker whose clock is behind does not see it yet."""
        look = self._looks[what]
        if look.is_overdue(self.place.scheduler.time):
            self.place.look_at_schedule(look.label)
            later = max(again, min(2 * again, AGAIN_MAX))
            self.place.scheduler.after(again, "schedule", lambda: self._look(what, later))

    # What is planned.

    def lose_plan(self, label: str) -> None:
        """The next telling of a recurring command is gone."""
        rows = self.place.store(label).due_rows
        planned = sorted(id for id in rows if id.startswith(RECURRING))
        if planned:
            del rows[planned[self.place.faults.stream("plan lost").randrange(len(planned))]]

    def plan_missing(self, label: str) -> None:
        """An operator's doctor plans what is planned no more, as whoever takes over a context does."""
        self.counts["plan made anew"] += 1
        self.place.holder[label].plan_missing(label)

    # What each job looks for.

    def _is_held(self, now: int) -> bool:
        return any(
            row.open_until is not None and microseconds(row.open_until) <= now
            for row in self.place.store("inventory").all(Reservation)
        )

    def _is_used(self, now: int) -> bool:
        return any(
            row.status == RESERVED and microseconds(row.expires_at) + REDEEMED_SLACK <= now
            for row in self.place.store("promotions").all(Redemption)
        )

    def _is_slow(self, now: int) -> bool:
        """A flow goes on for which time will come, and it began long ago."""
        until = now + (CHECKOUT_SECONDS - SLOW_SECONDS) * SECOND
        return any(
            due.name == ExpireCheckout.wire_name and microseconds(due.due_at) <= until
            for due in self.place.store("checkout").due_rows.values()
        )

    def _is_unseen(self, label: str, cursor: str, kinds: tuple[type[Event], ...], now: int) -> bool:
        """What was told long ago was not looked at again; clocks may be off in both directions."""
        store = self.place.store(label)
        at = store.cursors(cursor).get((label, 0))
        names = [kind.wire_name for kind in kinds]
        told_by = now - AFTER[names[0]][1] + 2 * self.place.clocks_differ
        for record in store.log.records[at.position.id if at else 0 :]:
            if record.wire_name in names:
                return microseconds(record.created_at) <= told_by
        return False

    def _is_uncompared(self, now: int) -> bool:
        """The gateway has moved money since the last round of both books."""
        moved = self.place.gateway.moved_at
        if not 0 < moved <= now - FRESH:
            return False
        behind = max(0, -self.place.holder["payments"].skew)
        return self.place.gateway.shown_at < moved + FRESH + behind
