"""Pages of other origins read the API where the setting lists them, with bearer tokens and never with cookies."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator

import pytest

from argosy.platform.cors import OriginIsWrong, origins_of
from tests.api.serving import Reply, Web
from tests.api.shop import Shop

HERE, ELSEWHERE = "https://admin.example", "https://evil.example"
ASKS = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Headers": "authorization,idempotency-key"}


@pytest.fixture
def web(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    monkeypatch.setenv("ARGOSY_CORS_ORIGINS", f"{HERE} http://localhost:3000")
    served = Web()
    yield served
    served.close()


def cors(reply: Reply) -> dict[str, str]:
    return {name: value for name, value in reply.headers.items() if name.startswith("access-control-")}


def test_nobody_is_let_where_nothing_is_set(shop: Shop) -> None:
    for headers in ({"Origin": HERE}, {"Origin": HERE, **ASKS}):
        answer = shop.call("OPTIONS" if len(headers) > 1 else "GET", "products", **headers)
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_pages_of_listed_origins_may_ask_and_read(shop: Shop, web: Web) -> None:
    preflight = web.call("OPTIONS", "carts/mine/lines", Origin=HERE, **ASKS)
    assert preflight.status == 200
    assert cors(preflight)["access-control-allow-origin"] == HERE
    assert "POST" in cors(preflight)["access-control-allow-methods"]
    assert {"authorization", "idempotency-key", "if-none-match", "prefer"} <= set(
        cors(preflight)["access-control-allow-headers"].split(", ")
    )
    assert cors(preflight)["access-control-max-age"] == "3600"
    added = web.call(
        "POST", "carts/mine/lines", shop.line(), token=shop.buyer, Origin=HERE, Idempotency_Key="from a page"
    )
    assert added.status == 200
    assert cors(added)["access-control-allow-origin"] == HERE
    assert "ETag" in cors(added)["access-control-expose-headers"]
    assert "origin" in added.headers["vary"].lower()
    refused = web.call("GET", "orders", token="nobody's", Origin="http://localhost:3000")
    assert refused.status == 401
    assert cors(refused)["access-control-allow-origin"] == "http://localhost:3000", "a page may read why"


def test_pages_of_other_origins_are_told_nothing_and_nobody_sends_cookies(shop: Shop, web: Web) -> None:
    for reply in (
        web.call("OPTIONS", "carts/mine/lines", Origin=ELSEWHERE, **ASKS),
        web.call("GET", "products", Origin=ELSEWHERE),
        web.call("GET", "products", Origin=f"{HERE}.evil.example"),
        web.call("GET", "products", Origin="null"),
    ):
        assert "access-control-allow-origin" not in cors(reply)
    for reply in (web.call("OPTIONS", "orders", Origin=HERE, **ASKS), web.call("GET", "products", Origin=HERE)):
        assert "access-control-allow-credentials" not in cors(reply)
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=10)
    connection.request("GET", "/sign-in", headers={"Origin": HERE})
    page = connection.getresponse()
    assert (page.status, page.getheader("access-control-allow-origin")) == (200, None), "pages of the shop stay closed"
    connection.close()


def test_waits_answer_pages_as_the_web_does(shop: Shop, web: Web) -> None:
    started = shop.call("POST", "checkouts", shop.purchase(), token=shop.buyer)
    shop.drain()
    path = f"checkouts/{started.json['checkout_id']}"
    asks = {"Access_Control_Request_Method": "GET", "Access_Control_Request_Headers": "authorization,prefer"}
    preflight = web.call("OPTIONS", path, port=web.waits_port, Origin=HERE, **asks)
    assert (preflight.status, cors(preflight)["access-control-allow-origin"]) == (200, HERE)
    found = web.wait(path, token=shop.buyer, Origin=HERE)
    assert (found.status, cors(found)["access-control-allow-origin"]) == (200, HERE)
    assert "access-control-allow-origin" not in cors(web.wait(path, token=shop.buyer, Origin=ELSEWHERE))
    assert cors(web.wait(path, Origin=HERE))["access-control-allow-origin"] == HERE
    assert web.call("OPTIONS", path, port=web.waits_port, Origin=ELSEWHERE).status == 405


@pytest.mark.parametrize("wrong", ["*", "admin.example", "https://admin.example/", "null", "ftp://a"])
def test_what_is_no_origin_is_refused(wrong: str) -> None:
    with pytest.raises(OriginIsWrong, match="ARGOSY_CORS_ORIGINS"):
        origins_of({"ARGOSY_CORS_ORIGINS": f"https://one.example {wrong}"})


def test_a_page_may_read_that_we_are_too_busy(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGOSY_CORS_ORIGINS", HERE)
    monkeypatch.setenv("ARGOSY_SHED_QUEUE_SECONDS", "0.000001")
    served = Web()
    try:
        give_up = time.monotonic() + 60
        while (reply := served.call("GET", "products", Origin=HERE)).status != 503:
            assert time.monotonic() < give_up
            time.sleep(0.05)
        assert cors(reply)["access-control-allow-origin"] == HERE
        assert "Retry-After" in cors(reply)["access-control-expose-headers"]
        assert served.call("OPTIONS", "products", Origin=HERE, **ASKS).status == 200
    finally:
        served.close()
