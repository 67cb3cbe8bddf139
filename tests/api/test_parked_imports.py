"""A file whose import never comes back is tried five times and then waits for somebody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from argosy.contracts.products_transfers import BeginImportTry
from argosy.domains.products.adapters.outbound import transferring
from argosy.domains.products.domain.transfer import STOPS_ITS_PROCESS, TRIES_MAX
from argosy.engine.store import StoreUnavailable
from argosy.platform.pages import cursor
from tests.api.shop import Answer, Shop, assert_problem
from tests.api.test_imports import counts, many, post, seen

TRY = (
    "import django, sys; django.setup();"
    "from argosy.domains.products.adapters.outbound.transferring import TransferRequest, import_pieces;"
    "import_pieces(TransferRequest(sys.argv[1]), 1, 'call')"
)


def killed_at(point: str, import_id: str) -> None:
    """A process that works on the import, and dies."""
    environment = {**os.environ, "ARGOSY_CRASH_AT": point, "DJANGO_SETTINGS_MODULE": "config.settings"}
    ended = subprocess.run(
        [sys.executable, "-c", TRY, import_id],
        check=False,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()


def parked(shop: Shop, raw: bytes) -> Answer:
    """An import that five processes have died of."""
    posted = post(shop, raw)
    for tries in range(1, TRIES_MAX + 1):
        killed_at("import.begun", posted.json["id"])
        told = seen(shop, posted)
        assert (told["status"], told["tries"]) == ("RUNNING", tries), "counted before it was made"
    shop.drain()
    return posted


def resume(shop: Shop, posted: Any, token: str) -> Answer:
    return shop.call("POST", f"imports/{posted.json['id']}/resume", token=token)


def test_what_kills_its_process_each_time_is_parked_and_goes_on_when_it_is_told_to(shop: Shop) -> None:
    posted = parked(shop, many(3))
    told = seen(shop, posted)
    assert (told["status"], told["fault"], told["rows_read"]) == ("PARKED", STOPS_ITS_PROCESS, 0)
    assert told["ended_at"] is not None
    shop.drain()
    assert seen(shop, posted) == told, "nobody tries it any more"
    staff, stranger = shop.staff(), shop.person()
    shop.call("POST", "stores", {"store_name": "Other"}, token=stranger)
    assert_problem(resume(shop, posted, stranger), 404, "no_such_import")
    [waiting] = shop.call("GET", "imports/parked", token=staff).json["items"]
    assert (waiting["import_id"], waiting["fault"]) == (posted.json["id"], STOPS_ITS_PROCESS)
    assert resume(shop, posted, shop.seller).status == 204
    shop.drain()
    assert counts(seen(shop, posted)) == ("DONE", 3, 3, 0, 0, 0)
    assert shop.call("GET", "imports/parked", token=staff).json["items"] == []
    assert_problem(resume(shop, posted, staff), 409, "import_is_not_parked")


def test_what_comes_on_is_never_parked_however_often_its_process_dies(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transferring, "PIECE_ROWS", 1)
    rows = TRIES_MAX + 1
    posted = post(shop, many(rows))
    for row in range(1, rows + 1):
        shop.place.do("products", BeginImportTry(import_id=posted.json["id"]))
        assert transferring._Importer(shop.place.runtime, posted.json["id"]).step()
        told = seen(shop, posted)
        assert (told["tries"], told["rows_read"]) == (0, row)
    assert counts(told) == ("DONE", rows, rows, 0, 0, 0)


def test_a_storage_that_is_away_counts_as_no_try(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    posted = post(shop, many(1))

    class Away:
        def get(self, name: str) -> bytes:
            raise StoreUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(transferring, "storage", lambda area: Away())
        for _ in range(TRIES_MAX + 1):
            with pytest.raises(StoreUnavailable):
                transferring.import_pieces(transferring.TransferRequest(posted.json["id"]), 1, "call")
    assert seen(shop, posted)["tries"] == 0
    shop.drain()
    assert counts(seen(shop, posted)) == ("DONE", 1, 1, 0, 0, 0)


def test_staff_may_start_it_again_and_so_does_the_same_file(shop: Shop) -> None:
    posted = parked(shop, many(1))
    assert resume(shop, posted, shop.staff()).status == 204
    assert seen(shop, posted)["tries"] == 0
    for _ in range(TRIES_MAX):
        shop.place.do("products", BeginImportTry(import_id=posted.json["id"]))
    shop.drain()
    assert seen(shop, posted)["status"] == "PARKED"
    assert post(shop, many(1)).json == posted.json
    shop.drain()
    assert counts(seen(shop, posted)) == ("DONE", 1, 1, 0, 0, 0)


def test_the_list_goes_on_behind_an_import_alone(shop: Shop) -> None:
    path = f"imports/parked?after={cursor('behind')}"
    assert_problem(shop.call("GET", path, token=shop.staff()), 422, "invalid_request")
