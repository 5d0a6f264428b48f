# SPDX-License-Identifier: MIT
"""A checked domain in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from mxseal._check import DomainCheck, Finding
from mxseal._output.escape import visible


def check_html(check: DomainCheck) -> str:
    """Verdict, effects, and a row for each finding; everything from outside is escaped."""
    effects = check.effects
    return (
        f"<div><p><b>{_cell(check.domain)}</b> {_cell(_verdict(check))}</p>"
        f"<p>MTA-STS: {_cell(effects.mta_sts)}, DANE only: {_cell(effects.dane)}, "
        f"others: {_cell(effects.plain)}</p>{findings_html(check.findings)}</div>"
    )


def findings_html(findings: Sequence[Finding]) -> str:
    """A row for each; nothing where there is none."""
    if not findings:
        return ""
    rows = "".join(
        "<tr>" + "".join(f"<td>{_cell(text)}</td>" for text in texts) + "</tr>"
        for texts in (
            (each.severity, each.code, each.subject, each.detail, each.cause, each.remedy)
            for each in findings
        )
    )
    heading = "".join(
        f"<th>{name}</th>" for name in ("severity", "code", "where", "seen", "cause", "do")
    )
    return f"<table><thead><tr>{heading}</tr></thead><tbody>{rows}</tbody></table>"


def _verdict(check: DomainCheck) -> str:
    if check.rehearsal is None:
        return check.verdict
    return f"would be {check.verdict} (now: {check.rehearsal.published.verdict})"


def _cell(text: str) -> str:
    return escape(visible(text))
