"""Payments: money truth. What was held, taken and paid back, and the books that prove it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from argosy.contracts.payments import (
    CompareWithGateway,
    FindOldAuthorizations,
    ReconcilePayments,
    ResolveWebhooks,
    StatementLine,
)
from argosy.contracts.payments_credit import ExpireGiftCards
from argosy.domains.payments.application.authorizations import Authorizations
from argosy.domains.payments.application.books import Books
from argosy.domains.payments.application.captures import Captures
from argosy.domains.payments.application.commissions import Commissions
from argosy.domains.payments.application.credits import Credits, Wallet
from argosy.domains.payments.application.differences import Differences
from argosy.domains.payments.application.gateways import Gateway, GatewayRequest, ask
from argosy.domains.payments.application.gift_cards import ExpiredCards, GiftCards, Randomness
from argosy.domains.payments.application.holds import Hold, HoldOf, Holds
from argosy.domains.payments.application.outgoing import GATEWAY
from argosy.domains.payments.application.parts import Capturing
from argosy.domains.payments.application.receipts import Receipts
from argosy.domains.payments.application.reconciling import PaymentReconciliation
from argosy.domains.payments.application.refunds import Refunds
from argosy.domains.payments.application.settling import Settlements
from argosy.domains.payments.application.statements import (
    COMPARED,
    STATEMENT,
    Noted,
    StatementRequest,
    Statements,
    read_statement,
)
from argosy.domains.payments.application.webhooks import OpenWebhooks, Webhooks
from argosy.domains.payments.application.windows import WINDOW, Shown, WindowRequest, Windows, read_window
from argosy.domains.payments.domain.commission import CommissionRule
from argosy.domains.payments.domain.credit import Credit
from argosy.domains.payments.domain.difference import GatewayDifference, StatementRound
from argosy.domains.payments.domain.gift_card import GiftCard
from argosy.domains.payments.domain.ledger import Ledger, LedgerAccount
from argosy.domains.payments.domain.payment import PaymentIntent
from argosy.domains.payments.domain.refund import Refund
from argosy.domains.payments.domain.shares import Rates, default_rate
from argosy.domains.payments.domain.webhook import Webhook
from argosy.engine.due import CallTarget, Every
from argosy.engine.lookback import Lookback
from argosy.engine.work import UnitOfWork
from argosy.platform.context import Context
from argosy.platform.randomness import SystemRandomness
from argosy.shared_kernel.ids import Id

SERVICES = (
    Authorizations,
    Captures,
    Refunds,
    PaymentReconciliation,
    Statements,
    Differences,
    Settlements,
    Webhooks,
    Commissions,
    Receipts,
    Credits,
    GiftCards,
    Holds,
)


class Ports(NamedTuple):
    """What payments needs of the outside for one unit of work; `gateways` are the names of those that there are."""

    noted: Noted = lambda after, up_to, limit: ()
    open_webhooks: OpenWebhooks = lambda limit: ()
    gateways: frozenset[str] = frozenset({"test"})
    rates: Rates = default_rate
    randomness: Randomness = SystemRandomness()
    expired_cards: ExpiredCards = lambda limit: ()
    hold_of: HoldOf = lambda gateway: Hold()
    capturing: Capturing = Capturing()
    shown: Shown = Shown()


NO_PORTS = Ports()


def build(work: UnitOfWork, ports: Ports = NO_PORTS) -> tuple[Any, ...]:
    """The services for one unit of work."""
    intents, kept_refunds = work.repository(PaymentIntent), work.repository(Refund)
    books = Books(work, work.repository(Ledger), work.repository(LedgerAccount))
    wallet = Wallet(work, books, work.repository(Credit))
    refunds = Refunds(work, books, intents, kept_refunds, wallet)
    differences, rounds = work.repository(GatewayDifference), work.repository(StatementRound)
    return (
        Authorizations(work, intents, wallet, ports.gateways),
        Captures(work, books, refunds, ports.rates, ports.capturing),
        refunds,
        PaymentReconciliation(work, intents, Lookback(work, "payments.captured")),
        Statements(work, rounds, ports.noted, Windows(work, rounds, ports.shown)),
        Differences(work, books, intents, kept_refunds, differences),
        Settlements(work, refunds, differences, ports.gateways),
        Webhooks(work, work.repository(Webhook), intents, kept_refunds, ports.open_webhooks),
        Commissions(work, work.repository(CommissionRule)),
        Receipts(work, books, intents, ports.rates),
        Credits(work, books, wallet),
        GiftCards(work, books, wallet, work.repository(GiftCard), (ports.randomness, ports.expired_cards)),
        Holds(work, intents, wallet, Lookback(work, "payments.authorized"), ports.hold_of),
    )


def call_targets(gateways: Mapping[str, Gateway]) -> dict[str, CallTarget]:
    """What answers the calls of payments."""
    return {
        GATEWAY: CallTarget(
            GatewayRequest, lambda request, attempt, call_id: ask(gateways, request, attempt), seconds=10
        ),
        STATEMENT: CallTarget(
            StatementRequest, lambda request, attempt, call_id: read_statement(gateways, request), seconds=10
        ),
        WINDOW: CallTarget(WindowRequest, lambda request, attempt, call_id: read_window(gateways, request), seconds=60),
    }


class PaymentsContext(Context):
    name = "argosy.domains.payments.adapters.outbound"
    label = "payments"
    database = "payments_db"
    criticality = "critical"
    services = SERVICES
    hears = ("checkout", "payments", "orders", "accounts")
    randomness: Randomness = SystemRandomness()
    schedule = (
        Every(seconds=60, send=ReconcilePayments(), first_after=60),
        Every(seconds=60, send=CompareWithGateway(), first_after=60),
        Every(seconds=1_800, send=FindOldAuthorizations(), first_after=300),
        Every(seconds=60, send=ResolveWebhooks(), first_after=60),
        Every(seconds=3_600, send=ExpireGiftCards(), first_after=300),
    )

    def build(self, work: UnitOfWork) -> tuple[Any, ...]:
        return build(
            work,
            Ports(
                noted=self.noted(work),
                open_webhooks=self.open_webhooks(work),
                gateways=self.gateway_names(),
                rates=self.rates(work),
                randomness=self.randomness,
                expired_cards=self.expired_cards(work),
                hold_of=self.hold_of,
                capturing=Capturing(self.captures_of, self.is_by_order()),
                shown=self.shown(),
            ),
        )

    def rates(self, work: UnitOfWork) -> Rates:
        """What commission counts now; a simulation has the default."""
        from argosy.domains.payments.adapters.outbound.commissions import rates_at

        return rates_at(work.now)

    def gateway_names(self) -> frozenset[str]:
        """Which gateways payments can be asked of; a simulation has one of its own."""
        from argosy.domains.payments.adapters.outbound.gateways.registry import gateways

        return frozenset(gateways())

    def is_by_order(self) -> bool:
        """Whether the operator wants each order's share taken apart; in a simulation, where a seed has it so."""
        return os.environ.get("ARGOSY_CAPTURE", "whole") == "order"

    def captures_of(self, gateway: str) -> str:
        """How much a gateway can take of what it holds; in a simulation, one part after another."""
        from argosy.domains.payments.adapters.outbound.gateways.registry import captures_of

        return captures_of(gateway)

    def hold_of(self, gateway: str) -> Hold:
        """For how long a gateway holds money; in a simulation, for as long as most do."""
        from argosy.domains.payments.adapters.outbound.gateways.registry import hold_of

        return hold_of(gateway)

    def open_webhooks(self, work: UnitOfWork) -> OpenWebhooks:
        """Where webhooks that wait for their payment are looked for; a simulation looks through its own store."""

        def look(limit: int) -> Sequence[Id]:
            from argosy.domains.payments.adapters.outbound.queries import open_webhooks

            return open_webhooks(limit)

        return look

    def expired_cards(self, work: UnitOfWork) -> ExpiredCards:
        """Where gift cards are looked for whose time is over; in a simulation there are none."""

        def look(limit: int) -> Sequence[Id]:
            from argosy.domains.payments.adapters.outbound.credits import expired_cards

            return expired_cards(work.now, limit)

        return look

    def noted(self, work: UnitOfWork) -> Noted:
        """Where our own notes of money are looked up, if they are; a simulation looks through its own store instead."""

        def look(after: str, up_to: str, limit: int) -> Sequence[StatementLine]:
            from argosy.domains.payments.adapters.outbound.queries import noted_money

            return noted_money(COMPARED, after, up_to, limit)

        return look

    def shown(self) -> Shown:
        """What lists of gateways are laid beside; in a simulation, nothing is listed."""
        from argosy.domains.payments.adapters.outbound.gateways.registry import statement_lags
        from argosy.domains.payments.adapters.outbound.statements import lines_of, notes_between, notes_of

        return Shown(statement_lags(), notes_between, notes_of, lines_of)

    def rows(self) -> Any:
        from argosy.domains.payments.adapters.outbound.repositories import ROWS

        return ROWS

    def calls(self) -> dict[str, CallTarget]:
        from argosy.domains.payments.adapters.outbound.gateways.registry import gateways_of

        return call_targets(gateways_of(os.environ))
