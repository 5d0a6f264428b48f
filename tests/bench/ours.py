# SPDX-License-Identifier: MIT
"""Contestant: mxseal."""

from __future__ import annotations

import sys
from collections.abc import Callable

from measured import Found, Task, run

from mxseal import tlsrpt

if sys.argv[1] == "tables":
    import pyarrow as pa  # noqa: F401 - part of the imports, as for the peers

SESSIONS = ["policy_domain", "policy_type"]
FAILURES = [*SESSIONS, "result_type"]


def sums(task: Task) -> Callable[[], Found]:
    failures = task.work == "failures"
    by = FAILURES if failures else SESSIONS
    table = tlsrpt.summarize_reports([task.path], by=by, threads=task.threads)

    def found() -> Found:
        found = Found()
        for row in table.to_arrow().to_pylist():
            key = tuple(row[name] for name in by)
            if failures:
                found.failed[key] = row["failed_session_count"]
            else:
                names = ("total_successful_session_count", "total_failure_session_count")
                found.sessions[key] = [row[name] for name in names]
        return found

    return found


def tables(task: Task) -> Found:
    read = tlsrpt.read_reports([task.path], threads=task.threads)
    found = Found()
    found.counts.update(
        policies=read.policies.to_arrow().num_rows,
        details=read.failures.to_arrow().num_rows,
        duplicates=len(read.duplicates),
        errors=len(read.errors),
    )
    return found


run(tables if sys.argv[1] == "tables" else sums)
