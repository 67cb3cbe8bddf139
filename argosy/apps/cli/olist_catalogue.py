"""What the Olist data set is in this marketplace (docs/decisions/ADR-017-olist-catalogue.md).

A catalogue product is one product of one seller. Its variants are its offers: one for each price that it was sold at.
Each freight that a seller charged is a delivery method of theirs, chosen line by line at the checkout. So a basket
costs here what it cost there, to the centavo.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from statistics import median_low
from typing import NamedTuple

from argosy.apps.cli.olist_files import COUNTRY, CURRENCY, Item, Olist, Product, Seller
from argosy.contracts.accounts import OpenStore, RegisterUser
from argosy.contracts.inventory import ReceiveStock
from argosy.contracts.products import AddVariant, Attribute, CreateProduct, NewVariant, PublishProduct
from argosy.contracts.shipping import SetShippingRate
from argosy.shared_kernel.ids import Id, named_id
from argosy.shared_kernel.money import Money

PLAYS = 10
"""How often every basket can be bought before the imported stock runs out."""

SPARE_PIECES = 20


class Offer(NamedTuple):
    """What a variant stands for. `twin` is 0 but where one basket has one price with several freights: each needs a
    line of its own there, and so a variant of its own."""

    price: int
    twin: int


class Line(NamedTuple):
    """A line of a basket as it is bought here."""

    product_id: Id
    variant_id: Id
    quantity: int
    method: str
    price: int
    freight: int


def seller_id_of(olist_id: str) -> Id:
    return named_id("olist", "seller", olist_id)


def product_id_of(item: Item) -> Id:
    return named_id("olist", "product", item.product_id, item.seller_id)


def variant_id_of(product_id: Id, offer: Offer) -> Id:
    return named_id("olist", "variant", product_id, str(offer.price), str(offer.twin))


def method_of(freight: int) -> str:
    return f"freight-{freight}"


def lines_of(items: Sequence[Item]) -> list[Line]:
    """A basket's lines: pieces of one product at one price and one freight are one line with a quantity."""
    quantities: dict[tuple[Id, int, int], int] = {}
    freights: dict[tuple[Id, int], list[int]] = {}
    for item in items:
        key = (product_id_of(item), item.price)
        quantities[*key, item.freight] = quantities.get((*key, item.freight), 0) + 1
        if item.freight not in (known := freights.setdefault(key, [])):
            known.append(item.freight)
    lines = []
    for (product_id, price, freight), quantity in quantities.items():
        offer = Offer(price, sorted(freights[product_id, price]).index(freight))
        lines.append(Line(product_id, variant_id_of(product_id, offer), quantity, method_of(freight), price, freight))
    return lines


def offers_of(olist: Olist) -> dict[tuple[str, str], set[Offer]]:
    """Every (product, seller) that was sold, with its offers."""
    offers: dict[tuple[str, str], set[Offer]] = {}
    for items in olist.baskets.values():
        freights: dict[tuple[str, str, int], set[int]] = {}
        for item in items:
            freights.setdefault((item.product_id, item.seller_id, item.price), set()).add(item.freight)
        for (product_id, seller_id, price), met in freights.items():
            offers.setdefault((product_id, seller_id), set()).update(Offer(price, twin) for twin in range(len(met)))
    return offers


def stores(sellers: Iterable[Seller]) -> Iterator[RegisterUser | OpenStore]:
    """A user without a password and a store for each seller."""
    for seller in sellers:
        user_id = named_id("olist", "user", seller.id)
        yield RegisterUser(email=f"seller-{seller.id}@olist.example", password="", user_id=user_id, roles=("seller",))
        yield OpenStore(
            store_name=f"{seller.city.title()[:80] or 'Store'} {seller.id[:8]}",
            seller_id=seller_id_of(seller.id),
            user_id=user_id,
            country=COUNTRY,
            region=seller.state,
            city=seller.city,
        )


def rates(olist: Olist) -> list[SetShippingRate]:
    """A method for each freight of a seller, and a standard one at the freight in their middle."""
    freights: dict[str, list[int]] = {}
    for items in olist.baskets.values():
        for item in items:
            freights.setdefault(item.seller_id, []).append(item.freight)
    found = []
    for olist_id, charged in freights.items():
        amounts = {method_of(amount): amount for amount in sorted(set(charged))}
        amounts["standard"] = median_low(charged)
        found += [
            SetShippingRate(
                method=method,
                currency=CURRENCY,
                item_amount=amount,
                countries=(COUNTRY,),
                seller_id=seller_id_of(olist_id),
                # A freight of the data set is chosen by name; people are offered the standard one.
                is_offered=method == "standard",
            )
            for method, amount in amounts.items()
        ]
    return found


def products(olist: Olist) -> Iterator[CreateProduct | AddVariant | PublishProduct]:
    """Each product with its offers, on sale. One that is there already gets the offers that it lacks."""
    for (product_id, seller_id), offers in offers_of(olist).items():
        id = named_id("olist", "product", product_id, seller_id)
        product = olist.products[product_id]
        variants = tuple(_variant(id, product, seller_id, offer) for offer in sorted(offers))
        yield CreateProduct(
            sku=product.id,
            title=f"{_words(product.category)} {product.id[:8]}",
            variants=variants,
            category=product.category,
            product_id=id,
            seller_id=seller_id_of(seller_id),
            description=f"A product of the Olist data set, sold from {_origin(olist.sellers[seller_id])}.",
        )
        for variant in variants:
            yield AddVariant(product_id=id, variant=variant)
        yield PublishProduct(product_id=id)


def stock(olist: Olist) -> Iterator[ReceiveStock]:
    """Pieces enough to play all baskets several times, one stock unit for all offers of a product."""
    pieces: dict[tuple[str, str], int] = {}
    for items in olist.baskets.values():
        for item in items:
            pieces[item.product_id, item.seller_id] = pieces.get((item.product_id, item.seller_id), 0) + 1
    for (product_id, seller_id), sold in pieces.items():
        quantity = sold * PLAYS + SPARE_PIECES
        yield ReceiveStock(
            stock_unit_id=_stock_unit(product_id, seller_id),
            quantity=quantity,
            reference_id=f"olist-{quantity}",
            product_id=named_id("olist", "product", product_id, seller_id),
            seller_id=seller_id_of(seller_id),
        )


def _variant(id: Id, product: Product, seller_id: str, offer: Offer) -> NewVariant:
    name = str(Money(offer.price, CURRENCY)) + (f" ({offer.twin + 1})" if offer.twin else "")
    suffix = f"-{offer.twin + 1}" if offer.twin else ""
    return NewVariant(
        sku=f"{product.id[:40]}-{offer.price}{suffix}",
        amount=offer.price,
        currency=CURRENCY,
        attributes=(Attribute(name="offer", value=name),),
        variant_id=variant_id_of(id, offer),
        stock_unit_id=_stock_unit(product.id, seller_id),
        weight_grams=product.weight_grams,
        length_mm=product.length_mm,
        width_mm=product.width_mm,
        height_mm=product.height_mm,
    )


def _stock_unit(product_id: str, seller_id: str) -> Id:
    return named_id("olist", "stock", product_id, seller_id)


def _words(category: str) -> str:
    return category.replace("_", " ").capitalize()


def _origin(seller: Seller) -> str:
    return ", ".join(part for part in (seller.city.title(), seller.state) if part) or "Brazil"
