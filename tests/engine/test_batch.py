"""How many messages a batch may take."""

from __future__ import annotations

import pytest

from argosy.engine.batch import BATCH_MAX, BATCH_MIN, next_batch_max


@pytest.mark.parametrize(
    ("batch_max", "took", "held", "then"),
    [
        (256, 256, 0.021, 128),
        (256, 100, 0.021, 50),
        (64, 64, 0.5, BATCH_MIN),
        (BATCH_MIN, BATCH_MIN, 0.5, BATCH_MIN),
        (64, 64, 0.015, 64),
        (64, 64, 0.009, 128),
        (64, 63, 0.001, 64),
        (BATCH_MAX, BATCH_MAX, 0.001, BATCH_MAX),
    ],
)
def test_a_batch_holds_the_write_lock_for_twenty_milliseconds(
    batch_max: int, took: int, held: float, then: int
) -> None:
    assert next_batch_max(batch_max, took, held) == then
