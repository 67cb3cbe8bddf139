"""How taxes' aggregates become rows."""

from __future__ import annotations

from argosy.domains.taxes.adapters.outbound.models import TaxRuleRow
from argosy.domains.taxes.domain.rule import TaxRule
from argosy.platform.rows import Rows

ROWS = (Rows(TaxRule, TaxRuleRow),)
