"""Commission rules as captures look them up: read every half minute by each process, and not by each payment.

A rule is known a minute before it counts (`NOTICE_SECONDS`), so that what was read half a minute ago is always right.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from threading import Lock

from argosy.domains.payments.adapters.outbound.models import CommissionRuleRow
from argosy.domains.payments.domain.commission import NOTICE_SECONDS, CommissionRule, rate
from argosy.domains.payments.domain.shares import Rate, Rates
from argosy.shared_kernel.ids import Id

READ_SECONDS = NOTICE_SECONDS / 2

_lock = Lock()
_read: list[tuple[float, Sequence[CommissionRule]]] = []


def all_rules() -> list[CommissionRule]:
    """Every rule that was ever set, in the order in which they begin to count."""
    return [
        CommissionRule(
            id=Id(str(row.id)),
            version=row.version,
            sequence=row.sequence,
            seller_id=Id(str(row.seller_id)) if row.seller_id else None,
            category=row.category,
            basis_points=row.basis_points,
            effective_from=row.effective_from,
            set_by=row.set_by,
            set_at=row.set_at,
        )
        for row in CommissionRuleRow.objects.order_by("effective_from", "id")
    ]


def rates_at(at: datetime) -> Rates:
    """What counts at a time. Rules are read when somebody first asks."""

    def look(seller_id: Id, category: str) -> Rate:
        return rate(_known(), seller_id, category, at)

    return look


def forget() -> None:
    """Read anew at the next look."""
    with _lock:
        _read.clear()


def _known() -> Sequence[CommissionRule]:
    with _lock:
        now = time.monotonic()
        if not _read or _read[0][0] <= now:
            _read[:] = [(now + READ_SECONDS, all_rules())]
        return _read[0][1]
