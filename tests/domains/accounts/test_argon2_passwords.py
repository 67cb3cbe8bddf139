"""The real hashes: a few of them, for each takes a while."""

from __future__ import annotations

import argon2
from django.contrib.auth.hashers import Argon2PasswordHasher

from argosy.domains.accounts.adapters.outbound.gateways.argon2_passwords import Argon2Passwords
from argosy.platform.randomness import SystemRandomness

PASSWORDS = Argon2Passwords()


def test_a_hash_is_spelled_as_django_spells_it() -> None:
    encoded = PASSWORDS.hash("correct horse")
    assert encoded.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert Argon2PasswordHasher().verify("correct horse", encoded)
    assert not Argon2PasswordHasher().verify("wrong horse", encoded)


def test_only_the_right_password_verifies() -> None:
    encoded = PASSWORDS.hash("correct horse")
    assert PASSWORDS.verify(encoded, "correct horse")
    assert not PASSWORDS.verify(encoded, "wrong horse")
    assert not PASSWORDS.verify(encoded, "\ud800")
    assert not PASSWORDS.verify("argon2$nonsense", "correct horse")
    assert not PASSWORDS.verify("", "")


def test_the_dummy_costs_what_every_hash_costs() -> None:
    ours = argon2.extract_parameters(PASSWORDS.hash("correct horse").removeprefix("argon2"))
    assert argon2.extract_parameters(PASSWORDS.dummy.removeprefix("argon2")) == ours
    assert (ours.time_cost, ours.memory_cost, ours.parallelism) == (2, 19 * 1024, 1)


def test_a_foreign_hash_is_taken_only_at_our_own_price() -> None:
    dear = "argon2" + argon2.PasswordHasher(time_cost=3, memory_cost=8, parallelism=1).hash("x")
    assert PASSWORDS.understands(PASSWORDS.dummy)
    assert not PASSWORDS.understands(dear)
    assert not PASSWORDS.understands("pbkdf2_sha256$1$a$b")
    assert not PASSWORDS.understands("argon2$nonsense")


def test_chance_does_not_repeat() -> None:
    chance = SystemRandomness()
    assert len(chance.random_bytes(32)) == 32
    assert chance.random_bytes(32) != chance.random_bytes(32)
