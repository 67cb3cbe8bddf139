"""Options: the axes along which a product's variants differ, and the variants that they make."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product as combinations
from math import prod

from argosy.contracts.products import Attribute, OptionAxis
from argosy.domains.products.domain.texts import text_fault
from argosy.shared_kernel.errors import DomainError, Invalid, RuleBroken
from argosy.shared_kernel.ids import Id, named_id

AXES_MAX = 5
VALUES_MAX = 100
COMBINATIONS_MAX = 200


class TooManyOptions(Invalid):
    """There are more axes, values or combinations than one product has."""


class OptionRepeats(Invalid):
    """Axes have different names, and the values of one are different."""


class OptionsDoNotFit(RuleBroken):
    """Each variant has one value of each axis, and no two have the same; those that do not are listed."""


class NoOptionsToCombine(RuleBroken):
    """The product has no axes along which its variants differ."""


@dataclass(frozen=True, kw_only=True)
class Option:
    """One axis of a product."""

    id: Id
    position: int
    name: str
    values: tuple[str, ...]


def new_options(product_id: Id, axes: Iterable[OptionAxis]) -> list[Option]:
    return [
        Option(
            id=named_id("option", product_id, str(position)),
            position=position,
            name=axis.name.strip(),
            values=tuple(value.strip() for value in axis.values),
        )
        for position, axis in enumerate(axes)
    ]


def option_faults(axes: Sequence[OptionAxis]) -> list[DomainError | None]:
    """Everything that is wrong with axes."""
    if len(axes) > AXES_MAX or any(not 0 < len(axis.values) <= VALUES_MAX for axis in axes):
        return [TooManyOptions(axes_max=AXES_MAX, values_max=VALUES_MAX)]
    faults: list[DomainError | None] = []
    for index, axis in enumerate(axes):
        faults.append(text_fault(f"axes.{index}.name", axis.name, least=1, most=100))
        faults += [
            text_fault(f"axes.{index}.values.{place}", value, least=1, most=100)
            for place, value in enumerate(axis.values)
        ]
        if len({value.strip() for value in axis.values}) < len(axis.values):
            faults.append(OptionRepeats(field=f"axes.{index}.values"))
    if len({axis.name.strip() for axis in axes}) < len(axes):
        faults.append(OptionRepeats(field="axes"))
    if prod(len(axis.values) for axis in axes) > COMBINATIONS_MAX:
        faults.append(TooManyOptions(combinations_max=COMBINATIONS_MAX))
    return faults


def choice_of(options: Sequence[Option], attributes: Sequence[Attribute]) -> tuple[str, ...] | None:
    """Which value of each axis a variant has; None where it has none, or one that is not there."""
    said = {one.name: one.value for one in attributes}
    chosen = tuple(said.get(option.name, "") for option in options)
    return chosen if all(value in option.values for value, option in zip(chosen, options, strict=True)) else None


def misfits(options: Sequence[Option], variants: Sequence[tuple[str, Sequence[Attribute]]]) -> list[str]:
    """SKUs of those variants that do not lie on the axes, or lie where another one does."""
    if not options:
        return []
    seen: set[tuple[str, ...]] = set()
    found = []
    for sku, attributes in variants:
        chosen = choice_of(options, attributes)
        if chosen is None or chosen in seen:
            found.append(sku)
        else:
            seen.add(chosen)
    return found


def all_choices(options: Sequence[Option]) -> list[tuple[str, ...]]:
    """Every combination, in the order of choosing."""
    return list(combinations(*(option.values for option in options)))


def sku_of(product_sku: str, chosen: Sequence[str], most: int) -> str:
    """The product's SKU and the values, in letters that every system takes."""
    plain = [unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode() for value in chosen]
    words = [re.sub(r"[^A-Za-z0-9]+", "-", word).strip("-").upper() for word in plain]
    made = "-".join([product_sku, *(word or named_id(value)[:6] for word, value in zip(words, chosen, strict=True))])
    return made if len(made) <= most else f"{product_sku[: most - 9]}-{named_id(made)[:8]}"
