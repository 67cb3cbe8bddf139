"""One database per context: SQLite files in the data folder, or PostgreSQL databases on one server.

`ARGOSY_POSTGRES=postgresql://user:password@host:5432` moves them all to PostgreSQL; `ARGOSY_POSTGRES_PREFIX` goes
before each database's name, and `ARGOSY_POSTGRES_ORDERS` and its kin give one context a server of its own.
`ARGOSY_POSTGRES_POOLED=transaction` says that a pooler stands before them, behind which each transaction may meet
another session of the server. Settings alone decide; no code knows which it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from argosy.platform.sqlite_files import FileConnection

POOLED = "ARGOSY_POSTGRES_POOLED"
POOLED_BY = {"": False, "session": False, "transaction": True}
SERVER_SETTINGS = {
    "lock_timeout": "2s",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
}
"""What holds for every statement on PostgreSQL, in the server's own words. A plan is made once and kept: one made while
a table was small must not read all of it when it has grown."""
VIEWS_SETTINGS = {"synchronous_commit": "off"}
"""Views may lose their last moments with the cursors that stand for them, and are brought up to date again."""
CONNECTION_LIMITS = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""A server that is cut off says nothing, and the operating system would wait for it for a quarter of an hour, or two:
whoever cannot reach it for so many seconds is told, and what is sent and not received for 10 s (in milliseconds) ends
its connection. A statement that the server works on may take its time: its machine answers for it."""
PEER_LIMITS = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
"""The same from the server's side. A process whose machine is cut off in the middle of a transaction says nothing, and
its session would keep what it has locked, and everybody's news behind what it had begun, for two hours. Behind a pooler
of transactions the pooler watches over us, and the server over the pooler, each as it is set up."""

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
    "integrations": "integrations_db",
    "search": "search_db",
}


class PoolingIsUnusable(ValueError):
    """Connections cannot be pooled as a setting says; the text is one line."""


def databases(var: Path, environment: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Django's DATABASES."""
    server = environment.get("ARGOSY_POSTGRES")
    if server:
        prefix, pooled = environment.get("ARGOSY_POSTGRES_PREFIX", ""), is_pooled(environment)
        return {
            alias: _postgres(environment.get(own_server(alias)) or server, prefix + name, alias, pooled)
            for alias, name in NAMES.items()
        }
    return {alias: _sqlite(var / f"{name}.sqlite3", is_durable=alias != "search") for alias, name in NAMES.items()}


def is_pooled(environment: Mapping[str, str]) -> bool:
    """Whether each transaction may meet another session of the server."""
    wanted = environment.get(POOLED, "").strip().lower()
    if wanted not in POOLED_BY:
        raise PoolingIsUnusable(f"{POOLED}={wanted}: there are session and transaction")
    if POOLED_BY[wanted] and environment.get("ARGOSY_BELL") == "postgres":
        raise PoolingIsUnusable(
            f"ARGOSY_BELL=postgres listens in a session, which {POOLED}={wanted} does not keep: take redis"
        )
    return POOLED_BY[wanted]


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


def _postgres(server: str, name: str, alias: str, pooled: bool) -> dict[str, Any]:
    """As durable as the server is set up, but for views. Behind a pooler of transactions nothing is a session's: what
    is set is set for the role (`argosy migrate`), and Django opens no cursor that outlives its transaction."""
    parts = urlsplit(server)
    settings = {**SERVER_SETTINGS, **(VIEWS_SETTINGS if alias == "search" else {})}
    started = {} if pooled or alias != "search" else VIEWS_SETTINGS
    return {
        "ENGINE": "argosy.platform.pooled_postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            **CONNECTION_LIMITS,
            **({"options": " ".join(f"-c {key}={value}" for key, value in started.items())} if started else {}),
        },
        "DISABLE_SERVER_SIDE_CURSORS": pooled,
        "ROLE_SETTINGS": settings if pooled else {},
        "TEST": {"DEPENDENCIES": []},
    }
