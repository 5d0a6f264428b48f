# SPDX-License-Identifier: MIT
"""x509-limbo and BetterTLS: no chain is accepted or refused wrongly, whatever order it comes in."""

from __future__ import annotations

import json
import lzma
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from mxseal import ParseError, x509

CASES = (
    Path(__file__).parents[2]
    / ".."
    / "shared"
    / "conformance"
    / "certificates"
    / "limbo-dns.json.xz"
)


@pytest.fixture(scope="module")
def cases() -> list[dict[str, Any]]:
    if not CASES.is_file():
        pytest.skip("the conformance cases are not there: ../shared/conformance")
    found: list[dict[str, Any]] = json.loads(lzma.decompress(CASES.read_bytes()))["cases"]
    return found


def accepted(case: dict[str, Any], intermediates: list[str]) -> bool:
    try:
        roots = x509.TrustStore.from_pem("".join(case["roots"]))
        chain = [each.encode() for each in (case["leaf"], *intermediates)]
        at = None if case["at"] is None else datetime.fromtimestamp(case["at"], UTC)
        verification = x509.verify(chain, case["host"], roots=roots, at=at)
    except ParseError:
        return False
    assert verification.ok == (not verification.errors), case["id"]
    return verification.ok


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_every_verdict_is_right(cases: list[dict[str, Any]], seed: int | None) -> None:
    wrong = []
    for case in cases:
        intermediates = list(case["intermediates"])
        if seed is not None:
            if len(intermediates) < 2:
                continue
            Random(seed).shuffle(intermediates)
        if accepted(case, intermediates) != (case["expect"] == "accept"):
            wrong.append(case["id"])
    assert wrong == []
