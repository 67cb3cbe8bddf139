"""A second factor: a secret that a person's authenticator shares, and recovery codes for when it is lost."""

from __future__ import annotations

from base64 import b32encode
from dataclasses import dataclass, field
from datetime import datetime

from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.bearer_tokens import fingerprint
from argosy.shared_kernel.errors import NotAllowed, NotFound, RuleBroken
from argosy.shared_kernel.ids import Id, named_id

SECRET_BYTES = 20
STEP_SECONDS = 30
SLACK_STEPS = 1
"""Clocks of telephones go wrong: the code before and the code after count, too."""
RECOVERY_CODES = 10
RECOVERY_CODE_BYTES = 10


class SecondFactorNeeded(NotAllowed):
    """This account has a second factor: send its code as well."""


class SecondFactorRefused(NotAllowed):
    """This code is wrong, too old, or was used already."""


class SecondFactorThere(RuleBroken):
    """This account has a second factor already. Remove it first."""


class NoSecondFactor(NotFound):
    """This account has no second factor."""


@dataclass(kw_only=True, eq=False)
class SecondFactor(Aggregate):
    """`secret` is sealed: only the marketplace's own secret opens it. `last_step` is the latest moment whose code was
    used: no code works twice. Of recovery codes only fingerprints are kept."""

    user_id: Id
    secret: str
    created_at: datetime
    confirmed_at: datetime | None = None
    last_step: int = 0
    recovery: list[str] = field(default_factory=list)

    @classmethod
    def begin(cls, user_id: Id, sealed: str, now: datetime) -> SecondFactor:
        return cls(id=factor_id(user_id), user_id=user_id, secret=sealed, created_at=now)

    @property
    def counts(self) -> bool:
        """Whether it is asked for."""
        return self.confirmed_at is not None

    def begin_again(self, sealed: str, now: datetime) -> None:
        """Another secret, as long as the one before was never shown to work."""
        if self.counts:
            raise SecondFactorThere()
        self.secret, self.created_at, self.last_step = sealed, now, 0

    def confirm(self, now: datetime) -> None:
        self.confirmed_at = now

    def use_step(self, step: int) -> bool:
        """Whether the code of this moment may still be used; then it is."""
        if step <= self.last_step:
            return False
        self.last_step = step
        return True

    def use_recovery(self, code: str) -> bool:
        """Whether this is one of the recovery codes that are left; then it is no more."""
        kept = fingerprint(normalised(code))
        if kept not in self.recovery:
            return False
        self.recovery = [one for one in self.recovery if one != kept]
        return True

    def renew_recovery(self, codes: tuple[str, ...]) -> None:
        self.recovery = [fingerprint(normalised(code)) for code in codes]


def factor_id(user_id: Id) -> Id:
    """A person has one."""
    return named_id("second factor", user_id)


def recovery_code(chance: bytes) -> str:
    """Four groups of four letters and digits: 80 bits of chance, and easy to copy from paper."""
    assert len(chance) == RECOVERY_CODE_BYTES
    text = b32encode(chance).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def normalised(code: str) -> str:
    """As people type it."""
    return "".join(code.split()).replace("-", "").lower()
