# SPDX-License-Identifier: MIT
"""Domains as they should be, and without any protection."""

from __future__ import annotations

from mxseal.lab.model import (
    Answer,
    MailHost,
    MailServer,
    PolicyHost,
    Situation,
    policy,
)
from mxseal.lab.situations.common import KEPT, NO_EFFECT, plain_domain

_TWO = (MailHost(), MailHost(name="mx2", preference=20))

# All hosts share ::1, so that there only the name in the handshake tells them apart.
_ONE_IPV6_ADDRESS = ("smtp.tls.sni-needed",)

SITUATIONS = (
    Situation(
        name="enforce",
        sentence="All is as it should be: policy in mode enforce, one good MX host",
    ),
    Situation(
        name="enforce-wildcard",
        sentence="Two MX hosts under the wildcard of the policy",
        policy=policy("*.{domain}"),
        mail_hosts=_TWO,
    ),
    Situation(
        name="testing",
        sentence="A good policy in mode testing: failures are reported, mail is delivered",
        verdict="testing",
        findings=("sts.policy.mode-testing",),
        effects=NO_EFFECT,
        policy=policy(mode="testing"),
    ),
    Situation(
        name="mode-none",
        sentence="The policy takes MTA-STS back: mode none",
        verdict="unprotected",
        findings=("sts.policy.mode-none",),
        tolerated=("rpt.rpt-without-sts-or-dane",),
        effects=NO_EFFECT,
        policy=b"version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n",
    ),
    plain_domain(name="nothing", sentence="Neither MTA-STS nor DANE nor TLS-RPT"),
    Situation(
        name="reports",
        sentence="Takes the TLS reports about the other domains, and about itself elsewhere",
        tlsrpt=('"v=TLSRPTv1; rua=mailto:tls-reports@enforce.test"',),
    ),
    Situation(
        name="ipv6-only",
        sentence="Policy host and MX host have IPv6 addresses only",
        effects=KEPT,
        tolerated=_ONE_IPV6_ADDRESS,
        policy_host=PolicyHost(families=("ipv6",)),
        mail_hosts=(MailHost(servers=(MailServer(family="ipv6"),)),),
    ),
    Situation(
        name="both-families",
        sentence="Policy host and MX host have IPv4 and IPv6 addresses",
        tolerated=_ONE_IPV6_ADDRESS,
        policy_host=PolicyHost(families=("ipv4", "ipv6")),
        mail_hosts=(MailHost(servers=(MailServer(), MailServer(family="ipv6"))),),
    ),
    Situation(
        name="answers-by-tcp",
        sentence="The answers with the record and the MX hosts are truncated over UDP",
        zone={
            ("_mta-sts", "TXT"): Answer(records=('"v=STSv1; id=20260114090000;"',), by_tcp=True),
            ("@", "MX"): Answer(records=("10 mx1.{domain}.",), by_tcp=True),
        },
    ),
    Situation(
        name="strings",
        sentence="The record comes in three strings, to be joined without blanks",
        record=('"v=STSv1; " "id=2026011" "4090000;"',),
    ),
)
