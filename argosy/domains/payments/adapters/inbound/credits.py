"""Store credit and gift cards over HTTP: buyers see and redeem, staff give and look."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Annotated, Literal

import msgspec
from django.http import HttpRequest

from argosy.contracts.payments_credit import (
    CancelGiftCard,
    GiftCardsMade,
    IssueCredit,
    IssueGiftCards,
    RedeemedCredit,
    RedeemGiftCard,
)
from argosy.domains.payments.adapters.outbound.credits import (
    CreditShown,
    GiftCardShown,
    credits_of,
    gift_cards,
    movements_of,
)
from argosy.domains.payments.domain.gift_card import NoSuchGiftCard
from argosy.platform.auth import buyer, staff
from argosy.platform.bodies import ID_PATTERN, IdText, matching
from argosy.platform.limits import Limit, address_of, counted_as, limits, seconds
from argosy.platform.pages import Page, PageQuery, cursor, page
from argosy.platform.rest import Asked, Made, get, post
from argosy.shared_kernel.errors import TooMany
from argosy.shared_kernel.ids import Id

GUESSES = Limit(burst=10, every=360)
"""Codes that one person guesses wrong: ten, and ten an hour."""

GUESSES_FROM = Limit(burst=50, every=72)
"""The same from one address, whoever guesses: anybody may open many accounts."""


class TooManyCodes(TooMany):
    """Too many codes were wrong. Wait a little, and try again."""


@contextmanager
def redeeming_limited(request: HttpRequest, buyer_id: str) -> Iterator[None]:
    """Redeem a gift card inside of this: only codes that are no card's count."""
    wanted = [
        (counted_as("gift-cards", buyer_id), GUESSES),
        (counted_as("gift-cards-from", address_of(request)), GUESSES_FROM),
    ]
    wait = limits().take(wanted)
    if wait:
        raise TooManyCodes(retry_after=seconds(wait))
    try:
        yield
    except NoSuchGiftCard:
        raise
    except BaseException:
        limits().give_back(wanted)
        raise
    limits().give_back(wanted)


def _redeeming(asked: Asked, command: RedeemGiftCard) -> AbstractContextManager[None]:
    return redeeming_limited(asked.request, asked.actor.id)


class StoreCredit(msgspec.Struct, frozen=True, kw_only=True):
    """A buyer's store credit, currency by currency."""

    items: list[CreditShown]


def my_credit(asked: Asked) -> StoreCredit:
    """Your store credit."""
    return StoreCredit(items=credits_of(asked.actor.id))


def credit_of_buyer(asked: Asked) -> StoreCredit:
    """A buyer's store credit."""
    return StoreCredit(items=credits_of(asked["buyer_id"]))


Currency = Annotated[str, matching("^([A-Z]{3})?$")]


class MovementsQuery(PageQuery, kw_only=True, frozen=True):
    """`currency`: only movements of the balance in it."""

    currency: Currency = ""


def my_credit_movements(asked: Asked) -> Page:
    """How your store credit came to be what it is, the newest first."""
    return _movements(asked, asked.actor.id, "/api/v1/credit/mine/movements")


def credit_movements_of_buyer(asked: Asked) -> Page:
    """How a buyer's store credit came to be what it is, the newest first."""
    return _movements(asked, asked["buyer_id"], f"/api/v1/buyers/{asked['buyer_id']}/credit/movements")


def _movements(asked: Asked, buyer_id: str, path: str) -> Page:
    query: MovementsQuery = asked.query
    before = query.position(tuple[IdText])[0] if query.after else None
    found = movements_of(buyer_id, query.currency, before, query.limit + 1)
    last = found[: query.limit][-1].movement_id if found else ""
    return page(found, query, path, cursor(last), currency=query.currency)


class GiftCardsQuery(PageQuery, kw_only=True, frozen=True):
    """`status`: only cards that stand so; `batch_id`: only those that were issued together."""

    status: Literal["", "OPEN", "REDEEMED", "EXPIRED", "CANCELLED"] = ""
    batch_id: Annotated[str, matching(f"{ID_PATTERN}|^$")] = ""


def issued_gift_cards(asked: Asked) -> Page:
    """Gift cards, the newest first; never their codes."""
    query: GiftCardsQuery = asked.query
    before = query.position(tuple[IdText])[0] if query.after else None
    only = {name: value for name in ("status", "batch_id") if (value := getattr(query, name))}
    found = gift_cards(before, query.limit + 1, **only)
    last = found[: query.limit][-1].gift_card_id if found else ""
    return page(found, query, "/api/v1/gift-cards", cursor(last), **only)


def gift_card(asked: Asked) -> GiftCardShown | None:
    """One gift card, without its code."""
    return next(iter(gift_cards(None, 1, id=Id(asked["gift_card_id"]))), None)


endpoints = [
    get("credit/mine", my_credit, allow=buyer, answers=StoreCredit),
    get("credit/mine/movements", my_credit_movements, allow=buyer, parameters=MovementsQuery, answers=Page),
    post("buyers/{buyer_id}/credit", IssueCredit, allow=staff, status=201, answers=Made),
    get("buyers/{buyer_id}/credit", credit_of_buyer, allow=staff, answers=StoreCredit),
    get(
        "buyers/{buyer_id}/credit/movements",
        credit_movements_of_buyer,
        allow=staff,
        parameters=MovementsQuery,
        answers=Page,
    ),
    # Its answer holds the codes, which are never stored: so it takes no Idempotency-Key.
    post("gift-cards", IssueGiftCards, allow=staff, status=201, answers=GiftCardsMade, takes_key=False),
    get("gift-cards", issued_gift_cards, allow=staff, parameters=GiftCardsQuery, answers=Page),
    get("gift-cards/{gift_card_id}", gift_card, allow=staff, answers=GiftCardShown),
    post("gift-cards/{gift_card_id}/cancel", CancelGiftCard, allow=staff),
    post(
        "credit/mine/gift-cards",
        RedeemGiftCard,
        allow=buyer,
        answers=RedeemedCredit,
        fill=lambda asked: {"buyer_id": asked.actor.id},
        filled=("buyer_id",),
        takes_key=False,
        guard=_redeeming,
    ),
]
