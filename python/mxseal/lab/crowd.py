# SPDX-License-Identifier: MIT
"""A crowd: any number of domains at a few mail providers, for scans.

``crowd-000001.test`` and so on. A domain's number says of which kind it is, in the shares below.
Kinds are declared like situations; their DNS answers are bytes that are made once, and only the
question is put in, since a scan asks three questions a domain.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, replace
from typing import Any

import dns.name
import dns.rcode
import dns.rdata
import dns.rdatatype

from mxseal.lab.model import (
    GOOD_TLS,
    GOOD_TLSRPT,
    SOA,
    Cert,
    MailHost,
    MailServer,
    PolicyHost,
    Response,
    Situation,
    policy,
    server,
    shows,
)
from mxseal.lab.situations.common import (
    CLEAR,
    NO_EFFECT,
    NO_MAIL,
    REFUSED,
    plain_domain,
    useless,
)

MOST = 999_999  # domains

# ------------------------------------------------------------------------------------ the providers
_GIANT = (
    MailHost(name="mx1.giant-mail.test."),
    MailHost(name="mx2.giant-mail.test.", preference=20),
)
_OFFICE = (MailHost(name="in.office-mail.test."),)
_WEB = (MailHost(name="mail.webhost.test.", servers=(server(Cert(issuer="self")),)),)
_OLD = (MailHost(name="mx.old-hoster.test.", servers=(server(Cert(begins=-130, ends=-40)),)),)
_CLEAR = (MailHost(name="mx.clear-mail.test.", servers=(MailServer(starttls=False),)),)
_OWN = (MailHost(name="mx"),)  # a host of each domain's own

_DAY = 86_400  # seconds
_GIANTS_POLICY = policy("*.giant-mail.test", max_age=7 * _DAY)
_OFFICE_POLICY = policy("in.office-mail.test", max_age=7 * _DAY)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Domains that are alike.

    Attributes:
        share: how many of a thousand domains.
        of: what each of them is, with {domain} for its name.
        exists: its name does.
    """

    share: int
    of: Situation
    exists: bool = True


def _plain(sentence: str, hosts: tuple[MailHost, ...], *findings: str, **more: Any) -> Situation:
    return plain_domain(
        name="crowd", sentence=sentence, mail_hosts=hosts, findings=findings, **more
    )


def _no_mail(sentence: str, code: str, **zone: str) -> Situation:
    return _plain(
        sentence,
        (),
        code,
        verdict="no-mail",
        effects=NO_MAIL,
        zone={("@", rdtype): record for rdtype, record in zone.items()},
    )


_ONLY_REPORTS = replace(
    _plain("TLS-RPT without MTA-STS", _GIANT),
    findings=("sts.dns.none", "rpt.rpt-without-sts-or-dane"),
    tlsrpt=(GOOD_TLSRPT,),
)


KINDS = (
    # ------------------------------------------------------------------------------ without MTA-STS
    Kind(share=120, exists=False, of=_no_mail("It is in the list and not in DNS", "mx.none")),
    Kind(share=60, of=_no_mail("Null MX", "mx.null", MX="0 .")),
    Kind(share=20, of=_no_mail("Only a TXT record", "mx.none", TXT='"x"')),
    Kind(share=370, of=_plain("At the largest provider", _GIANT)),
    Kind(share=200, of=_plain("At the second largest", _OFFICE)),
    Kind(share=90, of=_plain("Where it has its web site", _WEB, "smtp.cert.self-signed")),
    Kind(share=40, of=_plain("Where nobody looks any more", _OLD, "smtp.cert.expired")),
    Kind(
        share=30,
        of=_plain("At a provider without TLS", _CLEAR, "smtp.starttls-missing", effects=CLEAR),
    ),
    Kind(share=10, of=_plain("A host of its own", _OWN)),
    Kind(share=20, of=_ONLY_REPORTS),
    # --------------------------------------------------------------------------------- with MTA-STS
    Kind(
        share=12,
        of=Situation(
            name="crowd",
            sentence="As it should be",
            policy=_GIANTS_POLICY,
            mail_hosts=_GIANT,
        ),
    ),
    Kind(
        share=5,
        of=Situation(
            name="crowd",
            sentence="As it should be, with a host of its own",
            policy=policy("mx.{domain}"),
            mail_hosts=_OWN,
        ),
    ),
    Kind(
        share=9,
        of=Situation(
            name="crowd",
            sentence="Still testing",
            verdict="testing",
            findings=("sts.policy.mode-testing",),
            effects=NO_EFFECT,
            policy=policy("in.office-mail.test", mode="testing", max_age=_DAY),
            mail_hosts=_OFFICE,
        ),
    ),
    Kind(
        share=3,
        of=Situation(
            name="crowd",
            sentence="Moved to another provider, and the policy was forgotten",
            verdict="broken",
            findings=("sts.mx.none-covered", "sts.mx.unused-pattern"),
            effects=REFUSED,
            policy=_GIANTS_POLICY,
            mail_hosts=_OFFICE,
        ),
    ),
    Kind(
        share=2,
        of=Situation(
            name="crowd",
            sentence="The provider's certificate is nobody's",
            verdict="broken",
            findings=("smtp.cert.self-signed",),
            effects=REFUSED,
            policy=policy("mail.webhost.test", max_age=30 * _DAY),
            mail_hosts=_WEB,
        ),
    ),
    Kind(
        share=4,
        of=useless(
            name="crowd",
            sentence="The policy is not there",
            code="sts.http.not-found",
            policy_host=PolicyHost(response=Response(status="404 Not Found", body=b"no\n")),
            mail_hosts=_GIANT,
        ),
    ),
    Kind(
        share=3,
        of=useless(
            name="crowd",
            sentence="The certificate of the policy host has ended",
            code="sts.cert.expired",
            policy_host=PolicyHost(tls=shows(Cert(begins=-93, ends=-3))),
            policy=_OFFICE_POLICY,
            mail_hosts=_OFFICE,
        ),
    ),
    Kind(
        share=2,
        of=useless(
            name="crowd",
            sentence="A record without id",
            code="sts.dns.id-missing",
            record=('"v=STSv1;"',),
            policy_host=None,
            mail_hosts=_OFFICE,
        ),
    ),
)
_ALL = sum(kind.share for kind in KINDS)
_STEP = 617  # has no divisor in common with _ALL: neighbours differ, and the shares are kept

# A question for one of its names, as it lies in a message behind the header.
_QUESTION = re.compile(
    rb"(\x08_mta-sts|\x05_smtp\x04_tls|\x07mta-sts|\x02mx|)\x0ccrowd-(\d{6})\x04test\x00(..)\x00\x01",
    re.DOTALL | re.IGNORECASE,
)
_SOON = ("sts.cert.expires-soon", "smtp.cert.expires-soon")
_NAMES = {
    b"": "@",
    b"\x08_mta-sts": "_mta-sts",
    b"\x05_smtp\x04_tls": "_smtp._tls",
    b"\x07mta-sts": "mta-sts",
    b"\x02mx": "mx",
}
_HEADER = struct.Struct(">HHHHHH")
_RECORD = struct.Struct(">HHHLH")  # name as a pointer, type, class, TTL, length
_POINTER = 0xC000
_QUESTION_AT = _HEADER.size
_RESPONSE = 0x8080  # QR, RA (RFC 1035 §4.1.1)
_RECURSION_DESIRED = 0x0100
_TTL = 3600
_EDNS = b"\x00" + struct.pack(">HHLH", dns.rdatatype.OPT, 1232, 0, 0)  # RFC 6891 §6.1.2


@dataclass(frozen=True)
class _Reply:
    """What follows a question."""

    rcode: int
    answers: int
    authorities: int
    records: bytes


class Crowd:
    """The domains of a crowd, and the answers to questions about them.

    Attributes:
        domains: their names.
    """

    def __init__(self, size: int, mail_address: str, policy_address: str) -> None:
        """Declares them.

        Args:
            size: how many domains, at most 999,999.
            mail_address: where the hosts are that domains have of their own.
            policy_address: where all policy hosts are.
        """
        if not 0 <= size <= MOST:
            raise ValueError(f"a crowd of 0 to {MOST:,} domains")
        self.domains = [f"crowd-{number:06}.test" for number in range(1, size + 1)]
        self._addresses = {"mx": mail_address, "mta-sts": policy_address}
        self._kinds = [kind for kind in KINDS for _ in range(kind.share)]
        self._replies: dict[tuple[int, bytes, bytes], _Reply] = {}

    def situation(self, domain: str) -> Situation:
        """What a domain of the crowd is."""
        number = int(domain.removeprefix("crowd-").removesuffix(".test"))
        situation = replace(self._kind(number).of, domain=domain, tolerated=_SOON)
        # Most renew a month before the end of three; whoever does not meets any day.
        days = number * 37 % 89 + 0.5
        ending = shows(Cert(ends=days if number % 8 == 0 else 30 + days * 2 / 3))
        if situation.policy_host is not None and situation.policy_host.tls == GOOD_TLS:
            host = replace(situation.policy_host, tls=ending)
            situation = replace(situation, policy_host=host)
        if situation.mail_hosts == _OWN:
            own = (MailHost(name="mx", servers=(MailServer(tls=ending),)),)
            situation = replace(situation, mail_hosts=own)
        return situation

    def _kind(self, number: int) -> Kind:
        return self._kinds[number * _STEP % _ALL]

    # ---------------------------------------------------------------------------------------- DNS
    def reply(self, wire: bytes) -> bytes | None:
        """The answer to a message that asks about the crowd; None for any other."""
        found = _QUESTION.match(wire, _QUESTION_AT)
        if found is None or wire[4:6] != b"\x00\x01":
            return None
        name, digits, rdtype = found.groups()
        number = int(digits)
        if not 1 <= number <= len(self.domains):
            return None
        key = number * _STEP % _ALL, name.lower(), rdtype
        reply = self._replies.get(key)
        if reply is None:
            reply = self._replies[key] = self._make_reply(*key)
        question, flags, _, _, _, additional = _HEADER.unpack_from(wire)
        flags = _RESPONSE | flags & _RECURSION_DESIRED | reply.rcode
        header = _HEADER.pack(
            question, flags, 1, reply.answers, reply.authorities, 1 if additional else 0
        )
        edns = _EDNS if additional else b""
        return header + wire[_QUESTION_AT : found.end()] + reply.records + edns

    def _make_reply(self, place: int, name: bytes, rdtype: bytes) -> _Reply:
        kind = self._kinds[place]
        domain_at = _QUESTION_AT + len(name)
        asked = int.from_bytes(rdtype)
        there = self._records(kind, _NAMES[name], domain_at) if kind.exists else {}
        if records := there.get(asked, []):
            packed = [
                _RECORD.pack(_POINTER | _QUESTION_AT, asked, 1, _TTL, len(each)) + each
                for each in records
            ]
            return _Reply(dns.rcode.NOERROR, len(packed), 0, b"".join(packed))
        start = _rdata("SOA", SOA)
        authority = _RECORD.pack(_POINTER | domain_at, dns.rdatatype.SOA, 1, 60, len(start)) + start
        exists = kind.exists and (there or not name)
        rcode = dns.rcode.NOERROR if exists else dns.rcode.NXDOMAIN
        return _Reply(rcode, 0, 1, authority)

    def _records(self, kind: Kind, name: str, domain_at: int) -> dict[int, list[bytes]]:
        """What there is at a name, by type, as it goes over the wire."""
        situation = kind.of
        there: dict[str, list[bytes]] = {}
        if name == "@":
            there["MX"] = [
                host.preference.to_bytes(2) + _host(host.name, domain_at)
                for host in situation.mail_hosts
                if host.preference is not None
            ]
            for (_, rdtype), record in situation.zone.items():
                there[rdtype] = [_rdata(rdtype, str(record))]
        elif name in self._addresses:
            is_there = situation.policy_host if name == "mta-sts" else situation.mail_hosts == _OWN
            there["A"] = [_rdata("A", self._addresses[name])] if is_there else []
        else:
            records = situation.record if name == "_mta-sts" else situation.tlsrpt
            there["TXT"] = [_rdata("TXT", each) for each in records or ()]
        return {dns.rdatatype.from_text(each): data for each, data in there.items() if data}


def _rdata(rdtype: str, text: str) -> bytes:
    data = dns.rdata.from_text("IN", rdtype, text).to_wire()
    assert data is not None  # it is where no file to write into is given
    return data


def _host(name: str, domain_at: int) -> bytes:
    """A host's name, below the domain if it has no final dot."""
    if name.endswith("."):
        wire = dns.name.from_text(name).to_wire()
        assert wire is not None
        return wire
    return bytes([len(name)]) + name.encode() + (_POINTER | domain_at).to_bytes(2)
