"""Endpoints over HTTP: one declaration each, of path, command or query, and permission.

    endpoints = [
        post("carts/mine/lines", AddToCart, allow=buyer),
        get("orders/{order_id}", order, allow=buyer),
    ]

Fields of a command that the path names come from the path, fields in `fill` from the server; neither is read from the
body, and what a body holds beyond the command's other fields is ignored. A GET is a function of what was asked that
gives a Document, anything that msgspec encodes, or None for what does not exist or is not the asker's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property, partial
from hashlib import blake2b, sha256
from typing import Any, NamedTuple, get_type_hints
from urllib.parse import parse_qsl

import msgspec
from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port

from argosy.engine.outside import Answer, Keyed
from argosy.engine.work import Actor
from argosy.observability.about import now_about
from argosy.platform import bodies, waiting
from argosy.platform.audited import audited
from argosy.platform.auth import NOBODY, OPEN_TO_GUESTS, Permission, check_scope, public, tokens
from argosy.platform.crash_points import reached
from argosy.platform.owned import Owned
from argosy.platform.problems import CONTENT_TYPE, Problem, not_found, not_signed_in, problem_of
from argosy.platform.rate_limits import Standing, rate_limits
from argosy.platform.runtime import runtime
from argosy.shared_kernel.codec import encode
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.ids import Id, is_id
from argosy.shared_kernel.messages import Command

PREFIX = "/api/v1/"
KEY_LETTERS_MAX = 255
WAIT_SECONDS_MAX = 30

PARAMETER = re.compile(r"{(\w+)}")
_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?([0-9]{1,5})\"?")
_TEXT_PARAMETER_MAX = 100


class Document(NamedTuple):
    """A read: bytes as they are sent, and the tag that changes with them.

    Of documents that can be waited for, one that `is_settled` is what whoever waits hopes for, and one that `is_final`
    never changes again. One that `speaks` depends on the languages that the asker takes, and is in this one ("": it is
    not told in which).
    """

    body: bytes
    etag: str
    is_public: bool = False
    is_settled: bool = True
    is_final: bool = True
    speaks: str | None = None
    kind: str = bodies.JSON
    """Its type, where it is a file and no JSON."""


class Made(msgspec.Struct, kw_only=True):
    """The id of what was made, or of what was there already."""

    id: Id


def document(value: Any) -> Document:
    """Anything as a document whose tag is a hash of it."""
    body = value if isinstance(value, bytes) else encode(value)
    return Document(body, f'"{blake2b(body, digest_size=12).hexdigest()}"')


class Asked:
    """One request, as endpoints see it: who asks, the path's parameters and the query's, and for commands what was
    `sent` of their fields, by path and body."""

    __slots__ = ("actor", "parameters", "query", "request", "sent", "standing")

    def __init__(self, request: HttpRequest, actor: Actor, parameters: Mapping[str, str], query: Any = None) -> None:
        self.request = request
        self.actor = actor
        self.parameters = parameters
        self.query = query
        self.standing: Standing | None = None
        self.sent: Mapping[str, Any] = {}

    def __getitem__(self, name: str) -> Id:
        return Id(self.parameters[name])

    @staticmethod
    def new_id() -> Id:
        return runtime().ids.new()

    def header(self, name: str) -> str:
        """A request header by its WSGI name without `HTTP_`; empty where it was not sent."""
        sent: str = self.request.META.get("HTTP_" + name, "")
        return sent


class Received(NamedTuple):
    """What a file is to the command: fields of it. What is to stay of the file itself is put away by `keep`, when
    nothing refuses the command any more and before it is written: so nothing refers to what is not there, and no
    refusal leaves a file behind."""

    fields: Mapping[str, Any]
    keep: Callable[[], None] = lambda: None


class Upload(NamedTuple):
    """A body that is no JSON: of which types it may be, how long at most, and how it becomes fields of the command."""

    types: tuple[str, ...]
    bytes_max: int
    read: Callable[[Asked, bytes], Received]
    admit: Callable[[Asked], None] = lambda asked: None
    """Refuses before anything is read."""


Fill = Callable[[Asked], Mapping[str, Any]]
Guard = Callable[[Asked, Any], AbstractContextManager[None]]
"""What a command runs inside of: it may refuse before, and sees how it ends."""


def _named_person(asked: Asked) -> str | None:
    return asked.parameters.get("user_id") or asked.parameters.get("buyer_id")


@dataclass(frozen=True)
class Endpoint:
    """One operation; see `post` and `get`.

    `filled` names the fields of the command that a client may not send: `fill` gives them, or they keep their default.
    `location` is the address of what was made, with members of the answer. `watches` names the news that change the
    document (see doorbell.py): its readers may wait for them. `changes_actor`: the asker's rights may be others now.
    `guard` is given what was asked and the command, which runs inside of it. With `upload` the body is a file. `area`
    is what a key must have a scope for: the context that it is about, unless it says another. What the path names is
    `owned` by who asks, or there is no such thing. `is_for_staff_too`: staff may stand in for whom it is for.
    `whom` it is done to goes with what is noted of it.
    """

    method: str
    path: str
    allow: Permission
    status: int = 200
    command: type[Command] | None = None
    query: Callable[[Asked], Any] | None = None
    parameters: type[msgspec.Struct] | None = None
    answers: Any = None
    fill: Fill | None = None
    filled: Collection[str] = ()
    location: str = ""
    takes_key: bool = True
    changes_actor: bool = False
    called: str = ""
    watches: str = ""
    guard: Guard | None = None
    upload: Upload | None = None
    area: str = ""
    sends: tuple[str, ...] = ()
    """The types of a document that is a file."""
    owned: tuple[Owned, ...] = ()
    is_for_staff_too: bool = False
    whom: Callable[[Asked], str | None] = _named_person

    @cached_property
    def path_names(self) -> tuple[str, ...]:
        return tuple(PARAMETER.findall(self.path))

    @cached_property
    def unasked(self) -> Any:
        """The query of an address that says none; None where it has to say something."""
        assert self.parameters is not None
        is_whole = not any(field.required for field in msgspec.structs.fields(self.parameters))
        return self.parameters() if is_whole else None

    @property
    def route(self) -> str:
        return f"{self.method} {self.path}"

    @cached_property
    def name(self) -> str:
        """What the operation is called, in the API's description as everywhere else."""
        if self.called or self.command is not None:
            return self.called or self.command.__name__  # type: ignore[union-attr]
        assert self.query is not None
        return "".join(part.capitalize() for part in self.query.__name__.split("_"))

    @property
    def promise(self) -> str:
        """What it does, in its own words."""
        return (self.command or self.query).__doc__ or ""

    @cached_property
    def body(self) -> bodies.Body:
        assert self.command is not None
        return bodies.Body(self.command, {*self.path_names, *self.filled})

    @cached_property
    def id_names(self) -> frozenset[str]:
        """Parameters of the path that are ids. A query's are, unless they are called something else."""
        if self.command is None:
            return frozenset(name for name in self.path_names if name.endswith("_id"))
        hints = get_type_hints(self.command)
        return frozenset(name for name in self.path_names if hints.get(name) in (Id, Id | None))


def post(path: str, command: type[Command], *, allow: Permission, **options: Any) -> Endpoint:
    return Endpoint("POST", path, allow, command=command, **options)


def put(path: str, command: type[Command], *, allow: Permission, **options: Any) -> Endpoint:
    return Endpoint("PUT", path, allow, command=command, **options)


def patch(path: str, command: type[Command], *, allow: Permission, **options: Any) -> Endpoint:
    return Endpoint("PATCH", path, allow, command=command, **options)


def delete(path: str, command: type[Command], *, allow: Permission, **options: Any) -> Endpoint:
    return Endpoint("DELETE", path, allow, command=command, **options)


def get(path: str, query: Callable[[Asked], Any], *, allow: Permission, **options: Any) -> Endpoint:
    """`parameters` is the struct of the query string, `answers` the type of the document."""
    return Endpoint("GET", path, allow, query=query, **options)


def respond(endpoint: Endpoint, label: str, request: HttpRequest, parameters: Mapping[str, str]) -> HttpResponse:
    """The whole of one request, refusals and all."""
    standing = None
    try:
        asked = admit(endpoint, request, parameters)
        standing = asked.standing
        now_about({"context": label, "actor": asked.actor.id, "message_type": endpoint.name})
        response = _run(endpoint, label, asked) if endpoint.command is not None else _read(endpoint, asked)
    except Exception as error:  # noqa: BLE001 - the boundary, where problem_of logs what nobody foresaw
        response = refusal(problem_of(error))
    if standing is not None:
        for name, value in standing.headers.items():
            response.headers[name] = value
    return response


def admit(endpoint: Endpoint, request: HttpRequest, parameters: Mapping[str, str]) -> Asked:
    """Who asks for what, if they may; a Problem where they may not. Whoever is nobody counts by their address."""
    header = request.META.get("HTTP_AUTHORIZATION")
    actor = tokens().actor_of(header) if header else NOBODY
    # Anybody makes as many guests as they like: they count by their address, and have what they buy and no more.
    standing = rate_limits().count(request, NOBODY if actor.is_guest else actor)
    if actor.is_guest and endpoint.allow not in OPEN_TO_GUESTS:
        actor = NOBODY
    try:
        asked = Asked(request, _allowed(endpoint, actor, header), parameters)
        _check_path(endpoint, parameters)
    except Exception as error:
        if standing is None:
            raise
        problem = problem_of(error)
        problem.headers.update(standing.headers)
        raise problem from error
    asked.standing = standing
    return asked


def _check_path(endpoint: Endpoint, parameters: Mapping[str, str]) -> None:
    for name in endpoint.path_names:
        sent = parameters[name]
        is_text = 0 < len(sent) <= _TEXT_PARAMETER_MAX and "\0" not in sent
        if not (is_id(sent) if name in endpoint.id_names else is_text):
            raise not_found()
        if name not in endpoint.id_names:
            _refuse_cards({name: sent})


def standing_at_the_door(request: HttpRequest) -> Mapping[str, str]:
    """What whoever is turned away is told of their quota: what is remembered, looked up nowhere and not counted."""
    header = request.META.get("HTTP_AUTHORIZATION")
    actor = tokens().remembered(header) if header else NOBODY
    if actor is None or not rate_limits().quotas:
        return {}
    standing = rate_limits().remembered(request, NOBODY if actor.is_guest else actor)
    return {} if standing is None else standing.headers


def refusal(problem: Problem) -> HttpResponse:
    if problem.status >= 500:
        for connection in connections.all(initialized_only=True):
            connection.close_if_unusable_or_obsolete()
    return HttpResponse(problem.body(), status=problem.status, content_type=CONTENT_TYPE, headers=problem.headers)


def send(found: Document, asked: Asked, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """A document, or 304 where the asker has it."""
    cache = "public, no-cache" if found.is_public else "private, no-cache"
    common = {"ETag": found.etag, "Cache-Control": cache, **(headers or {})}
    if found.speaks is not None:
        common["Vary"] = "Accept-Language"
        if found.speaks:
            common["Content-Language"] = found.speaks
    if matches(asked.header("IF_NONE_MATCH"), found.etag):
        return HttpResponse(status=304, headers=common, content_type=found.kind)
    return HttpResponse(found.body, content_type=found.kind, headers=common)


def matches(if_none_match: str, etag: str) -> bool:
    """RFC 9110, 13.1.2: weak comparison."""
    if not if_none_match:
        return False
    return if_none_match.strip() == "*" or etag in (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))


def _allowed(endpoint: Endpoint, actor: Actor, header: str | None) -> Actor:
    """As whom they may."""
    if endpoint.allow is public:
        # What anybody may, a key may as well: as nobody, where it has no scope for it.
        return actor if not actor.scopes or f"{endpoint.area}:read" in actor.scopes else NOBODY
    if header and not actor.id:
        raise not_signed_in()
    endpoint.allow.check(actor)
    check_scope(actor, endpoint.area, endpoint.method)
    return actor


def _read(endpoint: Endpoint, asked: Asked) -> HttpResponse:
    if endpoint.parameters is not None:
        is_asked = endpoint.unasked is None or asked.request.META.get("QUERY_STRING")
        asked.query = (
            bodies.query_of(query_in(asked.request.META), endpoint.parameters) if is_asked else endpoint.unasked
        )
    if endpoint.watches:
        return _read_watched(endpoint, asked)
    return send(look(endpoint, asked), asked)


def query_in(meta: Mapping[str, Any]) -> dict[str, str]:
    """What the address says behind its question mark: of a name that is said twice, the last."""
    text = meta.get("QUERY_STRING", "")
    if not text.isascii():
        text = text.encode("latin-1", "replace").decode(errors="replace")
    return dict(parse_qsl(text, keep_blank_values=True))


def look(endpoint: Endpoint, asked: Asked) -> Document:
    """What a read finds."""
    assert endpoint.query is not None
    found = endpoint.query(asked)
    if found is None:
        raise not_found()
    return found if isinstance(found, Document) else document(found)


def _read_watched(endpoint: Endpoint, asked: Asked) -> HttpResponse:
    """A document that may be waited for: a little here, as much as is liked at the address of its `wait` link."""
    headers = {"Link": waits_link(asked.request)}
    if "text/event-stream" in asked.header("ACCEPT"):
        raise Problem(406, "streams_are_elsewhere", "The `wait` link names the address that streams.", headers=headers)
    found = look(endpoint, asked)
    seconds = wait_asked(asked)
    if seconds and must_wait(found, asked):
        waited = waiting.poll(seconds, lambda: look(endpoint, asked), lambda now: not must_wait(now, asked))
        if waited is not None:
            found = waited
            headers["Preference-Applied"] = f"wait={seconds}"
    return send(found, asked, headers)


def wait_asked(asked: Asked) -> int:
    """How long the asker would wait (RFC 7240); 0 for not at all."""
    sent = _WAIT.search(asked.header("PREFER"))
    return min(int(sent[1]), WAIT_SECONDS_MAX) if sent else 0


def must_wait(found: Document, asked: Asked) -> bool:
    """Whether a waiting asker has not yet got what they wait for: a change from what they know, or the end."""
    known = asked.header("IF_NONE_MATCH")
    return not found.is_final and matches(known, found.etag) if known else not found.is_settled


def waits_link(request: HttpRequest, path: str = "") -> str:
    """The Link to the address that is made for waiting."""
    base: str = settings.WAITS_URL or (
        f"{request.scheme}://{split_domain_port(request.get_host())[0]}:{settings.WAITS_PORT}"
    )
    return f'<{base}{path or request.get_full_path()}>; rel="wait"'


def _run(endpoint: Endpoint, label: str, asked: Asked) -> HttpResponse:
    if endpoint.upload is not None:
        endpoint.upload.admit(asked)
        raw = bodies.received(asked.request, endpoint.upload.types, endpoint.upload.bytes_max)
    else:
        raw = bodies.received(asked.request)
    outside = runtime().outside(label)
    keyed = None
    if endpoint.takes_key and "HTTP_IDEMPOTENCY_KEY" in asked.request.META:
        keyed = _keyed(endpoint, asked, raw)
    # What is answered already is answered again: what was asked for may be gone since, or be there and be refused.
    answer = outside.looked(keyed) if keyed is not None else None
    if answer is None:
        try:
            answer = _done(endpoint, label, asked, raw, keyed)
        except (DomainError, Problem):
            # A rival may have been through since this one looked, and what refuses this one is what the rival did.
            answer = outside.looked(keyed) if keyed is not None else None
            if answer is None:
                raise
    reached("request.before_answer")
    if endpoint.changes_actor:
        tokens().forget(asked.header("AUTHORIZATION"))
    return _answered(endpoint, asked, answer)


def _done(endpoint: Endpoint, label: str, asked: Asked, raw: bytes, keyed: Keyed | None) -> Answer:
    """Have the command run, unless something refuses it."""
    if endpoint.upload is not None:
        received = endpoint.upload.read(asked, raw)
        _refuse_cards(received.fields)
    else:
        received = Received(endpoint.body.read(raw))
    values = {**received.fields, **asked.parameters}
    asked.sent = values
    if endpoint.fill is not None:
        values.update(endpoint.fill(asked))
    assert endpoint.command is not None
    command = endpoint.command(**values)
    also = audited(endpoint, label, asked, command)
    for owned in endpoint.owned:
        owned.check(label, asked)
    outside = runtime().outside(label)
    with endpoint.guard(asked, command) if endpoint.guard is not None else nullcontext():
        if keyed is not None:
            respond = partial(_decided, endpoint, received)
            return outside.run_keyed(command, asked.actor, keyed, respond, also, is_new=True)
        return Answer(*outside.run(command, asked.actor, also, partial(_said, endpoint, received)))


def _answered(endpoint: Endpoint, asked: Asked, answer: Answer) -> HttpResponse:
    status, body = answer.status, answer.body
    headers = {"Idempotent-Replay": "true"} if answer.is_repeat else {}
    if endpoint.location:
        location = PREFIX + endpoint.location.format_map({**asked.parameters, **msgspec.json.decode(body)})
        headers["Location"] = location
        if endpoint.watches:
            headers["Link"] = waits_link(asked.request, location)
    if not body:
        return HttpResponse(status=204 if status == 200 else status, headers=headers, content_type=bodies.JSON)
    return HttpResponse(body, status=status, content_type=bodies.JSON, headers=headers)


def _refuse_cards(texts: Mapping[str, Any]) -> None:
    """What did not come in a body of JSON."""
    faults = list(bodies.card_faults(dict(texts)))
    if faults:
        raise bodies.cards_refused(faults)


def _decided(endpoint: Endpoint, received: Received, result: Any) -> tuple[int, str]:
    reached("request.decided")
    return _said(endpoint, received, result)


def _said(endpoint: Endpoint, received: Received, result: Any) -> tuple[int, str]:
    received.keep()
    return endpoint.status, _text(result)


def _text(result: Any) -> str:
    """A use case's answer as JSON; an id alone is an object with that id; nothing is nothing."""
    if result is None:
        return ""
    return encode({"id": result} if isinstance(result, str) else result).decode()


def _keyed(endpoint: Endpoint, asked: Asked, raw: bytes) -> Keyed:
    key = asked.header("IDEMPOTENCY_KEY")
    if not 0 < len(key) <= KEY_LETTERS_MAX or not (key.isascii() and key.isprintable()):
        raise Problem(
            400,
            "idempotency_key_unreadable",
            f"An Idempotency-Key is 1 to {KEY_LETTERS_MAX} printable ASCII characters.",
        )
    _refuse_cards({"Idempotency-Key": key})
    fingerprint = sha256(asked.request.get_full_path().encode() + b"\n" + raw).hexdigest()
    # Nobody's keys are apart from each other by what they ask: a guessed key shows no stranger's answer.
    actor = asked.actor.id or f"nobody:{fingerprint[:48]}"
    return Keyed(actor, endpoint.route, key, fingerprint)
