# SPDX-License-Identifier: MIT
"""Thousands of domains on real servers: what the benchmark of checks asks.

Each domain has a record, a policy, a TLS-RPT record and one MX host of its own: nsd and unbound
answer, nginx shows each policy host its own certificate, Postfix one for all MX hosts. All good,
all in a network namespace; resolv.conf there names the resolver, for clients that ask no other.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

import world as servers
from certificates import Authority, Issued
from world import AUTHORITY, RESOLVER, WEB, enforce

SYSTEM_ROOTS = Path("/etc/ssl/certs/ca-certificates.crt")


def domain_of(number: int) -> str:
    return f"d{number}.lab"


@dataclass(frozen=True)
class CheckWorld:
    """A running world.

    Attributes:
        namespace: where it lives.
        ca_file: the system's roots and its own: what clients have to load in earnest.
        domains: all of them.
    """

    namespace: str
    ca_file: Path
    domains: list[str]

    def cpu(self, command: list[str], names: list[str]) -> tuple[float, str]:
        """User and system CPU in seconds of a client that reads names, and what it printed."""

        def so_far() -> float:
            usage = resource.getrusage(resource.RUSAGE_CHILDREN)
            return usage.ru_utime + usage.ru_stime

        roots = str(self.ca_file)
        variables = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
        before = so_far()
        done = subprocess.run(
            ["ip", "netns", "exec", self.namespace, *command],
            check=False,
            input="".join(name + "\n" for name in names),
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | dict.fromkeys(variables, roots),
        )
        if done.returncode > 1:  # 1 is an answer too
            raise subprocess.CalledProcessError(done.returncode, command)
        return so_far() - before, done.stdout


@dataclass(frozen=True)
class Ground:
    """What the servers of a world stand on.

    Attributes:
        namespace: where they live.
        roots: who issues their certificates.
        ca_file: the system's roots and these.
        mail: the certificate of all MX hosts.
        stop: what ends them, the last one first.
    """

    namespace: str
    roots: Authority
    ca_file: Path
    mail: dict[str, Issued]
    stop: list[Callable[[], object]]

    def wait_for_servers(self, mx: str) -> None:
        """Until all of them answer."""
        for address, port in ((AUTHORITY, 5300), (RESOLVER, 53), (WEB, 443), (mx, 25)):
            servers.wait_for(self.namespace, address, port)


@contextmanager
def ground(folder: Path, name: str) -> Iterator[Ground]:
    """A network namespace with a resolv.conf, and roots, until the end of the block."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    namespace = f"mxseal-{name}-{os.getpid()}"
    settings = Path("/etc/netns") / namespace
    stop: list[Callable[[], object]] = []
    try:
        settings.mkdir(parents=True)
        stop.append(lambda: shutil.rmtree(settings))
        (settings / "resolv.conf").write_text(f"nameserver {RESOLVER}\noptions timeout:5\n")
        servers.must_run("ip", "netns", "add", namespace)
        stop.append(lambda: subprocess.run(["ip", "netns", "del", namespace], check=False))
        servers.must_run("ip", "-n", namespace, "link", "set", "lo", "up")
        roots = Authority("Laboratory Root")
        ca_file = folder / "roots.pem"
        ca_file.write_text(SYSTEM_ROOTS.read_text() + roots.pem)
        yield Ground(namespace, roots, ca_file, {"mail": roots.issue(["*.mail.lab"])}, stop)
    finally:
        for each in reversed(stop):
            each()


@contextmanager
def check_world(folder: Path, count: int) -> Iterator[CheckWorld]:
    """So many domains, until the end of the block. Needs root, as the integration tests do."""
    with ground(folder, "bench") as at:
        shown = folder / "postfix" / "etc" / "mail.pem"
        door = f"0.0.0.0:25 inet n - n - 60 smtpd\n  -o smtpd_tls_chain_files={shown}\n"
        domains = [domain_of(number) for number in range(count)]
        at.stop.extend(
            (
                servers.start_nsd(folder / "nsd", at.namespace, _zone(domains)),
                servers.start_unbound(folder / "unbound", folder / "nsd", at.namespace),
                start_nginx(folder / "nginx", at.namespace, at.roots, domains),
                servers.start_postfix(folder / "postfix", at.namespace, at.mail, door),
            )
        )
        at.wait_for_servers(_mx_address(0))
        yield CheckWorld(at.namespace, at.ca_file, domains)


def _mx_address(number: int) -> str:
    return f"127.21.{number // 250}.{number % 250 + 1}"


def _zone(domains: list[str]) -> str:
    lines = [
        "$ORIGIN lab.",
        "$TTL 3600",
        "@ SOA ns hostmaster 1 3600 600 86400 60",
        "@ NS ns",
        f"ns A {AUTHORITY}",
    ]
    for number, domain in enumerate(domains):
        name = domain.removesuffix(".lab")
        lines += [
            f"{name} MX 10 m{number}.mail",
            f"m{number}.mail A {_mx_address(number)}",
            f'_mta-sts.{name} TXT "v=STSv1; id=1;"',
            f"mta-sts.{name} A {WEB}",
            f'_smtp._tls.{name} TXT "v=TLSRPTv1; rua=mailto:tls@{domain}"',
        ]
    return "".join(line + "\n" for line in lines)


def start_nginx(
    folder: Path, namespace: str, roots: Authority, domains: list[str]
) -> Callable[[], object]:
    """One server block for all: the certificate goes by SNI."""
    shown = folder / "shown"
    shown.mkdir(parents=True)
    (folder / "policy.txt").write_text(enforce("*.mail.lab"))
    for domain in domains:
        host = f"mta-sts.{domain}"
        issued = roots.issue([host])
        (shown / f"{host}.pem").write_text(issued.chain_pem)
        (shown / f"{host}.key").write_text(issued.key_pem)
    (folder / "nginx.conf").write_text(
        f"""user root;
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  types {{ }}
  default_type text/plain;
  access_log off;
  ssl_protocols TLSv1.2 TLSv1.3;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen {WEB}:443 ssl backlog=4096;
    ssl_certificate {shown}/$ssl_server_name.pem;
    ssl_certificate_key {shown}/$ssl_server_name.key;
    location = /.well-known/mta-sts.txt {{ alias {folder}/policy.txt; }}
  }}
}}
"""
    )
    files = ("-c", folder / "nginx.conf", "-e", folder / "error.log")
    return servers.ended(servers.start_in(namespace, "nginx", *files))
