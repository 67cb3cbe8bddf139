"""The cart's pages: what is in it, by seller, and the forms that change it."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

import msgspec
from django.http import HttpResponse

from argosy.apps.offers import notices_among, offer_in_cart, offer_of, pages_of
from argosy.apps.storefront import guests
from argosy.apps.storefront.basket import Line, lines_of, parcels, quantity_from
from argosy.apps.storefront.countries import country_names
from argosy.apps.storefront.pages import Visit, own_address
from argosy.apps.storefront.place import place_from, place_of, remember
from argosy.apps.storefront.quotes import Wanted, total_there
from argosy.apps.storefront.reader import remember_currency
from argosy.apps.storefront.window import product_on_sale, product_shown
from argosy.apps.storefront.words import QUANTITY_FAULT, faults_by_field
from argosy.contracts.carts import (
    AcknowledgeNotice,
    AddToCart,
    ApplyCoupon,
    ChangeQuantity,
    ChooseCurrency,
    ForgetSaved,
    MoveToCart,
    OfferSeen,
    RemoveCoupon,
    SaveForLater,
)
from argosy.domains.carts.adapters.outbound.queries import cart_of_buyer
from argosy.domains.carts.domain.guest import GuestCartIsMerged
from argosy.domains.carts.domain.notices import Notice
from argosy.domains.checkout.adapters.outbound.shop_terms import currencies
from argosy.platform.problems import Problem
from argosy.platform.runtime import runtime
from argosy.shared_kernel.errors import DomainError, NotFound
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command

NOTES = {
    "added": "It is in your cart.",
    "changed": "Your cart is changed.",
    "merged_in_part": "Not all that was in the cart before you signed in fits into it: a cart holds 200 different "
    "things, 999 pieces of each, and 10 coupons.",
    "unavailable": "Something in your cart cannot be bought at the moment. Take it out to go on.",
}

_NO_PLACE = {
    "country": "Please choose a country.",
    "postal_code": "A postal code has at most 20 characters.",
}


def show(visit: Visit) -> HttpResponse:
    """The cart of a buyer, or of a guest. What was put in before signing in and could not be merged then is now."""
    cart = guests.merged(visit, visit.actor)
    is_cut = cart is not None and bool(cart.not_merged or cart.coupons_not_merged)
    page = _cart_page(visit, note=NOTES.get("merged_in_part" if is_cut else visit.asked("note"), ""), is_priced=True)
    return guests.forget(page) if cart is not None else page


def add(visit: Visit) -> HttpResponse:
    """Put something in. Who has not signed in has a cart as a guest, which begins with this."""
    page = product_on_sale(visit.sent("product"))
    variant_id, text = visit.sent("variant"), visit.sent("quantity")
    quantity = quantity_from(text)
    variant = page.variant(variant_id)
    if variant is None or quantity is None:
        fault = QUANTITY_FAULT if variant is not None else "Please choose one of these."
        return product_shown(visit, page.product_id, variant_id, text, fault)
    if not page.is_sold:
        return product_shown(visit, page.product_id, variant_id, text, "This is not sold at the moment.")
    variant = variant.in_currency(visit.reader.currency or variant.currency)
    if variant is None:
        fault = f"This one is not sold in {visit.reader.currency}."
        return product_shown(visit, page.product_id, variant_id, text, fault)
    if not variant.in_stock:
        return product_shown(visit, page.product_id, variant_id, text, "This one is sold out at the moment.")
    seen = offer_of(page, variant.variant_id, variant.currency)
    command = AddToCart(product_id=page.product_id, variant_id=variant.variant_id, quantity=quantity, seen=seen)
    try:
        token = _put_in(visit, command)
    except DomainError as error:
        fault = next(iter(faults_by_field(error).values()))
        if error.code == "quantity_out_of_range":
            fault = f"With the {error.details.get('in_cart')} in your cart that would be more than 999 pieces."
        return product_shown(visit, page.product_id, variant_id, text, fault)
    response = visit.go("/cart", note="added")
    return guests.remember(visit, response, token) if token else response


def _put_in(visit: Visit, command: AddToCart) -> str:
    """The token of a guest who is new, or empty."""
    shopper = guests.shopper_of(visit)
    if shopper.id:
        # A guest's cart may be a buyer's by now: then another begins.
        with suppress(GuestCartIsMerged):
            runtime().outside("carts").run(command, shopper)
            return ""
    shopper, token = guests.begun()
    runtime().outside("carts").run(command, shopper)
    return token


def change(visit: Visit) -> HttpResponse:
    """Another quantity of a line."""
    variant_id, text = Id(visit.sent("variant")), visit.sent("quantity")
    quantity = quantity_from(text)
    if quantity is None:
        fault = QUANTITY_FAULT if text != "0" else "To take it out, press Remove."
        return _cart_page(visit, refused=variant_id, typed=text, faults={"quantity": fault})
    seen = offer_in_cart(guests.shopper_of(visit).id, variant_id)
    return _changed(visit, ChangeQuantity(variant_id=variant_id, quantity=quantity, seen=seen))


def acknowledge(visit: Visit) -> HttpResponse:
    """The buyer has seen what moved; the form carries what it showed."""
    try:
        seen = msgspec.json.decode(visit.sent("seen"), type=OfferSeen)
    except msgspec.MsgspecError:
        raise Problem(422, "form_unreadable", "The form holds an offer that this shop did not write.") from None
    return _changed(visit, AcknowledgeNotice(variant_id=Id(visit.sent("variant")), seen=seen))


def remove(visit: Visit) -> HttpResponse:
    """Take a line out; it may have been taken out already."""
    return _changed(visit, ChangeQuantity(variant_id=Id(visit.sent("variant")), quantity=0))


def save(visit: Visit) -> HttpResponse:
    """Put a line aside for later."""
    return _changed(visit, SaveForLater(variant_id=Id(visit.sent("variant"))))


def move_back(visit: Visit) -> HttpResponse:
    """What was put aside is in the cart again."""
    variant_id = Id(visit.sent("variant"))
    return _changed(
        visit, MoveToCart(variant_id=variant_id, seen=offer_in_cart(guests.shopper_of(visit).id, variant_id))
    )


def forget_saved(visit: Visit) -> HttpResponse:
    return _changed(visit, ForgetSaved(variant_id=Id(visit.sent("variant"))))


def choose_currency(visit: Visit) -> HttpResponse:
    """In which currency the visitor looks and buys; their cart keeps it."""
    currency = visit.sent("currency")
    response = visit.go(own_address(visit.sent("next")))
    if currency not in currencies():
        return response
    shopper = guests.shopper_of(visit)
    if shopper.id:
        with suppress(GuestCartIsMerged):
            runtime().outside("carts").run(ChooseCurrency(currency=currency), shopper)
    return remember_currency(visit.request, response, currency)


def send_to(visit: Visit) -> HttpResponse:
    """Where to the cart is priced."""
    place = place_from(visit.sent("country"), visit.sent("postal_code"))
    if place is None:
        field = "postal_code" if place_from(visit.sent("country"), "") else "country"
        return _cart_page(visit, faults={field: _NO_PLACE[field]})
    return remember(visit, visit.go("/cart"), place)


def add_coupon(visit: Visit) -> HttpResponse:
    """Note a code; whether it counts is seen at checkout."""
    return _changed(visit, ApplyCoupon(code=visit.sent("code")), typed=visit.sent("code"))


def remove_coupon(visit: Visit) -> HttpResponse:
    return _changed(visit, RemoveCoupon(code=visit.sent("code")))


class Shown(NamedTuple):
    """A cart as it is shown: what is in it, what was put aside, the codes."""

    lines: list[Line]
    saved: list[Line]
    coupons: list[str]


def contents(visit: Visit) -> Shown:
    """The visitor's cart as its own context has it, with what the catalogue says of each line: one always sees what
    one has just done."""
    shopper = guests.shopper_of(visit)
    cart = cart_of_buyer(Id(shopper.id)) if shopper.id else None
    if cart is None:
        return Shown([], [], [])
    pages = pages_of(cart.product_ids)
    lines = lines_of(cart.lines, visit.reader, pages)
    moved: dict[str, list[Notice]] = {}
    for notice in notices_among(cart, pages):
        moved.setdefault(notice.variant_id, []).append(notice)
    for line in lines:
        line.notices = moved.get(line.variant_id, [])
    return Shown(lines, lines_of(cart.saved, visit.reader, pages), cart.coupons)


def _changed(visit: Visit, command: Command, typed: str = "") -> HttpResponse:
    shopper = guests.shopper_of(visit)
    if not shopper.id:
        return visit.go("/cart")
    try:
        runtime().outside("carts").run(command, shopper)
    except (NotFound, GuestCartIsMerged):
        # In another window it was taken out, bought or merged: the cart as it now is tells that.
        return visit.go("/cart", note="changed")
    except DomainError as error:
        return _cart_page(visit, typed=typed, faults=faults_by_field(error))
    return visit.go("/cart", note="changed")


def _cart_page(
    visit: Visit,
    *,
    note: str = "",
    refused: str = "",
    typed: str = "",
    faults: dict[str, str] | None = None,
    is_priced: bool = False,
) -> HttpResponse:
    lines, saved, coupons = contents(visit)
    can_check_out = bool(lines) and all(line.can_be_bought for line in lines)
    place = place_of(visit) if is_priced and can_check_out else None
    told = dict(faults or {})
    for line in lines:
        if line.variant_id == refused:
            line.typed, line.fault = typed[:20], told.pop("quantity", "")
    code = typed[:40] if "code" in told else ""
    return visit.show(
        "cart",
        status=422 if faults else 200,
        parcels=parcels(lines),
        coupons=coupons,
        saved=saved,
        note=note,
        faults=told,
        code=code,
        can_check_out=can_check_out,
        total=total_there(guests.shopper_of(visit), lines, coupons, Wanted(place, visit.reader.currency))
        if place is not None
        else None,
        countries=country_names() if can_check_out else [],
    )
