"""Promotions: what is taken off by itself, while its time runs. A rule says on which goods, an effect how much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from argosy.contracts.promotions import CreatePromotion, PromotionCreated, PromotionTerms, SimulatePromotion
from argosy.domains.promotions.domain.buyer import BuyerGroupsMalformed, is_group
from argosy.domains.promotions.domain.coupon import BASIS_POINTS_MAX, PLATFORM, FunderUnknown, NotAnId, PeriodIsEmpty
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import DomainError, Invalid, NotFound, RuleBroken, refuse
from argosy.shared_kernel.ids import Id, child_id, is_id
from argosy.shared_kernel.money import AMOUNT_MAX, exponent

PERCENTAGE, FIXED, BUY_X_GET_Y, TIERED, BUNDLE = "percentage", "fixed", "buy_x_get_y", "tiered", "bundle"
FREE_DELIVERY = "free_delivery"
EFFECTS = (PERCENTAGE, FIXED, BUY_X_GET_Y, TIERED, BUNDLE, FREE_DELIVERY)
WITH_A_SHARE = (PERCENTAGE, BUY_X_GET_Y, BUNDLE)

ITEM_DISCOUNT, STORE_DISCOUNT, STORE_COUPON = "item_discount", "store_discount", "store_coupon"
SELECTED_COUPON, PLATFORM_COUPON, PLATFORM_DISCOUNT = "selected_coupon", "platform_coupon", "platform_discount"
LEVELS = (ITEM_DISCOUNT, STORE_DISCOUNT, STORE_COUPON, SELECTED_COUPON, PLATFORM_COUPON, PLATFORM_DISCOUNT)
"""The order in which discounts are taken off, each from what those before it left."""

NAME_LENGTH_MAX = 100
PRODUCTS_MAX = 200
PIECES_MAX = 999
TIERS_MAX = 20
PRIORITY_MAX = 1_000
UNITS_MAX = 1_000_000_000


class EffectUnknown(Invalid):
    """A promotion is a percentage, fixed, buy_x_get_y, tiered, bundle or free_delivery."""


class TermOutOfRange(Invalid):
    """A term of the promotion is missing, too small, too large, or not one that its effect has."""


class PromotionIdIsTaken(RuleBroken):
    """There is another promotion with this id."""


class NoSuchPromotion(NotFound):
    """There is no such promotion, it has ended, or it is not yours."""


@dataclass(kw_only=True, eq=False)
class Promotion(Aggregate):
    """One promotion that is planned or runs; of one that has ended an EndedPromotion is left. It is found
    by `scope_key`, the narrowest thing that every purchase it could apply to has."""

    name: str
    scope_key: str
    funded_by: str
    terms: PromotionTerms
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    units_reserved: int = 0
    units_sold: int = 0

    @classmethod
    def create(cls, command: CreatePromotion, id: Id, now: datetime) -> Promotion:
        """A promotion whose terms can be read, or everything that is wrong with them at once."""
        faults = [*_wrong(command.name, command.terms, command.funded_by)]
        if command.promotion_id is not None and not is_id(command.promotion_id):
            faults.append(NotAnId(field="promotion_id"))
        starts_at = command.starts_at or now
        has_zones = starts_at.tzinfo is not None and command.ends_at.tzinfo is not None
        if not has_zones or command.ends_at <= max(starts_at, now):
            faults.append(PeriodIsEmpty())
        refuse(faults)
        promotion = cls(
            id=id,
            name=command.name.strip(),
            scope_key=scope_key_of(command.terms, command.funded_by),
            funded_by=command.funded_by,
            terms=command.terms,
            starts_at=starts_at,
            ends_at=command.ends_at,
            created_at=now,
        )
        promotion.record(
            PromotionCreated(
                promotion_id=id,
                name=promotion.name,
                funded_by=promotion.funded_by,
                terms=promotion.terms,
                starts_at=promotion.starts_at,
                ends_at=promotion.ends_at,
            )
        )
        return promotion

    @classmethod
    def tried(cls, command: SimulatePromotion, id: Id, now: datetime) -> Promotion:
        """One that runs at this moment alone, to see what it would do."""
        refuse([*_wrong(command.name, command.terms, command.funded_by)])
        return cls(
            id=id,
            name=command.name.strip(),
            scope_key=scope_key_of(command.terms, command.funded_by),
            funded_by=command.funded_by,
            terms=command.terms,
            starts_at=now,
            ends_at=now,
            created_at=now,
        )

    @property
    def is_limited(self) -> bool:
        """Whether who takes it must hold a use of it, as of a coupon."""
        return self.terms.units_max > 0 or self.buyer_limit > 0

    @property
    def counts_units(self) -> bool:
        return self.terms.units_max > 0 or self.terms.units_per_buyer > 0

    @property
    def buyer_limit(self) -> int:
        """How much of it each buyer has at most, in pieces or purchases; 0: no bound. A first order is had once."""
        terms = self.terms
        return terms.units_per_buyer or terms.max_uses_per_buyer or int(terms.is_first_order)

    def counts_for_buyer(self, units: int) -> int:
        """How much of the buyer's limit a use of so many units takes."""
        return units if self.terms.units_per_buyer else 1

    def units_for(self, had: int) -> int | None:
        """How many units a buyer can have who has `had` some already; None where nobody counts them."""
        if not self.counts_units:
            return None
        bounds = [self.units_left] if self.terms.units_max else []
        if self.terms.units_per_buyer:
            bounds.append(self.terms.units_per_buyer - had)
        return max(0, min(bounds))

    def reason_against(self, units: int, had: int) -> str:
        """Why a buyer who has `had` some cannot hold so many units of it; empty where they can."""
        if self.buyer_limit and had + self.counts_for_buyer(units) > self.buyer_limit:
            return "used_up_by_you"
        return "sold_out" if self.terms.units_max and units > self.units_left else ""

    @property
    def units_left(self) -> int:
        return self.terms.units_max - self.units_reserved - self.units_sold

    @property
    def is_sold_out(self) -> bool:
        return 0 < self.terms.units_max <= self.units_sold

    def can_count(self, held: int, sold: int) -> bool:
        """Whether so many live units are within the limit."""
        return self.terms.units_max == 0 or held + sold <= self.terms.units_max

    def hold_units(self, units: int) -> None:
        assert self.terms.units_max == 0 or units <= self.units_left, "asked before it was allowed"
        self.units_reserved += units

    def sell_units(self, units: int) -> None:
        """Held units are sold for good."""
        assert self.units_reserved >= units, "only held units are sold"
        self.units_reserved -= units
        self.units_sold += units

    def give_back_units(self, units: int, *, was_consumed: bool) -> None:
        if was_consumed:
            assert self.units_sold >= units, "only sold units are given back"
            self.units_sold -= units
        else:
            assert self.units_reserved >= units, "only held units are given back"
            self.units_reserved -= units

    def is_live(self, now: datetime) -> bool:
        return self.starts_at <= now < self.ends_at

    def has_terms_of(self, command: CreatePromotion) -> bool:
        """Whether the command would make this very promotion again."""
        return (self.name, self.funded_by, self.terms, self.ends_at) == (
            command.name.strip(),
            command.funded_by,
            command.terms,
            command.ends_at,
        ) and command.starts_at in (None, self.starts_at)

    @property
    def level(self) -> str:
        if self.funded_by == PLATFORM:
            return PLATFORM_DISCOUNT
        return ITEM_DISCOUNT if self.terms.product_ids and self.terms.effect != BUNDLE else STORE_DISCOUNT


def scope_key_of(terms: PromotionTerms, funded_by: str) -> str:
    """A bundle is looked for by its first product: without that there is no set of it."""
    if terms.product_ids and (len(terms.product_ids) == 1 or terms.effect == BUNDLE):
        return f"product:{terms.product_ids[0]}"
    if funded_by != PLATFORM:
        return f"seller:{funded_by}"
    return f"category:{terms.category}" if terms.category else "all"


def _wrong(name: str, terms: PromotionTerms, funded_by: str) -> Iterator[DomainError]:
    if not 1 <= len(name.strip()) <= NAME_LENGTH_MAX or not name.isprintable():
        yield TermOutOfRange(field="name", maximum=NAME_LENGTH_MAX)
    if funded_by != PLATFORM and not is_id(funded_by):
        yield FunderUnknown()
    if terms.effect not in EFFECTS:
        yield EffectUnknown(known=list(EFFECTS))
        return
    yield from _wrong_scope(terms)
    yield from _wrong_amounts(terms)


def _wrong_scope(terms: PromotionTerms) -> Iterator[DomainError]:
    if len(terms.product_ids) > PRODUCTS_MAX or len(set(terms.product_ids)) != len(terms.product_ids):
        yield TermOutOfRange(field="product_ids", maximum=PRODUCTS_MAX)
    if not all(is_id(id) for id in terms.product_ids):
        yield NotAnId(field="product_ids")
    if len(terms.category) > NAME_LENGTH_MAX or (terms.category and terms.product_ids):
        yield TermOutOfRange(field="category", maximum=NAME_LENGTH_MAX)
    if terms.effect == BUNDLE and len(terms.product_ids) < 2:
        yield TermOutOfRange(field="product_ids", minimum=2)
    if not 0 <= terms.min_quantity <= PIECES_MAX:
        yield TermOutOfRange(field="min_quantity", minimum=0, maximum=PIECES_MAX)
    if terms.buyer_group and not is_group(terms.buyer_group):
        yield BuyerGroupsMalformed(field="buyer_group")
    for name in ("units_max", "units_per_buyer", "max_uses_per_buyer"):
        if not 0 <= getattr(terms, name) <= UNITS_MAX:
            yield TermOutOfRange(field=name, minimum=0, maximum=UNITS_MAX)
    if terms.max_uses_per_buyer and (terms.units_per_buyer or terms.is_first_order):
        yield TermOutOfRange(field="max_uses_per_buyer", maximum=0)
    if terms.effect == FREE_DELIVERY and terms.is_exclusive:
        yield TermOutOfRange(field="is_exclusive")
    if not -PRIORITY_MAX <= terms.priority <= PRIORITY_MAX:
        yield TermOutOfRange(field="priority", minimum=-PRIORITY_MAX, maximum=PRIORITY_MAX)


def _wrong_amounts(terms: PromotionTerms) -> Iterator[DomainError]:
    if terms.currency:
        exponent(terms.currency)
    elif terms.effect in (FIXED, TIERED) or terms.min_amount or terms.cap_amount:
        yield TermOutOfRange(field="currency")
    for name in ("min_amount", "cap_amount"):
        if not 0 <= getattr(terms, name) <= AMOUNT_MAX:
            yield TermOutOfRange(field=name, minimum=0, maximum=AMOUNT_MAX)
    has_amount, has_share = terms.effect == FIXED, terms.effect in WITH_A_SHARE
    if not (1 <= terms.amount <= AMOUNT_MAX if has_amount else terms.amount == 0):
        yield TermOutOfRange(field="amount", minimum=int(has_amount), maximum=AMOUNT_MAX if has_amount else 0)
    if not (1 <= terms.basis_points <= BASIS_POINTS_MAX if has_share else terms.basis_points == 0):
        yield TermOutOfRange(field="basis_points", minimum=int(has_share), maximum=BASIS_POINTS_MAX * has_share)
    counts = terms.effect == BUY_X_GET_Y
    for name in ("buy", "get"):
        if not (1 <= getattr(terms, name) <= PIECES_MAX if counts else getattr(terms, name) == 0):
            yield TermOutOfRange(field=name, minimum=int(counts), maximum=PIECES_MAX * counts)
    steps = [tier.from_amount for tier in terms.tiers]
    is_tiered = terms.effect == TIERED
    if (
        not (1 <= len(steps) <= TIERS_MAX if is_tiered else not steps)
        or steps != sorted(set(steps))
        or any(not 0 <= tier.from_amount <= AMOUNT_MAX for tier in terms.tiers)
        or any(not 1 <= tier.basis_points <= BASIS_POINTS_MAX for tier in terms.tiers)
    ):
        yield TermOutOfRange(field="tiers", minimum=int(is_tiered), maximum=TIERS_MAX * is_tiered)


@dataclass(kw_only=True, eq=False)
class EndedPromotion(Aggregate):
    """What a promotion was when it ended, for whoever paid for it: nothing counts with it, and nothing changes it.
    `ends_at` is when it was to end, `units_sold` how many were had by then."""

    promotion_id: Id
    name: str
    funded_by: str
    terms: PromotionTerms
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    ended_at: datetime
    units_sold: int

    @classmethod
    def of(cls, promotion: Promotion, now: datetime) -> EndedPromotion:
        """A promotion that is made anew under its id and ends again is another one."""
        return cls(
            id=child_id(promotion.id, "ended", now.isoformat()),
            promotion_id=promotion.id,
            name=promotion.name,
            funded_by=promotion.funded_by,
            terms=promotion.terms,
            starts_at=promotion.starts_at,
            ends_at=promotion.ends_at,
            created_at=promotion.created_at,
            ended_at=now,
            units_sold=promotion.units_sold,
        )
