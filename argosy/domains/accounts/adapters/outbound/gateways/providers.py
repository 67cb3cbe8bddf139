"""Providers of OpenID Connect: where a browser is sent, and what is believed of what comes back.

Authorization code with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636, RFC 9700). What a provider answers
comes from outside and may lie: nothing of it counts before its token's signature, issuer, audience, time and nonce are
found right.
"""

from __future__ import annotations

import hmac
import ipaddress
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import jwt
import msgspec
import structlog
from django.core.exceptions import ImproperlyConfigured

from argosy.domains.accounts.application.tickets import AtProvider, ProvenIdentity
from argosy.domains.accounts.domain.identity import (
    PROVIDER_MAX,
    SUBJECT_MAX,
    IdentityNotProven,
    ProviderNotReached,
)
from argosy.platform.outbound import Bounds, Fetched, NotFetched, Outbound
from argosy.shared_kernel.emails import EMAIL_MAX

SETTING = "ARGOSY_OIDC_PROVIDERS"
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by a key that the provider alone has. Neither `none` nor one by a secret that we share."""
LEEWAY_SECONDS = 60
KNOWN_SECONDS = 600.0
AWAY_SECONDS = 5.0
"""Who does not answer is not asked again for so long: nobody else waits for it meanwhile."""
_WELL_KNOWN = "/.well-known/openid-configuration"
_SECONDS, _BYTES_MAX = 8.0, 500_000

logger = structlog.get_logger("argosy.accounts")
T = TypeVar("T")


@dataclass(frozen=True)
class Provider:
    """One provider, as the operator names it."""

    name: str
    label: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect: str


class Discovery(msgspec.Struct, frozen=True):
    """What a provider says of itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str
    access_token: str = ""


class _Claims(msgspec.Struct, frozen=True):
    sub: str
    nonce: str = ""
    aud: str | tuple[str, ...] = ()
    azp: str = ""
    email: str = ""
    email_verified: bool | str = False


class _Keys(msgspec.Struct, frozen=True):
    keys: tuple[dict[str, Any], ...]


def providers_from(environment: Mapping[str, str]) -> dict[str, Provider]:
    """By name. `ARGOSY_OIDC_PROVIDERS` lists names with blanks between them; each has settings of its own, of `corp`
    ARGOSY_OIDC_CORP_ISSUER, ARGOSY_OIDC_CORP_CLIENT_ID, ARGOSY_OIDC_CORP_CLIENT_SECRET, and perhaps
    ARGOSY_OIDC_CORP_LABEL and ARGOSY_OIDC_CORP_REDIRECT."""
    shop_url = environment.get("ARGOSY_SHOP_URL", "http://127.0.0.1:8000").rstrip("/")
    found = {}
    for name in environment.get(SETTING, "").split():
        if not (name.isascii() and name.isalnum() and name.islower() and len(name) <= PROVIDER_MAX):
            raise ImproperlyConfigured(f"{SETTING}: {name} is not a name of small letters and digits")
        prefix = f"ARGOSY_OIDC_{name.upper()}_"
        wanted = [prefix + one for one in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET")]
        missing = [one for one in wanted if not environment.get(one)]
        if missing:
            raise ImproperlyConfigured(f"{SETTING} names {name}: set {', '.join(missing)}")
        found[name] = Provider(
            name=name,
            label=environment.get(prefix + "LABEL", name.capitalize()),
            issuer=environment[prefix + "ISSUER"],
            client_id=environment[prefix + "CLIENT_ID"],
            client_secret=environment[prefix + "CLIENT_SECRET"],
            redirect=environment.get(prefix + "REDIRECT", f"{shop_url}/sign-in/with/{name}/back"),
        )
    return found


class ProviderClient:
    """Speaks with one provider. Plain http is for networks alone that the operator lets be reached."""

    def __init__(self, provider: Provider, outbound: Outbound) -> None:
        self.provider = provider
        self._outbound = outbound
        schemes = ("https", "http") if _is_near(provider.issuer, outbound) else ("https",)
        self._bounds = Bounds(seconds=_SECONDS, bytes_max=_BYTES_MAX, schemes=schemes)

    def address(self, ticket: AtProvider) -> str:
        """Where the browser is sent."""
        endpoint = self._discovery().authorization_endpoint
        if urlsplit(endpoint).scheme not in self._bounds.schemes:
            raise self._away("authorization_endpoint")
        asked = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": self.provider.redirect,
            "scope": "openid email",
            "state": ticket.state,
            "nonce": ticket.nonce,
            "code_challenge": _challenge(ticket.verifier),
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    def proven(self, ticket: AtProvider, code: str, iss: str) -> ProvenIdentity:
        """Who the provider says that came; refused where anything of it is not as it must be."""
        known = self._discovery()
        must_name = known.authorization_response_iss_parameter_supported
        if (iss or must_name) and iss != self.provider.issuer:
            raise self._not_proven("iss")
        tokens = self._exchanged(known, code, ticket.verifier)
        claims = self._claims(known, tokens.id_token)
        several = claims.aud if isinstance(claims.aud, tuple) else (claims.aud,)
        if (claims.azp or len(several) > 1) and claims.azp != self.provider.client_id:
            raise self._not_proven("azp")
        if not hmac.compare_digest(claims.nonce.encode(), ticket.nonce.encode()):
            raise self._not_proven("nonce")
        if not 0 < len(claims.sub) <= SUBJECT_MAX or not (claims.sub.isascii() and claims.sub.isprintable()):
            raise self._not_proven("sub")
        if not claims.email and known.userinfo_endpoint and tokens.access_token:
            claims = self._userinfo(known, tokens.access_token, claims.sub)
        return ProvenIdentity(
            provider=self.provider.name,
            issuer=self.provider.issuer,
            subject=claims.sub,
            email=claims.email[: EMAIL_MAX + 1],
            is_email_verified=claims.email_verified in (True, "true"),
            nonce=ticket.nonce,
            until=ticket.until,
        )

    def _discovery(self) -> Discovery:
        issuer = self.provider.issuer
        known = _remembered(("discovery", issuer))
        if _remembered(("away", issuer)) is not None:
            raise self._away("a moment ago")
        if known is None:
            try:
                known = self._read(self._ask(issuer.rstrip("/") + _WELL_KNOWN), Discovery)
                if known.issuer != issuer:
                    raise self._away("issuer")
            except ProviderNotReached:
                _remember(("away", issuer), True, AWAY_SECONDS)
                raise
            _remember(("discovery", issuer), known)
        found: Discovery = known
        return found

    def _exchanged(self, known: Discovery, code: str, verifier: str) -> _Tokens:
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.provider.redirect,
            "code_verifier": verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        client = (self.provider.client_id, self.provider.client_secret)
        if "client_secret_basic" in known.token_endpoint_auth_methods_supported:
            # RFC 6749, 2.3.1: both are encoded like a form before they are a user and a password.
            pair = ":".join(quote(one, safe="") for one in client)
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            sent |= {"client_id": client[0], "client_secret": client[1]}
        answer = self._ask(known.token_endpoint, "POST", headers, urlencode(sent).encode(), is_refusal_told=True)
        return self._read(answer, _Tokens)

    def _claims(self, known: Discovery, token: str) -> _Claims:
        try:
            header = jwt.get_unverified_header(token)
            algorithm = header.get("alg")
            if algorithm not in ALGORITHMS:
                raise self._not_proven("alg")
            claims = jwt.decode(
                token,
                self._key(known, header.get("kid")),
                algorithms=[algorithm],
                audience=self.provider.client_id,
                issuer=self.provider.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["iss", "aud", "exp", "iat", "sub"]},
            )
            # Written once more: text that is no Unicode is refused with it.
            return msgspec.json.decode(msgspec.json.encode(claims), type=_Claims)
        except (jwt.PyJWTError, msgspec.DecodeError, TypeError, ValueError) as error:
            raise self._not_proven(type(error).__name__) from None

    def _key(self, known: Discovery, kid: str | None) -> Any:
        """The provider's key with this id; keys that are remembered may be old."""
        for is_anew in (False, True):
            keys = None if is_anew else _remembered(("keys", known.jwks_uri))
            if keys is None:
                keys = self._read(self._ask(known.jwks_uri), _Keys)
                _remember(("keys", known.jwks_uri), keys)
            fitting = [one for one in keys.keys if one.get("use", "sig") == "sig" and kid in (None, one.get("kid"))]
            if len(fitting) == 1:
                return jwt.PyJWK(fitting[0]).key
        raise self._not_proven("kid")

    def _userinfo(self, known: Discovery, access_token: str, subject: str) -> _Claims:
        answer = self._ask(known.userinfo_endpoint, "GET", {"Authorization": f"Bearer {access_token}"})
        claims = self._read(answer, _Claims)
        if claims.sub != subject:
            raise self._not_proven("userinfo")
        return claims

    def _ask(
        self,
        url: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        is_refusal_told: bool = False,
    ) -> Fetched:
        try:
            fetched = self._outbound.fetch(url, self._bounds, method=method, headers=headers, body=body)
        except NotFetched as error:
            raise self._away(error.code) from None
        if is_refusal_told and fetched.status in (400, 401):
            raise self._not_proven("exchange")
        if fetched.status != 200:
            raise self._away(str(fetched.status))
        return fetched

    def _read(self, fetched: Fetched, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(fetched.body, type=kind)
        except msgspec.DecodeError:
            raise self._away("unreadable") from None

    def _away(self, why: str) -> ProviderNotReached:
        logger.warning("provider does not answer as it should", provider=self.provider.name, why=why)
        return ProviderNotReached(provider=self.provider.name)

    def _not_proven(self, why: str) -> IdentityNotProven:
        """Why is for the operator: whoever tries learns nothing of it."""
        logger.warning("identity not proven", provider=self.provider.name, why=why)
        return IdentityNotProven(provider=self.provider.name)


_memory: dict[tuple[str, str], tuple[float, Any]] = {}


def _remembered(what: tuple[str, str]) -> Any:
    until, found = _memory.get(what, (0.0, None))
    return found if time.monotonic() < until else None


def _remember(what: tuple[str, str], found: Any, seconds: float = KNOWN_SECONDS) -> None:
    _memory[what] = (time.monotonic() + seconds, found)


def forget_providers() -> None:
    """As a process that has just begun."""
    _memory.clear()


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _is_near(issuer: str, outbound: Outbound) -> bool:
    """Whether an issuer is named by an address of a network that may be reached though it is not public."""
    parts = urlsplit(issuer)
    try:
        ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        return False
    return parts.scheme == "http" and outbound.lets(parts.hostname or "")
