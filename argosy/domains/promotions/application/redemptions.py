"""Uses of coupons in checkouts: held while the buyer pays, then consumed or given back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from argosy.contracts.promotions import (
    ConsumeCoupons,
    CouponsConsumed,
    CouponsReleased,
    CouponsReserved,
    Discount,
    DiscountsQuoted,
    ExpireCouponUses,
    QuoteDiscounts,
    ReleaseCoupons,
    ReserveCoupons,
)
from argosy.domains.promotions.application.coupons import of_code
from argosy.domains.promotions.application.promotions import live, scopes_of
from argosy.domains.promotions.domain.coupon import CODE_LENGTH_MAX, Coupon, UsagePolicy, is_code, normal
from argosy.domains.promotions.domain.discount import STACKING, Evaluation, applies_to, check
from argosy.domains.promotions.domain.evaluation import evaluate
from argosy.domains.promotions.domain.promotion import Promotion
from argosy.domains.promotions.domain.redemption import (
    CONSUMED,
    RELEASED,
    RESERVED,
    BuyerUse,
    CouponsWereReleased,
    OtherCouponsAreHeld,
    Redemption,
    buyer_use_id,
)
from argosy.engine.reads import by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.errors import RuleBroken
from argosy.shared_kernel.ids import Id

EXPIRY_SLACK_SECONDS = 60
"""A use is given back this long after its time: its checkout, whose time ends earlier, ends first."""

EXPIRED_AT_ONCE_MAX = 500


class CouponsNotValid(RuleBroken):
    """These codes do not count; nothing is held."""


class PriceChanged(RuleBroken):
    """What the quote took off does not hold any more; nothing is held."""


class TooManyCodes(RuleBroken):
    """Only so many coupons can be used at once."""


class ExpiredUse(NamedTuple):
    """A held use whose time has passed, and what giving it back will touch."""

    redemption_id: Id
    coupon_id: Id
    user_id: Id
    has_buyer_limit: bool


class Decided(NamedTuple):
    """What is taken off, and which coupons are used for it."""

    discounts: list[Discount]
    uses: list[tuple[Coupon, Redemption]]


ExpiredUses = Callable[[datetime, int], Sequence[ExpiredUse]]
"""Port: at most so many uses that are held past a time, earliest first."""


class Redemptions:
    """Who uses which coupon, and what it takes off. Live uses never exceed a coupon's limits."""

    def __init__(
        self,
        work: UnitOfWork,
        coupons: Repository[Coupon],
        uses: Repository[Redemption],
        buyer_uses: Repository[BuyerUse],
        promotions: Repository[Promotion],
        expired: ExpiredUses,
    ) -> None:
        self.work = work
        self.coupons = coupons
        self.uses = uses
        self.buyer_uses = buyer_uses
        self.promotions = promotions
        self.expired = expired
        self._overdue: Sequence[ExpiredUse] | None = None

    @reads(
        coupons=lambda command: [want for code in command.codes for want in of_code(code)],
        uses=lambda command: [by("flow_id", command.flow_id)] if command.codes else [],
        promotions=lambda command: scopes_of(command.lines) if command.lines else [],
    )
    @then_reads(buyer_uses=lambda self, command: self._limited(command))
    def reserve_coupons(self, command: ReserveCoupons) -> None:
        """Every code counts and one use of each is held, or none. A repeat gets the same discounts."""
        if command.quoted:
            self._hold_quoted(command)
            discounts = []
        else:
            discounts = self._decide(command)
        self.work.announce(CouponsReserved(flow_id=command.flow_id, discounts=tuple(discounts)))

    @reads(
        coupons=lambda command: [want for code in command.codes for want in of_code(code)],
        promotions=lambda command: scopes_of(command.lines),
    )
    @then_reads(buyer_uses=lambda self, command: self._limited(command))
    def quote_discounts(self, command: QuoteDiscounts) -> None:
        """What every code would take off now. Nothing is held: the uses are named, to be held by who takes it over."""
        check(command)
        decided = self._decided(command, self._codes(command), self.work.now)
        self.work.announce(
            DiscountsQuoted(
                flow_id=command.flow_id,
                discounts=tuple(decided.discounts),
                uses=tuple([use.as_quoted() for _, use in decided.uses]),
            )
        )

    @reads(uses=lambda command: [by("flow_id", command.flow_id)])
    @then_reads(coupons=lambda self, command: self._coupons_used(command))
    def consume_coupons(self, command: ConsumeCoupons) -> None:
        """The held uses count for good, once. Where none was held there is nothing to do."""
        uses = self.uses.all_by("flow_id", command.flow_id)
        if not all(use.is_live for use in uses):
            raise CouponsWereReleased(flow_id=command.flow_id)
        for use in uses:
            if use.status == RESERVED:
                use.consume(command.purchase_id, command.order_id, self.work.now)
                assert use.coupon_id is not None
                assert use.user_id is not None
                self.coupons.get(use.coupon_id).consume_use(use.user_id, command.purchase_id)
        self.work.announce(CouponsConsumed(flow_id=command.flow_id))

    @reads(uses=lambda command: [by("flow_id", command.flow_id)])
    @then_reads(
        coupons=lambda self, command: self._coupons_used(command),
        buyer_uses=lambda self, command: [
            use.buyer_use_id for use in self.uses.all_by("flow_id", command.flow_id) if use.has_buyer_limit
        ],
    )
    def release_coupons(self, command: ReleaseCoupons) -> None:
        """Nothing is used by this checkout any more, also if it is only asked for later."""
        uses = self.uses.all_by("flow_id", command.flow_id)
        if not uses:
            self.uses.add(Redemption.released_before(command.flow_id, self.work.now))
        for use in uses:
            self._give_back(use)
        self.work.announce(CouponsReleased(flow_id=command.flow_id))

    @then_reads(
        uses=lambda self, command: [use.redemption_id for use in self._overdue_now()],
        coupons=lambda self, command: [use.coupon_id for use in self._overdue_now()],
        buyer_uses=lambda self, command: [
            buyer_use_id(use.coupon_id, use.user_id) for use in self._overdue_now() if use.has_buyer_limit
        ],
    )
    def expire_coupon_uses(self, command: ExpireCouponUses) -> None:
        """Uses whose time has passed are given back; one that was consumed meanwhile stays consumed."""
        last = self.work.now - timedelta(seconds=EXPIRY_SLACK_SECONDS)
        for overdue in self._overdue_now():
            use = self.uses.find(overdue.redemption_id)
            if use is not None and use.status == RESERVED and use.expires_at <= last:
                self._give_back(use)

    def _decide(self, command: ReserveCoupons) -> list[Discount]:
        check(command)
        codes = self._codes(command)
        held = self.uses.all_by("flow_id", command.flow_id) if codes else []
        if held:
            return self._repeat(command, codes, held)
        decided = self._decided(command, codes, command.expires_at)
        for coupon, use in decided.uses:
            self._hold(coupon, use, command.currency)
        return decided.discounts

    def _evaluated(self, command: ReserveCoupons | QuoteDiscounts, uses: Sequence[Redemption]) -> Evaluation:
        running = live(self.promotions, command.lines, self.work.now)
        return evaluate(command.lines, command.currency, running, uses)

    def _hold_quoted(self, command: ReserveCoupons) -> None:
        """Every use that the quote counted with is held under the terms that it counted under, or none."""
        held = self.uses.all_by("flow_id", command.flow_id)
        if held:
            if not all(use.is_live for use in held):
                raise CouponsWereReleased(flow_id=command.flow_id)
            if {(use.coupon_id, use.discount_amount) for use in held} != {
                (q.rule_id, q.amount) for q in command.quoted
            }:
                raise OtherCouponsAreHeld(flow_id=command.flow_id)
            return
        faults, uses = [], []
        for quoted in command.quoted:
            coupon = self._coupon(normal(quoted.code))
            reason = self._reason_against(coupon, command)
            if not reason and coupon is not None:
                use = Redemption.hold(coupon, command.flow_id, command.buyer_id, command.expires_at)
                use.discount_amount = quoted.amount
                reason = "" if use.as_quoted() == quoted else "terms_changed"
                uses.append((coupon, use))
            if reason:
                faults.append({"code": quoted.code[:CODE_LENGTH_MAX], "reason": reason})
        if faults:
            raise PriceChanged(codes=faults)
        for coupon, use in uses:
            self._hold(coupon, use, command.currency)

    def _hold(self, coupon: Coupon, use: Redemption, currency: str) -> None:
        use.currency = currency
        coupon.hold_use()
        if use.has_buyer_limit:
            self._buyer_use(use).hold_use()
        self.uses.add(use)

    @staticmethod
    def _codes(command: ReserveCoupons | QuoteDiscounts) -> list[str]:
        if len(command.codes) > STACKING.coupons_max:
            raise TooManyCodes(asked=len(command.codes), maximum=STACKING.coupons_max)
        return [normal(code) for code in command.codes]

    def _repeat(self, command: ReserveCoupons, codes: Sequence[str], held: Sequence[Redemption]) -> list[Discount]:
        """The same answer by the terms that were held, whatever has become of the coupons since."""
        if not all(use.is_live for use in held):
            raise CouponsWereReleased(flow_id=command.flow_id)
        by_code = {use.code: use for use in held}
        if sorted(codes) != sorted(by_code) or any(use.user_id != command.buyer_id for use in held):
            raise OtherCouponsAreHeld(flow_id=command.flow_id)
        held_amounts = {use.code: use.discount_amount for use in held}
        discounts = self._evaluated(command, [by_code[code] for code in codes]).discounts
        if any(use.discount_amount != held_amounts[use.code] for use in held):
            raise OtherCouponsAreHeld(flow_id=command.flow_id)
        return discounts

    def _decided(self, command: ReserveCoupons | QuoteDiscounts, codes: Sequence[str], expires_at: datetime) -> Decided:
        """What these codes take off, or every code that does not count and why."""
        used: list[tuple[Coupon, Redemption]] = []
        faults: list[dict[str, Any]] = []
        for index, code in enumerate(codes):
            coupon = self._coupon(code)
            reason = "duplicate" if code in codes[:index] else self._reason_against(coupon, command)
            if reason:
                faults.append({"code": command.codes[index][:CODE_LENGTH_MAX], "reason": reason})
            elif coupon is not None:
                used.append((coupon, Redemption.hold(coupon, command.flow_id, command.buyer_id, expires_at)))
        found = self._evaluated(command, [use for _, use in used])
        faults += [
            {"code": use.code, "reason": "below_minimum", "minimum": use.terms.min_amount} for use in found.short
        ]
        if faults:
            raise CouponsNotValid(codes=faults)
        return Decided(found.discounts, used)

    def _coupon(self, code: str) -> Coupon | None:
        return self.coupons.find_by("code", code) if is_code(code) else None

    def _reason_against(self, coupon: Coupon | None, command: ReserveCoupons | QuoteDiscounts) -> str:
        if coupon is None:
            return "unknown_coupon"
        reason = coupon.reason_against(self.work.now, command.currency)
        if not reason and coupon.has_buyer_limit:
            known = self.buyer_uses.find(buyer_use_id(coupon.id, command.buyer_id))
            if not UsagePolicy(coupon.max_uses_per_buyer).allows_one_more(known.uses if known else 0):
                reason = "used_up_by_you"
        # A quote has no lines any more: what it is for was decided with it.
        if not reason and command.lines and not any(applies_to(coupon.funded_by, line) for line in command.lines):
            reason = "not_for_these_goods"
        return reason

    def _give_back(self, use: Redemption) -> None:
        if not use.is_live or use.coupon_id is None:
            return
        self.coupons.get(use.coupon_id).give_back_use(was_consumed=use.status == CONSUMED)
        if use.has_buyer_limit:
            self.buyer_uses.get(use.buyer_use_id).give_back_use()
        use.move_to(RELEASED)

    def _buyer_use(self, use: Redemption) -> BuyerUse:
        """The count of a buyer's uses, which comes to be with the first."""
        found = self.buyer_uses.find(use.buyer_use_id)
        if found is None:
            assert use.coupon_id is not None
            assert use.user_id is not None
            found = BuyerUse(id=use.buyer_use_id, coupon_id=use.coupon_id, user_id=use.user_id)
            self.buyer_uses.add(found)
        return found

    # What is declared to be read.

    def _limited(self, command: ReserveCoupons | QuoteDiscounts) -> list[Id]:
        """Counts of this buyer's uses, for the coupons that limit them."""
        coupons = [self._coupon(normal(code)) for code in command.codes]
        return [
            buyer_use_id(coupon.id, command.buyer_id)
            for coupon in coupons
            if coupon is not None and coupon.has_buyer_limit
        ]

    def _coupons_used(self, command: ConsumeCoupons | ReleaseCoupons) -> list[Id]:
        return [use.coupon_id for use in self.uses.all_by("flow_id", command.flow_id) if use.coupon_id is not None]

    def _overdue_now(self) -> Sequence[ExpiredUse]:
        """Looked up once per unit of work."""
        if self._overdue is None:
            last = self.work.now - timedelta(seconds=EXPIRY_SLACK_SECONDS)
            self._overdue = self.expired(last, EXPIRED_AT_ONCE_MAX)
        return self._overdue
