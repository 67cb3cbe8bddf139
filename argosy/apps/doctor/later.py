"""Invariants of what is not there yet, or that a look at the databases cannot prove: listed, so that none is
forgotten."""

from __future__ import annotations

from argosy.apps.doctor.check import Check

CHECKS = (
    Check("I16", "no line is paid back beyond what was paid for it", waits_for="refund cases, which refund by line"),
    Check(
        "I26",
        "nothing is shipped beyond what stands, nor before it may",
        waits_for="parcels: nothing leaves a warehouse yet",
    ),
    Check("I39", "everybody sees their own things alone", waits_for="nothing in the data: the API's tests crawl it"),
    Check(
        "I40",
        "at rest no money and no message is left over",
        waits_for="rest, which a live marketplace never has: simulations and chaos runs prove it",
    ),
)
