# SPDX-License-Identifier: MIT
"""The resolver of the laboratory: answers by UDP and TCP for all its domains, and for no others.

It plays a validating resolver: the AD bit where every link of the way is secure and the question
asked for it, SERVFAIL where validation fails, the data all the same where CD is set (RFC 4035
§3.2.2, 3.2.3; RFC 6840 §5.7). ``plain`` plays one that validates nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Literal, cast

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from mxseal.lab.crowd import Crowd
from mxseal.lab.model import SOA, Answer
from mxseal.lab.stream import Stream

Kind = Literal["validating", "plain", "refusing"]

_CHAIN_MOST = 12  # links, the bound of resolvers
_UDP_LEAST = 512  # bytes, without EDNS (RFC 1035 §4.2.1)


@dataclass
class _Node:
    answers: dict[int, Answer] = field(default_factory=dict)


class Names:
    """All names of the laboratory and what there is to say about them."""

    def __init__(self) -> None:
        self._nodes: dict[dns.name.Name, _Node] = {}
        self._above: set[dns.name.Name] = set()  # of a name that exists (RFC 8020)
        self._secure: set[dns.name.Name] = set()
        self._secure_alone: set[dns.name.Name] = set()

    def add(self, name: str, rdtype: str, answer: Answer) -> None:
        """The answer to one question; what was there for it before is replaced.

        A CNAME takes the place of all that there was (RFC 1034 §3.6.2).
        """
        owner = _absolute(name)
        node = self._nodes.setdefault(owner, _Node())
        if rdtype == "CNAME":
            node.answers.clear()
        node.answers[dns.rdatatype.from_text(rdtype)] = answer
        while owner != dns.name.root:
            owner = owner.parent()
            self._above.add(owner)

    def secure(self, domain: str) -> None:
        """The domain and all below it is DNSSEC-secure."""
        self._secure.add(_absolute(domain))

    def secure_alone(self, name: str) -> None:
        """The name is DNSSEC-secure, what is below it is not."""
        self._secure_alone.add(_absolute(name))

    def is_secure(self, name: dns.name.Name) -> bool:
        """Whether what is said of the name is secure."""
        return name in self._secure_alone or any(
            name.is_subdomain(domain) for domain in self._secure
        )

    def exists(self, name: dns.name.Name) -> bool:
        """Whether the name or one below it is there."""
        return name in self._nodes or name in self._above

    def find(self, name: dns.name.Name, rdtype: int) -> tuple[Answer | None, bool]:
        """The answer for a name and type; and whether it is a CNAME instead."""
        node = self._nodes.get(name)
        if node is None:
            return None, False
        if rdtype in node.answers:
            return node.answers[rdtype], False
        cname = node.answers.get(dns.rdatatype.CNAME)
        return cname, cname is not None


def _absolute(name: str) -> dns.name.Name:
    return dns.name.from_text(name).canonicalize()


@dataclass
class _Reply:
    """A reply in the making; None for its message is silence."""

    message: dns.message.Message | None
    by_tcp: bool = False


class Resolver:
    """Answers questions out of names."""

    def __init__(self, names: Names, kind: Kind, crowd: Crowd) -> None:
        self._names = names
        self._kind = kind
        self._crowd = crowd

    def reply(self, wire: bytes, over_udp: bool) -> bytes | None:
        """The answer to one message; None where there is none to give."""
        if self._kind != "refusing" and (known := self._crowd.reply(wire)) is not None:
            return known
        try:
            query = dns.message.from_wire(wire)
        except (dns.exception.DNSException, ValueError):
            return None
        if query.flags & dns.flags.QR or len(query.question) != 1:
            return None
        reply = self._answer(query)
        if reply.message is None:
            return None
        most = max(query.payload, _UDP_LEAST) if over_udp else 65535
        if not (over_udp and reply.by_tcp):
            encoded = reply.message.to_wire(max_size=65535, want_shuffle=False)
            if len(encoded) <= most:
                return encoded
        short = dns.message.make_response(query, recursion_available=True)
        short.flags |= dns.flags.TC
        return short.to_wire()

    def _answer(self, query: dns.message.QueryMessage | dns.message.Message) -> _Reply:
        message = dns.message.make_response(query, recursion_available=True)
        message.flags &= ~dns.flags.AD
        if self._kind == "refusing":
            message.set_rcode(dns.rcode.REFUSED)
            return _Reply(message)
        question = query.question[0]
        unchecked = bool(query.flags & dns.flags.CD) or self._kind == "plain"
        reply = _Reply(message)
        name = question.name
        secure = True
        by_the_way: set[dns.name.Name] = set()
        for _ in range(_CHAIN_MOST):
            known = name.canonicalize()
            secure = secure and self._names.is_secure(known)
            answer, is_cname = self._names.find(known, question.rdtype)
            if answer is None:
                if not self._names.exists(known):
                    message.set_rcode(dns.rcode.NXDOMAIN)
                message.authority.append(_soa(known))
                break
            failure = answer.failure
            if failure == "bogus" and unchecked:
                failure, secure = None, False
            if failure == "silent":
                return _Reply(None)
            if failure:
                wrong = dns.message.make_response(query, recursion_available=True)
                wrong.flags &= ~dns.flags.AD
                wrong.set_rcode(dns.rcode.REFUSED if failure == "refused" else dns.rcode.SERVFAIL)
                return _Reply(wrong)
            reply.by_tcp = reply.by_tcp or answer.by_tcp
            rdtype = dns.rdatatype.CNAME if is_cname else question.rdtype
            message.answer.append(_rrset(name, rdtype, answer))
            if not is_cname:
                break
            by_the_way.add(known)
            name = dns.name.from_text(answer.records[0])
            if name.canonicalize() in by_the_way:
                break  # a loop: shown as far as it goes
        wanted = query.flags & dns.flags.AD or query.ednsflags & dns.flags.DO
        if secure and wanted and not unchecked:
            message.flags |= dns.flags.AD
        return reply


def _rrset(name: dns.name.Name, rdtype: int, answer: Answer) -> dns.rrset.RRset:
    kind = dns.rdatatype.RdataType(rdtype)
    if kind == dns.rdatatype.TLSA:
        # As bytes: dnspython would refuse digests of a wrong length, which are wanted here.
        rdatas: list[dns.rdata.Rdata] = [
            dns.rdata.GenericRdata(dns.rdataclass.IN, kind, _tlsa_data(each))
            for each in answer.records
        ]
        return dns.rrset.from_rdata_list(name, answer.ttl, rdatas)
    return dns.rrset.from_text_list(name, answer.ttl, "IN", kind, list(answer.records))


def _tlsa_data(record: str) -> bytes:
    """The rdata of a TLSA record (RFC 6698 §2.1)."""
    usage, selector, matching, data = record.split(" ")
    return bytes((int(usage), int(selector), int(matching))) + bytes.fromhex(data)


def _soa(name: dns.name.Name) -> dns.rrset.RRset:
    """The start of authority of the domain below ``test`` that the name lies in."""
    zone = dns.name.Name(name.labels[-3:]) if len(name.labels) > 2 else dns.name.root
    return dns.rrset.from_text(zone, 60, "IN", "SOA", SOA)


class UdpServer(asyncio.DatagramProtocol):
    """A resolver's UDP side."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps what answers are sent by."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answers, or does not."""
        answer = self._resolver.reply(data, over_udp=True)
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer, addr)


async def serve_tcp(resolver: Resolver, stream: Stream) -> None:
    """A resolver's TCP side: any number of questions on one connection (RFC 7766 §6.2.1)."""
    data = b""
    while piece := await stream.read():
        data += piece
        while len(data) >= 2 and len(data) >= 2 + (length := int.from_bytes(data[:2], "big")):
            question, data = data[2 : 2 + length], data[2 + length :]
            answer = resolver.reply(question, over_udp=False)
            if answer is not None:
                await stream.send(len(answer).to_bytes(2, "big") + answer)
