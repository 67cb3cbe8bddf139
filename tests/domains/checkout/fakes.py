"""Tiny participants that keep the contracts: dictionaries, tombstones, one answer per command.

`effects` counts what each did and took back, per flow: what the oracles of the tests compare.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from argosy.contracts import carts, inventory, orders, payments, products, promotions, shipping, taxes
from argosy.contracts.checkout import CheckoutLine, StartCheckout
from argosy.contracts.orders import Address
from argosy.shared_kernel.errors import snake_case
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command, Event, Refused
from argosy.shared_kernel.money import share
from tests.support import an_id

BUYER = an_id("buyer")
ADDRESS = Address(
    recipient="Asha Rao", street="1 Ring Road", city="Pune", postal_code="411001", country="IN", region="MH"
)


def start(name: str = "checkout", **changed: Any) -> StartCheckout:
    """Two lines of two sellers, one coupon: 2 * 500 + 300, 10 % off, 40 delivery each, 5 % tax on top."""
    fields: dict[str, Any] = {
        "checkout_id": an_id(name),
        "buyer_id": BUYER,
        "cart_id": an_id("cart"),
        "lines": (
            CheckoutLine(product_id=an_id("p1"), variant_id=an_id("v1"), quantity=2),
            CheckoutLine(product_id=an_id("p2"), variant_id=an_id("v2"), quantity=1),
        ),
        "address": ADDRESS,
        "client_request_id": f"request-{name}",
        "coupons": ("TEN",),
    }
    return StartCheckout(**{**fields, **changed})


PRICES = {an_id("v1"): (500, an_id("seller-b")), an_id("v2"): (300, an_id("seller-a"))}


class Participant:
    """Answers commands. `refuse` decides whether a request (never an undo) is refused."""

    undoes: tuple[type[Command], ...] = ()

    def __init__(self, refuse: Callable[[Command], bool] = lambda command: False) -> None:
        self.refuse = refuse
        self.state: dict[str, str] = {}
        self.effects: Counter[tuple[str, str]] = Counter()
        self.seen: dict[tuple[str, str], list[Event]] = {}

    def take(self, command: Any) -> list[Event]:
        """The answer; a repeated request gets the same one, and nothing more happens. An undo looks what there is."""
        name = type(command).__name__
        if isinstance(command, self.undoes):
            return self.answer(command)
        key = (getattr(command, "payment_id", None) or command.flow_id, name)
        if key not in self.seen:
            self.seen[key] = [self.no(command)] if self.refuse(command) else self.answer(command)
        return self.seen[key]

    def answer(self, command: Any) -> list[Event]:
        answers: list[Event] = getattr(self, f"on_{snake_case(type(command).__name__)}")(command)
        return answers

    def no(self, command: Any, code: str = "refused_at_random") -> Refused:
        return Refused(flow_id=command.flow_id, command=command.wire_name, code=code)

    def did(self, command: Any, effect: str) -> None:
        self.effects[command.flow_id, effect] += 1


class Carts(Participant):
    """`lines` and `coupons` are what is in everybody's cart."""

    lines: tuple[carts.CartLine, ...] = ()
    coupons: tuple[str, ...] = ()

    def on_describe_cart(self, command: carts.DescribeCart) -> list[Event]:
        return [carts.CartDescribed(flow_id=command.flow_id, lines=self.lines, coupons=self.coupons)]


class Products(Participant):
    def on_quote_lines(self, command: products.QuoteLines) -> list[Event]:
        return [
            products.LinesQuoted(
                flow_id=command.flow_id,
                currency="INR",
                lines=tuple(quoted(line.line_no, line.variant_id, line.quantity) for line in command.lines),
            )
        ]


def quoted(line_no: int, variant_id: Id, quantity: int) -> products.QuotedLine:
    amount, seller_id = PRICES[variant_id]
    return products.QuotedLine(
        line_no=line_no,
        product_id=an_id("p"),
        variant_id=variant_id,
        seller_id=seller_id,
        sku="SKU",
        title="Thing",
        quantity=quantity,
        unit_amount=amount,
        currency="INR",
        price_id=an_id("price"),
        stock_unit_id=variant_id,
        units_each=1,
        weight_grams=100,
        volume_mm3=1000,
        category="things",
        tax_category="standard",
    )


class Promotions(Participant):
    undoes = (promotions.ReleaseCoupons,)
    basis_points = 1_000

    def on_reserve_coupons(self, command: promotions.ReserveCoupons) -> list[Event]:
        if self.state.get(command.flow_id) == "released":
            return [self.no(command, "cancelled_before")]
        if command.codes:
            self.state[command.flow_id] = "held"
            self.did(command, "hold")
        return [promotions.CouponsReserved(flow_id=command.flow_id, discounts=self.discounts(command))]

    def discounts(
        self, command: promotions.ReserveCoupons | promotions.QuoteDiscounts
    ) -> tuple[promotions.Discount, ...]:
        return tuple(
            promotions.Discount(
                line_no=line.line_no,
                amount=share(line.amount, self.basis_points),
                coupon_id=an_id("coupon"),
                code="TEN",
                funded_by="platform",
                explanation="10 % off",
            )
            for line in command.lines
            if command.codes
        )

    def on_quote_discounts(self, command: promotions.QuoteDiscounts) -> list[Event]:
        discounts = self.discounts(command)
        total = sum(discount.amount for discount in discounts)
        use = promotions.QuotedUse(rule_id=an_id("coupon"), amount=total, terms="ten", code="TEN")
        return [
            promotions.DiscountsQuoted(
                flow_id=command.flow_id, discounts=discounts, uses=(use,) if command.codes else ()
            )
        ]

    def on_release_coupons(self, command: promotions.ReleaseCoupons) -> list[Event]:
        if self.state.get(command.flow_id) == "held":
            self.did(command, "release")
        self.state[command.flow_id] = "released"
        return [promotions.CouponsReleased(flow_id=command.flow_id)]

    def on_consume_coupons(self, command: promotions.ConsumeCoupons) -> list[Event]:
        if self.state.get(command.flow_id) != "held":
            return [self.no(command, "nothing_held")]
        self.state[command.flow_id] = "consumed"
        self.did(command, "consume")
        return [promotions.CouponsConsumed(flow_id=command.flow_id)]


class Shipping(Participant):
    def on_quote_shipping(self, command: shipping.QuoteShipping) -> list[Event]:
        return [
            shipping.ShippingQuoted(
                flow_id=command.flow_id,
                charges=tuple(
                    shipping.DeliveryCharge(
                        line_no=line.line_no,
                        seller_id=line.seller_id,
                        method=line.method,
                        amount=40,
                        days_min=2,
                        days_max=4,
                        rate_id=an_id("rate"),
                    )
                    for line in command.lines
                ),
            )
        ]


class Taxes(Participant):
    def on_quote_tax(self, command: taxes.QuoteTax) -> list[Event]:
        return [
            taxes.TaxQuoted(
                flow_id=command.flow_id,
                lines=tuple(
                    taxes.LineTax(
                        line_no=line.line_no,
                        amount=share(line.amount, 500),
                        is_inclusive=False,
                        basis_points=500,
                        rule_id=an_id("rule"),
                    )
                    for line in command.lines
                ),
            )
        ]


class Orders(Participant):
    """`methods` is how each flow's orders were placed to be paid."""

    undoes = (orders.CancelOrders,)

    def __init__(self, refuse: Callable[[Command], bool] = lambda command: False) -> None:
        super().__init__(refuse)
        self.methods: dict[str, str] = {}

    def on_place_orders(self, command: orders.PlaceOrders) -> list[Event]:
        if self.state.get(command.flow_id) == "cancelled":
            return [self.no(command, "cancelled_before")]
        self.state[command.flow_id] = "created"
        self.methods[command.flow_id] = command.payment_method if command.total_amount else ""
        self.did(command, "place")
        return [
            orders.OrdersPlaced(
                flow_id=command.flow_id,
                purchase_id=command.purchase_id,
                orders=tuple(
                    orders.OrderReference(
                        order_id=order.order_id,
                        seller_id=order.seller_id,
                        order_number="N",
                        total_amount=order.total_amount,
                    )
                    for order in command.orders
                ),
            )
        ]

    def on_cancel_orders(self, command: orders.CancelOrders) -> list[Event]:
        if self.state.get(command.flow_id) in ("created", "confirmed"):
            self.did(command, "cancel")
        self.state[command.flow_id] = "cancelled"
        return [orders.OrdersCancelled(flow_id=command.flow_id, purchase_id=command.purchase_id)]

    def on_confirm_orders(self, command: orders.ConfirmOrders) -> list[Event]:
        if self.state.get(command.flow_id) != "created":
            return [self.no(command, "not_created")]
        method = command.payment_method or self.methods[command.flow_id]
        assert (command.payment_id is not None) == (method == "card"), "confirmed by what does not pay for it"
        self.state[command.flow_id] = "confirmed"
        self.did(command, "confirm")
        return [orders.OrdersConfirmed(flow_id=command.flow_id, purchase_id=command.purchase_id)]


class Inventory(Participant):
    undoes = (inventory.ReleaseReservation, inventory.Restock)

    def on_reserve_stock(self, command: inventory.ReserveStock) -> list[Event]:
        if self.state.get(command.flow_id) == "released":
            return [self.no(command, "cancelled_before")]
        self.state[command.flow_id] = "held"
        self.did(command, "hold")
        return [
            inventory.StockReserved(
                flow_id=command.flow_id, reservation_id=command.reservation_id, expires_at=command.expires_at
            )
        ]

    def on_extend_reservation(self, command: inventory.ExtendReservation) -> list[Event]:
        if self.state.get(command.flow_id) != "held":
            return [self.no(command, "reservation_has_ended")]
        return [
            inventory.StockReserved(
                flow_id=command.flow_id, reservation_id=command.reservation_id, expires_at=command.expires_at
            )
        ]

    def on_release_reservation(self, command: inventory.ReleaseReservation) -> list[Event]:
        if self.state.get(command.flow_id) == "held":
            self.did(command, "release")
        if self.state.get(command.flow_id) != "committed":
            self.state[command.flow_id] = "released"
        return [inventory.ReservationReleased(flow_id=command.flow_id, reservation_id=command.reservation_id)]

    def on_commit_reservation(self, command: inventory.CommitReservation) -> list[Event]:
        if self.state.get(command.flow_id) != "held":
            return [self.no(command, "reservation_has_ended")]
        self.state[command.flow_id] = "committed"
        self.did(command, "commit")
        return [inventory.ReservationConfirmed(flow_id=command.flow_id, reservation_id=command.reservation_id)]

    def on_restock(self, command: inventory.Restock) -> list[Event]:
        if self.state.get(command.flow_id) == "committed":
            self.state[command.flow_id] = "released"
            self.did(command, "restock")
        return [inventory.StockRestocked(flow_id=command.flow_id, reservation_id=command.reservation_id)]

    def expire(self, flow_id: str, reservation_id: Id) -> list[Event]:
        """The hold runs out, unless it was committed."""
        if self.state.get(flow_id) != "held":
            return []
        self.state[flow_id] = "released"
        self.effects[flow_id, "release"] += 1
        return [inventory.ReservationExpired(flow_id=flow_id, reservation_id=reservation_id)]


class Payments(Participant):
    """`mood` says how an authorisation goes: yes, decline, act (the buyer first), late (no, and later yes), or ghost:
    the gateway is silent, and later found to have held the money after all."""

    undoes = (payments.VoidPayment, payments.RefundPayment)

    def __init__(
        self, refuse: Callable[[Command], bool] = lambda command: False, mood: Callable[[], str] = lambda: "yes"
    ) -> None:
        super().__init__(refuse)
        self.mood = mood
        self.ghosts: dict[str, payments.PaymentAuthorized] = {}

    def wake(self, flow_id: str) -> list[Event]:
        """The silent gateway is found to have said yes, whatever has become of the flow."""
        woken: list[Event] = []
        for payment_id, yes in list(self.ghosts.items()):
            if yes.flow_id == flow_id:
                del self.ghosts[payment_id]
                self.state[payment_id] = "held"
                self.effects[flow_id, "hold"] += 1
                woken.append(yes)
        return woken

    def on_authorize_payment(self, command: payments.AuthorizePayment) -> list[Event]:
        assert command.amount > 0
        if self.state.get(command.payment_id) == "voided":
            return [self.no(command, "cancelled_before")]
        mood = self.mood()
        if mood == "decline":
            return [self.failed(command, "card_declined")]
        yes = payments.PaymentAuthorized(
            flow_id=command.flow_id, payment_id=command.payment_id, amount=command.amount, currency=command.currency
        )
        if mood == "ghost":
            self.ghosts[command.payment_id] = yes
            return []
        self.state[command.payment_id] = "held"
        self.did(command, "hold")
        if mood == "late":
            return [self.failed(command, "gateway_timed_out"), yes]
        if mood == "act":
            return [
                payments.PaymentActionRequired(
                    flow_id=command.flow_id, payment_id=command.payment_id, action_url="https://gateway.test/act"
                ),
                yes,
            ]
        return [yes]

    def failed(self, command: Any, reason: str) -> Event:
        return payments.PaymentFailed(flow_id=command.flow_id, payment_id=command.payment_id, reason=reason)

    def on_void_payment(self, command: payments.VoidPayment) -> list[Event]:
        if self.state.get(command.payment_id) == "held":
            self.did(command, "void")
        if self.state.get(command.payment_id) != "captured":
            self.state[command.payment_id] = "voided"
        return [payments.PaymentVoided(flow_id=command.flow_id, payment_id=command.payment_id)]

    def on_capture_payment(self, command: payments.CapturePayment) -> list[Event]:
        if self.state.get(command.payment_id) != "held":
            return [self.no(command, "not_authorized")]
        self.state[command.payment_id] = "captured"
        self.did(command, "capture")
        return [
            payments.PaymentCaptured(
                flow_id=command.flow_id,
                payment_id=command.payment_id,
                purchase_id=an_id("purchase"),
                amount=1,
                currency="INR",
            )
        ]

    def on_refund_payment(self, command: payments.RefundPayment) -> list[Event]:
        if self.state.get(command.payment_id) == "captured":
            self.state[command.payment_id] = "voided"
            self.did(command, "refund")
        return [
            payments.PaymentRefunded(
                flow_id=command.flow_id,
                payment_id=command.payment_id,
                refund_id=command.refund_id,
                amount=1,
                currency="INR",
            )
        ]
