"""Gift cards: issued by staff, redeemed by whoever knows the code, and ended when their time is over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from argosy.contracts.payments_credit import (
    CancelGiftCard,
    EndGiftCard,
    ExpireGiftCards,
    GiftCardMade,
    GiftCardsIssued,
    GiftCardsMade,
    IssueGiftCards,
    RedeemedCredit,
    RedeemGiftCard,
)
from argosy.domains.payments.application.books import Books
from argosy.domains.payments.application.credits import Wallet, credit_accounts, credit_ids
from argosy.domains.payments.domain.credit import REDEEMED, credit_id
from argosy.domains.payments.domain.gift_card import (
    CANCELLED,
    CODE_BYTES,
    EXPIRED,
    OPEN,
    GiftCard,
    GiftCardIsUsed,
    NoSuchGiftCard,
    code_from,
    read_code,
    wrong_cards,
)
from argosy.domains.payments.domain.ledger import (
    CARD_ENDED,
    CARD_REDEEMED,
    CARDS_ISSUED,
    GIFT_CARDS,
    GOODWILL,
    LEDGER_ID,
    Transaction,
    account_id,
    credit,
)
from argosy.engine.reads import by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.errors import refuse
from argosy.shared_kernel.ids import Id, named_id

ENDED_MAX = 200


class Randomness(Protocol):
    """Bytes that nobody can guess."""

    def random_bytes(self, count: int) -> bytes: ...


ExpiredCards = Callable[[int], Sequence[Id]]
"""Ids of at most so many cards that are open although their time is over."""


class GiftCards:
    """What a card is worth lies in the books from the day it is issued."""

    def __init__(
        self,
        work: UnitOfWork,
        books: Books,
        wallet: Wallet,
        cards: Repository[GiftCard],
        chance: tuple[Randomness, ExpiredCards],
    ) -> None:
        self.work = work
        self.books = books
        self.wallet = wallet
        self.cards = cards
        self.credits = wallet.credits
        self.ledgers = books.ledgers
        self.accounts = books.accounts
        self.randomness, self.expired_cards = chance

    @reads(ledgers=lambda command: [LEDGER_ID], accounts=lambda command: _gift_accounts(command.currency))
    def issue_gift_cards(self, command: IssueGiftCards) -> GiftCardsMade:
        """The codes are told in the answer, and never again."""
        refuse(wrong_cards(command, self.work.now))
        batch_id = self.work.new_id()
        made = []
        for _ in range(command.count):
            code = code_from(self.randomness.random_bytes(CODE_BYTES))
            card = GiftCard.issue(self.work.new_id(), batch_id, code, command, by=self.work.actor.id, now=self.work.now)
            self.cards.add(card)
            made.append(GiftCardMade(gift_card_id=card.id, code=code))
        total = command.amount * command.count
        self._book(batch_id, CARDS_ISSUED, batch_id, command.currency, {GOODWILL: total, GIFT_CARDS: -total})
        self.work.announce(
            GiftCardsIssued(batch_id=batch_id, count=command.count, total_amount=total, currency=command.currency)
        )
        return GiftCardsMade(
            batch_id=batch_id,
            amount=command.amount,
            currency=command.currency,
            expires_at=command.expires_at,
            cards=tuple(made),
        )

    @reads(cards=lambda command: [by("code_hash", code)] if (code := read_code(command.code)) else [])
    @then_reads(
        credits=lambda self, command: [
            id for card in self._with(command) for id in credit_ids(command.buyer_id, card.currency)
        ],
        ledgers=lambda self, command: [LEDGER_ID] if self._with(command) else [],
        accounts=lambda self, command: [
            id
            for card in self._with(command)
            for id in (*_gift_accounts(card.currency), *credit_accounts(command.buyer_id, card.currency))
        ],
    )
    def redeem_gift_card(self, command: RedeemGiftCard) -> RedeemedCredit:
        """Whole and once; whose it has become hears the same again."""
        found = self._with(command)
        if not found:
            raise NoSuchGiftCard()
        card, buyer_id = found[0], command.buyer_id
        try:
            card.redeem(buyer_id, self.work.now)
        except GiftCardIsUsed:
            if card.redeemed_by != buyer_id:
                raise
            balance = self.credits.get(credit_id(buyer_id, card.currency)).balance
        else:
            balance = self.wallet.give((buyer_id, card.currency), card.amount, REDEEMED, card.id).balance
            postings = {GIFT_CARDS: card.amount, credit(buyer_id): -card.amount}
            self._book(named_id("redeemed", card.id), CARD_REDEEMED, card.id, card.currency, postings)
        return RedeemedCredit(amount=card.amount, currency=card.currency, balance=balance)

    def expire_gift_cards(self, command: ExpireGiftCards) -> None:
        """Those whose time is over, each by a message of its own: one that fails parks alone."""
        for id in self.expired_cards(ENDED_MAX):
            self.work.announce(EndGiftCard(gift_card_id=id))

    @reads(cards=lambda command: [command.gift_card_id], ledgers=lambda command: [LEDGER_ID])
    @then_reads(accounts=lambda self, command: self._accounts_of(command.gift_card_id))
    def end_gift_card(self, command: EndGiftCard) -> None:
        card = self.cards.find(command.gift_card_id)
        if card is not None and card.status == OPEN and card.is_over(self.work.now):
            self._end(card, EXPIRED)

    @reads(cards=lambda command: [command.gift_card_id], ledgers=lambda command: [LEDGER_ID])
    @then_reads(accounts=lambda self, command: self._accounts_of(command.gift_card_id))
    def cancel_gift_card(self, command: CancelGiftCard) -> None:
        """Doing it twice changes nothing; what was redeemed is the buyer's."""
        card = self.cards.find(command.gift_card_id)
        if card is None:
            raise NoSuchGiftCard(gift_card_id=command.gift_card_id)
        if card.status == OPEN:
            self._end(card, CANCELLED)
        elif card.status not in (CANCELLED, EXPIRED):
            raise GiftCardIsUsed(gift_card_id=card.id)

    def _end(self, card: GiftCard, status: str) -> None:
        """What was given away comes back."""
        card.end(status, self.work.now)
        postings = {GIFT_CARDS: card.amount, GOODWILL: -card.amount}
        self._book(named_id("ended", card.id), CARD_ENDED, card.id, card.currency, postings)

    def _book(self, id: Id, kind: str, about: Id, currency: str, postings: dict[str, int]) -> None:
        self.books.book(Transaction(id, kind, about, currency, postings))

    def _with(self, command: RedeemGiftCard) -> list[GiftCard]:
        code = read_code(command.code)
        return self.cards.all_by("code_hash", code) if code else []

    def _accounts_of(self, gift_card_id: Id) -> list[Id]:
        card = self.cards.find(gift_card_id)
        return _gift_accounts(card.currency) if card is not None else []


def _gift_accounts(currency: str) -> list[Id]:
    return [account_id(GIFT_CARDS, currency), account_id(GOODWILL, currency)]
