"""Gift cards: an amount for whoever knows the code. Of the code only a fingerprint is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from argosy.contracts.payments_credit import GiftCardEnded, GiftCardRedeemed, IssueGiftCards
from argosy.domains.payments.domain.credit import wrong_gift
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.bearer_tokens import fingerprint
from argosy.shared_kernel.errors import DomainError, Invalid, NotFound, RuleBroken
from argosy.shared_kernel.ids import Id

OPEN, REDEEMED, EXPIRED, CANCELLED = "OPEN", "REDEEMED", "EXPIRED", "CANCELLED"

CARD_MOVES: dict[str, frozenset[str]] = {
    OPEN: frozenset({REDEEMED, EXPIRED, CANCELLED}),
    REDEEMED: frozenset(),
    EXPIRED: frozenset(),
    CANCELLED: frozenset(),
}
CARDS_AT_ONCE_MAX = 1_000
CODE_BYTES = 20
SEEN = 4
"""So many characters of a code are shown later: enough to tell cards apart, and 80 bits are left."""

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter is taken for a digit."""
_MISREAD = str.maketrans("ILO", "110", "- ")
_CODE = re.compile(f"[{_LETTERS}]{{{CODE_BYTES}}}")


class CardsOutOfRange(Invalid):
    """One gift card at least is issued, and at most 1,000 at once."""


class ExpiryNotAhead(Invalid):
    """A gift card expires at a time to come."""


class NoSuchGiftCard(NotFound):
    """There is no gift card with this code."""


class GiftCardIsUsed(RuleBroken):
    """This gift card was redeemed already."""


class GiftCardHasExpired(RuleBroken):
    """The time of this gift card is over."""


class GiftCardWasCancelled(RuleBroken):
    """This gift card was taken back by who issued it."""


def code_from(chance: bytes) -> str:
    """A code as it is told: 100 bits of chance in five groups of four."""
    letters = "".join(_LETTERS[byte % 32] for byte in chance)
    assert len(letters) == CODE_BYTES
    return "-".join(letters[start : start + 4] for start in range(0, CODE_BYTES, 4))


def read_code(typed: str) -> str | None:
    """The fingerprint of a code, however it is typed; None where it can be none."""
    letters = typed[:100].upper().translate(_MISREAD)
    return fingerprint(letters) if _CODE.fullmatch(letters) else None


@dataclass(kw_only=True, eq=False)
class GiftCard(Aggregate):
    """Redeemed once and whole, by one buyer, into their store credit."""

    batch_id: Id
    code_hash: str
    code_end: str
    amount: int
    currency: str
    status: str = OPEN
    reason: str
    issued_by: str
    issued_at: datetime
    expires_at: datetime | None = None
    redeemed_by: Id | None = None
    ended_at: datetime | None = None

    @classmethod
    def issue(cls, id: Id, batch_id: Id, code: str, command: IssueGiftCards, by: str, now: datetime) -> GiftCard:
        code_hash = read_code(code)
        assert code_hash is not None, "what was made is a code"
        return cls(
            id=id,
            batch_id=batch_id,
            code_hash=code_hash,
            code_end=code[-SEEN:],
            amount=command.amount,
            currency=command.currency,
            reason=command.reason,
            issued_by=by,
            issued_at=now,
            expires_at=command.expires_at,
        )

    def redeem(self, buyer_id: Id, now: datetime) -> None:
        """It is theirs, unless it has ended: who knows the code may hear how."""
        if self.status == REDEEMED:
            raise GiftCardIsUsed()
        if self.status == CANCELLED:
            raise GiftCardWasCancelled()
        if self.is_over(now):
            raise GiftCardHasExpired()
        self._end(REDEEMED, now)
        self.redeemed_by = buyer_id
        self.record(
            GiftCardRedeemed(gift_card_id=self.id, buyer_id=buyer_id, amount=self.amount, currency=self.currency)
        )

    def end(self, status: str, now: datetime) -> None:
        """Nobody can redeem it any more."""
        self._end(status, now)
        self.record(GiftCardEnded(gift_card_id=self.id, status=status, amount=self.amount, currency=self.currency))

    def is_over(self, now: datetime) -> bool:
        return self.status == EXPIRED or (self.expires_at is not None and self.expires_at <= now)

    def _end(self, status: str, now: datetime) -> None:
        assert status in CARD_MOVES[self.status], f"a gift card does not go from {self.status} to {status}"
        self.status, self.ended_at = status, now


def wrong_cards(command: IssueGiftCards, now: datetime) -> Iterator[DomainError]:
    """Everything for which they are not issued."""
    if type(command.count) is not int or not 1 <= command.count <= CARDS_AT_ONCE_MAX:
        yield CardsOutOfRange(field="count", maximum=CARDS_AT_ONCE_MAX)
    if command.expires_at is not None and command.expires_at <= now:
        yield ExpiryNotAhead(field="expires_at")
    yield from wrong_gift(command.amount, command.currency, command.reason)
