# SPDX-License-Identifier: MIT
"""A report may name domains that are not its reader's own."""

from __future__ import annotations

import json
from pathlib import Path

from mxseal import tlsrpt

REPORT = {
    "organization-name": "Example Mail",
    "date-range": {
        "start-datetime": "2026-03-01T00:00:00Z",
        "end-datetime": "2026-03-01T23:59:59Z",
    },
    "contact-info": "tls@mail.example",
    "report-id": "r1",
    "policies": [
        {
            "policy": {"policy-type": policy_type, "policy-domain": domain, "policy-string": []},
            "summary": {"total-successful-session-count": good, "total-failure-session-count": 0},
        }
        for policy_type, domain, good in [
            ("sts", "example.com", 5),
            ("tlsa", "mx.hosting.example", 3),
            ("tlsa", "mx.other.example", 2),
        ]
    ],
}


def test_the_tlsa_base_domain_is_a_policy_domain_like_any_other(tmp_path: Path) -> None:
    """Q56 (RFC 8460 §1.1): with DANE the policy domain is often the MX host.

    Nothing is left out, warned of or moved to the domain of the sts policy beside it.
    """
    text = json.dumps(REPORT)
    report = tlsrpt.parse_report(text.encode())
    assert [policy.policy_domain for policy in report.policies] == [
        "example.com",
        "mx.hosting.example",
        "mx.other.example",
    ]
    assert report.warnings == []

    (tmp_path / "report.json").write_text(text)
    sums = tlsrpt.summarize_reports(tmp_path, by=["policy_domain"]).to_polars()
    assert sums.sort("policy_domain").select(
        "policy_domain", "total_successful_session_count"
    ).rows() == [("example.com", 5), ("mx.hosting.example", 3), ("mx.other.example", 2)]
