# SPDX-License-Identifier: MIT
"""The attacks that MTA-STS and DANE exist for; each would succeed against a plain sender."""

from __future__ import annotations

from mxseal.lab.model import (
    Attack,
    Cert,
    Effects,
    MailHost,
    MailServer,
    Situation,
    Tls,
    Tlsa,
    shows,
)
from mxseal.lab.situations.common import CLEAR_OR_REFUSED, REFUSED

_REFUSED = "delivers nothing"
_CLEAR = "delivers in clear: whoever sits between reads the mail"
_STOLEN = "delivers to the attacker: the mail is stolen"
_FORGED = (MailHost(name="mx.attacker.test.", servers=(MailServer(attacker=True),)),)


def _in_the_middle(*certificates: Cert) -> tuple[MailHost, ...]:
    """The host's address leads to the attacker, who shows what certificate he has."""
    return (MailHost(servers=(MailServer(tls=shows(*certificates), attacker=True),)),)


SITUATIONS = (
    Situation(
        name="downgrade",
        sentence="Somebody between cuts STARTTLS out of the answer to EHLO",
        verdict="broken",
        findings=("smtp.starttls-missing",),
        effects=CLEAR_OR_REFUSED,
        mail_hosts=(MailHost(servers=(MailServer(starttls=False, attacker=True),)),),
        attack=Attack(
            title="STARTTLS stripped",
            plain="delivers in clear to the attacker: the mail is stolen",
            mta_sts=_REFUSED,
            result_type="starttls-not-supported",
        ),
    ),
    Situation(
        name="downgrade-one-address",
        sentence="STARTTLS is cut out at one of the two addresses of the MX host",
        verdict="partly",
        findings=("smtp.starttls-stripped",),
        effects=Effects(plain="clear", mta_sts="authenticated", dane="clear"),
        mail_hosts=(MailHost(servers=(MailServer(starttls=False, attacker=True), MailServer())),),
        attack=Attack(
            title="STARTTLS stripped on one way",
            plain="delivers in clear to the attacker: the mail is stolen",
            mta_sts="delivers by the other address alone",
            result_type="starttls-not-supported",
        ),
    ),
    Situation(
        name="starttls-blocked",
        sentence="Somebody between answers STARTTLS with an error",
        verdict="broken",
        findings=("smtp.starttls-refused",),
        effects=CLEAR_OR_REFUSED,
        mail_hosts=(
            MailHost(servers=(MailServer(starttls_reply="454 4.7.0 TLS not available\r\n"),)),
        ),
        attack=Attack(
            title="STARTTLS refused",
            plain=_CLEAR,
            mta_sts=_REFUSED,
            result_type="starttls-not-supported",
        ),
    ),
    Situation(
        name="forged-mx",
        sentence="The MX answer is forged: it names the attacker's host, whose certificate is good",
        verdict="broken",
        findings=("sts.mx.none-covered", "sts.mx.unused-pattern"),
        effects=REFUSED,
        mail_hosts=_FORGED,
        attack=Attack(
            title="DNS spoofing of the MX answer",
            plain=_STOLEN,
            mta_sts=_REFUSED,
            result_type="validation-failure",
        ),
    ),
    Situation(
        name="mitm-self-signed",
        sentence="A man in the middle shows a self-signed certificate for the right name",
        verdict="broken",
        findings=("smtp.cert.self-signed",),
        effects=REFUSED,
        mail_hosts=_in_the_middle(Cert(issuer="self")),
        attack=Attack(
            title="Man in the middle, self-signed",
            plain=_STOLEN,
            mta_sts=_REFUSED,
            result_type="certificate-not-trusted",
        ),
    ),
    Situation(
        name="mitm-other-name",
        sentence="A man in the middle shows a good certificate for a name of his own",
        verdict="broken",
        findings=("smtp.cert.name-mismatch",),
        effects=REFUSED,
        mail_hosts=_in_the_middle(Cert(names=("mx.attacker.test",))),
        attack=Attack(
            title="Man in the middle, other name",
            plain=_STOLEN,
            mta_sts=_REFUSED,
            result_type="certificate-host-mismatch",
        ),
    ),
    Situation(
        name="mitm-other-ca",
        sentence="A man in the middle shows a certificate for the right name by a CA of his own",
        verdict="broken",
        findings=("smtp.cert.untrusted",),
        effects=REFUSED,
        mail_hosts=_in_the_middle(Cert(issuer="untrusted", sent="chain-and-root")),
        attack=Attack(
            title="Man in the middle, other CA",
            plain=_STOLEN,
            mta_sts=_REFUSED,
            result_type="certificate-not-trusted",
        ),
    ),
    Situation(
        name="expired",
        sentence="A certificate that expired three days ago, perhaps with a key stolen long ago",
        verdict="broken",
        findings=("smtp.cert.expired",),
        effects=REFUSED,
        mail_hosts=_in_the_middle(Cert(begins=-93, ends=-3)),
        attack=Attack(
            title="Expired certificate",
            plain=_STOLEN,
            mta_sts=_REFUSED,
            result_type="certificate-expired",
        ),
    ),
    Situation(
        name="injection",
        sentence="Bytes in clear behind the 220 to STARTTLS (CVE-2011-0411 and its kin)",
        verdict="broken",
        findings=("smtp.injection",),
        effects=Effects(plain=None, mta_sts="refused", dane=None),
        mail_hosts=(MailHost(servers=(MailServer(injected=b"250 injected in clear\r\n"),)),),
        attack=Attack(
            title="Response injection before TLS",
            plain="may take what was injected for the server's word",
            mta_sts=_REFUSED,
            result_type="validation-failure",
        ),
    ),
    Situation(
        name="dane-mitm",
        sentence="A man in the middle has a good certificate for the name; TLSA does not match",
        verdict="broken",
        findings=("dane.present", "dane.mismatch"),
        effects=Effects(mta_sts="authenticated", dane="refused"),
        secure=True,
        mail_hosts=(
            MailHost(servers=(MailServer(tls=Tls(), attacker=True),), tlsa=(Tlsa(of="nobody"),)),
        ),
        attack=Attack(
            title="Man in the middle with a mis-issued certificate",
            plain=_STOLEN,
            mta_sts="delivers to the attacker, unless it follows DANE too",
            result_type="tlsa-invalid",
        ),
    ),
)
