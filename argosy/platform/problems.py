"""Refusals as problem documents (RFC 9457), the same for every process that answers HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

import structlog
from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError

from argosy.engine.outside import TooBusy
from argosy.engine.store import StoreUnavailable
from argosy.shared_kernel.codec import encode
from argosy.shared_kernel.errors import DomainError, Invalid, NotAllowed, NotFound, RuleBroken, Several, TooMany

CONTENT_TYPE = "application/problem+json"
FAULTS_MAX = 100

_STATUS = {Invalid: 422, NotFound: 404, RuleBroken: 409, NotAllowed: 403, TooMany: 429}
_RETRY = {"Retry-After": "1"}

logger = structlog.get_logger("argosy.http")


class Problem(Exception):
    """A request that is refused: `code` is stable snake case, `detail` is for people, `faults` lists all that is
    wrong."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        faults: Iterable[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.faults = list(faults)[:FAULTS_MAX]
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})

    def body(self) -> bytes:
        document: dict[str, Any] = {
            "type": f"urn:argosy:problem:{self.code}",
            "title": self.code.replace("_", " ").capitalize(),
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            **self.extra,
        }
        if self.faults:
            document["faults"] = self.faults
        return encode(document)


def not_found() -> Problem:
    """The one answer for what does not exist and for what is somebody else's."""
    return Problem(404, "not_found", "There is no such thing, or it is not yours.")


def not_signed_in() -> Problem:
    return Problem(
        401,
        "not_signed_in",
        "Sign in first: no valid bearer token was sent.",
        headers={"WWW-Authenticate": 'Bearer realm="argosy"'},
    )


def problem_of(error: BaseException) -> Problem:
    """What a caller is told about an error. Whatever nobody foresaw is logged under an id and not told."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, DomainError):
        return _refusal(error)
    if isinstance(error, StoreUnavailable | OperationalError | InterfaceError):
        logger.warning("store unavailable", error=str(error))
        return Problem(
            503, "store_unavailable", "The store does not answer now. Nothing was done; try again.", headers=_RETRY
        )
    if isinstance(error, SuspiciousOperation):
        return Problem(400, "bad_request", "The request's address or headers cannot be read.")
    return _unforeseen(error)


def _refusal(error: DomainError) -> Problem:
    status = next(status for family, status in _STATUS.items() if isinstance(error, family))
    if isinstance(error, Several):
        faults = [{**fault.details, "code": fault.code, "detail": fault.sentence} for fault in error.faults]
    else:
        faults = [{**error.details, "code": error.code, "detail": error.sentence}]
    headers = _RETRY if isinstance(error, TooBusy) else None
    if isinstance(error, TooMany):
        headers = {"Retry-After": str(error.details["retry_after"])}
    return Problem(status, error.code, error.sentence, faults=faults, headers=headers)


def _unforeseen(error: BaseException) -> Problem:
    correlation_id = str(uuid4())
    logger.error("request failed", correlation_id=correlation_id, exc_info=error)
    return Problem(
        500,
        "internal_error",
        "Something went wrong on our side. Tell us the correlation id.",
        extra={"correlation_id": correlation_id},
    )
