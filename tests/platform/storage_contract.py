"""What every object storage promises: the same suite for ours and for those of other packages."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from argosy.platform.storage.objects import ObjectStorage, StorageIsAway

ANY = bytes(range(256)) * 5_000


class StorageContract:
    """`make` gives an empty storage, the same at each call of one test; `away` one that cannot be reached."""

    def make(self) -> ObjectStorage:
        raise NotImplementedError

    def away(self) -> ObjectStorage:
        raise NotImplementedError

    def test_what_was_put_is_got_byte_for_byte_also_by_another_process(self) -> None:
        for key, content in (("a/one.bin", ANY), ("a/empty", b""), ("top", b"x")):
            self.make().put(key, content)
            assert self.make().get(key) == content

    def test_what_was_never_put_is_missing_and_removing_it_changes_nothing(self) -> None:
        storage = self.make()
        storage.put("a/one", b"1")
        for missing in ("a/two", "a", "a/one/more", "b/c"):
            with pytest.raises(FileNotFoundError):
                storage.get(missing)
        storage.remove("a/two")
        storage.remove("never/there")
        assert storage.names("a") == ["a/one"]

    def test_the_same_key_twice_is_one_object_and_the_last_stands(self) -> None:
        storage = self.make()
        storage.put("a/one", ANY)
        storage.put("a/one", ANY)
        assert (storage.get("a/one"), storage.names("a")) == (ANY, ["a/one"])
        storage.put("a/one", b"shorter")
        assert (storage.get("a/one"), storage.names("a")) == (b"shorter", ["a/one"])

    def test_what_is_removed_is_gone(self) -> None:
        storage = self.make()
        storage.put("a/one", b"1")
        storage.put("a/two", b"2")
        storage.remove("a/one")
        with pytest.raises(FileNotFoundError):
            storage.get("a/one")
        assert storage.names("a") == ["a/two"]

    def test_names_are_those_below_a_prefix_and_no_others_however_many(self) -> None:
        storage = self.make()
        wanted = [f"orders/{number:04}" for number in range(30)]
        for key in (*wanted, "orders2/other", "order/other", "orders/deep/one"):
            storage.put(key, b"x")
        assert storage.names("orders") == sorted([*wanted, "orders/deep/one"])
        assert storage.names("nothing") == []

    @pytest.mark.parametrize("key", ["", "/a", "a/", "../a", "a/../b", "a//b", "a b", "a\n", "x" * 300, "é", ".hidden"])
    def test_a_key_that_is_none_reaches_nothing(self, key: str) -> None:
        for ask in (self.make().get, self.make().remove, lambda key: self.make().put(key, b"x")):
            with pytest.raises((ValueError, FileNotFoundError)):
                ask(key)

    def test_many_writers_of_one_key_leave_one_whole_object(self) -> None:
        contents = [bytes([number]) * 200_000 for number in range(6)]
        with ThreadPoolExecutor(6) as threads:
            list(threads.map(self._put_at_last, contents))
        assert self.make().get("a/one") in contents
        assert self.make().names("a") == ["a/one"]

    def test_a_storage_that_is_away_is_told_from_a_missing_object(self) -> None:
        storage = self.away()
        for ask in (
            lambda: storage.put("a/one", b"1"),
            lambda: storage.get("a/one"),
            lambda: storage.remove("a/one"),
            lambda: storage.names("a"),
        ):
            with pytest.raises(StorageIsAway):
                ask()

    def _put_at_last(self, content: bytes) -> None:
        """Whoever is told that it is away makes the same call again."""
        for _ in range(50):
            try:
                return self.make().put("a/one", content)
            except StorageIsAway:
                continue
        raise AssertionError("never kept")
