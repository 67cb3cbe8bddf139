"""The published language, frozen: contracts/events and contracts/commands hold a JSON Schema per message and version,
contracts/asyncapi.yaml says who tells and who hears them.

A released message never changes. A new field needs a default, and `argosy contracts` writes it down; whatever else is
to change is a new version of the message, with an `upcast` from the old, whose file stays as it is.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, ClassVar, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec

from argosy.apps.reference.asyncapi import asyncapi
from argosy.apps.reference.changes import changes
from argosy.shared_kernel.errors import snake_case
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import (
    MESSAGES,
    Command,
    Message,
    OperatorActed,
    Refused,
    StaffActed,
    personal_fields,
)

FIX_ADDITION = "run `argosy contracts` and commit what it writes"
FIX_BREAK = (
    "a released message never changes: put it back, or raise the message's `version`, let its `upcast` turn "
    "the old fields into the new, and run `argosy contracts`; the old version's file stays"
)


class ContractBroken(Exception):
    """What the frozen files promise is not there any more; one line for each break."""


class Difference(NamedTuple):
    """One thing in which a frozen file and the code differ, and what is to be done about it."""

    file: str
    what: str
    is_break: bool

    def __str__(self) -> str:
        return f"{self.file}: {self.what}; {FIX_BREAK if self.is_break else FIX_ADDITION}"


def messages() -> list[type[Message]]:
    """Every message of the contracts, by wire name."""
    ours = {name: kind for name, kind in MESSAGES.items() if kind.__module__.startswith("argosy.contracts.")}
    return [*(ours[name] for name in sorted(ours)), OperatorActed, Refused, StaffActed]


def file_of(kind: type[Message], known: Iterable[type[Message]]) -> str:
    """Where a message's schema is kept: under its snake name, with the context before it where two share one."""
    folder = folder_of(kind)
    name = snake_case(kind.__name__)
    rivals = [other for other in known if snake_case(other.__name__) == name and folder_of(other) == folder]
    if len(rivals) > 1:
        name = f"{kind.wire_name.partition('.')[0]}_{name}"
    return f"{folder}/{name}.v{kind.schema_version}.json"


def folder_of(kind: type[Message]) -> str:
    return "commands" if issubclass(kind, Command) else "events"


def schema_of(kind: type[Message], file: str = "") -> dict[str, Any]:
    """A message as JSON Schema, with what the log must know of it under `x-`."""
    (reference,), components = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    _mark_formats(kind, components)
    own = components.pop(reference["$ref"].rpartition("/")[2])
    document: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"argosy:{file}",
        "title": kind.__name__,
        "description": _description(kind),
        "x-wire-name": kind.wire_name,
        "x-version": kind.schema_version,
        "x-key": kind.key_field,
        "x-subject": kind.subject_field,
        "x-personal": sorted(personal_fields(kind)),
        "x-latest-only": kind.is_latest_only,
        "type": "object",
        "properties": own["properties"],
        "required": own.get("required", []),
    }
    if components:
        document["$defs"] = {name: _tidy(components[name]) for name in sorted(components)}
    return document


def files() -> dict[str, str]:
    """Every generated file by its path in the folder, with its text."""
    known = messages()
    names = {kind: file_of(kind, known) for kind in known}
    found = {name: _json(schema_of(kind, name)) for kind, name in names.items()}
    found["asyncapi.yaml"] = asyncapi(names)
    return found


def differences(folder: Path, now: dict[str, str] | None = None) -> list[Difference]:
    """In what the committed files and the code differ."""
    now = files() if now is None else now
    found: list[Difference] = []
    for name, text in now.items():
        path = folder / name
        if not path.is_file():
            found.append(Difference(name, "is not written down yet", is_break=False))
        elif (frozen := path.read_text(encoding="utf-8")) != text:
            found += _changed(name, frozen, text)
    known = {name.rpartition(".v")[0]: int(name.rpartition(".v")[2][:-5]) for name in now if name.endswith(".json")}
    for path in sorted([*folder.glob("events/*.json"), *folder.glob("commands/*.json")]):
        name = path.relative_to(folder).as_posix()
        message, _, version = name.removesuffix(".json").rpartition(".v")
        if message not in known:
            found.append(Difference(name, "the message is gone, and rows of it may stand in a log", is_break=True))
        elif int(version) > known[message]:
            found.append(Difference(name, "the code knows only an older version", is_break=True))
    for message, latest in known.items():
        found += [
            Difference(f"{message}.v{older}.json", "the frozen file of an older version is gone", is_break=True)
            for older in range(1, latest)
            if not (folder / f"{message}.v{older}.json").is_file()
        ]
    return found


def write(folder: Path, *, is_unreleased: bool = False) -> list[Path]:
    """Write down what is new; the files that changed. Breaks are refused, unless no released program has ever told
    the messages that they concern (`is_unreleased`)."""
    now = files()
    breaks = [str(difference) for difference in differences(folder, now) if difference.is_break]
    if breaks and not is_unreleased:
        raise ContractBroken("\n".join(breaks))
    return write_files(folder, now)


def write_files(folder: Path, files: dict[str, str]) -> list[Path]:
    """The files that were new or different, written."""
    changed = []
    for name, text in files.items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def _changed(name: str, frozen: str, now: str) -> list[Difference]:
    if not name.endswith(".json"):
        return [Difference(name, "is out of date", is_break=False)]
    found = [Difference(name, change.what, change.is_break) for change in changes(json.loads(frozen), json.loads(now))]
    return found or [Difference(name, "its words are out of date", is_break=False)]


def _mark_formats(kind: type, components: dict[str, Any]) -> None:
    """Say which texts are ids and which are instants, in a struct and in all that it holds."""
    for name, hint in get_type_hints(kind).items():
        if get_origin(hint) is not ClassVar:
            _mark_format(hint, components[kind.__name__]["properties"][name], components)


def _mark_format(hint: Any, schema: dict[str, Any], components: dict[str, Any]) -> None:
    if hint is Id:
        schema["format"] = "uuid"
    elif hint is datetime:
        schema["format"] = "date-time"
    elif isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        _mark_formats(hint, components)
    elif get_origin(hint) is tuple:
        _mark_format(get_args(hint)[0], schema["items"], components)
    elif get_origin(hint) in (Union, UnionType):
        options = [one for one in schema["anyOf"] if one.get("type") != "null"]
        for inner, option in zip((one for one in get_args(hint) if one is not NoneType), options, strict=True):
            _mark_format(inner, option, components)


def _description(kind: type) -> str:
    """The class's own words, in one line."""
    return " ".join(inspect.cleandoc(kind.__dict__.get("__doc__") or "").split())


def _tidy(schema: dict[str, Any]) -> dict[str, Any]:
    if "description" in schema:
        schema["description"] = " ".join(inspect.cleandoc(schema["description"]).split())
    return schema


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
