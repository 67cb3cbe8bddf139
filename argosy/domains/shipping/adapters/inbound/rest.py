"""Shipping over HTTP: freight templates and policies, set by sellers for themselves and by staff for the platform; and
what delivery would cost, for everybody."""

from __future__ import annotations

from argosy.contracts.shipping import (
    EndShippingRate,
    OfferShipping,
    SetDeliveryPolicy,
    SetShippingRate,
    ShippingOffers,
)
from argosy.domains.shipping.adapters.outbound.queries import RateShown, policy_shown, rate_shown, rates_of
from argosy.domains.shipping.domain.faults import NoSuchRate
from argosy.domains.shipping.domain.policy import Policy
from argosy.domains.shipping.domain.rate import PLATFORM
from argosy.platform.auth import merchant, public
from argosy.platform.bodies import IdText
from argosy.platform.owned import Owned, seller_asking
from argosy.platform.pages import Page, PageQuery, cursor, page
from argosy.platform.rest import PREFIX, Asked, Made, delete, get, post, put


class RatesQuery(PageQuery, kw_only=True, frozen=True):
    """Staff may name a seller; without one they see the platform's."""

    seller_id: str = ""


class OwnerQuery(RatesQuery, kw_only=True, frozen=True):
    """Whose policy."""


def shipping_rates(asked: Asked) -> Page:
    """Your freight templates."""
    query: RatesQuery = asked.query
    position = query.position(tuple[IdText])
    found = rates_of(_owner(asked), position[0] if position else "", query.limit)
    after = cursor(found[min(len(found), query.limit) - 1].rate_id) if found else ""
    return page(found, query, f"{PREFIX}shipping/rates", after, seller_id=query.seller_id)


def shipping_rate(asked: Asked) -> RateShown | None:
    """One of your freight templates."""
    found = rate_shown(asked["rate_id"])
    if found is None or not (asked.actor.has("staff") or found.seller_id == asked.actor.seller_id):
        return None
    return found


def delivery_policy(asked: Asked) -> Policy:
    """When your parcels leave, and which goods may not go where."""
    return policy_shown(_owner(asked))


def _owner(asked: Asked) -> str:
    """Whose things are meant: sellers see their own, whomever they name."""
    if asked.actor.has("staff"):
        named: str = asked.query.seller_id
        return named or PLATFORM
    return asked.actor.seller_id


OWN = (Owned("shipping_rates", "rate_id", {"seller_id": seller_asking}, NoSuchRate),)

endpoints = [
    post("shipping/rates", SetShippingRate, allow=merchant, status=201, filled=("seller_id",), answers=Made),
    get("shipping/rates", shipping_rates, allow=merchant, parameters=RatesQuery, answers=Page),
    get("shipping/rates/{rate_id}", shipping_rate, allow=merchant, answers=RateShown),
    delete("shipping/rates/{rate_id}", EndShippingRate, allow=merchant, owned=OWN),
    put("shipping/policy", SetDeliveryPolicy, allow=merchant, filled=("seller_id",), answers=Made),
    get("shipping/policy", delivery_policy, allow=merchant, parameters=OwnerQuery, answers=Policy),
    post("shipping/offers", OfferShipping, allow=public, answers=ShippingOffers, takes_key=False),
]
