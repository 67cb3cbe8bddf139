"""What carts accepts and announces: a buyer's intent. A cart never computes money."""

from __future__ import annotations

from datetime import datetime

from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command, Event, Value


class OfferSeen(Value):
    """What the shop showed of a thing: its price in minor units, whether it is on sale, and how many are left where
    that are few. Only ever compared and shown: nothing is computed with it."""

    amount: int | None = None
    currency: str = ""
    is_on_sale: bool = True
    left: int | None = None


class AddToCart(Command):
    """Put `quantity` more of a variant into the buyer's cart. `seen` is what the shop shows of it then."""

    product_id: Id
    variant_id: Id
    quantity: int
    seen: OfferSeen | None = None


class ChangeQuantity(Command):
    """Set the quantity of a line; 0 takes it out."""

    variant_id: Id
    quantity: int
    seen: OfferSeen | None = None


class AcknowledgeNotice(Command):
    """The buyer has seen how an offer has moved: `seen` is what the notice said that it is `now`. Where it has moved
    again meanwhile, the cart goes on saying so."""

    variant_id: Id
    seen: OfferSeen


class ApplyCoupon(Command):
    """Note a coupon code for the checkout; whether it counts is decided by promotions."""

    code: str


class RemoveCoupon(Command):
    code: str


class SaveForLater(Command):
    """Put a line aside: it stays with the cart, and is neither quoted nor bought."""

    variant_id: Id


class MoveToCart(Command):
    """What was put aside is meant again: its pieces join those of the cart."""

    variant_id: Id
    seen: OfferSeen | None = None


class ForgetSaved(Command):
    """What was put aside is not wanted at all any more."""

    variant_id: Id


class BeginGuestCart(Command):
    """A visitor who has not signed in wants a cart. Nothing is kept until they put something in."""


class MergeGuestCart(Command):
    """What the bearer of this token put into a cart before they signed in is theirs now: quantities are summed up to
    what a cart may hold. Again it changes nothing."""

    guest_token: str


class SweepGuestCarts(Command, key="job"):
    """Forget guests' carts that nobody touched for long. Sent by carts' own schedule."""

    job: str = "sweep-guest-carts"


class FindAbandonedCarts(Command, key="job"):
    """Look for buyers' carts with something in them that nobody touched for a while. Sent by carts' own schedule."""

    job: str = "find-abandoned-carts"


class AddToWishlist(Command):
    """The buyer would like to have this some day. Again it changes nothing."""

    product_id: Id
    variant_id: Id


class RemoveFromWishlist(Command):
    """It is not wished for any more. Again it changes nothing."""

    variant_id: Id


class MoveFromWishlist(Command):
    """What was wished for is meant now: `quantity` of it join the cart, and it leaves the wishlist."""

    variant_id: Id
    quantity: int = 1
    seen: OfferSeen | None = None


class ChooseCurrency(Command):
    """In which currency the buyer means to buy; "" leaves it to the shop. A thing that has no price in it stays in the
    cart and is not bought."""

    currency: str


class EmptyCart(Command):
    """Take everything out."""


class CartLine(Value):
    product_id: Id
    variant_id: Id
    quantity: int


class DescribeCart(Command, key="flow_id"):
    """What is in this buyer's cart now? Answered by CartDescribed; an empty cart has no lines."""

    flow_id: Id
    buyer_id: Id


class CartDescribed(Event, key="flow_id"):
    flow_id: Id
    lines: tuple[CartLine, ...]
    coupons: tuple[str, ...]
    currency: str = ""


class CartChanged(Event, key="cart_id"):
    """The whole cart as it now is; `saved` lines are put aside for later."""

    cart_id: Id
    buyer_id: Id
    lines: tuple[CartLine, ...]
    coupons: tuple[str, ...]
    saved: tuple[CartLine, ...] = ()
    currency: str = ""


class CartAbandoned(Event, key="cart_id"):
    """A buyer put something into their cart and has not touched it `since`. Told once, until they touch it again."""

    cart_id: Id
    buyer_id: Id
    lines: tuple[CartLine, ...]
    since: datetime
