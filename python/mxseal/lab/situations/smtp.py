# SPDX-License-Identifier: MIT
"""MX hosts: connection, SMTP, STARTTLS, handshake (RFC 5321, RFC 3207)."""

from __future__ import annotations

from typing import Any

from mxseal.lab.model import (
    Effects,
    MailHost,
    MailServer,
    Options,
    Situation,
    Tls,
    policy,
)
from mxseal.lab.situations.common import CLEAR, CLEAR_OR_REFUSED, UNSEEN

_CLIENT_CLOSES = 30  # seconds, the whole time for an address


def _unseen(name: str, sentence: str, code: str, server: MailServer, **more: Any) -> Situation:
    return Situation(
        name=f"smtp-{name}",
        sentence=f"MX host: {sentence}",
        verdict="inconclusive",
        findings=(code,),
        effects=UNSEEN,
        mail_hosts=(MailHost(servers=(server,)),),
        **more,
    )


def _refused(
    name: str, sentence: str, code: str, server: MailServer, effects: Effects = CLEAR_OR_REFUSED
) -> Situation:
    return Situation(
        name=f"smtp-{name}",
        sentence=f"MX host: {sentence}",
        verdict="broken",
        findings=(code,),
        effects=effects,
        mail_hosts=(MailHost(servers=(server,)),),
    )


def _good(name: str, sentence: str, code: str, server: MailServer, **more: Any) -> Situation:
    return Situation(
        name=f"smtp-{name}",
        sentence=f"MX host: {sentence}",
        findings=(code,),
        mail_hosts=(MailHost(servers=(server,)),),
        **more,
    )


_BLACK_HOLE = MailServer(listen="drop")
_OPEN = Effects(plain=None, mta_sts="refused", dane=None)

SITUATIONS = (
    _unseen(
        "refused", "refuses the connection", "smtp.connect-refused", MailServer(listen="refuse")
    ),
    Situation(
        name="smtp-nolisting",
        sentence="The first MX host refuses every connection, the second is good (nolisting)",
        findings=("smtp.connect-refused",),
        effects=Effects(plain=None, mta_sts="authenticated", dane=None),
        policy=policy("*.{domain}"),
        mail_hosts=(
            MailHost(servers=(MailServer(listen="refuse"),)),
            MailHost(name="mx2", preference=20),
        ),
    ),
    _unseen("black-hole", "a black hole", "smtp.timeout", _BLACK_HOLE, patience=5),
    _unseen(
        "mute",
        "takes the connection and says nothing",
        "smtp.timeout",
        MailServer(greeting=""),
        patience=30,
    ),
    Situation(
        name="smtp-not-asked",
        sentence="A good domain, checked without asking port 25",
        verdict="inconclusive",
        findings=("smtp.not-probed",),
        effects=UNSEEN,
        options=Options(probe=False),
    ),
    Situation(
        name="smtp-port-blocked",
        sentence="Nothing answers on port 25 in two networks, the policy host does: a blocked port",
        verdict="inconclusive",
        findings=("smtp.port-blocked",),
        effects=UNSEEN,
        policy=policy("*.{domain}"),
        mail_hosts=(
            MailHost(servers=(_BLACK_HOLE,)),
            MailHost(name="mx2", servers=(MailServer(listen="drop", far=True),)),
        ),
        options=Options(alone=True),
        patience=5,
    ),
    _unseen(
        "banner-4xx",
        "greets with 421",
        "smtp.banner-4xx",
        MailServer(greeting="421 4.3.2 {host} too busy\r\n"),
    ),
    _unseen(
        "banner-5xx",
        "greets with 554",
        "smtp.banner-5xx",
        MailServer(greeting="554 5.7.1 {host} not for you\r\n"),
    ),
    _unseen(
        "ssh", "SSH on port 25", "smtp.protocol", MailServer(greeting="SSH-2.0-OpenSSH_9.2\r\n")
    ),
    _unseen(
        "endless-line",
        "a greeting without end",
        "smtp.protocol",
        MailServer(greeting="220-", endless=b"x" * 1000),
    ),
    _unseen(
        "endless-lines",
        "a greeting of lines without number",
        "smtp.protocol",
        MailServer(greeting="220-{host}\r\n", endless=b"220-and more\r\n" * 50),
    ),
    _good(
        "postscreen",
        "greets after three seconds, in two lines",
        "smtp.greeting-delay",
        MailServer(greeting="220-{host} please wait\r\n220 {host} ESMTP\r\n", greeting_delay=3),
        patience=3,
    ),
    _unseen(
        "tarpit",
        "a byte every second",
        "smtp.tarpit",
        MailServer(pace=1),
        patience=_CLIENT_CLOSES,
    ),
    _refused(
        "no-ehlo",
        "does not understand EHLO",
        "smtp.ehlo-rejected",
        MailServer(ehlo="502 5.5.1 Not implemented\r\n"),
    ),
    _refused(
        "no-starttls", "offers no STARTTLS", "smtp.starttls-missing", MailServer(starttls=False)
    ),
    Situation(
        name="smtp-no-starttls-testing",
        sentence="MX host: offers no STARTTLS, under mode testing",
        verdict="testing",
        findings=("smtp.starttls-missing", "sts.policy.mode-testing"),
        effects=CLEAR,
        policy=policy(mode="testing"),
        mail_hosts=(MailHost(servers=(MailServer(starttls=False),)),),
    ),
    _refused(
        "handshake",
        "answers the handshake with an alert",
        "smtp.tls.handshake-failed",
        MailServer(tls=Tls(broken="alert")),
    ),
    _refused(
        "old-tls",
        "speaks only TLS 1.0 and 1.1",
        "smtp.tls.version-old",
        MailServer(tls=Tls(old=True)),
        _OPEN,
    ),
    _unseen(
        "mute-handshake",
        "is silent in the handshake",
        "smtp.timeout",
        MailServer(tls=Tls(broken="silence")),
        patience=30,
    ),
    _good(
        "sni-needed",
        "the right certificate comes only with SNI",
        "smtp.tls.sni-needed",
        MailServer(tls=Tls(sni="needed")),
    ),
    _refused(
        "sni-rejected",
        "refuses the SNI of its own name",
        "smtp.tls.sni-rejected",
        MailServer(tls=Tls(sni="rejected")),
        _OPEN,
    ),
    _good(
        "sni-required",
        "no handshake without SNI",
        "smtp.tls.sni-required",
        MailServer(tls=Tls(sni="required")),
    ),
    Situation(
        name="smtp-one-down",
        sentence="One of two addresses of the MX host refuses, the other is good",
        findings=("smtp.connect-refused",),
        effects=Effects(plain=None, mta_sts=None, dane=None),
        mail_hosts=(MailHost(servers=(MailServer(listen="refuse"), MailServer())),),
    ),
)
