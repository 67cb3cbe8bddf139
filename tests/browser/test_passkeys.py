"""A person with a browser adds a passkey and signs in by it: the browser's own virtual authenticator keeps it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from argosy.apps.cli.demo import BUYERS, PASSWORD
from tests.browser.test_buying import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_passkey_is_made_and_signs_in_without_a_password(browser: Browser, address: str, pictures: Path) -> None:
    page = browser.new_page()
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    visitor = Visitor(page, address.replace("127.0.0.1", "localhost"), pictures)
    visitor.sign_in(BUYERS[0].email)
    visitor.go("/account/passkeys/new")
    visitor.look("passkey-new")
    page.fill("#name", "my telephone")
    page.fill("#password", PASSWORD)
    page.click("button:has-text('Go on')")
    visitor.look("passkey-make")
    page.click("button:has-text('Make the passkey')")
    page.wait_for_url("**/account")
    assert "my telephone" in page.inner_text("main")
    visitor.look("account-with-passkey")
    page.click("button:has-text('Sign out')")
    visitor.go("/sign-in?next=/account")
    visitor.look("sign-in-with-passkey")
    page.click("button:has-text('Use a passkey')")
    page.wait_for_selector("h1:has-text('Your account')")
    assert BUYERS[0].email in page.inner_text("main")
    assert "last used" in page.inner_text("main")
    assert visitor.faults == []
    page.close()
