"""A marketplace whose pictures and archives are in S3, by settings alone; and what happens while that is away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from argosy.engine import consumer
from argosy.platform import archiving
from argosy.platform.storage import s3
from argosy.platform.storage.objects import StorageIsAway
from argosy.read_models.slots import forget_live_slots
from tests.api.shop import Shop, assert_problem
from tests.api.test_pictures import encoded, send, shown
from tests.marketplace import Marketplace
from tests.platform.test_archiving import archiver, everything, forget_opened, kept, publish
from tests.services.s3 import BUCKET, S3, s3_server

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def server() -> Iterator[S3]:
    with s3_server() as server:
        yield server


@pytest.fixture
def bucket(server: S3, monkeypatch: pytest.MonkeyPatch) -> S3:
    server.empty()
    monkeypatch.setattr(s3, "TRIES", 1)
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    return server


@pytest.fixture
def place(marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Marketplace]:
    monkeypatch.setattr(consumer, "IDLE_LANE_LAG", 0)
    monkeypatch.setattr(archiving, "SEGMENT_ROWS", 7)
    forget_live_slots()
    yield marketplace
    forget_live_slots()


def objects(bucket: S3, area: str) -> list[str]:
    listed = bucket.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=f"{area}/").get("Contents", [])
    return [one["Key"] for one in listed]


def test_a_log_is_archived_to_the_bucket_and_read_from_there(place: Marketplace, bucket: S3) -> None:
    publish(place, 0, 6)
    before = everything(place)
    assert archiver(place).run().segments == 3
    assert len(objects(bucket, "archive/products")) == 3
    assert kept(place) == 1
    forget_opened(place)
    assert everything(place) == before


def test_while_the_bucket_is_away_nothing_is_lost_and_then_all_goes_on(
    place: Marketplace, bucket: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(place, 0, 4)
    before = everything(place)
    monkeypatch.setenv("ARGOSY_STORAGE_URL", NOWHERE)
    rows = kept(place)
    with pytest.raises(StorageIsAway, match=f"bucket {BUCKET}: "):
        archiver(place).run()
    assert kept(place) == rows
    monkeypatch.setenv("ARGOSY_STORAGE_URL", bucket.url)
    assert archiver(place).run().segments == 2
    monkeypatch.setenv("ARGOSY_STORAGE_URL", NOWHERE)
    forget_opened(place)
    with pytest.raises(StorageIsAway, match=f"bucket {BUCKET}: "):
        everything(place)
    monkeypatch.setenv("ARGOSY_STORAGE_URL", bucket.url)
    assert everything(place) == before


def test_pictures_are_kept_in_the_bucket_and_refused_while_it_is_away(
    bucket: S3, marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(marketplace)
    assert send(shop, encoded()).status == 201
    (address,) = shown(shop)
    assert shop.client.get(address).status_code == 200
    assert len(objects(bucket, "media")) == 3
    monkeypatch.setenv("ARGOSY_STORAGE_URL", NOWHERE)
    written = shop.written()
    assert_problem(send(shop, encoded(60, 60)), 503, "store_unavailable")
    assert shop.written() == written
    away = shop.client.get(address)
    assert (away.status_code, away["Retry-After"], away["Cache-Control"]) == (503, "5", "no-store")
    monkeypatch.setenv("ARGOSY_STORAGE_URL", bucket.url)
    assert shop.client.get(address).status_code == 200
    assert send(shop, encoded(60, 60)).status == 201
