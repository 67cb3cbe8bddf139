"""A wire does to those at its ends what a cable, a switch or a firewall does."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from argosy.apps.chaos.wires import Wire

GIVEN_UP_MILLISECONDS = 700
PATIENCE_SECONDS = 10.0
MOMENT_SECONDS = 0.3


class Ends:
    """A server and its wire; `meet` makes a connection and gives both of its ends."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.wire = Wire(self.server.getsockname()[1])

    def meet(self) -> tuple[socket.socket, socket.socket]:
        ours = socket.create_connection(("127.0.0.1", self.wire.port), PATIENCE_SECONDS)
        ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, GIVEN_UP_MILLISECONDS)
        theirs, _ = self.server.accept()
        theirs.settimeout(PATIENCE_SECONDS)
        return ours, theirs


@pytest.fixture
def ends() -> Iterator[Ends]:
    made = Ends()
    yield made
    made.wire.close()
    made.server.close()


def hears_nothing(one: socket.socket) -> bool:
    one.settimeout(MOMENT_SECONDS)
    try:
        one.recv(100)
    except TimeoutError:
        return True
    finally:
        one.settimeout(PATIENCE_SECONDS)
    return False


def test_whatever_is_said_arrives_and_so_does_an_end(ends: Ends) -> None:
    ours, theirs = ends.meet()
    ours.sendall(b"a question")
    assert theirs.recv(100) == b"a question"
    theirs.sendall(b"an answer")
    theirs.close()
    assert (ours.recv(100), ours.recv(100)) == (b"an answer", b"")


def test_what_is_said_while_it_is_cut_arrives_when_it_is_mended(ends: Ends) -> None:
    ours, theirs = ends.meet()
    ends.wire.cut()
    theirs.sendall(b"an answer")
    assert hears_nothing(ours)
    ours.sendall(b"a question")
    assert hears_nothing(theirs)
    ends.wire.mend()
    assert (theirs.recv(100), ours.recv(100)) == (b"a question", b"an answer")


def test_whoever_speaks_over_a_cut_wire_is_told_by_the_kernel(ends: Ends) -> None:
    ours, _ = ends.meet()
    ends.wire.cut()
    ours.sendall(b"a question")
    began = time.monotonic()
    with pytest.raises(TimeoutError) as told:
        ours.recv(100)
    assert told.value.errno is not None, "nobody was told: it is our own patience that ended"
    assert time.monotonic() - began < PATIENCE_SECONDS


def test_nobody_connects_over_a_cut_wire(ends: Ends) -> None:
    ends.wire.cut()
    with pytest.raises(TimeoutError):
        socket.create_connection(("127.0.0.1", ends.wire.port), MOMENT_SECONDS)
    ends.wire.mend()
    ours, theirs = ends.meet()
    ours.sendall(b"a question")
    assert theirs.recv(100) == b"a question"


def test_one_way_is_cut_and_the_other_is_not(ends: Ends) -> None:
    ours, theirs = ends.meet()
    ends.wire.cut_outward()
    theirs.sendall(b"news")
    assert ours.recv(100) == b"news"
    ours.sendall(b"a question")
    assert hears_nothing(theirs)


def test_a_forgotten_connection_is_heard_of_no_more_and_a_new_one_is(ends: Ends) -> None:
    ours, theirs = ends.meet()
    assert ends.wire.forget() == 1
    ends.wire.mend()
    ours.sendall(b"a question")
    assert hears_nothing(theirs)
    theirs.sendall(b"news")
    again, hears = ends.meet()
    again.sendall(b"a question")
    assert hears.recv(100) == b"a question"
    with pytest.raises(TimeoutError):
        ours.recv(100)


def test_a_slow_wire_brings_all_of_it_later(ends: Ends) -> None:
    ours, theirs = ends.meet()
    ends.wire.slowness_seconds = MOMENT_SECONDS
    began = time.monotonic()
    ours.sendall(b"a question")
    assert theirs.recv(100) == b"a question"
    assert time.monotonic() - began >= MOMENT_SECONDS
