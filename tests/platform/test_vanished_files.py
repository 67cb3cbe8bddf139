"""A database's file that vanishes and comes back: whoever looked meanwhile finds it again by themselves."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import pytest
from django.db import OperationalError, connections

from argosy.domains.accounts.adapters.outbound.models import UserRow
from argosy.engine.store import StoreUnavailable
from argosy.platform.runtime import dialect_of
from tests.marketplace import Marketplace

pytestmark = pytest.mark.skipif("ARGOSY_POSTGRES" in os.environ, reason="a server keeps its own files")


def test_a_connection_whose_file_is_moved_away_waits_for_it_and_writes_nowhere_else(marketplace: Marketplace) -> None:
    dialect = dialect_of("inventory")
    path = Path(str(connections["inventory"].settings_dict["NAME"]))
    [(before,)] = dialect.query("SELECT count(*) FROM stock_items")
    Path(f"{path}.lock").touch()
    moved = path.with_suffix(".moved")
    path.rename(moved)
    with pytest.raises(StoreUnavailable):
        dialect.query("SELECT count(*) FROM stock_items")
    with pytest.raises(StoreUnavailable):
        dialect.query("SELECT count(*) FROM stock_items")
    moved.rename(path)
    assert dialect.query("SELECT count(*) FROM stock_items") == [(before,)]


def test_a_connection_goes_over_to_the_file_that_was_put_in_place_of_its_own(marketplace: Marketplace) -> None:
    """What is written to a file that has no name any more is lost."""
    dialect = dialect_of("taxes")
    path = Path(str(connections["taxes"].settings_dict["NAME"]))
    assert dialect.query("SELECT count(*) FROM tax_rules") == [(0,)]
    copy = path.with_suffix(".copy")
    shutil.copy(path, copy)
    with sqlite3.connect(copy) as other:
        other.execute("CREATE TABLE only_in_the_copy (id)")
    other.close()
    copy.rename(path)
    with pytest.raises(StoreUnavailable):
        dialect.query("SELECT 1")
    assert dialect.query("SELECT count(*) FROM only_in_the_copy") == [(0,)]


def test_what_django_reads_is_read_from_the_file_that_is_there(marketplace: Marketplace) -> None:
    """Sessions are looked up so: a store that is away lets nobody in, and is found again when it is back."""
    path = Path(str(connections["default"].settings_dict["NAME"]))
    assert not UserRow.objects.exists()
    Path(f"{path}.lock").touch()
    moved = path.with_suffix(".moved")
    path.rename(moved)
    for _ in range(2):
        with pytest.raises(OperationalError):
            UserRow.objects.exists()
        connections["default"].close_if_unusable_or_obsolete()
    with pytest.raises(StoreUnavailable):
        dialect_of("default").query("SELECT 1")
    assert not path.exists()
    moved.rename(path)
    assert not UserRow.objects.exists()
    assert dialect_of("default").query("SELECT 1") == [(1,)]


def test_no_empty_file_is_made_where_a_database_is_missing(marketplace: Marketplace) -> None:
    """Else a backup, or the file itself, would come back beside one that looks alive."""
    path = Path(str(connections["inventory"].settings_dict["NAME"]))
    dialect_of("inventory").query("SELECT count(*) FROM stock_items")
    connections["inventory"].close()
    Path(f"{path}.lock").touch()
    moved = path.with_suffix(".moved")
    path.rename(moved)
    try:
        with pytest.raises(StoreUnavailable):
            dialect_of("inventory").query("SELECT count(*) FROM stock_items")
        assert not path.exists()
    finally:
        path.unlink(missing_ok=True)
        moved.rename(path)
