"""Pictures that nothing shows are put aside after a day, gone after thirty, and back when something shows them."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.apps import apps

from argosy.platform import stray_pictures
from argosy.platform.context import Context
from argosy.platform.media import SIZES, key_of, media
from argosy.platform.pictures import read_picture
from argosy.platform.storage.chosen import MEDIA, storage
from argosy.platform.storage.objects import StorageIsAway
from argosy.platform.stray_pictures import EVERY_SECONDS, PARTS, PictureRounds
from tests.api.repeated import Request, abandon
from tests.api.shop import Shop
from tests.api.test_pictures import encoded, send
from tests.marketplace import Marketplace

DAY = timedelta(days=1)


@pytest.fixture
def seller(marketplace: Marketplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop whose pictures lie in a folder of their own."""
    monkeypatch.setenv("ARGOSY_MEDIA", str(tmp_path / "pictures"))
    return Shop(marketplace)


@pytest.fixture
def rounds(seller: Shop) -> Iterator[Going]:
    yield Going(PictureRounds(seller.place.runtime))


class Going:
    """The rounds on a clock of their own."""

    def __init__(self, rounds: PictureRounds) -> None:
        self.rounds = rounds
        self.time = datetime.now(UTC)
        rounds.now = lambda: self.time

    def whole(self, later: timedelta = timedelta()) -> int:
        """Each part once, beginning so much later; how many files were put aside."""
        self.time += later
        found = 0
        for _ in PARTS:
            found += self.rounds.turn()
            self.time += timedelta(seconds=EVERY_SECONDS)
        return found


def kept(raw: bytes) -> list[bool]:
    """Whether each size of a picture is in its place."""
    digest = read_picture(raw).digest
    return [media().get(key_of(digest, size)) is not None for size in SIZES]


def died(seller: Shop, raw: bytes) -> None:
    """An upload whose process ends after its files are kept and before anything is written down."""
    path = f"products/{seller.product_id}/images"
    request = Request("products", "POST", path, raw, seller.seller, "image/jpeg")
    assert abandon(request, seller.client, "commit.before_begin")
    assert kept(raw) == [True] * 3


def test_what_an_upload_that_died_has_left_is_taken_away_and_nothing_else(seller: Shop, rounds: Going) -> None:
    lost, shown = encoded(50, 20), encoded(60, 20)
    died(seller, lost)
    assert send(seller, shown).status == 201
    assert rounds.whole() == 0, "it is not a day old"
    assert rounds.whole(DAY / 2) == 0
    assert rounds.whole(DAY / 2) == 3
    assert (kept(lost), kept(shown)) == ([False] * 3, [True] * 3)
    assert rounds.whole(DAY) == 0, "again changes nothing"
    assert rounds.whole(31 * DAY) == 0
    assert not storage(MEDIA).names("aside"), "it is gone for good"
    assert kept(shown) == [True] * 3


def test_what_a_product_shows_after_all_is_back_and_what_it_shows_no_more_goes(seller: Shop, rounds: Going) -> None:
    lost, other = encoded(50, 20), encoded(60, 20)
    died(seller, lost)
    rounds.whole()
    assert send(seller, lost).status == 201
    assert rounds.whole(2 * DAY) == 0, "within the day it was written down"
    second = send(seller, other).json["id"]
    path = f"products/{seller.product_id}/images"
    assert seller.call("PUT", path, {"image_ids": [second]}, token=seller.seller).status == 204
    rounds.whole()
    assert rounds.whole(DAY) == 3
    assert (kept(lost), kept(other)) == ([False] * 3, [True] * 3)
    # As after a restore from a backup: something shows it again, and nobody has sent the file.
    rows = seller.place.rows("products", "SELECT url FROM product_images WHERE id = ?", second)
    address = rows[0][0].replace(read_picture(other).digest, read_picture(lost).digest)
    seller.place.runtime.stores["products"].dialect.query(
        "UPDATE product_images SET url = ? WHERE id = ? RETURNING id", (address, second)
    )
    rounds.whole(10 * DAY)
    assert kept(lost) == [True] * 3
    assert len(storage(MEDIA).names("aside")) == 0


def test_a_process_that_dies_on_the_way_leaves_a_picture_in_one_place_at_least(
    seller: Shop, rounds: Going, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = encoded(50, 20)
    died(seller, lost)
    rounds.whole()

    class Dying:
        """The storage, until the n-th time that something is to be changed."""

        def __init__(self, left: int) -> None:
            self.left, self.objects = left, storage(MEDIA)
            self.get, self.names = self.objects.get, self.objects.names

        def put(self, key: str, content: bytes) -> None:
            self._count()
            self.objects.put(key, content)

        def remove(self, key: str) -> None:
            self._count()
            self.objects.remove(key)

        def _count(self) -> None:
            self.left -= 1
            if self.left < 0:
                raise StorageIsAway("died")

    rounds.time += DAY
    digest = read_picture(lost).digest
    for left in range(9):
        rounds.rounds.kept = lambda left=left: Dying(left)  # type: ignore[misc]
        for _ in PARTS:
            with suppress(StorageIsAway):
                rounds.rounds.turn()
            rounds.time += timedelta(seconds=EVERY_SECONDS)
        names = [*storage(MEDIA).names("aside"), *storage(MEDIA).names(digest[:2])]
        for size in SIZES:
            assert any(name.endswith(key_of(digest, size)) for name in names), left
    rounds.rounds.kept = lambda: storage(MEDIA)
    rounds.whole()
    assert kept(lost) == [False] * 3


def test_a_turn_is_bounded_and_one_worker_looks(seller: Shop, rounds: Going, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stray_pictures, "AT_ONCE_MAX", 1)
    died(seller, encoded(50, 20))
    rounds.whole()
    assert [rounds.whole(DAY), rounds.whole(), rounds.whole(), rounds.whole()] == [1, 1, 1, 0]
    died(seller, encoded(50, 20))
    rounds.whole()
    now = datetime.now(UTC)
    store = rounds.rounds._store
    held = store.take_lease(stray_pictures.LEASE, "another", now, now + DAY, lambda holder: False)
    assert held is not None
    assert rounds.whole(DAY) == 0
    store.keep_lease(held, now - DAY)
    assert rounds.whole() == 1


def test_other_files_are_left_alone_and_a_database_that_is_away_takes_nothing_away(
    seller: Shop, rounds: Going, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage(MEDIA).put("ab/by-hand.txt", b"1")
    lost = encoded(50, 20)
    died(seller, lost)
    rounds.whole()
    assert rounds.whole(DAY) == 3
    died(seller, lost)
    rounds.whole()

    def away(self: Context, part: str) -> set[str]:
        raise StorageIsAway("the database does not answer")

    with monkeypatch.context() as patch, pytest.raises(StorageIsAway):
        patch.setattr(type(seller.place.runtime.contexts["products"]), "pictures_shown", away)
        rounds.whole(DAY)
    assert kept(lost) == [True] * 3
    assert storage(MEDIA).get("ab/by-hand.txt") == b"1"


def test_whoever_keeps_pictures_says_which_are_shown() -> None:
    """Of a context that does not, all would be put aside."""
    for context in apps.get_app_configs():
        if not isinstance(context, Context):
            continue
        package = importlib.util.find_spec(type(context).__module__.rpartition(".")[0])
        assert package is not None
        folders = list(package.submodule_search_locations or ())
        sources = [path for folder in folders for path in Path(folder).rglob("*.py")]
        keeps = [path.name for path in sources if "media()" in path.read_text(encoding="utf-8")]
        assert not keeps or "pictures_shown" in type(context).__dict__, f"{context.label}: {keeps}"
