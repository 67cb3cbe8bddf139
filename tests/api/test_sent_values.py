"""Every number, amount and text of every body and query, with what people and programs send that they should not.
Generated from the API's description: a new field is tried the day it appears."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest

from argosy.platform.rest import Endpoint
from tests.api.described import Sent, put, sent
from tests.api.scene import BODIES, FAR, Scene, rows_of_all, table
from tests.api.shop import ADDRESS, PASSWORD, Answer, Shop, nobodys
from tests.api.strangers import provider, scene
from tests.api.test_audit import MAKING

__all__ = ["provider", "scene"]

MARK = "\ue000"
NO_NUMBERS = [
    "1.5",
    "1e3",
    "-0.1",
    '"1"',
    '"1_000"',
    "1_000",
    "\uff11",
    '"\uff11"',
    "\u0661",
    '"\u0661"',
    "true",
    "NaN",
    "Infinity",
    "-Infinity",
    str(2**63),
    str(2**53),
    str(-(2**53)),
    str(10**30),
    "[]",
    "{}",
    '""',
    "01",
    "+1",
    "0x1",
]
"""As they stand in a body: none of them is a whole number that every reader of JSON holds."""
ODD_NUMBERS = ["0", "-1", str(2**53 - 1), str(-(2**53) + 1), str(2**31), str(2**32)]
"""Numbers, though hardly any field takes them all."""
NO_TEXTS = ['"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\udfff\\ud800"', "1", "true", "[]", "{}"]
CARD = '"4242 4242 4242 4242"'
ODD_TEXTS = [
    '""',
    '" "',
    '"\\u0001\\u001b[2J\\r\\n"',
    '"\\u202egnp.exe\\u2066"',
    '"<script>alert(1)</script>"',
    '"\'; DROP TABLE users; --"',
    '"%s%n{0}{{7*7}}${7*7}../../etc/passwd"',
    '"\\uffff\\u0d9e\\ud83d\\ude00\\u0301\\u0301"',
    '"XXX"',
    '"JPY"',
    '"\\uff25\\uff35\\uff32"',
    f'"{"a" * 900_000}"',
]
"""Texts that are no fault in themselves: refused, or kept as they are."""
NO_BOOLEANS = ["0", "1", '"true"', "2", "[]", '""']

BASES: dict[str, Any] = {
    **BODIES,
    **MAKING,
    "RegisterUser": {"email": "eve@example.com", "password": PASSWORD},
    "AddAddress": ADDRESS,
    "OpenStore": {"store_name": "New"},
    "InviteMember": {"email": "dora@example.com", "rights": ["orders:read"]},
    "ApplyCoupon": {"code": "SPRING"},
    "RequestQuote": {"country": "PT"},
}
"""Bodies that fit; of the other operations they are made of what the description asks for."""
LAST = ("BlockUser", "SuspendSeller", "ResetPassword", "ChangePassword", "RemovePasskey", "ArchiveProduct")
"""What ends who asks, or what is asked about."""
PASSWORDS = {"password", "current"}
"""Kept by nobody, and anybody's may be a number."""
NOT_SAID = {"status", "buyer_id", "user_id", "seller_id", "balance", "is_staff", "role", "total_amount", "paid_amount"}
SAID_ALL_THE_SAME = {
    "SimulatePromotion.lines[].seller_id": "what is only tried",
    "PreviewTax.lines[].seller_id": "what is only tried, by staff",
    "PreviewTax.buyer_id": "what is only tried, by staff",
    "OfferShipping.lines[].seller_id": "whose delivery is asked for",
    "SetCommission.seller_id": "staff's",
}


class Commits:
    """How often any context's database was written to."""

    def __init__(self) -> None:
        self.count = 0

    @contextmanager
    def counted(self, shop: Shop) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            for dialect in {type(store.dialect) for store in shop.place.runtime.stores.values()}:
                patch.setattr(dialect, "commit", self._watched(dialect.commit))
            yield

    def _watched(self, commit: Any) -> Any:
        def watched(*arguments: Any) -> Any:
            self.count += 1
            return commit(*arguments)

        return watched


def sample(schema: dict[str, Any]) -> Any:
    """What fits, of a required field."""
    if schema.get("format") == "uuid":
        return nobodys("sample")
    if schema.get("format") == "date-time":
        return FAR
    return {"integer": 1, "boolean": True, "number": 1}.get(schema["type"], "PT")


def base_of(operation: str, fields: list[Sent]) -> Any:
    if operation in BASES:
        return BASES[operation]
    body: Any = {}
    for field in fields:
        body = put(body, field.way, sample(field.schema))
    return body


def bodies() -> list[tuple[Endpoint, list[Sent]]]:
    """Every operation with a body, and what may be said in it."""
    by_name = {endpoint.name: endpoint for _, endpoint in table()}
    found: dict[str, list[Sent]] = {}
    for one in sent():
        if one.place == "body":
            found.setdefault(one.operation, []).append(one)
    assert len(found) > 80
    return sorted(((by_name[name], fields) for name, fields in found.items()), key=lambda one: one[0].name in LAST)


def asked(scene: Scene, endpoint: Endpoint, raw: bytes) -> Answer:
    token = "" if endpoint.allow.name == "public" else scene.owner_of(endpoint)
    path = endpoint.path.format_map(scene.things_of(endpoint, scene.theirs))
    return scene.shop.call(endpoint.method, path, raw, token=token)


def raw_with(base: Any, field: Sent, value: str) -> bytes:
    return json.dumps(put(base, field.way, MARK), ensure_ascii=False).replace(f'"{MARK}"', value, 1).encode()


def wrong(field: Sent) -> list[str]:
    kind = field.schema["type"]
    if kind == "string":
        is_secret = field.way[-1] in PASSWORDS
        return NO_TEXTS if is_secret else [*NO_TEXTS, CARD]
    return {"integer": NO_NUMBERS, "boolean": NO_BOOLEANS}.get(kind, [])


def odd(field: Sent) -> list[str]:
    return {"string": ODD_TEXTS, "integer": ODD_NUMBERS}.get(field.schema["type"], [])


@pytest.mark.slow
def test_no_value_of_a_body_is_a_fault_of_ours_and_what_is_refused_changes_nothing(scene: Scene) -> None:
    commits = Commits()
    faults = []
    with commits.counted(scene.shop):
        for endpoint, fields in bodies():
            base = base_of(endpoint.name, fields)
            before, rows = commits.count, rows_of_all(scene.shop)
            for field in fields:
                for value in wrong(field):
                    answer = asked(scene, endpoint, raw_with(base, field, value))
                    if not 400 <= answer.status < 500 or answer.headers["content-type"] != "application/problem+json":
                        faults.append(f"{field.name} = {value[:60]}: {answer}")
            if commits.count != before or rows_of_all(scene.shop) != rows:
                faults.append(f"{endpoint.route}: what was refused has changed something")
            for field in fields:
                for value in odd(field):
                    before = commits.count
                    answer = asked(scene, endpoint, raw_with(base, field, value))
                    if answer.status >= 500 or (answer.status >= 400 and commits.count != before):
                        faults.append(f"{field.name} = {value[:60]}: {answer}")
    assert not faults, "\n".join(faults)


def test_all_faults_of_every_body_are_told_at_once(scene: Scene) -> None:
    for endpoint, fields in bodies():
        names = {str(field.way[0]) for field in fields}
        objects = {str(field.way[0]) for field in fields if len(field.way) > 1 and field.way[1] != 0}
        body = {name: 1.5 if name in objects else {"x": []} for name in names}
        answer = asked(scene, endpoint, json.dumps(body).encode())
        assert answer.status == 422, (endpoint.route, answer)
        told = {fault["field"].partition(".")[0].partition("[")[0] for fault in answer.json["faults"]}
        assert names <= told, (endpoint.route, answer)


def test_a_name_that_is_said_twice_is_refused_everywhere(scene: Scene) -> None:
    for endpoint, fields in bodies():
        name = json.dumps(str(fields[0].way[0]))
        answer = asked(scene, endpoint, f"{{{name}: 1, {name}: 1}}".encode())
        assert (answer.status, answer.json["code"]) == (400, "duplicate_json_keys"), (endpoint.route, answer)


def test_nobody_says_in_a_body_what_is_for_the_server_to_say() -> None:
    """Whose it is, how it stands and what it costs in all; where such a name is taken, it is known why."""
    said = {one.name for one in sent() if one.place == "body" and one.way[-1] in NOT_SAID}
    assert said == set(SAID_ALL_THE_SAME)
    for _, endpoint in table():
        taken = {str(one.way[0]) for one in sent() if one.operation == endpoint.name and one.place == "body"}
        assert not taken & {*endpoint.filled, *endpoint.path_names}, endpoint.route


@pytest.mark.slow
def test_no_value_of_a_query_is_a_fault_of_ours(scene: Scene) -> None:
    by_name = {endpoint.name: endpoint for _, endpoint in table()}
    wild = [json.loads(value) for value in (*ODD_TEXTS[:-1], CARD)]
    wild += ["\x00", "a" * 8_000, "W10", "e30", "WzFd", "bnVsbA", "W251bGxd", "\ud800".encode("utf-8", "surrogatepass")]
    for one in (one for one in sent() if one.place == "query"):
        endpoint, name = by_name[one.operation], str(one.way[0])
        path = endpoint.path.format_map(scene.things_of(endpoint, scene.theirs))
        token = "" if endpoint.allow.name == "public" else scene.owner_of(endpoint)
        numbers = ["0", "-1", "1.5", "1e3", "1_0", "\uff11", "true", "NaN", str(2**63), "1000000", ""]
        for value in (*wild, *numbers):
            answer = scene.shop.call("GET", f"{path}?{name}={quote(value)}", token=token)
            assert answer.status < 500, (endpoint.route, name, value, answer)
            if one.schema.get("type") == "integer":
                assert answer.status == 422, (endpoint.route, name, value, answer)
