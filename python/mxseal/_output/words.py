# SPDX-License-Identifier: MIT
"""Failures in plain words: the result types of RFC 8460 (one table, from their registry), findings.

What a finding means stands in the core's table; where there is one line for it, its beginning will
do.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Words(NamedTuple):
    """What a result type means to a postmaster, and the section that defines it."""

    text: str
    section: str


# RFC 8460 §4.3; the registry (§6.6) grows, so a type that is not here is no fault.
RESULT_TYPES = {
    "starttls-not-supported": Words("no STARTTLS", "4.3.1"),
    "certificate-host-mismatch": Words("certificate for another name", "4.3.1"),
    "certificate-expired": Words("certificate expired", "4.3.1"),
    "certificate-not-trusted": Words("certificate not trusted", "4.3.1"),
    "validation-failure": Words("another TLS failure", "4.3.3"),
    "tlsa-invalid": Words("no valid TLSA record", "4.3.2.1"),
    "dnssec-invalid": Words("no valid DNSSEC answer", "4.3.2.1"),
    "dane-required": Words("no TLSA record, though the sender requires DANE", "4.3.2.1"),
    "sts-policy-fetch-error": Words("MTA-STS policy could not be fetched", "4.3.2.2"),
    "sts-policy-invalid": Words("MTA-STS policy invalid", "4.3.2.2"),
    "sts-webpki-invalid": Words("certificate of the MTA-STS policy host not valid", "4.3.2.2"),
}
UNREGISTERED = Words("a failure of a type that is not registered", "6.6")
UNNAMED = Words("a failure without a type", "4.3")


def explain(result_type: str | None) -> Words:
    """The words for a result type, also for one that nobody knows."""
    if result_type is None:
        return UNNAMED
    return RESULT_TYPES.get(result_type, UNREGISTERED)


# What follows says why it matters, or to whom.
_BEHIND = re.compile(
    r"(?:: (?:senders|mail|it|somebody)|, (?:so|which|because|though|senders)|; so)\b.*|\.$"
)


def in_short(cause: str) -> str:
    """The first clause of a finding's cause, as it stands within a line."""
    clause = _BEHIND.sub("", cause)
    return clause if clause[1:2].isupper() else clause[:1].lower() + clause[1:]
