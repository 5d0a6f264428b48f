# SPDX-License-Identifier: MIT
"""What is to be copied to mend a finding: records and policy files, made for the domain."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from mxseal import _core
from mxseal._check import DomainCheck, Finding, Rehearsal
from mxseal._exceptions import ParseError

OUTSIDE = ("sts.mx.none-covered", "sts.mx.not-covered", "sts.mx.wildcard-depth")
STRING = 255  # bytes of a string of TXT (RFC 1035 §3.3.14)
TWO_WEEKS = 1209600  # seconds: long enough to protect, short enough to change (RFC 8461 §10.2)


class Copy(NamedTuple):
    """Lines that are to be copied as they are.

    Attributes:
        before: what to do with them.
        lines: the text.
    """

    before: str
    lines: list[str]


def new_id(at: datetime) -> str:
    """An id that no earlier record of the domain had: the time in UTC (RFC 8461 §3.1)."""
    return at.astimezone(UTC).strftime("%Y%m%d%H%M%S")


def txt(text: str) -> str:
    """The strings of a TXT record as a zone file has them (RFC 1035 §5.1), 255 bytes at most each.

    Args:
        text: anybody's; what it means stays within the quotes.
    """
    content = text.encode(errors="surrogateescape")
    strings = [content[at : at + STRING] for at in range(0, len(content), STRING)] or [b""]
    return " ".join(f'"{"".join(map(_in_quotes, each))}"' for each in strings)


def _in_quotes(byte: int) -> str:
    if byte in b'"\\':
        return f"\\{chr(byte)}"
    return chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03d}"


def sts_record(domain: str, identity: str) -> str:
    """The MTA-STS record as a zone file has it."""
    return f"_mta-sts.{domain}. IN TXT {txt(f'v=STSv1; id={identity};')}"


def tlsrpt_record(domain: str, rua: str) -> str:
    """The TLS-RPT record as a zone file has it."""
    return f"_smtp._tls.{domain}. IN TXT {txt(f'v=TLSRPTv1; rua={rua}')}"


def policy_lines(mode: str, mx: list[str], max_age: int) -> list[str]:
    """A policy file (RFC 8461 §3.2)."""
    return [
        "version: STSv1",
        f"mode: {mode}",
        *(f"mx: {each}" for each in mx),
        f"max_age: {max_age}",
    ]


def copies(check: DomainCheck, finding: Finding) -> list[Copy]:
    """What the postmaster may copy for this finding; none asks to trust what was merely seen."""
    record = sts_record(check.domain, new_id(check.started))
    if (
        finding.code in OUTSIDE
        and check.rehearsal
        and (lagging := _lagging(check, check.rehearsal))
    ):
        return lagging
    if finding.code == "sts.change.id-same-policy-changed":
        return [Copy("For example:", [record])]
    if finding.code in ("sts.mx.none-covered", "sts.mx.wildcard-depth"):
        policy = check.sts.policy
        hosts = [host.host for host in check.mx if _is_host_name(host.host)]
        if policy is None or not hosts:
            return []
        return [
            Copy(
                "If you chose these hosts, publish this policy file:",
                policy_lines(policy.mode, hosts, policy.max_age or TWO_WEEKS),
            ),
            Copy("and then, so that senders fetch it, this record:", [record]),
            Copy("If not, somebody changed your DNS: leave the policy as it is.", []),
        ]
    if finding.code == "sts.mx.not-covered":
        return [
            Copy(
                "If you chose this host, add a line to the policy file:", [f"mx: {_host(finding)}"]
            ),
            Copy("and then, so that senders fetch it, publish this record:", [record]),
        ]
    if finding.code.startswith("sts.dns.") and finding.severity == "error":
        if finding.code in ("sts.dns.cname-loop", "sts.dns.dnssec-bogus"):
            return []
        return [Copy("Publish this record, and no other that begins so:", [record])]
    if finding.code == "rpt.sts-without-rpt":
        example = tlsrpt_record(check.domain, f"mailto:tls-reports@{check.domain}")
        return [Copy("With an address that you read:", [example])]
    return []


def _lagging(check: DomainCheck, rehearsal: Rehearsal) -> list[Copy]:
    """Of MX records, policy and id the one that lags: a proposal shows which that is."""
    lines = [f"mx: {each.host}" for each in check.mx if each.in_policy is False]
    if not lines or (rehearsal.policy is None and rehearsal.mx is None):
        return []
    if rehearsal.policy is None:
        before = "The published policy lags behind these MX records. It lacks:"
    elif rehearsal.mx is None:
        before = "The proposed policy lags behind the MX records as they are. It lacks:"
    else:
        before = "The proposed policy does not fit the proposed MX records. It lacks:"
    return [Copy(before, lines)]


def _is_host_name(text: str) -> bool:
    """DNS holds names that no policy can: mx.invalid says so."""
    try:
        _core.check.domain_name(text)
    except ParseError:
        return False
    return True


def _host(finding: Finding) -> str:
    return finding.detail.split(" ")[0] if finding.detail else finding.subject
