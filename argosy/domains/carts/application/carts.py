"""Everything a cart can be asked to do. It is always the asker's own: no command names a cart or its owner."""

from __future__ import annotations

from typing import Any, Self

from argosy.contracts.carts import (
    AcknowledgeNotice,
    AddToCart,
    ApplyCoupon,
    CartDescribed,
    CartLine,
    ChangeQuantity,
    ChooseCurrency,
    DescribeCart,
    EmptyCart,
    ForgetSaved,
    MoveToCart,
    RemoveCoupon,
    SaveForLater,
)
from argosy.contracts.checkout import CheckoutCompleted
from argosy.domains.carts.domain.cart import MERGED, Cart, cart_id_of
from argosy.domains.carts.domain.guest import GuestCartIsMerged
from argosy.engine.reads import reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.errors import NotAllowed
from argosy.shared_kernel.ids import Id, is_id
from argosy.shared_kernel.messages import Value


class CartsBelongToBuyers(NotAllowed):
    """Sign in to have a cart, or begin one as a guest."""


class CartContents(Value):
    """A cart as it now is; what an outside command on it is answered with."""

    cart_id: Id
    lines: tuple[CartLine, ...]
    coupons: tuple[str, ...]
    saved: tuple[CartLine, ...]
    currency: str = ""

    @classmethod
    def of(cls, cart: Cart, **more: Any) -> Self:
        """`more` is what an answer says beside it."""
        return cls(
            cart_id=cart.id,
            lines=cart.lines,
            coupons=cart.codes,
            saved=cart.saved_lines,
            currency=cart.currency,
            **more,
        )


reads_own_cart = then_reads(carts=lambda self, command: [cart_id_of(self.work.actor.id)])
"""The cart of whoever asks, which no command names."""


class Carts:
    """Each buyer's intent, kept until it is bought or dropped."""

    def __init__(self, work: UnitOfWork, carts: Repository[Cart]) -> None:
        self.work = work
        self.carts = carts

    @reads_own_cart
    def add_to_cart(self, command: AddToCart) -> CartContents:
        cart = self._own()
        line = CartLine(product_id=command.product_id, variant_id=command.variant_id, quantity=command.quantity)
        cart.add(line, self.work.now, self.work.new_id, command.seen)
        return self._kept(cart)

    @reads_own_cart
    def change_quantity(self, command: ChangeQuantity) -> CartContents:
        cart = self._own()
        cart.set_quantity(command.variant_id, command.quantity, self.work.now, command.seen)
        return self._kept(cart)

    @reads_own_cart
    def acknowledge_notice(self, command: AcknowledgeNotice) -> CartContents:
        cart = self._own()
        cart.acknowledge(command.variant_id, command.seen, self.work.now)
        return self._kept(cart)

    @reads_own_cart
    def save_for_later(self, command: SaveForLater) -> CartContents:
        cart = self._own()
        cart.save_for_later(command.variant_id, self.work.now, self.work.new_id)
        return self._kept(cart)

    @reads_own_cart
    def move_to_cart(self, command: MoveToCart) -> CartContents:
        cart = self._own()
        cart.move_to_cart(command.variant_id, self.work.now, self.work.new_id, command.seen)
        return self._kept(cart)

    @reads_own_cart
    def forget_saved(self, command: ForgetSaved) -> CartContents:
        cart = self._own()
        cart.forget_saved(command.variant_id, self.work.now)
        return self._kept(cart)

    @reads_own_cart
    def apply_coupon(self, command: ApplyCoupon) -> CartContents:
        cart = self._own()
        cart.note_coupon(command.code, self.work.now, self.work.new_id)
        return self._kept(cart)

    @reads_own_cart
    def remove_coupon(self, command: RemoveCoupon) -> CartContents:
        cart = self._own()
        cart.forget_coupon(command.code, self.work.now)
        return self._kept(cart)

    @reads_own_cart
    def choose_currency(self, command: ChooseCurrency) -> CartContents:
        cart = self._own()
        cart.choose_currency(command.currency, self.work.now)
        return self._kept(cart)

    @reads_own_cart
    def empty_cart(self, command: EmptyCart) -> CartContents:
        cart = self._own()
        cart.empty(self.work.now)
        return self._kept(cart)

    @reads(carts=lambda event: [event.cart_id])
    def take_out_what_was_bought(self, event: CheckoutCompleted) -> None:
        """What was bought leaves the buyer's cart; what they put in meanwhile stays."""
        cart = self.carts.find(event.cart_id)
        if cart is not None and cart.user_id == event.buyer_id:
            cart.take_out(event.variant_ids, event.coupons, self.work.now)

    @reads(carts=lambda command: [cart_id_of(command.buyer_id)])
    def describe_cart(self, command: DescribeCart) -> None:
        """What is in it; there is nothing in a cart that was never begun."""
        cart = self.carts.find(cart_id_of(command.buyer_id))
        self.work.announce(
            CartDescribed(
                flow_id=command.flow_id,
                lines=cart.lines if cart is not None else (),
                coupons=cart.codes if cart is not None else (),
                currency=cart.currency if cart is not None else "",
            )
        )

    def _own(self) -> Cart:
        """The asker's cart, which comes to be with the first thing in it."""
        actor = self.work.actor
        if not is_id(actor.id):
            raise CartsBelongToBuyers()
        cart = self.carts.find(cart_id_of(Id(actor.id)))
        if cart is not None and cart.status == MERGED:
            raise GuestCartIsMerged()
        return cart or Cart.of(Id(actor.id), self.work.now, is_guest=actor.is_guest)

    def _kept(self, cart: Cart) -> CartContents:
        if (cart.items or cart.coupons or cart.currency) and self.carts.find(cart.id) is None:
            self.carts.add(cart)
        return CartContents.of(cart)
