"""What orders accepts and announces: the legal record of a purchase, one order per seller."""

from __future__ import annotations

from datetime import datetime

from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command, Event, Personal, Value


class Address(Value):
    """Where a parcel goes, frozen when the order is made."""

    recipient: Personal[str]
    street: Personal[str]
    city: Personal[str]
    postal_code: Personal[str]
    country: str
    region: str = ""
    phone: Personal[str] = ""


class LineDiscount(Value):
    """`amount` minor units off a line: by which rule or code, who pays for it (`platform`, or a seller's id), and how
    it was computed."""

    amount: int
    code: str
    funded_by: str
    explanation: str


class TaxComponent(Value, omit_defaults=True):
    """One tax of several on the same line; see `taxes.TaxPart`."""

    name: str
    taxed_amount: int
    amount: int
    basis_points: int
    hundredths: int = 0


class TaxApplied(Value, omit_defaults=True):
    """How the tax on a line's goods, or on bringing them (`of_delivery`), was decided; see `taxes.LineTax`."""

    of_delivery: bool = False
    rule_id: Id | None = None
    basis_points: int = 0
    hundredths: int = 0
    reason: str = "rule"
    valid_from: datetime | None = None
    rounding: str = "line"
    rounding_mode: str = "half_up"
    collected_by: str = "seller"
    vat_check: str = ""
    by_origin: bool = False
    components: tuple[TaxComponent, ...] = ()


class OrderLine(Value):
    """A line as it was sold, in minor units: total = quantity * unit - discount + tax on top.

    `tax_amount` is all tax of the line, `tax_on_top` the part that raised the total. Delivery is kept apart:
    `shipping_amount` is what it costs the buyer, `delivery_parts` what others took off it. `taxes_applied` says how its
    taxes were decided, where that is more than the rate of a rule, rounded by itself.
    """

    line_no: int
    product_id: Id
    variant_id: Id
    sku: str
    title: str
    quantity: int
    unit_amount: int
    price_id: Id
    discount_amount: int
    tax_amount: int
    tax_on_top: int
    tax_basis_points: int
    total_amount: int
    shipping_method: str
    shipping_amount: int
    shipping_tax_amount: int
    shipping_tax_on_top: int
    stock_unit_id: Id
    units_each: int
    discounts: tuple[str, ...] = ()
    category: str = ""
    tax_category: str = ""
    tax_rule_id: Id | None = None
    discount_parts: tuple[LineDiscount, ...] = ()
    delivery_parts: tuple[LineDiscount, ...] = ()
    taxes_applied: tuple[TaxApplied, ...] = ()


class OrderDraft(Value):
    """One seller's part. total = lines + delivery, tax on top included."""

    order_id: Id
    seller_id: Id
    total_amount: int
    lines: tuple[OrderLine, ...]


class PlaceOrders(Command, key="flow_id", subject="buyer_id"):
    """Record a purchase: one order per seller, all or none; answered by OrdersPlaced. The same flow, or the same
    (buyer, client_request_id), is recorded once."""

    flow_id: Id
    purchase_id: Id
    buyer_id: Id
    client_request_id: str
    currency: str
    total_amount: int
    payment_method: str
    address: Address
    orders: tuple[OrderDraft, ...]
    snapshot_hash: str


class OrderReference(Value):
    order_id: Id
    seller_id: Id
    order_number: str
    total_amount: int


class OrdersPlaced(Event, key="flow_id"):
    flow_id: Id
    purchase_id: Id
    orders: tuple[OrderReference, ...]


class ConfirmOrders(Command, key="flow_id"):
    """The money is there (or is cash on delivery, `payment_id` None); answered by OrdersConfirmed. `payment_method` is
    named where it is another than the orders were placed with. For the orders that were `called_off` meanwhile no money
    was taken: they are CANCELLED, and the others stand."""

    flow_id: Id
    purchase_id: Id
    order_ids: tuple[Id, ...]
    payment_id: Id | None
    payment_method: str = ""
    called_off: tuple[Id, ...] = ()


class OrdersConfirmed(Event, key="flow_id"):
    flow_id: Id
    purchase_id: Id


class CancelOrders(Command, key="flow_id"):
    """The flow was undone; answered by OrdersCancelled, also where nothing was placed: a request that comes after its
    own cancellation is refused."""

    flow_id: Id
    purchase_id: Id
    order_ids: tuple[Id, ...]
    reason: str


class OrdersCancelled(Event, key="flow_id"):
    flow_id: Id
    purchase_id: Id


class OrderCreated(Event, key="order_id", subject="buyer_id"):
    """One seller's order, whole, as frozen."""

    order_id: Id
    purchase_id: Id
    checkout_id: Id
    buyer_id: Id
    seller_id: Id
    order_number: str
    currency: str
    total_amount: int
    payment_method: str
    lines: tuple[OrderLine, ...]
    address: Address
    created_at: datetime


class OrderClaimed(Event, key="order_id"):
    """An order that was bought as a guest is its buyer's account's as well."""

    order_id: Id
    buyer_id: Id
    user_id: Id


class OrderConfirmed(Event, key="order_id"):
    order_id: Id
    buyer_id: Id
    seller_id: Id


class OrderPaymentMethodChanged(Event, key="order_id"):
    """An order is paid in another way than it was placed with; told before it is confirmed."""

    order_id: Id
    buyer_id: Id
    seller_id: Id
    payment_method: str


class OrderPaid(Event, key="order_id"):
    """Fulfilment may begin."""

    order_id: Id
    purchase_id: Id
    buyer_id: Id
    seller_id: Id
    payment_id: Id | None
    total_amount: int
    currency: str


class OrderCancelled(Event, key="order_id"):
    order_id: Id
    buyer_id: Id
    seller_id: Id
    reason: str


class OrderRefunded(Event, key="order_id"):
    """The whole order was paid back."""

    order_id: Id
    buyer_id: Id
    seller_id: Id
    amount: int
    currency: str


class CancelOrder(Command):
    """Call an order off. Who may do that, and until when, is in the README of orders; what was paid goes back first,
    and the order ends once it has. With `to_credit` it becomes store credit: the buyer says so, or staff for them."""

    order_id: Id
    reason: str = ""
    to_credit: bool = False


class CancellationAccepted(Value):
    """How an order stands after a cancellation: called off, or `is_being_cancelled` while its money is on its way
    back."""

    order_id: Id
    status: str
    is_being_cancelled: bool
    refund_id: Id | None


class ChangeDelivery(Command):
    """Send an order elsewhere in the same country and region, or under another telephone number: until its label is
    printed. What is null stays as it is."""

    order_id: Id
    recipient: str | None = None
    street: str | None = None
    city: str | None = None
    postal_code: str | None = None
    phone: str | None = None


class RecordMoney(Command):
    """The money for an order came outside of any gateway: a transfer that it waited for, or cash at the door. `amount`
    is all of what the order costs, `reference` is the bank's or the carrier's."""

    order_id: Id
    amount: int
    currency: str
    reference: str


class OrderCancellationRequested(Event, key="order_id"):
    """Nothing of this order may leave any more: its money is on its way back."""

    order_id: Id
    buyer_id: Id
    seller_id: Id
    refund_id: Id
    amount: int
    currency: str
    reason: str
    asked_by: str


class OrderCallOffAsked(Event, key="flow_id"):
    """An order is called off while its purchase is still being bought: the flow captures the others alone, if it has
    not asked for the money yet. Else it is paid back as soon as it is paid."""

    flow_id: Id
    purchase_id: Id
    order_id: Id


class SettleCancellation(Command, key="order_id"):
    """The purchase of an order that was called off while it was being bought is paid, or is not. Sent by orders
    itself."""

    order_id: Id


class OrderCancellationFailed(Event, key="order_id"):
    """The money could not be paid back, so that the order stands; a person must look."""

    order_id: Id
    buyer_id: Id
    seller_id: Id
    refund_id: Id
    reason: str


class DeliveryChanged(Event, key="order_id", subject="buyer_id"):
    """Where an order goes, from now on."""

    order_id: Id
    buyer_id: Id
    seller_id: Id
    address: Address


class OrderIsStuck(Event, key="order_id"):
    """An alarm: an order has not moved on for longer than it may; a person should look."""

    order_id: Id
    seller_id: Id
    status: str
    since: datetime
    what: str


class CancelUnpaidPurchase(Command, key="purchase_id"):
    """The time to pay by transfer is up: what is not paid is called off, and its goods and coupons are free again. Sent
    by orders itself."""

    purchase_id: Id


class FindStuckOrders(Command, key="job"):
    """Look for orders that have not moved on. Sent by orders' own schedule."""

    job: str = "find-stuck-orders"


class ReleaseBuyer(Command, key="flow_id"):
    """May this buyer be forgotten? Answered by BuyerReleased, or by BuyerHeld where orders of theirs are open. They
    have bought as these guests as well."""

    flow_id: Id
    buyer_id: Id
    guest_ids: tuple[Id, ...] = ()


class BuyerReleased(Event, key="flow_id"):
    """All orders of this buyer, and of the guests that were asked after with them, are closed: nothing is owed to them
    that would need to know who they are."""

    flow_id: Id
    buyer_id: Id
    guest_ids: tuple[Id, ...] = ()


class BuyerHeld(Event, key="flow_id"):
    """Orders of this buyer are open."""

    flow_id: Id
    buyer_id: Id
    open_orders: int


class CapturedPayment(Value):
    """Money that was taken, and the orders that it was taken for."""

    payment_id: Id
    purchase_id: Id
    order_ids: tuple[Id, ...]
    amount: int
    currency: str


class SettlePayments(Command, key="job"):
    """Is this money somebody's who gets goods for it? Orders that only waited for it are confirmed; answered by
    PaymentsSettled. Sent by payments, some minutes after the money was taken."""

    payments: tuple[CapturedPayment, ...]
    job: str = "settle-payments"


class PaymentsSettled(Event, key="job"):
    """What became of payments that were asked after: for those in `unexplained` no order stands."""

    job: str
    unexplained: tuple[Id, ...]
    confirmed: tuple[Id, ...]


class FindOpenPurchases(Command, key="job"):
    """Look for purchases that were neither confirmed nor cancelled in their time. Sent by orders' own schedule."""

    job: str = "find-open-purchases"


class AskAfterPurchase(Command, key="purchase_id"):
    """Ask checkout to account for a purchase that still waits. Sent by orders itself."""

    purchase_id: Id
