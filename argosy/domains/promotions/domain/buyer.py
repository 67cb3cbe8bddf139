"""What promotions know of a buyer: whether they have ordered yet, and the groups that staff put them into."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from argosy.contracts.promotions import CouponTerms, PromotionTerms
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import Invalid
from argosy.shared_kernel.ids import Id

GROUPS_MAX = 20

_GROUP = re.compile(r"[a-z0-9_-]{1,40}")


class BuyerGroupsMalformed(Invalid):
    """A buyer is in at most 20 groups, each of 1 to 40 small letters, digits, dashes or underscores."""


@dataclass(kw_only=True, eq=False)
class Buyer(Aggregate):
    """A buyer of whom something is known; `id` is theirs. Of anybody else: no order yet, and no group."""

    has_ordered: bool = False
    first_order_flow: Id | None = None
    """The checkout that holds what is for their first order: of two at once, one has it."""
    groups: tuple[str, ...] = ()

    def begin_first_order(self, flow_id: Id) -> None:
        self.first_order_flow = flow_id

    def give_back_first_order(self, flow_id: Id) -> None:
        """This checkout came to nothing: their next order may be the first."""
        if self.first_order_flow == flow_id:
            self.first_order_flow = None

    def has_first_order_beside(self, flow_id: Id) -> bool:
        """Whether another checkout holds what is for a first order."""
        return self.first_order_flow not in (None, flow_id)

    def put_into(self, groups: Sequence[str]) -> None:
        if len(groups) > GROUPS_MAX or not all(is_group(group) for group in groups):
            raise BuyerGroupsMalformed(field="groups", maximum=GROUPS_MAX)
        self.groups = tuple(sorted(set(groups)))


def is_group(name: str) -> bool:
    return _GROUP.fullmatch(name) is not None


def asks_who(terms: CouponTerms | PromotionTerms) -> bool:
    """Whether it matters who buys."""
    return terms.is_first_order or terms.buyer_group != ""


def reason_against_buyer(terms: CouponTerms | PromotionTerms, buyer: Buyer | None) -> str:
    """Why this is not for them; empty where it is."""
    if terms.is_first_order and buyer is not None and buyer.has_ordered:
        return "not_first_order"
    if terms.buyer_group and (buyer is None or terms.buyer_group not in buyer.groups):
        return "not_for_you"
    return ""


def for_whom(terms: CouponTerms | PromotionTerms) -> str:
    """The words of an explanation that say for whom; empty where it is for everybody."""
    words = " for a first order" if terms.is_first_order else ""
    return f"{words} for {terms.buyer_group}" if terms.buyer_group else words
