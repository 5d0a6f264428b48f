# SPDX-License-Identifier: MIT
"""Contestant: Python's own `email` and `mailbox` with json and gzip; each report once."""

from __future__ import annotations

import email
import email.policy
import gzip
import json
import mailbox
import zlib
from collections.abc import Iterator
from email.message import Message
from typing import Any

from measured import Found, Task, content, files, run


def messages(task: Task) -> Iterator[Message]:
    if task.form == "mbox":
        box = mailbox.mbox(task.path, create=False)
        yield from box
        box.close()
    else:
        for path in files(task.path):
            yield email.message_from_bytes(content(path))


def reports(task: Task, found: Found) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    for message in messages(task):
        for part in message.walk():
            if not part.get_content_type().startswith("application/tlsrpt"):
                continue
            try:
                data = part.get_payload(decode=True)
                assert isinstance(data, bytes)
                report = json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
                check(report)
                identity = json.dumps(report, sort_keys=True)
            except (ValueError, KeyError, EOFError, OSError, zlib.error):
                found.counts["errors"] += 1
                continue
            if identity in seen:
                found.counts["duplicates"] += 1
                continue
            seen.add(identity)
            yield report
    found.counts["reports"] = len(seen)


def check(report: dict[str, Any]) -> None:
    """Raises where this is no report."""
    _ = report["date-range"]["start-datetime"]
    for entry in report["policies"]:
        if entry["summary"].get("total-failure-session-count", 0) == -1:
            raise ValueError


def work(task: Task) -> Found:
    found = Found()
    for report in reports(task, found):
        for entry in report["policies"]:
            policy, summary = entry["policy"], entry["summary"]
            key = (policy.get("policy-domain"), policy["policy-type"])
            found.sessions[key][0] += int(summary.get("total-successful-session-count", 0))
            found.sessions[key][1] += int(summary.get("total-failure-session-count", 0))
            for detail in entry.get("failure-details", ()):
                found.failed[(*key, detail["result-type"])] += detail["failed-session-count"]
    return found


run(work)
