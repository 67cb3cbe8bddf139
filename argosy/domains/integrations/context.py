"""Integrations: the outside's programs, the keys that they use and the news that they are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from argosy.domains.integrations.adapters.outbound.gateways.randomness import SystemRandomness
from argosy.domains.integrations.application.api_keys import ApiKeys
from argosy.domains.integrations.application.ports import Randomness
from argosy.domains.integrations.domain.api_key import ApiKey
from argosy.engine.store import Changes
from argosy.engine.work import UnitOfWork
from argosy.platform.context import Context
from argosy.platform.rows import Rows

SERVICES = (ApiKeys,)


def build(work: UnitOfWork, randomness: Randomness) -> tuple[Any, ...]:
    """The services for one unit of work."""
    return (ApiKeys(work, work.repository(ApiKey), randomness),)


class IntegrationsContext(Context):
    name = "argosy.domains.integrations.adapters.outbound"
    label = "integrations"
    database = "integrations_db"
    criticality = "medium"
    services = SERVICES
    randomness: Randomness = SystemRandomness()

    def build(self, work: UnitOfWork) -> Sequence[Any]:
        return build(work, self.randomness)

    def rows(self) -> Sequence[Rows]:
        from argosy.domains.integrations.adapters.outbound.repositories import ROWS

        return ROWS

    def withdraws(self, changes: Changes) -> bool:
        """A key that was revoked or forgotten; that one was used takes nothing away."""
        ended = any(
            key.__dict__["revoked_at"] != original["revoked_at"] for key, original in changes.updates.get(ApiKey, ())
        )
        return ended or ApiKey in changes.deletes
