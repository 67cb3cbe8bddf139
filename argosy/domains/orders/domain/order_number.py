"""Order numbers: short enough to be read out on the telephone, unique, and telling nobody how much is sold."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

from argosy.shared_kernel.ids import Id

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O or U, which are misread or misheard.
_LENGTH = 12


@lru_cache(maxsize=1024)  # Asked for when an order is written and when its flow is answered.
def order_number(order_id: Id) -> str:
    """The number of an order, always the same for the same id: `7KQ2-M9XT-4HBC`.

    60 bits of a hash: among 100 million orders two share a number with a chance of 0.4 %, and then the unique
    constraint refuses the second.
    """
    bits = int.from_bytes(blake2b(order_id.encode(), digest_size=8, person=b"order-number").digest(), "big")
    digits = "".join([_DIGITS[bits >> shift & 31] for shift in range(0, 5 * _LENGTH, 5)])
    return f"{digits[:4]}-{digits[4:8]}-{digits[8:]}"
