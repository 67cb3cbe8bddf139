"""Connections that stand by their file: none makes an empty one in place of a database that has vanished, and none goes
on with a file that was moved away or replaced, where what it wrote would be lost without a word."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_may_create = False


class FileConnection(sqlite3.Connection):
    """One connection to one file; Django makes it."""

    def __init__(self, database: Any, *arguments: Any, **options: Any) -> None:
        self.path = str(database)
        self._file: tuple[int, int] | None = None
        self._is_left = False
        if not _may_create and not os.path.isfile(self.path) and os.path.exists(f"{self.path}.lock"):
            raise sqlite3.OperationalError(f"{self.path} is not there, and somebody has written to it before")
        super().__init__(database, *arguments, **options)

    def is_in_place(self) -> bool:
        """Whether the file that this connection has open is still the one of that name."""
        if self._is_left:
            return False
        try:
            now = os.stat(self.path)
        except FileNotFoundError:
            return False
        file = (now.st_dev, now.st_ino)
        if self._file is None:
            self._file = file
        return file == self._file

    def cursor(self, *arguments: Any, **options: Any) -> Any:
        """Django asks for each of its statements, and says how it wants its cursor. One whose file is away is closed,
        so that Django finds it unusable and opens another; statements of our own have looked before (sqlite.py)."""
        if (arguments or options) and not self.is_in_place():
            self._is_left = True
            self.close()
            raise sqlite3.OperationalError(f"{self.path} was moved away or replaced")
        return super().cursor(*arguments, **options)


@contextmanager
def creating() -> Iterator[None]:
    """Within it a database that was there and is gone is made anew: what `argosy migrate` is asked for."""
    global _may_create  # noqa: PLW0603 - one per process, like what it is asked to do
    before, _may_create = _may_create, True
    try:
        yield
    finally:
        _may_create = before
