# SPDX-License-Identifier: MIT
"""Contestant: mxseal.scan in Python, batches thrown away; prints what it cost after the imports.

scan_client.py RESOLVER ROOTS.pem [--no-probe] < domains
"""

from __future__ import annotations

import json
import resource
import sys

import mxseal


def cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


names = sys.stdin.read().split()
before = cpu()
scan = mxseal.scan(
    names,
    resolver=sys.argv[1],
    ca_file=sys.argv[2],
    allow_private=True,
    helo="bench.lab",
    probe="--no-probe" not in sys.argv,
)
rows = sum(len(batch) for batch in scan)
progress = scan.progress()
json.dump(
    {
        "rows": rows,
        "seconds": cpu() - before,
        "thread": progress["cpu_seconds"],
        "questions": progress["questions"],
        "messages": progress["messages"],
        "timed_out": progress["timed_out"],
    },
    sys.stdout,
)
