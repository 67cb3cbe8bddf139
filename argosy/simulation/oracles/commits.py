"""What every commit must leave behind: looked at as it happens, so that the first wrong step is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from argosy.contracts.products import LinesQuoted
from argosy.domains.carts.domain.cart import MERGED, Cart
from argosy.domains.inventory.domain.reservation import MOVES, STARTS, Reservation
from argosy.domains.inventory.domain.stock import StockItem
from argosy.domains.payments.domain.ledger import LedgerAccount
from argosy.domains.payments.domain.payment import PaymentIntent
from argosy.domains.payments.domain.webhook import Webhook
from argosy.domains.products.domain.offer import Offer
from argosy.domains.promotions.domain.coupon import Coupon
from argosy.domains.promotions.domain.promotion import Promotion
from argosy.domains.promotions.domain.redemption import RELEASED, Redemption
from argosy.engine.log import START, Position
from argosy.engine.store import Changes
from argosy.shared_kernel.aggregate import Aggregate
from argosy.simulation.facts import Facts
from argosy.simulation.scheduler import SECOND
from argosy.simulation.store import SimulatedStore

_WAYS = {start: ends | {last for end in ends for last in MOVES[end]} for start, ends in MOVES.items()}
"""Where a reservation may get in one unit of work."""

JUST_NOW = SECOND
"""Whoever was in the middle of a unit of work had seen it before."""

Broken = Callable[[str, str, str], None]


class CommitOracle:
    """Keeps its own memory of cursors, leases, sequences and message ids, and compares each commit with it."""

    def __init__(self, broken: Broken, facts: Facts) -> None:
        self.broken = broken
        self.facts = facts
        self._asked: set[str] = set()
        self._drawn: dict[str, int] = {}
        """Units that each use of a deal has."""
        self._uses_of: dict[str, list[str]] = {}
        self._withheld: dict[str, int] = {}
        """Since when each offer is."""
        self._sequences: dict[tuple[str, str], int] = {}
        self._messages: set[str] = set()
        self._cursors: dict[tuple[str, str, str, int], Position] = {}
        self._tokens: dict[tuple[str, str], int] = {}
        self._looks: dict[type[Aggregate], Callable[[Any], None]] = {
            StockItem: self._stock_item,
            Coupon: self._coupon,
            Promotion: self._promotion,
            PaymentIntent: self._payment,
            LedgerAccount: self._account,
        }

    def watch(self, store: SimulatedStore, changes: Changes) -> None:
        self._states(changes)
        if store.context == "carts":
            self._carts(changes)
        elif changes.due and store.context == "payments":
            self._asked_by_webhooks(store, changes)
        elif store.context == "promotions":
            self._units(store, changes)
        elif store.context == "products":
            self._offered(store.scheduler.time, changes)
        if changes.records:
            self._told(store, changes)
        if changes.cursors:
            self._moved(store, changes)
        if changes.fence is not None:
            self._fenced(store, changes)
        elif changes.cursors:
            self.broken("I35", f"{store.context}'s lease", "a worker wrote without a token")

    def _states(self, changes: Changes) -> None:
        for kind, pairs in changes.updates.items():
            look = self._looks.get(kind)
            if look is not None:
                for now, _ in pairs:
                    look(now)
            elif kind is Reservation:
                for reservation, earlier in pairs:
                    self._reservation(reservation, earlier["status"])
        for kind, made in changes.inserts.items():
            look = self._looks.get(kind)
            if look is not None:
                for one in made:
                    look(one)
            elif kind is Reservation:
                self._begun(made)

    def _carts(self, changes: Changes) -> None:
        """No cart holds more than was ever sent into it, and a merge loses and makes nothing."""
        before = after = 0
        is_merge = False
        for cart, earlier in changes.updates.get(Cart, ()):
            assert isinstance(cart, Cart)
            before += sum(item.quantity for item in earlier["items"])
            after += self._cart(cart)
            is_merge |= cart.status == MERGED != earlier["status"]
        for cart in changes.inserts.get(Cart, ()):
            assert isinstance(cart, Cart)
            after += self._cart(cart)
        if is_merge and before != after:
            self.broken("I32", "a merge of carts", f"made {after} pieces of {before}")

    def _cart(self, cart: Cart) -> int:
        owners = (str(cart.user_id), *self.facts.guests.get(str(cart.user_id), ()))
        for item in cart.items:
            sent = sum(self.facts.put[owner, item.variant_id] for owner in owners)
            if item.quantity > sent:
                what = f"holds {item.quantity} of {item.variant_id}; {sent} were ever put in"
                self.broken("I24", f"cart of {cart.user_id}", what)
        return sum(item.quantity for item in cart.items)

    def _units(self, store: SimulatedStore, changes: Changes) -> None:
        """A deal counts as many units as its live uses draw, in every commit: both are written together."""
        touched: dict[str, None] = {}
        for use in changes.inserts.get(Redemption, ()):
            assert isinstance(use, Redemption)
            if use.quantity:
                self._drawn[use.id] = use.quantity if use.status != RELEASED else 0
                touched[str(use.coupon_id)] = None
                self._uses_of.setdefault(str(use.coupon_id), []).append(use.id)
        for use, _ in changes.updates.get(Redemption, ()):
            assert isinstance(use, Redemption)
            if use.quantity:
                self._drawn[use.id] = use.quantity if use.status != RELEASED else 0
                touched[str(use.coupon_id)] = None
        for id in touched:
            row = store.rows.get(Promotion, {}).get(id)
            drawn = sum(self._drawn[use_id] for use_id in self._uses_of[id])
            if isinstance(row, Promotion) and row.units_reserved + row.units_sold != drawn:
                what = f"counts {row.units_reserved + row.units_sold} units; its uses draw {drawn}"
                self.broken("I27", f"promotion {row.name}", what)

    def _offered(self, now: int, changes: Changes) -> None:
        """What is withheld, since its seller is suspended or away, is sold to nobody."""
        for record in changes.records:
            if record.wire_name == LinesQuoted.wire_name:
                for line in record.message.lines:
                    if self._withheld.get(line.variant_id, now) + JUST_NOW < now:
                        self.broken("I48", f"offer {line.variant_id}", "was priced for a buyer while it is withheld")
        for offer, _ in changes.updates.get(Offer, ()):
            assert isinstance(offer, Offer)
            if offer.withheld:
                self._withheld.setdefault(offer.id, now)
            else:
                self._withheld.pop(offer.id, None)

    def _asked_by_webhooks(self, store: SimulatedStore, changes: Changes) -> None:
        """A webhook has the gateway asked once, however often it comes."""
        webhooks = store.rows.get(Webhook, {})
        for id in changes.due:
            webhook_id = id.rpartition(":")[2]
            if webhook_id in webhooks:
                if id in self._asked:
                    self.broken("I37", f"webhook {webhook_id}", "had the gateway asked a second time")
                self._asked.add(id)

    def _begun(self, reservations: Sequence[Any]) -> None:
        for made in reservations:
            if made.status not in STARTS:
                self.broken("I05", f"reservation {made.id}", f"began as {made.status}")

    def _stock_item(self, item: StockItem) -> None:
        # What is promised and not there was counted away under the promise, or sold beforehand, and is counted so.
        lacks = item.missing + item.backordered
        if min(item.on_hand, item.reserved, item.allocated) < 0 or item.promised > item.on_hand + lacks:
            what = f"has {item.on_hand} pieces, {item.reserved} held and {item.allocated} sold, {lacks} known to lack"
            self.broken("I02", f"stock item {item.id}", what)

    def _coupon(self, coupon: Coupon) -> None:
        uses = coupon.uses_reserved + coupon.uses_consumed
        if min(coupon.uses_reserved, coupon.uses_consumed) < 0 or 0 < coupon.max_uses < uses:
            self.broken("I27", f"coupon {coupon.code}", f"has {uses} live uses of {coupon.max_uses}")

    def _promotion(self, promotion: Promotion) -> None:
        held, sold, limit = promotion.units_reserved, promotion.units_sold, promotion.terms.units_max
        if min(held, sold) < 0 or 0 < limit < held + sold:
            self.broken("I27", f"promotion {promotion.name}", f"has {held} units held and {sold} sold of {limit}")

    def _payment(self, intent: PaymentIntent) -> None:
        back = intent.refunded_amount + intent.refunding_amount
        if not 0 <= intent.captured_amount <= intent.amount:
            self.broken("I14", f"payment {intent.id}", f"captured {intent.captured_amount} of {intent.amount}")
        if not 0 <= back <= intent.captured_amount:
            self.broken("I15", f"payment {intent.id}", f"pays {back} back of {intent.captured_amount}")

    def _account(self, account: LedgerAccount) -> None:
        if account.balance < 0 and not LedgerAccount.open(account.name, account.currency).may_be_negative:
            self.broken("I10", f"account {account.name}", f"is at {account.balance} {account.currency}")

    def _reservation(self, reservation: Any, earlier: str) -> None:
        if reservation.status != earlier and reservation.status not in _WAYS[earlier]:
            self.broken("I05", f"reservation {reservation.id}", f"went from {earlier} to {reservation.status}")

    def _told(self, store: SimulatedStore, changes: Changes) -> None:
        label, messages = store.context, self._messages
        for record in changes.records:
            if record.message_id in messages:
                what = f"{record.wire_name} was told twice, by {record.cause_id}"
                self.broken("I30", f"{label}'s log {record.message_id}", what)
            messages.add(record.message_id)
            if record.sequence:
                last = self._sequences.get((label, record.key), 0)
                if record.sequence != last + 1:
                    what = f"{record.wire_name} has number {record.sequence} after {last}"
                    self.broken("I31", f"{label}'s {record.key}", what)
                self._sequences[label, record.key] = record.sequence

    def _moved(self, store: SimulatedStore, changes: Changes) -> None:
        for move in changes.cursors:
            key = (store.context, move.subscription, move.source, move.lane)
            stood = self._cursors.get(key, START)
            if move.was != stood or move.now <= stood:
                what = f"went from {tuple(move.was)} to {tuple(move.now)}, standing at {tuple(stood)}"
                self.broken("I29", f"{move.subscription} lane {move.lane} of {move.source}", what)
            self._cursors[key] = move.now

    def _fenced(self, store: SimulatedStore, changes: Changes) -> None:
        fence = changes.fence
        assert fence is not None
        key = (store.context, fence.lease)
        if fence.token < self._tokens.get(key, 0):
            what = f"wrote under token {fence.token} after {self._tokens[key]}"
            self.broken("I35", f"{store.context}'s lease", what)
        self._tokens[key] = fence.token
