# SPDX-License-Identifier: MIT
"""Report rows and real reports of the conformance tables, where they lie beside the checkout.

Q36 Q39 Q57 Q59 Q73
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from mxseal import ParseError, tlsrpt

TABLES = Path(__file__).resolve().parents[3] / "shared" / "conformance"


def table(name: str) -> list[dict[str, Any]]:
    path = TABLES / name
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


VECTORS = table("vectors/reports.jsonl")
REAL = table("real/reports.jsonl")
needs_tables = pytest.mark.skipif(
    not VECTORS, reason="the conformance tables (../shared) are not here"
)


def totals(report: tlsrpt.Report) -> dict[str, int]:
    details = [detail for policy in report.policies for detail in policy.failure_details]
    return {
        "policies": len(report.policies),
        "successful": sum(p.total_successful_session_count for p in report.policies),
        "failure": sum(p.total_failure_session_count for p in report.policies),
        "details": len(details),
        "failed": sum(detail.failed_session_count for detail in details),
    }


@needs_tables
def test_vectors() -> None:
    wrong: list[tuple[Any, object]] = []
    for row in VECTORS:
        data = (
            row["input"].encode()
            if row.get("input") is not None
            else base64.b64decode(row["input_b64"])
        )
        try:
            report = tlsrpt.parse_report(data)
        except ParseError as error:
            if row["verdict"] != "invalid":
                wrong.append((row["rule"], error))
            continue
        if row["verdict"] != ("tolerated" if report.warnings else "valid"):
            wrong.append((row["rule"], report.warnings))
            continue
        assert totals(report) == row["totals"], row["rule"]
        assert report.start.timestamp() == row["start"]
        assert report.end.timestamp() == row["end"]
        assert report.organization_name == row["organization"]
        assert report.report_id == row["report_id"]
        for column, name in (
            ("policy_strings", "policy_string"),
            ("mx_hosts", "mx_host"),
            ("policy_domains", "policy_domain"),
        ):
            if column in row:
                assert [getattr(policy, name) for policy in report.policies] == row[column], row[
                    "rule"
                ]
    assert not wrong


@needs_tables
@pytest.mark.parametrize("row", REAL, ids=lambda row: str(row["file"]))
def test_real_reports(row: dict[str, Any]) -> None:
    path = TABLES / "real" / row["file"]
    table = tlsrpt.read_reports(path)
    if row["verdict"] == "invalid":
        with pytest.raises(ParseError):
            tlsrpt.parse_report(path.read_bytes())
        assert (table.counts.reports, len(table.errors)) == (0, 1)
        return
    report = tlsrpt.parse_report(path.read_bytes())
    assert bool(report.warnings) == (row["verdict"] == "tolerated")
    assert set(row["deviations"]) <= set(report.warnings)
    expected = row["totals"]
    found = totals(report)
    assert found["policies"] == expected["policies"] == len(table.policies)
    assert found["successful"] == expected["successful"]
    assert found["failure"] == expected["failed"]
    assert found["details"] == expected["failure_details"] == len(table.failures)
    assert found["failed"] == expected["failed_in_details"]
    assert (report.start.timestamp(), report.end.timestamp()) == (row["start"], row["end"])
    if "mail" in row:
        first = table.policies.to_dicts()[0]
        assert first["mail_from"] == row["mail"]["mail_from"]
        assert first["submitter"] == row["mail"]["submitter"]
