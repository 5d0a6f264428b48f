# SPDX-License-Identifier: MIT
"""Contestant: DuckDB over newline-delimited JSON, one thread; each report once."""

from __future__ import annotations

import duckdb
from measured import Found, Task, run

ENTRY = """STRUCT(
  policy STRUCT("policy-domain" VARCHAR, "policy-type" VARCHAR),
  summary STRUCT("total-successful-session-count" BIGINT, "total-failure-session-count" BIGINT)
  {details})[]"""
DETAILS = """, "failure-details" STRUCT("result-type" VARCHAR, "failed-session-count" BIGINT)[]"""

REPORTS = """
WITH reports AS (
  SELECT DISTINCT "organization-name", "report-id", "date-range", policies
  FROM read_json($path, format = 'newline_delimited', ignore_errors = true, columns = {{
    'organization-name': 'VARCHAR', 'report-id': 'VARCHAR',
    'date-range': 'STRUCT("start-datetime" VARCHAR, "end-datetime" VARCHAR)',
    'policies': '{entry}'}})
  WHERE "date-range" IS NOT NULL AND policies IS NOT NULL
), entries AS (
  SELECT unnest(policies) AS entry FROM reports
  WHERE len(list_filter(policies, lambda p: p.summary."total-failure-session-count" < 0)) = 0
)
"""

SESSIONS = """
SELECT entry.policy."policy-domain", entry.policy."policy-type",
  sum(coalesce(entry.summary."total-successful-session-count", 0))::BIGINT,
  sum(coalesce(entry.summary."total-failure-session-count", 0))::BIGINT
FROM entries GROUP BY ALL"""

FAILURES = """, details AS (
  SELECT entry.policy."policy-domain" AS domain, entry.policy."policy-type" AS type,
    unnest(entry."failure-details") AS detail FROM entries
)
SELECT domain, type, detail."result-type",
  sum(coalesce(detail."failed-session-count", 0))::BIGINT FROM details GROUP BY ALL"""


def work(task: Task) -> Found:
    found = Found()
    failures = task.work == "failures"
    entry = " ".join(ENTRY.format(details=DETAILS if failures else "").split())
    connection = duckdb.connect(config={"threads": 1})
    query = REPORTS.format(entry=entry) + (FAILURES if failures else SESSIONS)
    for row in connection.execute(query, {"path": task.path}).fetchall():
        if failures:
            found.failed[row[:3]] = row[3]
        else:
            found.sessions[row[:2]] = list(row[2:])
    return found


run(work)
