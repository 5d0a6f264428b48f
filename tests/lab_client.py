# SPDX-License-Identifier: MIT
"""A small check of its own, on dnspython, ssl and sockets: what the laboratory's servers really do.

It knows nothing of how situations are declared, and says what it meets in the codes of findings.
"""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from mxseal.lab import Lab

Which = Literal["validating", "plain", "refusing"]

CONNECT_SECONDS = 1.0
SILENCE_SECONDS = 4.0
TRICKLE_SECONDS = 6.0
GREETING_SECONDS = 2.0
MOST_BYTES = 65536
MOST_LINE = 2048

# X509_V_ERR_* of OpenSSL, and the word for it; 20 is told apart by what was sent.
_VERIFY = {
    7: "invalid",
    9: "not-yet-valid",
    10: "expired",
    18: "self-signed",
    19: "untrusted",
    26: "invalid",
    62: "name-mismatch",
}


# --------------------------------------------------------------------------------------------- DNS
def ask(
    lab: Lab,
    name: str,
    rdtype: str,
    *,
    which: Which = "validating",
    cd: bool = False,
    ad: bool = True,
    tcp: bool = False,
    seconds: float = SILENCE_SECONDS,
) -> dns.message.Message:
    """One question, one answer; raises dns.exception.Timeout where there is none."""
    address, _, port = lab.resolvers[which].rpartition(":")
    query = dns.message.make_query(f"{name}.", rdtype)
    query.flags |= (dns.flags.CD * cd) | (dns.flags.AD * ad)
    if tcp:
        return dns.query.tcp(query, address, seconds, int(port))
    answer, _ = dns.query.udp_with_fallback(query, address, seconds, int(port))
    return answer


def records(lab: Lab, name: str, rdtype: str) -> list[str]:
    """The records at the end of the chain; none where there is no answer."""
    wanted = dns.rdatatype.from_text(rdtype)
    try:
        answer = ask(lab, name, rdtype, seconds=CONNECT_SECONDS)
    except dns.exception.Timeout:
        return []
    return [str(each) for rrset in answer.answer if rrset.rdtype == wanted for each in rrset]


def raw_answer(lab: Lab, name: str, rdtype: str) -> bytes:
    """The answer's bytes, for what dnspython refuses to read."""
    address, _, port = lab.resolver.rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(SILENCE_SECONDS)
        client.sendto(dns.message.make_query(f"{name}.", rdtype).to_wire(), (address, int(port)))
        return client.recv(MOST_BYTES)


def texts(lab: Lab, name: str) -> list[list[bytes]]:
    """The strings of each TXT record."""
    answer = ask(lab, name, "TXT")
    return [
        list(each.strings)
        for rrset in answer.answer
        if rrset.rdtype == dns.rdatatype.TXT
        for each in rrset
    ]


def addresses(lab: Lab, host: str) -> list[str]:
    """IPv4, then IPv6."""
    return records(lab, host, "A") + records(lab, host, "AAAA")


# --------------------------------------------------------------------------------------------- TLS
def chain_of(connection: ssl.SSLSocket) -> list[bytes]:
    """The certificates as they were sent, DER."""
    if hasattr(connection, "get_unverified_chain"):
        return list(connection.get_unverified_chain())
    inner = connection._sslobj  # type: ignore[attr-defined]
    return [ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in inner.get_unverified_chain()]


def accepting() -> ssl.SSLContext:
    """A client that takes every certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def verifying(lab: Lab) -> ssl.SSLContext:
    """A client that trusts the laboratory's root, and no CN."""
    context = ssl.create_default_context(cafile=str(lab.ca_file))
    context.hostname_checks_common_name = False
    return context


def alert_of(error: ssl.SSLError) -> str:
    """tls-handshake, tls-version, or sni-rejected."""
    text = str(error).upper()
    if "UNRECOGNIZED_NAME" in text or "UNRECOGNIZED NAME" in text:
        return "sni-rejected"
    if "PROTOCOL" in text and ("VERSION" in text or "UNSUPPORTED" in text):
        return "version-old"
    return "handshake-failed"


def judge_certificate(lab: Lab, host: str, verify_code: int, chain: list[bytes]) -> str | None:
    """The word for a certificate, by what OpenSSL said of it and by what was sent."""
    leaf = x509.load_der_x509_certificate(chain[0])
    if verify_code == 0:
        soon = datetime.now(UTC) + timedelta(days=14)
        return "expires-soon" if leaf.not_valid_after_utc < soon else None
    if verify_code == 62:
        has_names = any(
            isinstance(each.value, x509.SubjectAlternativeName) for each in leaf.extensions
        )
        return "name-mismatch" if has_names else "cn-only"
    if verify_code == 20:
        return "alternative-path" if _verifies(lab, host, chain) else "incomplete-chain"
    return _VERIFY[verify_code]


def _verifies(lab: Lab, host: str, chain: list[bytes]) -> bool:
    """By a verifier that looks at every path."""
    roots = x509.load_pem_x509_certificates(lab.ca_file.read_bytes())
    verifier = PolicyBuilder().store(Store(roots)).build_server_verifier(x509.DNSName(host))
    leaf, *others = (x509.load_der_x509_certificate(each) for each in chain)
    try:
        verifier.verify(leaf, others)
    except VerificationError:
        return False
    return True


# -------------------------------------------------------------------------------------------- SMTP
@dataclass
class Met:
    """What one address showed: codes behind ``smtp.``, and the chain if there was a handshake."""

    codes: set[str] = field(default_factory=set)
    chain: list[bytes] = field(default_factory=list)


class _Stop(Exception):  # noqa: N818
    """It went no further; the code says why."""


class Session:
    """SMTP up to the handshake."""

    def __init__(self, address: str, port: int) -> None:
        try:
            self.socket = socket.create_connection((address, port), CONNECT_SECONDS)
        except ConnectionRefusedError:
            raise _Stop("connect-refused") from None
        except TimeoutError:
            raise _Stop("timeout") from None
        self.socket.settimeout(SILENCE_SECONDS)
        self.rest = b""

    def reply(self) -> tuple[int, list[str]]:
        """One reply, within limits."""
        lines: list[str] = []
        end = time.monotonic() + TRICKLE_SECONDS
        while True:
            line = self._line(end, begun=bool(lines))
            if len(line) < 4 or not line[:3].isdigit() or line[3:4] not in b" -":
                raise _Stop("protocol")
            lines.append(line[4:].decode())
            if line[3:4] == b" ":
                return int(line[:3]), lines
            if len(lines) > 100:
                raise _Stop("protocol")

    def _line(self, end: float, begun: bool) -> bytes:
        while b"\r\n" not in self.rest:
            if len(self.rest) > MOST_LINE:
                raise _Stop("protocol")
            if time.monotonic() > end:
                raise _Stop("tarpit")
            try:
                piece = self.socket.recv(4096)
            except TimeoutError:
                raise _Stop("tarpit" if begun or self.rest else "timeout") from None
            if not piece:
                raise _Stop("protocol")
            self.rest += piece
        line, _, self.rest = self.rest.partition(b"\r\n")
        return line

    def say(self, text: str) -> None:
        """One command."""
        self.socket.sendall(text.encode() + b"\r\n")

    def until_tls(self) -> None:
        """Greeting, EHLO, STARTTLS."""
        code, _ = self.reply()
        if code != 220:
            raise _Stop("banner-4xx" if code < 500 else "banner-5xx")
        self.say("EHLO client.test")
        code, lines = self.reply()
        if code in (500, 502):
            raise _Stop("ehlo-rejected")
        if "STARTTLS" not in lines:
            raise _Stop("starttls-missing")
        self.say("STARTTLS")
        code, _ = self.reply()
        if code != 220:
            raise _Stop("starttls-refused")
        if self.rest:
            raise _Stop("injection")

    def secure(self, context: ssl.SSLContext, name: str | None) -> ssl.SSLSocket:
        """The handshake."""
        try:
            return context.wrap_socket(self.socket, server_hostname=name)
        except TimeoutError:
            raise _Stop("timeout") from None
        except ssl.SSLCertVerificationError:
            raise
        except ssl.SSLError as error:
            raise _Stop("tls." + alert_of(error)) from None


def meet(lab: Lab, host: str, address: str) -> Met:
    """What one address of an MX host does."""
    met = Met()
    try:
        began = time.monotonic()
        session = Session(address, lab.smtp_port)
        with session.socket:
            session.until_tls()
            if time.monotonic() - began > GREETING_SECONDS:
                met.codes.add("greeting-delay")
            with session.secure(accepting(), host) as connection:
                met.chain = chain_of(connection)
                session.socket, session.rest = connection, b""
                session.say("EHLO client.test")
                assert "STARTTLS" not in session.reply()[1]  # RFC 3207 §4.2
                session.say("QUIT")
                assert session.reply()[0] == 221
    except _Stop as stop:
        met.codes.add(str(stop))
        return met
    word = judge_certificate(lab, host, _verify_code(lab, host, address), met.chain)
    if word:
        met.codes.add(f"cert.{word}")
    met.codes |= _without_sni(lab, address, met.chain[0])
    return met


def _verify_code(lab: Lab, host: str, address: str) -> int:
    session = Session(address, lab.smtp_port)
    with session.socket:
        session.until_tls()
        try:
            session.secure(verifying(lab), host).close()
        except ssl.SSLCertVerificationError as error:
            return error.verify_code
    return 0


def _without_sni(lab: Lab, address: str, leaf: bytes) -> set[str]:
    if ":" in address:
        return set()  # ::1 is shared by all, and SNI alone tells whom it plays
    session = Session(address, lab.smtp_port)
    with session.socket:
        session.until_tls()
        try:
            with session.secure(accepting(), None) as connection:
                return set() if chain_of(connection)[0] == leaf else {"tls.sni-needed"}
        except _Stop:
            return {"tls.sni-required"}


def meet_host(lab: Lab, host: str) -> set[str]:
    """What all addresses of an MX host do together, in codes."""
    every = [meet(lab, host, address) for address in addresses(lab, host)]
    codes = set().union(*(each.codes for each in every)) if every else set()
    if "starttls-missing" in codes and any("starttls-missing" not in each.codes for each in every):
        codes = codes - {"starttls-missing"} | {"starttls-stripped"}
    if len({each.chain[0] for each in every if each.chain and ":" not in host}) > 1:
        codes.add("cert.differs-between-addresses")
    return {f"smtp.{code}" for code in codes}


# ------------------------------------------------------------------------------------ policy hosts
@dataclass
class Fetched:
    """What a policy host gave: a code, or an answer that is whole."""

    code: str | None = None
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    warning: str | None = None


def fetch(lab: Lab, host: str, address: str) -> Fetched:
    """GET of the policy at one address."""
    try:
        code, chain = _verify_https(lab, host, address)
    except ConnectionRefusedError:
        return Fetched("sts.host.connect-refused")
    except TimeoutError:
        return Fetched("sts.host.timeout")
    except ssl.SSLError as error:
        word = {"version-old": "tls-version"}.get(alert_of(error), "tls-handshake")
        return Fetched(f"sts.host.{word}")
    word_or_none = judge_certificate(lab, host, code, chain)
    if word_or_none not in (None, "expires-soon", "alternative-path"):
        return Fetched(f"sts.cert.{word_or_none}")
    fetched = _get(lab, host, address)
    fetched.warning = f"sts.cert.{word_or_none}" if word_or_none else None
    return fetched


def _connect(lab: Lab, address: str) -> socket.socket:
    return socket.create_connection((address, lab.https_port), CONNECT_SECONDS)


def _verify_https(lab: Lab, host: str, address: str) -> tuple[int, list[bytes]]:
    with (
        _connect(lab, address) as plain,
        accepting().wrap_socket(plain, server_hostname=host) as connection,
    ):
        chain = chain_of(connection)
    with _connect(lab, address) as plain:
        try:
            verifying(lab).wrap_socket(plain, server_hostname=host).close()
        except ssl.SSLCertVerificationError as error:
            return error.verify_code, chain
    return 0, chain


def _get(lab: Lab, host: str, address: str) -> Fetched:
    request = f"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: {host}:{lab.https_port}\r\n\r\n"
    data = b""
    with (
        _connect(lab, address) as plain,
        accepting().wrap_socket(plain, server_hostname=host) as connection,
    ):
        connection.settimeout(SILENCE_SECONDS)
        connection.sendall(request.encode())
        end = time.monotonic() + TRICKLE_SECONDS
        while piece := connection.recv(4096):
            data += piece
            if len(data) > MOST_BYTES:
                return Fetched("sts.http.too-large")
            if time.monotonic() > end:
                return Fetched("sts.http.too-slow")
    head, end_of_head, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    if not lines[0].startswith("HTTP/1.1 ") or not end_of_head:
        return Fetched("sts.http.invalid")
    pairs = (line.partition(":") for line in lines[1:])
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    fetched = Fetched(None, int(lines[0].split(" ")[1]), headers, body)
    if len(body) < int(headers.get("content-length", 0)):
        fetched.code = "sts.http.truncated"
    return fetched


def judge_http(fetched: Fetched) -> set[str]:
    """The codes of an answer that is whole."""
    status = fetched.status
    words = {
        401: "auth-required",
        403: "blocked",
        404: "not-found",
        410: "not-found",
        429: "blocked",
    }
    if 300 <= status < 400:
        return {"sts.http.redirect"}
    if status != 200:
        return {f"sts.http.{words.get(status, 'status')}"}
    if "content-encoding" in fetched.headers:
        return {"sts.http.content-encoding"}
    media_type = fetched.headers.get("content-type")
    if media_type is None:
        return {"sts.http.content-type-missing"}
    if media_type.partition(";")[0].strip().lower() != "text/plain":
        return {"sts.http.content-type-wrong"}
    return set()
