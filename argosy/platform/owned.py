"""Whose a thing is that a request names: asked before a command loads anything, so that a stranger's request costs what
one for nothing that exists costs, and takes as long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from argosy.platform.dialects import Field
from argosy.platform.runtime import runtime
from argosy.shared_kernel.errors import NotFound
from argosy.shared_kernel.ids import is_id

if TYPE_CHECKING:
    from argosy.platform.rest import Asked

Owner = Callable[["Asked"], str]


def buyer_asking(asked: Asked) -> str:
    return asked.actor.id


def seller_asking(asked: Asked) -> str:
    return asked.actor.seller_id


class Owned(NamedTuple):
    """The rows of `table` that the field `name` of what was sent names by `column`, and the columns of them that say
    whose they are: with any of them they are theirs who ask. One statement looks for both, and finds nothing of a
    stranger's. The use case decides all the same, and refuses with the same `refusal`, which names it as `told`."""

    table: str
    name: str
    owners: Mapping[str, Owner]
    refusal: type[NotFound]
    column: str = "id"
    told: str = ""
    is_for_staff: bool = True
    """Staff may touch everybody's."""
    spelled: Callable[[str], str] = str
    """Its one spelling, as it is kept."""

    is_of_a_body: bool = False
    """What is no id is left to the use case, which tells all that is wrong with a body."""

    def check(self, label: str, asked: Asked) -> None:
        if self.is_for_staff and asked.actor.has("staff"):
            return
        sent = asked.sent[self.name]
        if self.is_of_a_body and not is_id(sent):
            return
        wanted = sent if isinstance(sent, tuple) else (sent,)
        found = self._theirs(label, asked, [self.spelled(one) for one in wanted])
        for one in wanted:
            if self.spelled(one) not in found:
                raise self.refusal(**{self.told or self.name: one})

    def _theirs(self, label: str, asked: Asked, wanted: list[str]) -> set[str]:
        owners = {column: owner(asked) for column, owner in self.owners.items()}
        ids = {column: id for column, id in owners.items() if is_id(id)}
        if not ids or not wanted:
            return set()
        dialect = runtime().stores[label].dialect
        named, parameter = dialect.among(Field(self.column, "uuid" if is_id(wanted[0]) else "text"), wanted)
        sql = (
            f"SELECT {dialect.selected(self.column, 'uuid')} FROM {self.table} "
            f"WHERE {named} AND ({' OR '.join(f'{column} = ?' for column in ids)})"
        )
        return {row[0] for row in dialect.query(sql, [parameter, *ids.values()])}
