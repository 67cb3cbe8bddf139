"""Gift cards: a code is told once and redeemed once, and what a card is worth lies in the books until it has ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from argosy.contracts.payments_credit import (
    CancelGiftCard,
    EndGiftCard,
    ExpireGiftCards,
    GiftCardMade,
    GiftCardRedeemed,
    IssueGiftCards,
    RedeemedCredit,
    RedeemGiftCard,
)
from argosy.domains.payments.context import SERVICES, Ports, build
from argosy.domains.payments.domain.credit import Credit
from argosy.domains.payments.domain.gift_card import (
    CardsOutOfRange,
    ExpiryNotAhead,
    GiftCard,
    GiftCardHasExpired,
    GiftCardIsUsed,
    GiftCardWasCancelled,
    NoSuchGiftCard,
    code_from,
    read_code,
)
from argosy.shared_kernel.codec import encode
from argosy.shared_kernel.errors import Several
from argosy.shared_kernel.ids import Id
from tests.domains.payments.counter import ANNA, BUYER, Counter, told
from tests.support import Stage


def issue(amount: int = 2_500, count: int = 1, **changes: Any) -> IssueGiftCards:
    return IssueGiftCards(amount=amount, currency="EUR", reason="summer", count=count, **changes)


def issued(counter: Counter, **changes: Any) -> list[GiftCardMade]:
    counter.send(issue(**changes))
    return list(counter.stage.result.cards)


def redeem(counter: Counter, code: str, buyer: Id = BUYER) -> Any:
    counter.send(RedeemGiftCard(buyer_id=buyer, code=code))
    return counter.stage.result


def the_card(counter: Counter, made: GiftCardMade) -> GiftCard:
    return counter.stage.one(GiftCard, made.gift_card_id)


def worth(counter: Counter) -> tuple[int, int, int]:
    """Given away, on cards, and a buyer's to spend."""
    assert counter.faults() == []
    assert counter.stage.undeclared_loads == 0
    return counter.balance("goodwill"), counter.balance("gift_cards"), counter.balance(f"credit:{BUYER}")


def test_cards_are_issued_together_each_with_a_code_of_its_own() -> None:
    counter = Counter()
    made = issued(counter, count=3)
    assert len({one.code for one in made}) == len({one.gift_card_id for one in made}) == 3
    assert worth(counter) == (7_500, 7_500, 0)


def test_nothing_that_is_kept_or_told_later_holds_a_code() -> None:
    counter = Counter()
    (made,) = issued(counter)
    redeem(counter, made.code)
    kept = [encode({**vars(one), "seen": None}) for one in counter.stage.all(GiftCard)]
    logged = [record.payload for record in counter.stage.store.log.records]
    for text in (*kept, *logged):
        for secret in (made.code, made.code.replace("-", "")):
            assert secret not in (text if isinstance(text, str) else text.decode())


@pytest.mark.parametrize(
    "spell",
    [str, str.lower, lambda code: code.replace("-", ""), lambda code: code.replace("-", " ").replace("0", "O")],
)
def test_a_code_may_be_typed_in_any_way_that_it_can_be_read(spell: Any) -> None:
    counter = Counter()
    (made,) = issued(counter)
    assert redeem(counter, spell(made.code)) == RedeemedCredit(amount=2_500, currency="EUR", balance=2_500)
    assert worth(counter) == (2_500, 0, 2_500)
    assert isinstance(counter.stage.all(Credit)[0], Credit)


def test_a_card_is_redeemed_once_and_its_buyer_hears_the_same_again() -> None:
    counter = Counter()
    (made,) = issued(counter)
    events = counter.send(RedeemGiftCard(buyer_id=BUYER, code=made.code))
    assert [event.buyer_id for event in events if isinstance(event, GiftCardRedeemed)] == [BUYER]
    assert redeem(counter, made.code).balance == 2_500
    with pytest.raises(GiftCardIsUsed):
        redeem(counter, made.code, ANNA)
    assert worth(counter) == (2_500, 0, 2_500)


@pytest.mark.parametrize("code", ["", "0000-0000-0000-0000-0000", "é" * 20, "U" * 20, "7" * 5_000])
def test_what_is_no_code_of_ours_is_no_card(code: str) -> None:
    counter = Counter()
    with pytest.raises(NoSuchGiftCard):
        redeem(counter, code)


def test_a_card_expires_also_before_the_job_has_come_by() -> None:
    counter = Counter()
    (made,) = issued(counter, expires_at=counter.clock.now() + timedelta(days=1))
    counter.clock.time += timedelta(days=1)
    with pytest.raises(GiftCardHasExpired):
        redeem(counter, made.code)
    assert told(counter.send(EndGiftCard(gift_card_id=made.gift_card_id))) == ["GiftCardEnded"]
    assert counter.send(EndGiftCard(gift_card_id=made.gift_card_id)) == []
    assert the_card(counter, made).status == "EXPIRED"
    assert worth(counter) == (0, 0, 0)


def test_a_card_whose_time_is_not_over_is_not_ended() -> None:
    counter = Counter()
    (made,) = issued(counter)
    assert counter.send(EndGiftCard(gift_card_id=made.gift_card_id)) == []
    assert the_card(counter, made).status == "OPEN"


def test_the_job_ends_each_card_by_a_message_of_its_own() -> None:
    found = (ANNA, BUYER)
    stage = Stage(SERVICES, lambda work: build(work, Ports(expired_cards=lambda limit: found[:limit])))
    assert stage.send(ExpireGiftCards()) == [EndGiftCard(gift_card_id=id) for id in found]


def test_a_card_that_is_taken_back_is_worth_nothing() -> None:
    counter = Counter()
    (made,) = issued(counter)
    assert told(counter.send(CancelGiftCard(gift_card_id=made.gift_card_id))) == ["GiftCardEnded"]
    assert counter.send(CancelGiftCard(gift_card_id=made.gift_card_id)) == []
    with pytest.raises(GiftCardWasCancelled):
        redeem(counter, made.code)
    assert worth(counter) == (0, 0, 0)


def test_what_was_redeemed_is_not_taken_back() -> None:
    counter = Counter()
    (made,) = issued(counter)
    redeem(counter, made.code)
    with pytest.raises(GiftCardIsUsed):
        counter.send(CancelGiftCard(gift_card_id=made.gift_card_id))
    with pytest.raises(NoSuchGiftCard):
        counter.send(CancelGiftCard(gift_card_id=ANNA))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"count": 0}, CardsOutOfRange),
        ({"count": 1_001}, CardsOutOfRange),
        ({"amount": -1, "count": 0}, Several),
    ],
)
def test_what_are_no_cards_is_refused(changes: dict[str, Any], fault: type[Exception]) -> None:
    counter = Counter()
    with pytest.raises(fault):
        counter.send(issue(**changes))
    with pytest.raises(ExpiryNotAhead):
        counter.send(issue(expires_at=counter.clock.now()))
    assert counter.entries == []


def test_each_bit_of_chance_counts_in_a_code() -> None:
    assert code_from(bytes(range(20))) == "0123-4567-89AB-CDEF-GHJK"
    assert read_code("0123-4567-89AB-CDEF-GHJK") != read_code("0123-4567-89AB-CDEF-GHJM")
