"""Coupons: codes that take a percentage or a fixed amount off goods, and how often they may be used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from argosy.contracts.promotions import (
    NO_TERMS,
    CouponConsumed,
    CouponCreated,
    CouponDisabled,
    CouponTerms,
    CreateCoupon,
    GenerateCoupons,
)
from argosy.domains.promotions.domain.buyer import BuyerGroupsMalformed, is_group
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import DomainError, Invalid, NotFound, RuleBroken, refuse
from argosy.shared_kernel.ids import Id, is_id, named_id
from argosy.shared_kernel.money import AMOUNT_MAX, exponent

ACTIVE, DISABLED = "ACTIVE", "DISABLED"
PERCENTAGE, FIXED, FREE_DELIVERY = "PERCENTAGE", "FIXED", "FREE_DELIVERY"
PLATFORM = "platform"
"""Who pays for a coupon that no seller pays for."""

BASIS_POINTS_MAX = 10_000
USES_MAX = 1_000_000_000
CODE_LENGTH_MAX = 40
SELECTED_MAX = 200
CATEGORY_LENGTH_MAX = 100

_CODE = re.compile(r"[A-Z0-9._-]{1,40}")


class NotACode(Invalid):
    """A coupon code is 1 to 40 letters, digits, dots, dashes or underscores."""


class PercentageOutOfRange(Invalid):
    """A coupon takes off 1 to 10,000 ten-thousandths."""


class AmountOutOfRange(Invalid):
    """A coupon takes a share, a fixed amount or the delivery; amounts need a currency, and are never negative."""


class ScopeOutOfRange(Invalid):
    """A coupon selects at most 200 products and at most 200 sellers by their ids, each once, or a category."""


class UsesOutOfRange(Invalid):
    """Uses are bounded by a number from 1 to 1,000,000,000, or by 0 for no bound."""


class PeriodIsEmpty(Invalid):
    """A coupon is valid from one instant, with its time zone, to a later one."""


class FunderUnknown(Invalid):
    """A coupon is paid for by the platform or by a seller, named by id."""


class NotAnId(Invalid):
    """An id is a lower-case UUID."""


class CodeIsTaken(RuleBroken):
    """There is another coupon with this code, or with this id."""


class NoSuchCoupon(NotFound):
    """There is no such coupon, or it is not yours."""


@dataclass(frozen=True, slots=True)
class UsagePolicy:
    """Limits count live uses: held ones and consumed ones. A limit of 0 is none."""

    limit: int

    def allows_one_more(self, live_uses: int) -> bool:
        return self.limit == 0 or live_uses < self.limit


@dataclass(kw_only=True, eq=False)
class Coupon(Aggregate):
    """One code, its terms, and how many uses are held and consumed. Flat, since everybody uses the same one."""

    code: str
    type: str = PERCENTAGE
    basis_points: int
    max_uses: int
    max_uses_per_buyer: int
    funded_by: str
    status: str = ACTIVE
    valid_from: datetime
    valid_to: datetime | None
    uses_reserved: int = 0
    uses_consumed: int = 0
    created_at: datetime
    terms: CouponTerms = NO_TERMS
    campaign_id: Id | None = None

    @classmethod
    def create(cls, command: CreateCoupon, now: datetime) -> Coupon:
        """A coupon with terms that can be read, or everything that is wrong with them at once."""
        check(command)
        code, terms = normal(command.code), command.terms or NO_TERMS
        coupon = cls(
            id=command.coupon_id or named_id("coupon", code),
            code=code,
            type=type_of(terms),
            basis_points=command.basis_points,
            max_uses=command.max_uses,
            max_uses_per_buyer=_buyer_limit(command),
            funded_by=command.funded_by,
            valid_from=command.valid_from or now,
            valid_to=command.valid_to,
            created_at=now,
            terms=terms,
        )
        if coupon.valid_to is not None and coupon.valid_to <= coupon.valid_from:
            raise PeriodIsEmpty()
        coupon.record(
            CouponCreated(
                coupon_id=coupon.id,
                code=code,
                basis_points=coupon.basis_points,
                max_uses=coupon.max_uses,
                valid_from=coupon.valid_from,
                valid_to=coupon.valid_to,
                terms=command.terms,
            )
        )
        return coupon

    @property
    def live_uses(self) -> int:
        return self.uses_reserved + self.uses_consumed

    @property
    def has_buyer_limit(self) -> bool:
        return self.max_uses_per_buyer > 0

    def has_terms_of(self, command: CreateCoupon) -> bool:
        """Whether the command would make this very coupon again."""
        return (
            self.code == normal(command.code)
            and command.coupon_id in (None, self.id)
            and (self.basis_points, self.max_uses, self.max_uses_per_buyer, self.funded_by, self.valid_to)
            == (command.basis_points, command.max_uses, _buyer_limit(command), command.funded_by, command.valid_to)
            and command.valid_from in (None, self.valid_from)
            and (command.terms or NO_TERMS) == self.terms
        )

    def reason_against(self, now: datetime, currency: str) -> str:
        """Why nobody may use it now for a purchase in this currency; empty where somebody may."""
        if self.status != ACTIVE:
            return "disabled"
        if now < self.valid_from:
            return "not_yet_valid"
        if self.valid_to is not None and now >= self.valid_to:
            return "expired"
        if not UsagePolicy(self.max_uses).allows_one_more(self.live_uses):
            return "used_up"
        if self.terms.currency not in ("", currency):
            return "other_currency"
        return ""

    def hold_use(self) -> None:
        assert UsagePolicy(self.max_uses).allows_one_more(self.live_uses), "asked before it was allowed"
        self.uses_reserved += 1

    def consume_use(self, buyer_id: Id, purchase_id: Id) -> None:
        """A held use counts for good."""
        assert self.uses_reserved > 0, "only a held use is consumed"
        self.uses_reserved -= 1
        self.uses_consumed += 1
        self.record(CouponConsumed(coupon_id=self.id, code=self.code, buyer_id=buyer_id, purchase_id=purchase_id))

    def give_back_use(self, *, was_consumed: bool) -> None:
        """One live use fewer."""
        if was_consumed:
            assert self.uses_consumed > 0, "only a consumed use is given back"
            self.uses_consumed -= 1
        else:
            assert self.uses_reserved > 0, "only a held use is given back"
            self.uses_reserved -= 1

    def can_count(self, held: int, used: int) -> bool:
        """Whether so many live uses are within the limit."""
        return self.max_uses == 0 or held + used <= self.max_uses

    def disable(self) -> None:
        """Nobody starts to use it any more; uses that are held stay good. Told once."""
        if self.status != DISABLED:
            self.status = DISABLED
            self.record(CouponDisabled(coupon_id=self.id))


def type_of(terms: CouponTerms) -> str:
    if terms.is_free_delivery:
        return FREE_DELIVERY
    return FIXED if terms.amount else PERCENTAGE


def _buyer_limit(command: CreateCoupon) -> int:
    """A first order is had once."""
    return 1 if (command.terms or NO_TERMS).is_first_order else command.max_uses_per_buyer


def normal(code: str) -> str:
    """A code in its one spelling: capitals, no blanks around it."""
    return code.strip().upper()


def is_code(code: str) -> bool:
    """Whether a normal code could be a coupon's: anything else is not even looked for."""
    return _CODE.fullmatch(code) is not None


def check(command: CreateCoupon) -> None:
    """Every fault of the terms at once."""
    faults: list[DomainError] = []
    if not is_code(normal(command.code)):
        faults.append(NotACode(field="code"))
    faults += [
        UsesOutOfRange(field=name, maximum=USES_MAX)
        for name in ("max_uses", "max_uses_per_buyer")
        if not 0 <= getattr(command, name) <= USES_MAX
    ]
    if command.coupon_id is not None and not is_id(command.coupon_id):
        faults.append(NotAnId(field="coupon_id"))
    refuse([*faults, *wrong_terms(command)])


def wrong_terms(command: CreateCoupon | GenerateCoupons) -> Iterator[DomainError]:
    """Faults of what one coupon or many take off, who pays for it, and when."""
    terms = command.terms or NO_TERMS
    if type_of(terms) == PERCENTAGE and not 1 <= command.basis_points <= BASIS_POINTS_MAX:
        yield PercentageOutOfRange(asked=command.basis_points, maximum=BASIS_POINTS_MAX)
    yield from _wrong_scope_and_amounts(command.basis_points, terms)
    if command.funded_by != PLATFORM and not is_id(command.funded_by):
        yield FunderUnknown()
    if any(time is not None and time.tzinfo is None for time in (command.valid_from, command.valid_to)):
        yield PeriodIsEmpty()


def _wrong_scope_and_amounts(basis_points: int, terms: CouponTerms) -> Iterator[DomainError]:
    if terms.currency:
        exponent(terms.currency)
    elif terms.amount or terms.min_amount or terms.cap_amount:
        yield AmountOutOfRange(field="currency")
    if terms.amount and basis_points:
        yield AmountOutOfRange(field="amount", fault="both_a_share_and_an_amount")
    if terms.is_free_delivery and (terms.amount or basis_points):
        yield AmountOutOfRange(field="is_free_delivery", fault="takes_the_delivery_alone")
    for name in ("product_ids", "seller_ids"):
        ids = getattr(terms, name)
        if len(ids) > SELECTED_MAX or len(set(ids)) != len(ids) or not all(map(is_id, ids)):
            yield ScopeOutOfRange(field=name, maximum=SELECTED_MAX)
    if len(terms.category) > CATEGORY_LENGTH_MAX or not terms.category.isprintable():
        yield ScopeOutOfRange(field="category", maximum=CATEGORY_LENGTH_MAX)
    if terms.buyer_group and not is_group(terms.buyer_group):
        yield BuyerGroupsMalformed(field="buyer_group")
    if terms.amount and terms.cap_amount:
        yield AmountOutOfRange(field="cap_amount", fault="bounds_a_share_alone")
    for name in ("amount", "min_amount", "cap_amount"):
        if not 0 <= getattr(terms, name) <= AMOUNT_MAX:
            yield AmountOutOfRange(field=name, minimum=0, maximum=AMOUNT_MAX)
