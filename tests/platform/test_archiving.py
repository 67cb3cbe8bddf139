"""Archiving loses nothing, repeats nothing, and is seen by no reader."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from argosy.contracts.products import CreateProduct, NewVariant, PublishProduct, UpdateProduct
from argosy.engine import consumer
from argosy.engine.log import START, Page, Record
from argosy.engine.segments import SegmentIsDamaged, pack, unpack
from argosy.platform import archiving
from argosy.platform.archived import segments_of
from argosy.platform.archiving import Archiver, ArchivingIsRunning, alone, passed
from argosy.platform.storage import folder
from argosy.platform.storage.folder import FolderStorage
from argosy.platform.storage.segments import StoredSegments
from argosy.read_models.rebuild import rebuild
from argosy.read_models.slots import forget_live_slots
from argosy.shared_kernel.ids import named_id
from argosy.shared_kernel.messages import MESSAGES
from tests.marketplace import Marketplace

SELLER = named_id("archive", "seller")


@pytest.fixture
def place(marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Marketplace]:
    """Cursors of quiet lanes come along at once, segments are short, and files have a folder of their own."""
    monkeypatch.setattr(consumer, "IDLE_LANE_LAG", 0)
    monkeypatch.setattr(archiving, "SEGMENT_ROWS", 7)
    monkeypatch.setattr(archiving, "ROWS_AT_ONCE", 3)
    keep_segments(marketplace, segments_in(tmp_path / "archive"), monkeypatch)
    forget_live_slots()
    yield marketplace
    forget_live_slots()


def segments_in(folder: Path) -> StoredSegments:
    files = FolderStorage(folder)
    return StoredSegments(lambda: files)


def keep_segments(place: Marketplace, files: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place.runtime, "segments", files)
    for store in place.runtime.stores.values():
        assert store.log.archive is not None
        monkeypatch.setattr(store.log.archive, "files", files)


def publish(place: Marketplace, first: int, last: int) -> None:
    for number in range(first, last):
        id = named_id("archive", str(number))
        variant = NewVariant(sku=f"V{number}", amount=100 + number, currency="EUR", variant_id=named_id("v", id))
        place.do(
            "products",
            CreateProduct(
                product_id=id, seller_id=SELLER, sku=f"P{number}", title="Thing", category="toys", variants=(variant,)
            ),
        )
        place.do("products", PublishProduct(product_id=id))
        place.do("products", UpdateProduct(product_id=id, title=f"Thing {number}"))
    place.drain()


def archiver(place: Marketplace, *, label: str = "products", keep: timedelta = timedelta(0)) -> Archiver:
    return Archiver(place.runtime, label, place.runtime.clock.now() - keep)


def everything(place: Marketplace, limit: int = 5, label: str = "products") -> list[Record]:
    """The log as a reader goes through it, page by page."""
    log, after, found = place.runtime.logs[label], START, list[Record]()
    while True:
        page: Page = log.read(after, MESSAGES.keys(), limit)
        assert len(page.records) <= limit
        found += page.records
        after = page.scanned_to
        if len(page.records) < limit:
            assert after == log.head()
            return [plain(record) for record in found]


def plain(record: Record) -> Record:
    record.message = None
    return record


def kept(place: Marketplace) -> int:
    [(count,)] = place.rows("products", "SELECT count(*) FROM products_outbox_events")
    return int(count)


def documents(place: Marketplace, slot: str) -> list[Any]:
    """All that its events decide: not `version`, the first column, which counts the batches that wrote a row."""
    return [
        [row[1:] for row in place.rows("search", f"SELECT * FROM {table}{slot} ORDER BY 3")]
        for table in ("product_detail_view", "product_search_view", "availability_view", "category_count_view")
    ]


def test_a_view_made_anew_from_a_half_archived_log_is_the_same_byte_for_byte(place: Marketplace) -> None:
    publish(place, 0, 10)
    half = place.runtime.clock.now()
    publish(place, 10, 20)
    before, shown = everything(place), documents(place, "")
    assert shown[0]
    done = Archiver(place.runtime, "products", half).run()
    assert done.messages == len(before) // 2
    assert kept(place) == len(before) - done.messages
    assert everything(place) == before
    assert rebuild(place.runtime, "catalogue", look_seconds=0) > 0
    assert documents(place, "_b") == shown


def test_a_reader_under_whom_the_log_is_archived_misses_nothing(place: Marketplace) -> None:
    publish(place, 0, 10)
    before = everything(place)
    log = place.runtime.logs["products"]
    first = log.read(START, MESSAGES.keys(), 4)
    archiver(place).run()
    rest = log.read(first.scanned_to, MESSAGES.keys(), len(before))
    assert [plain(record) for record in first.records + rest.records] == before
    named = log.read(START, {"products.ProductUpdated"}, 100).records
    assert [record.wire_name for record in named] == ["products.ProductUpdated"] * 10


def test_a_page_that_is_cut_short_by_an_archived_row_is_read_again(
    place: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are deleted between two looks of one reading: no look may mix before and after."""
    publish(place, 0, 4)
    before = everything(place)
    dialect = place.runtime.stores["products"].dialect
    asked, query = [], dialect.query

    def archive_in_between(sql: str, parameters: Any = ()) -> Any:
        rows = query(sql, parameters)
        if "products_outbox_events" in sql and not asked:
            asked.append(sql)
            archiver(place).run()
        return rows

    monkeypatch.setattr(dialect, "query", archive_in_between)
    assert everything(place, limit=3) == before
    assert asked


class Dies(Exception):
    """The process is no more."""


class Mortal:
    """Passes everything on, and dies at the step whose number comes up: before it, or just after it."""

    def __init__(self, at: int, *, is_after: bool) -> None:
        self.left = at
        self.is_after = is_after

    def wrap(self, step: Any) -> Any:
        def stepped(*arguments: Any, **options: Any) -> Any:
            self.left -= 1
            if self.left == 0 and not self.is_after:
                raise Dies
            result = step(*arguments, **options)
            if self.left == 0:
                raise Dies
            return result

        return stepped


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_dying_at_any_step_leaves_something_to_go_on_from(place: Marketplace, is_after: bool) -> None:
    died = 0
    for at in range(1, 100):
        publish(place, 4 * at, 4 * at + 4)
        before = everything(place)
        mortal = Mortal(at, is_after=is_after)
        with pytest.MonkeyPatch.context() as patch:
            dialect = place.runtime.stores["products"].dialect
            patch.setattr(dialect, "commit", mortal.wrap(dialect.commit))
            patch.setattr(Path, "rename", mortal.wrap(Path.rename))
            patch.setattr(folder, "_sync", mortal.wrap(folder._sync))
            try:
                archiver(place).run()
            except Dies:
                died += 1
        free_lease(place)
        assert everything(place) == before, f"after dying at step {at}"
        if mortal.left > 0:
            break
    assert died >= 20
    archiver(place).run()
    assert everything(place) == before
    assert kept(place) == 1, "the last row alone"
    listed = [segment.name for segment in segments_of(place.runtime, "products")]
    assert sorted(listed) == place.runtime.segments.names("products"), "what a crash has left is tidied away"


def free_lease(place: Marketplace) -> None:
    """As it is once the dead process is known to be dead."""
    place.rows("products", "UPDATE products_leases SET holder = '' WHERE name = 'archive'")


def test_the_youngest_and_the_last_stay(place: Marketplace) -> None:
    publish(place, 0, 5)
    head = place.runtime.logs["products"].head()
    assert archiver(place, keep=timedelta(days=1)).run().messages == 0
    assert archiver(place).run().messages == 14
    assert place.rows("products", "SELECT id FROM products_outbox_events") == [(head.id,)]
    assert place.runtime.logs["products"].head() == head
    publish(place, 5, 6)
    assert kept(place) == 4
    assert archiver(place).run().messages == 3


def test_what_somebody_has_not_passed_stays_and_is_told_with_their_name(place: Marketplace) -> None:
    publish(place, 0, 5)
    place.rows("search", "DELETE FROM search_cursors WHERE source = 'products' AND lane = 3")
    assert passed(place.runtime, "products") == (START, "catalogue@1 lane 3")
    assert archiver(place).run() == (0, 0, "catalogue@1 lane 3")
    assert archiver(place).count() == (0, 0, "catalogue@1 lane 3")


def test_a_subscription_that_is_known_to_its_cursors_alone_counts(place: Marketplace) -> None:
    """As a view that is being rebuilt, or one of a program that runs beside this one."""
    publish(place, 0, 5)
    place.rows(
        "search",
        "INSERT INTO search_cursors (subscription, source, lane, epoch, xid, position, high_epoch, high_xid, "
        "high_position) SELECT 'other@7', source, lane, epoch, xid, position, 0, 0, 0 FROM search_cursors "
        "WHERE subscription = 'catalogue@1' AND source = 'products' AND lane = 0",
    )
    assert passed(place.runtime, "products").held_by == "other@7 lane 1"


@pytest.mark.skipif(
    os.environ.get("ARGOSY_TRANSPORT") == "kafka",
    reason="a relay's own connection learns of a life with the database that is put in place; here none is",
)
def test_a_new_life_of_the_log_is_archived_as_it_is_told(place: Marketplace) -> None:
    publish(place, 0, 3)
    assert place.runtime.stores["products"].log.raise_epoch("test") == 2
    publish(place, 3, 6)
    before = everything(place)
    assert {record.position.epoch for record in before} == {1, 2}
    archiver(place).run()
    assert kept(place) == 1
    assert everything(place) == before


def test_what_everybody_has_heard_is_stamped(place: Marketplace) -> None:
    publish(place, 0, 3)
    archiver(place, keep=timedelta(days=1)).run()
    stamped = place.rows("products", "SELECT count(*) FROM products_outbox_events WHERE published_at IS NOT NULL")
    assert stamped == [(9,)]


def test_a_segment_that_is_away_or_damaged_is_named_and_read_once_it_is_back(place: Marketplace) -> None:
    publish(place, 0, 5)
    before = everything(place)
    archiver(place).run()
    files = place.runtime.segments
    name = files.names("products")[0]
    content = files.get("products", name)
    forget_opened(place)
    files.remove("products", name)
    with pytest.raises(SegmentIsDamaged, match=f"products's archived segment {name} is not there"):
        everything(place)
    files.put("products", name, content[:-1] + b"?")
    with pytest.raises(SegmentIsDamaged, match="is damaged"):
        everything(place)
    files.put("products", name, content)
    assert everything(place) == before


def forget_opened(place: Marketplace) -> None:
    archive = place.runtime.stores["products"].log.archive
    assert archive is not None
    archive._opened = ("", [])


def test_one_archives_a_log_at_a_time(place: Marketplace) -> None:
    publish(place, 0, 3)
    with alone(place.runtime, "products"), pytest.raises(ArchivingIsRunning):
        archiver(place).run()
    assert archiver(place).run().messages == 8


def test_the_same_records_make_the_same_bytes(place: Marketplace) -> None:
    publish(place, 0, 3)
    records = everything(place)
    segment, content = pack(records)
    assert pack(records) == (segment, content)
    assert unpack(content) == records
    assert segment.name == f"1.{records[0].position.xid}.1-1.{records[-1].position.xid}.9.jsonl.gz"
