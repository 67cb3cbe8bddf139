"""An S3-compatible storage on loopback, and a way to it that breaks when told to."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import boto3
from moto.server import ThreadedMotoServer

BUCKET = "argosy"


class S3:
    """Moto's server. `environment` is what Argosy is told of it."""

    def __init__(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        self._server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.url = f"http://{host}:{port}"

    def close(self) -> None:
        self._server.stop()

    def empty(self) -> None:
        """Everybody may do everything, in a bucket with nothing in it."""
        self._tell("reset-auth", b"inf")
        self._tell("reset", b"")
        self.client("s3").create_bucket(Bucket=BUCKET)

    def environment(self, **changes: str) -> dict[str, str]:
        told = {
            "ARGOSY_STORAGE": "s3",
            "ARGOSY_STORAGE_URL": self.url,
            "ARGOSY_STORAGE_BUCKET": BUCKET,
            "ARGOSY_STORAGE_KEY": "key",
            "ARGOSY_STORAGE_SECRET": "secret",
        }
        return {**told, **changes}

    def only_for_one(self) -> tuple[str, str]:
        """From now on only this key and secret may use the bucket."""
        iam: Any = self.client("iam")
        iam.create_user(UserName="argosy")
        made = iam.create_access_key(UserName="argosy")["AccessKey"]
        every = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
        iam.put_user_policy(UserName="argosy", PolicyName="s3", PolicyDocument=json.dumps(every))
        self._tell("reset-auth", b"0")
        return made["AccessKeyId"], made["SecretAccessKey"]

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="key",
            aws_secret_access_key="secret",
        )

    def _tell(self, what: str, body: bytes) -> None:
        plain = {"Content-Type": "text/plain"}
        urlopen(Request(f"{self.url}/moto-api/{what}", body, plain, method="POST")).close()


class Breaking:
    """Passes bytes on to another port; breaks the next `breaks` connections off after `after` bytes of a request."""

    def __init__(self, url: str) -> None:
        self._to = int(url.rpartition(":")[2])
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.breaks = 0
        self.after = 0
        self.connections = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._pass, args=(near,), daemon=True).start()

    def _pass(self, near: socket.socket) -> None:
        left = float("inf")
        if self.breaks:
            self.breaks -= 1
            left = self.after
        far = socket.create_connection(("127.0.0.1", self._to))
        back = threading.Thread(target=self._copy, args=(far, near), daemon=True)
        back.start()
        self._copy(near, far, left)
        for end in (near, far):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        back.join()
        near.close()
        far.close()

    @staticmethod
    def _copy(source: socket.socket, to: socket.socket, left: float = float("inf")) -> None:
        with contextlib.suppress(OSError):
            while left > 0 and (read := source.recv(int(min(left, 65_536)))):
                to.sendall(read)
                left -= len(read)


@contextlib.contextmanager
def s3_server() -> Iterator[S3]:
    server = S3()
    try:
        yield server
    finally:
        server.close()
