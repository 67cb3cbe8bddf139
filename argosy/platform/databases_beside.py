"""On a PostgreSQL server: a database made ready beside the one in use, which then takes its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import psycopg
from django.db import transaction
from psycopg.sql import SQL, Identifier

from argosy.platform.backups import CannotRestore

CONNECT_SECONDS = 10
LEAVE_MILLISECONDS = 5_000
_NAME_MAX = 63
T = TypeVar("T")


class Server:
    """The server of one database, as Django's settings name it; its user may create databases, as for `migrate`."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.name = str(settings["NAME"])
        self._where = {
            "host": settings["HOST"],
            "port": settings["PORT"],
            "user": settings["USER"],
            "password": settings["PASSWORD"],
        }

    def has_database(self) -> bool:
        with self._connected() as server:
            return self._is_there(server, self.name)

    @contextmanager
    def database_beside(self) -> Iterator[str]:
        """The name of an empty database; dropped in the end, unless it took the other's place."""
        beside = f"{self.name[: _NAME_MAX - 6]}_ready"
        with self._connected() as server:
            self._drop(server, beside)
            server.execute(SQL("CREATE DATABASE {} TEMPLATE template0").format(Identifier(beside)))
        try:
            yield beside
        finally:
            with suppress(CannotRestore), self._connected() as server:
                self._drop(server, beside)

    def replace(self, beside: str, kept_as: str) -> None:
        """At one moment. Whoever is connected to the other is sent away, and comes back to the new one."""
        kept = f"{self.name[: _NAME_MAX - len(kept_as) - 1]}_{kept_as}"
        with self._connected() as server:
            is_there = self._is_there(server, self.name)
            try:
                if is_there:
                    self._open_to_others(server, self.name, False)
                    server.execute(
                        "SELECT pg_terminate_backend(pid, %s) FROM pg_stat_activity WHERE datname = %s",
                        (LEAVE_MILLISECONDS, self.name),
                    )
                with server.transaction():
                    if is_there:
                        self._rename(server, self.name, kept)
                    self._rename(server, beside, self.name)
            finally:
                for name in (self.name, kept):
                    if self._is_there(server, name):
                        self._open_to_others(server, name, True)

    def alone(self, dialect: Any, table: str, change: Callable[[], T]) -> T:
        """Make a change of the database in use while nobody can write this table, and send all others away with it."""
        dialect.raw()
        with transaction.atomic(using=dialect.alias):
            dialect.query(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            changed = change()
            dialect.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid()"
            )
        return changed

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        try:
            with psycopg.connect(
                **self._where, dbname="postgres", autocommit=True, connect_timeout=CONNECT_SECONDS
            ) as server:
                yield server
        except psycopg.Error as error:
            raise CannotRestore((str(error).strip().splitlines() or ["the server refuses"])[0]) from error

    @staticmethod
    def _is_there(server: psycopg.Connection[Any], name: str) -> bool:
        return server.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is not None

    @staticmethod
    def _drop(server: psycopg.Connection[Any], name: str) -> None:
        server.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))

    @staticmethod
    def _rename(server: psycopg.Connection[Any], name: str, to: str) -> None:
        server.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(name), Identifier(to)))

    @staticmethod
    def _open_to_others(server: psycopg.Connection[Any], name: str, is_open: bool) -> None:
        server.execute(
            SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(Identifier(name), SQL("true" if is_open else "false"))
        )
