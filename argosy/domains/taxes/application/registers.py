"""The port of registers of VAT ids: what is asked of one, and how one call becomes one command that tells its answer.

A register is asked beside everything else: a number that can be read counts as soon as it is said, flagged until the
register has answered. Where it is away it is asked again later, less and less often; no checkout ever waits for it.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Protocol

import msgspec

from argosy.contracts.taxes import VatRegisterAnswered
from argosy.shared_kernel.ids import Id

VAT_CHECK = "vat_check"
"""The name under which calls are registered."""

REGISTER_SECONDS = 6
ANSWER_COUNTS = timedelta(days=90)
"""After which a number is asked for again: who was registered may not be any more."""
_AGAIN_FIRST, _AGAIN_MAX, _DOUBLINGS_MAX = timedelta(minutes=5), timedelta(days=1), 9


class RegisterDidNotAnswer(Exception):
    """It is away, too slow, or said what nobody can read."""


class RegisterAnswer(msgspec.Struct, frozen=True):
    """Whether a number is registered, and under which number the register keeps that it was asked; empty where it does
    not say."""

    is_valid: bool
    consultation: str = ""


class VatRegister(Protocol):
    """Somebody outside who knows which numbers are registered. Asking changes nothing there."""

    name: str

    def knows(self, vat_id: str) -> bool:
        """Whether numbers of this country are its affair."""
        ...

    def check(self, vat_id: str, seconds: float) -> RegisterAnswer:
        """Within so many seconds; raises RegisterDidNotAnswer."""
        ...


class RegisterRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One call. `asked` tells it from those before it."""

    party_id: Id
    subject: str
    vat_id: str
    asked: int


def ask_register(register: VatRegister, request: RegisterRequest) -> VatRegisterAnswered:
    """Make the call, and tell its outcome."""
    answer = None
    with suppress(RegisterDidNotAnswer):
        answer = register.check(request.vat_id, REGISTER_SECONDS)
    return VatRegisterAnswered(
        party_id=request.party_id,
        subject_id=request.subject,
        asked=request.asked,
        register=register.name,
        is_valid=None if answer is None else answer.is_valid,
        consultation="" if answer is None else answer.consultation,
    )


def again_after(failures: int) -> timedelta:
    """How long to wait after so many questions without an answer."""
    doublings = min(failures - 1, _DOUBLINGS_MAX)
    return min(_AGAIN_FIRST * (1 << doublings), _AGAIN_MAX)
