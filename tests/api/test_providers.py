"""Sign-in by a provider of OpenID Connect, over HTTP on both sides: nothing that a provider says counts unproven."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from argosy.domains.accounts.adapters.inbound.sign_in_limits import ACCOUNT, HERE
from argosy.domains.accounts.adapters.outbound.gateways.providers import AWAY_SECONDS, forget_providers, providers_from
from tests.api.provider import CLIENT, SECRET, Provider
from tests.api.shop import PASSWORD, Answer, Shop, assert_problem, nobodys
from tests.api.test_accounts import letters, mailbox

__all__ = ["mailbox"]
ANA = "ana@example.com"


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    forget_providers()
    made = Provider()
    monkeypatch.setenv("ARGOSY_OIDC_PROVIDERS", "corp")
    monkeypatch.setenv("ARGOSY_OIDC_CORP_ISSUER", made.issuer)
    monkeypatch.setenv("ARGOSY_OIDC_CORP_CLIENT_ID", CLIENT)
    monkeypatch.setenv("ARGOSY_OIDC_CORP_CLIENT_SECRET", SECRET)
    monkeypatch.setenv("ARGOSY_OIDC_CORP_LABEL", "The Corporation")
    monkeypatch.setenv("ARGOSY_OUTBOUND_PRIVATE", "127.0.0.0/8")
    yield made
    made.close()


def begun(shop: Shop) -> dict[str, Any]:
    answer = shop.call("GET", "sign-in-providers/corp/begin")
    assert answer.status == 200, answer
    found: dict[str, Any] = answer.json
    return found


def prove(shop: Shop, provider: Provider, **changes: str) -> Answer:
    """Somebody goes to the provider and comes back."""
    begin = begun(shop)
    body = {"ticket": begin["ticket"], **provider.consent(begin["address"]), **changes}
    return shop.call("POST", "sign-in-providers/corp/prove", body)


def identity(shop: Shop, provider: Provider) -> str:
    answer = prove(shop, provider)
    assert answer.status == 200, answer
    return str(answer.json["identity"])


def sign_in(shop: Shop, proof: str, **more: Any) -> Answer:
    return shop.call("POST", "identity-sessions", {"identity": proof, **more})


def link(shop: Shop, proof: str, token: str, password: str = PASSWORD) -> Answer:
    return shop.call("POST", "users/me/identities", {"identity": proof, "password": password}, token=token)


def with_a_code(shop: Shop, token: str) -> pyotp.TOTP:
    """A second factor that counts."""
    begin = shop.call("POST", "users/me/second-factor", {"password": PASSWORD}, token=token)
    totp = pyotp.parse_uri(begin.json["address"])
    assert isinstance(totp, pyotp.TOTP)
    body = {"code": totp.at(int(time.time()) - 30)}
    assert shop.call("POST", "users/me/second-factor/confirm", body, token=token).status == 200
    return totp


def test_who_comes_first_opens_an_account_and_who_comes_again_is_let_in_to_it(shop: Shop, provider: Provider) -> None:
    assert shop.call("GET", "sign-in-providers").json["items"] == [{"provider": "corp", "label": "The Corporation"}]
    first = prove(shop, provider)
    assert first.json["outcome"] == "REGISTER"
    signed_in = sign_in(shop, first.json["identity"])
    assert signed_in.status == 201, signed_in
    me = shop.call("GET", "users/me", token=signed_in.json["token"]).json
    assert (me["email"], me["is_verified"]) == (ANA, True)
    again = prove(shop, provider)
    assert again.json["outcome"] == "SIGN_IN"
    assert sign_in(shop, again.json["identity"]).json["user_id"] == me["user_id"]
    assert provider.complaints == []
    [linked] = shop.call("GET", "users/me/identities", token=signed_in.json["token"]).json["items"]
    assert linked["provider"] == "corp"


LIES: dict[str, Any] = {
    "another nonce": {"nonce": "another"},
    "no nonce": {"nonce": ""},
    "another audience": {"aud": "another-client"},
    "several audiences, and not ours to use": {"aud": [CLIENT, "another"], "azp": "another"},
    "several audiences, and nobody's to use": {"aud": [CLIENT, "another"]},
    "another issuer": {"iss": "https://accounts.example.com"},
    "an end that is over": {"exp": int(time.time()) - 3_600},
    "a beginning that is to come": {"nbf": int(time.time()) + 3_600},
    "no subject": {"sub": ""},
    "a subject that is no text": {"sub": 17},
    "a subject without end": {"sub": "x" * 256},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_provider_that_lies_is_not_believed(shop: Shop, provider: Provider, lie: str) -> None:
    provider.claims = LIES[lie]
    before = shop.written()
    assert_problem(prove(shop, provider), 403, "identity_not_proven")
    assert shop.written() == before


@pytest.mark.parametrize("claim", ["iss", "aud", "exp", "iat", "sub", "nonce"])
def test_a_token_without_what_it_must_say_proves_nothing(shop: Shop, provider: Provider, claim: str) -> None:
    provider.left_out = {claim}
    assert_problem(prove(shop, provider), 403, "identity_not_proven")


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_that_anybody_could_have_signed_proves_nothing(shop: Shop, provider: Provider, algorithm: str) -> None:
    provider.algorithm = algorithm
    assert_problem(prove(shop, provider), 403, "identity_not_proven")


def test_a_token_signed_by_another_key_proves_nothing_and_a_new_key_is_found(shop: Shop, provider: Provider) -> None:
    identity(shop, provider)
    provider.change_key("second")
    identity(shop, provider)
    provider.is_signing_with_another_key = True
    assert_problem(prove(shop, provider), 403, "identity_not_proven")


def test_what_is_sent_back_counts_once_and_for_who_began(shop: Shop, provider: Provider) -> None:
    begin = begun(shop)
    back = {"ticket": begin["ticket"], **provider.consent(begin["address"])}
    assert_problem(
        shop.call("POST", "sign-in-providers/corp/prove", {**back, "state": "another"}), 403, "identity_not_proven"
    )
    other = {**back, "ticket": begun(shop)["ticket"]}
    assert_problem(shop.call("POST", "sign-in-providers/corp/prove", other), 403, "identity_not_proven")
    assert shop.call("POST", "sign-in-providers/corp/prove", back).status == 200
    assert_problem(shop.call("POST", "sign-in-providers/corp/prove", back), 422, "ticket_not_valid")
    assert_problem(shop.call("POST", "sign-in-providers/corp/prove", {**back, "ticket": "x"}), 422, "ticket_not_valid")


def test_a_code_of_somebody_else_s_sign_in_is_worth_nothing(shop: Shop, provider: Provider) -> None:
    """PKCE: the code is exchanged by who began alone, and the provider sees that it was not."""
    mine, theirs = begun(shop), begun(shop)
    code = provider.consent(theirs["address"])["code"]
    body = {"ticket": mine["ticket"], **provider.consent(mine["address"]), "code": code}
    assert_problem(shop.call("POST", "sign-in-providers/corp/prove", body), 403, "identity_not_proven")
    assert provider.complaints == ["verifier"]


def test_an_answer_that_names_another_issuer_is_not_exchanged(shop: Shop, provider: Provider) -> None:
    """Mix-up (RFC 9207): our secret and the code go to nobody else."""
    assert_problem(prove(shop, provider, iss="https://evil.example.com"), 403, "identity_not_proven")
    provider.discovery = {"authorization_response_iss_parameter_supported": True}
    forget_providers()
    assert_problem(prove(shop, provider), 403, "identity_not_proven")
    assert "/token" not in provider.asked
    assert prove(shop, provider, iss=provider.issuer).status == 200


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://accounts.example.com"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "http://10.0.0.1/token"},
        {"token_endpoint": "http://localhost:1/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": 17},
    ],
)
def test_a_provider_that_sends_us_elsewhere_is_not_followed(
    shop: Shop, provider: Provider, discovery: dict[str, Any]
) -> None:
    provider.discovery = discovery
    answer = shop.call("GET", "sign-in-providers/corp/begin")
    if answer.status == 200:
        back = {"ticket": answer.json["ticket"], **provider.consent(answer.json["address"])}
        answer = shop.call("POST", "sign-in-providers/corp/prove", back)
    assert_problem(answer, 409, "provider_not_reached")


def test_a_provider_at_a_private_address_is_reached_only_where_the_operator_says_so(
    shop: Shop, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ARGOSY_OUTBOUND_PRIVATE")
    assert_problem(shop.call("GET", "sign-in-providers/corp/begin"), 409, "provider_not_reached")
    assert provider.asked == []
    assert_problem(shop.call("GET", "sign-in-providers/none/begin"), 404, "no_such_provider")


def test_a_provider_that_does_not_answer_is_not_asked_by_everybody(
    shop: Shop, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each one who asks waits for it, and keeps others waiting."""
    provider.discovery = {"issuer": "https://accounts.example.com"}
    for _ in range(3):
        assert_problem(shop.call("GET", "sign-in-providers/corp/begin"), 409, "provider_not_reached")
    assert len(provider.asked) == 1
    provider.discovery = {}
    later = time.monotonic() + AWAY_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: later)
    begun(shop)


def test_an_account_that_is_there_is_opened_by_no_address_alone(shop: Shop, provider: Provider) -> None:
    """Whoever could have a provider say that an address is theirs would have its account."""
    shop.person(ANA)
    answer = prove(shop, provider)
    assert answer.json["outcome"] == "SIGN_IN_FIRST"
    before = shop.written()
    assert_problem(sign_in(shop, answer.json["identity"]), 403, "sign_in_first")
    assert shop.written() == before


def test_an_address_that_the_provider_has_not_verified_opens_no_account(shop: Shop, provider: Provider) -> None:
    provider.userinfo = {"sub": "ana-there"}
    for claims in ({"email_verified": False}, {"email": "", "email_verified": True}, {"email": "no address"}):
        provider.claims = claims
        answer = prove(shop, provider)
        assert answer.json["outcome"] == "LINK_ONLY"
        assert_problem(sign_in(shop, answer.json["identity"]), 403, "address_not_verified")


def test_an_address_is_asked_for_where_the_token_does_not_hold_it(shop: Shop, provider: Provider) -> None:
    provider.left_out = {"email", "email_verified"}
    provider.userinfo = {"sub": "ana-there", "email": "Ana@Example.com", "email_verified": True}
    signed_in = sign_in(shop, identity(shop, provider)).json
    assert shop.call("GET", "users/me", token=signed_in["token"]).json["email"] == ANA
    provider.userinfo = {"sub": "somebody else", "email": ANA, "email_verified": True}
    assert_problem(prove(shop, provider), 403, "identity_not_proven")


def test_who_is_signed_in_links_a_provider_with_their_password_and_unlinks_it(
    shop: Shop, provider: Provider, mailbox: Any
) -> None:
    token = shop.person(ANA)
    proof = identity(shop, provider)
    assert_problem(link(shop, proof, token, "wrong"), 403, "password_refused")
    linked = link(shop, proof, token)
    assert linked.status == 201, linked
    assert "A way to sign in was changed" in [subject for _, subject, _ in letters(shop, mailbox)]
    assert sign_in(shop, identity(shop, provider)).status == 201
    other = shop.person()
    assert_problem(link(shop, identity(shop, provider), other), 409, "identity_taken")
    path = f"users/me/identities/{linked.json['id']}/unlink"
    none = f"users/me/identities/{nobodys('identity')}/unlink"
    for one in (path, none):
        assert_problem(shop.call("POST", one, {"password": PASSWORD}, token=other), 404, "no_such_identity")
    assert_problem(shop.call("POST", path, {"password": "wrong"}, token=token), 403, "password_refused")
    assert shop.call("POST", path, {"password": PASSWORD}, token=token).status == 204
    assert prove(shop, provider).json["outcome"] == "SIGN_IN_FIRST"


def test_the_last_way_in_is_not_taken_away(shop: Shop, provider: Provider) -> None:
    token = sign_in(shop, identity(shop, provider)).json["token"]
    [linked] = shop.call("GET", "users/me/identities", token=token).json["items"]
    refused = shop.call("POST", f"users/me/identities/{linked['identity_id']}/unlink", {}, token=token)
    assert_problem(refused, 409, "last_way_in")


def test_a_second_factor_is_asked_for_by_whatever_way_one_comes(shop: Shop, provider: Provider) -> None:
    token = shop.person(ANA)
    assert link(shop, identity(shop, provider), token).status == 201
    totp = with_a_code(shop, token)
    proof = identity(shop, provider)
    assert_problem(sign_in(shop, proof), 403, "second_factor_needed")
    assert_problem(sign_in(shop, proof, code="000000"), 403, "second_factor_refused")
    assert sign_in(shop, proof, code=totp.now()).status == 201
    assert_problem(sign_in(shop, proof, code=totp.now()), 422, "ticket_not_valid")
    guesses = [sign_in(shop, identity(shop, provider), code="nothing").status for _ in range(HERE.burst)]
    assert guesses[-1] == 429


def test_who_is_blocked_is_not_let_in_by_a_provider_either(shop: Shop, provider: Provider) -> None:
    user_id = sign_in(shop, identity(shop, provider)).json["user_id"]
    boss = shop.staff()
    assert shop.call("POST", f"users/{user_id}/block", {"reason": "fraud"}, token=boss).status == 204
    assert_problem(sign_in(shop, identity(shop, provider)), 403, "sign_in_refused")


def test_a_proof_is_nothing_but_what_we_have_sealed(shop: Shop, provider: Provider) -> None:
    proof = identity(shop, provider)
    named, _, ticket = proof.partition(".")
    for forged in ("", "x", f"{nobodys('identity')}.{ticket}", f"{named}.{ticket[:-4]}AAAA", begun(shop)["ticket"]):
        assert_problem(sign_in(shop, forged), 422, "ticket_not_valid")
    kept = str(shop.place.rows("accounts", "SELECT payload FROM accounts_outbox_events"))
    assert "ana-there" not in kept


def test_of_an_erased_person_no_link_is_left(shop: Shop, provider: Provider) -> None:
    token = sign_in(shop, identity(shop, provider)).json["token"]
    assert shop.call("DELETE", "users/me", token=token).status == 202
    shop.drain()
    assert shop.place.rows("accounts", "SELECT id FROM user_identities") == []


def test_a_provider_is_set_up_whole_or_not_at_all() -> None:
    with pytest.raises(ImproperlyConfigured, match="ARGOSY_OIDC_CORP_ISSUER"):
        providers_from({"ARGOSY_OIDC_PROVIDERS": "corp"})
    with pytest.raises(ImproperlyConfigured, match="small letters"):
        providers_from({"ARGOSY_OIDC_PROVIDERS": "Corp/.."})
    assert providers_from({}) == {}
    whole = providers_from(
        {
            "ARGOSY_OIDC_PROVIDERS": "corp",
            **{f"ARGOSY_OIDC_CORP_{one}": f"https://{one}" for one in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET")},
        }
    )
    assert "CLIENT_SECRET" not in repr(whole)
    assert whole["corp"].redirect == "http://127.0.0.1:8000/sign-in/with/corp/back"


@pytest.mark.parametrize(
    "letters_of_it", [{"sub": "\x00"}, {"sub": "\ud800"}, {"nonce": "\ud800"}, {"email": "\ud800"}]
)
def test_text_that_is_none_proves_nothing(shop: Shop, provider: Provider, letters_of_it: dict[str, str]) -> None:
    provider.claims = letters_of_it
    assert_problem(prove(shop, provider), 403, "identity_not_proven")


def test_an_address_that_we_would_spell_with_other_letters_was_not_verified(shop: Shop, provider: Provider) -> None:
    """Another mailbox may have those."""
    provider.claims = {"email": "anna.wei\N{LATIN SMALL LETTER SHARP S}@example.com"}
    assert prove(shop, provider).json["outcome"] == "LINK_ONLY"
    provider.claims = {"email": "Anna.Weiss@Example.com"}
    assert prove(shop, provider).json["outcome"] == "REGISTER"


def test_codes_are_not_guessed_from_many_addresses_either(shop: Shop, provider: Provider) -> None:
    token = shop.person(ANA)
    assert link(shop, identity(shop, provider), token).status == 201
    with_a_code(shop, token)
    proof = identity(shop, provider)
    statuses = []
    for number in range(ACCOUNT.burst + 2):
        shop.client.defaults["REMOTE_ADDR"] = f"192.0.2.{number}"
        statuses.append(sign_in(shop, proof, code="nothing").status)
    assert statuses == [403] * ACCOUNT.burst + [429] * 2


def test_without_a_password_only_a_fresh_session_moves_the_address(shop: Shop, provider: Provider) -> None:
    """Whoever finds a session open has no password to give, and must not take the account away."""
    token = sign_in(shop, identity(shop, provider)).json["token"]
    body = {"email": "eve@example.com", "password": ""}
    before = shop.written()
    began = shop.place.runtime.stores["accounts"].dialect.instant(datetime.now(UTC) - timedelta(minutes=11))
    with connections["default"].cursor() as cursor:
        cursor.execute("UPDATE user_sessions SET created_at = %s", (began,))
    assert_problem(shop.call("POST", "users/me/email", body, token=token), 403, "sign_in_anew")
    assert shop.written() == before
    again = sign_in(shop, identity(shop, provider)).json["token"]
    assert shop.call("POST", "users/me/email", body, token=again).status == 202
