"""What buyers read of their own checkouts, read here and not from a view: a buyer always sees their own act.

Written out as SQL for both databases: it is asked several times in each purchase. JSON columns go into the document as
they lie.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from argosy.domains.checkout.domain.session import PAYMENT_ATTEMPTS_MAX
from argosy.platform.dialects import Field
from argosy.platform.flows import open_ids
from argosy.platform.runtime import runtime
from argosy.shared_kernel.codec import encode
from argosy.shared_kernel.ids import Id

_SESSION = """
    SELECT version, status, outcome, failure, started_at, completed_at, deadline, CAST(steps AS text),
           CAST(order_ids AS text), CAST(purchase_id AS text), CAST(cart_id AS text), total_amount, currency,
           action_url, payment_attempt, payment_failure
    FROM checkout_sessions WHERE id = ? AND user_id = ?
"""
_FAILURE = "SELECT CAST(details AS text) FROM checkout_failures WHERE session_id = ?"

FINAL = frozenset(("COMPLETED", "FAILED", "EXPIRED", "ABORTED"))


class Failure(msgspec.Struct):
    """Why it ended without a sale."""

    code: str
    details: msgspec.Raw


class PaymentFailure(msgspec.Struct):
    """Why attempt number `attempt` to pay has failed: the buyer may pay by other means, `attempts_left` times."""

    code: str
    attempt: int
    attempts_left: int


class Progress(msgspec.Struct):
    """How a checkout stands. `is_final`: nothing more will come of it but undoing. At `action_url` the buyer must
    confirm the payment; while there is a `payment_failure`, they may pay by other means."""

    checkout_id: Id
    status: str
    is_final: bool
    is_undone: bool
    steps: msgspec.Raw
    purchase_id: Id
    order_ids: msgspec.Raw
    cart_id: Id
    total_amount: int
    currency: str
    action_url: str | None
    payment_failure: PaymentFailure | None
    failure: Failure | None
    started_at: Any
    completed_at: Any
    expires_at: Any


class CheckoutRead(NamedTuple):
    """The document, its tag, whether it is the buyer's turn, and whether all is over."""

    body: bytes
    etag: str
    is_settled: bool
    is_final: bool


def checkout_of_buyer(checkout_id: str, buyer_id: str) -> CheckoutRead | None:
    """A buyer's own checkout as it now stands, or None."""
    dialect = runtime().stores["checkout"].dialect
    rows = dialect.query(_SESSION, (checkout_id, buyer_id))
    if not rows:
        return None
    (
        version,
        status,
        outcome,
        failure,
        started_at,
        completed_at,
        deadline,
        steps,
        order_ids,
        purchase_id,
        cart_id,
        total_amount,
        currency,
        action_url,
        attempt,
        payment_failure,
    ) = rows[0]
    why = None
    if failure:
        details = dialect.query(_FAILURE, (checkout_id,))
        why = Failure(failure, msgspec.Raw((details[0][0] if details else "{}").encode()))
    progress = Progress(
        checkout_id=Id(checkout_id),
        status=status,
        is_final=status in FINAL,
        is_undone=outcome == "COMPENSATED",
        steps=msgspec.Raw(steps.encode()),
        purchase_id=purchase_id,
        order_ids=msgspec.Raw(order_ids.encode()),
        cart_id=cart_id,
        total_amount=total_amount,
        currency=currency,
        action_url=action_url or None,
        payment_failure=PaymentFailure(payment_failure, attempt, PAYMENT_ATTEMPTS_MAX - attempt)
        if payment_failure
        else None,
        failure=why,
        started_at=_instant(started_at),
        completed_at=_instant(completed_at),
        expires_at=_instant(deadline),
    )
    is_final = status in FINAL
    is_buyers_turn = bool(action_url or payment_failure)
    return CheckoutRead(encode(progress), f'"{version}"', is_final or is_buyers_turn, is_final)


def _instant(stored: datetime | str | None) -> datetime | str | None:
    """SQLite keeps an instant as text in UTC."""
    return stored.replace(" ", "T") + "Z" if isinstance(stored, str) else stored


def under_way(more_than: int) -> tuple[int, datetime | None]:
    """How many checkouts wait for us, and since when the oldest; those that wait for their buyer do not count. Zero
    where no more than so many are open at all: then nobody need look closer."""
    store = runtime().stores["checkout"]
    ids = open_ids(store, runtime().contexts["checkout"].flows[0])
    if len(ids) <= more_than:
        return 0, None
    condition, parameter = store.dialect.among(Field("id", "uuid"), ids)
    [(count, oldest)] = store.dialect.query(
        f"SELECT count(*), min(started_at) FROM checkout_sessions WHERE {condition} AND action_url = '' "
        "AND payment_failure = ''",
        (parameter,),
    )
    return count, None if oldest is None else store.dialect.to_instant(oldest)
