# SPDX-License-Identifier: MIT
"""The summary of a scan in a notebook."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from mxseal._output.html import ROWS, rows_html
from mxseal._output.units import counted, share
from mxseal._summary import ScanSummary


def summary_html(summary: ScanSummary) -> str:
    """A table for each part that has rows."""
    adoption = asdict(summary.adoption)
    errors = [
        {"of": each.scope, "code": fault.code, "domains": fault.domains}
        | {"share": share(fault.domains, each.domains)}
        for each in summary.faults
        for fault in each.codes
    ]
    tables = [
        _table("verdict", summary.verdicts.items(), summary.domains),
        _table("published", adoption.items(), summary.domains),
        _rows(errors),
        _table("mx_operator", ((each.name, each.domains) for each in summary.mx_operators)),
        _table("policy_hoster", ((each.name, each.domains) for each in summary.policy_hosters)),
        _rows([asdict(each) for each in summary.certificates]),
    ]
    heading = f"<b>{counted(summary.domains, 'domain')}</b>"
    return f"<div><div>{heading}</div>{''.join(tables)}</div>"


def _table(name: str, counts: Iterable[tuple[str, int]], whole: int = 0) -> str:
    rows: list[dict[str, Any]] = [{name: key, "domains": count} for key, count in counts]
    if whole:
        rows = [row | {"share": share(row["domains"], whole)} for row in rows]
    return _rows(rows)


def _rows(rows: list[dict[str, Any]]) -> str:
    return rows_html(list(rows[0]), rows[:ROWS]) if rows else ""
