"""Differences from a gateway's book that staff settle: somebody bears each, the books say so, and it is closed."""

from __future__ import annotations

from collections.abc import Collection

from argosy.contracts.payments_settling import DifferenceSettled, OrderPaidBack, SettleDifference, Settlement
from argosy.domains.payments.application.books import account_ids
from argosy.domains.payments.application.refunds import Refunds
from argosy.domains.payments.domain.difference import FEE as OF_FEE
from argosy.domains.payments.domain.difference import (
    PLATFORM,
    SALE,
    DifferenceIsClosed,
    GatewayDifference,
    GatewayIsNotKnown,
    NoSuchDifference,
    SaleBearsNoSuchDifference,
    gateway_of,
    settled_id,
    settled_refund_id,
    wrong_settlement,
)
from argosy.domains.payments.domain.ledger import (
    DIFFERENCE_SETTLED,
    FEES,
    LEDGER_ID,
    LOSSES,
    REFUNDS,
    Transaction,
    account_id,
    capture_postings,
    clearing,
)
from argosy.domains.payments.domain.payment import CAPTURE, PaymentIntent
from argosy.domains.payments.domain.refund import Refund
from argosy.domains.payments.domain.shares import left_of
from argosy.engine.reads import reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.errors import refuse
from argosy.shared_kernel.ids import Id


class Settlements:
    """What a comparison has named is put right by a person alone, with a reason, and once."""

    def __init__(
        self,
        work: UnitOfWork,
        refunding: Refunds,
        differences: Repository[GatewayDifference],
        gateways: Collection[str],
    ) -> None:
        self.work = work
        self.refunding = refunding
        self.differences = differences
        self.gateways = gateways
        self.intents = refunding.intents
        self.refunds = refunding.refunds
        self.books = refunding.books
        self.ledgers = refunding.ledgers
        self.accounts = refunding.accounts

    @reads(
        differences=lambda command: [command.difference_id],
        intents=lambda command: [command.payment_id],
        refunds=lambda command: [settled_refund_id(command.difference_id)],
        ledgers=lambda command: [LEDGER_ID],
    )
    @then_reads(accounts=lambda self, command: self._accounts_of(command))
    def settle_difference(self, command: SettleDifference) -> Settlement:
        difference = self.differences.find(command.difference_id)
        if difference is None or difference.payment_id != command.payment_id:
            raise NoSuchDifference(difference_id=command.difference_id)
        refuse(wrong_settlement(command))
        if difference.closed_at is not None:
            if not difference.is_settled_as(command):
                raise DifferenceIsClosed(difference_id=difference.id)
            return difference.settlement
        orders: tuple[OrderPaidBack, ...] = ()
        if command.borne_by == SALE:
            orders = self._pay_from_sale(difference, command)
        elif command.borne_by == PLATFORM:
            self._book(difference)
        difference.settle(command, self.work.actor.id, self.work.now)
        self._tell(difference, orders)
        return difference.settlement

    def _pay_from_sale(self, difference: GatewayDifference, command: SettleDifference) -> tuple[OrderPaidBack, ...]:
        """A refund like any other, but for the gateway, which has done it: out of escrow, commission and tax in
        proportion, and a claim on the seller for what escrow no longer has."""
        intent, amount = self.intents.find(difference.payment_id), difference.amount
        if (
            intent is None
            or not difference.is_paid_back
            or intent.currency != difference.currency
            or not intent.is_captured
            or intent.pending == CAPTURE
            or not 0 < amount <= min(left_of(intent.shares, command.order_id), intent.returnable_amount)
        ):
            raise SaleBearsNoSuchDifference(difference_id=difference.id)
        refund = Refund(
            id=settled_refund_id(difference.id),
            payment_intent_id=intent.id,
            flow_id=difference.id,
            order_id=command.order_id,
            asked_amount=amount,
            amount=amount,
            currency=intent.currency,
            reason=command.reason.strip(),
            gateway_transaction_id=difference.gateway_transaction_id,
            created_at=self.work.now,
        )
        self.refunds.add(refund)
        self.refunding.note_done(intent, refund)
        difference.refund_id = refund.id
        return _of_orders(intent, refund)

    def _book(self, difference: GatewayDifference) -> None:
        """What the gateway's account has more or less, against what the platform bears; a fee is a fee."""
        gateway = self._gateway_of(difference)
        if not gateway:
            raise GatewayIsNotKnown(difference_id=difference.id)
        other = FEES if difference.side == OF_FEE else LOSSES
        for currency, amount in difference.missing.items():
            postings = {clearing(gateway): amount, other: -amount}
            id = settled_id(difference.id, currency)
            self.books.book(Transaction(id, DIFFERENCE_SETTLED, difference.payment_id, currency, postings))

    def _tell(self, difference: GatewayDifference, orders: tuple[OrderPaidBack, ...]) -> None:
        self.work.announce(
            DifferenceSettled(
                payment_id=difference.payment_id,
                difference_id=difference.id,
                borne_by=difference.borne_by,
                reason=difference.reason,
                operation=difference.operation,
                gateway_transaction_id=difference.gateway_transaction_id,
                amount=difference.amount,
                currency=difference.currency,
                refund_id=difference.refund_id,
                orders=orders,
            )
        )

    def _gateway_of(self, difference: GatewayDifference) -> str:
        intent = self.intents.find(difference.payment_id)
        return intent.gateway if intent is not None else gateway_of(difference, self.gateways)

    def _accounts_of(self, command: SettleDifference) -> list[Id]:
        difference, intent = self.differences.find(command.difference_id), self.intents.find(command.payment_id)
        if difference is None or difference.closed_at is not None:
            return []
        if command.borne_by == PLATFORM:
            names = (clearing(self._gateway_of(difference)), FEES if difference.side == OF_FEE else LOSSES)
            return [account_id(name, currency) for currency in difference.missing for name in names]
        if command.borne_by != SALE or intent is None:
            return []
        postings = capture_postings(intent.gateway, intent.shares)
        others = [account_id(name, intent.currency) for name in (clearing(intent.gateway), REFUNDS)]
        return [*account_ids(postings, intent.currency), *others]


def _of_orders(intent: PaymentIntent, refund: Refund) -> tuple[OrderPaidBack, ...]:
    """What each order bears of it; those that bear nothing are not told of it."""
    return tuple(
        [
            OrderPaidBack(
                order_id=share.order_id,
                amount=part.seller + part.commission + part.tax,
                left_amount=sum(share.left()),
            )
            for share, part in zip(intent.shares, refund.parts, strict=True)
            if any(part)
        ]
    )
