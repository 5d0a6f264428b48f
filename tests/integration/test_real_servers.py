# SPDX-License-Identifier: MIT
"""``mxseal check`` against nsd, unbound, nginx and Postfix, as a postmaster would type it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest
import world as worlds
from world import REFUSING, RESOLVER, World


class Row(NamedTuple):
    """What a domain of the world must be found to be."""

    domain: str
    verdict: str
    codes: frozenset[str]  # errors and unknowns, all of them
    effects: tuple[str, str, str]  # plain, mta_sts, dane
    reason: str


def row(domain: str, verdict: str, codes: str, effects: tuple[str, str, str], reason: str) -> Row:
    """A row; the codes are separated by blanks."""
    return Row(domain, verdict, frozenset(codes.split()), effects, reason)


OPEN = ("encrypted", "encrypted", "encrypted")
SAFE = ("encrypted", "authenticated", "encrypted")
REFUSED = ("encrypted", "refused", "encrypted")

ROWS = (
    row("good-enforce.lab", "protected", "", SAFE, "all is well"),
    row("good-testing.lab", "testing", "", OPEN, "failures would be reported only"),
    row("nothing.lab", "unprotected", "", OPEN, "nothing is published"),
    row(
        "downgrade.lab",
        "broken",
        "smtp.starttls-missing",
        ("clear", "refused", "clear"),
        "Q1: STARTTLS is stripped: a plain sender sends in clear, MTA-STS refuses",
    ),
    row("spoofed.lab", "broken", "sts.mx.none-covered", REFUSED, "the MX answer is forged"),
    row("self-signed.lab", "broken", "smtp.cert.self-signed", REFUSED, "a man in the middle"),
    row("other-name.lab", "broken", "smtp.cert.name-mismatch", REFUSED, "with a name of his own"),
    row("other-ca.lab", "broken", "smtp.cert.untrusted", REFUSED, "with a root of his own"),
    row("expired.lab", "broken", "smtp.cert.expired", REFUSED, "the accident that does the same"),
    row("partly.lab", "partly", "smtp.cert.expired", SAFE, "one host of two is good"),
    row("no-file.lab", "misconfigured", "sts.http.not-found", OPEN, "404"),
    row("redirect.lab", "misconfigured", "sts.http.redirect", OPEN, "never followed"),
    row("html.lab", "misconfigured", "sts.policy.html", OPEN, "a parked page"),
    row("unavailable.lab", "misconfigured", "sts.http.status", OPEN, "503"),
    row("host-expired.lab", "misconfigured", "sts.cert.expired", OPEN, "of the policy host"),
    row(
        "dane.lab",
        "protected",
        "",
        ("encrypted", "encrypted", "authenticated"),
        "TLSA 3 1 1 matches, all of it DNSSEC-secure",
    ),
    row(
        "dane-mismatch.lab",
        "broken",
        "dane.mismatch",
        ("encrypted", "encrypted", "refused"),
        "TLSA of another key",
    ),
    row(
        "dane-alias.lab",
        "protected",
        "",
        ("encrypted", "encrypted", "authenticated"),
        "TLSA 2 0 1, and the certificate is for what the domain is a CNAME of (RFC 7672 §3.2.2)",
    ),
    row(
        "forged-record.lab",
        "inconclusive",
        "sts.dns.dnssec-bogus",
        ("encrypted", "unknown", "encrypted"),
        "unbound believes no record that was changed",
    ),
    row(
        "forged-mx.lab",
        "inconclusive",
        "mx.dnssec-bogus",
        ("unknown", "unknown", "unknown"),
        "nor MX records",
    ),
    row(
        "forged-tlsa.lab",
        "broken",
        "dane.bogus",
        ("encrypted", "authenticated", "refused"),
        "nor TLSA records, and MTA-STS does not repair that",
    ),
    row(
        "dname.lab",
        "misconfigured",
        "sts.cert.name-mismatch",
        OPEN,
        "by the DNAME's target there is a record, and a policy host with another name",
    ),
    row(
        "anything.dead",
        "inconclusive",
        "sts.dns.servfail mx.servfail rpt.servfail",
        ("unknown", "unknown", "unknown"),
        "SERVFAIL is never an absence",
    ),
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A running world; without root or the servers its tests are skipped."""
    if reason := worlds.missing():
        pytest.skip(reason)
    with ExitStack() as stack:
        try:
            running = stack.enter_context(worlds.world(tmp_path_factory.mktemp("world")))
        except (OSError, RuntimeError) as failure:
            # What a container forbids its root differs; the reason is listed at the end of the run.
            pytest.skip(f"the servers do not start here: {failure}")
        yield running


@pytest.fixture(scope="module")
def checked(world: World) -> dict[str, dict[str, Any]]:
    """All domains, checked by one command."""
    done = world.run(
        [
            *(sys.executable, "-m", "mxseal", "check", "--format", "ndjson"),
            *("--resolver", RESOLVER, "--allow-private", "--ca-file", world.ca_file),
            *(each.domain for each in ROWS),
        ]
    )
    assert done.stderr == ""
    assert done.returncode == 1
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["domain"] for each in results] == [each.domain for each in ROWS]
    return {each["domain"]: each for each in results}


@pytest.mark.parametrize("expected", ROWS, ids=lambda each: each.domain)
def test_what_real_servers_show(checked: dict[str, dict[str, Any]], expected: Row) -> None:
    result = checked[expected.domain]
    serious = {
        each["code"] for each in result["findings"] if each["severity"] in ("error", "unknown")
    }
    assert serious == expected.codes, expected.reason
    assert result["verdict"] == expected.verdict, expected.reason
    effects = result["effects"]
    assert (effects["plain"], effects["mta_sts"], effects["dane"]) == expected.effects


def test_a_resolver_that_refuses_is_told_at_once(world: World) -> None:
    done = world.run(
        [
            *(sys.executable, "-m", "mxseal", "check", "good-enforce.lab", "--format", "json"),
            *("--resolver", REFUSING, "--allow-private", "--ca-file", world.ca_file),
        ]
    )
    assert done.returncode == 3
    [result] = json.loads(done.stdout)
    assert {each["code"] for each in result["findings"]} == {"scan.resolver-error"}


def test_the_certificate_and_the_handshake_are_shown(checked: dict[str, dict[str, Any]]) -> None:
    [host] = checked["good-enforce.lab"]["mx"]
    [address] = host["addresses"]
    assert address["smtp"]["status"] == "secured"
    assert address["tls"]["version"] == "TLSv1.3"
    assert address["chain"][0]["names"] == ["*.mail.lab"]


@pytest.mark.parametrize(
    ("where", "status", "codes", "reason"),
    [
        ("good.mail.lab", 0, "", "port 25 is the starting value"),
        ("good.mail.lab:587", 0, "", "STARTTLS on the submission port"),
        ("good.mail.lab:465", 0, "", "RFC 8314 §3.3: TLS from the first byte"),
        ("expired.mail.lab", 1, "smtp.cert.expired", "as a check finds it"),
        ("plain.mail.lab", 1, "smtp.starttls-missing", "no STARTTLS"),
        ("dane.mail.lab", 0, "", "RFC 7672 §2.2.2: a host that was named"),
        ("danebad.mail.lab", 1, "dane.mismatch", "whatever the certificate"),
        (
            "mx1.anything.dead",
            3,
            "mx.address-unknown dane.resolver",
            "SERVFAIL is never an absence",
        ),
    ],
)
def test_one_host_alone(world: World, where: str, status: int, codes: str, reason: str) -> None:
    done = world.run(
        [
            *(sys.executable, "-m", "mxseal", "probe", where, "--format", "json"),
            *("--resolver", RESOLVER, "--allow-private", "--ca-file", world.ca_file),
        ]
    )
    found = json.loads(done.stdout)["findings"]
    serious = [each["code"] for each in found if each["severity"] in ("error", "unknown")]
    assert serious == codes.split(), reason
    assert done.returncode == status, reason
