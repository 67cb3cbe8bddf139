"""What products accepts and announces of the tree of categories."""

from __future__ import annotations

from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command, Event, Value


class AttributeRule(Value):
    """What a category says of an attribute. `kind` is "text", "number", "boolean" or "choice"; a number is of `unit`,
    a choice one of `values`. One that `is_required` must be there before a product goes on sale; one `of_variant` is
    a matter of each variant, and demanded only where there are several."""

    name: str
    kind: str = "text"
    unit: str = ""
    values: tuple[str, ...] = ()
    is_required: bool = False
    of_variant: bool = False


class AddCategory(Command):
    """A category below another, or (without `parent`) at the top. Products name it by its code."""

    code: str
    name: str
    parent: str = ""
    position: int = 0


class MoveCategory(Command):
    """Put a category, with all below it, under another one, or (without `parent`) at the top."""

    code: str
    parent: str = ""
    position: int = 0


class RenameCategory(Command):
    code: str
    name: str


class NameCategory(Command):
    """What a category is called in another language; an empty name takes that away."""

    code: str
    locale: str
    name: str


class SetCategoryAttributes(Command):
    """What products of this category, and of those below it, say of themselves."""

    code: str
    attributes: tuple[AttributeRule, ...]


class LocalName(Value):
    """A name in one language."""

    locale: str
    name: str


class CategoryChanged(Event, key="category_id"):
    """A category as it now is: its name, also in other languages, and where it stands."""

    category_id: Id
    code: str
    name: str
    parent_id: Id | None
    position: int
    names: tuple[LocalName, ...] = ()
