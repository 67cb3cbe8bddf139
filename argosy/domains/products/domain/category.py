"""The tree of categories, and what each says of the attributes of its products."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation

from argosy.contracts.products import Attribute
from argosy.contracts.products_categories import AttributeRule, CategoryChanged, LocalName
from argosy.domains.products.domain.texts import LOCALES_MAX, NumberOutOfRange, TooManyLanguages, text_fault
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import DomainError, Invalid, NotFound, RuleBroken
from argosy.shared_kernel.ids import Id, named_id

DEPTH_MAX = 8
RULES_MAX = 50
VALUES_MAX = 200
CODE_MAX = 200
POSITION_MAX = 100_000

TEXT, NUMBER, BOOLEAN, CHOICE = "text", "number", "boolean", "choice"
KINDS = (TEXT, NUMBER, BOOLEAN, CHOICE)

UNITS: dict[str, tuple[str, Decimal]] = {
    "mm": ("length", Decimal(1)),
    "cm": ("length", Decimal(10)),
    "m": ("length", Decimal(1000)),
    "in": ("length", Decimal("25.4")),
    "g": ("mass", Decimal(1)),
    "kg": ("mass", Decimal(1000)),
    "lb": ("mass", Decimal("453.59237")),
    "ml": ("volume", Decimal(1)),
    "l": ("volume", Decimal(1000)),
    "W": ("power", Decimal(1)),
    "kW": ("power", Decimal(1000)),
    "V": ("voltage", Decimal(1)),
    "mAh": ("charge", Decimal(1)),
    "Ah": ("charge", Decimal(1000)),
    "MB": ("data", Decimal(1)),
    "GB": ("data", Decimal(1000)),
    "TB": ("data", Decimal(1_000_000)),
    "s": ("time", Decimal(1)),
    "min": ("time", Decimal(60)),
    "h": ("time", Decimal(3600)),
}
"""What can be measured, in what; values in another unit of the same dimension are converted exactly."""

_MEASURE = re.compile(r"(-?[0-9]{1,12}(?:\.[0-9]{1,6})?)\s*([A-Za-z]{0,4})", re.ASCII)


class NoSuchCategory(NotFound):
    """There is no such category."""


class CategoryCodeTaken(RuleBroken):
    """There is another category with this code."""


class CategoryIsBelowItself(RuleBroken):
    """A category cannot be moved below itself."""


class CategoryTooDeep(RuleBroken):
    """Categories are at most eight levels deep."""


class MalformedAttributeRule(Invalid):
    """An attribute is a text, a number of a unit that we know, a yes or no, or a choice among values."""


class AttributeNotAllowed(Invalid):
    """This is not a value that its category allows for the attribute."""


@dataclass(kw_only=True, eq=False)
class Category(Aggregate):
    """`path` are the categories above it, the top one first; `inherited` is what those say of attributes. Both follow
    whatever is moved or changed above, in the same transaction."""

    code: str
    name: str
    parent_id: Id | None
    path: tuple[Id, ...]
    position: int
    attributes: tuple[AttributeRule, ...] = ()
    inherited: tuple[AttributeRule, ...] = ()
    names: tuple[LocalName, ...] = ()
    created_at: datetime
    updated_at: datetime

    @property
    def rules(self) -> tuple[AttributeRule, ...]:
        """All that counts here; what is said nearer to the product counts."""
        return merged(self.inherited, self.attributes)

    def tell(self) -> None:
        self.record(
            CategoryChanged(
                category_id=self.id,
                code=self.code,
                name=self.name,
                parent_id=self.parent_id,
                position=self.position,
                names=self.names,
            )
        )

    def call(self, locale: str, name: str, now: datetime) -> None:
        """What it is called in another language; without a name, no more."""
        others = [one for one in self.names if one.locale != locale]
        if name and len(others) >= LOCALES_MAX:
            raise TooManyLanguages(most=LOCALES_MAX)
        called = [*others, LocalName(locale=locale, name=name)] if name else others
        names = tuple(sorted(called, key=lambda one: one.locale))
        if names != self.names:
            self.names, self.updated_at = names, now
            self.tell()

    def stand_below(self, parent: Category | None, now: datetime) -> None:
        """Follow the category above, which may stand elsewhere or say something else now."""
        path = (*parent.path, parent.id) if parent is not None else ()
        if self.id in path:
            raise CategoryIsBelowItself(code=self.code)
        if len(path) >= DEPTH_MAX:
            raise CategoryTooDeep(code=self.code, depth_max=DEPTH_MAX)
        inherited = parent.rules if parent is not None else ()
        if (path, inherited) != (self.path, self.inherited):
            self.path, self.inherited, self.updated_at = path, inherited, now
        self.parent_id = parent.id if parent is not None else None


def merged(above: Sequence[AttributeRule], here: Sequence[AttributeRule]) -> tuple[AttributeRule, ...]:
    said = {rule.name: rule for rule in above}
    said.update({rule.name: rule for rule in here})
    return tuple(said.values())


def code_of(code: str) -> Id:
    """The id that a category's code has, in products as in the tree."""
    return named_id("category", code)


def category_faults(code: str, name: str, position: int) -> list[DomainError | None]:
    return [
        text_fault("code", code, least=1, most=CODE_MAX),
        text_fault("name", name, least=1, most=CODE_MAX),
        None if 0 <= position <= POSITION_MAX else NumberOutOfRange(field="position", least=0, most=POSITION_MAX),
    ]


def rule_faults(rules: Sequence[AttributeRule]) -> list[DomainError | None]:
    """Everything that is wrong with what a category says of attributes."""
    if len(rules) > RULES_MAX or any(len(rule.values) > VALUES_MAX for rule in rules):
        return [MalformedAttributeRule(field="attributes", most=RULES_MAX, values_max=VALUES_MAX)]
    faults: list[DomainError | None] = []
    names = [rule.name.strip() for rule in rules]
    for index, rule in enumerate(rules):
        where = f"attributes.{index}"
        faults.append(text_fault(f"{where}.name", rule.name, least=1, most=100))
        faults += [
            text_fault(f"{where}.values.{place}", value, least=1, most=100) for place, value in enumerate(rule.values)
        ]
        if rule.kind not in KINDS or names.count(rule.name.strip()) > 1:
            faults.append(MalformedAttributeRule(field=where))
        if bool(rule.values) != (rule.kind == CHOICE) or len(set(rule.values)) < len(rule.values):
            faults.append(MalformedAttributeRule(field=f"{where}.values"))
        if rule.unit and (rule.kind != NUMBER or rule.unit not in UNITS):
            faults.append(MalformedAttributeRule(field=f"{where}.unit", units=sorted(UNITS)))
    return faults


def typed(
    rules: Iterable[AttributeRule], attributes: Sequence[Attribute], where: str
) -> tuple[list[Attribute], list[DomainError | None]]:
    """The attributes as their category writes them, and what is wrong with those that it does not allow. What no rule
    speaks of stays as it was said."""
    by_name = {rule.name: rule for rule in rules}
    written: list[Attribute] = []
    faults: list[DomainError | None] = []
    for index, one in enumerate(attributes):
        rule = by_name.get(one.name.strip())
        value = one.value if rule is None else value_of(rule, one.value.strip())
        if value is None:
            assert rule is not None
            details: dict[str, object] = {"name": rule.name, "kind": rule.kind}
            if rule.values:
                details["values"] = list(rule.values)
            if rule.unit:
                details["unit"] = rule.unit
            faults.append(AttributeNotAllowed(field=f"{where}.{index}", **details))
        else:
            written.append(Attribute(name=one.name, value=value))
    return written, faults


def value_of(rule: AttributeRule, text: str) -> str | None:
    """A value in its one spelling; None where the rule does not allow it."""
    if rule.kind == CHOICE:
        return next((value for value in rule.values if value.casefold() == text.casefold()), None)
    if rule.kind == BOOLEAN:
        return {"true": "true", "yes": "true", "false": "false", "no": "false"}.get(text.casefold())
    if rule.kind == NUMBER:
        return _number(text, rule.unit)
    return text


def _number(text: str, unit: str) -> str | None:
    found = _MEASURE.fullmatch(text)
    if found is None:
        return None
    said = found[2]
    try:
        number = Decimal(found[1])
    except InvalidOperation:
        return None
    if said and said != unit:
        if said not in UNITS or unit not in UNITS or UNITS[said][0] != UNITS[unit][0]:
            return None
        number = number * UNITS[said][1] / UNITS[unit][1]
    plain = f"{number.quantize(Decimal('0.000001')).normalize():f}"
    return f"{plain} {unit}" if unit else plain


@dataclass(frozen=True)
class Demands:
    """What a product's category demands of it; nothing, where it is not in the tree."""

    rules: tuple[AttributeRule, ...] = field(default=())

    @classmethod
    def of(cls, category: Category | None) -> Demands:
        return cls(category.rules if category is not None else ())

    def names(self, *, of_variant: bool) -> list[str]:
        return [rule.name for rule in self.rules if rule.is_required and rule.of_variant == of_variant]
