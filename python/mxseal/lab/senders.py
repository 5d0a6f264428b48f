# SPDX-License-Identifier: MIT
"""A sender that checks nothing: opportunistic TLS as most mail is sent today (RFC 7435).

It shows what an attack gains. It takes the MX records as they come, STARTTLS where it is offered,
any certificate, and goes on in clear where there is no TLS.
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from typing import Literal

import dns.exception
import dns.resolver

from mxseal.lab.world import Lab

_SECONDS = 5.0
_FROM = "alice@sender.test"


@dataclass(frozen=True)
class Outcome:
    """What became of a mail.

    Attributes:
        result: delivered over TLS, delivered in clear, or kept.
        host: the MX host that took it; empty where none did.
        stolen: an attacker took it.
    """

    result: Literal["encrypted", "clear", "kept"]
    host: str = ""
    stolen: bool = False


def send_plainly(lab: Lab, domain: str) -> Outcome:
    """Sends one mail to the postmaster of a domain of the laboratory.

    Args:
        lab: running.
        domain: the recipient's.
    """
    resolver = _resolver(lab)
    for host in _mail_hosts(resolver, domain):
        for address in _addresses(resolver, host):
            for encrypt in (True, False):
                before = len(lab.deliveries)
                if _deliver(address, lab.smtp_port, f"postmaster@{domain}", encrypt):
                    delivery = lab.deliveries[before]
                    result: Literal["encrypted", "clear"] = (
                        "encrypted" if delivery.encrypted else "clear"
                    )
                    return Outcome(result, host, delivery.attacker)
    return Outcome("kept")


def _resolver(lab: Lab) -> dns.resolver.Resolver:
    address, _, port = lab.resolver.rpartition(":")
    resolver = dns.resolver.Resolver(configure=False)
    resolver.port = int(port)  # first: naming the servers takes it over
    resolver.nameservers = [address]
    resolver.lifetime = _SECONDS
    return resolver


def _mail_hosts(resolver: dns.resolver.Resolver, domain: str) -> list[str]:
    """In the order of preference; the domain itself where there is no MX (RFC 5321 §5.1)."""
    try:
        answer = resolver.resolve(f"{domain}.", "MX", search=False)
    except dns.resolver.NoAnswer:
        return [domain]
    except dns.exception.DNSException:
        return []
    hosts = sorted((record.preference, str(record.exchange)) for record in answer)
    return [host.rstrip(".") for _, host in hosts if host != "."]


def _addresses(resolver: dns.resolver.Resolver, host: str) -> list[str]:
    found = []
    for rdtype in ("AAAA", "A"):
        try:
            found += [str(each) for each in resolver.resolve(f"{host}.", rdtype, search=False)]
        except dns.exception.DNSException:
            continue
    return found


def _deliver(address: str, port: int, recipient: str, encrypt: bool) -> bool:
    """One try, with STARTTLS where it is offered, or in clear."""
    any_certificate = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    any_certificate.check_hostname = False
    any_certificate.verify_mode = ssl.CERT_NONE
    message = f"From: {_FROM}\r\nTo: {recipient}\r\nSubject: confidential\r\n\r\nThe plans.\r\n"
    try:
        with smtplib.SMTP(address, port, "sender.test", _SECONDS) as session:
            session.ehlo()
            if encrypt and session.has_extn("starttls"):
                session.starttls(context=any_certificate)
            session.sendmail(_FROM, [recipient], message)
    except (OSError, smtplib.SMTPException):
        return False
    return True
