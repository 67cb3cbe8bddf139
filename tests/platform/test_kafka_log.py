"""Relays that die, are fenced and send again; readers that come late, go back, and see each record once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from confluent_kafka.admin import ConfigResource

from argosy.engine.log import LANES, START, Position, Record, lane_of
from argosy.engine.memory import MemoryLog
from argosy.engine.store import StoreUnavailable
from argosy.platform.kafka.cluster import Cluster, Reader
from argosy.platform.kafka.relay import RelayIsFenced, Sending, SourceIsOlder
from argosy.platform.kafka.settings import KafkaSettings, SettingIsUnusable, kafka_settings
from argosy.platform.kafka.topic_log import NOT_KNOWN, KafkaLog
from argosy.platform.kafka.wire import read, written
from argosy.platform.runtime import runtime
from argosy.platform.transport import transport_of
from tests.needed_services import demand
from tests.platform.carried import SOURCE, Carried, MemoryOutbox, until
from tests.platform.test_store_conformance import record
from tests.support import an_id

NAMES = {"inventory.StockReserved"}


@pytest.fixture
def outbox() -> MemoryOutbox:
    return MemoryOutbox()


@pytest.fixture
def place(outbox: MemoryOutbox) -> Iterator[Carried]:
    carried = Carried(demand("kafka"), outbox)
    yield carried
    carried.close()


def tell(outbox: MemoryOutbox, count: int) -> None:
    first = len(outbox.log.records)
    for number in range(first, first + count):
        outbox.log.append(record(f"m{number}", key=f"k{number}"))


def read_all(log: KafkaLog, up_to: Position, after: Position = START, limit: int = 100) -> list[Record]:
    """As a patient reader gets it: what is not there yet is waited for."""
    found: list[Record] = []

    def is_done() -> bool:
        nonlocal after
        page = log.read(after, NAMES, limit)
        found.extend(page.records)
        after = page.scanned_to
        return after >= up_to

    until(is_done)
    return found


def names_of(count: int, first: int = 0) -> list[str]:
    return [an_id(f"m{number}") for number in range(first, first + count)]


def ids(records: list[Record]) -> list[str]:
    return [one.message_id for one in records]


@pytest.mark.kafka
def test_a_second_relay_fences_the_first_and_goes_on_behind_it(place: Carried, outbox: MemoryOutbox) -> None:
    tell(outbox, 3)
    first = place.relay()
    assert first.step() == 3
    second = place.relay()
    assert second.at == outbox.head()
    tell(outbox, 2)
    with pytest.raises(RelayIsFenced):
        first.step()
    place.settle()
    assert ids(read_all(place.log, outbox.head())) == names_of(5)


@pytest.mark.kafka
def test_what_a_killed_relay_had_sent_in_mid_batch_is_never_read_and_sent_by_the_next(
    place: Carried, outbox: MemoryOutbox
) -> None:
    prefix = place.cluster.settings.prefix
    killed = subprocess.Popen(
        [sys.executable, "-m", "tests.platform.half_a_batch", demand("kafka"), prefix, "200"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert killed.stdout is not None
    assert killed.stdout.readline() == "sent\n"
    killed.kill()
    killed.wait()
    killed.stdout.close()
    tell(outbox, 200)
    place.settle()
    assert place.sending is not None
    assert place.sending.sent == 200
    assert ids(read_all(place.log, outbox.head())) == names_of(200)


@pytest.mark.kafka
def test_what_is_sent_twice_is_read_once(place: Carried, outbox: MemoryOutbox) -> None:
    tell(outbox, 10)
    place.settle()
    sending = place.sending
    assert sending is not None
    sending.at, sending._behind = START, [START] * len(sending._behind)
    assert sending.step() == 10
    tell(outbox, 1)
    place.settle()
    assert ids(read_all(place.log, outbox.head())) == names_of(11)
    later, tail = place.open_log()
    place.wait_for(later, outbox.head())
    assert ids(read_all(later, outbox.head())) == names_of(11)
    tail.stop()
    later.close()


@pytest.mark.kafka
def test_whoever_goes_back_behind_what_is_in_memory_reads_it_from_the_topic(
    place: Carried, outbox: MemoryOutbox
) -> None:
    log, tail = place.open_log(limit=20_000)
    for _ in range(10):
        tell(outbox, 200)
        place.send()
    place.wait_for(log, outbox.head())
    assert log.read(outbox.log.records[1_999].position, NAMES, 10).records == []
    for back in (0, 1_500, 700, 1_999):
        after = outbox.log.records[back - 1].position if back else START
        assert ids(read_all(log, outbox.head(), after)) == names_of(2_000 - back, first=back)
    assert [one.position for one in read_all(log, outbox.head())] == [one.position for one in outbox.log.records]
    tail.stop()
    log.close()


@pytest.mark.kafka
def test_a_part_that_the_topic_has_lost_is_sent_again_from_the_lowest_reader(
    place: Carried, outbox: MemoryOutbox
) -> None:
    tell(outbox, 10)
    place.settle()
    place.cluster.empty_topic(SOURCE, 4)
    place.lowest = outbox.log.records[5].position
    sending = place.sending
    assert sending is not None
    assert sending.must_begin_again()
    assert place.relay().at == place.lowest
    place.settle()
    later, tail = place.open_log()
    place.wait_for(later, outbox.head())
    assert ids(read_all(later, outbox.head(), place.lowest)) == names_of(4, first=6)
    page = later.read(START, NAMES, 100)
    assert (page.records, page.scanned_to) == ([], START), "not there, and not taken for nothing either"
    place.lowest = START
    place.relay()
    place.settle()
    assert ids(read_all(later, outbox.head())) == names_of(10)
    tail.stop()
    later.close()


@pytest.mark.kafka
def test_a_topic_that_was_removed_under_a_reader_is_made_and_filled_again(place: Carried, outbox: MemoryOutbox) -> None:
    tell(outbox, 50)
    place.settle()
    place.cluster.remove_topics([SOURCE])
    tell(outbox, 70)
    place.relay()
    place.settle()
    assert ids(read_all(place.log, outbox.head())) == names_of(120)


@pytest.mark.kafka
def test_a_readers_database_that_is_away_stops_no_relay_whose_topic_is_whole(
    place: Carried, outbox: MemoryOutbox
) -> None:
    def away(source: str) -> Position:
        raise StoreUnavailable("search_db cannot be reached")

    with pytest.raises(StoreUnavailable, match="not whole, and some reader's cursor is not known: search_db"):
        Sending(place.cluster, SOURCE, outbox, away).open()
    tell(outbox, 2)
    place.settle()
    alone = Sending(place.cluster, SOURCE, outbox, away)
    alone.open()
    assert alone.at == outbox.head()
    tell(outbox, 1)
    assert alone.step() == 1
    assert not alone.must_begin_again()
    alone.close()


@pytest.mark.kafka
def test_a_source_that_is_older_than_its_topic_is_not_sent(place: Carried, outbox: MemoryOutbox) -> None:
    tell(outbox, 5)
    place.settle()
    outbox.log = MemoryLog()
    tell(outbox, 2)
    with pytest.raises(SourceIsOlder, match=r"goes up to \(1, 0, 5\), but inventory's database ends at \(1, 0, 2\)"):
        place.relay()


@pytest.mark.kafka
def test_the_lane_of_a_key_decides_its_partition(place: Carried, outbox: MemoryOutbox) -> None:
    tell(outbox, 40)
    place.settle()
    with Reader(place.cluster, SOURCE, 4) as reader:
        ends = [reader.last(partition) for partition in range(4)]
        assert {end.position for end in ends if end} == {outbox.head()}
        for partition in range(4):
            offset, low_positions = 0, {one.position for one in outbox.log.records if one.lane % 4 == partition}
            found = set()
            while (what := reader.at(partition, offset)) is not None:
                offset = what[0] + 1
                if what[1].wire_name:
                    found.add(what[1].position)
            assert found == low_positions


@pytest.mark.kafka
@pytest.mark.parametrize(("hours", "segment_hours"), [(168, 24), (48, 6), (2, 1)])
def test_a_topic_forgets_within_its_retention_and_one_segment(hours: int, segment_hours: int) -> None:
    """A person who was erased is remembered there for no longer; a segment that is being written is never forgotten,
    and the broker's own default for its length is a week."""
    settings = KafkaSettings(demand("kafka"), f"test-{uuid4().hex[:10]}.", 1, retention_hours=hours)
    cluster = Cluster(settings)
    cluster.ensure_topic(SOURCE)
    try:
        topic = ConfigResource(ConfigResource.Type.TOPIC, settings.topic(SOURCE))
        [kept] = [done.result(20) for done in cluster._admin.describe_configs([topic]).values()]
        wanted = ("retention.ms", "segment.ms", "cleanup.policy")
        assert [kept[name].value for name in wanted] == [
            str(hours * 3_600_000),
            str(segment_hours * 3_600_000),
            "delete",
        ]
    finally:
        cluster.remove_topics([SOURCE])


@pytest.mark.kafka
def test_nothing_is_known_of_a_topic_that_is_not_there(place: Carried) -> None:
    assert place.log.head() == NOT_KNOWN
    assert place.log.read(START, NAMES, 10) == ([], START, True)


def test_brokers_that_are_away_are_named_in_one_line() -> None:
    cluster = Cluster(KafkaSettings("127.0.0.1:1"))
    with pytest.raises(Exception, match=r"^Kafka at 127\.0\.0\.1:1 does not answer: .+$"):
        cluster.partitions(SOURCE)


def test_settings_that_cannot_be_are_refused() -> None:
    def refused(**settings: str) -> str:
        with pytest.raises(SettingIsUnusable) as refusal:
            kafka_settings({"ARGOSY_KAFKA": "a:1", **settings})
        return str(refusal.value)

    assert refused(ARGOSY_KAFKA="") == "ARGOSY_TRANSPORT=kafka needs ARGOSY_KAFKA=host:port[,host:port]"
    assert refused(ARGOSY_KAFKA="a:1,b") == "ARGOSY_KAFKA=a:1,b: b is not host:port"
    assert "ARGOSY_KAFKA_PARTITIONS=3" in refused(ARGOSY_KAFKA_PARTITIONS="3")
    assert "ARGOSY_KAFKA_REPLICATION=none" in refused(ARGOSY_KAFKA_REPLICATION="none")
    assert "sasl is not name=value" in refused(ARGOSY_KAFKA_OPTIONS="sasl")
    full = kafka_settings({"ARGOSY_KAFKA": "a:1, b:2", "ARGOSY_KAFKA_OPTIONS": "x.y=1,z=a=b"})
    assert full.options == {"x.y": "1", "z": "a=b"}
    assert (full.topic("orders"), full.transactional_id("orders")) == ("log-orders", "relay-orders")
    assert all(LANES % partitions == 0 for partitions in (1, 2, 4, 8, 16))


def test_positions_are_written_so_that_they_are_read() -> None:
    for position in (START, Position(3, 2**40, 17)):
        assert read(written(position)) == position
    assert lane_of("k1") < LANES


def test_a_transport_that_there_is_none_of_is_refused_by_name() -> None:
    with pytest.raises(SettingIsUnusable, match=r"^ARGOSY_TRANSPORT=rabbit: there are local and kafka$"):
        transport_of(runtime(), {"ARGOSY_TRANSPORT": "rabbit"})
    assert not transport_of(runtime(), {}).is_remote


@pytest.mark.kafka
def test_a_topic_tells_its_offsets_as_soon_as_it_is_made() -> None:
    """Its leader may be known nowhere yet: that is waited for, and is not a broker that is away."""
    cluster = Cluster(KafkaSettings(demand("kafka"), prefix=f"{uuid4().hex}-"))
    sources = [f"source{number}" for number in range(12)]
    try:
        for source in sources:
            partitions = cluster.ensure_topic(source)
            assert cluster.spans({source: partitions}) == {source: [(0, 0)] * partitions}
    finally:
        cluster.remove_topics(sources)
