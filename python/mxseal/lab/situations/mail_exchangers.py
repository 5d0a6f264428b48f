# SPDX-License-Identifier: MIT
"""MX records and the addresses of their hosts (RFC 5321 §5.1)."""

from __future__ import annotations

from mxseal.lab.model import (
    Answer,
    Cert,
    Effects,
    MailHost,
    Options,
    Situation,
    failing,
    policy,
    server,
)
from mxseal.lab.situations.common import KEPT, NO_MAIL, REFUSED, UNSEEN, plain_domain

_TWO = policy("mx1.{domain}", "mx2.{domain}")


def _no_mail(name: str, sentence: str, code: str, **zone: str) -> Situation:
    return plain_domain(
        name=name,
        sentence=sentence,
        findings=(code,),
        verdict="no-mail",
        effects=NO_MAIL,
        mail_hosts=(),
        zone={("@", rdtype): record for rdtype, record in zone.items()},
    )


SITUATIONS = (
    _no_mail("mx-none", "Neither MX nor address: the domain takes no mail", "mx.none"),
    _no_mail("mx-null", "Null MX: the domain takes no mail", "mx.null", MX="0 ."),
    Situation(
        name="mx-null-and-others",
        sentence="A null MX beside another MX record",
        findings=("mx.null-with-others",),
        zone={("@", "MX"): Answer(records=("0 .", "10 mx1.{domain}."))},
    ),
    Situation(
        name="mx-silent",
        sentence="No answer for the MX records",
        verdict="inconclusive",
        findings=("mx.timeout",),
        effects=UNSEEN,
        tolerated=("sts.mx.unused-pattern",),
        zone={("@", "MX"): failing("silent")},
        patience=5,
    ),
    Situation(
        name="mx-servfail",
        sentence="SERVFAIL for the MX records",
        verdict="inconclusive",
        findings=("mx.servfail",),
        effects=UNSEEN,
        tolerated=("sts.mx.unused-pattern",),
        zone={("@", "MX"): failing("servfail")},
    ),
    Situation(
        name="mx-bogus",
        sentence="The MX records fail DNSSEC validation",
        verdict="inconclusive",
        findings=("mx.dnssec-bogus",),
        effects=UNSEEN,
        tolerated=("sts.mx.unused-pattern",),
        secure=True,
        zone={("@", "MX"): failing("bogus", "10 mx1.{domain}.")},
    ),
    Situation(
        name="mx-implicit",
        sentence="No MX record: the domain itself is the host",
        findings=("mx.implicit",),
        policy=policy("{domain}"),
        mail_hosts=(MailHost(name="@", preference=None),),
    ),
    Situation(
        name="mx-cname",
        sentence="The MX host is a CNAME; its certificate is for the name in the MX record",
        findings=("mx.cname",),
        mail_hosts=(
            MailHost(
                name="target",
                preference=None,
                servers=(server(Cert(names=("mx1.mx-cname.test",))),),
            ),
        ),
        zone={("@", "MX"): "10 mx1.{domain}.", ("mx1", "CNAME"): "target.{domain}."},
    ),
    Situation(
        name="mx-cname-certificate",
        sentence="The MX host is a CNAME; its certificate is for the CNAME's target only",
        verdict="broken",
        findings=("mx.cname", "smtp.cert.name-mismatch"),
        effects=REFUSED,
        mail_hosts=(MailHost(name="target", preference=None),),
        zone={("@", "MX"): "10 mx1.{domain}.", ("mx1", "CNAME"): "target.{domain}."},
    ),
    Situation(
        name="mx-without-address",
        sentence="One of two MX hosts has no address",
        findings=("mx.no-address",),
        policy=_TWO,
        mail_hosts=(MailHost(), MailHost(name="mx2", preference=20, servers=())),
    ),
    Situation(
        name="mx-address-unknown",
        sentence="SERVFAIL for the addresses of one of two MX hosts",
        findings=("mx.address-unknown",),
        effects=Effects(plain=None, mta_sts=None, dane=None),
        policy=_TWO,
        mail_hosts=(MailHost(), MailHost(name="mx2", preference=20, servers=())),
        zone={("mx2", "A"): failing("servfail"), ("mx2", "AAAA"): failing("servfail")},
    ),
    plain_domain(
        name="mx-is-address",
        sentence="An MX record with an address in place of a name, beside a good one",
        findings=("mx.invalid",),
        zone={("@", "MX"): Answer(records=("10 mx1.{domain}.", "20 192.0.2.1."))},
    ),
    plain_domain(
        name="mx-private",
        sentence="The MX host has a private address, and the guard is not opened",
        findings=("mx.private-address",),
        effects=UNSEEN,
        options=Options(allow_private=False),
    ),
    Situation(
        name="mx-duplicate",
        sentence="The same MX host twice",
        findings=("mx.duplicate",),
        effects=KEPT,
        zone={("@", "MX"): Answer(records=("10 mx1.{domain}.", "20 mx1.{domain}."))},
    ),
)
