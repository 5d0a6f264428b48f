# SPDX-License-Identifier: MIT
"""A value of a wrong type: the error names the argument and what it takes, in our words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import mxseal
from mxseal import mtasts, tlsrpt, x509

NOTHING: Any = None
FIVE: Any = 5
POLICY = mtasts.Policy(mode="none", max_age=60)
CALLS: list[tuple[Callable[[], object], str]] = [
    (lambda: mxseal.check(FIVE), "domain: give one name, not int"),
    (lambda: mxseal.check(NOTHING), "domain: give one name, not NoneType"),
    (
        lambda: mxseal.check("a.example", resolver=FIVE),
        "resolver: give one text or several, not int",
    ),
    (lambda: mxseal.check("a.example", timeout="1"), "timeout: give seconds, not str"),  # type: ignore[arg-type]
    (lambda: mxseal.check("a.example", mx=FIVE), "mx: give one text or several, not int"),
    (lambda: mxseal.check("a.example", ca_file=FIVE), "ca_file: give str or bytes, not int"),
    (lambda: mxseal.check("a.example", at="2026"), "at: give a datetime, not str"),  # type: ignore[arg-type]
    (lambda: mxseal.probe_mx("a.example", at="2026"), "at: give a datetime, not str"),  # type: ignore[arg-type]
    (lambda: mtasts.fetch_policy("a.example", at="2026"), "at: give a datetime, not str"),  # type: ignore[arg-type]
    (lambda: mxseal.scan([], at="2026"), "at: give a datetime, not str"),  # type: ignore[arg-type]
    (lambda: mxseal.scan([], seed="x"), "seed: give a whole number or None, not str"),  # type: ignore[arg-type]
    (lambda: mxseal.probe_mx(FIVE), "host: give str or bytes, not int"),
    (lambda: mxseal.scan(FIVE), "no list of domains: .*, not int"),
    (lambda: mxseal.scan([], rate="1"), "rate: give a number, not str"),  # type: ignore[arg-type]
    (lambda: mtasts.fetch_policy(FIVE), "domain: give str or bytes, not int"),
    (lambda: mtasts.parse_policy(NOTHING), "body: give str or bytes, not NoneType"),
    (lambda: mtasts.parse_record(FIVE), "text: give str or bytes, not int"),
    (lambda: mtasts.select_record([[FIVE]]), "records: give str or bytes, not int"),
    (lambda: POLICY.matches(NOTHING), "host: give str or bytes, not NoneType"),
    (lambda: tlsrpt.parse_record(FIVE), "text: give str or bytes, not int"),
    (lambda: tlsrpt.parse_report(NOTHING), "data: give str or bytes, not NoneType"),
    (lambda: tlsrpt.read_reports(FIVE), "paths: give one path or several, not int"),
    (
        lambda: x509.verify("-----BEGIN", "a.example", roots=FIVE),
        "chain: give a list of certificates, DER or PEM, not str",
    ),
    (lambda: x509.verify([], FIVE, roots=FIVE), "host: give a str, not int"),
    (lambda: x509.verify([], "a.example", roots=FIVE), "roots: give a TrustStore, not int"),
]


@pytest.mark.parametrize(("call", "told"), CALLS, ids=[told for _, told in CALLS])
def test_it_is_told_in_our_words(call: Callable[[], object], told: str) -> None:
    with pytest.raises(TypeError, match=f"^{told}"):
        call()
