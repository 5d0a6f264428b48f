# SPDX-License-Identifier: MIT
"""DANE (RFC 7672): TLSA records, and the DNSSEC behind them. None of these has MTA-STS but one."""

from __future__ import annotations

from typing import Any

from mxseal.lab.model import (
    NO_NAMES,
    Cert,
    Effects,
    MailHost,
    MailServer,
    Options,
    Situation,
    Tlsa,
    Verdict,
    failing,
    server,
)
from mxseal.lab.situations.common import NO_EFFECT

_MATCHED = Effects(dane="authenticated")
_DELAYED = Effects(dane="refused")
_UNKNOWN = Effects(dane="unknown")


def _dane(
    name: str,
    sentence: str,
    *codes: str,
    tlsa: tuple[Tlsa, ...] = (Tlsa(),),
    verdict: Verdict = "protected",
    effects: Effects = _MATCHED,
    certs: tuple[Cert, ...] = (Cert(),),
    **more: Any,
) -> Situation:
    """A signed domain with one MX host, these TLSA records, and no MTA-STS."""
    more.setdefault("mail_hosts", (MailHost(servers=(server(*certs),), tlsa=tlsa),))
    more.setdefault("secure", True)
    return Situation(
        name=f"dane-{name}",
        sentence=f"DANE: {sentence}",
        verdict=verdict,
        findings=("sts.dns.none", *codes),
        effects=effects,
        record=None,
        policy_host=None,
        **more,
    )


_IN_FORCE = "dane.present"
_TWO_TYPES = (Cert(key="ec"), Cert(key="rsa"))

SITUATIONS = (
    _dane("good", "usage 3 matches the certificate's key", _IN_FORCE),
    _dane(
        "self-signed",
        "usage 3 matches; neither issuer nor name nor dates count",
        _IN_FORCE,
        "smtp.cert.self-signed",
        certs=(Cert(issuer="self"),),
    ),
    _dane(
        "expired",
        "usage 3 matches a certificate that has expired; its dates do not count",
        _IN_FORCE,
        "smtp.cert.expired",
        certs=(Cert(begins=-93, ends=-3),),
    ),
    _dane(
        "issuer",
        "usage 2 matches the intermediate, which is sent",
        _IN_FORCE,
        tlsa=(Tlsa(usage=2, of="intermediate"),),
    ),
    _dane(
        "own-ca",
        "usage 2 matches a CA that no root store has, and which is sent",
        _IN_FORCE,
        tlsa=(Tlsa(usage=2, selector=0, of="root"),),
        certs=(Cert(issuer="untrusted", sent="chain-and-root"),),
        tolerated=("smtp.cert.untrusted",),
    ),
    _dane(
        "issuer-other-name",
        "usage 2 matches the intermediate, but the name is wrong, and it counts here",
        _IN_FORCE,
        "smtp.cert.name-mismatch",
        tlsa=(Tlsa(usage=2, of="intermediate"),),
        certs=(Cert(names=("mail.dane-issuer-other-name.test",)),),
        verdict="broken",
        effects=_DELAYED,
    ),
    _dane(
        "issuer-expired",
        "usage 2 matches the intermediate, but the certificate has expired, and dates count here",
        _IN_FORCE,
        "smtp.cert.expired",
        tlsa=(Tlsa(usage=2, of="intermediate"),),
        certs=(Cert(begins=-93, ends=-3),),
        verdict="broken",
        effects=_DELAYED,
    ),
    _dane(
        "issuer-common-name",
        "usage 2 matches the intermediate; where there is no SAN the CN counts (RFC 7672 §3.2.3)",
        _IN_FORCE,
        "smtp.cert.cn-only",
        tlsa=(Tlsa(usage=2, of="intermediate"),),
        certs=(Cert(names=NO_NAMES),),
    ),
    _dane(
        "issuer-domain-name",
        "usage 2 matches the intermediate, and the certificate is for the domain itself",
        _IN_FORCE,
        "smtp.cert.name-mismatch",
        tlsa=(Tlsa(usage=2, of="intermediate"),),
        certs=(Cert(names=("dane-issuer-domain-name.test",)),),
    ),
    _dane(
        "mismatch-other-silent",
        "one MX host does not match, the other has no TLSA records and does not answer",
        _IN_FORCE,
        "dane.mismatch",
        "dane.partial",
        "smtp.timeout",
        mail_hosts=(
            MailHost(tlsa=(Tlsa(of="nobody"),)),
            MailHost(name="mx2", preference=20, servers=(MailServer(listen="drop"),)),
        ),
        verdict="broken",
        effects=Effects(plain=None, mta_sts=None, dane="refused"),
        patience=5,
    ),
    Situation(
        name="dane-and-sts",
        sentence="DANE and MTA-STS, both good",
        findings=(_IN_FORCE,),
        effects=Effects(mta_sts="authenticated", dane="authenticated"),
        secure=True,
        mail_hosts=(MailHost(tlsa=(Tlsa(),)),),
    ),
    _dane(
        "mismatch",
        "the certificate was renewed with a new key, the record was not",
        _IN_FORCE,
        "dane.mismatch",
        tlsa=(Tlsa(of="nobody"),),
        verdict="broken",
        effects=_DELAYED,
    ),
    _dane(
        "cname",
        "the TLSA name is a CNAME, within the signed domain",
        _IN_FORCE,
        mail_hosts=(MailHost(), MailHost(name="shared", preference=None, tlsa=(Tlsa(),))),
        zone={("_25._tcp.mx1", "CNAME"): "_25._tcp.shared.{domain}."},
    ),
    _dane(
        "alias",
        "the MX host is a CNAME to a host with TLSA records of its own, which come first",
        _IN_FORCE,
        "mx.cname",
        "smtp.cert.name-mismatch",  # usage 3: mere information
        mail_hosts=(
            MailHost(servers=(), tlsa=()),
            MailHost(name="real", preference=None, tlsa=(Tlsa(),)),
        ),
        zone={
            ("mx1", "CNAME"): "real.{domain}.",
            ("_25._tcp.mx1", "TLSA"): f"3 1 1 {'00' * 32}",
        },
    ),
    _dane(
        "not-secure",
        "TLSA records in a domain that is not signed",
        "dane.not-secure",
        verdict="unprotected",
        effects=NO_EFFECT,
        secure=False,
        tolerated=("rpt.rpt-without-sts-or-dane",),
    ),
    _dane(
        "mx-not-secure",
        "TLSA records of a signed host behind an MX answer that is not signed",
        "dane.mx-not-secure",
        verdict="unprotected",
        effects=Effects(dane=None),
        tolerated=(_IN_FORCE, "rpt.rpt-without-sts-or-dane"),
        secure=False,
        secure_besides=("signed-hosting.test",),
        mail_hosts=(MailHost(name="mx.signed-hosting.test.", tlsa=(Tlsa(),)),),
    ),
    _dane(
        "resolver",
        "asked by a resolver that does not validate",
        "dane.resolver",
        verdict="inconclusive",
        effects=_UNKNOWN,
        tolerated=("rpt.rpt-without-sts-or-dane",),
        options=Options(resolver="plain"),
    ),
    _dane(
        "bogus",
        "the TLSA look-up fails validation",
        "dane.bogus",
        verdict="broken",
        effects=_DELAYED,
        mail_hosts=(MailHost(tlsa=(Tlsa(),), tlsa_failure="bogus"),),
        tolerated=("rpt.rpt-without-sts-or-dane",),
    ),
    _dane(
        "servfail-unsigned",
        "SERVFAIL for TLSA in a domain that is not signed: no DANE, not bogus",
        verdict="unprotected",
        effects=NO_EFFECT,
        secure=False,
        mail_hosts=(MailHost(),),
        zone={("_25._tcp.mx1", "TLSA"): failing("servfail")},
        tolerated=("rpt.rpt-without-sts-or-dane",),
    ),
    _dane(
        "silent",
        "no answer for the TLSA records of a signed host",
        "dane.timeout",
        verdict="inconclusive",
        effects=_UNKNOWN,
        mail_hosts=(MailHost(tlsa_failure="silent"),),
        tolerated=("rpt.rpt-without-sts-or-dane",),
        patience=5,
    ),
    _dane(
        "root-not-sent",
        "usage 2 names the root, which the server does not send",
        _IN_FORCE,
        "dane.ta-not-sent",
        tlsa=(Tlsa(usage=2, of="root"),),
        verdict="broken",
        effects=_DELAYED,
        tolerated=("dane.mismatch",),
    ),
    _dane(
        "combination",
        "one combination of usage, selector and matching type matches, another does not",
        _IN_FORCE,
        "dane.combination-unmatched",
        tlsa=(Tlsa(), Tlsa(selector=0, of="nobody")),
    ),
    _dane(
        "unusable",
        "only usage 1, which mail does not use: TLS is required, nothing authenticated",
        "dane.unusable",
        tlsa=(Tlsa(usage=1),),
        verdict="unprotected",
        effects=NO_EFFECT,
        tolerated=("rpt.rpt-without-sts-or-dane",),
    ),
    _dane(
        "record-unusable",
        "a digest of a wrong length beside a good record",
        _IN_FORCE,
        "dane.record-unusable",
        tlsa=(Tlsa(), Tlsa(data="0123456789abcdef")),
    ),
    _dane(
        "usage-0",
        "usage 0 beside a good record",
        _IN_FORCE,
        "dane.record-unusable",
        tlsa=(Tlsa(), Tlsa(usage=0, selector=0, of="intermediate")),
    ),
    _dane(
        "full-data",
        "the whole key in place of a digest",
        _IN_FORCE,
        "dane.full-data",
        tlsa=(Tlsa(matching=0),),
    ),
    _dane(
        "partial",
        "one of two MX hosts has TLSA records",
        _IN_FORCE,
        "dane.partial",
        verdict="partly",
        effects=Effects(dane=None),
        mail_hosts=(MailHost(tlsa=(Tlsa(),)), MailHost(name="mx2", preference=20)),
    ),
    _dane(
        "one-key-type",
        "the server has ECDSA and RSA certificates, the records match only one",
        _IN_FORCE,
        "dane.one-key-type",
        certs=_TWO_TYPES,
    ),
    _dane(
        "two-key-types",
        "the server has ECDSA and RSA certificates, the records match both",
        _IN_FORCE,
        certs=_TWO_TYPES,
        tlsa=(Tlsa(), Tlsa(of="second")),
    ),
)
