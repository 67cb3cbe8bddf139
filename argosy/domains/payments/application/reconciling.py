"""What sees to it that no money is kept for nothing: captures beside orders."""

from __future__ import annotations

from argosy.contracts.orders import CapturedPayment, PaymentsSettled, SettlePayments
from argosy.contracts.payments import PaymentCaptured, ReceiptBooked, ReconcilePayments, RefundPayment
from argosy.domains.payments.domain.payment import PaymentIntent
from argosy.engine.lookback import Lookback
from argosy.engine.reads import reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.codec import decode
from argosy.shared_kernel.ids import Id, named_id

SETTLED_SECONDS = 300
"""By then the orders that it was taken for stand. A third of the time in which money for nothing is paid back."""
PAGE = 200
REASON = "taken for no order that stands"


def refund_id_of(payment_id: Id) -> Id:
    """The refund of a payment that no order explains: one, however often that is found."""
    return named_id("unexplained", payment_id)


class PaymentReconciliation:
    """Lays what was taken beside what was sold for it."""

    def __init__(self, work: UnitOfWork, intents: Repository[PaymentIntent], captured: Lookback) -> None:
        self.work = work
        self.intents = intents
        self.captured = captured

    @then_reads(intents=lambda self, command: self._captured_long_ago())
    def reconcile_payments(self, command: ReconcilePayments) -> None:
        """Every capture is asked after once, when its orders should stand. The question is a message: it is answered
        when orders are there to answer it."""
        ids = self._captured_long_ago()
        kept = [intent for id in ids if (intent := self.intents.find(id)) is not None and intent.left_amount > 0]
        if kept:
            self.work.announce(SettlePayments(payments=tuple([_asked(intent) for intent in kept])))
        self.captured.pass_on()
        if len(ids) == PAGE:
            self.work.announce(command)

    @reads(intents=lambda event: event.unexplained)
    def payments_settled(self, event: PaymentsSettled) -> None:
        """What no order explains is paid back, by the same rules as any refund: the books first, then the gateway."""
        for id in event.unexplained:
            intent = self.intents.find(id)
            if intent is not None and intent.left_amount > 0:
                self.work.announce(
                    RefundPayment(
                        flow_id=intent.flow_id, payment_id=intent.id, refund_id=refund_id_of(intent.id), reason=REASON
                    )
                )

    def _captured_long_ago(self) -> list[Id]:
        told = [PaymentCaptured.wire_name, ReceiptBooked.wire_name]
        records = self.captured.records(told, SETTLED_SECONDS, PAGE)
        taken = (decode(record.wire_name, record.version, record.payload) for record in records)
        return list(
            dict.fromkeys(event.payment_id for event in taken if isinstance(event, PaymentCaptured | ReceiptBooked))
        )


def _asked(intent: PaymentIntent) -> CapturedPayment:
    assert intent.purchase_id is not None, "a captured payment was asked for by a purchase"
    return CapturedPayment(
        payment_id=intent.id,
        purchase_id=intent.purchase_id,
        order_ids=tuple([one.order_id for one in intent.shares]),
        amount=intent.captured_amount,
        currency=intent.currency,
    )
