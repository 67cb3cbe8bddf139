"""The tree of categories, which staff keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from argosy.contracts.products_categories import (
    AddCategory,
    MoveCategory,
    NameCategory,
    RenameCategory,
    SetCategoryAttributes,
)
from argosy.domains.products.application.ownership import is_trusted
from argosy.domains.products.domain.category import (
    CODE_MAX,
    Category,
    CategoryCodeTaken,
    CategoryIsBelowItself,
    NoSuchCategory,
    category_faults,
    code_of,
    rule_faults,
)
from argosy.domains.products.domain.texts import locale_fault, text_fault
from argosy.engine.reads import reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.errors import NotAllowed, refuse
from argosy.shared_kernel.ids import Id


class KeepersOnly(NotAllowed):
    """Only staff keep the tree of categories."""


class Subtree(Protocol):
    """Finds what is below a category."""

    def __call__(self, category_id: Id) -> Sequence[Id]:
        """Ids of all categories below this one, those nearer to it first."""
        ...


class Categories:
    """Adds, moves and describes. What is below follows in the same transaction."""

    def __init__(self, work: UnitOfWork, categories: Repository[Category], below: Subtree) -> None:
        self.work = work
        self.categories = categories
        self.below = below

    @reads(categories=lambda command: [code_of(command.code), code_of(command.parent)])
    def add_category(self, command: AddCategory) -> Id:
        """One more category. Asked again in the same words, it changes nothing."""
        self._keep()
        refuse(category_faults(command.code.strip(), command.name, command.position))
        parent = self._parent(command.parent)
        code = command.code.strip()
        there = self.categories.find(code_of(code))
        if there is not None:
            if (there.name, there.parent_id) != (command.name.strip(), parent.id if parent else None):
                raise CategoryCodeTaken(code=code)
            return there.id
        now = self.work.now
        made = Category(
            id=code_of(code),
            code=code,
            name=command.name.strip(),
            parent_id=None,
            path=(),
            position=command.position,
            created_at=now,
            updated_at=now,
        )
        made.stand_below(parent, now)
        made.tell()
        self.categories.add(made)
        return made.id

    @reads(categories=lambda command: [code_of(command.code), code_of(command.parent)])
    def move_category(self, command: MoveCategory) -> None:
        """Somewhere else, with all below it."""
        self._keep()
        moved = self._found(command.code)
        refuse(category_faults(moved.code, moved.name, command.position))
        parent = self._parent(command.parent)
        if parent is not None and moved.id in (parent.id, *parent.path):
            raise CategoryIsBelowItself(code=moved.code)
        if (moved.parent_id, moved.position) == (parent.id if parent else None, command.position):
            return
        moved.position = command.position
        moved.stand_below(parent, self.work.now)
        moved.tell()
        self._follow(moved)

    @reads(categories=lambda command: [code_of(command.code)])
    def rename_category(self, command: RenameCategory) -> None:
        """Another name; its code stays."""
        self._keep()
        renamed = self._found(command.code)
        refuse(category_faults(renamed.code, command.name, renamed.position))
        if renamed.name != command.name.strip():
            renamed.name, renamed.updated_at = command.name.strip(), self.work.now
            renamed.tell()

    @reads(categories=lambda command: [code_of(command.code)])
    def name_category(self, command: NameCategory) -> None:
        """What it is called in another language."""
        self._keep()
        refuse([locale_fault(command.locale), text_fault("name", command.name, most=CODE_MAX)])
        self._found(command.code).call(command.locale, command.name.strip(), self.work.now)

    @reads(categories=lambda command: [code_of(command.code)])
    def set_category_attributes(self, command: SetCategoryAttributes) -> None:
        """What its products say of themselves. Those that are on sale stay so; the next change of one asks for it."""
        self._keep()
        refuse(rule_faults(command.attributes))
        described = self._found(command.code)
        if described.attributes != command.attributes:
            described.attributes, described.updated_at = command.attributes, self.work.now
            self._follow(described)

    def _follow(self, moved: Category) -> None:
        for id in self.below(moved.id):
            one = self.categories.get(id)
            assert one.parent_id is not None
            one.stand_below(self.categories.get(one.parent_id), self.work.now)

    def _keep(self) -> None:
        if not is_trusted(self.work.actor):
            raise KeepersOnly()

    def _found(self, code: str) -> Category:
        found = self.categories.find(code_of(code))
        if found is None:
            raise NoSuchCategory(code=code)
        return found

    def _parent(self, code: str) -> Category | None:
        return self._found(code) if code else None
