"""Staff who give store credit away, and gift cards, whose codes go from hand to hand."""

from __future__ import annotations

from functools import partial
from typing import Any

from argosy.contracts.payments_credit import CancelGiftCard, GiftCardMade, IssueCredit, IssueGiftCards, RedeemGiftCard
from argosy.domains.payments.domain.gift_card import OPEN, GiftCard
from argosy.shared_kernel.ids import Id
from argosy.simulation.aftersales import STAFF
from argosy.simulation.facts import Card, Facts
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.people import Person
from argosy.simulation.rush import Rush
from argosy.simulation.scheduler import DAY, HOUR, MINUTE, SECOND, moment
from argosy.simulation.shop import BUYERS, CURRENCY, buyer, buyer_actor

GUESSED = "0000-0000-ZZZZ-0000-0000"
LOOKS_EVERY = 10 * MINUTE
GIFTS = 4
"""As many as staff give before one rush at most."""


class Giver(Person):
    """Gives before rushes, so that there is something to spend; makes cards, and takes some of them back."""

    def __init__(self, place: Marketplace, facts: Facts) -> None:
        super().__init__(place, facts, "giver")
        self._number = 0

    def open(self) -> None:
        """Nobody has any credit yet."""

    def attend(self, rush: Rush) -> None:
        for _ in range(GIFTS):
            if self.place.faults.strikes("credit given"):
                self._at(rush.at - self.random.randrange(10 * MINUTE), self._give)
        while self.place.faults.strikes("gift card"):
            self._at(rush.at - MINUTE + self.random.randrange(rush.spread + MINUTE), self._make_card)

    def _at(self, at: int, act: Any) -> None:
        self.place.scheduler.at(at, self.name, act)

    def _give(self) -> None:
        self._number += 1
        to, amount = self._anybody(), self.random.randrange(500, 9_000)
        command = IssueCredit(buyer_id=to, amount=amount, currency=CURRENCY, reason="for the trouble")

        def told(_: object) -> None:
            self.facts.credit[to] += amount

        self.ask("payments", command, STAFF, key=f"credit {self._number}", told=told)

    def _make_card(self) -> None:
        """Its codes are told once: those of an answer that was lost are nobody's."""
        expires_at = None
        is_ended = self.place.faults.strikes("gift card ended")
        if is_ended and self.random.random() < 0.5:
            expires_at = self.place.scheduler.time + self.random.choice((SECOND, 10 * MINUTE, HOUR, DAY))
        amount = self.random.randrange(500, 6_000)
        command = IssueGiftCards(
            amount=amount,
            currency=CURRENCY,
            reason="a prize",
            expires_at=moment(expires_at) if expires_at is not None else None,
        )

        def told(made: Any) -> None:
            for card in made.cards:
                self.facts.cards[card.code] = Card(amount, expires_at=expires_at)
                self._hand_over(card, is_cancelled=is_ended and expires_at is None)
                if expires_at is not None:
                    self.later(max(0, expires_at - self.place.scheduler.time), partial(self._look_for, card))

        self.ask("payments", command, STAFF, told=told)

    def _hand_over(self, card: GiftCardMade, *, is_cancelled: bool) -> None:
        """To one or to several, who type it as they please; some guess."""
        apart = self.random.choice((SECOND // 10, SECOND, MINUTE))
        for _ in range(self.random.choice((0, 1, 1, 2, 3))):
            code = self.random.choice((card.code, card.code.lower(), card.code.replace("-", " "), card.code))
            self._redeem_later(self.random.randrange(1, apart), self._anybody(), card.code, code)
        if self.random.random() < 0.1:
            self.later(apart, lambda: self._guess(self._anybody()))
        if is_cancelled:
            self.later(self.random.randrange(1, apart), lambda: self._cancel(card))

    def _redeem_later(self, delay: int, who: Id, code: str, typed: str) -> None:
        command = RedeemGiftCard(buyer_id=who, code=typed)

        def told(_: object) -> None:
            self.facts.cards[code].redeemed_by.add(who)

        times = 2 if self.random.random() < 0.2 else 1
        for _ in range(times):
            self.later(delay, lambda: self.ask("payments", command, buyer_actor(who), told=told))

    def _guess(self, who: Id) -> None:
        def told(result: object) -> None:
            self.place.broken("I60", "a gift card", f"was redeemed by a guess: {result}")

        self.ask("payments", RedeemGiftCard(buyer_id=who, code=GUESSED), buyer_actor(who), told=told)

    def _cancel(self, card: GiftCardMade) -> None:
        def told(_: object) -> None:
            self.facts.cards[card.code].is_cancelled = True

        self.ask("payments", CancelGiftCard(gift_card_id=card.gift_card_id), STAFF, told=told)

    def _look_for(self, card: GiftCardMade) -> None:
        """Its time is over: the job that ends it is told until it has."""
        row = self.place.store("payments").rows[GiftCard].get(card.gift_card_id)
        if isinstance(row, GiftCard) and row.status == OPEN:
            self.place.look_at_schedule("payments")
            self.later(LOOKS_EVERY, lambda: self._look_for(card))

    def _anybody(self) -> Id:
        return buyer(self.random.randrange(BUYERS))
