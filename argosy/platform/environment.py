"""Settings come from the environment; here is what holds of all of them."""

from __future__ import annotations

from collections.abc import MutableMapping

PREFIX = "ARGOSY_"
NEVER_UNSET = frozenset(("ARGOSY_SECRET_KEY",))
"""Empty by a slip, it must not become the key that everybody knows: it is refused."""


def drop_empty(environment: MutableMapping[str, str]) -> None:
    """A setting that is empty is as one that is not set, for this process and those that it starts."""
    for name in [name for name, said in environment.items() if name.startswith(PREFIX) and not said.strip()]:
        if name not in NEVER_UNSET:
            del environment[name]
