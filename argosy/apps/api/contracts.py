"""The API as others rely on it: one frozen file per context, contracts/apis/<context>.v1.yaml.

What a file says stays true: operations, fields and their types are only added to. `write` records additions and
refuses to record a break. (Reading and writing YAML takes PyYAML, which comes with the development tools.)

    python -m argosy.apps.api.contracts
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Schema = Mapping[str, Any]
_SAME = ("format", "pattern", "const")
_TIGHTER = {"minimum": 1, "minLength": 1, "minItems": 1, "maximum": -1, "maxLength": -1, "maxItems": -1}
REMEDY = (
    "Others may rely on it: put it back, or add the new form beside it (a new field with a default, a new "
    "operation, or /api/v2) and let this one stay."
)


class ContractBroken(Exception):
    """What the frozen files promise is not there any more."""


def described() -> dict[str, dict[str, Any]]:
    """The OpenAPI document of each context that has operations."""
    from argosy.apps.api.api import api_of
    from argosy.apps.api.endpoints import endpoints

    return {
        label: _plain(api_of({label: declared}, f"Argosy: {label}").get_openapi_schema())
        for label, declared in endpoints().items()
        if declared
    }


def write(folder: Path) -> list[Path]:
    """Freeze the API as it is; the files that are new or changed. ContractBroken, where it would break a promise."""
    import yaml

    breaks = check(folder)
    if breaks:
        raise ContractBroken("\n".join([*breaks, REMEDY]))
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    for label, document in described().items():
        path, text = _path(folder, label), yaml.safe_dump(document, sort_keys=False, width=120, allow_unicode=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def check(folder: Path) -> list[str]:
    """Every promise of the frozen files that is broken, as a sentence each."""
    now = described()
    return [
        broken
        for label, frozen in frozen_in(folder).items()
        for broken in breaks(frozen, now.get(label, {"paths": {}}))
    ]


def frozen_in(folder: Path) -> dict[str, dict[str, Any]]:
    import yaml

    return {
        path.name.removesuffix(".v1.yaml"): yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.v1.yaml"))
    }


def breaks(frozen: Schema, now: Schema) -> Iterator[str]:
    """What one document promised and the other does not keep."""
    for path, methods in frozen["paths"].items():
        for method, operation in methods.items():
            where = f"{method.upper()} {path}"
            today = now["paths"].get(path, {}).get(method)
            if today is None:
                yield f"{where}: the operation is gone."
            else:
                yield from _Comparison(frozen, now).operation(where, operation, today)


_WIDER = {("buyer", "shopper")}
"""Permissions that let in everybody whom another lets in."""


class _Comparison:
    """Two documents, and how to follow their references."""

    def __init__(self, frozen: Schema, now: Schema) -> None:
        self._frozen = frozen
        self._now = now

    def operation(self, where: str, frozen: Schema, now: Schema) -> Iterator[str]:
        before, after = frozen.get("x-permission"), now.get("x-permission")
        if before != after and (before, after) not in _WIDER:
            yield f"{where}: was for {before}, is for {after}."
        for name, parameter in _parameters(frozen).items():
            today = _parameters(now).get(name)
            if today is None:
                yield f"{where}: the parameter {name} is gone."
            else:
                yield from self._schema(f"{where}: parameter {name}", parameter["schema"], today["schema"], True)
        for name, parameter in _parameters(now).items():
            if parameter.get("required") and not _parameters(frozen).get(name, {}).get("required"):
                yield f"{where}: the parameter {name} is required now."
        body = now.get("requestBody")
        if "requestBody" in frozen and body is None:
            yield f"{where}: it takes no body any more."
        elif body is not None:
            yield from self._schema(f"{where}: body", _content(frozen.get("requestBody", {})), _content(body), True)
        for status, response in frozen["responses"].items():
            if status not in now["responses"]:
                if status == "200" and _was_never_answered(frozen["responses"]):
                    continue
                yield f"{where}: it never answers {status} any more."
            else:
                yield from self._schema(
                    f"{where}: answer {status}", _content(response), _content(now["responses"][status]), False
                )

    def _schema(self, where: str, frozen: Schema, now: Schema, is_sent: bool) -> Iterator[str]:
        frozen, now = _resolved(frozen, self._frozen), _resolved(now, self._now)
        if not frozen:
            return
        if frozen.get("type") != now.get("type"):
            yield f"{where}: was {frozen.get('type')}, is {now.get('type')}."
            return
        yield from self._values(where, frozen, now, is_sent)
        had, has = frozen.get("properties", {}), now.get("properties", {})
        for name, schema in had.items():
            if name not in has:
                yield f"{where}: the field {name} is gone."
            else:
                yield from self._schema(f"{where}, {name}", schema, has[name], is_sent)
        required = set(now.get("required", ())) - set(frozen.get("required", ()))
        if is_sent:
            for name in sorted(required):
                yield f"{where}: the field {name} is required now."
        for name in ("items", "additionalProperties"):
            if isinstance(frozen.get(name), dict) and isinstance(now.get(name), dict):
                yield from self._schema(f"{where}, {name}", frozen[name], now[name], is_sent)
        for one, other in zip(frozen.get("anyOf", ()), now.get("anyOf", ()), strict=False):
            yield from self._schema(where, one, other, is_sent)
        if len(now.get("anyOf", ())) < len(frozen.get("anyOf", ())):
            yield f"{where}: one of its forms is gone."

    @staticmethod
    def _values(where: str, frozen: Schema, now: Schema, is_sent: bool) -> Iterator[str]:
        for name in _SAME:
            if frozen.get(name) != now.get(name):
                yield f"{where}: its {name} was {frozen.get(name)}, is {now.get(name)}."
        gone = set(frozen.get("enum", ())) - set(now.get("enum", ()))
        if gone:
            yield f"{where}: it never is {', '.join(sorted(map(str, gone)))} any more."
        if not is_sent:
            return
        for name, direction in _TIGHTER.items():
            if name in now and (name not in frozen or now[name] * direction > frozen[name] * direction):
                yield f"{where}: its {name} is {now[name]}, was {frozen.get(name, 'none')}."


def _parameters(operation: Schema) -> dict[str, Any]:
    return {parameter["name"]: parameter for parameter in operation.get("parameters", ())}


def _was_never_answered(responses: Schema) -> bool:
    """A 200 of which nothing is said, beside the success that is answered: it was listed of every operation once, and
    an operation has one success."""
    return responses["200"] == {"description": "OK"} and any(
        status != "200" and status.startswith("2") for status in responses
    )


def _content(holder: Schema) -> Schema:
    for media in holder.get("content", {}).values():
        schema: Schema = media.get("schema", {})
        return schema
    return {}


def _resolved(schema: Schema, document: Schema) -> Schema:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _path(folder: Path, label: str) -> Path:
    return folder / f"{label}.v1.yaml"


def _plain(value: Any) -> Any:
    """Dicts, lists and scalars alone; the statuses of answers as text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def main() -> int:
    """Record today's API in contracts/apis; what would break a promise is told and not recorded."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup(set_prefix=False)
    try:
        changed = write(Path(__file__).resolve().parents[3] / "contracts" / "apis")
    except ContractBroken as broken:
        sys.stderr.write(f"{broken}\n")
        return 1
    sys.stdout.write("".join(f"{path.name}\n" for path in changed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
