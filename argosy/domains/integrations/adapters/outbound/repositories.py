"""How integrations' aggregates become rows."""

from __future__ import annotations

from argosy.domains.integrations.adapters.outbound.models import ApiKeyRow
from argosy.domains.integrations.domain.api_key import ApiKey
from argosy.platform.rows import Rows

ROWS = (Rows(ApiKey, ApiKeyRow),)
