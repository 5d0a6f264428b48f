# SPDX-License-Identifier: MIT
"""How a situation is declared: the zone, the policy host, the MX hosts, and what a check must say.

Everything here is data; the servers that play it stand beside (dns, policy_hosts, mail_hosts). In
every text ``{domain}`` is the situation's domain. Names are relative to it, ``@`` is the domain
itself, and a name with a final dot is a name of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal[
    "protected",
    "testing",
    "partly",
    "misconfigured",
    "broken",
    "inconclusive",
    "no-mail",
    "unprotected",
]
Effect = Literal["authenticated", "encrypted", "clear", "refused", "unknown"]
Family = Literal["ipv4", "ipv6"]

# accept: takes connections; refuse: nothing listens; drop: no connection is ever made (black hole).
Listen = Literal["accept", "refuse", "drop"]

# What stands in for a resolver's answer. bogus is SERVFAIL, and the answer where CD is set.
Failure = Literal["servfail", "bogus", "silent", "refused"]


# ------------------------------------------------------------------------------------ certificates
@dataclass(frozen=True, kw_only=True)
class Cert:
    """A certificate and the chain that a server sends with it.

    Attributes:
        names: SAN dNSNames; None is the name of the host that shows it.
        common_name: the CN; None is the first of the names.
        issuer: who signed it. ``untrusted`` is another CA, ``two-paths`` an intermediate that two
            roots have certified: the path that is sent first ends at an unknown root.
        begins: days from now; negative is past.
        ends: days from now.
        key: its type.
        purpose: its extended key usage.
        damaged: the signature does not verify.
        sent: what follows the leaf.
        number: tells apart certificates that are equal in everything else.
    """

    names: tuple[str, ...] | None = None
    common_name: str | None = None
    issuer: Literal["intermediate", "root", "untrusted", "two-paths", "self"] = "intermediate"
    begins: float = -2
    ends: float = 90
    key: Literal["ec", "rsa"] = "ec"
    purpose: Literal["server", "client"] = "server"
    damaged: bool = False
    sent: Literal["chain", "leaf", "chain-and-root"] = "chain"
    number: int = 1


GOOD_CERT = Cert()
NO_NAMES: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Tls:
    """How a server does the handshake.

    Attributes:
        certificates: one, or one of each key type.
        old: only TLS 1.0 and 1.1.
        sni: ``needed``: another certificate without SNI; ``required``: no handshake without SNI;
            ``rejected``: alert unrecognized_name for the SNI of its own name (RFC 6066 §3).
        broken: in place of a handshake: an alert, or silence.
        broken_over_ipv6: the alert for those who come over IPv6.
    """

    certificates: tuple[Cert, ...] = (GOOD_CERT,)
    old: bool = False
    sni: Literal["ignored", "needed", "required", "rejected"] = "ignored"
    broken: Literal["", "alert", "silence"] = ""
    broken_over_ipv6: bool = False


GOOD_TLS = Tls()


def shows(*certificates: Cert) -> Tls:
    """A plain handshake with these certificates."""
    return Tls(certificates=certificates)


# --------------------------------------------------------------------------------------------- DNS
@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the resolver answers to one question.

    Attributes:
        records: rdata in presentation form (TXT in quotes), or one CNAME for every type.
        ttl: seconds.
        failure: instead of an answer; ``bogus`` keeps the records for those who set CD.
        by_tcp: truncated over UDP.
    """

    records: tuple[str, ...] = ()
    ttl: int = 3600
    failure: Failure | None = None
    by_tcp: bool = False


Zone = Mapping[tuple[str, str], Answer | str]


def failing(failure: Failure, *records: str) -> Answer:
    """No usable answer."""
    return Answer(records=records, failure=failure)


@dataclass(frozen=True, kw_only=True)
class Tlsa:
    """A TLSA record made from a certificate of the server (RFC 6698 §2.1).

    Attributes:
        of: whose: of the server's first certificate, its second, its intermediate, its root; or of
            one that no server of the laboratory has.
        data: hexadecimal, in place of what would be right.
    """

    usage: int = 3
    selector: int = 1
    matching: int = 1
    of: Literal["leaf", "second", "intermediate", "root", "nobody"] = "leaf"
    data: str | None = None


# --------------------------------------------------------------------------------------- MX hosts
@dataclass(frozen=True, kw_only=True)
class MailServer:
    """What answers at one address of an MX host.

    Attributes:
        family: an IPv4 address is its own; over IPv6 all share ::1 and only the handshake tells
            them apart, by SNI.
        listen: see ``Listen``.
        far: its address lies in another /16 than the others.
        greeting: the whole first answer, lines end in CR LF; empty is silence.
        greeting_delay: seconds before it.
        pace: seconds between two bytes of every answer; 0 sends them at once.
        endless: the greeting is followed by this again and again.
        ehlo: the answer to EHLO if not the usual one.
        starttls: offered or not.
        starttls_reply: the answer to STARTTLS.
        injected: bytes in clear that follow that answer at once.
        tls: the handshake.
        attacker: it belongs to who wants the mail; what it is given is stolen.
    """

    family: Family = "ipv4"
    listen: Listen = "accept"
    far: bool = False
    greeting: str = "220 {host} ESMTP\r\n"
    greeting_delay: float = 0
    pace: float = 0
    endless: bytes = b""
    ehlo: str | None = None
    starttls: bool = True
    starttls_reply: str = "220 2.0.0 Ready to start TLS\r\n"
    injected: bytes = b""
    tls: Tls = GOOD_TLS
    attacker: bool = False


GOOD_SERVER = MailServer()


def server(*certificates: Cert) -> MailServer:
    """A good server with these certificates."""
    return MailServer(tls=shows(*certificates))


@dataclass(frozen=True, kw_only=True)
class MailHost:
    """An MX host: its addresses, and its TLSA records.

    Attributes:
        name: as the MX record has it.
        preference: of the MX record; None: a host without MX record (implicit MX, target of a
            CNAME, forged by somebody).
        servers: one for each address, in order.
        tlsa: at ``_25._tcp`` of the host.
        tlsa_failure: no usable answer for them.
    """

    name: str = "mx1"
    preference: int | None = 10
    servers: tuple[MailServer, ...] = (GOOD_SERVER,)
    tlsa: tuple[Tlsa, ...] = ()
    tlsa_failure: Failure | None = None


# ------------------------------------------------------------------------------------ policy hosts
@dataclass(frozen=True, kw_only=True)
class Response:
    """The answer of a policy host, as bytes.

    Attributes:
        status: behind ``HTTP/1.1``.
        headers: as they are sent; Content-Length comes by itself.
        body: None is the policy of the situation.
        length: another Content-Length than the body has; the connection ends after the body.
        pace: seconds between two bytes of the body.
        endless: headers or body that never end.
        raw: sent in place of all that.
    """

    status: str = "200 OK"
    headers: tuple[str, ...] = ("Content-Type: text/plain",)
    body: bytes | None = None
    length: int | None = None
    pace: float = 0
    endless: Literal["", "headers", "body"] = ""
    raw: bytes | None = None


GOOD_RESPONSE = Response()


@dataclass(frozen=True, kw_only=True)
class PolicyHost:
    """What answers at ``mta-sts.<domain>``.

    Attributes:
        name: the name that has the addresses; another one stands behind a CNAME.
        families: of its addresses.
        listen: see ``Listen``.
        tls: the handshake.
        response: to the request for the policy.
    """

    name: str = "mta-sts"
    families: tuple[Family, ...] = ("ipv4",)
    listen: Listen = "accept"
    tls: Tls = GOOD_TLS
    response: Response = GOOD_RESPONSE


GOOD_POLICY_HOST = PolicyHost()


def policy(
    *mx: str, mode: str = "enforce", max_age: int | str = 1209600, more: tuple[str, ...] = ()
) -> bytes:
    """A policy (RFC 8461 §3.2) for these patterns; without any, for mx1 of the domain."""
    lines = ["version: STSv1", f"mode: {mode}"]
    lines += [f"mx: {pattern}" for pattern in mx or ("mx1.{domain}",)]
    lines += [f"max_age: {max_age}", *more]
    return "".join(line + "\r\n" for line in lines).encode()


# -------------------------------------------------------------------------------------- situations
@dataclass(frozen=True, kw_only=True)
class Options:
    """How a check of the domain must be made, where it is not the plain one.

    Attributes:
        allow_private: False: the guard against private addresses stays closed.
        probe: False: nothing on port 25.
        timeout: seconds in all.
        resolver: which of the laboratory's; ``plain`` does not validate, ``refusing`` refuses.
        alone: it must be the only domain of the run.
    """

    allow_private: bool = True
    probe: bool = True
    timeout: int | None = None
    resolver: Literal["validating", "plain", "refusing"] = "validating"
    alone: bool = False


PLAIN_OPTIONS = Options()


@dataclass(frozen=True, kw_only=True)
class Effects:
    """What each class of sender does now; None where the rules leave it open."""

    plain: Effect | None = "encrypted"
    mta_sts: Effect | None = "encrypted"
    dane: Effect | None = "encrypted"


@dataclass(frozen=True, kw_only=True)
class Attack:
    """An attack that the situation plays.

    Attributes:
        title: its name.
        plain: what happens to the mail of a sender that checks nothing.
        mta_sts: what a sender does that follows the policy.
        result_type: what such a sender reports (RFC 8460 §4.3).
    """

    title: str
    plain: str
    mta_sts: str
    result_type: str


SOA = "ns.test. hostmaster.test. 1 3600 600 86400 60"
GOOD_RECORD = '"v=STSv1; id=20260114090000;"'
GOOD_TLSRPT = '"v=TLSRPTv1; rua=mailto:tls-reports@reports.test"'


@dataclass(frozen=True, kw_only=True)
class Situation:
    """One domain of the laboratory.

    Without anything said it has a record, a policy in mode enforce on a good policy host, one good
    MX host inside the policy, and a TLS-RPT record; it is not signed.

    Attributes:
        name: the first label of the domain.
        sentence: what it shows.
        verdict: what a check must say, by the definitions of mxseal.
        findings: the codes that a check must give.
        tolerated: codes that it may give besides.
        effects: what the three classes of senders do.
        domain: what is checked; empty is ``name.test``.
        record: TXT records at _mta-sts, in quotes; None: no such name.
        tlsrpt: likewise at _smtp._tls.
        policy: the body that the policy host serves.
        policy_host: None: mta-sts.<domain> does not exist.
        mail_hosts: MX hosts, and hosts besides.
        zone: further answers; they win over those that follow from the above.
        secure: the domain's answers are DNSSEC-secure.
        secure_besides: so are those of these domains.
        options: how the check must be made.
        attack: which attack it plays.
        patience: seconds that a check takes at least.
        in_dns: False: the domain is no name that can be asked for.
    """

    name: str
    sentence: str
    verdict: Verdict = "protected"
    findings: tuple[str, ...] = ()
    tolerated: tuple[str, ...] = ()
    effects: Effects = field(default_factory=lambda: Effects(mta_sts="authenticated"))
    domain: str = ""
    record: tuple[str, ...] | None = (GOOD_RECORD,)
    tlsrpt: tuple[str, ...] | None = (GOOD_TLSRPT,)
    policy: bytes = field(default_factory=policy)
    policy_host: PolicyHost | None = GOOD_POLICY_HOST
    mail_hosts: tuple[MailHost, ...] = (MailHost(),)
    zone: Zone = field(default_factory=dict)
    secure: bool = False
    secure_besides: tuple[str, ...] = ()
    options: Options = PLAIN_OPTIONS
    attack: Attack | None = None
    patience: float = 0
    in_dns: bool = True

    def __post_init__(self) -> None:
        if not self.domain:
            object.__setattr__(self, "domain", f"{self.name}.test")

    def fill(self, text: str) -> str:
        """A text with the domain's name put in."""
        return text.replace("{domain}", self.domain)

    def absolute(self, name: str) -> str:
        """A name of the declaration in full, without the final dot."""
        name = self.fill(name)
        if name.endswith("."):
            return name.removesuffix(".")
        return self.domain if name == "@" else f"{name}.{self.domain}"

    @property
    def policy_name(self) -> str:
        """The name of the policy host (RFC 8461 §3.3)."""
        return f"mta-sts.{self.domain}"

    @property
    def policy_body(self) -> bytes:
        """What its policy host serves as body."""
        response = self.policy_host.response if self.policy_host else GOOD_RESPONSE
        body = self.policy if response.body is None else response.body
        return body.replace(b"{domain}", self.domain.encode())

    @property
    def needs_ipv6(self) -> bool:
        """Whether it cannot be played where ::1 is missing."""
        return any(
            each.family == "ipv6" for host in self.mail_hosts for each in host.servers
        ) or bool(self.policy_host and "ipv6" in self.policy_host.families)
