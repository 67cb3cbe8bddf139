"""Deliberate bugs of payments whose orders are captured one by one."""

from __future__ import annotations

from typing import Any

import msgspec

from argosy.domains.payments.application import outgoing, parts
from argosy.engine.work import UnitOfWork
from tests.simulation.planting import Patch, around, mutant


@mutant
def parts_taken_before_a_no_are_kept(patch: Patch) -> None:
    """One order's part is declined, and what was taken for the others stays taken."""
    around(patch, parts.Parts, "_give_up", lambda original, self, intent: None)


@mutant
def parts_are_asked_for_under_one_key(patch: Patch) -> None:
    """Every part of a payment is asked for under the payment's own key: the gateway takes it for the first again."""

    def call(original: Any, work: UnitOfWork, name: str, key: str, request: Any, **named: Any) -> None:
        if name == outgoing.GATEWAY and request.capture_id:
            request = msgspec.structs.replace(request, key=f"{request.payment_id}:{request.operation}")
        original(work, name, key, request, **named)

    around(patch, UnitOfWork, "call", call)


@mutant
def credit_pays_each_part(patch: Patch) -> None:
    """What store credit pays of a purchase is taken off every one of its parts."""

    def with_credit(found: Any, credit_amount: int) -> list[Any]:
        return [msgspec.structs.replace(part, credit_amount=min(credit_amount, part.amount)) for part in found]

    patch.setattr(parts, "with_credit", with_credit)


@mutant
def orders_are_captured_at_once(patch: Patch) -> None:
    """The operator wants each order captured apart, and all are captured together."""
    patch.setattr(parts, "by_order", lambda payment_id, shares: [])
