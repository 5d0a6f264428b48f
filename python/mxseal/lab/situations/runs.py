# SPDX-License-Identifier: MIT
"""What hinders a check itself: time, the resolver, what was asked for."""

from __future__ import annotations

from mxseal.lab.model import MailHost, MailServer, Options, Situation, policy
from mxseal.lab.situations.common import UNSEEN

_BLACK_HOLES = tuple(
    MailHost(name=f"mx{number}", preference=number, servers=(MailServer(listen="drop"),))
    for number in range(1, 9)
)
_NOTHING_SEEN = (
    "sts.dns.timeout",
    "sts.dns.servfail",
    "mx.timeout",
    "mx.servfail",
    "rpt.timeout",
    "rpt.servfail",
    "dane.resolver",
)

SITUATIONS = (
    Situation(
        name="run-out-of-time",
        sentence="Eight black holes for MX hosts, and two seconds to check them",
        verdict="inconclusive",
        findings=("scan.budget",),
        tolerated=("smtp.timeout", "smtp.port-blocked"),
        effects=UNSEEN,
        policy=policy("*.{domain}"),
        mail_hosts=_BLACK_HOLES,
        options=Options(timeout=2),
        patience=2,
    ),
    Situation(
        name="run-resolver-refuses",
        sentence="The resolver answers nobody's questions",
        verdict="inconclusive",
        findings=("scan.resolver-error",),
        tolerated=_NOTHING_SEEN,
        effects=UNSEEN,
        options=Options(resolver="refusing"),
    ),
    Situation(
        name="run-no-domain",
        sentence="What is asked for cannot be a domain",
        domain="no..domain",
        in_dns=False,
        verdict="inconclusive",
        findings=("scan.invalid-domain",),
        effects=UNSEEN,
        record=None,
        tlsrpt=None,
        policy_host=None,
        mail_hosts=(),
    ),
)
