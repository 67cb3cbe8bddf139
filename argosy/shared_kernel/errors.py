"""What a caller may be refused for, in five families.

The class name is the broken sentence, its snake case the stable `code`; the data comes as keywords. A rule broken by a
caller raises one of these; an expected outcome of a process is an event; a bug is an assertion.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, ClassVar

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake_case(name: str) -> str:
    return _WORDS.sub("_", name).lower()


class DomainError(Exception):
    """A refusal: nothing happened, and `code` with `details` say why."""

    code: ClassVar[str] = "domain_error"

    def __init_subclass__(cls) -> None:
        cls.code = snake_case(cls.__name__)

    def __init__(self, **details: Any) -> None:
        super().__init__(self.code)
        self.details = details

    @property
    def sentence(self) -> str:
        """What a person reads: the first line of the class's docstring."""
        return (type(self).__doc__ or self.code).strip().splitlines()[0]


class Invalid(DomainError):
    """What was sent is not a thing that we know how to read."""


class NotFound(DomainError):
    """There is no such thing, or it is not yours."""


class RuleBroken(DomainError):
    """It was understood, and a rule forbids it now."""


class NotAllowed(DomainError):
    """You may not do this."""


class TooMany(DomainError):
    """It was tried too often. `retry_after` tells after how many seconds it may be tried again."""


class Several(Invalid):
    """Several things are wrong; each is listed."""

    def __init__(self, faults: Iterable[DomainError]) -> None:
        self.faults = tuple(faults)
        super().__init__(faults=[{"code": fault.code, **fault.details} for fault in self.faults])


def refuse(faults: Iterable[DomainError | None]) -> None:
    """Raise whatever is wrong, all of it at once: a single fault as itself. None stands for what is right."""
    wrong = [fault for fault in faults if fault is not None]
    if wrong:
        raise wrong[0] if len(wrong) == 1 else Several(wrong)
