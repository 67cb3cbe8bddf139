"""The real contexts and views, put together over simulated databases."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from argosy.contracts.payments import StatementLine
from argosy.domains.accounts.context import AccountsContext
from argosy.domains.accounts.domain.session import Session
from argosy.domains.accounts.domain.team import Invitation, Member
from argosy.domains.accounts.domain.user import User
from argosy.domains.carts.context import CartsContext
from argosy.domains.carts.domain.cart import Cart
from argosy.domains.checkout.context import CheckoutContext
from argosy.domains.checkout.domain.quotation import Quotation
from argosy.domains.checkout.domain.request import ALL_ALLOWED
from argosy.domains.checkout.domain.session import CheckoutSession
from argosy.domains.inventory.context import InventoryContext
from argosy.domains.inventory.domain.reservation import Reservation
from argosy.domains.inventory.domain.stock import StockItem, StockMovement
from argosy.domains.orders.application.stuck import StuckOrder
from argosy.domains.orders.context import OrdersContext
from argosy.domains.orders.domain.order import Order
from argosy.domains.orders.domain.policies import STUCK
from argosy.domains.orders.domain.purchase import Purchase
from argosy.domains.payments.adapters.outbound.gateways.by_credit import ByCredit
from argosy.domains.payments.adapters.outbound.gateways.by_hand import ByHand
from argosy.domains.payments.application.holds import Hold
from argosy.domains.payments.application.statements import COMPARED
from argosy.domains.payments.application.windows import Shown
from argosy.domains.payments.context import PaymentsContext, call_targets
from argosy.domains.payments.domain import commission
from argosy.domains.payments.domain.capture import PARTS
from argosy.domains.payments.domain.commission import CommissionRule
from argosy.domains.payments.domain.credit import Credit
from argosy.domains.payments.domain.gift_card import OPEN, GiftCard
from argosy.domains.payments.domain.ledger import Ledger
from argosy.domains.payments.domain.payment import (
    APPROVED,
    BY_CREDIT,
    CAPTURE,
    REFUND,
    RETURN,
    PaymentIntent,
    PaymentTransaction,
)
from argosy.domains.payments.domain.receipt import BANK
from argosy.domains.payments.domain.shares import Rates
from argosy.domains.payments.domain.webhook import RECEIVED, Webhook
from argosy.domains.products.application.standing import OnSale
from argosy.domains.products.context import ProductsContext
from argosy.domains.products.domain.category import Category
from argosy.domains.products.domain.offer import Offer
from argosy.domains.products.domain.product import PUBLISHED, Product
from argosy.domains.promotions.application.reconciling import Drifts
from argosy.domains.promotions.application.redemptions import ExpiredUse
from argosy.domains.promotions.context import PromotionsContext
from argosy.domains.promotions.domain.coupon import Coupon
from argosy.domains.promotions.domain.promotion import Promotion
from argosy.domains.promotions.domain.redemption import RESERVED, Redemption
from argosy.domains.shipping.context import ShippingContext
from argosy.domains.taxes.context import TaxesContext
from argosy.engine.due import CallTarget, Every
from argosy.engine.participant import Participant, handlers_of
from argosy.engine.people import people_of
from argosy.engine.work import UnitOfWork
from argosy.read_models.views import VIEWS
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.ids import Id
from argosy.simulation.faults import Faults
from argosy.simulation.gateway import SimulatedGateway
from argosy.simulation.scheduler import SECOND, Scheduler
from argosy.simulation.store import SimulatedStore

Unique = tuple[type[Aggregate], tuple[str, ...]]

UNIQUE: dict[str, tuple[Unique, ...]] = {
    # The unique constraints of the databases, as their migrations have them.
    "accounts": (
        (User, ("email",)),
        (Session, ("token_hash",)),
        (Member, ("seller_id", "user_id")),
        (Invitation, ("token_hash",)),
        (Invitation, ("seller_id", "email")),
    ),
    "checkout": ((CheckoutSession, ("request_key",)),),
    "inventory": ((StockMovement, ("stock_item_id", "reference_id", "reason")),),
    "orders": ((Purchase, ("request_key",)), (Purchase, ("flow_id",))),
    "payments": ((GiftCard, ("code_hash",)),),
    "products": ((Product, ("sku_key",)), (Offer, ("sku_key",))),
    "promotions": ((Coupon, ("code",)), (Redemption, ("flow_id", "coupon_id"))),
}
LOGS: dict[str, tuple[tuple[type[Aggregate], tuple[str, ...]], ...]] = {
    # Parts that are written once and never loaded, as the repositories have them.
    "checkout": ((CheckoutSession, ("attempts", "failures")),),
    "orders": ((Order, ("items", "history", "payments", "refunds")),),
    "payments": ((PaymentIntent, ("transactions",)), (Ledger, ("entries",)), (Credit, ("movements",))),
}


@dataclass(frozen=True)
class Part:
    """One subscription: a context of the business, or a view."""

    label: str
    participant: Participant
    store: SimulatedStore
    schedule: tuple[Every, ...] = ()
    calls: dict[str, CallTarget] | None = None
    people: Participant | None = None
    """The subscription under which its database forgets people."""
    others: tuple[Participant, ...] = ()
    """Whose messages are in the same database too."""

    @property
    def participants(self) -> tuple[Participant, ...]:
        return (self.participant, *self.others, *((self.people,) if self.people else ()))

    @property
    def step(self) -> int:
        """How often its schedule tells something, in microseconds."""
        return min((every.seconds for every in self.schedule), default=1) * SECOND

    @property
    def is_view(self) -> bool:
        return self.participant.is_projector


class PlainPasswords:
    """Passwords that cost nothing to check."""

    dummy = "plain:"

    def hash(self, password: str) -> str:
        return f"plain:{password}"

    def verify(self, encoded: str, password: str) -> bool:
        return encoded == f"plain:{password}"

    def understands(self, encoded: str) -> bool:
        return encoded.startswith("plain:")


class CountedBytes:
    """Bytes that are different each time, and the same in each run."""

    def __init__(self) -> None:
        self._count = 0

    def random_bytes(self, count: int) -> bytes:
        self._count += 1
        return self._count.to_bytes(count, "big")


class PlainSeals:
    """Seals that cost nothing."""

    def token(self, seed: bytes) -> str:
        return f"letter-{seed.hex()}"

    def seal(self, secret: bytes) -> str:
        return f"sealed {secret.decode()}"

    def open(self, sealed: str) -> bytes | None:
        return sealed.removeprefix("sealed ").encode()


def parts_of(scheduler: Scheduler, faults: Faults, gateway: SimulatedGateway) -> dict[str, Part]:
    """Every context and every view with a database of its own."""
    parts: dict[str, Part] = {}
    for kind in (
        AccountsContext,
        CartsContext,
        CheckoutContext,
        InventoryContext,
        OrdersContext,
        PaymentsContext,
        ProductsContext,
        PromotionsContext,
        ShippingContext,
        TaxesContext,
    ):
        label = kind.label
        store = SimulatedStore(label, UNIQUE.get(label, ()), scheduler, faults)
        for aggregate, fields in LOGS.get(label, ()):
            store.keep_logs(aggregate, *fields)
        # What a setting decides is none of the class: nobody watches thresholds here.
        schedule = kind.schedule if isinstance(kind.schedule, tuple) else ()
        hears = kind.hears + ((label,) if schedule and label not in kind.hears else ())
        participant = Participant(label, handlers_of(kind.services), _build(kind, store), hears)
        calls = call_targets({"test": gateway, BANK: ByHand(), BY_CREDIT: ByCredit()}) if label == "payments" else None
        parts[label] = Part(label, participant, store, schedule, calls, people_of(label))
    for view in VIEWS:
        store = SimulatedStore(view.name, (), scheduler, faults)
        here = tuple(label for label in view.hears if label in parts)
        parts[view.name] = Part(view.name, replace(view.participant, hears=here), store)
    return parts


def _build(kind: type[Any], store: SimulatedStore) -> Callable[[UnitOfWork], Sequence[Any]]:
    """A context's own wiring. It is an app of Django's as well, which nothing here has need of."""
    context = object.__new__(kind)
    if kind is AccountsContext:
        context.passwords, context.randomness, context.seals = PlainPasswords(), CountedBytes(), PlainSeals()
    elif kind is CartsContext:
        context.randomness = CountedBytes()
        context.old = lambda work: SimulatedOldCarts(store)
    elif kind is InventoryContext:
        context.overdue = lambda work: lambda now, limit: overdue(store, now, limit)
        context.untold = lambda work: lambda after, limit: untold(store, after, limit)
    elif kind is OrdersContext:
        context.sold = lambda work: (
            lambda order_id: [item for id, item in store.parts(Order, "items") if id == order_id]
        )
        context.stuck = lambda work: lambda now, limit: stuck(store, now, limit)
    elif kind is PaymentsContext:
        index = Noted(store)
        context.noted = lambda work: index.find
        context.randomness = CountedBytes()
        context.expired_cards = lambda work: lambda limit: expired_cards(store, work.now, limit)
        context.open_webhooks = lambda work: lambda limit: open_webhooks(store, limit)
        context.rates = lambda work: rates(store, work.now)
        context.hold_of = lambda gateway: Hold()
        context.shown = Shown
        context.captures_of = lambda gateway: PARTS
        is_by_order = captures_by_order(store.faults)
        context.is_by_order = lambda: is_by_order
        context.gateway_names = lambda: frozenset({"test", BANK})
    elif kind is ProductsContext:
        context.below = lambda work: lambda category_id: below(store, category_id)
        context.withheld_otherwise = lambda work: (
            lambda seller_id, withheld, after, limit: withheld_otherwise(store, (seller_id, withheld, after), limit)
        )
    elif kind is CheckoutContext:
        context.terms = ALL_ALLOWED
        context.expired_quotes = lambda work: lambda until, limit: expired_quotes(store, until, limit)
    elif kind is PromotionsContext:
        context.randomness = CountedBytes()
        context.expired = lambda work: lambda until, limit: expired(store, until, limit)
        # Wrong counters are for the oracles to see, and not to be mended before they look.
        context.drifts = lambda work: lambda limit: Drifts((), (), ())
        context.ended = lambda work: lambda until, limit: ended(store, until, limit)
    build: Callable[[UnitOfWork], Sequence[Any]] = context.build
    return build


def captures_by_order(faults: Faults) -> bool:
    """Whether the operator has it so (`ARGOSY_CAPTURE=order`): in a third of the seeds, for the calls that it costs."""
    return bool(faults.rates["captured by order"]) and Random(f"{faults.seed}:captured apart").randrange(3) == 0


class SimulatedOldCarts:
    """Carts that nobody touched, by looking through all of them."""

    def __init__(self, store: SimulatedStore) -> None:
        self.store = store

    def guests(self, until: datetime, limit: int) -> list[Id]:
        found = [(row.updated_at, row.id) for row in self.store.all(Cart) if row.is_guest and row.updated_at <= until]
        return [id for _, id in sorted(found)[:limit]]

    def idle(self, until: datetime, limit: int) -> list[Id]:
        found = [
            (row.idle_since, row.id)
            for row in self.store.all(Cart)
            if row.idle_since is not None and row.idle_since <= until
        ]
        return [id for _, id in sorted(found)[:limit]]


def overdue(store: SimulatedStore, now: datetime, limit: int) -> list[Id]:
    """Reservations that are ACTIVE past their time and do not wait parked, earliest first."""
    parked = {one.record.key for one in store.parked_everywhere()}
    found = [
        (row.open_until, row.id)
        for row in store.all(Reservation)
        if row.open_until is not None and row.open_until <= now and row.id not in parked
    ]
    return [id for _, id in sorted(found)[:limit]]


def untold(store: SimulatedStore, after: Id | None, limit: int) -> list[Id]:
    """Stock units behind one, by id, that have changed since they were last told of."""
    found = {row.stock_unit_id for row in store.all(StockItem) if not row.is_told and row.stock_unit_id > (after or "")}
    return sorted(found)[:limit]


def stuck(store: SimulatedStore, now: datetime, limit: int) -> list[StuckOrder]:
    """Orders that are in a status for longer than they may, those that wait longest first."""
    found = [
        StuckOrder(order.id, order.seller_id, order.status, order.updated_at, rule.what)
        for order in store.all(Order)
        for rule in STUCK
        if (rule.status, rule.order_type) == (order.status, order.order_type)
        and order.updated_at < now - timedelta(days=rule.days)
    ]
    return sorted(found, key=lambda one: (one.since, one.id))[:limit]


def below(store: SimulatedStore, category_id: Id) -> list[Id]:
    """Categories below one, those nearer to it first."""
    found: list[Id] = []
    level = [category_id]
    while level:
        level = sorted(row.id for row in store.all(Category) if row.parent_id in level)
        found += level
    return found


def withheld_otherwise(store: SimulatedStore, asked: tuple[Id, str, Id | None], limit: int) -> list[OnSale]:
    """A seller's products on sale behind one, by id, that are withheld for another reason than this."""
    seller_id, withheld, after = asked
    found = [
        OnSale(row.id, [variant.id for variant in row.variants])
        for row in store.all(Product)
        if (row.seller_id, row.status) == (seller_id, PUBLISHED) and row.withheld != withheld and row.id > (after or "")
    ]
    return sorted(found)[:limit]


class Noted:
    """Approved captures, refunds and returns at the gateway that is compared, in order of payments: an index, which
    keeps up with what is written."""

    def __init__(self, store: SimulatedStore) -> None:
        self.store = store
        self._lines: list[tuple[str, str, StatementLine]] = []
        self._seen = 0

    def find(self, after: str, up_to: str, limit: int) -> list[StatementLine]:
        """Those of payments behind one id and up to another."""
        written = self.store.parts(PaymentIntent, "transactions")
        for payment_id, told in written[self._seen :]:
            is_money = told.status == APPROVED and told.type in (CAPTURE, REFUND, RETURN)
            if is_money and self.store.rows[PaymentIntent][payment_id].gateway == COMPARED:  # type: ignore[attr-defined]
                insort(self._lines, (payment_id, told.id, _line(payment_id, told)), key=_place)
        self._seen = len(written)
        first = bisect_right(self._lines, (after, "~"), key=_place)
        end = bisect_right(self._lines, (up_to, "~"), key=_place) if up_to else len(self._lines)
        return [line for _, _, line in self._lines[first : min(end, first + limit)]]


def _place(one: tuple[str, str, StatementLine]) -> tuple[str, str]:
    return one[0], one[1]


def _line(payment_id: Id, told: PaymentTransaction) -> StatementLine:
    return StatementLine(
        key=f"{payment_id}:{told.type}",
        operation=told.type,
        payment_id=payment_id,
        gateway_transaction_id=told.gateway_transaction_id,
        amount=told.amount,
        currency=told.currency,
        done_at=told.created_at,
    )


def rates(store: SimulatedStore, now: datetime) -> Rates:
    """What commission counts by a worker's clock."""
    rules = store.all(CommissionRule)
    return lambda seller_id, category: commission.rate(rules, seller_id, category, now)


def open_webhooks(store: SimulatedStore, limit: int) -> list[Id]:
    """Webhooks that wait for their payment, the earliest first."""
    found = [(row.received_at, row.id) for row in store.all(Webhook) if row.status == RECEIVED]
    return [id for _, id in sorted(found)[:limit]]


def expired_cards(store: SimulatedStore, now: datetime, limit: int) -> list[Id]:
    """Gift cards that are open although their time is over, the longest first."""
    found = [(row.expires_at, row.id) for row in store.all(GiftCard) if row.status == OPEN and row.expires_at]
    return [id for expires_at, id in sorted(found) if expires_at <= now][:limit]


def expired_quotes(store: SimulatedStore, until: datetime, limit: int) -> list[Id]:
    """Quotes whose time was up by then, earliest first."""
    found = [(row.expires_at, row.id) for row in store.all(Quotation) if row.expires_at <= until]
    return [id for _, id in sorted(found)[:limit]]


def ended(store: SimulatedStore, until: datetime, limit: int) -> list[Id]:
    """Promotions whose time was up by then, earliest first."""
    return [
        id for _, id in sorted((row.ends_at, row.id) for row in store.all(Promotion) if row.ends_at <= until)[:limit]
    ]


def expired(store: SimulatedStore, until: datetime, limit: int) -> list[ExpiredUse]:
    """Uses that are held past their time, earliest first."""
    found = [row for row in store.all(Redemption) if row.status == RESERVED and row.expires_at <= until]
    found.sort(key=lambda row: (row.expires_at, row.id))
    return [
        ExpiredUse(row.id, row.coupon_id, row.user_id, row.has_buyer_limit)
        for row in found[:limit]
        if row.coupon_id is not None and row.user_id is not None
    ]
