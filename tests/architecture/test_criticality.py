"""What hangs on each context is declared where the context is, and is what docs/owners.md says."""

from __future__ import annotations

from django.apps import apps

from argosy.platform.context import Context
from tests.architecture.sources import PROJECT
from tests.architecture.test_owners import LEVELS, rows

# The blueprint's failure domain map.
BLUEPRINT = {
    "payments": "critical",
    "orders": "critical",
    "inventory": "critical",
    "checkout": "high",
    "shipping": "high",
    "promotions": "medium",
    "search": "low",
    "notifications": "low",
}


def declared() -> dict[str, str]:
    return {config.label: config.criticality for config in apps.get_app_configs() if isinstance(config, Context)}


def test_the_blueprints_failure_domain_map_is_kept() -> None:
    assert {name: declared()[name] for name in BLUEPRINT} == BLUEPRINT


def test_the_page_of_owners_says_the_same() -> None:
    page = rows((PROJECT / "docs" / "owners.md").read_text(encoding="utf-8"))
    assert set(declared().values()) <= LEVELS
    assert {name: page[name][0].split(" ")[0] for name in declared()} == declared()
