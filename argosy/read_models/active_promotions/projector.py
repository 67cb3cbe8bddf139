"""Promotions by what they are for: each product, seller or category has those that it could get."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from argosy.contracts.promotions import PromotionCreated, PromotionEnded, PromotionTerms
from argosy.engine.reads import by, reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.read_models.documents import Document
from argosy.shared_kernel.ids import Id, child_id

PLATFORM = "platform"


class PromotionDocument(msgspec.Struct):
    """A promotion as buyers see it."""

    promotion_id: Id
    name: str
    funded_by: str
    terms: PromotionTerms
    starts_at: datetime
    ends_at: datetime


@dataclass(kw_only=True, eq=False)
class ActivePromotion(Document):
    """One promotion under one of its targets, while it is planned or runs."""

    promotion_id: Id
    target: str
    starts_at: datetime
    ends_at: datetime


class ActivePromotionsProjector:
    """Promotions that are there. What is for a group of buyers is not for everybody's eyes, and is not shown."""

    def __init__(self, work: UnitOfWork, promotions: Repository[ActivePromotion]) -> None:
        self.promotions = promotions

    @reads(promotions=lambda event: [by("promotion_id", event.promotion_id)])
    def create(self, event: PromotionCreated) -> None:
        if event.terms.buyer_group or self.promotions.all_by("promotion_id", event.promotion_id):
            return
        document = PromotionDocument(
            promotion_id=event.promotion_id,
            name=event.name,
            funded_by=event.funded_by,
            terms=event.terms,
            starts_at=event.starts_at,
            ends_at=event.ends_at,
        )
        for target in targets_of(event.terms, event.funded_by):
            row = ActivePromotion(
                id=child_id(event.promotion_id, "for", target),
                promotion_id=event.promotion_id,
                target=target,
                starts_at=event.starts_at,
                ends_at=event.ends_at,
            )
            row.show(document)
            self.promotions.add(row)

    @reads(promotions=lambda event: [by("promotion_id", event.promotion_id)])
    def end(self, event: PromotionEnded) -> None:
        for row in self.promotions.all_by("promotion_id", event.promotion_id):
            self.promotions.remove(row)


def targets_of(terms: PromotionTerms, funded_by: str) -> list[str]:
    """Under what it is found: who gives it, and each product, or else the seller's or everybody's goods of a category
    or of all."""
    if terms.product_ids:
        return [funder(funded_by), *[product(id, funded_by) for id in terms.product_ids]]
    return [funder(funded_by), goods(funded_by, terms.category)]


def funder(funded_by: str) -> str:
    return f"from:{funded_by}"


def product(product_id: str, funded_by: str) -> str:
    """With who gives it: a seller's promotion is for their own products, whichever it names."""
    return f"product:{product_id}:{funded_by}"


def goods(funded_by: str, category: str) -> str:
    return f"goods:{funded_by}:{category}"
