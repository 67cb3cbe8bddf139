"""Requests to addresses that others named reach public addresses only, and never for long."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from argosy.platform.outbound import Bounds, NotFetched, Outbound, is_public, target_of

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
PLAIN = Bounds(seconds=2, bytes_max=1_000, schemes=("http", "https"))
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-One: 1\r\nX-One: 2\r\n\r\nhi"

Serve = Callable[..., "Server"]


class Server:
    """Answers each connection by a function of the socket, and keeps what it was sent."""

    def __init__(self, answer: Callable[[socket.socket], None], host: str, context: ssl.SSLContext | None) -> None:
        self.asked: list[bytes] = []
        self._answer = answer
        self._context = context
        self._listener = socket.create_server((host, 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def url(self, host: str = "127.0.0.1", scheme: str = "http", path: str = "/") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            try:
                if self._context is not None:
                    connection = self._context.wrap_socket(connection, server_side=True)
                self.asked.append(connection.recv(65_536))
                self._answer(connection)
            except OSError:
                pass
            finally:
                connection.close()


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[Server] = []

    def start(
        answer: bytes | Callable[[socket.socket], None], host: str = "127.0.0.1", context: object = None
    ) -> Server:
        said = answer if callable(answer) else lambda connection: connection.sendall(answer)
        servers.append(Server(said, host, context))  # type: ignore[arg-type]
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def names(**addresses: Sequence[str]) -> Callable[[str, int], Sequence[str]]:
    """A directory of hosts (dots are written as underscores)."""
    known = {name.replace("_", "."): found for name, found in addresses.items()}
    return lambda host, port: known.get(host, [])


def refused(ask: Callable[[], object]) -> str:
    with pytest.raises(NotFetched) as refusal:
        ask()
    return refusal.value.code


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::",
        "::1",
        "fe80::1%eth0",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:80ff:fffe",
    ],
)
def test_an_address_that_is_not_of_the_internet_is_none(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_an_address_of_the_internet_is_one(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "url_invalid"),
        ("/path", "url_invalid"),
        ("https://", "url_invalid"),
        ("https://user:secret@example.com/", "url_invalid"),
        ("https://@example.com/", "url_invalid"),
        ("https://exa mple.com/", "url_invalid"),
        ("https://example.com/\r\nX: y", "url_invalid"),
        ("https://example.com\\@localhost/", "url_invalid"),
        ("https://b\u00fccher.example/", "url_invalid"),
        ("https://[::1/", "url_invalid"),
        ("https://[fe80::1%25eth0]/", "url_invalid"),
        ("https://example.com:99999/", "url_invalid"),
        ("https://example.com/" + "x" * 2_000, "url_invalid"),
        ("http://example.com/", "scheme_not_allowed"),
        ("file:///etc/passwd", "url_invalid"),
        ("gopher://example.com/", "scheme_not_allowed"),
        ("https://example.com:25/", "port_not_allowed"),
        ("https://example.com:0/", "port_not_allowed"),
    ],
)
def test_what_is_no_url_to_ask_is_refused_before_anything_is_looked_up(url: str, code: str) -> None:
    assert refused(lambda: target_of(url)) == code


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{}/",
        "http://localhost:{}/",
        "http://2130706433:{}/",
        "http://0x7f.1:{}/",
        "http://0177.0.0.1:{}/",
        "http://[::ffff:127.0.0.1]:{}/",
        "http://0:{}/",
    ],
)
def test_no_spelling_of_our_own_address_is_connected_to(serve: Serve, url: str) -> None:
    server = serve(OK)
    assert refused(lambda: Outbound().fetch(url.format(server.port), PLAIN)) == "address_not_public"
    assert server.asked == []


def test_a_host_with_one_address_of_ours_among_others_is_refused(serve: Serve) -> None:
    server = serve(OK)
    outbound = Outbound(resolve=names(mixed_test=["93.184.215.14", "127.0.0.1"]))
    assert refused(lambda: outbound.fetch(server.url("mixed.test"), PLAIN)) == "address_not_public"
    assert server.asked == []


def test_the_connection_goes_to_the_address_that_was_looked_at_and_the_name_is_asked_once(serve: Serve) -> None:
    server = serve(OK, "127.0.0.2")
    asked: list[str] = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.2"] if len(asked) == 1 else ["127.0.0.3"]

    fetched = Outbound(LOOPBACK, rebinding).fetch(server.url("rebinding.test"), PLAIN)
    assert (fetched.status, fetched.body, fetched.headers["x-one"]) == (200, b"hi", "1")
    assert asked == ["rebinding.test"]
    assert f"Host: rebinding.test:{server.port}".encode() in server.asked[0]


def test_a_request_carries_what_was_asked_for_and_nothing_of_ours(serve: Serve) -> None:
    server = serve(OK)
    Outbound(LOOPBACK).fetch(
        server.url(path="/hook?a=b"), PLAIN, method="POST", headers={"Content-Type": "application/json"}, body=b"{}"
    )
    head, _, body = server.asked[0].partition(b"\r\n\r\n")
    assert body == b"{}"
    assert head.decode().split("\r\n") == [
        "POST /hook?a=b HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        "User-Agent: Argosy",
        "Accept-Encoding: identity",
        "Content-Type: application/json",
        "Connection: close",
        "Content-Length: 2",
    ]


def test_a_header_cannot_begin_another_one(serve: Serve) -> None:
    server = serve(OK)
    smuggled = {"X-One": "1\r\nX-Two: 2"}
    assert refused(lambda: Outbound(LOOPBACK).fetch(server.url(), PLAIN, headers=smuggled)) == "url_invalid"
    assert server.asked == []


def test_a_redirect_is_an_answer_where_none_is_followed(serve: Serve) -> None:
    server = serve(b"HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n")
    assert Outbound(LOOPBACK).fetch(server.url(), PLAIN).status == 302
    assert len(server.asked) == 1


def test_a_redirect_to_an_address_of_ours_is_refused(serve: Serve) -> None:
    inner = serve(OK, "127.0.0.9")
    answer = f"HTTP/1.1 302 Found\r\nLocation: {inner.url('127.0.0.9')}\r\nContent-Length: 0\r\n\r\n".encode()
    outer = serve(answer, "127.0.0.2")
    outbound = Outbound((ipaddress.ip_network("127.0.0.2/32"),))
    follows = PLAIN._replace(redirects_max=3)
    assert refused(lambda: outbound.fetch(outer.url("127.0.0.2"), follows)) == "address_not_public"
    assert inner.asked == []
    assert Outbound(LOOPBACK).fetch(outer.url("127.0.0.2"), follows).body == b"hi"


def test_redirects_that_never_end_are_ended(serve: Serve) -> None:
    server = serve(b"HTTP/1.1 301 Moved\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")
    follows = PLAIN._replace(redirects_max=2)
    assert refused(lambda: Outbound(LOOPBACK).fetch(server.url(), follows)) == "too_many_redirects"
    assert len(server.asked) == 3


def test_an_answer_that_is_too_long_is_refused_or_cut(serve: Serve) -> None:
    server = serve(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5_000)
    assert refused(lambda: Outbound(LOOPBACK).fetch(server.url(), PLAIN)) == "too_long"
    assert Outbound(LOOPBACK).fetch(server.url(), PLAIN._replace(cuts_answer=True)).body == b"x" * 1_000


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"", "connection_failed"),
        (b"SSH-2.0-OpenSSH\r\n", "answer_unreadable"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", "answer_unreadable"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "answer_unreadable"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", "answer_unreadable"),
    ],
)
def test_an_answer_that_is_none_is_told_as_that(serve: Serve, answer: bytes, code: str) -> None:
    server = serve(answer)
    assert refused(lambda: Outbound(LOOPBACK).fetch(server.url(), PLAIN)) == code


@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_whoever_trickles_is_cut_off_in_time(serve: Serve, before: bytes) -> None:
    def trickle(connection: socket.socket) -> None:
        connection.sendall(before)
        for _ in range(60):
            connection.sendall(b"x")
            time.sleep(0.05)

    server = serve(trickle)
    began = time.monotonic()
    assert refused(lambda: Outbound(LOOPBACK).fetch(server.url(), PLAIN._replace(seconds=0.3))) == "too_slow"
    assert time.monotonic() - began < 1


def test_a_look_up_that_hangs_is_cut_off_in_time() -> None:
    def hangs(host: str, port: int) -> Sequence[str]:
        time.sleep(3)
        return []

    began = time.monotonic()
    assert (
        refused(lambda: Outbound(resolve=hangs).fetch("http://slow.test/", PLAIN._replace(seconds=0.2))) == "too_slow"
    )
    assert time.monotonic() - began < 1


def test_nobody_there_is_told_as_that() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert refused(lambda: Outbound(LOOPBACK).fetch(f"http://127.0.0.1:{port}/", PLAIN)) == "connection_failed"
    assert refused(lambda: Outbound(resolve=names()).fetch("http://nowhere.test/", PLAIN)) == "host_unknown"


def test_a_certificate_counts_for_its_own_name_alone(serve: Serve, tmp_path: Path) -> None:
    certificate, key = _certificate("right.test", tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = serve(OK, context=context)
    known = names(right_test=["127.0.0.1"], wrong_test=["127.0.0.1"])
    trusting = Outbound(LOOPBACK, known, lambda: ssl.create_default_context(cafile=str(certificate)))
    assert trusting.fetch(server.url("right.test", "https"), PLAIN).body == b"hi"
    assert refused(lambda: trusting.fetch(server.url("wrong.test", "https"), PLAIN)) == "certificate_not_valid"
    strict = Outbound(LOOPBACK, known)
    assert refused(lambda: strict.fetch(server.url("right.test", "https"), PLAIN)) == "certificate_not_valid"


def test_the_setting_names_networks_that_may_be_reached() -> None:
    assert Outbound.of({}).private == ()
    assert Outbound.of({"ARGOSY_OUTBOUND_PRIVATE": "10.0.0.0/8 ::1/128"}).private == (
        ipaddress.ip_network("10.0.0.0/8"),
        ipaddress.ip_network("::1/128"),
    )


def _certificate(host: str, folder: Path) -> tuple[Path, Path]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "key.pem").write_bytes(key.private_bytes(pem, plain, serialization.NoEncryption()))
    return folder / "certificate.pem", folder / "key.pem"
