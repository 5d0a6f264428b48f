# SPDX-License-Identifier: MIT
"""Certificates of MX hosts under a policy in mode enforce (RFC 8461 §4.2)."""

from __future__ import annotations

from mxseal.lab.model import Cert, MailHost, Situation, policy, server
from mxseal.lab.situations.common import KEPT, REFUSED


def _bad(name: str, sentence: str, *codes: str, cert: Cert) -> Situation:
    return Situation(
        name=f"cert-{name}",
        sentence=f"Certificate of the MX host: {sentence}",
        verdict="broken",
        findings=tuple(f"smtp.cert.{code}" for code in codes),
        effects=REFUSED,
        mail_hosts=(MailHost(servers=(server(cert),)),),
    )


SITUATIONS = (
    _bad("future", "not valid before next week", "not-yet-valid", cert=Cert(begins=7)),
    _bad("incomplete", "the intermediate is not sent", "incomplete-chain", cert=Cert(sent="leaf")),
    _bad("cn-only", "the name stands in the CN alone", "cn-only", cert=Cert(names=())),
    _bad("client", "made for clients only", "invalid", cert=Cert(purpose="client")),
    _bad("damaged", "its signature does not verify", "invalid", cert=Cert(damaged=True)),
    _bad(
        "two-faults",
        "expired, and issued for another name",
        "expired",
        "name-mismatch",
        cert=Cert(names=("mail.cert-two-faults.test",), begins=-93, ends=-3),
    ),
    _bad(
        "partial-wildcard",
        "a wildcard for a part of the label",
        "name-mismatch",
        cert=Cert(names=("mx*.cert-partial-wildcard.test",)),
    ),
    _bad(
        "deep-wildcard",
        "a wildcard one label too high",
        "name-mismatch",
        cert=Cert(names=("*.test",)),
    ),
    Situation(
        name="cert-wildcard",
        sentence="Certificate of the MX host: a wildcard for the whole left-most label",
        mail_hosts=(MailHost(servers=(server(Cert(names=("*.cert-wildcard.test",))),)),),
    ),
    Situation(
        name="cert-two-paths",
        sentence="Certificate of the MX host: valid, but not by the path that is sent first",
        findings=("smtp.cert.alternative-path",),
        mail_hosts=(MailHost(servers=(server(Cert(issuer="two-paths")),)),),
    ),
    Situation(
        name="cert-expires-soon",
        sentence="Certificate of the MX host: expires in ten days",
        findings=("smtp.cert.expires-soon",),
        mail_hosts=(MailHost(servers=(server(Cert(begins=-80, ends=10)),)),),
    ),
    Situation(
        name="cert-differs",
        sentence="The two addresses of the MX host show different certificates, both good",
        findings=("smtp.cert.differs-between-addresses",),
        mail_hosts=(MailHost(servers=(server(Cert()), server(Cert(number=2)))),),
    ),
    Situation(
        name="cert-one-bad-address",
        sentence="One of two addresses of the MX host still shows the expired certificate",
        verdict="partly",
        findings=("smtp.cert.expired", "smtp.cert.differs-between-addresses"),
        effects=KEPT,
        mail_hosts=(MailHost(servers=(server(Cert()), server(Cert(begins=-93, ends=-3)))),),
    ),
    Situation(
        name="cert-one-bad-host",
        sentence="One of two MX hosts has a self-signed certificate",
        verdict="partly",
        findings=("smtp.cert.self-signed",),
        effects=KEPT,
        policy=policy("*.{domain}"),
        mail_hosts=(
            MailHost(),
            MailHost(name="mx2", preference=20, servers=(server(Cert(issuer="self")),)),
        ),
    ),
)
