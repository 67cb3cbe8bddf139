"""How taxes' aggregates become rows."""

from __future__ import annotations

from argosy.domains.taxes.adapters.outbound.models import TaxPartyRow, TaxRuleRow, TaxZoneRow
from argosy.domains.taxes.domain.party import TaxParty
from argosy.domains.taxes.domain.places import TaxZone
from argosy.domains.taxes.domain.rule import TaxRule
from argosy.platform.rows import Rows

ROWS = (Rows(TaxRule, TaxRuleRow), Rows(TaxZone, TaxZoneRow), Rows(TaxParty, TaxPartyRow))
