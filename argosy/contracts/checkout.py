"""What checkout accepts and announces: the flow from a cart to paid orders."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from argosy.contracts.orders import Address
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command, Event, Personal, Value


class CheckoutLine(Value):
    """A line to buy, delivered by `shipping_method`."""

    product_id: Id
    variant_id: Id
    quantity: int
    shipping_method: str = "standard"


class StartCheckout(Command, subject="buyer_id"):
    """Buy these lines. The same (buyer, client_request_id) is one purchase, however often it is asked.

    `expected_total` is what the buyer was shown, in minor units: another total ends the flow before money moves.
    `quote_id` takes over a quote of the same lines, destination and coupons: it is bought at exactly that price.
    With `may_retry_payment` a payment that fails does not end the checkout: its stock, orders and coupons are held on,
    and RetryPayment may name another means of payment, up to five in all and within the time of the checkout.
    `credit_amount` is how much of it the buyer's store credit pays at most, in minor units: the payment source pays
    what is left of the total. Cash on delivery and transfers are not paid by credit.
    Everything is in `currency`; where it is left out, in that of the quote, the shop or the first line. What has no
    price in it ends the flow.
    A guest names the `email` at which they are reached; who has an account is reached at that of the account.
    """

    checkout_id: Id
    buyer_id: Id
    cart_id: Id
    lines: tuple[CheckoutLine, ...]
    address: Address
    client_request_id: str
    payment_method: str = "card"
    gateway: str = "test"
    payment_source: str = "tok_approve"
    coupons: tuple[str, ...] = ()
    expected_total: int | None = None
    quote_id: Id | None = None
    may_retry_payment: bool = False
    credit_amount: int = 0
    email: Personal[str] = ""
    currency: str = ""


class RequestQuote(Command):
    """What would this cost, delivered there? Without `lines` the buyer's cart is priced, with the coupons that are
    noted in it, each thing delivered by `shipping_method`. Nothing is held; the price stands until it expires.

    All of it is in `currency`; where it is left out, in that of the cart, the shop or the first line."""

    quote_id: Id
    buyer_id: Id
    country: str
    region: str = ""
    lines: tuple[CheckoutLine, ...] = ()
    coupons: tuple[str, ...] = ()
    shipping_method: str = "standard"
    postal_code: str = ""
    currency: str = ""


class SweepQuotes(Command, key="job"):
    """Forget quotes that expired a while ago. Sent by checkout's own schedule."""

    job: str = "sweep-quotes"


class AbortCheckout(Command):
    """The buyer does not want it any more: every done step is undone at once."""

    checkout_id: Id
    buyer_id: Id


class RetryPayment(Command):
    """The payment has failed, and the buyer pays by another means, or tries the same once more. `credit_amount` is what
    store credit pays at most; null: as before. A `payment_method` by which no money moves now, in cash or by transfer,
    needs no source: none is read."""

    checkout_id: Id
    buyer_id: Id
    payment_source: str
    gateway: str = "test"
    credit_amount: int | None = None
    payment_method: str = "card"


class ExpireCheckout(Command, key="checkout_id"):
    """The time that was set at `deadline` has come. A flow that has moved its deadline since takes no notice."""

    checkout_id: Id
    deadline: datetime


class RetryCheckout(Command, key="checkout_id"):
    """See to it that a flow moves: whatever it waits for is asked again, and one whose time is up is ended. `times`
    says how often its own watch did that. Sent by checkout itself, and by operators."""

    checkout_id: Id
    times: int = 0


class CompensateCheckout(Command, key="checkout_id"):
    """End a flow that has not ended, and undo every step of it. An operator's."""

    checkout_id: Id
    reason: str = "compensated"


class FindSlowCheckouts(Command, key="job"):
    """Look for flows that should have ended by now, and have each asked again. Sent by checkout's own schedule."""

    job: str = "find-slow-checkouts"


class AccountForPurchase(Command, key="flow_id"):
    """A purchase of this flow is neither confirmed nor cancelled, although its time is up. Checkout has the flow go on,
    repeats how it ended, or, where it does not know the flow any more, undoes everything that it may have done."""

    flow_id: Id
    purchase_id: Id
    buyer_id: Id
    client_request_id: str
    order_ids: tuple[Id, ...]
    total_amount: int
    currency: str
    payment_method: str


class CheckoutStarted(Event, key="checkout_id"):
    checkout_id: Id
    buyer_id: Id
    cart_id: Id
    started_at: datetime
    expires_at: datetime


class CheckoutInventoryReserved(Event, key="checkout_id"):
    """Orders are recorded and their stock is held: the flow now waits for the money."""

    checkout_id: Id
    buyer_id: Id
    purchase_id: Id
    order_ids: tuple[Id, ...]
    total_amount: int
    currency: str


class CheckoutPaymentAuthorized(Event, key="checkout_id"):
    checkout_id: Id
    buyer_id: Id


class CheckoutActionRequired(Event, key="checkout_id"):
    """The buyer must confirm the payment at `action_url`."""

    checkout_id: Id
    buyer_id: Id
    action_url: str


class CheckoutPaymentDeclined(Event, key="checkout_id"):
    """Attempt number `attempt` to pay has failed, and `reason` says why: what was held is held on for the buyer to pay
    by another means, `attempts_left` times."""

    checkout_id: Id
    buyer_id: Id
    attempt: int
    reason: str
    attempts_left: int


class CheckoutPaymentRetried(Event, key="checkout_id"):
    """Attempt number `attempt` to pay, counted from 1, is under way, or needs no money now."""

    checkout_id: Id
    buyer_id: Id
    attempt: int
    payment_method: str = "card"


class CheckoutCompleted(Event, key="checkout_id"):
    checkout_id: Id
    buyer_id: Id
    cart_id: Id
    purchase_id: Id
    order_ids: tuple[Id, ...]
    variant_ids: tuple[Id, ...]
    coupons: tuple[str, ...]
    total_amount: int
    currency: str
    is_guest: bool = False


class CheckoutFailed(Event, key="checkout_id"):
    """It ended without a sale; what was done is being undone."""

    checkout_id: Id
    buyer_id: Id
    reason: str
    details: dict[str, Any]
    is_guest: bool = False


class CheckoutExpired(Event, key="checkout_id"):
    """It ran out of time; what was done is being undone."""

    checkout_id: Id
    buyer_id: Id
    is_guest: bool = False


class CheckoutAbandoned(Event, key="checkout_id"):
    """It ended while it was the buyer's turn, to confirm the payment or to pay by other means, and they never came."""

    checkout_id: Id
    buyer_id: Id
    cart_id: Id
    total_amount: int
    currency: str


class CheckoutAborted(Event, key="checkout_id"):
    """The buyer ended it; what was done is being undone."""

    checkout_id: Id
    buyer_id: Id
    is_guest: bool = False
