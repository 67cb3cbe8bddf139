"""Requests to addresses that somebody else named: pictures by URL, webhooks of sellers.

The one place from which such a request leaves, because whoever names an address may name one of ours. The host is
looked up once, every address that it has must be public, and the connection goes to an address that was looked at:
a name that means something else a moment later changes nothing (DNS rebinding). A redirect is another address and is
looked at like the first, if it is followed at all. Time and length are bounded as a whole, however slowly the other
side trickles; no proxy, cookie or credential of ours goes along.

    fetched = Outbound.of(os.environ).fetch("https://example.com/lamp.jpg", Bounds(seconds=10, bytes_max=5_000_000))
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urljoin, urlsplit

URL_LETTERS_MAX = 2_000
PORT_MIN = 1_024
PORTS = {"http": 80, "https": 443}
SETTING = "ARGOSY_OUTBOUND_PRIVATE"
"""Networks that are not public and may be reached all the same, with blanks between them; none by default."""
_CHUNK = 65_536
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Sequence[str]]


class NotFetched(Exception):
    """Nothing came of it. `code` is stable: url_invalid, scheme_not_allowed, port_not_allowed, host_unknown,
    address_not_public, connection_failed, certificate_not_valid, too_slow, too_long, too_many_redirects,
    answer_unreadable. `is_for_good`: the address itself is at fault, and asking again is of no use."""

    def __init__(self, code: str, detail: str = "", *, is_for_good: bool = False) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.is_for_good = is_for_good


class Bounds(NamedTuple):
    """For everything together, redirects included: how long, how much of an answer, how many redirects. Where
    `cuts_answer`, an answer that is too long is cut and not refused."""

    seconds: float = 10.0
    bytes_max: int = 1_000_000
    redirects_max: int = 0
    schemes: tuple[str, ...] = ("https",)
    cuts_answer: bool = False


class Fetched(NamedTuple):
    """What came back. Names of `headers` are lower case; of several with one name the first counts."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Target(NamedTuple):
    """An address as it will be asked."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def target_of(url: str, schemes: Sequence[str] = ("https",)) -> Target:
    """A URL taken apart; NotFetched where it is none that may be asked. Nothing is looked up."""
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url or len(url) > URL_LETTERS_MAX:
        raise NotFetched("url_invalid", "A URL is printable ASCII without blanks.", is_for_good=True)
    try:
        parts: SplitResult = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotFetched("url_invalid", "This is no URL.", is_for_good=True) from None
    host = (parts.hostname or "").rstrip(".")
    if not host or parts.username is not None or parts.password is not None or "%" in host:
        raise NotFetched("url_invalid", "A URL has a host, and no user in it.", is_for_good=True)
    if parts.scheme not in schemes or parts.scheme not in PORTS:
        raise NotFetched("scheme_not_allowed", f"A URL begins with {' or '.join(schemes)}://.", is_for_good=True)
    standard = PORTS[parts.scheme]
    if port is not None and port != standard and port < PORT_MIN:
        raise NotFetched("port_not_allowed", f"Ports are {standard}, and {PORT_MIN} and above.", is_for_good=True)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port or standard, path)


def is_public(text: str) -> bool:
    """Whether an address is one of the public internet: what IPv6 wraps around an IPv4 address counts as that."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = _wrapped(address)
        if inner is not None:
            return is_public(str(inner))
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _wrapped(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64 or address.packed[:12] == bytes(12):
        return ipaddress.IPv4Address(address.packed[12:])
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour


def resolved(host: str, port: int) -> Sequence[str]:
    """Every address of a host, once each."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


@dataclass(frozen=True)
class Outbound:
    """`private` are networks that may be reached though they are not public."""

    private: tuple[Network, ...] = ()
    resolve: Resolve = resolved
    context: Callable[[], ssl.SSLContext] = ssl.create_default_context

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Outbound:
        """As ARGOSY_OUTBOUND_PRIVATE says."""
        return cls(tuple(ipaddress.ip_network(one) for one in environment.get(SETTING, "").split()))

    def fetch(
        self,
        url: str,
        bounds: Bounds,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Fetched:
        """Ask, and give the answer whatever its status; NotFetched where there is none. Only GET follows redirects."""
        until = time.monotonic() + bounds.seconds
        for _ in range(1 + bounds.redirects_max):
            target = target_of(url, bounds.schemes)
            try:
                fetched = self._ask(target, url, bounds, (method, headers or {}, body), until)
            except TimeoutError:
                raise NotFetched("too_slow", f"No whole answer within {bounds.seconds:g} seconds.") from None
            except ssl.SSLCertVerificationError as error:
                raise NotFetched("certificate_not_valid", error.verify_message) from None
            except OSError as error:
                raise NotFetched("connection_failed", error.strerror or type(error).__name__) from None
            except (http.client.HTTPException, ValueError) as error:
                raise NotFetched("answer_unreadable", type(error).__name__) from None
            if fetched.status not in _REDIRECTS or not bounds.redirects_max or method != "GET":
                return fetched
            try:
                url = urljoin(url, fetched.headers.get("location", ""))
            except ValueError:
                raise NotFetched("url_invalid", "It redirects to what is no URL.", is_for_good=True) from None
        raise NotFetched("too_many_redirects", f"More than {bounds.redirects_max}.", is_for_good=True)

    def fault(self, url: str, schemes: Sequence[str] = ("https",)) -> str:
        """The code of why nothing would be asked there; empty where it may be tried. No name is looked up: that is done
        when it is asked."""
        try:
            host = target_of(url, schemes).host
        except NotFetched as refusal:
            return refusal.code
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return "address_not_public" if host == "localhost" and not self.private else ""
        return "" if is_public(host) or self.lets(host) else "address_not_public"

    def addresses(self, target: Target, seconds: float) -> Sequence[str]:
        """Where a host is, looked up once; NotFetched where any of it must not be reached."""
        found = self._looked_up(target, seconds)
        for one in found:
            if not is_public(one) and not self.lets(one):
                raise NotFetched("address_not_public", f"{target.host} is no public address.", is_for_good=True)
        return found

    def _looked_up(self, target: Target, seconds: float) -> Sequence[str]:
        """In a thread of its own: a look-up has no time-out."""
        answer: queue.SimpleQueue[Sequence[str] | None] = queue.SimpleQueue()

        def look() -> None:
            try:
                answer.put(self.resolve(target.host, target.port))
            except (OSError, UnicodeError):
                answer.put(None)

        threading.Thread(target=look, name="look up", daemon=True).start()
        try:
            found = answer.get(timeout=max(seconds, 0.001))
        except queue.Empty:
            raise TimeoutError(target.host) from None
        if not found:
            raise NotFetched("host_unknown", f"{target.host} has no address.")
        return found

    def lets(self, text: str) -> bool:
        """Whether an address may be reached though it is not public."""
        address: Address = ipaddress.ip_address(text.partition("%")[0])
        return any(address in network for network in self.private)

    def _ask(
        self, target: Target, url: str, bounds: Bounds, asked: tuple[str, Mapping[str, str], bytes], until: float
    ) -> Fetched:
        method, headers, body = asked
        request = _request(method, target, headers, body)
        connection = self._connected(target, until)
        try:
            connection.settimeout(_left(until))
            connection.sendall(request)
            response = http.client.HTTPResponse(_Bounded(connection, until), method=method)  # type: ignore[arg-type]
            response.begin()
            received = {}
            for name, value in response.getheaders():
                received.setdefault(name.lower(), value)
            return Fetched(response.status, received, _read(response, bounds), url)
        finally:
            connection.close()

    def _connected(self, target: Target, until: float) -> socket.socket:
        """To the first of the addresses that were looked at which answers."""
        failure: OSError = ConnectionError("no address")
        for address in self.addresses(target, _left(until)):
            try:
                raw = socket.create_connection((address, target.port), timeout=_left(until))
            except TimeoutError:
                raise
            except OSError as error:
                failure = error
                continue
            if target.scheme == "http":
                return raw
            try:
                raw.settimeout(_left(until))
                return self.context().wrap_socket(raw, server_hostname=target.host)
            except BaseException:
                raw.close()
                raise
        raise failure


class _Bounded(io.RawIOBase):
    """A socket as http.client reads one, until a moment and no longer."""

    def __init__(self, connection: socket.socket, until: float) -> None:
        super().__init__()
        self._connection = connection
        self._until = until

    def makefile(self, mode: str) -> Any:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.settimeout(_left(self._until))
        return self._connection.recv_into(buffer)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _request(method: str, target: Target, headers: Mapping[str, str], body: bytes) -> bytes:
    sent = {
        "Host": target.host_header,
        "User-Agent": "Argosy",
        "Accept-Encoding": "identity",
        **headers,
        "Connection": "close",
    }
    if body or method in ("POST", "PUT", "PATCH"):
        sent["Content-Length"] = str(len(body))
    lines = [f"{method} {target.path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items())]
    if any("\r" in line or "\n" in line for line in lines):
        raise NotFetched("url_invalid", "A header is one line.", is_for_good=True)
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def _read(response: http.client.HTTPResponse, bounds: Bounds) -> bytes:
    body = b""
    while len(body) <= bounds.bytes_max:
        read = response.read(min(_CHUNK, bounds.bytes_max + 1 - len(body)))
        if not read:
            if response.length:
                raise NotFetched("answer_unreadable", "It ended before its length.")
            return body
        body += read
    if bounds.cuts_answer:
        return body[: bounds.bytes_max]
    raise NotFetched("too_long", f"More than {bounds.bytes_max} bytes.", is_for_good=True)
