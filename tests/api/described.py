"""What the API's description says may be sent: every field of every body, every parameter of every query."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from argosy.apps.api.api import whole_api

JSON = "application/json"
Step = str | int


class Sent(NamedTuple):
    """One place for a value: of an operation, in its `body` or `query`, the way to it, and its schema."""

    operation: str
    place: str
    way: tuple[Step, ...]
    schema: dict[str, Any]

    @property
    def name(self) -> str:
        return ".".join((self.operation, *("[]" if step == 0 else str(step) for step in self.way))).replace(".[]", "[]")


@cache
def sent() -> tuple[Sent, ...]:
    document = whole_api().get_openapi_schema()
    found = []
    for methods in document["paths"].values():
        for operation in methods.values():
            name = operation["operationId"]
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "query":
                    found.append(Sent(name, "query", (parameter["name"],), parameter["schema"]))
            content = operation.get("requestBody", {}).get("content", {})
            if JSON in content:
                values = _values(content[JSON]["schema"], document["components"]["schemas"], ())
                found += {way: Sent(name, "body", way, schema) for way, schema in values}.values()
    assert len(found) > 400
    return tuple(found)


def put(body: Any, way: tuple[Step, ...], value: Any) -> Any:
    """The body with another value in that place; what leads there is made where it is not."""
    if not way:
        return value
    step, rest = way[0], way[1:]
    if step == 0:
        items = list(body) if isinstance(body, list) else []
        return [put(items[0] if items else None, rest, value), *items[1:]]
    known = dict(body) if isinstance(body, dict) else {}
    return {**known, step: put(known.get(str(step)), rest, value)}


def _values(
    schema: dict[str, Any], schemas: dict[str, Any], way: tuple[Step, ...], above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[Step, ...], dict[str, Any]]]:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        if name not in above:
            yield from _values(schemas[name], schemas, way, (*above, name))
        return
    for option in schema.get("anyOf", ()):
        yield from _values(option, schemas, way, above)
    if isinstance(schema.get("items"), dict):
        yield from _values(schema["items"], schemas, (*way, 0), above)
    for name, inner in schema.get("properties", {}).items():
        yield from _values(inner, schemas, (*way, name), above)
    if schema.get("type") not in (None, "object", "array", "null"):
        yield way, schema
