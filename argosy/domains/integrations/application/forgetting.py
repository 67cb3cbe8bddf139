"""Whoever is erased leaves no key, and no address where a program of theirs listens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from argosy.contracts.accounts import PersonErased
from argosy.domains.integrations.domain.api_key import ApiKey
from argosy.domains.integrations.domain.webhook import Webhook
from argosy.engine.reads import by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork


class Forgetting:
    """Forgets people."""

    def __init__(self, work: UnitOfWork, keys: Repository[ApiKey], webhooks: Repository[Webhook]) -> None:
        self.work = work
        self.keys = keys
        self.webhooks = webhooks

    @reads(keys=lambda event: [by("user_id", event.user_id)])
    @then_reads(webhooks=lambda self, event: self._makers(event))
    def forget_person(self, event: PersonErased) -> None:
        """Their keys go with their names, and the webhooks that they or their keys have made."""
        for maker in self._makers(event):
            for webhook in self.webhooks.all_by(maker.column, maker.value):
                self.webhooks.remove(webhook)
        for key in self.keys.all_by("user_id", event.user_id):
            self.keys.remove(key)

    def _makers(self, event: PersonErased) -> Iterable[Any]:
        """A key is somebody of its own, and so is what it has made."""
        mine = self.keys.all_by("user_id", event.user_id)
        return [by("made_by", event.user_id), *(by("made_by", key.id) for key in mine)]
