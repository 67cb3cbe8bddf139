"""Uses of coupons and limited promotions in checkouts: held while the buyer pays, then consumed or given back."""

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
    QuotedUse,
    ReleaseCoupons,
    ReserveCoupons,
)
from argosy.domains.promotions.application.books import FIRST_ORDER_TAKEN, Books
from argosy.domains.promotions.application.coupons import of_code
from argosy.domains.promotions.application.loads import Loads
from argosy.domains.promotions.application.promotions import live, scopes_of
from argosy.domains.promotions.domain.coupon import CODE_LENGTH_MAX, normal
from argosy.domains.promotions.domain.discount import STACKING, check
from argosy.domains.promotions.domain.evaluation import evaluate
from argosy.domains.promotions.domain.redemption import (
    RESERVED,
    CouponsWereReleased,
    OtherCouponsAreHeld,
    Redemption,
    buyer_use_id,
)
from argosy.engine.reads import by, reads, then_reads
from argosy.engine.work import UnitOfWork
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
    """What is taken off, and which uses must be held for it."""

    discounts: list[Discount]
    uses: list[Redemption]


ExpiredUses = Callable[[datetime, int], Sequence[ExpiredUse]]
"""Port: at most so many uses that are held past a time, earliest first."""


class Redemptions:
    """Who uses which coupon or limited promotion, and what it takes off. Live uses never exceed a limit."""

    def __init__(self, work: UnitOfWork, books: Books, expired: ExpiredUses) -> None:
        self.work = work
        self.books = books
        self.loads = Loads(books)
        self.coupons = books.coupons
        self.campaigns = books.campaigns
        self.uses = books.uses
        self.buyer_uses = books.buyer_uses
        self.promotions = books.promotions
        self.buyers = books.buyers
        self.expired = expired
        self._overdue: Sequence[ExpiredUse] | None = None

    @reads(
        coupons=lambda command: [want for code in command.codes for want in of_code(code)],
        uses=lambda command: [by("flow_id", command.flow_id)] if command.codes or command.quoted else [],
        promotions=lambda command: (
            scopes_of(command.lines)
            if command.lines
            else [quoted.rule_id for quoted in command.quoted if not quoted.code]
        ),
    )
    @then_reads(
        campaigns=lambda self, command: self.loads.campaigns_of(command),
        buyer_uses=lambda self, command: self.loads.limited(command),
        buyers=lambda self, command: self.loads.asked_about(command),
        uses=lambda self, command: [by("flow_id", command.flow_id)] if self.loads.draws_units(command) else [],
    )
    def reserve_coupons(self, command: ReserveCoupons) -> None:
        """Every code counts and one use of each is held, or none. A repeat gets the same discounts."""
        if command.quoted:
            self._hold_quoted(command)
            decided = Decided([], [])
        else:
            decided = self._decide(command)
        self.work.announce(
            CouponsReserved(
                flow_id=command.flow_id,
                discounts=tuple(decided.discounts),
                holds_uses=bool(command.quoted or decided.uses),
            )
        )

    @reads(
        coupons=lambda command: [want for code in command.codes for want in of_code(code)],
        promotions=lambda command: scopes_of(command.lines),
    )
    @then_reads(
        campaigns=lambda self, command: self.loads.campaigns_of(command),
        buyer_uses=lambda self, command: self.loads.limited(command),
        buyers=lambda self, command: self.loads.asked_about(command),
    )
    def quote_discounts(self, command: QuoteDiscounts) -> None:
        """What every code would take off now. Nothing is held: the uses are named, to be held by who takes it over."""
        check(command)
        decided = self._decided(command, self._codes(command), self.work.now)
        self.work.announce(
            DiscountsQuoted(
                flow_id=command.flow_id,
                discounts=tuple(decided.discounts),
                uses=tuple([use.as_quoted() for use in decided.uses]),
            )
        )

    @reads(uses=lambda command: [by("flow_id", command.flow_id)])
    @then_reads(
        coupons=lambda self, command: self.loads.rules_used(command.flow_id, of_promotions=False),
        promotions=lambda self, command: self.loads.rules_used(command.flow_id, of_promotions=True),
    )
    def consume_coupons(self, command: ConsumeCoupons) -> None:
        """The held uses count for good, once. Where none was held there is nothing to do."""
        uses = self.uses.all_by("flow_id", command.flow_id)
        if not all(use.is_live for use in uses):
            raise CouponsWereReleased(flow_id=command.flow_id)
        for use in uses:
            if use.status == RESERVED:
                use.consume(command.purchase_id, command.order_id, self.work.now)
                self.books.consume(use, command.purchase_id)
        self.work.announce(CouponsConsumed(flow_id=command.flow_id))

    @reads(uses=lambda command: [by("flow_id", command.flow_id)])
    @then_reads(
        coupons=lambda self, command: self.loads.rules_used(command.flow_id, of_promotions=False),
        promotions=lambda self, command: self.loads.rules_used(command.flow_id, of_promotions=True),
        buyer_uses=lambda self, command: [
            use.buyer_use_id for use in self.uses.all_by("flow_id", command.flow_id) if use.has_buyer_limit
        ],
        buyers=lambda self, command: self.loads.first_orders(command.flow_id),
    )
    def release_coupons(self, command: ReleaseCoupons) -> None:
        """Nothing is used by this checkout any more, also if it is only asked for later."""
        uses = self.uses.all_by("flow_id", command.flow_id)
        if not uses:
            self.uses.add(Redemption.released_before(command.flow_id, self.work.now))
        for use in uses:
            self.books.give_back(use)
        self.work.announce(CouponsReleased(flow_id=command.flow_id))

    @then_reads(
        uses=lambda self, command: [use.redemption_id for use in self._overdue_now()],
        coupons=lambda self, command: [use.coupon_id for use in self._overdue_now()],
        promotions=lambda self, command: [use.coupon_id for use in self._overdue_now()],
        buyer_uses=lambda self, command: [
            buyer_use_id(use.coupon_id, use.user_id) for use in self._overdue_now() if use.has_buyer_limit
        ],
        buyers=lambda self, command: [use.user_id for use in self._overdue_now() if use.has_buyer_limit],
    )
    def expire_coupon_uses(self, command: ExpireCouponUses) -> None:
        """Uses whose time has passed are given back; one that was consumed meanwhile stays consumed."""
        last = self.work.now - timedelta(seconds=EXPIRY_SLACK_SECONDS)
        for overdue in self._overdue_now():
            use = self.uses.find(overdue.redemption_id)
            if use is not None and use.status == RESERVED and use.expires_at <= last:
                self.books.give_back(use)

    def _decide(self, command: ReserveCoupons) -> Decided:
        check(command)
        codes = self._codes(command)
        held = self.uses.all_by("flow_id", command.flow_id) if codes or self.loads.draws_units(command) else []
        if held:
            return self._repeat(command, codes, held)
        decided = self._decided(command, codes, command.expires_at)
        for use in decided.uses:
            self.books.hold(use, command.currency)
        return decided

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
            use, reason = self._as_quoted(command, quoted)
            if use is not None and not reason:
                use.discount_amount = quoted.amount
                reason = "" if use.as_quoted() == quoted else "terms_changed"
                uses.append(use)
            if reason:
                named = {"code": quoted.code[:CODE_LENGTH_MAX]} if quoted.code else {"rule_id": quoted.rule_id}
                faults.append({**named, "reason": reason})
        if faults:
            raise PriceChanged(codes=faults)
        for use in uses:
            self.books.hold(use, command.currency)

    def _as_quoted(self, command: ReserveCoupons, quoted: QuotedUse) -> tuple[Redemption | None, str]:
        """The use that a quote names, or why there is none any more."""
        if quoted.code:
            coupon = self.books.coupon(normal(quoted.code))
            reason = self.books.reason_against(coupon, command)
            if reason or coupon is None:
                return None, reason
            return Redemption.hold(coupon, command.flow_id, command.buyer_id, command.expires_at), ""
        promotion = self.promotions.find(quoted.rule_id)
        if promotion is None:
            return None, "ended"
        reason = promotion.reason_against(quoted.quantity, self.books.had(promotion, command.buyer_id))
        if not reason and self.books.is_first_order_taken(promotion.terms, command):
            reason = FIRST_ORDER_TAKEN
        if reason:
            return None, reason
        use = Redemption.draw(promotion, command.flow_id, command.buyer_id, command.expires_at, quoted.quantity)
        return use, ""

    @staticmethod
    def _codes(command: ReserveCoupons | QuoteDiscounts) -> list[str]:
        if len(command.codes) > STACKING.coupons_max:
            raise TooManyCodes(asked=len(command.codes), maximum=STACKING.coupons_max)
        return [normal(code) for code in command.codes]

    def _repeat(self, command: ReserveCoupons, codes: Sequence[str], held: Sequence[Redemption]) -> Decided:
        """The same answer by the terms that were held, whatever has become of the rules since."""
        if not all(use.is_live for use in held):
            raise CouponsWereReleased(flow_id=command.flow_id)
        by_code = {use.code: use for use in held if not use.is_of_promotion}
        if sorted(codes) != sorted(by_code) or any(use.user_id != command.buyer_id for use in held):
            raise OtherCouponsAreHeld(flow_id=command.flow_id)
        held_amounts = {use.code: use.discount_amount for use in by_code.values()}
        drawn = {use.coupon_id: use.quantity for use in held if use.is_of_promotion and use.coupon_id is not None}
        running = [
            promotion
            for promotion in live(self.promotions, command.lines, self.work.now)
            if (promotion.id in drawn if promotion.is_limited else self.books.counts_for(promotion, command))
        ]
        found = evaluate(command.lines, command.currency, running, [by_code[code] for code in codes], drawn)
        if any(use.discount_amount != held_amounts[use.code] for use in by_code.values()):
            raise OtherCouponsAreHeld(flow_id=command.flow_id)
        return Decided(found.discounts, list(held))

    def _decided(self, command: ReserveCoupons | QuoteDiscounts, codes: Sequence[str], expires_at: datetime) -> Decided:
        """What these codes and all that runs take off, or every code that does not count and why."""
        uses: list[Redemption] = []
        faults: list[dict[str, Any]] = []
        for index, code in enumerate(codes):
            coupon = self.books.coupon(code)
            reason = "duplicate" if code in codes[:index] else self.books.reason_against(coupon, command)
            if reason:
                faults.append({"code": command.codes[index][:CODE_LENGTH_MAX], "reason": reason})
            elif coupon is not None:
                uses.append(Redemption.hold(coupon, command.flow_id, command.buyer_id, expires_at))
        running = {
            one.id: one
            for one in live(self.promotions, command.lines, self.work.now)
            if self.books.counts_for(one, command)
        }
        units = {id: self.books.units_for(one, command.buyer_id) for id, one in running.items() if one.counts_units}
        found = evaluate(command.lines, command.currency, running.values(), uses, units)
        faults += [
            {"code": use.code, "reason": "below_minimum", "minimum": use.terms.min_amount} for use in found.short
        ]
        faults += [{"code": use.code, "reason": "delivery_is_free"} for use in found.idle]
        if faults:
            raise CouponsNotValid(codes=faults)
        for id, quantity in found.drawn.items():
            use = Redemption.draw(running[id], command.flow_id, command.buyer_id, expires_at, quantity)
            use.discount_amount = sum(one.amount for one in found.discounts if one.coupon_id == id)
            uses.append(use)
        return Decided(found.discounts, uses)

    def _overdue_now(self) -> Sequence[ExpiredUse]:
        """Looked up once per unit of work."""
        if self._overdue is None:
            last = self.work.now - timedelta(seconds=EXPIRY_SLACK_SECONDS)
            self._overdue = self.expired(last, EXPIRED_AT_ONCE_MAX)
        return self._overdue
