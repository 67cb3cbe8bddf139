"""One object storage, several drivers: a folder, S3 and those of other packages promise the same."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from argosy.platform.storage import s3
from argosy.platform.storage.chosen import ARCHIVE, MEDIA, TRANSFERS, NoStorage, storage_of
from argosy.platform.storage.folder import FolderStorage
from argosy.platform.storage.objects import ObjectStorage, StorageIsAway, StorageRefuses
from tests.platform.storage_contract import ANY, StorageContract
from tests.services.s3 import BUCKET, S3, Breaking, s3_server

PACKAGE = Path(__file__).parents[1] / "fixtures" / "example_storage"


@pytest.fixture(scope="module")
def server() -> Iterator[S3]:
    with s3_server() as server:
        yield server


@pytest.fixture
def bucket(server: S3) -> S3:
    server.empty()
    return server


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example package, built as its author would build it."""
    folder = tmp_path_factory.mktemp("example") / "package"
    shutil.copytree(PACKAGE, folder)
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel"],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    (found,) = (folder / "dist").glob("*.whl")
    return found


class TestFolder(StorageContract):
    @pytest.fixture(autouse=True)
    def place(self, tmp_path: Path) -> None:
        self.root = tmp_path / "objects"
        self.no_folder = tmp_path / "file"
        self.no_folder.write_bytes(b"")

    def make(self) -> ObjectStorage:
        return FolderStorage(self.root)

    def away(self) -> ObjectStorage:
        """A file stands where the folder should be."""
        return FolderStorage(self.no_folder)


class TestS3(StorageContract):
    @pytest.fixture(autouse=True)
    def place(self, bucket: S3, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bucket = bucket
        monkeypatch.setattr(s3, "TRIES", 1)

    def make(self) -> ObjectStorage:
        return storage_of(self.bucket.environment(ARGOSY_STORAGE_PREFIX="/market/one/"), ARCHIVE)

    def away(self) -> ObjectStorage:
        return storage_of(self.bucket.environment(ARGOSY_STORAGE_URL="http://127.0.0.1:9"), ARCHIVE)


class TestExample(StorageContract):
    @pytest.fixture(autouse=True)
    def installed(self, wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.syspath_prepend(str(wheel))
        importlib.invalidate_caches()
        self.path = tmp_path / "objects.sqlite3"
        yield
        sys.modules.pop("argosy_example_storage", None)

    def make(self) -> ObjectStorage:
        return storage_of({"ARGOSY_STORAGE": "example", "example_storage_path": str(self.path)}, MEDIA)

    def away(self) -> ObjectStorage:
        return storage_of({"ARGOSY_STORAGE": "example", "example_storage_path": str(self.path.parent)}, MEDIA)


def test_areas_are_apart_in_one_bucket(bucket: S3) -> None:
    for area in (MEDIA, ARCHIVE, TRANSFERS):
        storage_of(bucket.environment(ARGOSY_STORAGE_PREFIX="shop"), area).put("a/one", area.encode())
    listed = bucket.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    assert [one["Key"] for one in listed] == ["shop/archive/a/one", "shop/media/a/one", "shop/transfers/a/one"]


def test_a_listing_of_more_than_a_page_is_whole(bucket: S3) -> None:
    storage = storage_of(bucket.environment(), ARCHIVE)
    client = bucket.client("s3")
    for number in range(1_005):
        client.put_object(Bucket=BUCKET, Key=f"archive/orders/{number:05}", Body=b"")
    assert len(storage.names("orders")) == 1_005


def test_an_upload_that_breaks_off_is_tried_again_and_never_seen_by_half(bucket: S3) -> None:
    way = Breaking(bucket.url)
    try:
        storage = storage_of(bucket.environment(ARGOSY_STORAGE_URL=way.url), MEDIA)
        way.breaks, way.after = 1, 300_000
        storage.put("a/one", ANY)
        assert way.breaks == 0, "it did not break"
        assert storage.get("a/one") == ANY
        way.breaks = s3.TRIES
        with pytest.raises(StorageIsAway):
            storage.put("a/two", ANY)
        assert storage_of(bucket.environment(), MEDIA).names("a") == ["a/one"]
    finally:
        way.close()


def test_wrong_credentials_and_a_bucket_that_is_not_there_are_named_and_right_ones_work(bucket: S3) -> None:
    with pytest.raises(StorageRefuses, match="bucket nobodys: NoSuchBucket"):
        storage_of(bucket.environment(ARGOSY_STORAGE_BUCKET="nobodys"), MEDIA).get("a/one")
    key, secret = bucket.only_for_one()
    with pytest.raises(StorageRefuses, match=f"bucket {BUCKET}: InvalidAccessKeyId"):
        storage_of(bucket.environment(), MEDIA).put("a/one", b"1")
    with pytest.raises(StorageRefuses, match=f"bucket {BUCKET}: SignatureDoesNotMatch") as refused:
        storage_of(bucket.environment(ARGOSY_STORAGE_KEY=key), MEDIA).put("a/one", b"1")
    assert "secret" not in str(refused.value)
    right = storage_of(bucket.environment(ARGOSY_STORAGE_KEY=key, ARGOSY_STORAGE_SECRET=secret), MEDIA)
    right.put("a/one", b"1")
    assert right.get("a/one") == b"1"


def test_settings_that_name_no_storage_are_told() -> None:
    with pytest.raises(NoStorage, match="ARGOSY_STORAGE=tape: no packages bring such a storage"):
        storage_of({"ARGOSY_STORAGE": "tape"}, MEDIA)
    with pytest.raises(StorageRefuses, match="ARGOSY_STORAGE=s3 needs ARGOSY_STORAGE_BUCKET"):
        storage_of({"ARGOSY_STORAGE": "s3"}, MEDIA)


def _write_for_ever(root: Path) -> None:
    storage = FolderStorage(root)
    while True:
        storage.put("a/one", os.urandom(3_000_000))


def test_a_writer_that_is_killed_leaves_a_whole_object_and_nothing_beside(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path)
    for _ in range(5):
        writer = multiprocessing.get_context("spawn").Process(target=_write_for_ever, args=(tmp_path,))
        writer.start()
        while not list(tmp_path.glob("a/*.part")):
            time.sleep(0.001)
        os.kill(writer.pid or 0, signal.SIGKILL)
        writer.join()
        if list(tmp_path.glob("a/*.part")):
            break
    else:
        pytest.fail("it never died in the middle")
    assert storage.names("a") in ([], ["a/one"])
    if storage.names("a"):
        assert len(storage.get("a/one")) == 3_000_000
    assert not list(tmp_path.glob("a/*.part")), "what the dead one left is taken away"
    storage.put("a/one", b"1")
    assert storage.get("a/one") == b"1"
