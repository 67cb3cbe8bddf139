"""Who may change a product: its seller, staff and the system. To all others there is no such product."""

from __future__ import annotations

from argosy.domains.products.domain.product import Product
from argosy.engine.work import Actor, Repository
from argosy.shared_kernel.errors import Invalid, NotAllowed, NotFound
from argosy.shared_kernel.ids import Id, is_id


class NoSuchProduct(NotFound):
    """There is no such product."""


class SellersOnly(NotAllowed):
    """Only a seller can list products, and only in their own store."""


class SellerIsMissing(Invalid):
    """Say whose product it is."""


class NotYoursToChoose(NotAllowed):
    """Only staff may choose ids."""


def is_trusted(actor: Actor) -> bool:
    return actor.has("system") or actor.has("staff")


def seller_for(actor: Actor, wanted: Id | None) -> Id:
    """Whose a new product is."""
    if is_trusted(actor):
        if wanted is None:
            raise SellerIsMissing()
        return wanted
    if not actor.seller_id or wanted not in (None, actor.seller_id):
        raise SellersOnly()
    return Id(actor.seller_id)


def owned(products: Repository[Product], product_id: str, actor: Actor) -> Product:
    """The product, for those who may change it."""
    product = products.find(product_id) if is_id(product_id) else None
    if product is None or not (is_trusted(actor) or (actor.seller_id and actor.seller_id == product.seller_id)):
        raise NoSuchProduct(product_id=product_id)
    return product


def ids(*candidates: str | None) -> list[Id]:
    """Those that can be looked up: whatever is no id has nothing, and a database may refuse to look for it."""
    return [Id(candidate) for candidate in candidates if candidate is not None and is_id(candidate)]
