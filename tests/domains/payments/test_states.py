"""The legal moves of a payment, its parts and a gift card are the README's tables, and nothing else moves one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from argosy.domains.payments.domain.capture import PART_MOVES
from argosy.domains.payments.domain.gift_card import CARD_MOVES
from argosy.domains.payments.domain.payment import MOVES
from tests.domains.payments.counter import Counter

README = Path(__file__).resolve().parents[3] / "argosy" / "domains" / "payments" / "README.md"


def written_moves() -> set[tuple[str, str]]:
    return set(re.findall(r"^\| ([A-Z_]+) \| ([A-Z_]+) \|", README.read_text(encoding="utf-8"), re.MULTILINE))


def test_the_readme_lists_exactly_the_legal_moves() -> None:
    tables = (MOVES, CARD_MOVES, PART_MOVES)
    assert written_moves() == {(start, end) for moves in tables for start, ends in moves.items() for end in ends}


@pytest.mark.parametrize("start", sorted(MOVES))
@pytest.mark.parametrize("end", sorted(MOVES))
def test_every_pair_of_states_moves_only_as_written(start: str, end: str) -> None:
    counter = Counter()
    counter.authorize()
    intent = counter.intent
    intent.status = start
    if (start, end) in written_moves():
        intent.move(end)
        assert intent.status == end
    else:
        with pytest.raises(AssertionError):
            intent.move(end)
        assert intent.status == start
