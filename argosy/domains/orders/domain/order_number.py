"""Order numbers: short enough to be read out on the telephone, unique, and telling nobody how much is sold."""

from __future__ import annotations

from base64 import b32encode
from functools import lru_cache
from hashlib import blake2b

from argosy.shared_kernel.ids import Id

# RFC 4648's base 32 in Crockford's digits: no I, L, O or U, which are misread or misheard.
_TO_CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHJKMNPQRSTVWXYZ")


@lru_cache(maxsize=1024)  # Asked for when an order is written and when its flow is answered.
def order_number(order_id: Id) -> str:
    """The number of an order, always the same for the same id: `7KQ2-M9XT-4HBC`.

    60 bits of a hash: among 100 million orders two share a number with a chance of 0.4 %, and then the unique
    constraint refuses the second.
    """
    hashed = blake2b(order_id.encode(), digest_size=8, person=b"order-number").digest()
    digits = b32encode(hashed).translate(_TO_CROCKFORD).decode()
    return f"{digits[:4]}-{digits[4:8]}-{digits[8:12]}"
