"""One database per context: SQLite files in the data folder, or PostgreSQL databases on one server.

`ARGOSY_POSTGRES=postgresql://user:password@host:5432` moves them all to PostgreSQL; `ARGOSY_POSTGRES_PREFIX` goes
before each database's name, and `ARGOSY_POSTGRES_ORDERS` and its kin give one context a server of its own. Settings
alone decide; no code knows which it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from argosy.platform.sqlite_files import FileConnection

# Django's alias of each context's database, and the database's name.
NAMES = {
    "default": "accounts_db",
    "products": "products_db",
    "inventory": "inventory_db",
    "carts": "cart_db",
    "promotions": "coupons_db",
    "taxes": "taxes_db",
    "checkout": "checkout_db",
    "orders": "orders_db",
    "payments": "payments_db",
    "shipping": "shipping_db",
    "notifications": "notifications_db",
    "search": "search_db",
}


def databases(var: Path, environment: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Django's DATABASES."""
    server = environment.get("ARGOSY_POSTGRES")
    if server:
        prefix = environment.get("ARGOSY_POSTGRES_PREFIX", "")
        return {
            alias: _postgres(environment.get(own_server(alias)) or server, prefix + name, is_durable=alias != "search")
            for alias, name in NAMES.items()
        }
    return {alias: _sqlite(var / f"{name}.sqlite3", is_durable=alias != "search") for alias, name in NAMES.items()}


def own_server(alias: str) -> str:
    """The setting that gives this database a server of its own."""
    return f"ARGOSY_POSTGRES_{'ACCOUNTS' if alias == 'default' else alias.upper()}"


def _sqlite(path: Path, *, is_durable: bool) -> dict[str, Any]:
    """WAL, so that readers never wait; every database that tells anything survives a power cut (synchronous FULL)."""
    synchronous = "FULL" if is_durable else "NORMAL"
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 2,
            "cached_statements": 1_000,
            "factory": FileConnection,
            "init_command": f"PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous}; PRAGMA cache_size=-4000; "
            f"PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0",
        },
        "TEST": {"DEPENDENCIES": [], "NAME": str(path)},
    }


def _postgres(server: str, name: str, *, is_durable: bool) -> dict[str, Any]:
    """As durable as the server is set up; views may lose their last moments with the cursors that stand for them, and
    are brought up to date again."""
    parts = urlsplit(server)
    return {
        "ENGINE": "argosy.platform.pooled_postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
        "OPTIONS": {} if is_durable else {"options": "-c synchronous_commit=off"},
        "TEST": {"DEPENDENCIES": []},
    }
