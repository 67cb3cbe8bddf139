"""What payments accepts and announces: money truth. Amounts are minor units of `currency`."""

from __future__ import annotations

from datetime import datetime

from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command, Event, Value


class AuthorizePayment(Command, key="flow_id"):
    """Have `amount` held on the buyer's means of payment until captured; answered by PaymentAuthorized or
    PaymentFailed, and by PaymentActionRequired where the buyer must act first.

    `method` names the gateway's method; `source` is the gateway's own token for it, never a card number. `replaces`
    names the payment of the attempt before this one, which must have failed. `credit_amount` is the part of the amount
    that the buyer's store credit pays: it is set aside, taken and let go with the rest, and the gateway is asked for
    the rest alone. Where there is not so much, the payment fails (`not_enough_credit`).
    """

    flow_id: Id
    payment_id: Id
    purchase_id: Id
    buyer_id: Id
    amount: int
    currency: str
    gateway: str
    source: str
    expires_at: datetime
    order_id: Id | None = None
    replaces: Id | None = None
    credit_amount: int = 0


class CategoryGoods(Value):
    """How much of an order's goods is of one category: commission may differ by it."""

    category: str
    amount: int


class SellerShare(Value):
    """How one seller's order splits what the buyer paid.

    paid = goods + shipping + tax, all after discounts; `subsidy` is what the platform's coupons took off: the seller
    gets it on top, from the platform. `goods` takes the goods apart by category; empty where nobody knows.
    """

    order_id: Id
    seller_id: Id
    goods_amount: int
    shipping_amount: int
    tax_amount: int
    subsidy_amount: int
    goods: tuple[CategoryGoods, ...] = ()


class CapturePayment(Command, key="flow_id"):
    """Take the whole authorised amount and book every share into escrow; answered by PaymentCaptured, or Refused.

    `called_off` names orders that were called off since: their shares are not taken, and what was held for them is
    released. Where the gateway takes the whole or nothing it is taken with them: the amount that PaymentCaptured tells
    says so, and whoever asked has it paid back.

    With a `capture_id` these shares are one part of the payment, answered by PaymentPartCaptured, or Refused; once a
    part `is_final` the rest is released, and PaymentCaptured tells what all parts come to.
    """

    flow_id: Id
    payment_id: Id
    shares: tuple[SellerShare, ...]
    called_off: tuple[Id, ...] = ()
    capture_id: Id | None = None
    is_final: bool = True


class BookReceipt(Command, key="flow_id"):
    """Money came outside of any gateway, whole: `gateway` is `bank` or `cash`; answered by ReceiptBooked. `payment_id`
    makes it repeatable."""

    flow_id: Id
    payment_id: Id
    purchase_id: Id
    order_id: Id
    buyer_id: Id
    amount: int
    currency: str
    gateway: str
    reference: str
    share: SellerShare


class VoidPayment(Command, key="flow_id"):
    """Let the authorisation go; answered by PaymentVoided, also where there was none: a request that comes after its
    own cancellation is refused."""

    flow_id: Id
    payment_id: Id


class RefundPayment(Command, key="flow_id"):
    """Pay `amount` back (None: all that is left); answered by PaymentRefunded, also where nothing was captured.
    `refund_id` makes it repeatable. With an `order_id` only that order's share gives anything back. What the gateway
    took goes back through it first, and the rest as store credit; with `to_credit` all of it is store credit."""

    flow_id: Id
    payment_id: Id
    refund_id: Id
    amount: int | None = None
    reason: str = ""
    order_id: Id | None = None
    to_credit: bool = False


class PaymentAuthorized(Event, key="flow_id"):
    flow_id: Id
    payment_id: Id
    amount: int
    currency: str


class PaymentActionRequired(Event, key="flow_id"):
    """The buyer must confirm at `action_url`; the payment waits until its deadline."""

    flow_id: Id
    payment_id: Id
    action_url: str


class PaymentFailed(Event, key="flow_id"):
    """The payment will not happen, and `reason` says why: whatever the gateway may still hold is let go."""

    flow_id: Id
    payment_id: Id
    reason: str


class PaymentCaptured(Event, key="flow_id"):
    flow_id: Id
    payment_id: Id
    purchase_id: Id
    amount: int
    currency: str


class PaymentPartCaptured(Event, key="flow_id"):
    """One part of a payment was taken, for these orders; PaymentCaptured tells when no part follows."""

    flow_id: Id
    payment_id: Id
    capture_id: Id
    order_ids: tuple[Id, ...]
    amount: int
    currency: str


class ReceiptBooked(Event, key="flow_id"):
    """What came outside of any gateway is in the books."""

    flow_id: Id
    payment_id: Id
    order_id: Id
    amount: int
    currency: str


class PaymentVoided(Event, key="flow_id"):
    flow_id: Id
    payment_id: Id


class PaymentRefunded(Event, key="flow_id"):
    flow_id: Id
    payment_id: Id
    refund_id: Id
    amount: int
    currency: str


class GatewayContradicted(Event, key="payment_id"):
    """An alarm: the gateway told of money that we did not ask for. It never counts as paid; what it took is kept in
    suspense and sent back, and a person should look."""

    payment_id: Id
    operation: str
    expected_amount: int
    expected_currency: str
    told_amount: int
    told_currency: str
    gateway_transaction_id: str


class LookUpPayment(Command, key="payment_id"):
    """Ask the gateway now how the payment stands: the buyer came back, or a webhook rang. Only the look-up counts."""

    payment_id: Id


class ReconcilePayments(Command, key="job"):
    """Ask orders after money that was taken some minutes ago. Sent by payments' own schedule."""

    job: str = "reconcile-payments"


class FindOldAuthorizations(Command, key="job"):
    """Look for payments that are held for long and neither captured nor let go of, and come back to each before its
    gateway's hold is over. Sent by payments' own schedule."""

    job: str = "find-old-authorizations"


class EndAuthorization(Command, key="payment_id"):
    """The gateway will not hold it much longer: have it renewed, or let go of it. Sent by payments itself."""

    payment_id: Id


class AuthorizationRenewed(Event, key="payment_id"):
    """The gateway goes on holding what was not captured yet."""

    payment_id: Id
    amount: int
    currency: str


class AuthorizationExpired(Event, key="payment_id"):
    """An alarm: nobody captured it in time, and it is let go of. It cannot be captured any more."""

    payment_id: Id
    purchase_id: Id | None
    amount: int
    currency: str


class CompareWithGateway(Command, key="job"):
    """Lay the next page of the gateway's own book beside ours. Sent by payments' own schedule."""

    job: str = "compare-with-gateway"


class StatementLine(Value):
    """Money that a gateway says it took or gave back, under the key that we asked for it by; `fee_amount` is what it
    kept of it."""

    key: str
    operation: str
    payment_id: Id
    gateway_transaction_id: str
    amount: int
    currency: str
    done_at: datetime
    fee_amount: int = 0
    fee_currency: str = ""


class StatementPair(Value):
    """One movement in both books, which do not tell the same of it."""

    ours: StatementLine
    theirs: StatementLine


class StatementRead(Command, key="job"):
    """A page of a gateway's own book, in the order of keys, from behind `after` up to `up_to` (empty: to its end)."""

    gateway: str
    after: str
    up_to: str
    lines: tuple[StatementLine, ...]
    asked_at: datetime
    job: str = "compare-with-gateway"


class StatementPageRead(Command, key="job"):
    """A page of what a gateway moved before `until`: the one behind `after`, and what asks for the `next` (empty: there
    is none)."""

    gateway: str
    until: datetime
    after: str
    next: str
    lines: tuple[StatementLine, ...]
    job: str = "compare-with-gateway"


class ComparePayment(Command, key="payment_id"):
    """What only the gateway's book has of a payment, what only ours has, and of what they tell differently."""

    payment_id: Id
    theirs: tuple[StatementLine, ...]
    ours: tuple[StatementLine, ...]
    differing: tuple[StatementPair, ...] = ()


class PaymentRecovered(Event, key="payment_id"):
    """A correction: the gateway had moved this money, and our books, which had gone back to a backup, have booked it
    again. Sent by payments itself, which keeps it beside the differences."""

    payment_id: Id
    operation: str
    gateway_transaction_id: str
    amount: int
    currency: str


class SetCommission(Command):
    """What the platform takes of goods, in ten-thousandths: of one seller's (or all), of one category's (or all), from
    a time on. The most particular rule counts, then the latest; a payment keeps what counted when it was captured."""

    basis_points: int
    seller_id: Id | None = None
    category: str = ""
    effective_from: datetime | None = None


class CommissionSet(Event, key="rule_id"):
    rule_id: Id
    seller_id: Id | None
    category: str
    basis_points: int
    effective_from: datetime


class ReceiveWebhook(Command):
    """A gateway said something, and its signature held: kept as it came. `operation` is what it tells of (empty:
    nothing of ours), `payment_id` and `refund_id` are ours where it names them, `reference` is its own id. Only the
    look-up that follows counts."""

    gateway: str
    event_id: str
    type: str
    operation: str
    payment_id: Id | None
    refund_id: Id | None
    reference: str
    amount: int
    currency: str
    told_at: datetime
    raw: str


class WebhookReceived(Value):
    """It is kept; whether it was known before."""

    webhook_id: Id
    is_repeat: bool


class ResolveWebhooks(Command, key="job"):
    """Look again for what webhooks are about that came before it. Sent by payments' own schedule."""

    job: str = "resolve-webhooks"


class ResolveWebhook(Command, key="webhook_id"):
    """Look again for what one webhook is about. Sent by payments itself."""

    webhook_id: Id


class WebhookUnmatched(Event, key="webhook_id"):
    """An alarm: a gateway told of something that we know nothing of. It moves no money; a person should look."""

    webhook_id: Id
    gateway: str
    event_id: str
    type: str
    reference: str
    amount: int
    currency: str


# What payments tell themselves: the outcome of one call to a gateway. `outcome` is approved, declined, action (the
# buyer must act), unknown (no answer: it may have happened) or absent (a look-up proved that it never happened); `call`
# counts the calls of the operation, so that a late answer does not start a second chain of look-ups.


class AuthorizationAnswered(Command, key="payment_id"):
    payment_id: Id
    call: int
    outcome: str
    gateway_transaction_id: str = ""
    amount: int = 0
    currency: str = ""
    reason: str = ""
    action_url: str = ""


class CaptureAnswered(Command, key="payment_id"):
    """`fee_amount` is what the gateway keeps for itself, in the currency of the payment."""

    payment_id: Id
    call: int
    outcome: str
    gateway_transaction_id: str = ""
    amount: int = 0
    currency: str = ""
    reason: str = ""
    fee_amount: int = 0
    capture_id: Id | None = None


class RenewalAnswered(Command, key="payment_id"):
    payment_id: Id
    call: int
    outcome: str
    gateway_transaction_id: str = ""
    reason: str = ""


class VoidAnswered(Command, key="payment_id"):
    payment_id: Id
    call: int
    outcome: str
    gateway_transaction_id: str = ""
    reason: str = ""


class RefundAnswered(Command, key="payment_id"):
    payment_id: Id
    refund_id: Id
    call: int
    outcome: str
    gateway_transaction_id: str = ""
    amount: int = 0
    currency: str = ""
    reason: str = ""


class ReturnAnswered(Command, key="payment_id"):
    """The outcome of sending back what the gateway took without being asked."""

    payment_id: Id
    call: int
    outcome: str
    gateway_transaction_id: str = ""
    amount: int = 0
    currency: str = ""
    reason: str = ""
