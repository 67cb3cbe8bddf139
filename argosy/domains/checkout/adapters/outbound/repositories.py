"""How checkout's aggregates lie in rows."""

from __future__ import annotations

from argosy.domains.checkout.adapters.outbound.models import (
    CheckoutDetailRow,
    CheckoutFailureRow,
    CheckoutSessionRow,
    CheckoutStepRow,
    QuoteRow,
)
from argosy.domains.checkout.domain.quotation import Quotation
from argosy.domains.checkout.domain.session import CheckoutDetail, CheckoutFailure, CheckoutSession, StepAttempt
from argosy.platform.rows import Part, Rows

ROWS = (
    Rows(
        CheckoutSession,
        CheckoutSessionRow,
        names={"buyer_id": "user_id"},
        parts={
            "attempts": Part(StepAttempt, CheckoutStepRow, owner="session_id", is_log=True),
            "failures": Part(CheckoutFailure, CheckoutFailureRow, owner="session_id", is_log=True),
        },
    ),
    Rows(CheckoutDetail, CheckoutDetailRow),
    Rows(Quotation, QuoteRow),
)
