"""Whom a token stands for, and what people read of themselves: on the real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from argosy.contracts.accounts import AddAddress, OpenStore, RegisterUser, SignedIn, SignIn, SignOut
from argosy.domains.accounts.adapters.outbound.models import UserRoleRow, UserRow
from argosy.domains.accounts.adapters.outbound.queries import account_of, actor_of, address_of
from argosy.engine.work import Actor
from tests.domains.accounts.stage import signed_in
from tests.marketplace import Marketplace
from tests.support import an_id

ANA = an_id("ana")


def enter(marketplace: Marketplace, *roles: str) -> SignedIn:
    """Ana registers, opens a store and signs in."""
    marketplace.do(
        "accounts", RegisterUser(email="Ana@example.com", password="correct horse", first_name="Ana", user_id=ANA)
    )
    marketplace.do("accounts", OpenStore(store_name="Ana's", seller_id=an_id("shop")), _as_system(ANA))
    answer: SignedIn = marketplace.do(
        "accounts", SignIn(email="ana@EXAMPLE.com", password="correct horse", roles=roles), Actor()
    )
    return answer


def _as_system(user_id: str) -> Actor:
    return Actor(id=user_id, roles=frozenset({"system"}))


def test_a_token_stands_for_its_holder_in_one_statement(marketplace: Marketplace) -> None:
    session = enter(marketplace)
    with CaptureQueriesContext(connection) as queries:
        actor = actor_of(session.token)
    assert actor == Actor(
        id=ANA, roles=frozenset({"buyer", "seller"}), session_id=session.session_id, seller_id=an_id("shop")
    )
    assert len(queries) == 1


def test_a_token_that_is_nobodys_stands_for_nobody(marketplace: Marketplace) -> None:
    session = enter(marketplace)
    for token in ("", "x" * 43, session.token[:-1], session.token + "A", session.session_id, "\ud800"):
        assert actor_of(token) is None


def test_a_limited_token_gives_only_its_roles(marketplace: Marketplace) -> None:
    actor = actor_of(enter(marketplace, "buyer").token)
    assert actor is not None
    assert (actor.roles, actor.seller_id) == (frozenset({"buyer"}), "")


def test_a_role_that_is_taken_away_is_gone_at_the_next_request(marketplace: Marketplace) -> None:
    session = enter(marketplace)
    UserRoleRow.objects.filter(user_id=ANA, role="seller").delete()
    actor = actor_of(session.token)
    assert actor is not None
    assert (actor.roles, actor.seller_id) == (frozenset({"buyer"}), "")
    UserRoleRow.objects.filter(user_id=ANA).delete()
    assert actor_of(session.token) == Actor(id=ANA, roles=frozenset(), session_id=session.session_id)


def test_a_token_ends_with_sign_out_and_with_its_time(marketplace: Marketplace) -> None:
    session = enter(marketplace)
    assert actor_of(session.token, session.expires_at - timedelta(seconds=1)) is not None
    assert actor_of(session.token, session.expires_at) is None
    marketplace.do("accounts", SignOut(), signed_in(ANA, session_id=session.session_id))
    assert actor_of(session.token) is None
    assert marketplace.rows("accounts", "SELECT id FROM user_sessions") == []
    assert marketplace.rows("accounts", "SELECT id FROM accounts_due WHERE kind = 'timer'") == []


def test_people_read_their_own_account_only(marketplace: Marketplace) -> None:
    enter(marketplace)
    address_id = marketplace.do(
        "accounts",
        AddAddress(recipient="Ana", street="Rua 1", city="Curitiba", postal_code="80010-000", country="BR"),
        signed_in(ANA),
    )
    account = account_of(ANA)
    assert account is not None
    assert (account.email, account.first_name) == ("ana@example.com", "Ana")
    assert [address.id for address in account.addresses] == [address_id]
    assert address_of(ANA, address_id) == account.addresses[0]
    assert address_of(an_id("bo"), address_id) is None
    assert account_of(an_id("bo")) is None


def test_django_knows_the_user_and_the_password(marketplace: Marketplace) -> None:
    enter(marketplace)
    assert get_user_model() is UserRow
    user = UserRow.objects.get_by_natural_key("ANA@example.com")
    assert user.pk == ANA
    assert user.is_active
    assert user.is_authenticated
    assert user.check_password("correct horse")
    assert not user.check_password("wrong horse")
    assert user.created_at <= datetime.now(UTC)
