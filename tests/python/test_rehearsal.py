# SPDX-License-Identifier: MIT
"""In which order to publish a change, and how long to wait: rows of states, without a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from mxseal._check import (
    Dane,
    DomainCheck,
    Effects,
    Finding,
    MxHost,
    Sts,
    StsPolicy,
    StsRecord,
    Verdict,
)
from mxseal._rehearsal import steps
from mxseal.mtasts import Policy

NOW = datetime(2026, 11, 25, 9, 14, 2, tzinfo=UTC)
HOUR = 3600


def policy(*mx: str, mode: str = "enforce", max_age: int = 1209600) -> Policy:
    return Policy(mode=mode, mx=list(mx), max_age=max_age)


def finding(code: str, severity: str = "error") -> Finding:
    return Finding(code, severity, "", None, "", "", "", "", NOW)  # type: ignore[arg-type]


def state(
    mx: Sequence[str],
    published: Policy | None = None,
    identity: str | None = "1",
    *,
    verdict: Verdict = "protected",
    findings: Sequence[Finding] = (),
) -> DomainCheck:
    """What a check says; MX records live four hours, the record one."""
    record = StsRecord(f"v=STSv1; id={identity};", identity, HOUR) if identity else None
    sts = (
        StsPolicy(published.mode, published.max_age, list(published.mx), str(published))
        if published
        else None
    )
    return DomainCheck(
        domain="example.com",
        verdict=verdict,
        effects=Effects("encrypted", "encrypted", "encrypted"),
        findings=list(findings),
        sts=Sts(record, sts, None),
        mx=[MxHost(host, 10, 4 * HOUR, None, [], [], "passes") for host in mx],
        dane=Dane("none", None),
        tlsrpt=None,
        started=NOW,
        seconds=0.1,
    )


NOTHING = state(["mx1.example.com"], None, None, verdict="unprotected")
OLD = policy("mx1.example.com")


@dataclass(frozen=True)
class Row:
    """A change, and its steps: what, hours to wait, the lines to copy."""

    why: str
    published: DomainCheck
    then: DomainCheck
    given: Policy | None
    expected: list[tuple[str, float, list[str]]]


RECORD = '_mta-sts.example.com. IN TXT "v=STSv1; id=20261125091402;"'
SECOND = '_mta-sts.example.com. IN TXT "v=STSv1; id=20261125141403;"'
MX2 = "example.com. IN MX 10 mx2.example.com."
BOTH = policy("mx1.example.com", "mx2.example.com")
ROWS = [
    Row(
        "nothing changes", state(["mx1.example.com"], OLD), state(["mx1.example.com"], OLD), OLD, []
    ),
    Row(
        "the first publication: the file, then the record",
        NOTHING,
        state(["mx1.example.com"], OLD, "7"),
        OLD,
        [("policy", 0, []), ("record", 0, ['_mta-sts.example.com. IN TXT "v=STSv1; id=7;"'])],
    ),
    Row(
        "the same without a record given: one is proposed",
        NOTHING,
        NOTHING,
        OLD,
        [("policy", 0, []), ("record", 0, [RECORD])],
    ),
    Row(
        "the file is there already",
        NOTHING,
        state(["mx1.example.com"], OLD, "7"),
        None,
        [("record", 0, ['_mta-sts.example.com. IN TXT "v=STSv1; id=7;"'])],
    ),
    Row(
        "from testing to enforce",
        state(["mx1.example.com"], policy("mx1.example.com", mode="testing")),
        state(["mx1.example.com"], OLD),
        OLD,
        [("policy", 0, []), ("record", 0, [RECORD])],
    ),
    Row(
        "a host is added: the policy first, MX when no sender knows the old record",
        state(["mx1.example.com"], OLD),
        state(["mx1.example.com", "mx2.example.com"], BOTH),
        BOTH,
        [
            ("policy", 0, []),
            ("record", 0, [RECORD]),
            ("mx", 1, ["example.com. IN MX 10 mx1.example.com.", MX2]),
        ],
    ),
    Row(
        "a host goes: MX first, the policy when no sender knows the old MX",
        state(["mx1.example.com", "mx2.example.com"], BOTH),
        state(["mx2.example.com"], policy("mx2.example.com")),
        policy("mx2.example.com"),
        [("mx", 0, [MX2]), ("policy", 4, []), ("record", 0, [RECORD])],
    ),
    Row(
        "one host for another: both in the policy for a time",
        state(["mx1.example.com"], policy("*.example.com")),
        state(["mx.hosting.example"], policy("mx.hosting.example")),
        policy("mx.hosting.example"),
        [
            ("policy", 0, ["mx: *.example.com"]),
            ("record", 0, [RECORD]),
            ("mx", 1, ["example.com. IN MX 10 mx.hosting.example."]),
            ("policy", 4, []),
            ("record", 0, [SECOND]),
        ],
    ),
    Row(
        "MX alone, inside the policy",
        state(["mx1.example.com"], BOTH),
        state(["mx2.example.com"], BOTH),
        None,
        [("mx", 0, [MX2]), ("hosts", 4, [])],
    ),
    Row(
        "a first policy and other hosts: MX first, or senders would refuse the old ones",
        NOTHING,
        state(["mx2.example.com"], policy("mx2.example.com"), "7"),
        policy("mx2.example.com"),
        [
            ("mx", 0, [MX2]),
            ("policy", 4, []),
            ("record", 0, ['_mta-sts.example.com. IN TXT "v=STSv1; id=7;"']),
        ],
    ),
    Row(
        "no more mail: the null MX",
        state(["mx1.example.com"], None, None, verdict="unprotected"),
        state([], None, None, verdict="no-mail"),
        None,
        [("mx", 0, ["example.com. IN MX 0 ."]), ("hosts", 4, [])],
    ),
    Row(
        "MTA-STS is taken back: mode none until no sender keeps the old policy",
        state(["mx1.example.com"], OLD),
        state(["mx1.example.com"], policy(mode="none", max_age=86400), verdict="unprotected"),
        policy(mode="none", max_age=86400),
        [("policy", 0, []), ("record", 0, [RECORD]), ("record", 14 * 24, []), ("policy", 1, [])],
    ),
    Row(
        "and then the record goes",
        state(["mx1.example.com"], policy(mode="none", max_age=86400), verdict="unprotected"),
        state(["mx1.example.com"], None, None, verdict="unprotected"),
        None,
        [("record", 24, []), ("policy", 1, [])],
    ),
    Row(
        "a new id for the same policy",
        state(["mx1.example.com"], OLD),
        state(["mx1.example.com"], OLD, "2"),
        None,
        [("record", 0, ['_mta-sts.example.com. IN TXT "v=STSv1; id=2;"'])],
    ),
    Row(
        "what is wrong already is no reason to keep back a change",
        state(["mx1.example.com"], OLD, findings=[finding("rpt.rua-undeliverable")]),
        state(["mx1.example.com"], BOTH, "2", findings=[finding("rpt.rua-undeliverable")]),
        BOTH,
        [("policy", 0, []), ("record", 0, ['_mta-sts.example.com. IN TXT "v=STSv1; id=2;"'])],
    ),
    Row(
        "what would break mail is not published",
        state(["mx1.example.com"], OLD),
        state(["mx2.example.com"], OLD, verdict="broken"),
        None,
        [],
    ),
    Row(
        "nor what would take protection away at once",
        state(["mx1.example.com"], OLD),
        state(
            ["mx1.example.com"],
            None,
            None,
            verdict="unprotected",
            findings=[finding("sts.change.removed", "warning")],
        ),
        None,
        [],
    ),
    Row(
        "nor what has a new error",
        state(["mx1.example.com"], OLD),
        state(["mx1.example.com"], BOTH, findings=[finding("sts.mx.not-covered")]),
        BOTH,
        [],
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.why)
def test_order(row: Row) -> None:
    """Q29, Q31: the file before the record, old states stay good for the TTL; mode none first."""
    given = None if row.given is None else str(row.given).encode()
    found = [
        (step.what, step.wait / HOUR, step.lines) for step in steps(row.then, row.published, given)
    ]
    assert found == row.expected


def test_every_wait_says_what_for() -> None:
    for row in ROWS:
        given = None if row.given is None else str(row.given).encode()
        for step in steps(row.then, row.published, given):
            assert bool(step.wait) == bool(step.wait_for), row.why
            assert step.do
