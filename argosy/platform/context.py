"""A bounded context: its name, database and services, declared in one place and known to Django as one app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from django.apps import AppConfig

from argosy.engine.due import CallTarget, Every
from argosy.engine.participant import Participant, handlers_of
from argosy.engine.people import people_of
from argosy.engine.store import Changes
from argosy.engine.work import UnitOfWork
from argosy.platform.flows import Watched
from argosy.platform.rows import Rows
from argosy.platform.sql_store import SqlStore
from argosy.shared_kernel.ids import Id

if TYPE_CHECKING:
    from argosy.platform.runtime import Runtime


class Subscription(NamedTuple):
    """A participant under the name that its cursors bear, and the store that its effects go to."""

    name: str
    participant: Participant
    store: SqlStore


class Context(AppConfig):
    """Subclassed once per context in its `context.py`; see any of them for an example.

    `database` is the name of its database (or SQLite file), `services` the classes whose methods are its use cases,
    `hears` the contexts whose commands it works off.
    """

    database: ClassVar[str]
    criticality: ClassVar[str] = "medium"
    """What hangs on it: critical, high, medium or low (docs/owners.md). Alerts about it are ordered by that."""
    services: ClassVar[tuple[type, ...]]
    hears: ClassVar[tuple[str, ...]] = ()
    schedule: ClassVar[tuple[Every, ...]] = ()
    retired: ClassVar[tuple[str, ...]] = ()
    """Wire names that its use cases handled once and on purpose do no more."""
    flows: ClassVar[tuple[Watched, ...]] = ()
    """Its sagas, for those who watch over them."""
    outbox_table: ClassVar[str | None] = None
    """The table of its log where that is not `<label>_outbox_events`; empty for a database that tells nothing."""
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

    def pictures_shown(self, part: str) -> set[str]:
        """Of whoever keeps pictures: the names of those that its rows lead to and that begin so
        (platform/stray_pictures.py). What nobody names is put aside after a day."""
        return set()

    @cached_property
    def participant(self) -> Participant:
        hears = self.hears + ((self.label,) if self.schedule and self.label not in self.hears else ())
        return Participant(self.label, handlers_of(self.services), self.build, hears, retired=self.retired)

    @cached_property
    def people(self) -> tuple[str, Participant]:
        """The subscription under which its database forgets people."""
        participant = people_of(self.label)
        return participant.name, participant

    @property
    def outbox(self) -> str:
        return f"{self.label}_outbox_events" if self.outbox_table is None else self.outbox_table

    @property
    def table_prefix(self) -> str:
        """What the names of the engine's tables in its database begin with."""
        return self.outbox.removesuffix("_outbox_events") or self.label

    def subscriptions(self, runtime: Runtime) -> Sequence[Subscription]:
        """What its workers work off, for a context of the business: its own one, and the one that forgets people."""
        store = runtime.stores[self.label]
        return Subscription(self.label, self.participant, store), Subscription(*self.people, store)

    @property
    def by_setting(self) -> Sequence[Participant]:
        """What works off messages only where a setting says so, beside its participant."""
        return ()

    def news(self, changes: Changes) -> set[str]:
        """What a commit of this context is rung for beside the messages that it told (documents, for views)."""
        return set()

    def withdraws(self, changes: Changes) -> bool:
        """Whether a commit of this context took away what a token may stand for."""
        return False

    def units_left(self, stock_unit_ids: Sequence[Id]) -> Mapping[Id, int]:
        """How many pieces of these stock units are left, as it was last told, of a context that shows stock; of others
        nothing is said."""
        return {}

    @property
    def alias(self) -> str:
        """Django's name of its database: `default` for accounts, where Django keeps its own tables."""
        return "default" if self.label == "accounts" else self.label
