"""How taxes' aggregates become rows."""

from __future__ import annotations

from argosy.domains.taxes.adapters.outbound.models import (
    SalesSumRow,
    TaxPartyRow,
    TaxRuleRow,
    TaxSaleRow,
    TaxThresholdRow,
    TaxZoneRow,
    ThresholdStandingRow,
)
from argosy.domains.taxes.domain.party import TaxParty
from argosy.domains.taxes.domain.places import TaxZone
from argosy.domains.taxes.domain.rule import TaxRule
from argosy.domains.taxes.domain.sales import SalesSum, TaxSale
from argosy.domains.taxes.domain.standing import ThresholdStanding
from argosy.domains.taxes.domain.threshold import TaxThreshold
from argosy.platform.rows import Rows

ROWS = (
    Rows(TaxRule, TaxRuleRow),
    Rows(TaxZone, TaxZoneRow),
    Rows(TaxParty, TaxPartyRow),
    Rows(TaxThreshold, TaxThresholdRow),
    Rows(TaxSale, TaxSaleRow),
    Rows(SalesSum, SalesSumRow),
    Rows(ThresholdStanding, ThresholdStandingRow),
)
