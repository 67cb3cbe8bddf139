"""The API described: OpenAPI 3.1, every body and answer typed by the structs that read and write them."""

from __future__ import annotations

from typing import Any

import msgspec

from argosy.apps.api.examples import EXAMPLES
from argosy.platform.bodies import TEXT_END
from argosy.platform.problems import CONTENT_TYPE
from argosy.platform.rest import Endpoint

REFERENCE = "#/components/schemas/{name}"
PROBLEM_STATUSES = {
    "400": "Malformed: not JSON, or a header that cannot be read.",
    "401": "Not signed in.",
    "403": "Not allowed.",
    "404": "No such thing, or not yours.",
    "409": "A rule forbids it now.",
    "422": "Not valid; `faults` lists everything that is wrong.",
    "429": "Tried too often; see Retry-After.",
    "503": "The store is busy or away; see Retry-After.",
}


class Fault(msgspec.Struct, kw_only=True):
    """One thing that is wrong; further members say with what."""

    code: str
    detail: str = ""
    field: str = ""


class ProblemDocument(msgspec.Struct, kw_only=True):
    """RFC 9457. `code` is stable; programs decide by it alone."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    faults: tuple[Fault, ...] = ()


def extra_of(endpoint: Endpoint, schemas: dict[str, Any]) -> dict[str, Any]:
    """What ninja cannot know of an operation."""
    extra: dict[str, Any] = {"responses": _responses(endpoint, schemas)}
    if endpoint.command is not None:
        kind = endpoint.body.kind
        if endpoint.upload is not None:
            file = {"schema": {"type": "string", "format": "binary", "maxLength": endpoint.upload.bytes_max}}
            extra["requestBody"] = {"required": True, "content": dict.fromkeys(endpoint.upload.types, file)}
        elif kind.__struct_fields__:
            extra["requestBody"] = {
                "required": any(field.required for field in msgspec.structs.fields(kind)),
                "content": {"application/json": {"schema": _schema(kind, schemas), **_example(endpoint)}},
            }
        if endpoint.takes_key:
            extra.setdefault("parameters", []).append(
                {
                    "in": "header",
                    "name": "Idempotency-Key",
                    "required": False,
                    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
                    "description": "The same key and body is done once; a repeat gets the stored answer.",
                }
            )
    if endpoint.parameters is not None:
        extra.setdefault("parameters", []).extend(_query(endpoint.parameters, schemas))
    if endpoint.allow.name != "public":
        extra["security"] = [{"bearer": []}]
        extra["x-permission"] = endpoint.allow.name
    return extra


def _example(endpoint: Endpoint) -> dict[str, Any]:
    return {"example": EXAMPLES[endpoint.name]} if endpoint.name in EXAMPLES else {}


def _responses(endpoint: Endpoint, schemas: dict[str, Any]) -> dict[str, Any]:
    is_silent = endpoint.answers is None and endpoint.command is not None
    status = 204 if is_silent and endpoint.status == 200 else endpoint.status
    good: dict[str, Any] = {"description": "Done." if endpoint.command else "The document, with its ETag."}
    if endpoint.answers is not None:
        good["content"] = {"application/json": {"schema": _schema(endpoint.answers, schemas)}}
    elif endpoint.sends:
        good["content"] = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in endpoint.sends}
    elif endpoint.command is None:
        good["content"] = {"application/json": {"schema": {"type": "object"}}}
    problem = {CONTENT_TYPE: {"schema": _schema(ProblemDocument, schemas)}}
    left_out = {"401"} if endpoint.allow.name == "public" else set()
    if endpoint.guard is None and endpoint.allow.name == "public":
        left_out |= {"403"}
    return {
        str(status): good,
        **{
            code: {"description": text, "content": problem}
            for code, text in PROBLEM_STATUSES.items()
            if code not in left_out
        },
    }


def _schema(kind: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    schema, components = _components(kind)
    schemas.update(components)
    return schema


def _components(kind: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    (schema,), components = msgspec.json.schema_components([kind], ref_template=REFERENCE)
    return _told(schema), _told(components)


def _told(schema: Any) -> Any:
    """Patterns as they are written for readers of JSON Schema, and not for Python alone."""
    if isinstance(schema, dict):
        return {
            name: one.replace(TEXT_END, "$") if name == "pattern" and isinstance(one, str) else _told(one)
            for name, one in schema.items()
        }
    return [_told(one) for one in schema] if isinstance(schema, list) else schema


def _query(kind: type[msgspec.Struct], schemas: dict[str, Any]) -> list[dict[str, Any]]:
    described = _components(kind)[1][kind.__name__]
    return [
        {
            "in": "query",
            "name": name,
            "required": name in described.get("required", ()),
            "schema": schema,
            **({"description": schema["description"]} if "description" in schema else {}),
        }
        for name, schema in described["properties"].items()
    ]
