# SPDX-License-Identifier: MIT
"""Scans built by hand: rows of domains, MX hosts and findings, as files of every kind."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from mxseal._core import check as core
from mxseal._output.units import instant
from mxseal._scan_files import scan_schema

Row = dict[str, Any]
STARTED = datetime(2026, 11, 25, 9, 20, 11, tzinfo=UTC)
END = datetime(2027, 6, 1, tzinfo=UTC)  # of certificates
# In the order of the columns of a scan.
# fmt: off
COLUMNS = (
    "line", "domain", "verdict", "effects", "sts_id", "sts_cname", "policy_mode", "max_age",
    "policy_mx", "policy_status", "policy_address", "policy_cname", "policy_expiry",
    "policy_sha256", "mx_count", "mx_passed", "mx_failed", "mx_unknown", "dane_state", "tlsrpt",
    "tlsrpt_rua", "first_expiry", "errors", "warnings", "mx", "findings", "started", "seconds",
)
# fmt: on


def address(
    address: str = "192.0.2.1",
    status: str = "secured",
    sha256: str = "aa",
    not_after: datetime | None = END,
) -> Row:
    """An address of an MX host."""
    secured = status == "secured"
    return {
        "address": address,
        "smtp_status": status,
        "tls_version": "TLSv1.3" if secured else "",
        "not_after": not_after if secured else None,
        "sha256": sha256 if secured else "",
        "verdict": "passes" if secured else "fails",
    }


def host(name: str, *addresses: Row) -> Row:
    """An MX host."""
    return {
        "host": name,
        "preference": 10,
        "in_policy": None,
        "dane": "none",
        "verdict": "passes",
        "addresses": list(addresses or (address(),)),
    }


def finding(code: str, subject: str = "", detail: str = "") -> Row:
    """A finding, with its row of the core's table."""
    about = core.explain(code)
    return {
        "code": code,
        "severity": about.severity,
        "section": about.section,
        "result_type": about.result_type or None,
        "subject": subject,
        "detail": detail,
        "cause": about.cause,
        "remedy": about.remedy,
        "seen_at": STARTED,
    }


def row(domain: str, verdict: str = "unprotected", *codes: str, **columns: Any) -> Row:
    """A row; what is not given is as of a domain that publishes nothing."""
    findings = [finding(code, domain) for code in codes]
    severities = [each["severity"] for each in findings]
    return {
        "line": 1,
        "domain": domain,
        "verdict": verdict,
        "effects": {"plain": "encrypted", "mta_sts": "encrypted", "dane": "encrypted"},
        **dict.fromkeys(("sts_id", "sts_cname", "policy_mode", "max_age", "policy_status")),
        **dict.fromkeys(
            ("policy_address", "policy_cname", "policy_expiry", "policy_sha256", "tlsrpt")
        ),
        "policy_mx": [],
        **dict.fromkeys(("mx_count", "mx_passed"), 1),
        **dict.fromkeys(("mx_failed", "mx_unknown"), 0),
        "dane_state": "none",
        "tlsrpt_rua": [],
        "first_expiry": END,
        "errors": severities.count("error"),
        "warnings": severities.count("warning"),
        "mx": [host("mx.mail.example")],
        "findings": findings,
        "started": STARTED,
        "seconds": 1.5,
    } | columns


def sts(domain: str, verdict: str = "protected", *codes: str, **columns: Any) -> Row:
    """A row of a domain with MTA-STS."""
    return row(
        domain,
        verdict,
        *codes,
        **{
            "sts_id": "1",
            "policy_mode": "testing" if verdict == "testing" else "enforce",
            "max_age": 604_800,
            "policy_mx": ["mx.mail.example"],
            "policy_status": "response",
            "policy_expiry": END,
            **columns,
        },
    )


def scan(rows: Iterable[Row], *, later: timedelta = timedelta(), **record: Any) -> pyarrow.Table:
    """A scan in memory.

    Args:
        rows: in order; those that say no line get their place.
        later: when, from ``STARTED``.
        record: of the run, where the scan shall have one.
    """
    types = {each.name: each.type for each in scan_schema()}
    schema = pyarrow.schema([(name, types[name]) for name in COLUMNS])
    numbered = [
        each | {"line": number, "started": each["started"] + later}
        for number, each in enumerate(rows, 1)
    ]
    if record:
        schema = schema.with_metadata({"mxseal": json.dumps(record)})
    return pyarrow.Table.from_pylist(numbered, schema)


def as_written_first(table: pyarrow.Table) -> pyarrow.Table:
    """The scan with the types that the engine gives: repeated words in dictionaries."""
    for name in ("verdict", "policy_mode", "policy_status", "dane_state"):
        place = table.column_names.index(name)
        words = table[name].cast(pyarrow.large_string()).dictionary_encode()
        table = table.set_column(place, name, words)
    return table


def write(table: pyarrow.Table, path: Path) -> Path:
    """The scan as a file of the kind that its suffix says."""
    match path.suffix:
        case ".parquet":
            pyarrow.parquet.write_table(table, path, row_group_size=1000)
        case ".arrow":
            with pyarrow.ipc.new_file(path, table.schema) as file:
                file.write_table(table, max_chunksize=1000)
        case ".arrows":
            with pyarrow.ipc.new_stream(path, table.schema) as stream:
                stream.write_table(table)
        case ".ndjson":
            with path.open("w") as lines:
                for each in table.to_pylist():
                    lines.write(json.dumps(each, default=instant) + "\n")
            if metadata := (table.schema.metadata or {}).get(b"mxseal"):
                path.with_name(path.name + ".run.json").write_bytes(metadata)
    return path
