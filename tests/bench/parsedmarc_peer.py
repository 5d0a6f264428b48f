# SPDX-License-Identifier: MIT
# mypy: ignore-errors
"""Contestant: parsedmarc, as a whole-library call; each report counted as often as it comes."""

from __future__ import annotations

import logging
import mailbox
from typing import Any

import parsedmarc
from measured import Found, Task, content, files, run

logging.disable(logging.CRITICAL)


def add(found: Found, report: dict[str, Any]) -> None:
    found.counts["reports"] += 1
    for policy in report["policies"]:
        key = (policy["policy_domain"], policy["policy_type"])
        found.sessions[key][0] += int(policy["successful_session_count"])
        found.sessions[key][1] += int(policy["failed_session_count"])
        for detail in policy.get("failure_details") or ():
            found.failed[(*key, detail["result_type"])] += int(detail["failed_session_count"])


def work(task: Task) -> Found:
    found = Found()
    # Its own reader of an mbox gives up at the first broken report: so messages go in one by one.
    some = mailbox.mbox(task.path, create=False) if task.form == "mbox" else files(task.path)
    for one in some:
        data = content(one) if isinstance(one, str) else one.as_bytes()
        try:
            add(found, parsedmarc.parse_report_file(data, offline=True)["report"])
        except (parsedmarc.ParserError, KeyError):
            found.counts["errors"] += 1
    return found


run(work)
