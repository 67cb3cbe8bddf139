"""Taxes: what the state gets of each line."""

from __future__ import annotations

from typing import Any

from argosy.domains.taxes.application.taxes import Taxes
from argosy.domains.taxes.domain.rule import TaxRule
from argosy.engine.due import CallTarget
from argosy.engine.work import UnitOfWork
from argosy.platform.context import Context


class TaxesContext(Context):
    name = "argosy.domains.taxes.adapters.outbound"
    label = "taxes"
    database = "taxes_db"
    criticality = "high"
    services = (Taxes,)
    hears = ("checkout",)

    def build(self, work: UnitOfWork) -> tuple[object, ...]:
        return (Taxes(work, work.repository(TaxRule)),)

    def rows(self) -> tuple[Any, ...]:
        from argosy.domains.taxes.adapters.outbound.repositories import ROWS

        return ROWS

    def calls(self) -> dict[str, CallTarget]:
        return {}
