"""docs/errors.md: every refusal with its code, family and sentence."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module

import argosy
from argosy.shared_kernel.errors import DomainError, Invalid, NotAllowed, NotFound, RuleBroken, TooMany

FAMILIES = {
    Invalid: (422, "not readable"),
    NotFound: (404, "not there, or not yours"),
    RuleBroken: (409, "a rule forbids it now"),
    NotAllowed: (403, "not yours to do"),
    TooMany: (429, "tried too often; `Retry-After` says when to try again"),
}
TOP = """\
# Refusals

Every reason for which a caller may be refused; made by `argosy contracts` and compared with the code by a test. `code`
is stable; the sentence is for people and may be reworded. Over HTTP it is the problem's `code` with the status of its
family; the answer to a flow's command is `Refused` with the same code. `several` lists more than one fault at once.
"""


def page() -> str:
    lines = [TOP, "| status | family |", "|---|---|"]
    lines += [f"| {status} | {family.__name__}: {words} |" for family, (status, words) in FAMILIES.items()]
    for place, kinds in by_place().items():
        lines += ["", f"## {place}\n", "| code | status | sentence |", "|---|---|---|"]
        lines += [f"| `{kind.code}` | {FAMILIES[family_of(kind)][0]} | {sentence_of(kind)} |" for kind in kinds]
    return "\n".join(lines) + "\n"


def by_place() -> dict[str, list[type[DomainError]]]:
    """Refusals by the context, or the layer, that they belong to."""
    found: dict[str, list[type[DomainError]]] = {}
    for kind in sorted(refusals(), key=lambda kind: (place_of(kind), kind.code, kind.__module__)):
        found.setdefault(place_of(kind), []).append(kind)
    return found


def refusals() -> list[type[DomainError]]:
    """Every refusal of the whole program, families apart."""
    for module in pkgutil.walk_packages(argosy.__path__, "argosy."):
        if not module.name.startswith("argosy.apps") and "migrations" not in module.name:
            import_module(module.name)
    return [kind for kind in _below(DomainError) if kind not in FAMILIES and kind.__module__.startswith("argosy.")]


def family_of(kind: type[DomainError]) -> type[DomainError]:
    return next(family for family in FAMILIES if issubclass(kind, family))


def place_of(kind: type[DomainError]) -> str:
    parts = kind.__module__.split(".")
    return parts[2] if parts[1] == "domains" else parts[1]


def sentence_of(kind: type[DomainError]) -> str:
    """What a person reads: the first line of its own words."""
    return (kind.__dict__.get("__doc__") or "").strip().split("\n")[0]


def _below(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)
