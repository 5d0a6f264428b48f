# SPDX-License-Identifier: MIT
"""The laboratory does what it declares, as seen by a client that shares nothing with mxseal."""

from __future__ import annotations

import hashlib
import json
import re
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import lab_client
from mxseal import ParseError, mtasts, tlsrpt
from mxseal._core import check as core
from mxseal.cli import main
from mxseal.lab import Lab, Situation, send_plainly
from mxseal.lab.model import Answer, MailHost, MailServer
from mxseal.lab.situations import SITUATIONS

# What one check can say; what takes two scans (sts.change.*) is not among it.
CODES = """
sts.dns.none sts.dns.multiple sts.dns.bad-version sts.dns.version-not-first
sts.dns.space-before-semicolon sts.dns.wrong-case sts.dns.id-missing sts.dns.id-invalid
sts.dns.bad-extension sts.dns.unknown-field sts.dns.duplicate-field sts.dns.unrelated-txt
sts.dns.at-wrong-name sts.dns.cname sts.dns.cname-dangling sts.dns.cname-loop sts.dns.servfail
sts.dns.timeout sts.dns.dnssec-bogus
sts.host.no-address sts.host.dns-failed sts.host.cname-dangling sts.host.private-address
sts.host.connect-refused sts.host.timeout sts.host.ipv6-broken sts.host.tls-handshake
sts.host.tls-version
sts.cert.expired sts.cert.not-yet-valid sts.cert.name-mismatch sts.cert.self-signed
sts.cert.untrusted sts.cert.incomplete-chain sts.cert.cn-only sts.cert.invalid
sts.cert.alternative-path sts.cert.expires-soon
sts.http.status sts.http.redirect sts.http.not-found sts.http.auth-required sts.http.blocked
sts.http.content-type-wrong sts.http.content-type-missing sts.http.too-large sts.http.too-slow
sts.http.cut-short sts.http.truncated sts.http.content-encoding sts.http.invalid
sts.policy.empty sts.policy.html sts.policy.bom sts.policy.nul sts.policy.not-utf8
sts.policy.line-invalid sts.policy.bare-cr sts.policy.leading-space sts.policy.space-before-colon
sts.policy.key-case sts.policy.version-missing sts.policy.version-invalid sts.policy.mode-missing
sts.policy.mode-invalid sts.policy.max_age-missing sts.policy.max_age-invalid
sts.policy.max_age-out-of-range sts.policy.mx-missing sts.policy.mx-invalid sts.policy.blank-line
sts.policy.extension-invalid sts.policy.unknown-field sts.policy.duplicate-field
sts.policy.max_age-zero sts.policy.max_age-short sts.policy.mode-testing sts.policy.mode-none
sts.policy.mx-duplicate sts.policy.mx-too-wide sts.policy.mx-unregistered
sts.mx.not-covered sts.mx.none-covered sts.mx.wildcard-depth sts.mx.unused-pattern
sts.subdomain.inherit
mx.none mx.null mx.null-with-others mx.timeout mx.servfail mx.dnssec-bogus mx.implicit mx.cname
mx.no-address mx.address-unknown mx.invalid mx.private-address mx.duplicate
smtp.connect-refused smtp.timeout smtp.not-probed smtp.port-blocked smtp.banner-4xx
smtp.banner-5xx smtp.protocol smtp.greeting-delay smtp.tarpit smtp.ehlo-rejected
smtp.starttls-missing smtp.starttls-stripped smtp.starttls-refused smtp.injection
smtp.tls.handshake-failed smtp.tls.version-old smtp.tls.sni-needed smtp.tls.sni-rejected
smtp.tls.sni-required
smtp.cert.expired smtp.cert.not-yet-valid smtp.cert.name-mismatch smtp.cert.self-signed
smtp.cert.untrusted smtp.cert.incomplete-chain smtp.cert.cn-only smtp.cert.invalid
smtp.cert.alternative-path smtp.cert.expires-soon smtp.cert.differs-between-addresses
dane.present dane.not-secure dane.mx-not-secure dane.resolver dane.bogus dane.timeout
dane.mismatch dane.ta-not-sent dane.combination-unmatched dane.unusable dane.record-unusable
dane.full-data dane.partial dane.one-key-type
rpt.none rpt.multiple rpt.servfail rpt.timeout rpt.version rpt.space-before-semicolon
rpt.rua-missing rpt.rua-scheme rpt.rua-invalid rpt.rua-undeliverable rpt.rua-same-domain
rpt.rua-unusable rpt.duplicate-field rpt.unknown-field rpt.trailing-space rpt.invalid
rpt.sts-without-rpt rpt.rpt-without-sts-or-dane
scan.budget scan.resolver-error scan.invalid-domain
""".split()  # noqa: SIM905
# What no domain can show by itself: a check has no block list. A scan has one, and test_cli_scan.py
# (test_the_block_list_of_the_user_is_read) has the finding.
WITHOUT_A_DOMAIN = {"scan.blocked"}
BY_NAME = {each.name: each for each in SITUATIONS}
ATTACKS = [each for each in SITUATIONS if each.attack]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab() as running:
        yield running


def played(lab: Lab, name: str) -> Situation:
    if name in lab.skipped:
        pytest.skip(f"{name}: {lab.skipped[name]}")
    return lab.situation(name)


def codes_of(situation: Situation, *prefixes: str) -> set[str]:
    return {code for code in situation.findings if code.startswith(prefixes)}


# ------------------------------------------------------------------------------------ declarations
@pytest.mark.parametrize("code", CODES)
def test_every_finding_of_a_check_has_a_situation(code: str) -> None:
    assert [each.name for each in SITUATIONS if code in each.findings]


def test_no_situation_expects_an_unknown_finding() -> None:
    expected = {code for each in SITUATIONS for code in (*each.findings, *each.tolerated)}
    assert expected - set(CODES) == set()


def test_every_finding_of_a_check_is_listed() -> None:
    told = {about.code for about in core.findings() if not about.code.startswith("sts.change.")}
    assert set(CODES) == told - WITHOUT_A_DOMAIN


@pytest.mark.parametrize("situation", ATTACKS, ids=lambda each: each.name)
def test_an_attack_has_the_result_type_of_its_finding(situation: Situation) -> None:
    assert situation.attack
    types = {core.explain(code).result_type for code in situation.findings}
    assert situation.attack.result_type in types


def test_names_and_domains_are_each_given_once() -> None:
    assert len(BY_NAME) == len(SITUATIONS)
    assert len({each.domain for each in SITUATIONS}) == len(SITUATIONS)
    assert [
        each.name for each in SITUATIONS if not re.fullmatch(r"[a-z0-9-]{1,63}", each.name)
    ] == []


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.name)
def test_a_declared_verdict_fits_its_effects(situation: Situation) -> None:
    """By the definitions of the verdicts."""
    effects = situation.effects
    if situation.verdict == "protected":
        assert "authenticated" in (effects.mta_sts, effects.dane) or effects.mta_sts is None
    if situation.verdict == "broken":
        assert "refused" in (effects.mta_sts, effects.dane)
    if situation.verdict in ("unprotected", "testing", "misconfigured"):
        assert "authenticated" not in (effects.plain, effects.mta_sts, effects.dane)
        assert "refused" not in (effects.plain, effects.mta_sts, effects.dane)


# --------------------------------------------------------------------------------------------- DNS
def rcode(answer: dns.message.Message) -> str:
    return dns.rcode.to_text(answer.rcode())


def is_authentic(answer: dns.message.Message) -> bool:
    return bool(answer.flags & dns.flags.AD)


def test_a_name_that_is_not_there_is_nxdomain(lab: Lab) -> None:
    answer = lab_client.ask(lab, "no-such-name.enforce.test", "A")
    assert (rcode(answer), answer.answer) == ("NXDOMAIN", [])
    assert answer.authority[0].rdtype == dns.rdatatype.SOA


def test_a_type_that_is_not_there_is_no_data(lab: Lab) -> None:
    answer = lab_client.ask(lab, "enforce.test", "AAAA")
    assert (rcode(answer), answer.answer) == ("NOERROR", [])
    assert answer.authority[0].rdtype == dns.rdatatype.SOA


def test_a_name_with_names_below_it_is_no_data(lab: Lab) -> None:
    """RFC 8020: _tcp.mx1 has no record, _25._tcp.mx1 has."""
    assert rcode(lab_client.ask(lab, "_tcp.mx1.dane-good.test", "A")) == "NOERROR"


def test_names_are_found_in_any_case_and_come_back_as_asked(lab: Lab) -> None:
    answer = lab_client.ask(lab, "EnForce.TEST", "MX")
    assert str(answer.answer[0].name) == "EnForce.TEST."


@pytest.mark.parametrize("tcp", [False, True])
def test_ad_where_it_is_secure_and_asked_for(lab: Lab, tcp: bool) -> None:
    secure = lab_client.ask(lab, "dane-good.test", "MX", tcp=tcp)
    assert is_authentic(secure)
    assert not is_authentic(lab_client.ask(lab, "dane-good.test", "MX", ad=False, tcp=tcp))
    assert not is_authentic(lab_client.ask(lab, "enforce.test", "MX", tcp=tcp))
    assert is_authentic(lab_client.ask(lab, "no-such-name.dane-good.test", "A", tcp=tcp))


def test_a_resolver_that_does_not_validate_gives_no_ad(lab: Lab) -> None:
    answer = lab_client.ask(lab, "dane-good.test", "MX", which="plain")
    assert answer.answer
    assert not is_authentic(answer)
    assert rcode(lab_client.ask(lab, "sts-bogus.test", "MX", which="plain")) == "NOERROR"


def test_one_insecure_link_makes_the_answer_insecure(lab: Lab) -> None:
    """Q63."""
    assert not is_authentic(lab_client.ask(lab, "_mta-sts.sts-cname.test", "TXT"))
    assert is_authentic(lab_client.ask(lab, "_25._tcp.mx1.dane-cname.test", "TLSA"))
    assert not is_authentic(lab_client.ask(lab, "dane-mx-not-secure.test", "MX"))
    assert is_authentic(lab_client.ask(lab, "mx.signed-hosting.test", "A"))


@pytest.mark.parametrize(
    ("name", "rdtype"),
    [
        ("_mta-sts.sts-bogus.test", "TXT"),
        ("mx-bogus.test", "MX"),
        ("_25._tcp.mx1.dane-bogus.test", "TLSA"),
        ("bogus.test", "A"),
        ("dnssec-failed.org", "A"),
    ],
)
def test_bogus_is_servfail_and_an_answer_with_cd(lab: Lab, name: str, rdtype: str) -> None:
    refused = lab_client.ask(lab, name, rdtype)
    assert (rcode(refused), refused.answer) == ("SERVFAIL", [])
    answer = lab_client.ask(lab, name, rdtype, cd=True)
    assert rcode(answer) == "NOERROR"
    assert answer.answer
    assert not is_authentic(answer)


@pytest.mark.parametrize(
    ("name", "rdtype"),
    [
        ("_mta-sts.sts-servfail.test", "TXT"),
        ("mx-servfail.test", "MX"),
        ("mta-sts.host-servfail.test", "A"),
        ("mta-sts.host-servfail.test", "AAAA"),
        ("mx2.mx-address-unknown.test", "A"),
        ("_smtp._tls.rpt-servfail.test", "TXT"),
        ("_25._tcp.mx1.dane-servfail-unsigned.test", "TLSA"),
    ],
)
@pytest.mark.parametrize("cd", [False, True])
def test_servfail_is_servfail_with_cd_too(lab: Lab, name: str, rdtype: str, cd: bool) -> None:
    assert rcode(lab_client.ask(lab, name, rdtype, cd=cd)) == "SERVFAIL"


@pytest.mark.parametrize(
    ("name", "rdtype"),
    [
        ("_mta-sts.sts-silent.test", "TXT"),
        ("mx-silent.test", "MX"),
        ("_25._tcp.mx1.dane-silent.test", "TLSA"),
        ("_smtp._tls.rpt-timeout.test", "TXT"),
    ],
)
@pytest.mark.parametrize("tcp", [False, True])
def test_silence(lab: Lab, name: str, rdtype: str, tcp: bool) -> None:
    with pytest.raises(dns.exception.Timeout):
        lab_client.ask(lab, name, rdtype, tcp=tcp, seconds=0.3)


def test_the_third_resolver_refuses(lab: Lab) -> None:
    assert rcode(lab_client.ask(lab, "enforce.test", "MX", which="refusing")) == "REFUSED"


@pytest.mark.parametrize(
    ("name", "rdtype"), [("answers-by-tcp.test", "MX"), ("_mta-sts.answers-by-tcp.test", "TXT")]
)
def test_a_truncated_answer_comes_whole_by_tcp(lab: Lab, name: str, rdtype: str) -> None:
    address, _, port = lab.resolver.rpartition(":")
    query = dns.message.make_query(f"{name}.", rdtype)
    cut = dns.query.udp(query, address, 2, int(port))
    assert cut.flags & dns.flags.TC
    assert cut.answer == []
    assert dns.query.tcp(query, address, 2, int(port)).answer


def test_what_is_larger_than_the_client_takes_is_truncated() -> None:
    """RFC 1035 §4.2.1: 512 bytes without EDNS."""
    long = tuple(f'"{letter * 200}"' for letter in "abc")
    wide = Situation(
        name="wide", sentence="Three long TXT records", zone={("@", "TXT"): Answer(records=long)}
    )
    with Lab([wide]) as lab:
        address, _, port = lab.resolver.rpartition(":")
        small = dns.message.make_query("wide.test.", "TXT", use_edns=False)
        cut = dns.query.udp(small, address, 2, int(port))
        assert (bool(cut.flags & dns.flags.TC), cut.answer) == (True, [])
        large = dns.message.make_query("wide.test.", "TXT", use_edns=0, payload=1232)
        assert len(dns.query.udp(large, address, 2, int(port)).answer[0]) == 3
        assert len(dns.query.tcp(small, address, 2, int(port)).answer[0]) == 3


def test_two_questions_on_one_tcp_connection(lab: Lab) -> None:
    address, _, port = lab.resolver.rpartition(":")
    query = dns.message.make_query("enforce.test.", "MX").to_wire()
    with socket.create_connection((address, int(port)), 2) as connection:
        connection.sendall((len(query).to_bytes(2, "big") + query) * 2)
        file = connection.makefile("rb")
        answers = [file.read(int.from_bytes(file.read(2), "big")) for _ in range(2)]
    assert [len(dns.message.from_wire(each).answer) for each in answers] == [1, 1]


@pytest.mark.parametrize("noise", [b"", b"\0", b"\0" * 12, b"\xff" * 40])
def test_noise_is_not_answered_and_breaks_nothing(lab: Lab, noise: bytes) -> None:
    address, _, port = lab.resolver.rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(noise, (address, int(port)))
    assert lab_client.ask(lab, "enforce.test", "MX").answer


def test_a_cname_chain_stands_in_the_answer(lab: Lab) -> None:
    answer = lab_client.ask(lab, "_mta-sts.sts-cname.test", "TXT")
    assert [dns.rdatatype.to_text(each.rdtype) for each in answer.answer] == ["CNAME", "TXT"]
    assert str(answer.answer[1].name) == "_mta-sts.enforce.test."


def test_a_dangling_cname_is_nxdomain_behind_it(lab: Lab) -> None:
    for name in ("_mta-sts.sts-cname-dangling.test", "mta-sts.host-dangling.test"):
        answer = lab_client.ask(lab, name, "A")
        assert rcode(answer) == "NXDOMAIN"
        assert [dns.rdatatype.to_text(each.rdtype) for each in answer.answer] == ["CNAME"]


def test_a_cname_loop_is_shown(lab: Lab) -> None:
    answer = lab_client.ask(lab, "_mta-sts.sts-cname-loop.test", "TXT")
    assert rcode(answer) == "NOERROR"
    assert [dns.rdatatype.to_text(each.rdtype) for each in answer.answer] == ["CNAME", "CNAME"]


@pytest.mark.parametrize("name", [".", "org", "signed.test"])
def test_a_resolver_can_be_tested_whether_it_validates(lab: Lab, name: str) -> None:
    asked = name.removesuffix(".")
    assert is_authentic(lab_client.ask(lab, asked, "SOA"))
    assert not is_authentic(lab_client.ask(lab, asked, "SOA", which="plain"))
    assert lab_client.ask(lab, "dnssec-failed.org", "A", which="plain").answer


@pytest.mark.parametrize(
    ("name", "exchanges"),
    [
        ("enforce", ["10 mx1.enforce.test."]),
        ("mx-none", []),
        ("mx-null", ["0 ."]),
        ("mx-null-and-others", ["0 .", "10 mx1.mx-null-and-others.test."]),
        ("mx-implicit", []),
        ("mx-is-address", ["10 mx1.mx-is-address.test.", "20 192.0.2.1."]),
        ("mx-duplicate", ["10 mx1.mx-duplicate.test.", "20 mx1.mx-duplicate.test."]),
        ("forged-mx", ["10 mx.attacker.test."]),
        ("mx-too-deep", ["10 mx1.mx-too-deep.test.", "20 mx2.office.mx-too-deep.test."]),
    ],
)
def test_mx_records(lab: Lab, name: str, exchanges: list[str]) -> None:
    assert sorted(lab_client.records(lab, f"{name}.test", "MX")) == exchanges


def test_addresses_are_there_or_not(lab: Lab) -> None:
    assert lab_client.addresses(lab, "mx-none.test") == []
    assert len(lab_client.addresses(lab, "mx-implicit.test")) == 1
    assert lab_client.addresses(lab, "mx2.mx-without-address.test") == []
    assert lab_client.addresses(lab, "mta-sts.host-missing.test") == []
    assert rcode(lab_client.ask(lab, "mta-sts.host-without-address.test", "A")) == "NOERROR"
    assert rcode(lab_client.ask(lab, "free-to-register.test", "A")) == "NXDOMAIN"
    cname = lab_client.ask(lab, "mx1.mx-cname.test", "A")
    assert [dns.rdatatype.to_text(each.rdtype) for each in cname.answer] == ["CNAME", "A"]


def test_every_address_is_loopback(lab: Lab) -> None:
    """Nobody else may reach the attackers and open relays."""
    bound = {each.getsockname()[0] for each in lab._sockets}
    assert {each for each in bound if not each.startswith("127.") and each != "::1"} == set()


def test_the_blocked_port_is_seen_in_two_networks(lab: Lab) -> None:
    first, second = (
        lab_client.addresses(lab, f"{host}.smtp-port-blocked.test")[0] for host in ("mx1", "mx2")
    )
    assert first.split(".")[:2] != second.split(".")[:2]


# ----------------------------------------------------------------------------------------- records
def words_of_sts(found: list[list[bytes]]) -> set[str]:
    """What our own reader says of the TXT records at _mta-sts, as the ends of codes."""
    try:
        record = mtasts.select_record(found) or mtasts.parse_record(b"".join(found[0]))
    except ParseError as error:
        return {error.code}
    words = set(record.deviations)
    return words | {"unknown-field"} if record.extensions else words


def words_of_tlsrpt(found: list[list[bytes]]) -> set[str]:
    try:
        record = tlsrpt.select_record(found) or tlsrpt.parse_record(b"".join(found[0]))
    except ParseError as error:
        return {error.code}
    words = set(record.deviations)
    return words | {"unknown-field"} if record.extensions else words


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.name)
def test_the_sts_record_is_what_the_findings_say(lab: Lab, situation: Situation) -> None:
    unseen = {"none", "servfail", "timeout", "dnssec-bogus", "cname-dangling", "cname-loop"}
    codes = {code.removeprefix("sts.dns.") for code in codes_of(situation, "sts.dns.")}
    if not situation.in_dns or codes & unseen:
        return
    found = lab_client.texts(lab, f"_mta-sts.{played(lab, situation.name).domain}")
    assert ("unrelated-txt" in codes) == (len(found) > 1 and "multiple" not in codes)
    assert words_of_sts(found) == codes - {"cname", "at-wrong-name", "unrelated-txt"}


def test_the_sts_record_stands_where_nobody_looks(lab: Lab) -> None:
    for name in ("sts-at-domain.test", "mta-sts.sts-at-host.test"):
        assert words_of_sts(lab_client.texts(lab, name)) == set()
        assert lab_client.texts(lab, f"_mta-sts.{name}") == []


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.name)
def test_the_tls_rpt_record_is_what_the_findings_say(lab: Lab, situation: Situation) -> None:
    codes = {code.removeprefix("rpt.") for code in codes_of(situation, "rpt.")}
    codes -= {"sts-without-rpt", "rpt-without-sts-or-dane", "rua-undeliverable", "rua-same-domain"}
    if not situation.in_dns or codes & {"servfail", "timeout"}:
        return
    found = lab_client.texts(lab, f"_smtp._tls.{played(lab, situation.name).domain}")
    assert (codes == {"none"}) == (found == [])
    if found:
        assert words_of_tlsrpt(found) == codes


# ------------------------------------------------------------------------------------ policy hosts
SEEN_ELSEWHERE = {
    "sts.host.no-address",
    "sts.host.dns-failed",
    "sts.host.cname-dangling",
    "sts.host.private-address",  # the client here has no guard
    "sts.policy.mx-too-wide",
    "sts.policy.mx-unregistered",
}


def observe_policy(lab: Lab, situation: Situation) -> set[str]:
    """The codes of policy host and policy, by a client of our own."""
    host = situation.policy_name
    every = [
        (":" in address, lab_client.fetch(lab, host, address))
        for address in lab_client.addresses(lab, host)
    ]
    if not every:
        return set()
    good = [fetched for _, fetched in every if fetched.code is None]
    if not good:
        return {fetched.code for _, fetched in every if fetched.code}
    codes = {"sts.host.ipv6-broken"} if len(good) < len(every) else set()
    fetched = good[0]
    if fetched.warning:
        codes.add(fetched.warning)
    codes |= lab_client.judge_http(fetched)
    harmless = {"sts.http.content-type-missing", "sts.http.content-type-wrong"}
    if any(code.startswith("sts.http.") for code in codes - harmless):
        return codes
    return codes | observe_body(fetched.body)


def observe_body(body: bytes) -> set[str]:
    try:
        policy = mtasts.parse_policy(body)
    except ParseError as error:
        return {f"sts.policy.{error.code}"}
    words = set(policy.deviations)
    if policy.extensions:
        words.add("unknown-field")
    if policy.mode != "enforce":
        words.add(f"mode-{policy.mode}")
    if policy.mode != "none" and policy.max_age < 86400:
        words.add("max_age-short" if policy.max_age else "max_age-zero")
    if len(set(policy.mx)) < len(policy.mx):
        words.add("mx-duplicate")
    return {f"sts.policy.{word}" for word in words}


# Where a distribution's OpenSSL offers nothing below TLS 1.2, Python's ssl just sees it fail.
OLD_TLS = {
    "sts.host.tls-version": "sts.host.tls-handshake",
    "smtp.tls.version-old": "smtp.tls.handshake-failed",
}


def is_seen(met: set[str], expected: set[str]) -> bool:
    """Whether the client met what is declared, as far as its library tells it."""
    return met in (expected, {OLD_TLS.get(code, code) for code in expected})


def test_policy_hosts_do_what_is_declared(lab: Lab) -> None:
    """Q6, Q12, Q13, Q28: each policy host shows just the faults that its situation expects."""
    situations = [each for each in lab.situations if each.policy_host]
    with ThreadPoolExecutor(8) as pool:
        observed = list(pool.map(lambda each: observe_policy(lab, each), situations))
    wrong = {}
    for situation, met in zip(situations, observed, strict=True):
        if codes_of(situation, "sts.dns.none"):
            continue
        expected = codes_of(situation, "sts.host.", "sts.cert.", "sts.http.", "sts.policy.")
        if expected == {"sts.http.cut-short"}:
            expected = {"sts.http.too-slow"}  # the same drip, and more patience
        if not is_seen(met, expected - SEEN_ELSEWHERE):
            wrong[situation.name] = (sorted(met), sorted(expected))
    assert wrong == {}


def test_a_policy_host_serves_one_path_and_one_name(lab: Lab) -> None:
    address = lab.addresses("mta-sts.enforce.test")[0]
    for path, host in (("/", "mta-sts.enforce.test"), ("/.well-known/mta-sts.txt", "enforce.test")):
        with (
            socket.create_connection((address, lab.https_port), 2) as plain,
            lab_client.accepting().wrap_socket(plain, server_hostname=host) as connection,
        ):
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            assert connection.recv(100).startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.name)
def test_policy_and_mx_hosts_fit_as_the_findings_say(lab: Lab, situation: Situation) -> None:
    """Q21: inside the policy or not, by the policy's own match."""
    if not situation.policy_host or codes_of(situation, "sts.dns.none", "mx.null-with-others"):
        return
    try:
        policy = mtasts.parse_policy(situation.policy_body)
    except ParseError:
        return
    domain = played(lab, situation.name).domain
    exchanges = lab_client.records(lab, domain, "MX") if "resolver" not in situation.name else []
    hosts = {each.split(" ")[1].removesuffix(".") for each in exchanges}
    if codes_of(situation, "mx.implicit"):
        hosts = {domain}
    if not hosts or policy.mode == "none":
        return
    outside = {host for host in hosts if not policy.match(host)}
    codes = codes_of(situation, "sts.mx.") - {"sts.mx.unused-pattern"}
    if outside == hosts:
        assert codes == {"sts.mx.none-covered"}
    elif outside:
        assert codes in ({"sts.mx.not-covered"}, {"sts.mx.wildcard-depth"})
    else:
        assert codes == set()


# --------------------------------------------------------------------------------------- MX hosts
MORE_THAN_ONE_FAULT = {"cert-two-faults"}  # OpenSSL names the first alone


def observe_mail(lab: Lab, situation: Situation) -> set[str]:
    hosts = {
        each.split(" ")[1].removesuffix(".")
        for each in lab_client.records(lab, situation.domain, "MX")
    } or ({situation.domain} if codes_of(situation, "mx.implicit") else set())
    return set().union(*(lab_client.meet_host(lab, host) for host in hosts if host))


def test_mx_hosts_do_what_is_declared(lab: Lab) -> None:
    """Q20, Q22, Q27, Q55: each MX host shows just the faults that its situation expects."""
    situations = [each for each in lab.situations if each.in_dns]
    with ThreadPoolExecutor(8) as pool:
        observed = list(pool.map(lambda each: observe_mail(lab, each), situations))
    wrong = {}
    for situation, met in zip(situations, observed, strict=True):
        expected = codes_of(situation, "smtp.") - {"smtp.not-probed"}
        if expected == {"smtp.port-blocked"}:
            expected = {"smtp.timeout"}  # what each of the addresses does
        if situation.name in MORE_THAN_ONE_FAULT and met and met < expected:
            continue
        # On a slow machine every greeting may be late.
        met -= {"smtp.greeting-delay"} - expected
        if is_seen(met, expected):
            continue
        if not expected <= met or met - expected - set(situation.tolerated):
            wrong[situation.name] = (sorted(met), sorted(expected))
    assert wrong == {}


def chain(lab: Lab, host: str, ciphers: str = "") -> list[x509.Certificate]:
    session = lab_client.Session(lab.addresses(host)[0], lab.smtp_port)
    context = lab_client.accepting()
    if ciphers:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(ciphers)
    with session.socket:
        session.until_tls()
        with session.secure(context, host) as connection:
            return [
                x509.load_der_x509_certificate(each) for each in lab_client.chain_of(connection)
            ]


def digests(certificate: x509.Certificate, selector: int) -> dict[int, bytes]:
    data = certificate.public_bytes(Encoding.DER)
    if selector == 1:
        key = certificate.public_key()
        data = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {0: data, 1: hashlib.sha256(data).digest(), 2: hashlib.sha512(data).digest()}


def matching(lab: Lab, host: str) -> list[bool]:
    """For each TLSA record whether it matches the chain: usage 3 the leaf, 2 what is above it."""
    sent = chain(lab, host)
    found = []
    for record in lab_client.records(lab, f"_25._tcp.{host}", "TLSA"):
        usage, selector, kind, *data = record.split(" ")
        among = sent[:1] if usage in ("1", "3") else sent[1:]
        wanted = bytes.fromhex("".join(data))
        found.append(any(digests(each, int(selector))[int(kind)] == wanted for each in among))
    return found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dane-good", [True]),
        ("dane-self-signed", [True]),
        ("dane-expired", [True]),
        ("dane-issuer", [True]),
        ("dane-own-ca", [True]),
        ("dane-issuer-other-name", [True]),
        ("dane-and-sts", [True]),
        ("dane-mismatch", [False]),
        ("dane-mitm", [False]),
        ("dane-cname", [True]),
        ("dane-not-secure", [True]),
        ("dane-root-not-sent", [False]),
        ("dane-combination", [False, True]),
        ("dane-unusable", [True]),
        ("dane-usage-0", [True, True]),
        ("dane-full-data", [True]),
        ("dane-partial", [True]),
        ("dane-one-key-type", [True]),
        ("dane-two-key-types", [False, True]),
        ("enforce", []),
    ],
)
def test_tlsa_records_match_the_chain_or_not(lab: Lab, name: str, expected: list[bool]) -> None:
    """Q64, Q65."""
    assert sorted(matching(lab, f"mx1.{name}.test")) == expected


def test_a_digest_of_a_wrong_length_stands_beside_a_good_one(lab: Lab) -> None:
    """Q64."""
    host = "mx1.dane-record-unusable.test"
    wire = lab_client.raw_answer(lab, f"_25._tcp.{host}", "TLSA")
    assert b"\x00\x0b\x03\x01\x01" + bytes.fromhex("0123456789abcdef") in wire
    assert b"\x00\x23\x03\x01\x01" + digests(chain(lab, host)[0], 1)[1] in wire


@pytest.mark.parametrize("name", ["dane-one-key-type", "dane-two-key-types"])
def test_a_server_with_two_key_types_shows_what_is_asked_for(lab: Lab, name: str) -> None:
    host = f"mx1.{name}.test"
    assert isinstance(chain(lab, host, "aECDSA")[0].public_key(), ec.EllipticCurvePublicKey)
    assert isinstance(chain(lab, host, "aRSA")[0].public_key(), rsa.RSAPublicKey)


def test_a_root_that_dane_names_is_sent_or_not(lab: Lab) -> None:
    """Q65."""
    assert len(chain(lab, "mx1.dane-own-ca.test")) == 3
    assert len(chain(lab, "mx1.dane-root-not-sent.test")) == 2


# ------------------------------------------------------------------------------------- the senders
@pytest.mark.parametrize("situation", ATTACKS, ids=lambda each: each.name)
def test_an_attack_succeeds_against_a_plain_sender(lab: Lab, situation: Situation) -> None:
    assert situation.attack
    if situation.name == "injection":
        pytest.skip("what a sender makes of injected bytes is its own affair")
    outcome = send_plainly(lab, situation.domain)
    assert outcome.stolen == (
        "stolen" in situation.attack.plain or "attacker" in situation.attack.plain
    )
    in_clear = "in clear" in situation.attack.plain
    assert outcome.result == ("clear" if in_clear else "encrypted")


def test_the_attacker_has_read_what_was_sent(lab: Lab) -> None:
    send_plainly(lab, "forged-mx.test")
    stolen = [each for each in lab.deliveries if each.attacker and each.host == "mx.attacker.test"]
    assert b"The plans." in stolen[-1].data
    assert stolen[-1].recipients == ("<postmaster@forged-mx.test>",)
    assert stolen[-1].encrypted


@pytest.mark.parametrize(
    ("name", "result", "host"),
    [
        ("enforce", "encrypted", "mx1.enforce.test"),
        ("mx-implicit", "encrypted", "mx-implicit.test"),
        ("smtp-nolisting", "encrypted", "mx2.smtp-nolisting.test"),
        ("smtp-no-starttls", "clear", "mx1.smtp-no-starttls.test"),
        ("smtp-handshake", "clear", "mx1.smtp-handshake.test"),
        ("smtp-refused", "kept", ""),
        ("mx-null", "kept", ""),
        ("mx-servfail", "kept", ""),
        ("ipv6-only", "encrypted", ""),
    ],
)
def test_a_plain_sender_elsewhere(lab: Lab, name: str, result: str, host: str) -> None:
    outcome = send_plainly(lab, played(lab, name).domain)
    assert (outcome.result, outcome.stolen) == (result, False)
    assert outcome.host == host or name == "ipv6-only"


# -------------------------------------------------------------------------------- the world itself
def test_arguments_of_a_check(lab: Lab) -> None:
    plain = lab.arguments(BY_NAME["enforce"])
    assert plain[-1] == "enforce.test"
    assert plain[plain.index("--resolver") + 1] == lab.resolver
    assert "--allow-private" in plain
    assert "--allow-private" not in lab.arguments(BY_NAME["host-private"])
    assert "--no-probe" in lab.arguments(BY_NAME["smtp-not-asked"])
    assert lab.resolvers["refusing"] in lab.arguments(BY_NAME["run-resolver-refuses"])
    cut_short = lab.arguments(BY_NAME["http-cut-short"])
    assert cut_short[cut_short.index("--timeout") + 1] == "3"


def test_two_laboratories_stand_beside_each_other_and_leave_nothing() -> None:
    few = [BY_NAME["enforce"], BY_NAME["smtp-black-hole"]]
    with Lab(few) as one, Lab(few) as other:
        assert one.smtp_port != other.smtp_port
        assert send_plainly(one, "enforce.test").result == "encrypted"
        assert other.deliveries == ()
        address = one.addresses("mx1.enforce.test")[0]
    assert not one.ca_file.exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address, one.smtp_port), 2)


def test_a_laboratory_ends_in_the_middle_of_a_connection() -> None:
    with Lab([BY_NAME["enforce"]]) as lab:
        session = lab_client.Session(lab.addresses("mx1.enforce.test")[0], lab.smtp_port)
        session.reply()
    with session.socket:
        assert session.socket.recv(1) == b""


def test_a_chosen_port_is_taken_or_refused() -> None:
    with Lab([BY_NAME["enforce"]]) as lab:
        taken = lab.smtp_port
        with pytest.raises(OSError, match="in use"), Lab([BY_NAME["enforce"]], smtp_port=taken):
            pass
    with Lab([BY_NAME["enforce"]], smtp_port=taken) as again:
        assert again.smtp_port == taken


def test_without_ipv6_situations_are_skipped_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mxseal.lab.world._has_ipv6", lambda: False)
    lab = Lab()
    assert lab.skipped["ipv6-only"] == "this machine has no ::1"
    assert "ipv6-only" not in {each.name for each in lab.situations}
    with pytest.raises(KeyError):
        lab.situation("ipv6-only")


def test_a_situation_of_ones_own() -> None:
    """Users may declare theirs."""
    own = Situation(
        name="own",
        sentence="A host that greets in its own way",
        mail_hosts=(MailHost(servers=(MailServer(greeting="220 hello\r\n"),)),),
    )
    with Lab([own]) as lab:
        session = lab_client.Session(lab.addresses("mx1.own.test")[0], lab.smtp_port)
        with session.socket:
            assert session.reply() == (220, ["hello"])


# ------------------------------------------------------------------------------------ command line
def test_lab_list_as_json(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["lab", "list", "--format", "json"]) == 0
    rows = json.loads(capsysbinary.readouterr().out)
    assert [row["name"] for row in rows] == [each.name for each in SITUATIONS]
    forged = next(row for row in rows if row["name"] == "forged-mx")
    assert forged["verdict"] == "broken"
    assert forged["findings"] == ["sts.mx.none-covered", "sts.mx.unused-pattern"]
    assert forged["effects"] == {"plain": "encrypted", "mta_sts": "refused", "dane": "encrypted"}
    assert forged["attack"]["result_type"] == "validation-failure"


def test_lab_list_as_text(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["lab", "list"]) == 0
    text = capsysbinary.readouterr().out.decode()
    assert "enforce.test  protected\n" in text
    assert max(map(len, text.splitlines())) <= 80


def test_lab_alone_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab"]) == 2
    assert "mxseal lab serve" in capsys.readouterr().err


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_lab_serve_runs_until_it_is_told_to_end(end: signal.Signals) -> None:
    command = [sys.executable, "-m", "mxseal", "lab", "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        places = {}
        for line in process.stdout:
            name, _, place = line.rstrip().partition("  ")
            places[name] = place.strip()
            if line.startswith("Runs until"):
                break
        address, _, port = places["resolver"].rpartition(":")
        query = dns.message.make_query("enforce.test.", "MX")
        assert dns.query.udp(query, address, 5, int(port)).answer
        assert Path(places["CA file"]).read_bytes().startswith(b"-----BEGIN CERTIFICATE-----")
        process.send_signal(end)
        assert process.wait(30) == 0
    assert not Path(places["CA file"]).exists()


def test_lab_serve_refuses_a_port_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    with Lab([BY_NAME["enforce"]]) as lab:
        port = lab.resolver.rpartition(":")[2]
        assert main(["lab", "serve", "--dns-port", port]) == 2
    assert "error: cannot listen" in capsys.readouterr().err


def test_without_its_libraries_the_laboratory_says_what_to_install() -> None:
    script = (
        "import sys; sys.modules['dns'] = None\n"
        "from mxseal.cli import main\n"
        "raise SystemExit(main(['lab', 'list']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error: not installed: the laboratory, for mxseal lab",
        "  do  pip install 'mxseal[lab]'",
    ]
