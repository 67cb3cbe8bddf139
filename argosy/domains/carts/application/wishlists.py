"""Everything a wishlist can be asked to do. It is always the asker's own, as their cart is."""

from __future__ import annotations

from argosy.contracts.carts import AddToWishlist, CartLine, MoveFromWishlist, RemoveFromWishlist
from argosy.domains.carts.application.carts import CartContents, CartsBelongToBuyers
from argosy.domains.carts.domain.cart import Cart, cart_id_of
from argosy.domains.carts.domain.wishlist import NotOnTheWishlist, Wishlist, wishlist_id_of
from argosy.engine.reads import then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id, is_id
from argosy.shared_kernel.messages import Value


class WishlistContents(Value):
    """What is wished for now; what an outside command on a wishlist is answered with."""

    wishlist_id: Id
    variant_ids: tuple[Id, ...]


_reads_own_wishlist = then_reads(wishlists=lambda self, command: [wishlist_id_of(self.work.actor.id)])


class Wishlists:
    """What buyers wish for, until they mean it or wish for it no more. It is told to nobody."""

    def __init__(self, work: UnitOfWork, wishlists: Repository[Wishlist], carts: Repository[Cart]) -> None:
        self.work = work
        self.wishlists = wishlists
        self.carts = carts

    @_reads_own_wishlist
    def add_to_wishlist(self, command: AddToWishlist) -> WishlistContents:
        wishlist = self._own()
        wishlist.add(command.product_id, command.variant_id, self.work.now, self.work.new_id)
        if self.wishlists.find(wishlist.id) is None:
            self.wishlists.add(wishlist)
        return _shown(wishlist)

    @_reads_own_wishlist
    def remove_from_wishlist(self, command: RemoveFromWishlist) -> WishlistContents:
        wishlist = self._own()
        wishlist.remove(command.variant_id, self.work.now)
        return _shown(wishlist)

    @then_reads(
        wishlists=lambda self, command: [wishlist_id_of(self.work.actor.id)],
        carts=lambda self, command: [cart_id_of(self.work.actor.id)],
    )
    def move_from_wishlist(self, command: MoveFromWishlist) -> CartContents:
        """Both or neither: what the cart refuses stays on the wishlist. Again it changes nothing."""
        wishlist, now = self._own(), self.work.now
        cart = self.carts.find(cart_id_of(wishlist.user_id))
        wish = wishlist.find(command.variant_id)
        if wish is None:
            if cart is None or not cart.has(command.variant_id):
                raise NotOnTheWishlist(variant_id=command.variant_id[:36])
            return CartContents.of(cart)
        if cart is None:
            cart = Cart.of(wishlist.user_id, now)
            self.carts.add(cart)
        line = CartLine(product_id=wish.product_id, variant_id=wish.variant_id, quantity=command.quantity)
        cart.add(line, now, self.work.new_id, command.seen)
        wishlist.remove(wish.variant_id, now)
        return CartContents.of(cart)

    def _own(self) -> Wishlist:
        buyer_id = self.work.actor.id
        if not is_id(buyer_id):
            raise CartsBelongToBuyers()
        return self.wishlists.find(wishlist_id_of(Id(buyer_id))) or Wishlist.of(Id(buyer_id), self.work.now)


def _shown(wishlist: Wishlist) -> WishlistContents:
    return WishlistContents(wishlist_id=wishlist.id, variant_ids=tuple([wish.variant_id for wish in wishlist.wishes]))
