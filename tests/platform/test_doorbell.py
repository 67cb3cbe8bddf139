"""Rings between processes: whoever listens hears them all, or hears that it may have missed some."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from argosy.platform.doorbell import Bell, Listener
from argosy.platform.far_bell import EVERYTHING


def test_a_listener_hears_the_names_that_were_rung(tmp_path: Path) -> None:
    listener, bell = Listener(tmp_path, "worker"), Bell(tmp_path)
    bell.ring(["orders.OrderPaid"])
    bell.ring(["orders.OrderPaid", "carts.CartUpdated"])
    assert listener.wait(1) == {"orders.OrderPaid", "carts.CartUpdated"}
    assert listener.heard() == set()
    listener.close()


def test_a_listener_that_was_busy_while_many_rang_knows_that_it_may_have_missed_some(tmp_path: Path) -> None:
    listener, bell = Listener(tmp_path, "worker"), Bell(tmp_path)
    for number in range(2_000):
        bell.ring([f"orders.Event{number}"])
    assert EVERYTHING in listener.heard()
    bell.ring(["orders.OrderPaid"])
    assert listener.heard() == {"orders.OrderPaid"}
    listener.close()


def test_a_listener_is_roused_however_often_it_was_before(tmp_path: Path) -> None:
    listener = Listener(tmp_path, "worker")
    began = time.monotonic()
    for _ in range(3):
        listener.wake()
        listener.wake()
        listener.wait(5)
    threading.Timer(0.02, listener.wake).start()
    listener.wait(5)
    assert 0.02 <= time.monotonic() - began < 2
    listener.close()
