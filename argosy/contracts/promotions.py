"""What promotions accepts and announces: every discount decision."""

from __future__ import annotations

from datetime import datetime

from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command, Event, Value


class CouponTerms(Value):
    """What a coupon takes off beside a share, and from how much on.

    `amount` is taken off once, in place of a share. It counts from `min_amount` of the goods that it is for, as what
    comes before it left them, and a share takes at most `cap_amount` (0: no bound). Amounts are of `currency`, and the
    coupon counts for purchases in that currency alone. `is_first_order`: for who has ordered nothing yet, once;
    `buyer_group`: for buyers whom staff put into that group. Without `product_ids`, `category` or `seller_ids` it is
    for all goods; with some, a coupon of the platform is a selected coupon, and comes before those for everything.
    `is_free_delivery`: in place of a share, what the delivery of these goods costs is taken off, at most `cap_amount`.
    """

    amount: int = 0
    currency: str = ""
    min_amount: int = 0
    cap_amount: int = 0
    is_first_order: bool = False
    buyer_group: str = ""
    product_ids: tuple[Id, ...] = ()
    category: str = ""
    seller_ids: tuple[Id, ...] = ()
    is_free_delivery: bool = False

    @property
    def is_for_selected_goods(self) -> bool:
        return bool(self.product_ids or self.category or self.seller_ids)


NO_TERMS = CouponTerms()


class CreateCoupon(Command):
    """A code that takes `basis_points` ten-thousandths off the goods of a purchase, or where these are 0 the fixed
    amount of its `terms`, or their delivery.

    `max_uses` and `max_uses_per_buyer` bound live uses (0: no bound); `funded_by` is `platform` or a seller's id.
    """

    code: str
    basis_points: int
    max_uses: int = 0
    max_uses_per_buyer: int = 0
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    funded_by: str = "platform"
    coupon_id: Id | None = None
    terms: CouponTerms | None = None


class GenerateCoupons(Command):
    """Make `count` codes that nobody can guess, each for one use, all under the same terms. They begin with `prefix`,
    are made a few hundred at a time, and stand in no log: whoever made them lists them."""

    name: str
    count: int
    basis_points: int
    prefix: str = ""
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    funded_by: str = "platform"
    campaign_id: Id | None = None
    terms: CouponTerms | None = None


class GenerateMoreCoupons(Command, key="campaign_id"):
    """Make the next codes of a campaign."""

    campaign_id: Id


class CouponCampaignCreated(Event, key="campaign_id"):
    """Codes are made from now on; which ones, the campaign's owner alone is told."""

    campaign_id: Id
    name: str
    count: int
    basis_points: int
    funded_by: str
    valid_from: datetime
    valid_to: datetime | None
    terms: CouponTerms | None = None


class CouponCampaignDisabled(Event, key="campaign_id"):
    """None of its codes counts any more, and no more of them are made."""

    campaign_id: Id


class DisableCoupon(Command):
    code: str


class DisableCoupons(Command):
    """None of these codes counts any more: all of them, or where one cannot be disabled, none."""

    codes: tuple[str, ...]


class DisableCouponCampaign(Command):
    """None of the campaign's codes counts any more, however many there are. Uses that are held stay good."""

    campaign_id: Id


class CouponDisabled(Event, key="coupon_id"):
    coupon_id: Id


class PricedLine(Value):
    line_no: int
    seller_id: Id
    product_id: Id
    category: str
    quantity: int
    amount: int


class QuotedUse(Value):
    """A use that a quote counted with: which rule it is of, what it took off, and the terms that it counted under.
    `quantity` pieces are drawn from a rule that has only so many."""

    rule_id: Id
    amount: int
    terms: str
    code: str = ""
    quantity: int = 0


class ReserveCoupons(Command, key="flow_id"):
    """Decide every discount of a purchase and hold one use of each coupon until `expires_at`; answered by
    CouponsReserved, or Refused with every code that does not count. Without codes nothing is held.

    With `quoted` uses the purchase is priced already: nothing is decided anew, `lines` are empty, and these very uses
    are held, or Refused where one of them does not hold any more. What is limited per buyer is not for guests: anybody
    is as many of them as they like.
    """

    flow_id: Id
    buyer_id: Id
    codes: tuple[str, ...]
    currency: str
    lines: tuple[PricedLine, ...]
    expires_at: datetime
    quoted: tuple[QuotedUse, ...] = ()
    is_guest: bool = False


class QuoteDiscounts(Command, key="flow_id"):
    """Decide every discount of a purchase and hold nothing; answered by DiscountsQuoted, or Refused with every code
    that does not count. What is limited per buyer is not for guests."""

    flow_id: Id
    buyer_id: Id
    codes: tuple[str, ...]
    currency: str
    lines: tuple[PricedLine, ...]
    is_guest: bool = False


class Discount(Value):
    """`amount` minor units off one line, by which rule, who pays for it, and how it was computed. One that is
    `of_delivery` takes off all that the line's delivery costs, which whoever knows that fills in: till then it is 0.
    With a `cap_amount` it takes at most so much of all lines together."""

    line_no: int
    amount: int
    coupon_id: Id
    code: str
    funded_by: str
    explanation: str
    of_delivery: bool = False
    cap_amount: int = 0


class DiscountsQuoted(Event, key="flow_id"):
    """`uses` must be held before the discounts may be given."""

    flow_id: Id
    discounts: tuple[Discount, ...]
    uses: tuple[QuotedUse, ...]


class CouponsReserved(Event, key="flow_id"):
    """`holds_uses`: what is held must be consumed or released, also where no code was named."""

    flow_id: Id
    discounts: tuple[Discount, ...]
    holds_uses: bool = False


class ConsumeCoupons(Command, key="flow_id"):
    """The purchase went through: the held uses count for good; answered by CouponsConsumed. `order_id` is given where
    the purchase has one order."""

    flow_id: Id
    purchase_id: Id
    order_id: Id | None = None


class CouponsConsumed(Event, key="flow_id"):
    flow_id: Id


class ReleaseCoupons(Command, key="flow_id"):
    """Give the held uses back; answered by CouponsReleased, also where none is held: a request that comes after its
    own cancellation is refused."""

    flow_id: Id


class CouponsReleased(Event, key="flow_id"):
    flow_id: Id


class CouponConsumed(Event, key="coupon_id"):
    coupon_id: Id
    code: str
    buyer_id: Id
    purchase_id: Id


class CouponCreated(Event, key="coupon_id"):
    coupon_id: Id
    code: str
    basis_points: int
    max_uses: int
    valid_from: datetime
    valid_to: datetime | None
    terms: CouponTerms | None = None


class ExpireCouponUses(Command, key="job"):
    """Give back held uses whose time has passed."""

    job: str = "expire-coupon-uses"


class ReconcileUses(Command, key="job"):
    """Compare every counter of uses with the uses, and mend those that break no limit."""

    job: str = "reconcile-uses"


class UsesReconciled(Event, key="rule_id"):
    """A coupon, a promotion, or one buyer's count (where all is `held`) counted wrong, and counts right now."""

    rule_id: Id
    counted_held: int
    counted_used: int
    held: int
    used: int


class Tier(Value):
    """From so much of the goods on, so many ten-thousandths off."""

    from_amount: int
    basis_points: int


class PromotionTerms(Value):
    """On which goods (`product_ids`, or `category`, or all), from how much of them, how much is taken off.

    `effect` is percentage (`basis_points`), fixed (`amount` once), buy_x_get_y (of `buy` + `get` pieces the `get`
    cheapest, by `basis_points`), tiered (`tiers`), bundle (whole sets of all `product_ids`, by `basis_points`), or
    free_delivery (of the lines that it is for, from `min_amount` of them on).
    `is_exclusive`: no other promotion of its level takes from the same line. `cap_amount` bounds it in one purchase
    (0: no bound). Amounts are of `currency`. `is_first_order` and `buyer_group` say for whom, as those of a coupon.
    With `units_max` it takes something off so many pieces in all, and ends when they are sold; of free delivery a unit
    is a purchase. `units_per_buyer` bounds the pieces of each buyer, `max_uses_per_buyer` their purchases.
    """

    effect: str
    basis_points: int = 0
    amount: int = 0
    currency: str = ""
    buy: int = 0
    get: int = 0
    tiers: tuple[Tier, ...] = ()
    product_ids: tuple[Id, ...] = ()
    category: str = ""
    min_amount: int = 0
    min_quantity: int = 0
    cap_amount: int = 0
    priority: int = 0
    is_exclusive: bool = False
    is_first_order: bool = False
    buyer_group: str = ""
    units_max: int = 0
    units_per_buyer: int = 0
    max_uses_per_buyer: int = 0


class CreatePromotion(Command):
    """Take something off without a code, from `starts_at` (now when left out) until `ends_at`. `funded_by` is
    `platform`, or a seller's id: then on their own goods alone."""

    name: str
    terms: PromotionTerms
    ends_at: datetime
    starts_at: datetime | None = None
    funded_by: str = "platform"
    promotion_id: Id | None = None


class EndPromotion(Command):
    """End it now. Who has a quote that counted with it still buys at that price."""

    promotion_id: Id


class SimulatePromotion(Command):
    """What would a promotion take off these lines, beside all that runs now? Nothing comes to be."""

    name: str
    terms: PromotionTerms
    currency: str
    lines: tuple[PricedLine, ...]
    funded_by: str = "platform"


class AssignBuyerGroups(Command):
    """This buyer is in these groups from now on, and in no others. A quote keeps what it counted with."""

    buyer_id: Id
    groups: tuple[str, ...]


class ExpirePromotions(Command, key="job"):
    """Forget promotions whose time has ended."""

    job: str = "expire-promotions"


class PromotionCreated(Event, key="promotion_id"):
    promotion_id: Id
    name: str
    funded_by: str
    terms: PromotionTerms
    starts_at: datetime
    ends_at: datetime


class PromotionEnded(Event, key="promotion_id"):
    promotion_id: Id
