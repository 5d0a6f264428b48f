# SPDX-License-Identifier: MIT
"""Real servers in a network namespace of their own: nsd, unbound, nginx and Postfix.

The tests' world is here, and what the benchmark builds its own from.

Everything lives in one temporary folder and one namespace, in which all of 127.0.0.0/8 and the
ports 25, 53 and 443 are free: nothing is heard outside, nothing outside is touched. The zone
``lab.`` is signed and unbound validates it; ``dead.`` is a zone whose
server refuses to speak of it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from certificates import Authority, Issued
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RESOLVER = "127.20.0.53"
REFUSING = "127.20.0.54"  # another, which answers nobody
AUTHORITY = "127.20.0.2"
WEB = "127.20.1.1"
PROGRAMS = ("ip", "nsd", "unbound", "nginx", "postfix", "ldns-keygen", "ldns-signzone")
PATIENCE = 30.0  # seconds for all servers to come up


@dataclass(frozen=True)
class Domain:
    """A situation.

    Attributes:
        name: below ``lab.``.
        mx: names below ``mail.lab.`` (see LISTENERS), or whole names with a final dot.
        policy: the body of the policy file; empty: there is no record.
        nginx: what its server block says in place of serving the file.
        tlsrpt: whether there is a TLS-RPT record.
        more: further lines of the zone.
    """

    name: str
    mx: tuple[str, ...]
    policy: str = ""
    nginx: str = ""
    tlsrpt: bool = True
    more: tuple[str, ...] = ()


def enforce(*mx: str, mode: str = "enforce") -> str:
    """A valid policy."""
    lines = ["version: STSv1", f"mode: {mode}", *(f"mx: {each}" for each in mx), "max_age: 604800"]
    return "".join(line + "\n" for line in lines)


ALL = enforce("*.mail.lab")
DOMAINS = (
    Domain("good-enforce", ("good",), ALL),
    Domain("good-testing", ("good",), enforce("*.mail.lab", mode="testing")),
    Domain("nothing", ("good",), tlsrpt=False),
    # The attacks that MTA-STS exists for, and the accident that does the same.
    Domain("downgrade", ("plain",), ALL),
    Domain("spoofed", ("mx.attacker.lab.",), ALL),
    Domain("self-signed", ("selfsigned",), ALL),
    Domain("other-name", ("othername",), ALL),
    Domain("other-ca", ("otherca",), ALL),
    Domain("expired", ("expired",), ALL),
    Domain("partly", ("good", "expired"), ALL),
    # The policy host.
    Domain("no-file", ("good",), ALL, nginx="return 404;"),
    Domain(
        "redirect", ("good",), ALL, nginx="return 301 https://mta-sts.good-enforce.lab$request_uri;"
    ),
    Domain("html", ("good",), "<!DOCTYPE html><title>Parked</title>\n"),
    Domain("unavailable", ("good",), ALL, nginx="return 503;"),
    Domain("host-expired", ("good",), ALL),
    # DANE.
    Domain("dane", ("dane",)),
    Domain("dane-mismatch", ("danebad",)),
    Domain("dane-alias", (), more=("dane-alias CNAME dane-target",)),
    Domain("dane-target", ("daneca",)),
    # What unbound does not believe: changed after it was signed (FORGED).
    Domain("forged-record", ("good",), ALL),
    Domain("forged-mx", ("good",), ALL),
    Domain("forged-tlsa", ("forged",), ALL),
    # Below a name that leads elsewhere as a whole.
    Domain("dname", ("good",), tlsrpt=False, more=("dname DNAME good-enforce",)),
)
# Of a line of the signed zone: how it begins, what is changed, into what.
FORGED = (
    ("_mta-sts.forged-record.lab.\t300\tIN\tTXT", "id=1", "id=2"),
    ("forged-mx.lab.\t300\tIN\tMX", "good.mail", "attacker.mail"),
    ("_25._tcp.forged.mail.lab.\t300\tIN\tTLSA", "3 1 1", "3 1 2"),
)
LISTENERS = (
    "good",
    "expired",
    "othername",
    "selfsigned",
    "otherca",
    "plain",
    "dane",
    "danebad",
    "attacker",
    "daneca",
    "forged",
)


def missing() -> str:
    """Why there can be no world here, or an empty text."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if lacking := [each for each in PROGRAMS if shutil.which(each) is None]:
        return f"not installed: {', '.join(lacking)} (make servers)"
    probe = f"mxseal-probe-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, text=True)
    if made.returncode != 0:
        return f"no network namespace can be made: {made.stderr.strip()}"
    subprocess.run(["ip", "netns", "del", probe], check=False)
    return ""


@dataclass(frozen=True)
class World:
    """A running world.

    Attributes:
        namespace: where it lives.
        ca_file: the root that its good certificates end at.
    """

    namespace: str
    ca_file: Path

    def run(self, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
        """A command inside."""
        return subprocess.run(
            ["ip", "netns", "exec", self.namespace, *map(str, command)],
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """Servers for all DOMAINS, until the end of the block."""
    namespace = f"mxseal-{os.getpid()}"
    stop: list[Callable[[], object]] = []
    try:
        must_run("ip", "netns", "add", namespace)
        stop.append(lambda: subprocess.run(["ip", "netns", "del", namespace], check=False))
        must_run("ip", "-n", namespace, "link", "set", "lo", "up")
        folder.chmod(0o755)
        roots = Authority("Laboratory Root")
        issued = _certificates(roots)
        ca_file = folder / "root.pem"
        ca_file.write_text(roots.pem)
        zone = _zone(issued, roots)
        # One by one: what runs is ended where the next does not start.
        stop.append(start_nsd(folder / "nsd", namespace, zone, FORGED))
        stop.append(start_unbound(folder / "unbound", folder / "nsd", namespace))
        stop.append(run_unbound(folder / "refusing", namespace, "", (), REFUSING, "refuse"))
        stop.append(_start_nginx(folder / "nginx", namespace, roots))
        doors = _doors(folder / "postfix")
        stop.append(start_postfix(folder / "postfix", namespace, issued, doors))
        for address, port in ((AUTHORITY, 5300), (RESOLVER, 53), (REFUSING, 53), (WEB, 443)):
            wait_for(namespace, address, port)
        for number in range(len(LISTENERS)):
            wait_for(namespace, f"127.20.2.{number + 1}", 25)
        yield World(namespace, ca_file)
    finally:
        for each in reversed(stop):
            each()


def must_run(*command: str | Path) -> None:
    """Runs a command; RuntimeError with its words where it fails."""
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(
            f"{' '.join(map(str, command))}: {done.stderr.strip() or done.stdout.strip()}"
        )


def start_in(namespace: str, *command: str | Path) -> subprocess.Popen[bytes]:
    """A server inside."""
    return subprocess.Popen(
        ["ip", "netns", "exec", namespace, *map(str, command)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def ended(process: subprocess.Popen[bytes]) -> Callable[[], object]:
    """What ends it."""

    def end() -> object:
        process.terminate()
        return process.wait(10)

    return end


def wait_for(namespace: str, address: str, port: int) -> None:
    """Waits until the port takes a connection; a short-lived child looks from inside."""
    code = f"import socket; socket.create_connection(({address!r}, {port}), 1).close()"
    deadline = time.monotonic() + PATIENCE
    command = ["ip", "netns", "exec", namespace, "python3", "-c", code]
    while subprocess.run(command, capture_output=True, check=False).returncode != 0:
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing listens on {address} port {port}")


# ------------------------------------------------------------------------------------ certificates
def _certificates(roots: Authority) -> dict[str, Issued]:
    """What each listener shows."""
    wildcard = ["*.mail.lab"]
    return {
        "good": roots.issue(wildcard),
        "expired": roots.issue(wildcard, days=(-30, -3)),
        "othername": roots.issue(["mail.elsewhere.example"]),
        "selfsigned": Authority("nobody").self_signed(wildcard),
        "otherca": Authority("Another Root").issue(wildcard, with_root=True),
        "attacker": roots.issue(["mx.attacker.lab"]),
        "dane": roots.issue(wildcard),
        "danebad": roots.issue(wildcard),
        "daneca": roots.issue(["dane-target.lab"], with_root=True),
        "forged": roots.issue(wildcard),
    }


# ---------------------------------------------------------------------------------------------- DNS
def _zone(issued: dict[str, Issued], roots: Authority) -> str:
    lines = [
        "$ORIGIN lab.",
        "$TTL 300",
        "@ SOA ns hostmaster 1 3600 600 86400 60",
        "@ NS ns",
        f"ns A {AUTHORITY}",
        f"mx.attacker A 127.20.2.{LISTENERS.index('attacker') + 1}",
    ]
    for number, listener in enumerate(LISTENERS):
        lines.append(f"{listener}.mail A 127.20.2.{number + 1}")
    root = sha256(roots.certificate.public_bytes(Encoding.DER)).hexdigest()
    lines.append(f"_25._tcp.daneca.mail TLSA 2 0 1 {root}")
    for listener, shown in (("dane", "dane"), ("danebad", "good"), ("forged", "forged")):
        key = issued[shown].certificate.public_key()
        info = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        lines.append(f"_25._tcp.{listener}.mail TLSA 3 1 1 {sha256(info).hexdigest()}")
    for domain in DOMAINS:
        for preference, host in enumerate(domain.mx, 1):
            name = host if host.endswith(".") else f"{host}.mail.lab."
            lines.append(f"{domain.name} MX {10 * preference} {name}")
        if domain.policy:
            lines.append(f'_mta-sts.{domain.name} TXT "v=STSv1; id=1;"')
            lines.append(f"mta-sts.{domain.name} A {WEB}")
        if domain.tlsrpt:
            rua = f"mailto:tls@{domain.name}.lab"
            lines.append(f'_smtp._tls.{domain.name} TXT "v=TLSRPTv1; rua={rua}"')
        lines += domain.more
    return "".join(line + "\n" for line in lines)


def start_nsd(
    folder: Path, namespace: str, zone: str, forged: Sequence[tuple[str, str, str]] = ()
) -> Callable[[], object]:
    """The zone ``lab.``, signed; its anchor is ``anchor.ds``. Gives back what ends the server.

    Args:
        folder: for all that it keeps.
        namespace: where.
        zone: not signed yet.
        forged: see FORGED.
    """
    folder.mkdir()
    (folder / "lab.zone").write_text(zone)
    keys = []
    for options in (["-k"], []):
        made = subprocess.run(
            ["ldns-keygen", "-a", "ECDSAP256SHA256", *options, "lab"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
        keys.append(made.stdout.strip())
    subprocess.run(
        ["ldns-signzone", "-n", "-f", "lab.signed", "lab.zone", *keys],
        cwd=folder,
        capture_output=True,
        check=True,
    )
    shutil.copy(folder / f"{keys[0]}.ds", folder / "anchor.ds")
    signed = folder / "lab.signed"
    lines = signed.read_text().splitlines(keepends=True)
    for begins, true, false in forged:
        [at] = (number for number, line in enumerate(lines) if line.startswith(begins))
        lines[at] = lines[at].replace(true, false)
    signed.write_text("".join(lines))
    return run_nsd(folder, namespace, "lab.signed")


def run_nsd(folder: Path, namespace: str, zone_file: str) -> Callable[[], object]:
    """The zone ``lab.`` of a file in the folder."""
    (folder / "nsd.conf").write_text(
        f"""server:
  ip-address: {AUTHORITY}@5300
  username: ""
  chroot: ""
  database: ""
  zonesdir: "{folder}"
  pidfile: "{folder}/nsd.pid"
  xfrdfile: "{folder}/xfrd"
  xfrdir: "{folder}"
  zonelistfile: "{folder}/zonelist"
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: "lab"
  zonefile: "{folder}/{zone_file}"
"""
    )
    return ended(start_in(namespace, "nsd", "-d", "-c", folder / "nsd.conf"))


def start_unbound(folder: Path, nsd: Path, namespace: str) -> Callable[[], object]:
    """A resolver that validates ``lab.``, whose zone lies in the folder ``nsd``."""
    settings = f"""  module-config: "validator iterator"
  trust-anchor-file: "{nsd}/anchor.ds"
  trust-anchor-signaling: no
  domain-insecure: "dead"
"""
    return run_unbound(folder, namespace, settings, ("lab", "dead"))


def run_unbound(
    folder: Path,
    namespace: str,
    settings: str,
    zones: tuple[str, ...],
    address: str = RESOLVER,
    access: str = "allow",
) -> Callable[[], object]:
    """A resolver that asks nsd for some zones, and nobody else.

    Args:
        folder: for all that it keeps.
        namespace: where.
        settings: further lines of its section ``server``, the modules among them.
        zones: without final dot.
        address: its own.
        access: what it does with questions, as access-control has it.
    """
    folder.mkdir()
    stubs = "".join(
        f"""stub-zone:
  name: "{zone}"
  stub-addr: {AUTHORITY}@5300
  stub-prime: no
"""
        for zone in zones
    )
    (folder / "unbound.conf").write_text(
        f"""server:
  directory: "{folder}"
  interface: {address}@53
  access-control: 127.0.0.0/8 {access}
  username: ""
  chroot: ""
  pidfile: "{folder}/unbound.pid"
  use-syslog: no
  logfile: "{folder}/log"
  do-not-query-localhost: no
  do-ip6: no
  root-key-sentinel: no
  target-fetch-policy: "0 0 0 0 0"
{settings}remote-control:
  control-enable: no
{stubs}"""
    )
    return ended(start_in(namespace, "unbound", "-d", "-c", folder / "unbound.conf"))


# ------------------------------------------------------------------------------------ HTTPS, SMTP
def _start_nginx(folder: Path, namespace: str, roots: Authority) -> Callable[[], object]:
    (folder / "www").mkdir(parents=True)
    blocks = []
    for domain in (each for each in DOMAINS if each.policy):
        host = f"mta-sts.{domain.name}.lab"
        issued = roots.issue([host], days=(-30, -1) if domain.name == "host-expired" else (-1, 60))
        (folder / f"{host}.pem").write_text(issued.chain_pem)
        (folder / f"{host}.key").write_text(issued.key_pem)
        (folder / "www" / f"{host}.txt").write_text(domain.policy)
        kind = "text/html" if domain.name == "html" else "text/plain"
        location = domain.nginx or f"default_type {kind}; alias {folder}/www/{host}.txt;"
        blocks.append(
            f"""  server {{
    listen {WEB}:443 ssl;
    server_name {host};
    ssl_certificate {folder}/{host}.pem;
    ssl_certificate_key {folder}/{host}.key;
    location = /.well-known/mta-sts.txt {{ {location} }}
  }}
"""
        )
    (folder / "nginx.conf").write_text(
        f"""user root;
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  types {{ }}
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
{"".join(blocks)}}}
"""
    )
    return ended(
        start_in(namespace, "nginx", "-c", folder / "nginx.conf", "-e", folder / "error.log")
    )


def _doors(folder: Path) -> str:
    """The listeners, for master.cf."""
    lines = []
    for number, listener in enumerate(LISTENERS):
        lines.append(f"127.20.2.{number + 1}:25 inet n - n - 20 smtpd")
        if listener == "plain":
            lines.append("  -o smtpd_tls_security_level=none")
        else:
            lines.append(f"  -o smtpd_tls_chain_files={folder}/etc/{listener}.pem")
    # The good host's other doors: submission, and TLS from the first byte (RFC 8314 §3.3).
    good = f"  -o smtpd_tls_chain_files={folder}/etc/good.pem"
    lines += ["127.20.2.1:587 inet n - n - 20 smtpd", good]
    lines += ["127.20.2.1:465 inet n - n - 20 smtpd", good, "  -o smtpd_tls_wrappermode=yes"]
    return "".join(line + "\n" for line in lines)


def start_postfix(
    folder: Path, namespace: str, issued: dict[str, Issued], doors: str
) -> Callable[[], object]:
    """Postfix with these listeners.

    Args:
        folder: for all that it keeps.
        namespace: where.
        issued: what it may show; each lies in ``etc/NAME.pem``.
        doors: lines of master.cf.
    """
    etc, queue, data = folder / "etc", folder / "queue", folder / "data"
    for each in (etc, queue, data):
        each.mkdir(parents=True)
        each.chmod(0o755)
    folder.chmod(0o755)
    for above in folder.parents:
        above.chmod(above.stat().st_mode | 0o011)
    shutil.chown(data, "postfix")
    for name, certificate in issued.items():
        (etc / f"{name}.pem").write_text(certificate.key_pem + certificate.chain_pem)
    (etc / "main.cf").write_text(
        f"""compatibility_level = 3.6
queue_directory = {queue}
data_directory = {data}
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.mail.lab
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_peername_lookup = no
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
smtpd_relay_restrictions = reject
smtpd_recipient_restrictions = reject
smtpd_tls_session_cache_database =
smtpd_tls_security_level = may
"""
    )
    lines = ["postlog unix-dgram n - n - 1 postlogd"]
    for service in ("anvil", "tlsmgr", "rewrite", "proxymap"):
        program = "trivial-rewrite" if service == "rewrite" else service
        wakeup = "1000?" if service == "tlsmgr" else "-"
        lines.append(f"{service} unix - - n {wakeup} 1 {program}")
    (etc / "master.cf").write_text("".join(line + "\n" for line in lines) + doors)
    must_run("ip", "netns", "exec", namespace, "postfix", "-c", etc, "start")

    def end() -> object:
        stop = ["ip", "netns", "exec", namespace, "postfix", "-c", str(etc), "stop"]
        return subprocess.run(stop, capture_output=True, check=False)

    return end
