"""The import rules of pyproject.toml hold here, and each of them has been seen to fail on a planted breach."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import PROJECT

LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"

HOUSE = [
    "config/settings",
    "argosy/apps/api/urls",
    "argosy/simulation/run",
    "argosy/read_models/listing/projector",
    "argosy/platform/store",
    "argosy/observability/tracing",
    "argosy/engine/batch",
    "argosy/contracts/orders",
    "argosy/shared_kernel/money",
    *(
        f"argosy/domains/{context}/{part}"
        for context in ("orders", "carts")
        for part in ("domain/rules", "application/service", "adapters/inbound/rest", "context")
    ),
]
ALLOWED = [
    ("config.settings", "argosy.domains.orders.context"),
    ("argosy.apps.api.urls", "argosy.observability.tracing"),
    ("argosy.apps.api.urls", "argosy.simulation.run"),
    ("argosy.simulation.run", "argosy.domains.orders.context"),
    ("argosy.read_models.listing.projector", "argosy.platform.store"),
    ("argosy.domains.orders.context", "argosy.platform.store"),
    ("argosy.domains.orders.context", "argosy.domains.orders.application.service"),
    ("argosy.domains.orders.adapters.inbound.rest", "argosy.platform.store"),
    ("argosy.domains.orders.application.service", "argosy.contracts.orders"),
    ("argosy.platform.store", "argosy.observability.tracing"),
    ("argosy.platform.store", "sqlite3"),
    ("argosy.engine.batch", "argosy.shared_kernel.money"),
]
# (contract, importer, imported): each alone in an otherwise clean house.
BREACHES = [
    ("rings", "argosy.domains.orders.domain.rules", "argosy.domains.orders.application.service"),
    ("rings", "argosy.domains.orders.application.service", "argosy.domains.orders.adapters.inbound.rest"),
    ("rings", "argosy.domains.orders.adapters.inbound.rest", "argosy.domains.orders.context"),
    ("contexts-apart", "argosy.domains.orders.context", "argosy.domains.carts.context"),
    ("contexts-apart", "argosy.domains.carts.application.service", "argosy.domains.orders.domain.rules"),
    ("house", "argosy.read_models.listing.projector", "argosy.domains.orders.domain.rules"),
    ("house", "argosy.domains.orders.adapters.inbound.rest", "argosy.read_models.listing.projector"),
    ("house", "argosy.domains.orders.adapters.inbound.rest", "argosy.apps.api.urls"),
    ("house", "argosy.platform.store", "argosy.domains.orders.domain.rules"),
    ("house", "argosy.contracts.orders", "argosy.engine.batch"),
    ("house", "argosy.shared_kernel.money", "argosy.contracts.orders"),
    ("house", "argosy.apps.api.urls", "config.settings"),
    ("platform-at-the-edge", "argosy.domains.carts.application.service", "argosy.platform.store"),
    ("observability-at-the-edge", "argosy.domains.carts.adapters.inbound.rest", "argosy.observability.tracing"),
    ("house", "argosy.domains.orders.context", "argosy.simulation.run"),
    ("house", "argosy.simulation.run", "argosy.apps.api.urls"),
    ("simulated", "argosy.simulation.run", "argosy.platform.store"),
    ("simulated", "argosy.simulation.run", "django.db"),
    ("simulated", "argosy.simulation.run", "sqlite3"),
    ("pure", "argosy.domains.orders.domain.rules", "django.db"),
    ("pure", "argosy.domains.carts.application.service", "psycopg"),
    ("pure", "argosy.engine.batch", "sqlite3"),
    ("pure", "argosy.contracts.orders", "django"),
    ("pure", "argosy.shared_kernel.money", "argosy.platform.store"),
]


def lint(folder: Path, *options: str) -> tuple[bool, str]:
    """Whether the import rules hold for the project in `folder`, and what the linter says."""
    command = [sys.executable, "-c", LINT, "--no-cache", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode == 0, " ".join((done.stdout + done.stderr).split())


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A small project of the right shape under this project's own rules."""
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    for module in HOUSE:
        path = tmp_path / f"{module}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("# clean\n")
    for folder in (path for path in tmp_path.rglob("*") if path.is_dir()):
        (folder / "__init__.py").touch()
    for importer, imported in ALLOWED:
        plant(tmp_path, importer, imported)
    return tmp_path


def plant(house: Path, importer: str, imported: str) -> None:
    with (house / f"{importer.replace('.', '/')}.py").open("a") as module:
        module.write(f"import {imported}\n")


def reported(module: str) -> str:
    """A foreign package is reported by its first name."""
    return module if module.startswith(("argosy.", "config.")) else module.partition(".")[0]


def test_the_import_rules_hold_here() -> None:
    holds, said = lint(PROJECT)
    assert holds, said


def test_a_clean_house_passes(house: Path) -> None:
    holds, said = lint(house)
    assert holds, said


def test_every_planted_breach_is_found(house: Path) -> None:
    """All in one house, because the linter reports every breach and starting it takes longer than its work."""
    for _, importer, imported in BREACHES:
        plant(house, importer, imported)
    for contract in dict.fromkeys(contract for contract, _, _ in BREACHES):
        holds, said = lint(house, "--contract", contract)
        assert not holds, contract
        missed = [
            (importer, imported)
            for broken, importer, imported in BREACHES
            if broken == contract and f"{importer} -> {reported(imported)} " not in said
        ]
        assert missed == [], said


def test_a_ring_of_another_name_is_found(house: Path) -> None:
    (house / "argosy/domains/orders/services.py").touch()
    holds, said = lint(house, "--contract", "rings")
    assert not holds
    assert "services" in said


def test_a_context_without_a_ring_is_found(house: Path) -> None:
    shutil.rmtree(house / "argosy/domains/carts/domain")
    holds, said = lint(house, "--contract", "rings")
    assert not holds
    assert "Missing layer" in said
