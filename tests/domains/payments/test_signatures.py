"""Only what the gateway signed, now, is heard: recorded vectors, and every way of being wrong (D23, D24)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from argosy.domains.payments.domain.signatures import (
    TOLERANCE_SECONDS,
    SignatureDoesNotHold,
    timed_header,
    verify_plain,
    verify_timed,
)

# Computed once by `openssl dgst -sha256 -hmac` over `<t>.<body>`, and over the body alone.
BODY = b'{"id":"evt_1","type":"payment_intent.succeeded"}'
SECRET = "whsec_recorded"
AT = datetime(2026, 1, 1, tzinfo=UTC)
V1 = "253d34f8b8dc4dc2f2863e3b303c0960edff4330d74f18f5cc52a969d5514926"
PLAIN = "4499699efcf2003ce83d3e77775ed56164d7f14f6da99e826ea617408d608586"
HEADER = f"t=1767225600,v1={V1}"


def test_a_recorded_signature_holds() -> None:
    assert verify_timed(HEADER, BODY, [SECRET], AT) == AT
    assert timed_header(SECRET, AT, BODY) == HEADER
    verify_plain(PLAIN, BODY, [SECRET])


def test_either_of_two_secrets_counts_while_one_is_replaced() -> None:
    assert verify_timed(HEADER, BODY, ["whsec_new", SECRET], AT) == AT
    assert verify_timed(f"t=1767225600,v1={'0' * 64},v1={V1}", BODY, [SECRET], AT) == AT
    verify_plain(PLAIN, BODY, ["new", SECRET])


@pytest.mark.parametrize("off", [-TOLERANCE_SECONDS, 0, TOLERANCE_SECONDS])
def test_the_time_may_be_off_either_way_by_the_tolerance(off: int) -> None:
    assert verify_timed(HEADER, BODY, [SECRET], AT + timedelta(seconds=off)) == AT


@pytest.mark.parametrize("off", [-86_400, -TOLERANCE_SECONDS - 1, TOLERANCE_SECONDS + 1, 86_400])
def test_beyond_the_tolerance_a_signature_is_none(off: int) -> None:
    with pytest.raises(SignatureDoesNotHold):
        verify_timed(HEADER, BODY, [SECRET], AT + timedelta(seconds=off))


@pytest.mark.parametrize(
    ("header", "body", "secrets"),
    [
        ("", BODY, [SECRET]),
        (V1, BODY, [SECRET]),
        (f"v1={V1}", BODY, [SECRET]),
        ("t=1767225600", BODY, [SECRET]),
        (f"t=1767225601,v1={V1}", BODY, [SECRET]),
        (f"t=1767225600,t=1767225600,v1={V1}", BODY, [SECRET]),
        (f"t=1767225600,v0={V1}", BODY, [SECRET]),
        (f"t=17672256\u0660\u0660,v1={V1}", BODY, [SECRET]),
        (f"t=-1,v1={V1}", BODY, [SECRET]),
        (f"t=1767225600,v1={V1[:-1]}", BODY, [SECRET]),
        (f"t=1767225600,v1={'é' * 64}", BODY, [SECRET]),
        (HEADER, BODY.replace(b"evt_1", b"evt_2"), [SECRET]),
        (HEADER, BODY.replace(b":", b": "), [SECRET]),
        (HEADER, BODY + b"\n", [SECRET]),
        (HEADER, BODY, ["whsec_other_endpoint"]),
        (HEADER, BODY, [""]),
        (HEADER, BODY, []),
    ],
)
def test_what_is_not_signed_just_so_is_refused(header: str, body: bytes, secrets: list[str]) -> None:
    with pytest.raises(SignatureDoesNotHold):
        verify_timed(header, body, secrets, AT)


@pytest.mark.parametrize(
    ("signature", "body", "secrets"),
    [
        ("", BODY, [SECRET]),
        (PLAIN, BODY + b" ", [SECRET]),
        (PLAIN.upper(), BODY, [SECRET]),
        (PLAIN, BODY, ["other"]),
        (PLAIN, BODY, []),
        ("é", BODY, [SECRET]),
    ],
)
def test_a_plain_signature_holds_for_its_body_and_secret_alone(signature: str, body: bytes, secrets: list[str]) -> None:
    with pytest.raises(SignatureDoesNotHold):
        verify_plain(signature, body, secrets)
