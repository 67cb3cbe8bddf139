"""Every line says what it is about: context, actor, message, what caused it and what it belongs to."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
import structlog
from django.conf import settings

from argosy.domains.inventory.application.reservations import Reservations
from argosy.engine.work import Actor
from argosy.observability.about import FIELDS, about, doing, now_about
from argosy.observability.logging import FIRST, LogSettingIsWrong, configure
from benchmarks.reference import baskets, seed
from tests.marketplace import Marketplace


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    now_about({})
    configure(settings.LOGGING)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def logged(format: str = "json", level: str = "info") -> io.StringIO:
    stream = io.StringIO()
    now_about({})  # Whatever a test before this one did in this thread.
    configure({"format": format, "level": level}, stream)
    return stream


def test_every_line_has_the_fields_that_all_lines_have_whoever_logs_it() -> None:
    stream = logged()
    structlog.get_logger("argosy.one").info("hello", answer=42)
    logging.getLogger("a.library").warning("it says %s", "boo")
    ours, theirs = lines(stream)
    assert list(ours)[: len(FIRST)] == list(theirs)[: len(FIRST)] == list(FIRST)
    assert (ours["event"], ours["level"], ours["logger"], ours["answer"]) == ("hello", "info", "argosy.one", 42)
    assert (theirs["event"], theirs["level"], theirs["logger"]) == ("it says boo", "warning", "a.library")
    assert [ours[name] for name in FIELDS] == [None] * len(FIELDS)


def test_a_line_is_about_what_its_thread_is_doing() -> None:
    stream = logged()
    logger = structlog.get_logger("argosy.one")
    with about(context="orders", actor="somebody", correlation_id="c"):
        logger.info("within", message_type="orders.PlaceOrders")
    logger.info("after")
    within, after = lines(stream)
    assert (within["context"], within["actor"], within["correlation_id"]) == ("orders", "somebody", "c")
    assert within["message_type"] == "orders.PlaceOrders"
    assert after["context"] is None and doing() == {}


def test_an_error_is_one_line_with_its_traceback() -> None:
    stream = logged()
    try:
        raise ZeroDivisionError("a\nb")
    except ZeroDivisionError as error:
        structlog.get_logger("argosy.one").error("fell", exc_info=error)
    [line] = lines(stream)
    assert "ZeroDivisionError: a\nb" in line["exception"]


def test_at_a_terminal_lines_are_readable_and_say_only_what_is_known() -> None:
    stream = Terminal()
    configure({"format": "auto", "level": "info"}, stream)
    with about(context="orders"):
        structlog.get_logger("argosy.one").info("hello")
    text = stream.getvalue()
    assert "hello" in text and "orders" in text
    assert "{" not in text and "None" not in text and "causation_id" not in text


def test_levels_below_the_setting_are_silent() -> None:
    stream = logged(level="warning")
    structlog.get_logger("argosy.one").info("hello")
    logging.getLogger("django.request").warning("Not Found: /")
    structlog.get_logger("argosy.one").warning("hm")
    assert [line["event"] for line in lines(stream)] == ["hm"]


@pytest.mark.parametrize("wrong", [{"format": "xml", "level": "info"}, {"format": "json", "level": "loud"}])
def test_a_setting_that_means_nothing_is_one_clear_line(wrong: dict[str, str]) -> None:
    with pytest.raises(LogSettingIsWrong, match=r"^ARGOSY_LOG_\w+=(xml|loud): there are "):
        configure(wrong)


def test_a_parked_message_is_told_with_all_that_it_belongs_to(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed(marketplace.runtime)
    marketplace.drain()
    stream = logged()

    def fail(*_: Any) -> None:
        raise ZeroDivisionError("no shelf for it")

    monkeypatch.setattr(Reservations, "reserve_stock", fail)
    [command] = islice(baskets("logged", marketplace.runtime.ids), 1)
    marketplace.do("checkout", command, Actor(id=command.buyer_id))
    marketplace.drain()
    [line] = [line for line in lines(stream) if line["event"].startswith("parked ")]
    [asked] = marketplace.rows(
        "checkout",
        "SELECT CAST(message_id AS text), correlation_id, cause_id FROM checkout_outbox_events WHERE event_type = ?",
        "inventory.ReserveStock",
    )
    assert (line["message_id"], line["correlation_id"], line["causation_id"]) == asked
    assert (line["context"], line["message_type"], line["level"]) == ("inventory", "inventory.ReserveStock", "error")
