"""A shop of real processes, and shoppers with sessions that cost little themselves."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from argosy.apps.cli.http_client import Client, Reply, host_and_port
from argosy.apps.cli.processes import Processes, free_ports
from argosy.contracts.accounts import RegisterUser
from argosy.shared_kernel.codec import encode

HOST = "127.0.0.1"
API = "/api/v1"
PASSWORD = "a shopper's password"
_WAIT = "wait=20"


class Shop(Processes):
    """`argosy web` over the marketplace of ARGOSY_VAR, with `argosy worker` unless there is to be none."""

    def __init__(self, gateway_ms: int = 0, *, has_worker: bool = True) -> None:
        super().__init__()
        self.port, waits_port = free_ports(HOST)
        self.server, self.waits = (HOST, self.port), (HOST, waits_port)
        if has_worker:
            self.start("worker", "--quiet", environment={"ARGOSY_TEST_GATEWAY_LATENCY_MS": str(gateway_ms)})
        self.start("web", "--port", str(self.port), "--waits-port", str(waits_port))
        try:
            self.wait_until_ready(HOST, self.port)
        except BaseException:
            self.stop()
            raise


class Shopper:
    """One buyer: a connection for requests, one for waiting. `statuses` counts every answer that came."""

    def __init__(self, server: tuple[str, int], number: int) -> None:
        self.client = Client(*server)
        self.waits: Client | None = None
        self.email = email(number)
        self.statuses: Counter[int] = Counter()

    def sign_in(self) -> None:
        reply = self.send("POST", "/sessions", encode({"email": self.email, "password": PASSWORD}))
        assert reply.status == 201, reply.body
        self.client.authorization = json.loads(reply.body)["token"]

    def send(self, method: str, path: str, body: bytes = b"") -> Reply:
        reply = self.client.send(method, API + path, body)
        self.statuses[reply.status] += 1
        return reply

    def settled(self, started: Reply) -> dict[str, Any]:
        """The document of a checkout that was started, once nothing more will come of it."""
        path = f"{API}/checkouts/{json.loads(started.body)['checkout_id']}"
        client = self._waiting_client(started)
        while True:
            reply = client.send("GET", path, prefer=_WAIT)
            self.statuses[reply.status] += 1
            assert reply.status == 200, reply.body
            progress: dict[str, Any] = json.loads(reply.body)
            if progress["is_final"]:
                return progress

    def close(self) -> None:
        self.client.close()
        if self.waits is not None:
            self.waits.close()

    def _waiting_client(self, started: Reply) -> Client:
        """The connection to the address that is made for waiting, as the answer's link names it."""
        if self.waits is None:
            server = host_and_port(started.header("link").partition("<")[2].partition(">")[0])
            assert server is not None, started.head
            self.waits = Client(*server)
            self.waits.authorization = self.client.authorization
        return self.waits


def email(number: int) -> str:
    return f"shopper-{number}@bench.example"


def register(place: Any, shoppers: int) -> None:
    """Accounts whose password is known, hashed once for all of them."""
    from argosy.apps.cli.bulk import Bulk
    from argosy.domains.accounts.adapters.outbound.gateways.argon2_passwords import Argon2Passwords

    hashed = Argon2Passwords().hash(PASSWORD)
    Bulk(place, "accounts").send_all(
        RegisterUser(email=email(number), password="", password_hash=hashed) for number in range(shoppers)
    )


def purchase(lines: Sequence[Any], request_id: str, coupons: Sequence[str] = ()) -> bytes:
    """The body of POST /checkouts."""
    from benchmarks.reference import ADDRESS

    return encode({"lines": lines, "address": ADDRESS, "client_request_id": request_id, "coupons": coupons})


def together(crowd: Sequence[Any], act: Callable[[Any], None]) -> None:
    """All of them at the same moment, each in a thread; the first fault is raised."""
    barrier = threading.Barrier(len(crowd))
    faults: list[BaseException] = []

    def guarded(one: Any) -> None:
        try:
            barrier.wait()
            act(one)
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits for all
            faults.append(error)

    threads = [threading.Thread(target=guarded, args=(one,), daemon=True) for one in crowd]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
