"""Taxes: what the state gets of each line."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Protocol

from django.core.exceptions import ImproperlyConfigured

from argosy.contracts.taxes_thresholds import ReviewThresholds, SweepTaxSales
from argosy.domains.taxes.application.parties import TaxParties
from argosy.domains.taxes.application.quotes import TaxQuotes
from argosy.domains.taxes.application.registers import (
    REGISTER_SECONDS,
    VAT_CHECK,
    RegisterRequest,
    VatRegister,
    ask_register,
)
from argosy.domains.taxes.application.sales import Old, SalesSweeping, TaxSales
from argosy.domains.taxes.application.services import SERVICE_SECONDS, TAX_SERVICE, ServiceRequest, TaxService, ask
from argosy.domains.taxes.application.taxes import Taxes
from argosy.domains.taxes.application.thresholds import Sold, TaxThresholds, ThresholdReviews, is_watching
from argosy.domains.taxes.domain.party import TaxParty
from argosy.domains.taxes.domain.places import TaxZone
from argosy.domains.taxes.domain.rule import TaxRule
from argosy.domains.taxes.domain.sales import SalesSum, TaxSale
from argosy.domains.taxes.domain.standing import ThresholdStanding
from argosy.domains.taxes.domain.threshold import TaxThreshold
from argosy.engine.due import CallTarget, Every
from argosy.engine.participant import Participant, handlers_of
from argosy.engine.work import UnitOfWork
from argosy.platform.context import Context, Subscription

if TYPE_CHECKING:
    from argosy.platform.runtime import Runtime

SERVICES = (Taxes, TaxQuotes, TaxParties, TaxThresholds)
SALES_SERVICES = (TaxSales, ThresholdReviews, SalesSweeping)
SALES_JOBS = (
    Every(seconds=3_600, send=ReviewThresholds(), first_after=300),
    Every(seconds=86_400, send=SweepTaxSales(), first_after=900),
)
SETTING = "ARGOSY_TAX_SERVICES"
"""Names of the outside services in use, with blanks between them; none by default."""
ENTRY_POINTS = "argosy.tax_services"
"""Where outside packages name their services: a function without arguments that gives one."""
REGISTER_SETTING = "ARGOSY_VAT_REGISTER"
"""Who is asked for VAT ids: `vies`, or what a package brings; nobody by default."""
REGISTERS = "argosy.vat_registers"
"""Where outside packages name their registers: a function without arguments that gives one."""
POOL_SECONDS = SERVICE_SECONDS + 2
"""A service has its seconds; one that does not keep to them is given up a little later."""


def build(
    work: UnitOfWork, services: Collection[str] = ("test",), register: VatRegister | None = None
) -> tuple[object, ...]:
    """The services for one unit of work."""
    rules, parties, zones = work.repository(TaxRule), work.repository(TaxParty), work.repository(TaxZone)
    return (
        Taxes(work, rules, zones, services),
        TaxQuotes(work, rules, parties, services),
        TaxParties(work, parties, register),
        TaxThresholds(work, work.repository(TaxThreshold), zones),
    )


class Counted(Sold, Old, Protocol):
    """Finds what was counted, and what of it is old."""


def build_sales(work: UnitOfWork, sold: Counted) -> tuple[object, ...]:
    """The same for the sales that thresholds count."""
    rules, parties = work.repository(TaxRule), work.repository(TaxParty)
    sales, sums = work.repository(TaxSale), work.repository(SalesSum)
    return (
        TaxSales(work, sales, sums),
        ThresholdReviews(work, rules, parties, work.repository(ThresholdStanding), sold),
        SalesSweeping(work, sales, sums, sold),
    )


def call_targets(services: Mapping[str, TaxService]) -> dict[str, CallTarget]:
    """What answers the calls of taxes."""
    return {
        TAX_SERVICE: CallTarget(
            ServiceRequest, lambda request, attempt, call_id: ask(services, request, attempt), seconds=POOL_SECONDS
        )
    }


class TaxesContext(Context):
    name = "argosy.domains.taxes.adapters.outbound"
    label = "taxes"
    database = "taxes_db"
    criticality = "high"
    services = SERVICES
    hears = ("checkout",)

    def build(self, work: UnitOfWork) -> tuple[object, ...]:
        return build(work, self.service_names, self.register)

    @cached_property
    def service_names(self) -> frozenset[str]:
        """The outside services that this marketplace may ask; without any, nobody looks for calls to make."""
        return frozenset(os.environ.get(SETTING, "").split())

    @cached_property
    def register(self) -> VatRegister | None:
        """Who is asked for VAT ids; nobody where none is named."""
        name = os.environ.get(REGISTER_SETTING, "")
        if not name:
            return None
        if name == "vies":
            from argosy.domains.taxes.adapters.outbound.registers.vies import Vies

            return Vies.from_environment(os.environ)
        found: list[VatRegister] = [one.load()() for one in entry_points(group=REGISTERS) if one.name == name]
        if not found:
            raise ImproperlyConfigured(f"{REGISTER_SETTING} names no register of VAT ids that is there: {name}")
        return found[0]

    @cached_property
    def participant(self) -> Participant:
        return Participant(self.label, handlers_of(self.services), self.build, self.hears)

    @cached_property
    def sales(self) -> Participant:
        """Worked off after what a buyer waits for, like a view, and like a view from the beginning of the logs on."""
        return Participant(
            "taxes.sales", handlers_of(SALES_SERVICES), self._build_sales, hears=(self.label,), is_projector=True
        )

    def _build_sales(self, work: UnitOfWork) -> Sequence[object]:
        from argosy.domains.taxes.adapters.outbound.thresholds import StoredSales

        return build_sales(work, StoredSales())

    @property
    def schedule(self) -> tuple[Every, ...]:  # type: ignore[override]
        """Where nobody counts sales, nobody looks at them."""
        return SALES_JOBS if is_watching(os.environ) else ()

    @property
    def by_setting(self) -> Sequence[Participant]:
        return (self.sales,)

    def subscriptions(self, runtime: Runtime) -> Sequence[Subscription]:
        own = super().subscriptions(runtime)
        if not is_watching(os.environ):
            return own
        return (*own, Subscription(self.sales.name, self.sales, runtime.stores[self.label]))

    def rows(self) -> tuple[Any, ...]:
        from argosy.domains.taxes.adapters.outbound.repositories import ROWS

        return ROWS

    def calls(self) -> dict[str, CallTarget]:
        targets: dict[str, CallTarget] = {}
        register = self.register
        if register is not None:
            targets[VAT_CHECK] = CallTarget(
                RegisterRequest,
                lambda request, attempt, call_id: ask_register(register, request),
                seconds=REGISTER_SECONDS + 2,
            )
        if not self.service_names:
            return targets
        from argosy.domains.taxes.adapters.outbound.services.test import TestTaxService

        found: dict[str, TaxService] = {
            one.name: one.load()() for one in entry_points(group=ENTRY_POINTS) if one.name in self.service_names
        }
        if "test" in self.service_names:
            found["test"] = TestTaxService.from_environment()
        return targets | call_targets(found)
