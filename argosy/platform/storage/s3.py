"""Objects in a bucket of an S3-compatible storage."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from argosy.platform.storage.objects import StorageIsAway, StorageRefuses, checked

BUCKET, PREFIX, URL, REGION = (
    "ARGOSY_STORAGE_BUCKET",
    "ARGOSY_STORAGE_PREFIX",
    "ARGOSY_STORAGE_URL",
    "ARGOSY_STORAGE_REGION",
)
KEY, SECRET = "ARGOSY_STORAGE_KEY", "ARGOSY_STORAGE_SECRET"
CONNECT_SECONDS, READ_SECONDS, TRIES = 3, 20, 3
_MISSING = frozenset({"NoSuchKey", "404"})
_LATER = frozenset({"SlowDown", "RequestTimeout", "InternalError", "ServiceUnavailable", "RequestLimitExceeded"})
_FIRST_FAULT_OF_SERVERS = 500

R = TypeVar("R")


class S3Storage:
    """One object a key, below a prefix. A PUT is whole or nothing, and its checksum is compared by the storage; the
    library tries again by itself what the network or the storage did not do."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], area: str) -> S3Storage:
        """Keys come from ARGOSY_STORAGE_KEY and ARGOSY_STORAGE_SECRET, or, without these, from where the library looks
        by itself (the role of the machine among others)."""
        try:
            import boto3
            from botocore.config import Config
        except ImportError:
            raise StorageRefuses("ARGOSY_STORAGE=s3 needs boto3: install argosy[s3]") from None
        bucket = environment.get(BUCKET, "")
        if not bucket:
            raise StorageRefuses(f"ARGOSY_STORAGE=s3 needs {BUCKET}")
        url = environment.get(URL) or None
        client = boto3.session.Session().client(
            "s3",
            endpoint_url=url,
            region_name=environment.get(REGION) or "us-east-1",
            aws_access_key_id=environment.get(KEY) or None,
            aws_secret_access_key=environment.get(SECRET) or None,
            config=Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"mode": "standard", "total_max_attempts": TRIES},
                # Others than Amazon's have one address for all buckets.
                s3={"addressing_style": "path"} if url else None,
            ),
        )
        parts = [part for part in (environment.get(PREFIX, "").strip("/"), area) if part]
        return cls(client, bucket, "/".join(parts) + "/")

    def put(self, key: str, content: bytes) -> None:
        name = self._prefix + checked(key)
        self._asked(lambda: self._client.put_object(Bucket=self._bucket, Key=name, Body=content))

    def get(self, key: str) -> bytes:
        name = self._prefix + checked(key)
        return self._asked(lambda: bytes(self._client.get_object(Bucket=self._bucket, Key=name)["Body"].read()))

    def remove(self, key: str) -> None:
        name = self._prefix + checked(key)
        self._asked(lambda: self._client.delete_object(Bucket=self._bucket, Key=name))

    def names(self, prefix: str) -> list[str]:
        begins = f"{self._prefix}{checked(prefix)}/"

        def listed() -> list[str]:
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=begins)
            return [one["Key"].removeprefix(self._prefix) for page in pages for one in page.get("Contents", ())]

        return sorted(self._asked(listed))

    def _asked(self, ask: Callable[[], R]) -> R:
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

        try:
            return ask()
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if code in _MISSING:
                raise FileNotFoundError(code) from None
            kind = StorageIsAway if code in _LATER or status >= _FIRST_FAULT_OF_SERVERS else StorageRefuses
            raise kind(f"bucket {self._bucket}: {code or status}") from error
        except NoCredentialsError as error:
            raise StorageRefuses(f"bucket {self._bucket}: no credentials") from error
        except (BotoCoreError, OSError) as error:
            raise StorageIsAway(f"bucket {self._bucket}: {error}") from error
