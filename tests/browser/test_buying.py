"""A person with a browser buys from two sellers and sees both orders paid, with scripts and without."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from argosy.apps.cli.demo import BUYERS, PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDTHS = (1280, 390)
GOODS = (("lighting", "Paper moon lantern", "2"), ("clothing", "Rain jacket", "1"))
ADDRESS = {"recipient": "Maria Lima", "street": "1 Pine Street", "postal_code": "97201", "city": "Portland"}


class Visitor:
    """Looks at each page in both widths, and finds that nothing is cut off."""

    def __init__(self, page: Page, address: str, pictures: Path) -> None:
        self.page = page
        self.address = address
        self.pictures = pictures
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on(
            "response",
            lambda response: (
                self.faults.append(f"{response.status} {response.url}") if response.status >= 400 else None
            ),
        )

    def go(self, path: str) -> None:
        self.page.goto(self.address + path)

    def look(self, name: str) -> None:
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            picture = self.page.screenshot(path=self.pictures / f"{name}-{width}.png", full_page=True)
            # A whole page is as wide as its widest part; a PNG tells its width at once.
            assert int.from_bytes(picture[16:20], "big") == width, (name, width)
        self.page.set_viewport_size({"width": WIDTHS[0], "height": 900})

    def sign_in(self, email: str) -> None:
        self.go("/sign-in")
        self.look("sign-in")
        self.page.fill("#email", email)
        self.page.fill("#password", PASSWORD)
        self.page.click("button:has-text('Sign in')")

    def fill_cart(self) -> None:
        self.go("/")
        self.look("home")
        for category, title, quantity in GOODS:
            self.go("/")
            self.page.click(f".categories a:has-text('{category}')")
            self.look(f"listing-{category}")
            self.page.click(f".card a:has-text('{title}')")
            self.look(f"product-{category}")
            self.page.fill("#quantity", quantity)
            self.page.click("text=Put it in the cart")
        assert self.page.locator("section.sheet h2:has-text('From')").count() == len(GOODS)
        self.page.fill("#code", "welcome10")
        self.page.click("text=Add the coupon")
        self.look("cart")

    def check_out(self) -> None:
        self.page.click("text=To checkout")
        for name, text in ADDRESS.items():
            self.page.fill(f"#{name}", text)
        self.page.select_option("#country", "US")
        self.look("checkout")
        self.page.click("text=Buy now")

    def look_at_orders(self) -> None:
        self.page.wait_for_selector("h1:has-text('Thank you')", timeout=30_000)
        self.look("thanks")
        assert self.page.locator(".orders .status").all_inner_texts() == ["Paid", "Paid"]
        orders = [link.get_attribute("href") or "" for link in self.page.locator(".orders a").all()]
        for path in orders:
            self.go(path)
            self.look("order")
            assert self.page.locator(".status").inner_text() == "Paid"
        self.go("/orders")
        self.look("orders")
        self.go("/cart")
        assert "There is nothing in it yet" in self.page.inner_text("main")


@pytest.mark.parametrize(("email", "has_scripts"), [(BUYERS[0].email, True), (BUYERS[1].email, False)])
def test_two_sellers_goods_are_bought_and_both_orders_are_paid(
    browser: Browser,
    address: str,
    pictures: Path,
    email: str,
    has_scripts: bool,
) -> None:
    context = browser.new_context(java_script_enabled=has_scripts)
    visitor = Visitor(context.new_page(), address, pictures)
    visitor.sign_in(email)
    visitor.fill_cart()
    visitor.check_out()
    visitor.look_at_orders()
    assert visitor.faults == []
    context.close()


def test_after_a_card_that_is_declined_one_that_asks_pays_for_the_same_purchase(
    browser: Browser,
    address: str,
    pictures: Path,
) -> None:
    context = browser.new_context()
    visitor = Visitor(context.new_page(), address, pictures)
    visitor.sign_in(BUYERS[2].email)
    visitor.fill_cart()
    visitor.page.click("text=To checkout")
    visitor.page.check("input[value=tok_decline]")
    visitor.page.click("text=Buy now")
    assert visitor.page.locator(".field .fault").count() > 0
    visitor.look("checkout-faults")
    assert [fault.partition(" ")[0] for fault in visitor.faults] == ["422"]
    for name, text in ADDRESS.items():
        visitor.page.fill(f"#{name}", text)
    visitor.page.select_option("#country", "US")
    visitor.page.click("text=Buy now")
    visitor.page.wait_for_selector("text=The payment was declined", timeout=30_000)
    visitor.look("declined")
    visitor.page.check("input[value=tok_action]")
    visitor.page.click("button:text-is('Pay')")
    visitor.page.wait_for_selector("h1:has-text('Please confirm')", timeout=30_000)
    visitor.look("confirm")
    visitor.page.click("a:has-text('Confirm the payment')")
    visitor.look("gateway")
    visitor.page.click("button:has-text('Confirm the payment')")
    visitor.look_at_orders()
    context.close()
