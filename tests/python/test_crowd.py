# SPDX-License-Identifier: MIT
"""The crowd of the laboratory is what it declares: by a client of its own, and by a scan."""

from __future__ import annotations

from collections.abc import Iterator

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import pytest

import mxseal
from mxseal.lab import Lab
from mxseal.lab.crowd import KINDS, Crowd

SIZE = 1000  # each kind as often as its share


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab((), crowd=SIZE) as running:
        yield running


def asked(
    lab: Lab, name: str, rdtype: str, *, tcp: bool = False, resolver: str = ""
) -> dns.message.Message:
    address, _, port = (resolver or lab.resolver).rpartition(":")
    query = dns.message.make_query(name, rdtype, want_dnssec=True)
    ask = dns.query.tcp if tcp else dns.query.udp
    return ask(query, address, port=int(port), timeout=10)


def records(answer: dns.message.Message) -> list[str]:
    return [record.to_text() for rrset in answer.answer for record in rrset]


def domain_of(lab: Lab, sentence: str) -> str:
    return next(
        each for each in lab.crowd.domains if lab.crowd.situation(each).sentence == sentence
    )


def test_shares_are_of_a_thousand_and_kept(lab: Lab) -> None:
    assert sum(kind.share for kind in KINDS) == SIZE
    sentences = [lab.crowd.situation(each).sentence for each in lab.crowd.domains]
    assert [sentences.count(kind.of.sentence) for kind in KINDS] == [k.share for k in KINDS]


@pytest.mark.parametrize("tcp", [False, True])
def test_its_names_are_answered(lab: Lab, tcp: bool) -> None:
    domain = domain_of(lab, "As it should be, with a host of its own")
    assert records(asked(lab, domain, "MX", tcp=tcp)) == [f"10 mx.{domain}."]
    [loud] = records(asked(lab, domain.upper(), "MX", tcp=tcp))
    assert loud.lower() == f"10 mx.{domain}."
    assert records(asked(lab, f"_mta-sts.{domain}", "TXT", tcp=tcp)) == [
        '"v=STSv1; id=20260114090000;"'
    ]
    assert records(asked(lab, f"_smtp._tls.{domain}", "TXT", tcp=tcp)) != []
    assert records(asked(lab, f"mta-sts.{domain}", "A", tcp=tcp)) != []
    [host] = records(asked(lab, f"mx.{domain}", "A", tcp=tcp))
    assert host.startswith("127.")


def test_what_is_not_there_is_said_so(lab: Lab) -> None:
    """With a start of authority, so that it can be kept (RFC 2308 §5)."""
    plain = domain_of(lab, "At the largest provider")
    nothing = domain_of(lab, "It is in the list and not in DNS")
    for name, rdtype, rcode in (
        (plain, "TXT", dns.rcode.NOERROR),
        (f"_mta-sts.{plain}", "TXT", dns.rcode.NXDOMAIN),
        (f"mx.{plain}", "A", dns.rcode.NXDOMAIN),
        (nothing, "MX", dns.rcode.NXDOMAIN),
        (f"crowd-{SIZE + 1:06}.test", "MX", dns.rcode.NXDOMAIN),
    ):
        answer = asked(lab, name, rdtype)
        assert (answer.rcode(), answer.answer) == (rcode, []), name
        assert [each.rdtype for each in answer.authority] == [dns.rdatatype.SOA], name
    assert records(asked(lab, domain_of(lab, "Null MX"), "MX")) == ["0 ."]
    assert records(asked(lab, domain_of(lab, "Only a TXT record"), "TXT")) == ['"x"']


def test_answers_have_what_the_question_asked_for(lab: Lab) -> None:
    answer = asked(lab, lab.crowd.domains[0], "MX")
    assert answer.edns == 0
    assert answer.flags & (dns.flags.RA | dns.flags.RD | dns.flags.AD) == (
        dns.flags.RA | dns.flags.RD
    )
    refused = asked(lab, lab.crowd.domains[0], "MX", resolver=lab.resolvers["refusing"])
    assert refused.rcode() == dns.rcode.REFUSED


def test_a_crowd_stands_beside_the_situations() -> None:
    with Lab(crowd=10) as both:
        names = "mx1.enforce.test", *(f"mx{number}.giant-mail.test" for number in (1, 2))
        addresses = [address for name in names for address in both.addresses(name)]
        assert len(set(addresses)) == 3


def test_a_crowd_has_a_size() -> None:
    assert Crowd(0, "127.0.0.1", "127.0.0.1").domains == []
    for size in (-1, 1_000_000):
        with pytest.raises(ValueError, match="a crowd of 0 to 999,999 domains"):
            Crowd(size, "127.0.0.1", "127.0.0.1")


def test_a_scan_says_of_each_what_is_declared(lab: Lab) -> None:
    """Shared hosts are asked once; those of a domain's own share an address, told by SNI."""
    before = lab.connections
    scan = mxseal.scan(
        lab.crowd.domains,
        resolver=lab.resolver,
        smtp_port=lab.smtp_port,
        https_port=lab.https_port,
        ca_file=str(lab.ca_file),
        allow_private=True,
        concurrency=100,
    )
    wrong = []
    for row in scan.to_arrow().to_pylist():
        situation = lab.crowd.situation(row["domain"])
        found = {finding["code"] for finding in row["findings"]} - set(situation.tolerated)
        seen = row["verdict"], found, row["effects"]["mta_sts"]
        declared = situation.verdict, set(situation.findings), situation.effects.mta_sts
        if seen[:2] != declared[:2] or declared[2] not in (None, seen[2]):
            wrong.append((situation.sentence, seen, declared))
    assert wrong == []
    taken = lab.connections - before
    shared = {
        lab.addresses(situation.absolute(host.name))
        for situation in map(lab.crowd.situation, lab.crowd.domains)
        for host in situation.mail_hosts
        if host.name.endswith(".")
    }
    assert {taken[address] for (address,) in shared} == {1}
