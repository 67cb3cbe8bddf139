"""What `argosy up` puts into a new marketplace, so that there is something to see, buy and sign in as."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from argosy.apps.cli.console import progress
from argosy.contracts.accounts import OpenStore, RegisterUser
from argosy.contracts.inventory import ReceiveStock
from argosy.contracts.products import Attribute, CreateProduct, NewVariant, PublishProduct
from argosy.contracts.promotions import CreateCoupon
from argosy.contracts.shipping import SetShippingRate
from argosy.contracts.taxes import SetTaxRule
from argosy.shared_kernel.ids import Id, named_id
from argosy.shared_kernel.messages import Command

if TYPE_CHECKING:
    from argosy.platform.runtime import Runtime

PASSWORD = "argosy-demo"
CURRENCY = "USD"
PIECES = 250


class Person(NamedTuple):
    """Somebody to sign in as; everybody has the same password, which this very file publishes."""

    email: str
    first_name: str
    last_name: str
    store: str = ""
    country: str = ""
    city: str = ""

    @property
    def id(self) -> Id:
        return named_id("demo", "user", self.email)

    @property
    def seller_id(self) -> Id:
        return named_id("demo", "seller", self.email)


STAFF = Person("staff@demo.example", "Sam", "Keeper")
SELLERS = (
    Person("lamp@demo.example", "Lena", "Voss", "Lamp & Linen", "US", "Portland"),
    Person("trail@demo.example", "Tariq", "Hale", "Trail Supply", "US", "Denver"),
    Person("casa@demo.example", "Clara", "Souza", "Casa Verde", "BR", "Sao Paulo"),
)
BUYERS = (
    Person("maria@demo.example", "Maria", "Lima"),
    Person("john@demo.example", "John", "Reed"),
    Person("aiko@demo.example", "Aiko", "Mori"),
    Person("omar@demo.example", "Omar", "Said"),
    Person("ines@demo.example", "Ines", "Costa"),
)


class Goods(NamedTuple):
    """One product: each variant as its name, price in cents, and weight in grams."""

    sku: str
    title: str
    category: str
    description: str
    variants: tuple[tuple[str, int, int], ...]


GOODS = (
    (
        Goods("LMP-01", "Brass reading lamp", "lighting", "A lamp that bends to the page.", (("", 7900, 1800),)),
        Goods("LMP-02", "Paper moon lantern", "lighting", "Rice paper over a birch ring.", (("", 3450, 600),)),
        Goods(
            "LMP-03",
            "Candle of beeswax",
            "lighting",
            "Burns eight hours.",
            (("single", 650, 180), ("box of six", 3300, 1100)),
        ),
        Goods(
            "LIN-01", "Linen bed sheet", "bedroom", "Stone-washed flax.", (("twin", 6900, 900), ("queen", 8900, 1200))
        ),
        Goods("LIN-02", "Linen pillow case", "bedroom", "Closes with an envelope.", (("", 2400, 250),)),
        Goods(
            "LIN-03",
            "Wool throw",
            "bedroom",
            "Merino, woven as herringbone.",
            (("grey", 9900, 950), ("moss", 9900, 950)),
        ),
        Goods("KIT-01", "Waffle kitchen towel", "kitchen", "Three of them, cotton.", (("", 1900, 300),)),
        Goods("KIT-02", "Apron with pockets", "kitchen", "Heavy cotton, crossed back.", (("", 3900, 450),)),
    ),
    (
        Goods(
            "TRL-01",
            "Day pack 22 l",
            "outdoor",
            "Carries a day and the rain jacket.",
            (("black", 8400, 780), ("rust", 8400, 780)),
        ),
        Goods("TRL-02", "Steel bottle 0.75 l", "outdoor", "Keeps tea hot for a day.", (("", 2995, 390),)),
        Goods("TRL-03", "Headlamp 400 lm", "outdoor", "Red light for the tent.", (("", 4450, 95),)),
        Goods("TRL-04", "Folding map case", "outdoor", "Dry maps in wet hills.", (("", 1590, 120),)),
        Goods(
            "TRL-05",
            "Merino socks",
            "clothing",
            "Cushioned where it rubs.",
            (("S", 1800, 80), ("M", 1800, 80), ("L", 1800, 80)),
        ),
        Goods(
            "TRL-06",
            "Rain jacket",
            "clothing",
            "Three layers, taped seams.",
            (("S", 18900, 420), ("M", 18900, 430), ("L", 18900, 440)),
        ),
        Goods("TRL-07", "Sun hat", "clothing", "Broad brim, packs flat.", (("", 3200, 110),)),
        Goods("TRL-08", "Camp stove", "outdoor", "Boils half a litre in three minutes.", (("", 5490, 240),)),
    ),
    (
        Goods(
            "CAS-01",
            "Coffee from Minas",
            "pantry",
            "Natural, medium roast, whole beans.",
            (("250 g", 1290, 280), ("1 kg", 4490, 1050)),
        ),
        Goods("CAS-02", "Cashew nuts", "pantry", "Roasted with sea salt.", (("", 1150, 320),)),
        Goods("CAS-03", "Cachaca glass", "kitchen", "A pair, mouth-blown.", (("", 2250, 380),)),
        Goods(
            "CAS-04", "Clay pot", "kitchen", "For beans, rice and patience.", (("2 l", 5400, 2600), ("4 l", 7900, 4300))
        ),
        Goods("CAS-05", "Woven hammock", "garden", "Cotton, for two.", (("blue", 11900, 2100), ("sand", 11900, 2100))),
        Goods("CAS-06", "Orchid pot", "garden", "Terracotta with air slits.", (("", 1790, 700),)),
        Goods("CAS-07", "Book of tiles", "books", "Two hundred facades of the coast.", (("", 3800, 1300),)),
        Goods("CAS-08", "Seed paper cards", "books", "Ten cards to plant.", (("", 990, 90),)),
    ),
)


def seed(runtime: Runtime) -> bool:
    """Put it all in, once; whether that happened now. What was changed since then stays changed."""
    from argosy.apps.cli.bulk import Bulk
    from argosy.domains.accounts.domain.user import User

    if runtime.stores["accounts"].load(User, "id", [STAFF.id]):
        return False
    parts: tuple[tuple[str, list[Command]], ...] = (
        ("accounts", list(_people())),
        ("taxes", list(_taxes())),
        ("shipping", list(_rates())),
        ("promotions", [CreateCoupon(code="WELCOME10", basis_points=1_000, max_uses_per_buyer=5)]),
        ("products", list(_products())),
        ("inventory", list(_stock())),
        # Last, because it tells that all before it was done.
        ("accounts", [_user(STAFF, ("staff", "buyer"))]),
    )
    with progress("making demo data", sum(len(commands) for _, commands in parts)) as step:
        for label, commands in parts:
            Bulk(runtime, label).send_all(commands, step)
    return True


def _people() -> Iterator[Command]:
    for buyer in BUYERS:
        yield _user(buyer, ("buyer",))
    for seller in SELLERS:
        yield _user(seller, ("buyer", "seller"))
        yield OpenStore(
            store_name=seller.store,
            seller_id=seller.seller_id,
            user_id=seller.id,
            country=seller.country,
            city=seller.city,
        )


def _user(person: Person, roles: tuple[str, ...]) -> RegisterUser:
    return RegisterUser(
        email=person.email,
        password=PASSWORD,
        first_name=person.first_name,
        last_name=person.last_name,
        user_id=person.id,
        roles=roles,
    )


def _taxes() -> Iterator[Command]:
    yield SetTaxRule(country="BR", basis_points=1_700, is_inclusive=True)
    yield SetTaxRule(country="US", basis_points=825, is_inclusive=False)


def _rates() -> Iterator[Command]:
    """The platform's own, for sellers who set none, and those of the demo sellers."""
    for currency, base, each in (("USD", 590, 50), ("EUR", 590, 50), ("BRL", 1_500, 200), ("INR", 9_900, 1_000)):
        yield SetShippingRate(method="standard", currency=currency, base_amount=base, item_amount=each)
    for seller in SELLERS:
        yield SetShippingRate(
            method="standard",
            currency=CURRENCY,
            base_amount=490,
            item_amount=60,
            free_from_amount=15_000,
            seller_id=seller.seller_id,
        )
        yield SetShippingRate(
            method="express",
            currency=CURRENCY,
            base_amount=1_490,
            item_amount=150,
            days_min=1,
            days_max=2,
            seller_id=seller.seller_id,
        )


def _products() -> Iterator[Command]:
    for seller, shelf in zip(SELLERS, GOODS, strict=True):
        for goods in shelf:
            yield CreateProduct(
                sku=goods.sku,
                title=goods.title,
                category=goods.category,
                description=goods.description,
                variants=tuple(_variant(goods, index) for index in range(len(goods.variants))),
                product_id=_product_id(goods),
                seller_id=seller.seller_id,
            )
            yield PublishProduct(product_id=_product_id(goods))


def _variant(goods: Goods, index: int) -> NewVariant:
    name, amount, grams = goods.variants[index]
    return NewVariant(
        sku=f"{goods.sku}-{index + 1}",
        amount=amount,
        currency=CURRENCY,
        weight_grams=grams,
        attributes=(Attribute(name="kind", value=name),) if name else (),
        variant_id=_variant_id(goods, index),
    )


def _stock() -> Iterator[Command]:
    for seller, shelf in zip(SELLERS, GOODS, strict=True):
        for goods in shelf:
            for index in range(len(goods.variants)):
                yield ReceiveStock(
                    stock_unit_id=_variant_id(goods, index),
                    quantity=PIECES,
                    reference_id="demo",
                    product_id=_product_id(goods),
                    seller_id=seller.seller_id,
                )


def _product_id(goods: Goods) -> Id:
    return named_id("demo", "product", goods.sku)


def _variant_id(goods: Goods, index: int) -> Id:
    return named_id("demo", "variant", goods.sku, str(index))
