"""What is for sale, and by whom: five sellers, what they ask for it, and who buys."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from argosy.contracts.accounts import OpenStore, RegisterUser
from argosy.contracts.inventory import ReceiveStock
from argosy.contracts.orders import Address
from argosy.contracts.products import CreateProduct, NewVariant, PublishProduct
from argosy.contracts.promotions import (
    NO_TERMS,
    AssignBuyerGroups,
    CouponTerms,
    CreateCoupon,
    CreatePromotion,
    GenerateCoupons,
    PromotionTerms,
)
from argosy.contracts.shipping import SetShippingRate
from argosy.contracts.taxes import SetTaxRule
from argosy.engine.work import SYSTEM, Actor
from argosy.shared_kernel.ids import Id, named_id
from argosy.shared_kernel.messages import Command
from argosy.simulation.facts import Facts, Rule
from argosy.simulation.scheduler import BEGIN

if TYPE_CHECKING:
    from argosy.simulation.marketplace import Marketplace

SELLERS, BUYERS, PRODUCTS_EACH = 5, 20, 3
CURRENCY, SECOND_CURRENCY = "BRL", "USD"
PLATFORM = "platform"
ANYBODY, ONCE_EACH, OF_A_SELLER = "TENTH", "ONCE", "SELLERS"
AMOUNT_OFF, CAPPED, SELECTED, CAMPAIGN = "AMOUNT", "CAPPED", "SELECTED", "MANY"
WELCOME, GOLD, BROUGHT = "Welcome", "Gold", "Brought"
"""Promotions that run for all the thirty days, in seeds that have them."""
CODES = 12
PIECES_AT_FIRST = 40

ADDRESSES = (
    Address(recipient="A", street="Rua 1", city="Recife", postal_code="1", country="BR", region="PE"),
    Address(recipient="B", street="Rua 2", city="Manaus", postal_code="2", country="BR", region="AM"),
    Address(recipient="C", street="Calle 3", city="Rosario", postal_code="3", country="AR", region=""),
)
TAXES = (
    # Inclusive at home, on top in one region, none abroad: rates that do not divide evenly.
    SetTaxRule(country="BR", basis_points=1_733, is_inclusive=True),
    SetTaxRule(country="BR", region="AM", basis_points=777, is_inclusive=False),
    SetTaxRule(country="BR", basis_points=333, is_inclusive=False, category="delivery"),
)


class Goods(NamedTuple):
    """One thing for sale, and the stock unit that it draws on."""

    product_id: Id
    variant_id: Id
    stock_unit_id: Id
    units_each: int
    seller_id: Id
    amount: int


def seller(number: int) -> Id:
    return named_id("simulated seller", str(number))


def seller_actor(id: Id) -> Actor:
    return Actor(id=named_id("owner of", id), roles=frozenset({"seller", "buyer"}), seller_id=id)


def buyer(number: int) -> Id:
    return named_id("simulated buyer", str(number))


def buyer_actor(id: Id) -> Actor:
    return Actor(id=id, roles=frozenset({"buyer"}))


def goods_of(seller_number: int) -> list[Goods]:
    """Two things of their own, and a pack of three of the first."""
    seller_id = seller(seller_number)
    found: list[Goods] = []
    for number in range(PRODUCTS_EACH):
        unit = named_id("simulated unit", seller_id, "0" if number == 2 else str(number))
        found.append(
            Goods(
                named_id("simulated product", seller_id, str(number)),
                named_id("simulated variant", seller_id, str(number)),
                unit,
                3 if number == 2 else 1,
                seller_id,
                1_003 + 777 * seller_number + 1_111 * number,
            )
        )
    return found


ALL_GOODS = tuple(goods for number in range(SELLERS) for goods in goods_of(number))
SELLER_OF = {goods.variant_id: goods.seller_id for goods in ALL_GOODS}
CATEGORIES = ("things", "books")
CATEGORY_OF = {goods.variant_id: CATEGORIES[number % 2] for number, goods in enumerate(ALL_GOODS)}


GOLD_BUYERS = frozenset(buyer(number) for number in range(0, BUYERS, 3))
COUPONS = (
    CreateCoupon(code=ANYBODY, basis_points=1_050),
    CreateCoupon(code=ONCE_EACH, basis_points=2_500, max_uses_per_buyer=1),
    CreateCoupon(code=OF_A_SELLER, basis_points=1_333, max_uses=40, funded_by=seller(0)),
    CreateCoupon(code=AMOUNT_OFF, basis_points=0, terms=CouponTerms(amount=1_111, currency=CURRENCY, min_amount=1_500)),
    CreateCoupon(code=CAPPED, basis_points=4_999, terms=CouponTerms(cap_amount=1_777, currency=CURRENCY)),
    CreateCoupon(
        code=SELECTED,
        basis_points=1_234,
        terms=CouponTerms(product_ids=tuple(goods_of(number)[0].product_id for number in range(SELLERS))),
    ),
)
PROMOTIONS = {
    # By the kind of which a seed has none or some.
    kind: CreatePromotion(
        name=name,
        terms=terms,
        funded_by=funded_by,
        ends_at=BEGIN + timedelta(days=300),
        promotion_id=named_id("simulated promotion", name),
    )
    for kind, name, funded_by, terms in (
        ("first order", WELCOME, PLATFORM, PromotionTerms(effect="percentage", basis_points=777, is_first_order=True)),
        ("buyer group", GOLD, PLATFORM, PromotionTerms(effect="percentage", basis_points=333, buyer_group="gold")),
        (
            "free delivery",
            BROUGHT,
            seller(1),
            PromotionTerms(effect="free_delivery", min_amount=2_000, currency=CURRENCY),
        ),
    )
}


def open_shop(place: Marketplace, facts: Facts) -> None:
    """Everybody is registered, everything is on sale. Nothing goes wrong yet."""
    web = place.webs[0]
    for command in TAXES:
        web.do("taxes", command, SYSTEM)
    for number in range(SELLERS):
        _open_store(place, facts, number)
    for number in range(BUYERS):
        register = RegisterUser(email=f"b{number}@example.com", password="correct horse battery", user_id=buyer(number))
        web.do("accounts", register, SYSTEM)
    for coupon in COUPONS:
        note_coupon(facts, coupon)
        web.do("promotions", coupon, SYSTEM)
    if place.faults.rates["campaign"]:
        facts.rules[CAMPAIGN] = Rule(2_222, PLATFORM, NO_TERMS, is_promotion=False)
        codes = GenerateCoupons(
            name="Many", count=CODES, basis_points=2_222, prefix=CAMPAIGN, campaign_id=named_id("simulated campaign")
        )
        web.do("promotions", codes, SYSTEM)
    for kind, promotion in PROMOTIONS.items():
        if place.faults.rates[kind]:
            note_promotion(facts, promotion)
            web.do("promotions", promotion, SYSTEM)
    if place.faults.rates["buyer group"]:
        for id in sorted(GOLD_BUYERS):
            web.do("promotions", AssignBuyerGroups(buyer_id=id, groups=("gold",)), SYSTEM)


def note_coupon(facts: Facts, coupon: CreateCoupon) -> None:
    """What its maker means it to do."""
    facts.coupons[coupon.code] = (coupon.max_uses, coupon.max_uses_per_buyer)
    terms = coupon.terms or NO_TERMS
    facts.rules[coupon.code] = Rule(coupon.basis_points, coupon.funded_by, terms, is_promotion=False)


def note_promotion(facts: Facts, promotion: CreatePromotion) -> None:
    assert promotion.promotion_id is not None, "whoever makes one names it"
    facts.deals[promotion.promotion_id] = promotion.name
    terms = promotion.terms
    facts.rules[promotion.name] = Rule(terms.basis_points, promotion.funded_by, terms, is_promotion=True)


def _open_store(place: Marketplace, facts: Facts, number: int) -> None:
    web, seller_id = place.webs[0], seller(number)
    owner = Id(seller_actor(seller_id).id)
    email = f"s{number}@example.com"
    setting_up: list[tuple[str, Command]] = [
        ("accounts", RegisterUser(email=email, password="correct horse battery", user_id=owner)),
        ("accounts", OpenStore(store_name=f"Store {number}", seller_id=seller_id, user_id=owner)),
        (
            "shipping",
            SetShippingRate(
                seller_id=seller_id,
                method="standard",
                currency=CURRENCY,
                base_amount=700 + number,
                item_amount=33,
                free_from_amount=30_000,
            ),
        ),
    ]
    for goods in goods_of(number):
        variant = NewVariant(
            sku=f"{number}-{goods.units_each}-{goods.amount}",
            amount=goods.amount,
            currency=CURRENCY,
            variant_id=goods.variant_id,
            stock_unit_id=goods.stock_unit_id,
            units_each=goods.units_each,
            weight_grams=100,
        )
        setting_up += [
            (
                "products",
                CreateProduct(
                    product_id=goods.product_id,
                    seller_id=seller_id,
                    sku=variant.sku,
                    title=f"Thing {variant.sku}",
                    category=CATEGORY_OF[goods.variant_id],
                    variants=(variant,),
                ),
            ),
            ("products", PublishProduct(product_id=goods.product_id)),
        ]
    for label, command in setting_up:
        web.do(label, command, SYSTEM)
    for unit in dict.fromkeys(goods.stock_unit_id for goods in goods_of(number)):
        receipt = ReceiveStock(
            stock_unit_id=unit, quantity=PIECES_AT_FIRST, reference_id="opening", seller_id=seller_id
        )
        web.do("inventory", receipt, SYSTEM)
        facts.received[unit] = facts.received.get(unit, 0) + PIECES_AT_FIRST
