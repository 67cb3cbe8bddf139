"""A provider of OpenID Connect on this machine: a real server, which checks what it is sent, and can lie."""

from __future__ import annotations

import json
import secrets
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

CLIENT, SECRET = "argosy:shop", "s3cret/with:signs"


class Provider:
    """`claims` are changed before they are signed, `discovery` before it is told; `sign` makes the token."""

    def __init__(self) -> None:
        self.key = _key("first")
        self.kid = "first"
        self.codes: dict[str, dict[str, str]] = {}
        self.claims: dict[str, Any] = {}
        self.discovery: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.left_out: set[str] = set()
        self.algorithm = "RS256"
        self.is_signing_with_another_key = False
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.redirect = ""
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = provider.answer_get(self.path, self.headers.get("Authorization", ""))
                self._send(status, body)

            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status, body = provider.answer_post(self.path, self.headers.get("Authorization", ""), sent)
                self._send(status, body)

            def _send(self, status: int, body: Any) -> None:
                raw = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def consent(self, address: str, **changes: str) -> dict[str, str]:
        """Somebody signs in at the provider: what their browser brings back."""
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.issuer}/authorize"
        asked = {name: values[0] for name, values in parse_qs(parts.query, strict_parsing=True).items()}
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        assert "openid" in asked["scope"].split()
        assert (asked["code_challenge_method"], len(asked["code_challenge"])) == ("S256", 43)
        assert min(len(asked[name]) for name in ("state", "nonce")) >= 32
        self.redirect = asked["redirect_uri"]
        code = secrets.token_urlsafe()
        self.codes[code] = asked
        return {"state": asked["state"], "code": code, **changes}

    def answer_get(self, path: str, authorization: str) -> tuple[int, Any]:
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
                **self.discovery,
            }
        if path == "/keys":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
            return 200, {"keys": [{**public, "kid": self.kid, "use": "sig", "alg": "RS256"}]}
        if path == "/userinfo" and authorization == "Bearer the-access-token":
            return 200, self.userinfo
        return 404, {}

    def answer_post(self, path: str, authorization: str, sent: str) -> tuple[int, Any]:
        self.asked.append(path)
        form = {name: values[0] for name, values in parse_qs(sent, strict_parsing=True).items()}
        user, _, password = b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        wrong = {
            "path": path != "/token",
            "client": (unquote(user), unquote(password)) != (CLIENT, SECRET),
            "grant": form["grant_type"] != "authorization_code",
            "code": asked is None,
            "redirect": asked is not None and form["redirect_uri"] != asked["redirect_uri"],
            "verifier": asked is not None and challenge != asked["code_challenge"],
        }
        self.complaints += [name for name, is_wrong in wrong.items() if is_wrong]
        if asked is None or any(wrong.values()):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": "ana-there",
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "email": "ana@example.com",
            "email_verified": True,
            **self.claims,
        }
        token = self.sign({name: value for name, value in claims.items() if name not in self.left_out})
        return 200, {"id_token": token, "access_token": "the-access-token", "token_type": "Bearer"}

    def sign(self, claims: dict[str, Any]) -> str:
        if self.algorithm == "none":
            return jwt.encode(claims, None, algorithm="none")
        if self.algorithm == "HS256":
            # Both sides know this secret: whoever has it, and not the provider alone, could have signed.
            return jwt.encode(claims, SECRET.ljust(32, "."), algorithm="HS256", headers={"kid": self.kid})
        key = _key("stolen") if self.is_signing_with_another_key else self.key
        return jwt.encode(claims, key, algorithm=self.algorithm, headers={"kid": self.kid})

    def change_key(self, kid: str) -> None:
        self.kid, self.key = kid, _key(kid)


_keys: dict[str, RSAPrivateKey] = {}


def _key(name: str) -> RSAPrivateKey:
    if name not in _keys:
        _keys[name] = generate_private_key(65_537, 2_048)
    return _keys[name]
