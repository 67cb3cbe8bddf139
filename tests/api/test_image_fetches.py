"""Pictures by address: fetched by the worker from the public internet alone, bounded, and kept like uploads."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from PIL import Image

from argosy.domains.products.adapters.outbound import fetching
from argosy.domains.products.domain.image_fetch import RETRY_SECONDS
from argosy.platform import outbound
from argosy.platform.storage import s3
from tests.api.shop import Answer, Shop, assert_problem, nobodys
from tests.api.test_pictures import encoded, from_a_camera, shown


class Elsewhere:
    """A server on loopback, which the setting lets Argosy reach: `answers` by path, `asked` how often."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []
        elsewhere = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                elsewhere.asked.append(self.path)
                status, headers, body = elsewhere.answers.get(self.path, (404, {}, b""))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def picture(self, path: str, raw: bytes, kind: str = "image/jpeg") -> str:
        self.answers[path] = (200, {"Content-Type": kind}, raw)
        return self.url + path

    def redirect(self, path: str, to: str) -> str:
        self.answers[path] = (302, {"Location": to}, b"")
        return self.url + path

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[Elsewhere]:
    monkeypatch.setenv("ARGOSY_OUTBOUND_PRIVATE", "127.0.0.1/32")
    server = Elsewhere()
    yield server
    server.close()


def ask(shop: Shop, url: str, *, token: str = "", product_id: str = "") -> Answer:
    path = f"products/{product_id or shop.product_id}/image-fetches"
    return shop.call("POST", path, {"url": url}, token=token or shop.seller)


def fetched(shop: Shop, url: str) -> dict[str, Any]:
    """What a fetch has come to."""
    asked = ask(shop, url)
    assert asked.status == 202, asked
    shop.drain()
    seen: dict[str, Any] = shop.call("GET", asked.headers["location"].removeprefix("/api/v1/"), token=shop.seller).json
    return seen


def due(shop: Shop) -> list[tuple[Any, ...]]:
    return shop.place.rows("products", "SELECT due_at FROM products_due WHERE name = 'image_fetch'")


def make_due(shop: Shop) -> None:
    """As it is when the time has come."""
    runtime = shop.place.runtime
    now = runtime.stores["products"].dialect.instant(runtime.clock.now())
    shop.place.rows("products", "UPDATE products_due SET due_at = ? WHERE name = 'image_fetch'", now)


def test_a_picture_elsewhere_becomes_the_products_own_like_an_upload(shop: Shop, elsewhere: Elsewhere) -> None:
    url = elsewhere.picture("/lamp.jpg", from_a_camera())
    asked = ask(shop, url)
    assert asked.status == 202
    path = asked.headers["location"].removeprefix("/api/v1/")
    pending = shop.call("GET", path, token=shop.seller).json
    assert (pending["status"], pending["url"], elsewhere.asked) == ("PENDING", url, [])
    (address,) = shown(shop)
    assert elsewhere.asked == ["/lamp.jpg"]
    done = shop.call("GET", path, token=shop.seller).json
    mine = shop.call("GET", f"stores/mine/products/{shop.product_id}", token=shop.seller).json
    assert (done["status"], done["reason"], done["tries"]) == ("DONE", "", 1)
    assert mine["images"] == [{"image_id": done["image_id"], "url": address}]
    with Image.open(io.BytesIO(shop.client.get(address).content)) as picture:
        assert (picture.format, picture.size) == ("WEBP", (20, 40))
        assert not picture.getexif()


def test_the_same_address_is_one_fetch_and_anew_once_its_picture_is_gone(shop: Shop, elsewhere: Elsewhere) -> None:
    url = elsewhere.picture("/lamp.jpg", encoded())
    first, second = ask(shop, url).json["id"], ask(shop, url).json["id"]
    shop.drain()
    assert (first, ask(shop, url).json["id"]) == (second, first)
    shop.drain()
    assert elsewhere.asked == ["/lamp.jpg"]
    assert len(shown(shop)) == 1
    path = f"products/{shop.product_id}/images"
    assert shop.call("PUT", path, {"image_ids": []}, token=shop.seller).status == 204
    assert ask(shop, url).json["id"] == first
    assert len(shown(shop)) == 1
    assert elsewhere.asked == ["/lamp.jpg"] * 2


def test_pictures_come_in_the_order_in_which_they_were_asked_for(shop: Shop, elsewhere: Elsewhere) -> None:
    for width in (30, 40, 50, 60):
        assert ask(shop, elsewhere.picture(f"/{width}.jpg", encoded(width))).status == 202
    widths = []
    for address in shown(shop):
        with Image.open(io.BytesIO(shop.client.get(address).content)) as picture:
            widths.append(picture.size[0])
    assert widths == [30, 40, 50, 60]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://example.com/a.jpg", "scheme_not_allowed"),
        ("file:///etc/passwd", "url_invalid"),
        ("http://user:pass@example.com/a.jpg", "url_invalid"),
        ("http://example.com:22/a.jpg", "port_not_allowed"),
        ("http://10.0.0.1/a.jpg", "address_not_public"),
        ("http://[::1]/a.jpg", "address_not_public"),
        ("http://169.254.169.254/latest/meta-data", "address_not_public"),
        ("http://localhost/a.jpg", "address_not_public"),
        ("http://exam ple.com/a.jpg", "url_invalid"),
        ("", "url_invalid"),
        ("https://example.com/" + "a" * 2_000, "url_invalid"),
    ],
)
def test_an_address_that_may_not_be_asked_is_refused_at_once(shop: Shop, url: str, reason: str) -> None:
    before = shop.written()
    problem = assert_problem(ask(shop, url), 422, "picture_not_fetchable")
    assert (problem["faults"][0]["field"], problem["faults"][0]["reason"]) == ("url", reason)
    assert (shop.written(), due(shop)) == (before, [])


def test_no_redirect_and_no_name_leads_to_what_is_ours(
    shop: Shop, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = elsewhere.picture("/secret.jpg", encoded()).replace("127.0.0.1", "127.0.0.2")
    to_inner = elsewhere.redirect("/a", inner)
    for url in (to_inner, elsewhere.redirect("/b", to_inner), elsewhere.redirect("/c", "file:///etc/passwd")):
        seen = fetched(shop, url)
        assert (seen["status"], seen["tries"]) == ("FAILED", 1)
        assert seen["reason"] in ("address_not_public", "scheme_not_allowed", "url_invalid")
    port = elsewhere.url.rpartition(":")[2]
    answers = [["127.0.0.2"], ["93.184.216.34", "10.0.0.7"]]
    monkeypatch.setattr(
        outbound.Outbound, "of", classmethod(lambda cls, environment: cls((), lambda host, port: answers.pop(0)))
    )
    for name in ("rebound", "half"):
        assert fetched(shop, f"http://{name}.example:{port}/secret.jpg")["reason"] == "address_not_public"
    assert "/secret.jpg" not in elsewhere.asked
    assert shown(shop) == []


def test_what_is_no_picture_or_too_much_of_one_is_given_up_with_its_reason(
    shop: Shop, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(wide, "PNG")
    monkeypatch.setattr(fetching, "BOUNDS", fetching.BOUNDS._replace(bytes_max=300_000))
    ring = [elsewhere.redirect(f"/r{number}", f"{elsewhere.url}/r{number + 1}") for number in range(9)]
    for url, reason in (
        (elsewhere.picture("/page", b"<svg onload='alert(1)'/>", "text/html"), "not_such_a_file"),
        (elsewhere.picture("/svg", b"<svg onload='alert(1)'/>", "image/svg+xml"), "not_such_a_file"),
        (elsewhere.picture("/lie", b"<svg onload='alert(1)'/>"), "picture_not_readable"),
        (elsewhere.picture("/half", encoded()[:200]), "picture_not_readable"),
        (elsewhere.picture("/wide", wide.getvalue(), "image/png"), "picture_too_large"),
        (elsewhere.picture("/long", b"x" * 300_001), "too_long"),
        (elsewhere.url + "/nothing-there", "answer_not_ok"),
        (ring[0], "too_many_redirects"),
    ):
        seen = fetched(shop, url)
        assert (seen["status"], seen["reason"], seen["tries"], seen["next_try_at"]) == ("FAILED", reason, 1, None), url
    assert len([path for path in elsewhere.asked if path.startswith("/r")]) == 4
    assert (shown(shop), due(shop)) == ([], [])


def test_what_may_pass_is_tried_again_later_and_three_times_at_most(shop: Shop, elsewhere: Elsewhere) -> None:
    elsewhere.answers["/busy"] = (503, {}, b"")
    seen = fetched(shop, elsewhere.url + "/busy")
    assert (seen["status"], seen["reason"], seen["tries"]) == ("PENDING", "answer_not_ok", 1)
    for tries in range(2, len(RETRY_SECONDS) + 2):
        assert len(due(shop)) == 1
        make_due(shop)
        seen = fetched(shop, elsewhere.url + "/busy")
        assert seen["tries"] == tries
    assert (seen["status"], len(elsewhere.asked)) == ("FAILED", 3)
    assert due(shop) == []
    elsewhere.picture("/busy", encoded())
    assert fetched(shop, elsewhere.url + "/busy")["status"] == "DONE"


def test_while_the_storage_is_away_the_picture_waits(
    shop: Shop, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "TRIES", 1)
    monkeypatch.setenv("ARGOSY_STORAGE", "s3")
    for name, value in (("URL", "http://127.0.0.1:9"), ("BUCKET", "b"), ("KEY", "k"), ("SECRET", "s")):
        monkeypatch.setenv(f"ARGOSY_STORAGE_{name}", value)
    url = elsewhere.picture("/lamp.jpg", encoded())
    seen = fetched(shop, url)
    assert (seen["status"], seen["tries"], len(due(shop))) == ("PENDING", 0, 1)
    monkeypatch.setenv("ARGOSY_STORAGE", "folder")
    until = time.monotonic() + 20
    while fetched(shop, url)["status"] == "PENDING" and time.monotonic() < until:
        time.sleep(0.2)
    assert fetched(shop, url)["status"] == "DONE"


def test_what_the_product_would_refuse_by_then_is_told(
    shop: Shop, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ask(shop, elsewhere.picture("/lamp.jpg", encoded()))
    assert shop.call("POST", f"products/{shop.product_id}/archive", token=shop.seller).status == 204
    shop.drain()
    seen = shop.call("GET", asked.headers["location"].removeprefix("/api/v1/"), token=shop.seller).json
    assert (seen["status"], seen["reason"]) == ("FAILED", "product_is_archived")
    assert_problem(ask(shop, elsewhere.url + "/other.jpg"), 409, "product_is_archived")


def test_pictures_on_their_way_count_as_the_products(shop: Shop, elsewhere: Elsewhere) -> None:
    for number in range(50):
        assert ask(shop, f"{elsewhere.url}/{number}").status == 202
    problem = assert_problem(ask(shop, f"{elsewhere.url}/one-more"), 422, "too_many_of_them")
    assert problem["faults"][0]["most"] == 50


def test_strangers_see_and_start_nothing(shop: Shop, elsewhere: Elsewhere) -> None:
    id = ask(shop, elsewhere.picture("/lamp.jpg", encoded())).json["id"]
    other = shop.person()
    assert shop.call("POST", "stores", {"store_name": "Other"}, token=other).status == 201
    foreign = assert_problem(ask(shop, elsewhere.url + "/x", token=other), 404, "no_such_product")
    unknown = assert_problem(
        ask(shop, elsewhere.url + "/x", token=other, product_id=nobodys("product")), 404, "no_such_product"
    )
    assert str(foreign).replace(shop.product_id, "X") == str(unknown).replace(nobodys("product"), "X")
    base = f"products/{shop.product_id}/image-fetches"
    for path in (base, f"{base}/{id}", f"products/{nobodys('product')}/image-fetches/{id}"):
        assert_problem(shop.call("GET", path, token=other), 404, "not_found")
        assert_problem(shop.call("GET", path), 401, "not_signed_in")
    assert [one["fetch_id"] for one in shop.call("GET", base, token=shop.staff()).json["items"]] == [id]
