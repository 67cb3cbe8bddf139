"""The examples for clients run as they stand, against a real web; what the page lists is what the feed tells."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from argosy.contracts.integrations import SweepFeed
from argosy.domains.integrations.domain.feed import PUBLIC
from tests.api.serving import PROJECT, Web
from tests.api.shop import PASSWORD, Shop
from tests.api.test_events import make_due
from tests.marketplace import Marketplace

EXAMPLES = PROJECT / "docs" / "examples"


class Working:
    """The worker's part, in the background: what was told is heard."""

    def __init__(self, shop: Shop) -> None:
        self._is_over = threading.Event()
        self._shop = shop
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        from django.db import connections

        while not self._is_over.wait(1):  # Behind, as a busy one is: nobody may count on having been heard already.
            self._shop.drain()
        connections.close_all()

    def stop(self) -> None:
        self._is_over.set()
        self._thread.join(30)


@pytest.fixture
def shop(marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("ARGOSY_EVENT_FEED", "yes")
    monkeypatch.setenv("ARGOSY_WEBHOOKS_PLAIN", "yes")
    monkeypatch.setenv("ARGOSY_OUTBOUND_PRIVATE", "127.0.0.0/8")
    return Shop(marketplace)


@pytest.fixture
def web(shop: Shop) -> Iterator[Web]:
    served = Web()
    yield served
    served.close()


def example(name: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    runner = ["sh"] if name.endswith(".sh") else [sys.executable]
    return subprocess.run(
        [*runner, str(EXAMPLES / name), *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.slow
def test_a_store_is_managed_with_curl(shop: Shop, web: Web) -> None:
    shop.place.close()
    working = Working(shop)
    try:
        done = example(
            "manage_store.sh", ARGOSY=f"http://127.0.0.1:{web.port}", EMAIL="person1@example.com", PASSWORD=PASSWORD
        )
    finally:
        working.stop()
    published, told, key = done.stdout.splitlines()
    assert published.removeprefix("published ") == told.removeprefix("told of ")
    assert key == "the key is answered 401"
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.slow
def test_a_store_is_opened_and_sells_with_curl(shop: Shop, web: Web, tmp_path: Path) -> None:
    picture = tmp_path / "pot.png"
    Image.new("RGB", (640, 480), "sienna").save(picture)
    shop.place.close()
    working = Working(shop)
    try:
        done = example(
            "open_store.sh",
            str(picture),
            ARGOSY=f"http://127.0.0.1:{web.port}",
            EMAIL="rosa@example.com",
            PASSWORD=PASSWORD,
        )
    finally:
        working.stop()
    assert (done.returncode, done.stderr) == (0, "")
    opened, seen = done.stdout.splitlines()
    assert opened.endswith(" is OPEN")
    page = shop.call("GET", f"products/{seen.rpartition('/')[2]}").json
    assert (page["title"], len(page["images"])) == ("Clay pot", 1)
    assert page["variants"][0]["in_stock"] is True


def test_events_are_followed_once_each_in_python(shop: Shop, web: Web, tmp_path: Path) -> None:
    key = shop.call("POST", "api-keys", {"name": "erp", "scopes": ["events:read"]}, token=shop.seller).json["key"]
    where = {"ARGOSY": f"http://127.0.0.1:{web.port}", "API_KEY": key}
    first = example("follow_events.py", str(tmp_path / "cursor"), "2", **where)
    assert [line.split()[1] for line in first.stdout.splitlines()] == ["product.created", "product.published"]
    assert first.stderr == ""
    (tmp_path / "cursor").write_text(shop.call("GET", "events", token=shop.seller).json["cursor"])
    shop.call("POST", f"products/{shop.product_id}/unpublish", token=shop.seller)
    shop.drain()
    second = example("follow_events.py", str(tmp_path / "cursor"), "1", **where)
    assert [line.split()[1] for line in second.stdout.splitlines()] == ["product.unpublished"]
    refused = example("follow_events.py", str(tmp_path / "cursor"), "1", **{**where, "API_KEY": "none"})
    assert (refused.returncode, refused.stderr.split(":")[0]) == (1, "not_signed_in")


def test_who_was_away_for_too_long_is_told_and_goes_on(shop: Shop, web: Web, tmp_path: Path) -> None:
    key = shop.call("POST", "api-keys", {"name": "erp", "scopes": ["events:read"]}, token=shop.seller).json["key"]
    (tmp_path / "cursor").write_text(shop.call("GET", "events?limit=1", token=shop.seller).json["cursor"])
    shop.place.rows("integrations", "UPDATE feed_events SET occurred_at = ? WHERE position <= 2", "2020-01-01 00:00:00")
    make_due(shop, SweepFeed.wire_name)
    shop.call("POST", f"products/{shop.product_id}/unpublish", token=shop.seller)
    shop.drain()
    where = {"ARGOSY": f"http://127.0.0.1:{web.port}", "API_KEY": key}
    followed = example("follow_events.py", str(tmp_path / "cursor"), "1", **where)
    assert followed.stdout.split()[1] == "product.unpublished"
    assert followed.stderr.startswith("Events behind this cursor are no longer kept.")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_stock_and_prices_are_kept_with_curl(shop: Shop, web: Web, tmp_path: Path) -> None:
    scopes = ["inventory:write", "products:write"]
    key = shop.call("POST", "api-keys", {"name": "warehouse", "scopes": scopes}, token=shop.seller).json["key"]
    (tmp_path / "counts.csv").write_text("warehouse,sku,counted\nmain,lamp,47\n")
    where = {"ARGOSY": f"http://127.0.0.1:{web.port}", "API_KEY": key}
    shop.place.close()
    working = Working(shop)
    try:
        done = example("keep_stock.sh", str(tmp_path / "counts.csv"), shop.product_id, shop.variant_id, **where)
    finally:
        working.stop()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["counted 1, 1 differed", "1 set, 0 refused"]
    (item,) = shop.call("GET", f"stock/{shop.variant_id}", token=shop.seller).json["items"]
    assert item["on_hand"] == 47


def test_webhooks_are_received_and_forged_ones_are_not(shop: Shop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    secret = shop.call("POST", "webhooks", {"url": url}, token=shop.seller).json["secret"]
    receiver = subprocess.Popen(
        [sys.executable, str(EXAMPLES / "receive_webhooks.py"), str(port)],
        env={**os.environ, "WEBHOOK_SECRET": secret},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        give_up = time.monotonic() + 20
        while time.monotonic() < give_up:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        forged = subprocess.run(
            ["curl", "--silent", "--output", os.devnull, "--write-out", "%{http_code}", "--data", "{}", url],
            capture_output=True,
            text=True,
            check=True,
        )
        assert forged.stdout == "401"
        shop.call("POST", f"products/{shop.product_id}/unpublish", token=shop.seller)
        shop.drain()
        assert receiver.stdout is not None
        type, _, data = receiver.stdout.readline().partition(" ")
        assert (type, json.loads(data)) == ("product.unpublished", {"product_id": shop.product_id})
    finally:
        receiver.terminate()
        receiver.wait(10)
        assert receiver.stdout is not None
        receiver.stdout.close()


def test_the_page_lists_every_type_with_its_fields() -> None:
    page = (PROJECT / "docs" / "how-to" / "integrate-a-program.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \| (.+) \|$", page, flags=re.MULTILINE))
    assert listed == {public.type: ", ".join(f"`{field}`" for field in public.fields) for public in PUBLIC.values()}
