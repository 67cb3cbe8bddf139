"""The wishlist's page, and the forms that change it."""

from __future__ import annotations

from typing import NamedTuple

from django.http import HttpResponse

from argosy.apps.offers import offer_wished
from argosy.apps.storefront.basket import lines_of
from argosy.apps.storefront.pages import Visit
from argosy.apps.storefront.window import product_on_sale, product_shown
from argosy.apps.storefront.words import faults_by_field
from argosy.contracts.carts import AddToWishlist, MoveFromWishlist, RemoveFromWishlist
from argosy.domains.carts.adapters.outbound.queries import wishes_of_buyer
from argosy.platform.runtime import runtime
from argosy.shared_kernel.errors import DomainError, NotFound
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command

NOTES = {"added": "It is on your wishlist.", "changed": "Your wishlist is changed."}


class _One(NamedTuple):
    """A wish is one piece of its variant."""

    product_id: Id
    variant_id: Id
    quantity: int = 1


def show(visit: Visit) -> HttpResponse:
    return _page(visit, note=NOTES.get(visit.asked("note"), ""))


def add(visit: Visit) -> HttpResponse:
    """Wish for something on its page. Who has to sign in first comes back to the product as they had chosen it."""
    page = product_on_sale(visit.sent("product"))
    variant = page.variant(visit.sent("variant"))
    if variant is None:
        return product_shown(visit, page.product_id, "", "1", "Please choose one of these.")
    if not visit.actor.id:
        return visit.go("/sign-in", next=f"/products/{page.product_id}?variant={variant.variant_id}")
    try:
        _run(visit, AddToWishlist(product_id=page.product_id, variant_id=variant.variant_id))
    except DomainError as error:
        fault = next(iter(faults_by_field(error).values()))
        return product_shown(visit, page.product_id, variant.variant_id, "1", fault)
    return visit.go("/wishlist", note="added")


def remove(visit: Visit) -> HttpResponse:
    _run(visit, RemoveFromWishlist(variant_id=Id(visit.sent("variant"))))
    return visit.go("/wishlist", note="changed")


def move(visit: Visit) -> HttpResponse:
    """One piece of it goes into the cart."""
    variant_id = Id(visit.sent("variant"))
    try:
        _run(visit, MoveFromWishlist(variant_id=variant_id, seen=offer_wished(visit.actor.id, variant_id)))
    except NotFound:
        # In another window it was taken off: the list as it now is tells that.
        return visit.go("/wishlist", note="changed")
    except DomainError as error:
        return _page(visit, fault=next(iter(faults_by_field(error).values())))
    return visit.go("/cart", note="added")


def _run(visit: Visit, command: Command) -> None:
    runtime().outside("carts").run(command, visit.actor)


def _page(visit: Visit, *, note: str = "", fault: str = "") -> HttpResponse:
    wishes = lines_of(
        [_One(wish.product_id, wish.variant_id) for wish in wishes_of_buyer(Id(visit.actor.id))], visit.reader
    )
    return visit.show("wishlist", status=422 if fault else 200, wishes=wishes, note=note, fault=fault)
