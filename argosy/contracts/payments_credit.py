"""What payments takes and tells of store credit and gift cards."""

from __future__ import annotations

from datetime import datetime

from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command, Event, Personal, Value


class IssueCredit(Command):
    """Give a buyer store credit, at the platform's cost. The buyer reads the reason."""

    buyer_id: Id
    amount: int
    currency: str
    reason: Personal[str]


class CreditIssued(Event, key="buyer_id"):
    """Staff gave a buyer store credit."""

    credit_id: Id
    buyer_id: Id
    amount: int
    currency: str


class IssueGiftCards(Command):
    """Make so many gift cards of an amount each, at the platform's cost, to be redeemed before they expire. Their codes
    are told in the answer alone."""

    amount: int
    currency: str
    reason: str
    count: int = 1
    expires_at: datetime | None = None


class GiftCardMade(Value):
    """The only time that its code is told."""

    gift_card_id: Id
    code: Personal[str]


class GiftCardsMade(Value):
    """What was issued together; each card is of `amount`."""

    batch_id: Id
    amount: int
    currency: str
    expires_at: datetime | None
    cards: tuple[GiftCardMade, ...]


class GiftCardsIssued(Event, key="batch_id"):
    """So many gift cards can be redeemed, of `total_amount` in all."""

    batch_id: Id
    count: int
    total_amount: int
    currency: str


class RedeemGiftCard(Command):
    """Have the whole of a gift card as store credit. Capitals, spaces and dashes of the code do not matter."""

    buyer_id: Id
    code: Personal[str]


class RedeemedCredit(Value):
    """What the gift card was worth, and what the buyer's store credit in its currency is now."""

    amount: int
    currency: str
    balance: int


class GiftCardRedeemed(Event, key="gift_card_id"):
    """A gift card has become a buyer's store credit."""

    gift_card_id: Id
    buyer_id: Id
    amount: int
    currency: str


class CancelGiftCard(Command):
    """Take back a gift card that nobody has redeemed."""

    gift_card_id: Id
    reason: str = ""


class GiftCardEnded(Event, key="gift_card_id"):
    """A gift card can be redeemed no more: it is EXPIRED or CANCELLED."""

    gift_card_id: Id
    status: str
    amount: int
    currency: str


class ExpireGiftCards(Command, key="job"):
    """End the gift cards whose time is over. Sent by payments' own schedule."""

    job: str = "expire-gift-cards"


class EndGiftCard(Command, key="gift_card_id"):
    """End one gift card, if its time is over. Sent by payments itself."""

    gift_card_id: Id
