# SPDX-License-Identifier: MIT
"""What is wrong with a record or a policy, in the words of the check's findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from mxseal import _core, mtasts, tlsrpt
from mxseal._exceptions import ParseError

MOST_OF_A_POLICY = 64 << 10  # bytes that senders read (RFC 8461 §3.3)
PREFIXES = {"record": "sts.dns", "policy": "sts.policy", "tlsrpt": "rpt"}


@dataclass(frozen=True)
class Problem:
    """One thing about it.

    Attributes:
        code: of the finding that a check of the published text would have.
        severity: error where senders refuse it.
        section: the RFC and section.
        cause: what it means.
        remedy: what to do.
        detail: what was met there, as it stands.
        offset: where, in bytes; None where it has no place.
    """

    code: str
    severity: str
    section: str
    cause: str
    remedy: str
    detail: str = ""
    offset: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The same for JSON."""
        return asdict(self)


def lint(kind: Literal["record", "policy", "tlsrpt"], content: bytes) -> list[Problem]:
    """All there is to say: the error that stops senders, or else what is tolerated or unwise.

    Args:
        kind: an MTA-STS record or policy, or a TLS-RPT record.
        content: its bytes.
    """
    if kind == "policy" and len(content) > MOST_OF_A_POLICY:
        return [_problem("sts.http.too-large", f"{len(content):,} bytes")]
    prefix = PREFIXES[kind]
    deviations: Sequence[str]
    advice: Sequence[str] = ()
    try:
        if kind == "record":
            deviations = mtasts.parse_record(content).deviations
        elif kind == "tlsrpt":
            deviations = tlsrpt.parse_record(content).deviations
        else:
            policy = mtasts.parse_policy(content)
            deviations, advice = policy.deviations, _core.check.advice(policy)
    except ParseError as wrong:
        return [_problem(f"{prefix}.{wrong.code}", wrong.detail, wrong.offset)]
    return [_problem(code) for code in (*(f"{prefix}.{each}" for each in deviations), *advice)]


def _problem(code: str, detail: str = "", offset: int | None = None) -> Problem:
    about = _core.check.explain(code)
    return Problem(code, about.severity, about.section, about.cause, about.remedy, detail, offset)
