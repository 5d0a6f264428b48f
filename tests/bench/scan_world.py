# SPDX-License-Identifier: MIT
"""The world of the benchmark of scans: up to a million domains, which share their mail hosts.

Of 50 domains 40 share 16 MX hosts, 6 do not exist, 3 take no mail, 1 has a TXT record alone. Of all
2 % have MTA-STS, each with a policy host of its own, and 5 % TLS-RPT. nsd and unbound answer, nginx
shows each policy host its own certificate, Postfix one for all MX hosts; in a network namespace.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import world as servers
from certificates import Authority
from check_world import CheckWorld, ground, start_nginx
from world import AUTHORITY, WEB

SHARED = 16  # MX hosts
HOSTILE = "127.22.0"  # network of servers that answer badly


def domain_of(number: int) -> str:
    return f"d{number}.lab"


def mx_address(number: int) -> str:
    return f"127.21.0.{number + 1}"


def has_policy(number: int) -> bool:
    return number % 50 == 0


def has_tlsrpt(number: int) -> bool:
    return number % 20 == 0


def expected(count: int) -> dict[str, int]:
    """What every client must find."""
    numbers = range(count)
    return {
        "records": sum(map(has_policy, numbers)),
        "policies": sum(map(has_policy, numbers)),
        "tlsrpt": sum(has_tlsrpt(each) and not 40 <= each % 50 < 46 for each in numbers),
        "with_mx": sum(each % 50 < 40 for each in numbers),
    }


def zone_lines(count: int, hostile: int) -> Iterator[str]:
    yield "$ORIGIN lab.\n$TTL 3600\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\n"
    yield f"ns A {AUTHORITY}\n"
    for number in range(SHARED):
        yield f"m{number}.mail A {mx_address(number)}\n"
    for number in range(count):
        kind = number % 50
        if 40 <= kind < 46:
            continue
        if kind < 40:
            yield f"d{number} MX 10 m{number % SHARED}.mail\n"
        elif kind < 49:
            yield f"d{number} MX 0 .\n"
        else:
            yield f'd{number} TXT "v=spf1 -all"\n'
        if has_policy(number):
            yield f'_mta-sts.d{number} TXT "v=STSv1; id=1;"\nmta-sts.d{number} A {WEB}\n'
        if has_tlsrpt(number):  # also of those that take no mail
            yield f'_smtp._tls.d{number} TXT "v=TLSRPTv1; rua=mailto:tls@d{number}.lab"\n'
    for number in range(hostile):
        yield from _hostile_lines(number)


def _hostile_lines(number: int) -> Iterator[str]:
    """Each with hosts of its own: nothing of them is shared."""
    kind = number % 5
    if kind < 2:
        yield f"h{number} MX 10 m0.mail\n"
        yield f'_mta-sts.h{number} TXT "v=STSv1; id=1;"\nmta-sts.h{number} A {HOSTILE}.{1 + kind}\n'
        return
    black_hole = f"10.{number >> 8}.{number & 255}.9"
    address = black_hole if kind == 4 else f"{HOSTILE}.{1 + kind}"
    yield f"h{number} MX 10 h{number}.mail\nh{number}.mail A {address}\n"


@contextmanager
def scan_world(folder: Path, count: int, hostile: float = 0.0) -> Iterator[CheckWorld]:
    """So many domains, until the end of the block. Needs root, as the integration tests do.

    Args:
        folder: for all that servers keep.
        count: domains.
        hostile: hostile ones among them, as a share of ``count``; they are called h0, h1 and so on.
    """
    with ground(folder, "scan") as at:
        shown = folder / "postfix" / "etc" / "mail.pem"
        doors = "".join(
            f"{mx_address(number)}:25 inet n - n - 60 smtpd\n  -o smtpd_tls_chain_files={shown}\n"
            for number in range(SHARED)
        )
        published = [domain_of(each) for each in range(count) if has_policy(each)]
        at.stop.extend(
            (
                _start_nsd(folder / "nsd", at.namespace, zone_lines(count, round(count * hostile))),
                _start_unbound(folder / "unbound", at.namespace),
                start_nginx(folder / "nginx", at.namespace, at.roots, published),
                servers.start_postfix(folder / "postfix", at.namespace, at.mail, doors),
            )
        )
        if hostile:
            at.stop.append(_start_hostile(folder, at.namespace, at.roots))
        at.wait_for_servers(mx_address(0))
        domains = [domain_of(number) for number in range(count)]
        for number in range(round(count * hostile)):
            domains.insert(round((number + 0.5) / hostile) + number, f"h{number}.lab")
        yield CheckWorld(at.namespace, at.ca_file, domains)


def _start_hostile(folder: Path, namespace: str, roots: Authority) -> Callable[[], object]:
    """What answers badly, and a network in which packets vanish."""
    issued = roots.issue(["*.lab"])
    (folder / "hostile.pem").write_text(issued.key_pem + issued.chain_pem)
    ends = ("hole", "type", "veth", "peer", "name", "nobody")
    servers.must_run("ip", "-n", namespace, "link", "add", *ends)
    servers.must_run("ip", "-n", namespace, "link", "set", "nobody", "up")
    servers.must_run("ip", "-n", namespace, "addr", "add", "10.255.255.254/8", "dev", "hole")
    servers.must_run("ip", "-n", namespace, "link", "set", "hole", "up", "arp", "off")
    script = str(Path(__file__).with_name("hostile_servers.py"))
    program = servers.start_in(namespace, sys.executable, script, folder / "hostile.pem", HOSTILE)
    for number, port in ((1, 443), (2, 443), (3, 25), (4, 25)):
        servers.wait_for(namespace, f"{HOSTILE}.{number}", port)
    return servers.ended(program)


def _start_nsd(folder: Path, namespace: str, lines: Iterator[str]) -> Callable[[], object]:
    """Unsigned: a million signatures take longer than what is measured."""
    folder.mkdir()
    with (folder / "lab.zone").open("w") as zone:
        zone.writelines(lines)
    return servers.run_nsd(folder, namespace, "lab.zone")


def _start_unbound(folder: Path, namespace: str) -> Callable[[], object]:
    """With room for the answers about a million domains."""
    settings = """  module-config: "iterator"
  msg-cache-size: 256m
  rrset-cache-size: 512m
  outgoing-range: 4096
  num-queries-per-thread: 2048
"""
    return servers.run_unbound(folder, namespace, settings, ("lab",))
