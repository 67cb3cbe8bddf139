"""Payments over HTTP: the rules of commission, store credit and gift cards, and what staff put right. A payment itself
is moved by its checkout and its gateway alone."""

from __future__ import annotations

from datetime import datetime

import msgspec

from argosy.contracts.payments import SetCommission
from argosy.domains.payments.adapters.inbound import credits, settling
from argosy.domains.payments.adapters.outbound.commissions import all_rules
from argosy.domains.payments.domain.commission import rate
from argosy.domains.payments.domain.shares import COMMISSION_BASIS_POINTS
from argosy.platform.auth import seller, staff
from argosy.platform.rest import Asked, Made, get, post
from argosy.platform.runtime import runtime
from argosy.shared_kernel.ids import Id


class Commission(msgspec.Struct, kw_only=True):
    """A rule; without a seller or a category it is for all of them."""

    rule_id: Id
    seller_id: Id | None
    category: str
    basis_points: int
    effective_from: datetime


class CommissionRules(msgspec.Struct, kw_only=True):
    """All rules, in the order in which they begin to count; where none fits, the default does."""

    default_basis_points: int
    items: list[Commission]


class MyCommission(msgspec.Struct, kw_only=True):
    """What the platform takes of what your store sells now; by category where that differs."""

    basis_points: int
    by_category: dict[str, int]


def commission_rules(asked: Asked) -> CommissionRules:
    """Every rule of commission, also those to come."""
    return CommissionRules(
        default_basis_points=COMMISSION_BASIS_POINTS,
        items=[
            Commission(
                rule_id=rule.id,
                seller_id=rule.seller_id,
                category=rule.category,
                basis_points=rule.basis_points,
                effective_from=rule.effective_from,
            )
            for rule in all_rules()
        ],
    )


def my_commission(asked: Asked) -> MyCommission:
    """What the platform takes of what your store sells now."""
    rules, now, own = all_rules(), runtime().clock.now(), Id(asked.actor.seller_id)
    categories = {rule.category for rule in rules if rule.category and rule.seller_id in (None, own)}
    usual = rate(rules, own, "", now).basis_points
    found = {name: rate(rules, own, name, now).basis_points for name in sorted(categories)}
    return MyCommission(basis_points=usual, by_category={name: it for name, it in found.items() if it != usual})


endpoints = [
    get("commissions", commission_rules, allow=staff, answers=CommissionRules),
    post("commissions", SetCommission, allow=staff, status=201, answers=Made),
    get("stores/mine/commission", my_commission, allow=seller, answers=MyCommission),
    *credits.endpoints,
    *settling.endpoints,
]
