"""What goes wrong: how often is drawn by the seed, what did is counted."""

from __future__ import annotations

from collections.abc import Callable, Collection
from random import Random
from zlib import crc32

KINDS = {
    # How often at most, of the occasions that there are, and what it does.
    "commit lost": (0.004, "a unit of work is not written, and its store says so"),
    "commit unknown": (0.004, "a unit of work is written, and the answer is lost"),
    "commit refused": (0.010, "the database asks for the whole transaction again (40001)"),
    "store away": (0.0006, "a context's database is away for seconds or minutes"),
    "crash before commit": (0.0020, "a process dies with its unit of work unwritten"),
    "crash after commit": (0.0020, "a process dies when it has written, before it tells anybody"),
    "crash after lease": (0.004, "a process dies when it has taken calls, before it makes them"),
    "poison": (0.0012, "what a message needs cannot be read for a while, for no reason that anybody foresaw"),
    "page hidden": (0.02, "news is held back behind an older transaction"),
    "page dropped": (0.01, "a page of the log does not arrive"),
    "page delayed": (0.003, "a transport brings a log late, by seconds or hours"),
    "page repeated": (0.03, "a transport brings again what was applied already"),
    "page reordered": (0.05, "a transport brings lanes in another order"),
    "ring lost": (0.02, "nobody is told that there is news"),
    "worker asleep": (0.05, "a worker stops for longer than its lease, and goes on as if nothing had happened"),
    "worker paused": (0.0008, "a worker stops in the middle of a unit of work until a rival has its lease"),
    "worker killed": (0.05, "an operator ends a worker"),
    "lease moved": (0.08, "an operator gives a context to another worker"),
    "plan lost": (0.08, "a recurring command is planned no more, until somebody looks at what is planned"),
    "clock wrong": (1.0, "a process's clock is off by up to ten minutes"),
    "gateway declines": (0.06, "the gateway will not hold the amount"),
    "gateway declines capture": (0.03, "the gateway will not hand over what it holds"),
    "gateway declines refund": (0.3, "the gateway will not pay back"),
    "gateway silent before": (0.05, "no answer, and nothing happened"),
    "gateway silent after": (0.06, "no answer, and it happened"),
    "gateway slow": (0.02, "the answer comes when the call's lease is over"),
    "gateway out": (0.004, "no answers for minutes, for hours, for days"),
    "gateway repeats": (0.03, "one answer arrives twice"),
    "gateway lies of amount": (0.02, "it takes another amount than it was asked for"),
    "gateway lies of currency": (0.01, "it takes another currency"),
    "gateway lies of hold": (0.015, "it holds another amount"),
    "gateway forgets": (1.0, "it has pruned an operation's key: who asks again under it asks for another operation"),
    "captured by order": (1.0, "the operator has each order of a purchase captured apart"),
    "buyer must act": (0.06, "the payment waits until its buyer confirms it"),
    "another card": (1.0, "a buyer whose payment has failed pays by another means, for the same purchase"),
    "double click": (0.12, "a buyer asks for the same purchase twice at once"),
    "sent again": (0.5, "a buyer who got no answer asks again"),
    "changed mind": (0.15, "a buyer takes something out, or puts more in, while paying"),
    "aborted": (0.10, "a buyer ends a checkout at some moment of it"),
    "abandoned": (0.05, "a buyer goes away with the cart full, or does not confirm"),
    "forged": (0.03, "somebody asks in another's name"),
    "forgotten": (0.6, "somebody asks to be forgotten while a purchase of theirs is under way"),
    "price changed": (0.6, "a seller changes a price while people buy"),
    "stock changed": (0.6, "a seller corrects a count while people buy"),
    "off sale": (0.10, "a seller takes a product off sale while people buy"),
    "suspended": (0.05, "staff stop a seller for some minutes while people buy"),
    "holiday": (0.05, "a seller takes a break while people buy"),
    "second warehouse": (1.0, "a seller keeps stock in two places"),
    "sent elsewhere": (0.5, "goods go from one of them to the other, and not all of them arrive"),
    "address changed": (0.3, "a buyer has an order sent elsewhere, perhaps in the middle of its checkout"),
    "programs": (0.8, "a seller's program reads the feed of events by its cursor"),
    "receiver fails": (0.3, "where a webhook is received something is out of order"),
    "receiver late": (0.2, "it takes what it is sent, and says so too late"),
    "receiver away": (0.04, "it is away for minutes, for hours, for days"),
    "receiver gone": (0.02, "it says that it wants no more, and later does"),
    "secret changed": (0.5, "the secret that webhooks are signed with is changed"),
    "event sent again": (0.5, "a program asks for what was given up, once more"),
    "credit given": (0.8, "staff give a buyer store credit"),
    "credit spent": (1.0, "a buyer pays with store credit: partly, wholly, or with more than there is"),
    "credit spent twice": (0.2, "the same credit is spent in two purchases at once"),
    "credit asked back": (0.8, "who calls an order off wants its money as store credit"),
    "gift card": (0.6, "a gift card is made, and redeemed by whoever hears of its code, perhaps by several at once"),
    "gift card ended": (0.7, "its time is over, or staff take it back, under their hands"),
    "safety stock": (0.3, "a seller keeps pieces back while people buy"),
    "backorder": (0.3, "a seller sells more than there is, up to a limit, and thinks better of it"),
    "preorder": (0.3, "a seller sells until a day what comes then"),
    "commission changed": (0.5, "the operator changes what the platform takes while people buy"),
    "second currency": (1.0, "sellers price some of their goods in another currency as well"),
    "other currency": (0.5, "a buyer buys in it, perhaps what has no price or no delivery in it"),
    "price abroad changed": (0.5, "a seller changes a price in it, or sells in it no more, while people buy"),
    "shelf counted": (0.4, "a shelf is counted while people buy, and there is less than was thought"),
    "last unit": (0.5, "several want the last of it"),
    "last coupon": (0.5, "several want the last use of a coupon"),
    "coupon disabled": (0.15, "a coupon ends while people buy"),
    "cash": (0.08, "a buyer pays at the door"),
    "first order": (1.0, "something is off for who has ordered nothing yet"),
    "buyer group": (1.0, "something is off for some buyers"),
    "free delivery": (1.0, "a seller brings for nothing what is dear enough"),
    "flash deal": (0.6, "something is off a few pieces, which many want"),
    "deal ended": (0.3, "a deal ends while people buy"),
    "other coupon": (0.3, "a coupon of a fixed amount, with a cap, or for selected goods"),
    "campaign": (0.2, "one of many codes with one use each"),
    "quoted": (0.25, "a buyer asks what it would cost, and buys at that price, or too late"),
    "guest": (0.20, "a visitor fills a cart, and signs in, perhaps twice at once"),
    "bought as a guest": (1.0, "somebody buys without an account, and perhaps opens one at that address"),
    "claimant forgotten": (1.0, "who had bought as a guest and claimed it asks to be forgotten"),
    "member invited": (
        1.0,
        "a seller invites somebody to work on the store; perhaps the wrong one reads the letter",
    ),
    "member works": (1.0, "a member acts for the store, and tries what is not theirs"),
    "member removed": (1.0, "a member is removed, or leaves, while they act"),
    "rights changed": (1.0, "a member may do more, or less, from now on, while they act"),
    "file sent": (1.0, "a seller sends a file of products, some of them bad, perhaps the last one again"),
    "importer died": (0.3, "whoever works off a file dies between two of its pieces"),
    "put aside": (0.15, "a buyer saves something for later, or wishes for it, or thinks better of it"),
    "webhook": (0.25, "the gateway says of its own accord what it did"),
    "webhook repeated": (0.5, "it says so several times"),
    "webhook late": (0.3, "it says so after hours or days"),
    "webhook forged": (0.3, "somebody else says so"),
    "webhook unknown": (0.2, "it tells of a payment that we know nothing of"),
    "transfer": (0.15, "a buyer pays by transfer: in time, too late, or never"),
    "called off": (0.15, "an order is called off by its buyer, its seller or staff, also in the middle of a checkout"),
    "wrong total": (0.03, "a buyer was shown another total"),
}
CALM, OFTEN, STORM = 0.35, 0.45, 0.20
"""How many seeds have none of a kind, some, and a lot."""


class Crash(BaseException):
    """The process that was at work is no more."""


class Faults:
    """Which faults a run has. Each kind has a stream of its own, so that leaving one out moves no other."""

    def __init__(self, seed: int, without: Collection[str] = ()) -> None:
        self.seed = seed
        self.is_over = False
        self.counts = dict.fromkeys(KINDS, 0)
        self.rates: dict[str, float] = {}
        self._streams: dict[str, Random] = {}
        self._draws: dict[str, Callable[[], float]] = {}
        for kind, (most, _) in KINDS.items():
            stream = Random(f"{seed}:{kind}")
            mood, strength = stream.random(), stream.random()
            rate = (
                0.0 if mood < CALM else most * (0.1 + 0.4 * strength if mood < CALM + OFTEN else 0.6 + 0.4 * strength)
            )
            self.rates[kind] = 0.0 if kind in without else rate
            self._streams[kind] = stream
            if self.rates[kind]:
                self._draws[kind] = stream.random

    def strikes(self, kind: str) -> bool:
        """Whether it happens here and now; counted where it does."""
        draw = self._draws.get(kind)
        if draw is None or self.is_over or draw() >= self.rates[kind]:
            return False
        self.counts[kind] += 1
        return True

    def strikes_for(self, kind: str, key: str) -> bool:
        """The same for something that keeps its nature, however often it is looked at. Not counted."""
        rate = self.rates[kind]
        return rate > 0 and crc32(f"{self.seed}:{kind}:{key}".encode()) < rate * 0x1_0000_0000

    def count(self, kind: str) -> None:
        self.counts[kind] += 1

    def between(self, kind: str, low: int, high: int) -> int:
        """How long or how far, more often little than much."""
        share = self._streams[kind].random()
        return low + int((high - low) * share * share)

    def stream(self, kind: str) -> Random:
        return self._streams[kind]
