# SPDX-License-Identifier: MIT
"""TLS-RPT records (RFC 8460 §3); everything else of these domains is good."""

from __future__ import annotations

from typing import Any

from mxseal.lab.model import GOOD_TLSRPT, Situation, failing
from mxseal.lab.situations.common import NO_EFFECT

# To send no reports may be said once, or twice.
_NO_REPORTS = ("rpt.sts-without-rpt",)


def _rpt(code: str, sentence: str, *records: str, **more: Any) -> Situation:
    more.setdefault("name", "rpt-" + code)
    return Situation(
        sentence=f"TLS-RPT: {sentence}",
        findings=(f"rpt.{code}",),
        tlsrpt=records,
        **more,
    )


SITUATIONS = (
    Situation(
        name="rpt-none",
        sentence="TLS-RPT: MTA-STS without it, so failures go unseen",
        findings=("rpt.none", "rpt.sts-without-rpt"),
        tlsrpt=None,
    ),
    Situation(
        name="rpt-alone",
        verdict="unprotected",
        effects=NO_EFFECT,
        record=None,
        policy_host=None,
        sentence="TLS-RPT: without MTA-STS and DANE",
        findings=("sts.dns.none", "rpt.rpt-without-sts-or-dane"),
        tlsrpt=(GOOD_TLSRPT,),
    ),
    _rpt(
        "multiple",
        "two records",
        GOOD_TLSRPT,
        '"v=TLSRPTv1; rua=mailto:other@reports.test"',
        tolerated=_NO_REPORTS,
    ),
    _rpt("servfail", "SERVFAIL", zone={("_smtp._tls", "TXT"): failing("servfail")}),
    _rpt("timeout", "no answer", zone={("_smtp._tls", "TXT"): failing("silent")}, patience=5),
    _rpt(
        "version",
        "another version",
        '"v=TLSRPTv2; rua=mailto:tls-reports@reports.test"',
        tolerated=_NO_REPORTS,
    ),
    _rpt(
        "space-before-semicolon",
        "white space before the first semicolon",
        '"v=TLSRPTv1 ; rua=mailto:tls-reports@reports.test"',
    ),
    _rpt("rua-missing", "no rua", '"v=TLSRPTv1; note=hello"', tolerated=_NO_REPORTS),
    _rpt(
        "rua-scheme",
        "a rua by FTP",
        '"v=TLSRPTv1; rua=ftp://reports.test/drop"',
        tolerated=_NO_REPORTS,
    ),
    _rpt(
        "rua-invalid",
        "an address with a blank",
        '"v=TLSRPTv1; rua=mailto:tls reports@reports.test"',
        tolerated=_NO_REPORTS,
    ),
    _rpt(
        "rua-undeliverable",
        "the domain of the address takes no mail",
        '"v=TLSRPTv1; rua=mailto:tls-reports@mx-null.test"',
    ),
    _rpt(
        "rua-undeliverable",
        "the https host refuses the connection",
        '"v=TLSRPTv1; rua=https://mta-sts.host-refused.test/report"',
        name="rpt-https-refused",
    ),
    Situation(
        name="rpt-https",
        sentence="TLS-RPT: reports by HTTPS, to a host that answers",
        tlsrpt=('"v=TLSRPTv1; rua=https://mta-sts.enforce.test/report"',),
    ),
    _rpt(
        "rua-same-domain",
        "reports go to the domain that they are about",
        '"v=TLSRPTv1; rua=mailto:tls-reports@{domain}"',
    ),
    _rpt(
        "duplicate-field",
        "rua twice; the first counts",
        '"v=TLSRPTv1; rua=mailto:tls-reports@reports.test; rua=mailto:other@reports.test"',
    ),
    _rpt(
        "rua-unusable",
        "two rua, one of them without mailto:",
        '"v=TLSRPTv1; rua=tls-reports@reports.test,mailto:other@reports.test"',
    ),
    _rpt(
        "trailing-space",
        "white space at the end",
        '"v=TLSRPTv1; rua=mailto:tls-reports@reports.test "',
    ),
    _rpt(
        "unknown-field",
        "a field that nobody knows",
        '"v=TLSRPTv1; rua=mailto:tls-reports@reports.test; note=hello"',
    ),
    _rpt(
        "invalid",
        "a field that does not follow the grammar",
        '"v=TLSRPTv1; rua=mailto:tls-reports@reports.test; no value"',
        tolerated=_NO_REPORTS,
    ),
)
