"""Who did what to what, and why: what staff, members of stores' teams and operators at terminals have done, out of the
logs of all contexts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from argosy.contracts.accounts import PersonErased
from argosy.engine.reads import by, reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.read_models.documents import Document, told_at
from argosy.shared_kernel.ids import Id, named_id
from argosy.shared_kernel.messages import OperatorActed, StaffActed

OPERATOR = "operator"
NAME_LETTERS_MAX = 200
"""What an act is about is an id, or a name as people spell it."""


class ActShown(msgspec.Struct, kw_only=True):
    """One act. `acted_as`: `staff`, `member` of a store's team, or `operator` at a terminal of the marketplace."""

    act_id: Id
    at: str
    context: str
    what: str
    about: str
    operator: str
    acted_as: str
    reason: str
    details: dict[str, str]


@dataclass(kw_only=True, eq=False)
class Act(Document):
    """`person_id` is whom it was done to; nobody where it was done to a thing."""

    at: datetime
    context: str
    what: str
    about: str
    operator: str
    acted_as: str
    person_id: Id | None = None


class AuditProjector:
    """Acts stay as they were told; what was said of a person goes with them."""

    def __init__(self, work: UnitOfWork, acts: Repository[Act]) -> None:
        self.work = work
        self.acts = acts

    @reads(acts=lambda event: [event.act_id])
    def note(self, event: StaffActed) -> None:
        if self.acts.find(event.act_id) is None:
            self._add(Id(event.act_id), event, event.acted_as, event.context, event.person_id)

    def note_operator(self, event: OperatorActed) -> None:
        """Its id says when it was told, which no message does, so what it reads is not declared: one look by that id,
        however much was done about the same thing, and for something that people do by hand."""
        id = named_id("act", f"{event.about} {event.what} {event.operator} {told_at(self.work)}")
        if self.acts.find(id) is None:
            self._add(id, event, OPERATOR)

    @reads(acts=lambda event: [by("person_id", event.user_id)])
    def forget(self, event: PersonErased) -> None:
        for act in self.acts.all_by("person_id", event.user_id):
            act.show(msgspec.structs.replace(msgspec.json.decode(act.body, type=ActShown), reason=""))

    def _add(
        self, id: Id, event: StaffActed | OperatorActed, acted_as: str, context: str = "", person: str = ""
    ) -> None:
        about, operator = event.about[:NAME_LETTERS_MAX], event.operator[:NAME_LETTERS_MAX]
        act = Act(
            id=id,
            at=self.work.told_at,
            context=context,
            what=event.what,
            about=about,
            operator=operator,
            acted_as=acted_as,
            person_id=Id(person) if person else None,
        )
        act.show(
            ActShown(
                act_id=id,
                at=told_at(self.work),
                context=context,
                what=event.what,
                about=about,
                operator=operator,
                acted_as=acted_as,
                reason=event.reason,
                details=event.details,
            )
        )
        self.acts.add(act)
