"""Collections: products that are shown together, chosen by hand or by a rule."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from argosy.contracts.products import CollectionRule, SetCollection
from argosy.domains.products.domain.category import CODE_MAX
from argosy.domains.products.domain.price import AMOUNT_MAX
from argosy.domains.products.domain.texts import number_fault, text_fault
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import DomainError, Invalid, NotFound
from argosy.shared_kernel.ids import Id, named_id
from argosy.shared_kernel.money import UnknownCurrency, exponent

PRODUCTS_MAX = 200
_CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class NoSuchCollection(NotFound):
    """There is no such collection among yours."""


class MalformedCollection(Invalid):
    """A collection has a code of small letters, and either names up to 200 different products or has a rule."""


@dataclass(kw_only=True, eq=False)
class Collection(Aggregate):
    """A seller's, or (without seller) the marketplace's. By hand where it has no rule."""

    seller_id: Id | None
    code: str
    title: str
    product_ids: tuple[Id, ...]
    rule: CollectionRule | None
    updated_at: datetime


def collection_id(seller_id: str | None, code: str) -> Id:
    return named_id("collection", seller_id or "", code)


def collection_faults(wanted: SetCollection) -> list[DomainError | None]:
    """Everything that is wrong with a collection."""
    faults: list[DomainError | None] = [text_fault("title", wanted.title, least=1, most=CODE_MAX)]
    if not _CODE.fullmatch(wanted.code) or len(wanted.code) > 80:
        faults.append(MalformedCollection(field="code"))
    ids = wanted.product_ids
    if len(ids) > PRODUCTS_MAX or len(set(ids)) < len(ids) or (ids and wanted.rule is not None):
        faults.append(MalformedCollection(field="product_ids", most=PRODUCTS_MAX))
    return faults + (_rule_faults(wanted.rule) if wanted.rule is not None else [])


def _rule_faults(rule: CollectionRule) -> list[DomainError | None]:
    faults: list[DomainError | None] = [text_fault("rule.category", rule.category, most=CODE_MAX)]
    for field in ("price_from", "price_to"):
        amount = getattr(rule, field)
        if amount is not None:
            faults.append(number_fault(f"rule.{field}", amount, least=0, most=AMOUNT_MAX))
    if rule.currency or rule.price_from is not None or rule.price_to is not None:
        try:
            exponent(rule.currency)
        except UnknownCurrency as fault:
            faults.append(fault)
    return faults
