"""Everything that can be asked about keys."""

from __future__ import annotations

from argosy.contracts.integrations import ApiKeyMade, CreateApiKey, NoteApiKeyUse, RevokeApiKey
from argosy.domains.integrations.application.ports import Randomness
from argosy.domains.integrations.domain.api_key import (
    KEYS_MAX,
    SELLER,
    STAFF,
    ActsAsNobody,
    ApiKey,
    ExpiryNotAhead,
    NoSuchKey,
    TooManyKeys,
    key_from,
    name_fault,
    scope_faults,
)
from argosy.engine.reads import by, reads, then_reads
from argosy.engine.work import Actor, Repository, UnitOfWork
from argosy.shared_kernel.bearer_tokens import TOKEN_BYTES
from argosy.shared_kernel.errors import Invalid, refuse
from argosy.shared_kernel.ids import Id, is_id


class ApiKeys:
    """Makes keys and ends them."""

    def __init__(self, work: UnitOfWork, keys: Repository[ApiKey], randomness: Randomness) -> None:
        self.work = work
        self.keys = keys
        self.randomness = randomness

    @then_reads(keys=lambda self, command: [by("user_id", self.work.actor.id)] if is_id(self.work.actor.id) else [])
    def create_api_key(self, command: CreateApiKey) -> ApiKeyMade:
        """Told once. Of keys that count no more the last are kept, to be looked at."""
        actor, now = self.work.actor, self.work.now
        faults: list[Invalid | None] = [name_fault(command.name), *scope_faults(command.scopes)]
        if command.expires_at is not None and command.expires_at <= now:
            faults.append(ExpiryNotAhead(field="expires_at"))
        acts_as = _acts_as(command.acts_as, actor)
        if not acts_as:
            faults.append(ActsAsNobody(field="acts_as"))
        refuse(faults)
        self._make_room()
        key = key_from(self.randomness.random_bytes(TOKEN_BYTES))
        seller_id = Id(actor.seller_id) if acts_as == SELLER else None
        made = ApiKey.make(self.work.new_id(), key, (Id(actor.id), seller_id), command, now)
        self.keys.add(made)
        return ApiKeyMade(
            key_id=made.id,
            key=key,
            prefix=made.prefix,
            scopes=tuple(made.scopes),
            acts_as=acts_as,
            expires_at=made.expires_at,
        )

    @reads(keys=lambda command: [command.key_id])
    def revoke_api_key(self, command: RevokeApiKey) -> None:
        """Whose key it is may, and staff; to all others there is none."""
        actor = self.work.actor
        key = self.keys.find(command.key_id)
        if key is None or not (key.user_id == actor.id or actor.has(STAFF) or actor.has("system")):
            raise NoSuchKey(key_id=command.key_id)
        key.revoke(actor.id, self.work.now)

    @reads(keys=lambda command: [command.key_id])
    def note_api_key_use(self, command: NoteApiKeyUse) -> None:
        key = self.keys.find(command.key_id)
        if key is not None:
            key.note_use(command.used_at)

    def _make_room(self) -> None:
        now = self.work.now
        mine = self.keys.all_by("user_id", self.work.actor.id)
        if sum(key.counts(now) for key in mine) >= KEYS_MAX:
            raise TooManyKeys(most=KEYS_MAX)
        over = sorted((key for key in mine if not key.counts(now)), key=lambda key: key.created_at, reverse=True)
        for key in over[KEYS_MAX - 1 :]:
            self.keys.remove(key)


def _acts_as(wanted: str, actor: Actor) -> str:
    """As whom a key of this person acts; empty where they may not."""
    mine = [role for role, has in ((SELLER, bool(actor.seller_id)), (STAFF, actor.has(STAFF))) if has]
    if not wanted:
        return mine[0] if mine else ""
    return wanted if wanted in mine else ""
