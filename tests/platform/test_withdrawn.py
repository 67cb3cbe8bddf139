"""What is withdrawn is known at once by who remembers, whenever they looked."""

from __future__ import annotations

from pathlib import Path

from argosy.engine.work import Actor
from argosy.platform import withdrawn
from argosy.platform.auth import Tokens
from argosy.platform.withdrawn import Withdrawn


def test_every_telling_gives_another_stamp_however_quickly_they_follow(tmp_path: Path) -> None:
    here, elsewhere = Withdrawn(tmp_path / "withdrawn"), Withdrawn(tmp_path / "withdrawn")
    stamps = [elsewhere.stamp()]
    for _ in range(100):
        here.tell()
        stamps.append(elsewhere.stamp())
    assert len(set(stamps)) == 101
    assert elsewhere.stamp() == stamps[-1]


def test_the_file_does_not_grow_for_ever(tmp_path: Path) -> None:
    one = Withdrawn(tmp_path / "withdrawn")
    one.path.write_bytes(b"." * withdrawn.BYTES_MAX)
    before = one.stamp()
    one.tell()
    assert one.path.stat().st_size == 1
    assert one.stamp() != before


def test_a_folder_that_is_away_fails_nobody(tmp_path: Path) -> None:
    one = Withdrawn(tmp_path / "nowhere" / "withdrawn")
    one.tell()
    assert one.stamp() is None


def test_who_looked_while_it_was_withdrawn_remembers_nothing(tmp_path: Path) -> None:
    """The look began before the commit and ended after it: its answer is an old one."""
    told = Withdrawn(tmp_path / "withdrawn")
    answers = [Actor(id="a"), None]

    def look_up(token: str) -> Actor | None:
        answer = answers.pop(0)
        told.tell()
        return answer

    tokens = Tokens(look_up, told.stamp)
    assert tokens.actor_of("Bearer t").id == "a"
    assert tokens.actor_of("Bearer t").id == ""


def test_where_nothing_may_be_remembered_each_request_looks(tmp_path: Path) -> None:
    looked: list[str] = []
    tokens = Tokens(lambda token: looked.append(token) or Actor(id="a"), seconds=0.0)  # type: ignore[func-returns-value]
    assert [tokens.actor_of("Bearer t").id for _ in range(3)] == ["a"] * 3
    assert len(looked) == 3
