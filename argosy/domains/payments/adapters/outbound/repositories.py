"""How the aggregates of payments lie in rows."""

from __future__ import annotations

from argosy.domains.payments.adapters.outbound.models import (
    CommissionRuleRow,
    CreditMovementRow,
    CreditRow,
    GatewayDifferenceRow,
    GiftCardRow,
    LedgerAccountRow,
    LedgerHeadRow,
    LedgerRow,
    PaymentIntentRow,
    PaymentTransactionRow,
    RefundRow,
    StatementLineRow,
    StatementRoundRow,
    WebhookRow,
)
from argosy.domains.payments.domain.commission import CommissionRule
from argosy.domains.payments.domain.credit import Credit, CreditMovement
from argosy.domains.payments.domain.difference import GatewayDifference, ReadLine, StatementRound
from argosy.domains.payments.domain.gift_card import GiftCard
from argosy.domains.payments.domain.ledger import Entry, Ledger, LedgerAccount
from argosy.domains.payments.domain.payment import AUTHORIZE, PaymentIntent, PaymentTransaction
from argosy.domains.payments.domain.refund import Refund
from argosy.domains.payments.domain.webhook import Webhook
from argosy.platform.rows import Part, Rows

ROWS = (
    Rows(
        PaymentIntent,
        PaymentIntentRow,
        copies={"idempotency_key": lambda intent: f"{intent.id}:{AUTHORIZE}"},
        parts={"transactions": Part(PaymentTransaction, PaymentTransactionRow, owner="payment_intent_id", is_log=True)},
    ),
    Rows(Refund, RefundRow, copies={"refund_reference": lambda refund: refund.id}),
    Rows(Ledger, LedgerHeadRow, parts={"entries": Part(Entry, LedgerRow, owner="ledger_id", is_log=True)}),
    Rows(LedgerAccount, LedgerAccountRow),
    Rows(GatewayDifference, GatewayDifferenceRow),
    Rows(
        StatementRound,
        StatementRoundRow,
        parts={"lines": Part(ReadLine, StatementLineRow, owner="round_id", is_log=True)},
    ),
    Rows(Webhook, WebhookRow),
    Rows(CommissionRule, CommissionRuleRow),
    Rows(
        Credit,
        CreditRow,
        parts={
            "movements": Part(CreditMovement, CreditMovementRow, owner="credit_id", is_log=True, about="buyer_id"),
        },
    ),
    Rows(GiftCard, GiftCardRow),
)
