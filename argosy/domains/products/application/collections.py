"""Collections, which sellers make of their own products and staff of everybody's."""

from __future__ import annotations

from argosy.contracts.products import RemoveCollection, SetCollection
from argosy.domains.products.application.ownership import NoSuchProduct, SellersOnly, is_trusted
from argosy.domains.products.domain.collection import (
    PRODUCTS_MAX,
    Collection,
    NoSuchCollection,
    collection_faults,
    collection_id,
)
from argosy.domains.products.domain.product import Product
from argosy.engine.reads import reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.errors import refuse
from argosy.shared_kernel.ids import Id, is_id


class Collections:
    """A collection says which products; what is shown of them are those that are on sale."""

    def __init__(self, work: UnitOfWork, products: Repository[Product], collections: Repository[Collection]) -> None:
        self.work = work
        self.products = products
        self.collections = collections

    @reads(products=lambda command: [id for id in command.product_ids[:PRODUCTS_MAX] if is_id(id)])
    @then_reads(collections=lambda self, command: [collection_id(self._seller(), command.code)])
    def set_collection(self, command: SetCollection) -> Id:
        """Make it, or make it another. A product that is not the seller's is named with all others that are not."""
        seller_id = self._seller()
        refuse(collection_faults(command))
        refuse([NoSuchProduct(product_id=id) for id in command.product_ids if not self._may_hold(id, seller_id)])
        id = collection_id(seller_id, command.code)
        there = self.collections.find(id)
        now = self.work.now
        if there is None:
            there = Collection(
                id=id, seller_id=seller_id, code=command.code, title="", product_ids=(), rule=None, updated_at=now
            )
            self.collections.add(there)
        there.title, there.product_ids = command.title.strip(), command.product_ids
        there.rule, there.updated_at = command.rule, now
        return id

    @then_reads(collections=lambda self, command: [collection_id(self._seller(), command.code)])
    def remove_collection(self, command: RemoveCollection) -> None:
        """It is no more; its products stay."""
        there = self.collections.find(collection_id(self._seller(), command.code))
        if there is None:
            raise NoSuchCollection(code=command.code)
        self.collections.remove(there)

    def _seller(self) -> Id | None:
        actor = self.work.actor
        if is_trusted(actor):
            return None
        if not actor.seller_id:
            raise SellersOnly()
        return Id(actor.seller_id)

    def _may_hold(self, product_id: str, seller_id: Id | None) -> bool:
        product = self.products.find(product_id) if is_id(product_id) else None
        return product is not None and seller_id in (None, product.seller_id)
