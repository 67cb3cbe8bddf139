"""Taxes: a VAT id that counts by its form alone does not do so for good."""

from __future__ import annotations

import json
from collections.abc import Iterator

from argosy.apps.doctor.check import Check, Violation
from argosy.apps.doctor.databases import Databases
from argosy.domains.taxes.application.registers import VAT_CHECK
from argosy.domains.taxes.domain.party import PENDING


def numbers_asked_for(databases: Databases) -> Iterator[Violation]:
    planned = {str(id) for (id,) in databases.stream("taxes", "SELECT id FROM taxes_due WHERE name = ?", VAT_CHECK)}
    for id, said in databases.stream(
        "taxes",
        "SELECT id, vat_check FROM tax_parties WHERE vat_id <> '' AND CAST(vat_check AS text) LIKE ?",
        f'%"{PENDING}"%',
    ):
        asked = (json.loads(said) if isinstance(said, str) else said)["asked"]
        if f"call:{VAT_CHECK}:{id}:{asked}" not in planned:
            yield Violation(f"tax_parties {id}", "counts by the form of its VAT id, and nobody is going to ask for it")


CHECKS = (
    Check(
        "I58",
        "a VAT id that no register has answered for is planned to be asked for",
        numbers_asked_for,
    ),
)
