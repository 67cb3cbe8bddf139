"""Keys are made for what their maker may, shown once, and end when they are told to."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest

from argosy.contracts.accounts import PersonErased
from argosy.contracts.integrations import (
    ApiKeyCreated,
    ApiKeyMade,
    ApiKeyRevoked,
    CreateApiKey,
    NoteApiKeyUse,
    RevokeApiKey,
)
from argosy.domains.integrations.context import SERVICES, build
from argosy.domains.integrations.domain.api_key import (
    KEYS_MAX,
    ActsAsNobody,
    ApiKey,
    NameNotUsable,
    NoSuchKey,
    TooManyKeys,
    granted_by,
)
from argosy.engine.work import Actor
from argosy.shared_kernel.bearer_tokens import fingerprint
from argosy.shared_kernel.errors import DomainError, Several
from tests.domains.integrations.outside import ports
from tests.support import Stage, an_id

SELLER = Actor(id=an_id("person"), roles=frozenset({"buyer", "seller"}), seller_id=an_id("store"))
OTHER = Actor(id=an_id("other"), roles=frozenset({"seller"}), seller_id=an_id("other store"))
STAFF = Actor(id=an_id("staff"), roles=frozenset({"staff"}))
BUYER = Actor(id=an_id("buyer"), roles=frozenset({"buyer"}))


@pytest.fixture
def stage() -> Stage:
    outside = ports()
    return Stage(SERVICES, lambda work: build(work, outside))


def asked(**changes: Any) -> CreateApiKey:
    return CreateApiKey(**{"name": "warehouse", "scopes": ("orders:read",), **changes})


def made(stage: Stage, actor: Actor = SELLER, **changes: Any) -> ApiKeyMade:
    stage.send(asked(**changes), actor=actor)
    assert isinstance(stage.result, ApiKeyMade)
    return stage.result


def refused(stage: Stage, command: Any, actor: Actor, error: type[DomainError]) -> DomainError:
    with pytest.raises(error) as refusal:
        stage.send(command, actor=actor)
    return refusal.value


def test_a_key_is_told_once_and_only_its_fingerprint_is_kept(stage: Stage) -> None:
    key = made(stage, scopes=("products:write", "orders:read", "orders:read"))
    kept = stage.one(ApiKey, key.key_id)
    assert kept.token_hash == fingerprint(key.key)
    assert (kept.prefix, kept.scopes, kept.acts_as) == (key.key[:17], ["orders:read", "products:write"], "seller")
    assert key.key not in [getattr(kept, field.name) for field in fields(kept)]
    assert key.key.startswith("argosy_key_")
    assert len(key.key) == len("argosy_key_") + 43
    assert stage.undeclared_loads == 0


def test_what_is_told_of_a_key_holds_no_part_of_it(stage: Stage) -> None:
    (told,) = stage.send(asked(), actor=SELLER)
    assert told == ApiKeyCreated(
        key_id=stage.result.key_id,
        user_id=an_id("person"),
        seller_id=an_id("store"),
        scopes=("orders:read",),
        expires_at=None,
    )


def test_all_faults_are_told_at_once(stage: Stage) -> None:
    wrong = asked(
        name=" \u200b",
        scopes=("orders:all", "events:write", "accounts:read"),
        expires_at=stage.clock.now(),
        acts_as="x",
    )
    refusal = refused(stage, wrong, SELLER, Several)
    assert isinstance(refusal, Several)
    assert [fault.code for fault in refusal.faults] == [
        "name_not_usable",
        "scope_unknown",
        "scope_unknown",
        "scope_unknown",
        "expiry_not_ahead",
        "acts_as_nobody",
    ]
    assert stage.all(ApiKey) == []


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\nb"])
def test_a_name_can_be_read(stage: Stage, name: str) -> None:
    refused(stage, asked(name=name), SELLER, NameNotUsable)


@pytest.mark.parametrize(("actor", "wanted"), [(BUYER, ""), (BUYER, "seller"), (SELLER, "staff"), (STAFF, "seller")])
def test_nobody_makes_a_key_for_more_than_they_are(stage: Stage, actor: Actor, wanted: str) -> None:
    refused(stage, asked(acts_as=wanted), actor, ActsAsNobody)


def test_a_key_of_staff_acts_as_staff(stage: Stage) -> None:
    assert stage.one(ApiKey, made(stage, STAFF).key_id).seller_id is None
    both = Actor(id=an_id("both"), roles=frozenset({"staff", "seller"}), seller_id=an_id("store of both"))
    assert made(stage, both).acts_as == "seller"
    assert made(stage, both, acts_as="staff").acts_as == "staff"


def test_a_key_is_revoked_once_by_its_owner_or_staff_and_by_nobody_else(stage: Stage) -> None:
    key = made(stage)
    refused(stage, RevokeApiKey(key_id=key.key_id), OTHER, NoSuchKey)
    refused(stage, RevokeApiKey(key_id=an_id("none")), SELLER, NoSuchKey)
    assert stage.one(ApiKey, key.key_id).counts(stage.clock.now())
    revoked = ApiKeyRevoked(key_id=key.key_id, user_id=an_id("person"), revoked_by=an_id("person"))
    assert stage.send(RevokeApiKey(key_id=key.key_id), actor=SELLER) == [revoked]
    assert stage.send(RevokeApiKey(key_id=key.key_id), actor=SELLER) == []
    assert not stage.one(ApiKey, key.key_id).counts(stage.clock.now())
    other = made(stage)
    assert len(stage.send(RevokeApiKey(key_id=other.key_id), actor=STAFF)) == 1
    assert stage.undeclared_loads == 0


def test_a_key_ends_at_its_time(stage: Stage) -> None:
    until = stage.clock.now() + timedelta(days=1)
    key = stage.one(ApiKey, made(stage, expires_at=until).key_id)
    assert key.counts(until - timedelta(seconds=1))
    assert not key.counts(until)


def test_keys_are_bounded_in_number_and_so_are_those_that_ended(stage: Stage) -> None:
    first = made(stage)
    for _ in range(KEYS_MAX - 1):
        made(stage)
    refused(stage, asked(), SELLER, TooManyKeys)
    made(stage, OTHER)
    stage.send(RevokeApiKey(key_id=first.key_id), actor=SELLER)
    for _ in range(KEYS_MAX + 10):
        stage.send(RevokeApiKey(key_id=made(stage).key_id), actor=SELLER)
    mine = [key for key in stage.all(ApiKey) if key.user_id == SELLER.id]
    assert len(mine) == 2 * KEYS_MAX - 1
    assert stage.undeclared_loads == 0


def test_the_last_use_never_goes_back(stage: Stage) -> None:
    key, now = made(stage), stage.clock.now()
    stage.send(NoteApiKeyUse(key_id=key.key_id, used_at=now))
    stage.send(NoteApiKeyUse(key_id=key.key_id, used_at=now - timedelta(hours=1)))
    stage.send(NoteApiKeyUse(key_id=an_id("none"), used_at=now))
    assert stage.one(ApiKey, key.key_id).last_used_at == now
    assert stage.undeclared_loads == 0


def test_who_is_erased_leaves_no_keys(stage: Stage) -> None:
    made(stage)
    kept = made(stage, OTHER)
    stage.send(PersonErased(user_id=an_id("person")))
    assert [key.id for key in stage.all(ApiKey)] == [kept.key_id]
    assert stage.undeclared_loads == 0


def test_writing_includes_reading() -> None:
    assert granted_by(("products:write", "orders:read")) == {"products:write", "products:read", "orders:read"}
