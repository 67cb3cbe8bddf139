"""What browsers are told to keep to themselves: cookies, forms and pages, also where a proxy speaks TLS before us."""

from __future__ import annotations

import re
from http.cookies import Morsel
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings

from argosy.apps.storefront.pages import FORM
from tests.front_door import FrontDoor
from tests.storefront.shopper import PASSWORD, Shop

HOST = "shop.example"
PAGES = ("/", "/cart", "/sign-in", "/register", "/nothing-here", "/products", "/forgot-password", "/assets/x/none.css")
OWN = f"https://{HOST}"


@pytest.fixture(autouse=True)
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", [HOST])


@pytest.fixture
def over_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGOSY_SHOP_URL", OWN)


def registers(browser: FrontDoor, origin: str | None, email: str = "eva@example.com", **headers: str) -> Any:
    """As a browser sends the form; the page comes first."""
    page = browser.get("/register", HTTP_HOST=HOST, headers=headers)
    [token] = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode())
    sent = {"email": email, "password": PASSWORD, "next": "/cart", "csrfmiddlewaretoken": token}
    known = headers if origin is None else {**headers, "Origin": origin}
    return browser.post("/register", urlencode(sent), content_type=FORM, HTTP_HOST=HOST, headers=known)


def cookies(response: Any) -> dict[str, Morsel[str]]:
    return dict(response.cookies.items())


@pytest.mark.usefixtures("shop", "over_tls")
def test_behind_tls_forms_are_taken_and_every_cookie_is_for_tls_alone() -> None:
    browser = FrontDoor()
    made = registers(browser, OWN)
    assert (made.status_code, made["Location"]) == (303, "/cart")
    assert made["Strict-Transport-Security"] == "max-age=31536000"
    set_here = cookies(made) | cookies(browser.get("/register", HTTP_HOST=HOST))
    assert {"argosy_session", "csrftoken"} <= set(set_here)
    for name, cookie in set_here.items():
        assert cookie["secure"] and cookie["httponly"] and cookie["samesite"] == "Lax", name
        assert not cookie["domain"], "it is this host's alone"


@pytest.mark.usefixtures("shop", "over_tls")
@pytest.mark.parametrize("origin", [f"http://{HOST}", "https://evil.example", f"{OWN}.evil.example", "null", None])
def test_behind_tls_a_form_of_another_site_is_none(origin: str | None) -> None:
    made = registers(FrontDoor(), origin)
    assert made.status_code == 403
    assert "argosy_session" not in made.cookies


@pytest.mark.usefixtures("shop")
def test_a_proxy_of_ours_says_that_it_speaks_tls_and_nobody_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"X-Forwarded-Proto": "https"}
    stranger = registers(FrontDoor(), f"http://{HOST}", **said)
    assert stranger.status_code == 303
    assert "Strict-Transport-Security" not in stranger and not cookies(stranger)["argosy_session"]["secure"]
    monkeypatch.setattr(settings, "TRUSTED_PROXIES", [ip_network("127.0.0.0/8")])
    ours = registers(FrontDoor(), OWN, "ana@example.com", **said)
    assert ours.status_code == 303
    assert cookies(ours)["argosy_session"]["secure"] and "Strict-Transport-Security" in ours
    plain = registers(FrontDoor(), f"http://{HOST}", "ben@example.com", **{"X-Forwarded-Proto": "http"})
    assert plain.status_code == 303 and not cookies(plain)["argosy_session"]["secure"]
    forged = registers(FrontDoor(), f"http://{HOST}", "cat@example.com", **{"X-Forwarded-Proto": "https, http"})
    assert not cookies(forged)["argosy_session"]["secure"], "the proxy's own word is the last"


@pytest.mark.parametrize("path", PAGES)
def test_every_page_says_what_may_be_loaded_framed_and_told(shop: Shop, path: str) -> None:
    page = FrontDoor().get(path, HTTP_HOST=HOST)
    policy = dict(part.strip().split(" ", 1) for part in page["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert (page["X-Content-Type-Options"], page["Referrer-Policy"]) == ("nosniff", "same-origin")
    assert "Strict-Transport-Security" not in page, "not where nothing says TLS"
    text = page.content.decode()
    assert not re.findall(r"<script(?![^>]*\bsrc=)|<style|\son[a-z]+=|\sstyle=|javascript:", text), path


def test_no_page_is_kept_by_others_and_a_forms_token_belongs_to_its_browser(shop: Shop) -> None:
    for path in PAGES[:4]:
        assert FrontDoor().get(path, HTTP_HOST=HOST)["Cache-Control"].startswith("private"), path
    attacker, victim = FrontDoor(), FrontDoor()
    [token] = re.findall(
        r'name="csrfmiddlewaretoken" value="(\w+)"',
        attacker.get("/register", HTTP_HOST=HOST).content.decode(),
    )
    victim.get("/register", HTTP_HOST=HOST)
    sent = {"email": "eva@example.com", "password": PASSWORD, "csrfmiddlewaretoken": token}
    assert victim.post("/register", urlencode(sent), content_type=FORM, HTTP_HOST=HOST).status_code == 403


def test_a_form_to_a_host_that_is_not_ours_is_none(shop: Shop) -> None:
    browser = FrontDoor()
    for host in ("evil.example", f"{HOST}.evil.example"):
        sent = browser.post(
            "/register", "email=x", content_type=FORM, HTTP_HOST=host, headers={"Origin": f"http://{host}"}
        )
        assert sent.status_code == 403, host
