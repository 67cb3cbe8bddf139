"""Passwords hashed with Argon2id (RFC 9106), spelled as Django's Argon2PasswordHasher spells them."""

from __future__ import annotations

import argon2

_PREFIX = "argon2"


class Argon2Passwords:
    """t=2, m=19 MiB, p=1: about 28 ms and 19 MiB a hash, in C and without the interpreter's lock."""

    # A hash of 32 random bytes that were thrown away, made with the parameters below: verifying against it takes as
    # long as against anybody's.
    dummy = "argon2$argon2id$v=19$m=19456,t=2,p=1$0CoNk6bfGpm3wvvvu6Z5Jw$keYW4MYMCt3nvEhbl9bAvyCYlKQkJo7J9lvXBVHJlbE"

    def __init__(self) -> None:
        self._hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

    def hash(self, password: str) -> str:
        return _PREFIX + self._hasher.hash(_bytes(password))

    def verify(self, encoded: str, password: str) -> bool:
        """Whether `password` is the one; False also for a hash that is none."""
        try:
            return self._hasher.verify(encoded.removeprefix(_PREFIX), _bytes(password))
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False

    def understands(self, encoded: str) -> bool:
        """Whether this is a hash that costs no more to verify than ours: a dearer one would be a way to stall us."""
        if not encoded.startswith(f"{_PREFIX}$"):
            return False
        try:
            found = argon2.extract_parameters(encoded.removeprefix(_PREFIX))
        except argon2.exceptions.InvalidHashError:
            return False
        ours = argon2.extract_parameters(self.dummy.removeprefix(_PREFIX))
        return found == ours


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
