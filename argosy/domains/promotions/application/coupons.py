"""Coupons as their owners see them: made and disabled by staff, or by sellers for their own goods."""

from __future__ import annotations

from argosy.contracts.promotions import CreateCoupon, DisableCoupon, DisableCoupons
from argosy.domains.promotions.domain.coupon import CODE_LENGTH_MAX, CodeIsTaken, Coupon, NoSuchCoupon, is_code, normal
from argosy.engine.reads import By, by, reads
from argosy.engine.work import Actor, Repository, UnitOfWork
from argosy.shared_kernel.errors import Invalid, NotAllowed
from argosy.shared_kernel.ids import Id, is_id

DISABLED_AT_ONCE_MAX = 500


class CodesOutOfRange(Invalid):
    """At least one code and at most 500 are disabled at once."""


class CouponsAreNotYoursToMake(NotAllowed):
    """Staff make coupons; sellers make those that they pay for themselves."""


def of_code(text: str) -> list[By]:
    """The look-up of a code; none for what cannot be one, which no database need see."""
    code = normal(text)
    return [by("code", code)] if is_code(code) else []


def may_decide(actor: Actor, funded_by: str) -> bool:
    """Whether this is theirs who ask: staff's, or the seller's who pays for it."""
    is_own = actor.has("seller") and actor.seller_id != "" and funded_by == actor.seller_id
    return actor.has("staff") or actor.has("system") or is_own


class Coupons:
    """The codes that may be used."""

    def __init__(self, work: UnitOfWork, coupons: Repository[Coupon]) -> None:
        self.work = work
        self.coupons = coupons

    @reads(coupons=lambda command: [*of_code(command.code), *filter(is_id, [command.coupon_id])])
    def create_coupon(self, command: CreateCoupon) -> Id:
        """A code that may be used from now on. The same terms again are the same coupon."""
        if not may_decide(self.work.actor, command.funded_by):
            raise CouponsAreNotYoursToMake()
        made = Coupon.create(command, self.work.now)
        known = self.coupons.find_by("code", made.code)
        if known is None and command.coupon_id:
            known = self.coupons.find(command.coupon_id)
        if known is None:
            self.coupons.add(made)
            return made.id
        if not known.has_terms_of(command):
            raise CodeIsTaken(code=made.code)
        return known.id

    @reads(coupons=lambda command: of_code(command.code))
    def disable_coupon(self, command: DisableCoupon) -> Id:
        """Nobody starts to use it any more. A stranger's coupon is answered like one that does not exist."""
        coupon = self._own(command.code)
        if coupon is None:
            raise NoSuchCoupon()
        coupon.disable()
        return coupon.id

    @reads(coupons=lambda command: [want for code in command.codes[:DISABLED_AT_ONCE_MAX] for want in of_code(code)])
    def disable_coupons(self, command: DisableCoupons) -> None:
        """All of these codes, or none: every one that is not there, or not yours, is told."""
        if not 1 <= len(command.codes) <= DISABLED_AT_ONCE_MAX:
            raise CodesOutOfRange(field="codes", minimum=1, maximum=DISABLED_AT_ONCE_MAX)
        found = {code: self._own(code) for code in command.codes}
        missing = [code[:CODE_LENGTH_MAX] for code, coupon in found.items() if coupon is None]
        if missing:
            raise NoSuchCoupon(codes=missing)
        for coupon in found.values():
            if coupon is not None:
                coupon.disable()

    def _own(self, text: str) -> Coupon | None:
        """The coupon of a code, where it is theirs who ask."""
        code = normal(text)
        coupon = self.coupons.find_by("code", code) if is_code(code) else None
        return coupon if coupon is not None and may_decide(self.work.actor, coupon.funded_by) else None
