"""Which storage there is, as the settings say: a folder, S3, or what another package brings.

A package adds one by an entry point of the group `argosy.storages`, whose name is what ARGOSY_STORAGE says and whose
value is a factory: called with the environment and an area, it gives an ObjectStorage for the objects of that area.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from argosy.platform.storage.folder import FolderStorage
from argosy.platform.storage.objects import ObjectStorage, StorageRefuses
from argosy.platform.storage.s3 import S3Storage

SETTING = "ARGOSY_STORAGE"
GROUP = "argosy.storages"
MEDIA, ARCHIVE, TRANSFERS = "media", "archive", "transfers"
"""Pictures, archived segments, and files that sellers import and export: each area has keys of its own."""
OPERATIONS = ("put", "get", "remove", "names")
_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")

Factory = Callable[[Mapping[str, str], str], ObjectStorage]


class NoStorage(StorageRefuses):
    """A setting or an entry point that gives no storage: the text says which, and what is wrong with it."""


def folder(environment: Mapping[str, str], area: str) -> ObjectStorage:
    """A folder for each area beside the databases; pictures may have another."""
    elsewhere = environment.get("ARGOSY_MEDIA", "") if area == MEDIA else ""
    return FolderStorage(Path(elsewhere) if elsewhere else Path(environment.get("ARGOSY_VAR", "var")) / area)


OUR_OWN: dict[str, Factory] = {"folder": folder, "s3": S3Storage.from_environment}


def storage_of(environment: Mapping[str, str], area: str) -> ObjectStorage:
    """The storage of an area."""
    name = environment.get(SETTING) or "folder"
    made: Any = _factory(name)(environment, area)
    missing = [operation for operation in OPERATIONS if not callable(getattr(made, operation, None))]
    if missing:
        raise NoStorage(f"{name}: has no {', '.join(missing)}")
    storage: ObjectStorage = made
    return storage


def _factory(name: str) -> Factory:
    """Ours, or the one of that name which another package brings. A name of ours is not given away."""
    if name in OUR_OWN:
        return OUR_OWN[name]
    found = [point for point in entry_points(group=GROUP) if point.name == name and _NAME.fullmatch(name)]
    if len(found) != 1:
        raise NoStorage(f"{SETTING}={name}: {len(found) or 'no'} packages bring such a storage; ours are folder and s3")
    factory: Factory = found[0].load()
    return factory


@cache
def _made(area: str, told: tuple[tuple[str, str], ...]) -> ObjectStorage:
    return storage_of(dict(told), area)


def storage(area: str) -> ObjectStorage:
    """This process's own, made once for as long as its settings stay."""
    told = tuple(sorted((name, value) for name, value in os.environ.items() if name.startswith(("ARGOSY_", "AWS_"))))
    return _made(area, told)
