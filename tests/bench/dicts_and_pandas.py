# SPDX-License-Identifier: MIT
# mypy: ignore-errors
"""Contestant: both tables as most notebooks make them: lists of dicts (isal + orjson), pandas."""

from __future__ import annotations

from typing import Any

import orjson
import pandas as pd
from isal import isal_zlib
from measured import Found, Task, content, files, run

REPORT = ("organization-name", "contact-info", "report-id")
POLICY = ("policy-type", "policy-domain", "policy-string", "mx-host")
COUNTS = ("total-successful-session-count", "total-failure-session-count")
DETAIL = (
    *("result-type", "sending-mta-ip", "receiving-mx-hostname", "receiving-mx-helo"),
    *("receiving-ip", "failed-session-count", "additional-information", "failure-reason-code"),
)


def add(
    report: dict[str, Any], policies: list[dict[str, Any]], failures: list[dict[str, Any]]
) -> None:
    """One dict for each policy and each failure detail."""
    common = {name: report.get(name) for name in REPORT}
    dates = report["date-range"]
    common |= {"start": dates["start-datetime"], "end": dates["end-datetime"]}
    for entry in report["policies"]:
        policy, summary = entry["policy"], entry["summary"]
        row = common | {name: policy.get(name) for name in POLICY}
        row |= {name: int(summary.get(name, 0)) for name in COUNTS}
        if min(row[name] for name in COUNTS) < 0:
            raise ValueError
        for detail in entry.get("failure-details", ()):
            failures.append(
                {name: detail.get(name) for name in DETAIL} | {"policy_row": len(policies)}
            )
        policies.append(row)


def work(task: Task) -> Found:
    policies: list[dict[str, Any]] = []
    failures: list[dict[str, Any]] = []
    seen: set[bytes] = set()
    found = Found()
    for path in files(task.path):
        try:
            report = orjson.loads(isal_zlib.decompress(content(path), wbits=31))
            identity = orjson.dumps(report, option=orjson.OPT_SORT_KEYS)
            if identity in seen:
                found.counts["duplicates"] += 1
                continue
            add(report, policies, failures)
            seen.add(identity)
        except (ValueError, KeyError, EOFError, isal_zlib.error):
            found.counts["errors"] += 1
    tables = []
    for rows in (policies, failures):
        table = pd.DataFrame(rows)
        for name in ("start", "end"):
            if name in table:
                table[name] = pd.to_datetime(table[name], utc=True, format="ISO8601")
        tables.append(table)
    found.counts.update(reports=len(seen), policies=len(tables[0]), details=len(tables[1]))
    return found


run(work)
