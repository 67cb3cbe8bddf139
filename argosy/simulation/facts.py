"""What people and the outside know to have happened, kept apart from every database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from argosy.contracts.checkout import StartCheckout
from argosy.contracts.promotions import CouponTerms, PromotionTerms
from argosy.shared_kernel.ids import Id


class Rule(NamedTuple):
    """A coupon or a promotion as its maker knows it."""

    basis_points: int
    funded_by: str
    terms: CouponTerms | PromotionTerms
    is_promotion: bool

    @property
    def effect(self) -> str:
        return self.terms.effect if isinstance(self.terms, PromotionTerms) else ""

    def counts_in(self, currency: str) -> bool:
        """Shares count in every currency, amounts in their own."""
        return self.terms.currency in ("", currency)

    @property
    def units_max(self) -> int:
        return self.terms.units_max if isinstance(self.terms, PromotionTerms) else 0


class Commission(NamedTuple):
    """What the operator was told counts from a time on, of a seller or all, on a category or all."""

    seller_id: Id | None
    category: str
    basis_points: int
    since: int


@dataclass
class Card:
    """A gift card as those know it who were told its code."""

    amount: int
    redeemed_by: set[str] = field(default_factory=set)
    """Who was told that it is theirs."""
    is_cancelled: bool = False
    expires_at: int | None = None


@dataclass
class Moved:
    """An order that its buyer wants to come elsewhere."""

    asked: str
    is_told: bool = False


class Promising(NamedTuple):
    """How much of a thing its seller lets be promised: all but some of what is there, and some beyond."""

    safety_stock: int = 0
    oversell: str = ""
    oversell_max: int = 0
    until: int | None = None


class Asked(NamedTuple):
    """What is asked for a thing in another currency than its own, since and until when; None: it is not sold in it."""

    amount: int | None
    since: int
    until: int | None = None


@dataclass
class Purchase:
    """A purchase as its buyer knows it: what was asked for, and every checkout id that was answered."""

    command: StartCheckout
    at: int
    answered: list[str] = field(default_factory=list)
    refused: str = ""
    instead: Callable[[], None] | None = None
    """What its buyer does where it is refused."""
    credit_again: int | None = None
    """What store credit pays at most where another attempt is made; None: as much as before."""
    is_aborted: bool = False
    """Whether somebody was told that it was aborted."""
    currency: str = ""
    """In which currency its buyer means to pay; "": in that of the goods."""


@dataclass
class Colleague:
    """A member of a seller's team. `rights` are those that may count: what was said last, and what was said before as
    long as nobody was told that it counts no more."""

    seller_id: str
    user_id: str
    rights: list[tuple[str, ...]]
    is_changing: bool = False
    is_leaving: bool = False
    """Whether somebody wanted to have them removed."""
    is_gone: bool = False
    """Whether somebody was told that they are."""


class Act(NamedTuple):
    """What a member has begun to do, as they were then."""

    member_id: str
    seller_id: str
    may: bool
    was_gone: bool


@dataclass
class Teams:
    invited: dict[tuple[str, str], list[tuple[str, ...]]] = field(default_factory=dict)
    """By seller and address: the rights that letters were to offer."""
    members: dict[str, Colleague] = field(default_factory=dict)
    acts: dict[str, Act] = field(default_factory=dict)
    """By the text that an act was to write, which is of no other."""
    written: set[str] = field(default_factory=set)
    """Those of them that were."""


@dataclass
class File:
    """A file of products as its sender knows it: good rows by SKU, with their titles, and lines that are bad."""

    id: str
    seller_id: str
    rows: int = 0
    good: dict[str, str] = field(default_factory=dict)
    bad: set[int] = field(default_factory=set)
    new: set[str] = field(default_factory=set)
    """What was not there before it was sent this time."""
    times: int = 0
    is_exact: bool = False
    """Whether it was asked for once: asked again, it may have gone through twice."""
    is_disturbed: bool = False
    is_over: bool = False


@dataclass
class Facts:
    """`received` and `corrected` are counted by those who carry the goods, `prices` by those who set them."""

    purchases: dict[tuple[str, str], Purchase] = field(default_factory=dict)
    received: dict[str, int] = field(default_factory=dict)
    corrected: dict[str, int] = field(default_factory=dict)
    moved: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By stock unit and warehouse: what transfers and counts have made of it, beside the two above."""
    coupons: dict[str, tuple[int, int]] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    """By a coupon's code or a promotion's name."""
    deals: dict[str, str] = field(default_factory=dict)
    """Names of promotions, by their ids."""
    prices: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    """By variant: (since when it may be asked for, the amount)."""
    abroad: dict[str, list[Asked]] = field(default_factory=dict)
    """By variant: what its seller asks for it in the second currency. The last two may both count until the seller is
    told that the later one does."""
    answers: dict[tuple[str, str, str], str] = field(default_factory=dict)
    """By actor, route and key: what was answered."""
    put: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By whoever asked, and variant: pieces that were sent into a cart, counted at every sending."""
    guests: dict[str, list[str]] = field(default_factory=dict)
    """By buyer: as which guests they filled carts."""
    merged: dict[str, bool] = field(default_factory=dict)
    """Guests whose buyer was told that their cart is theirs now."""
    aside: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By buyer: what is saved for later, as they were last told."""
    wished: dict[str, tuple[str, ...]] = field(default_factory=dict)
    events: dict[str, bool] = field(default_factory=dict)
    """By the id of a webhook that the gateway sent: whether it is about something of ours."""
    asked_off: dict[str, str] = field(default_factory=dict)
    """Orders that somebody wanted to call off: `accepted` where they were told so."""
    transfers: dict[str, int] = field(default_factory=dict)
    """By order: what came to the bank for it."""
    forgotten: dict[str, int] = field(default_factory=dict)
    """Since when somebody wants to be forgotten."""
    credit: Counter[str] = field(default_factory=Counter)
    """By buyer: what staff have given them as store credit."""
    cards: dict[str, Card] = field(default_factory=dict)
    """By code."""
    to_credit: set[str] = field(default_factory=set)
    """Orders of which whoever calls them off wants the money as store credit."""
    promising: dict[str, list[Promising]] = field(default_factory=dict)
    """By stock unit: the rules that its seller was told count, and what was asked for and not answered yet."""
    beyond: Counter[str] = field(default_factory=Counter)
    """By stock unit: the most that was ever to be promised beyond what is there."""
    read: dict[str, list[str]] = field(default_factory=dict)
    """By whose program it is: events that it has read from the feed, in order."""
    sent_again: set[str] = field(default_factory=set)
    """Events that a program has asked for once more."""
    suspended: list[tuple[str, int]] = field(default_factory=list)
    """Which sellers staff wanted to stop, and when."""
    bought_at: dict[tuple[str, str], str] = field(default_factory=dict)
    """By guest and request: the address that the guest gave."""
    proven: dict[str, str] = field(default_factory=dict)
    """By address: whose account has it, and has proven it."""
    moved_to: dict[str, Moved] = field(default_factory=dict)
    """By order: where else it is to go."""
    commissions: list[Commission] = field(default_factory=list)
    sold: dict[str, tuple[int, dict[str, int]]] = field(default_factory=dict)
    """By payment: when it was shared out, and what the platform took of each order then."""
    teams: Teams = field(default_factory=Teams)
    files: dict[str, File] = field(default_factory=dict)
    listed: dict[str, str] = field(default_factory=dict)
    """By SKU: the title that the last file with it said."""
    requests: int = 0
    unanswered: int = 0
    carts: int = 0

    def rule(self, name: str) -> Rule | None:
        """What is known of a coupon or promotion; all codes of a campaign are one rule."""
        return self.rules.get(name) or self.rules.get(name.partition("-")[0])
