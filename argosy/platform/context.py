"""A bounded context: its name, database and services, declared in one place and known to Django as one app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from django.apps import AppConfig

from argosy.engine.due import CallTarget
from argosy.engine.participant import Participant, handlers_of
from argosy.engine.work import UnitOfWork
from argosy.platform.rows import Rows
from argosy.shared_kernel.messages import Command


@dataclass(frozen=True)
class Every:
    """A recurring command: told in the context's own log every `seconds`."""

    seconds: int
    send: Command


class Context(AppConfig):
    """Subclassed once per context in its `context.py`; see any of them for an example.

    `database` is the name of its database (or SQLite file), `services` the classes whose methods are its use cases,
    `hears` the contexts whose commands it works off.
    """

    database: ClassVar[str]
    services: ClassVar[tuple[type, ...]]
    hears: ClassVar[tuple[str, ...]] = ()
    schedule: ClassVar[tuple[Every, ...]] = ()
    default_auto_field = "django.db.models.BigAutoField"

    def build(self, work: UnitOfWork) -> Sequence[Any]:
        """The services, in the order of `services`, for one unit of work."""
        raise NotImplementedError

    def rows(self) -> Sequence[Rows]:
        """How its aggregates become rows."""
        raise NotImplementedError

    def calls(self) -> Mapping[str, CallTarget]:
        """What answers its calls to the outside, by name."""
        return {}

    @cached_property
    def participant(self) -> Participant:
        hears = self.hears + ((self.label,) if self.schedule and self.label not in self.hears else ())
        return Participant(self.label, handlers_of(self.services), self.build, hears)

    @property
    def alias(self) -> str:
        """Django's name of its database: `default` for accounts, where Django keeps its own tables."""
        return "default" if self.label == "accounts" else self.label
