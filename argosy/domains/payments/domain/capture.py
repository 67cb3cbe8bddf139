"""Parts of a payment that are taken apart: each is an operation of its own, and they follow one another."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from argosy.domains.payments.domain.shares import PaidShare
from argosy.shared_kernel.errors import DomainError, Invalid, RuleBroken
from argosy.shared_kernel.ids import Id, is_id, named_id

WAITING, ASKED, UNKNOWN, TAKEN, DECLINED = "WAITING", "ASKED", "UNKNOWN", "TAKEN", "DECLINED"

PART_MOVES: dict[str, frozenset[str]] = {
    WAITING: frozenset({ASKED, DECLINED}),
    ASKED: frozenset({UNKNOWN, TAKEN, DECLINED}),
    UNKNOWN: frozenset({TAKEN, DECLINED}),
    TAKEN: frozenset(),
    DECLINED: frozenset(),
}

WHOLE, PART, PARTS = "whole", "part", "parts"
"""What a gateway can take of what it holds: all of it, a part once (the rest is released), or part after part."""


class CaptureExceedsAuthorization(RuleBroken):
    """The parts of a payment come to more than was authorized."""


class GatewayCapturesOnce(RuleBroken):
    """The gateway takes a part of what it holds once, and releases the rest: this part must be the final one."""


class GatewayCapturesTheWhole(RuleBroken):
    """The gateway takes all of what it holds or nothing: capture it whole, and refund what is too much."""


class CaptureIdIsTaken(RuleBroken):
    """Another part was asked for under this id, or the payment was captured whole."""


class CaptureIsFinal(RuleBroken):
    """The final part of this payment was asked for; the rest is released."""


class NotACapture(Invalid):
    """A part has an id, which is a UUID in lower case, and an amount."""


class CapturePart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One part. `credit_amount` is what store credit pays of it. Its shares are the payment's once it is TAKEN, behind
    those of the parts before it; `share_count` says how many they are."""

    id: Id
    amount: int
    credit_amount: int = 0
    shares: tuple[PaidShare, ...] = ()
    share_count: int = 0
    is_final: bool = False
    is_apart: bool = False
    """Asked for by itself, and answered by itself."""
    status: str = WAITING
    reference: str = ""
    fee_amount: int = 0

    @property
    def gateway_amount(self) -> int:
        return self.amount - self.credit_amount

    @property
    def is_open(self) -> bool:
        """Whether a gateway has still to decide it."""
        return self.status in (ASKED, UNKNOWN)

    def moved(self, status: str) -> CapturePart:
        assert status in PART_MOVES[self.status], f"a part does not go from {self.status} to {status}"
        return msgspec.structs.replace(self, status=status)

    def refused(self, reference: str) -> CapturePart:
        """A yes that is not ours, by its reference: the same one again is nothing new."""
        assert self.status == DECLINED, "what is taken is known by the reference that it was taken under"
        return msgspec.structs.replace(self, reference=reference)

    def taken(self, reference: str, fee_amount: int) -> CapturePart:
        return msgspec.structs.replace(
            self.moved(TAKEN), reference=reference, fee_amount=fee_amount, shares=(), share_count=len(self.shares)
        )


class Stray(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a gateway took and may not keep, by its own reference. One after another goes back."""

    reference: str
    amount: int
    currency: str
    is_returned: bool = False
    is_left: bool = False
    """It did not go back as it came: a person looks after it, and the others do not wait for it."""


def suspense_id(payment_id: str, number: int) -> Id:
    """The ledger's transaction that keeps the stray of this number, counted from 0."""
    return named_id("suspense", payment_id, str(number)) if number else named_id("suspense", payment_id)


def return_id(payment_id: str, number: int) -> Id:
    """The ledger's transaction by which it went back."""
    return named_id("return", payment_id, str(number)) if number else named_id("return", payment_id)


def capture_id_of(payment_id: Id, order_id: Id) -> Id:
    """The part of a payment that is one order's, where each is taken apart: one, however often it is asked for."""
    return named_id("capture", payment_id, order_id)


def rest_id_of(payment_id: Id) -> Id:
    """What is taken of a payment at once where orders of it were called off."""
    return named_id("capture of the rest", payment_id)


def by_order(payment_id: Id, shares: Sequence[PaidShare]) -> list[CapturePart]:
    """A part for each order that costs anything; what costs nothing comes with the last."""
    paid = [one for one in shares if one.paid_amount]
    free = tuple([one for one in shares if not one.paid_amount])
    return [
        CapturePart(
            id=capture_id_of(payment_id, one.order_id),
            amount=one.paid_amount,
            shares=(one, *free) if one is paid[-1] else (one,),
            is_final=one is paid[-1],
        )
        for one in paid
    ]


def the_rest(payment_id: Id, shares: Sequence[PaidShare]) -> list[CapturePart]:
    """All of these at once, and nothing more ever."""
    amount = sum(one.paid_amount for one in shares)
    return [CapturePart(id=rest_id_of(payment_id), amount=amount, shares=tuple(shares), is_final=True)]


def with_credit(parts: Sequence[CapturePart], credit_amount: int) -> list[CapturePart]:
    """Store credit pays the first parts, as far as it goes: what is released in the end is the buyer's own money."""
    found = []
    for part in parts:
        credit = min(credit_amount, part.amount)
        credit_amount -= credit
        found.append(msgspec.structs.replace(part, credit_amount=credit))
    return found


def wrong_part(capture_id: Id, how: str, *, is_whole: bool, is_final: bool) -> list[DomainError]:
    """What is wrong with asking a gateway that can do so much for this part."""
    faults: list[DomainError] = []
    if not is_id(capture_id):
        faults.append(NotACapture(field="capture_id"))
    if how == WHOLE and not is_whole:
        faults.append(GatewayCapturesTheWhole())
    if how == PART and not is_final:
        faults.append(GatewayCapturesOnce())
    return faults
