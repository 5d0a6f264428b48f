# SPDX-License-Identifier: MIT
"""Behind ``mxseal.check``: what a sending server would meet at a domain, and what it is worth.

The core asks DNS, the policy host and every MX host, and judges; here its answer becomes the values
that users hold. Their fields are the JSON of ``mxseal check``: the schema is made from them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import UTC, datetime
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

from mxseal._exceptions import MxsealError
from mxseal._network import greeting, moment, seconds, texts, typed, wrong_type

if TYPE_CHECKING:
    from mxseal.mtasts import Policy

SCHEMA_VERSION = 1

Severity = Literal["error", "warning", "info", "unknown"]
Verdict = Literal[
    "protected",
    "testing",
    "partly",
    "broken",
    "misconfigured",
    "unprotected",
    "inconclusive",
    "no-mail",
]
Effect = Literal["authenticated", "encrypted", "clear", "refused", "unknown"]
HostVerdict = Literal["passes", "fails", "unknown"]


@dataclass(frozen=True)
class Finding:
    """One thing that was found (``mxseal help CODE`` explains each code).

    Attributes:
        code: stable public name.
        severity: error: compliant senders ignore it, refuse mail or send no reports; warning; info;
            unknown: could not be seen from here, which is never the same as absent.
        section: the RFC and section that rules it.
        result_type: what a sender would report for it (RFC 8460 §4.3); None where nothing.
        subject: the record, host, or host and address it is about.
        detail: what was met there, from somebody else: escape it before showing it.
        cause: why that matters, in one sentence.
        remedy: what to do, in one sentence.
        seen_at: when (UTC).
    """

    code: str
    severity: Severity
    section: str
    result_type: str | None
    subject: str
    detail: str
    cause: str
    remedy: str
    seen_at: datetime

    def __repr__(self) -> str:
        return f"<Finding {self.severity} {self.code}>"


@dataclass(frozen=True)
class Effects:
    """What each class of sender does with mail to the domain now.

    Attributes:
        plain: without MTA-STS and DANE.
        mta_sts: follows MTA-STS and not DANE.
        dane: follows DANE and not MTA-STS.
    """

    plain: Effect
    mta_sts: Effect
    dane: Effect


@dataclass(frozen=True)
class Certificate:
    """A certificate as a server sent it.

    Attributes:
        subject: distinguished name.
        issuer: the same of who signed it.
        names: dNSNames of its subjectAltName; the only names that count (RFC 8461 §4.2).
        not_before: valid from (UTC).
        not_after: valid until (UTC), inclusive.
        key: ``EC P-256``, ``RSA 2048``.
        sha256: digest of the whole certificate, in hexadecimal.
    """

    subject: str
    issuer: str
    names: list[str]
    not_before: datetime
    not_after: datetime
    key: str
    sha256: str


@dataclass(frozen=True)
class Tls:
    """A TLS handshake.

    Attributes:
        status: ``done``, or what ended it.
        version: ``TLSv1.3``.
        cipher: IANA's name.
        group: of the key exchange, where the library tells.
    """

    status: str
    version: str
    cipher: str
    group: str


@dataclass(frozen=True)
class StsRecord:
    """The MTA-STS record that senders find (RFC 8461 §3.1).

    Attributes:
        text: as published.
        id: names this instance of the policy.
        ttl: seconds for which resolvers keep it.
    """

    text: str
    id: str
    ttl: int


@dataclass(frozen=True)
class StsPolicy:
    """A valid policy (RFC 8461 §3.2).

    Attributes:
        mode: ``enforce``, ``testing`` or ``none``.
        max_age: seconds for which senders keep it.
        mx: patterns of hosts, as written.
        text: the file.
    """

    mode: str
    max_age: int
    mx: list[str]
    text: str


@dataclass(frozen=True)
class PolicyHost:
    """What the policy host said (RFC 8461 §3.3).

    Attributes:
        host: ``mta-sts.<domain>``.
        address: that answered; empty where none was asked.
        status: ``response`` for a whole answer, else what went wrong.
        http_status: 0 without an answer.
        content_type: as sent.
        tls: the handshake.
        chain: certificates as sent, leaf first.
        seconds: from the first packet to the end.
    """

    host: str
    address: str
    status: str
    http_status: int
    content_type: str
    tls: Tls
    chain: list[Certificate]
    seconds: float


@dataclass(frozen=True)
class Sts:
    """MTA-STS of the domain.

    Attributes:
        record: None where senders find none that is valid.
        policy: None where there is none that counts.
        host: None where the record gives no reason to ask it.
    """

    record: StsRecord | None
    policy: StsPolicy | None
    host: PolicyHost | None


@dataclass(frozen=True)
class Smtp:
    """What an address said before TLS.

    Attributes:
        status: ``secured``, or how far it went.
        greeting: the first line.
        reply: the reply that decided where it went wrong.
        greeting_seconds: from the connection to the greeting.
        seconds: in all.
    """

    status: str
    greeting: str
    reply: str
    greeting_seconds: float
    seconds: float


@dataclass(frozen=True)
class Address:
    """One address of an MX host.

    Attributes:
        address: IPv4 or IPv6.
        smtp: the dialogue.
        tls: the handshake.
        chain: certificates as sent, leaf first.
        verdict: whether what is in force holds here.
    """

    address: str
    smtp: Smtp
    tls: Tls
    chain: list[Certificate]
    verdict: HostVerdict


@dataclass(frozen=True)
class Tlsa:
    """A TLSA record (RFC 6698 §2.1).

    Attributes:
        usage: 3 (the certificate itself) or 2 (a CA of the chain) count for SMTP.
        selector: 0 the whole certificate, 1 its key.
        matching_type: 0 in full, 1 SHA-256, 2 SHA-512.
        data: in hexadecimal.
    """

    usage: int
    selector: int
    matching_type: int
    data: str


@dataclass(frozen=True)
class MxHost:
    """A host that takes the domain's mail.

    Attributes:
        host: its name.
        preference: the lower, the earlier it is tried.
        ttl: seconds for which resolvers keep the answer that names it.
        in_policy: whether the policy names it; None without a policy.
        tlsa: its TLSA records; empty where there are none or none could be seen.
        addresses: each with its own result.
        verdict: whether what is in force holds at every address that answered.
    """

    host: str
    preference: int
    ttl: int
    in_policy: bool | None
    tlsa: list[Tlsa]
    addresses: list[Address]
    verdict: HostVerdict


@dataclass(frozen=True)
class Dane:
    """DANE of the domain (RFC 7672).

    Attributes:
        state: ``none``, ``secure`` (in force at every host), ``partial``, ``insecure``,
            ``unusable``, ``unknown``.
        resolver_validates: None where that could not be found out.
    """

    state: str
    resolver_validates: bool | None


@dataclass(frozen=True)
class Tlsrpt:
    """The TLS-RPT record that senders find (RFC 8460 §3).

    Attributes:
        text: as published.
        rua: where reports go.
    """

    text: str
    rua: list[str]


@dataclass(frozen=True)
class Step:
    """One thing to publish, when its time has come (RFC 8461 §8).

    Attributes:
        what: what changes: the policy file, the MTA-STS record, the MX records; ``hosts``: MX hosts
            that may be switched off.
        wait: seconds to wait after the step before it.
        wait_for: what must have passed by then; empty where there is nothing to wait for.
        do: what to do, in one sentence.
        lines: to be copied as they are.
    """

    what: Literal["policy", "record", "mx", "hosts"]
    wait: int
    wait_for: str
    do: str
    lines: list[str]


@dataclass(frozen=True)
class Rehearsal:
    """A state that was judged before it is published; all that is not given is what is published.

    Attributes:
        policy: given in place of the file that the policy host serves; None: not given.
        record: given in place of the TXT records at ``_mta-sts``; empty: none is to be left.
        mx: given in place of the MX records, as typed.
        published: the published state, as of now.
        steps: how to get from there to the given state; empty where that must not be published, or
            nothing changes.
    """

    policy: str | None
    record: str | None
    mx: list[str] | None
    published: DomainCheck
    steps: list[Step]


@dataclass(frozen=True)
class DomainCheck:
    """A domain, checked.

    Attributes:
        domain: A-labels in lower case, without final dot.
        verdict: one word for all of it.
        effects: what senders do now.
        findings: errors first, then unknown, warnings, info.
        sts: MTA-STS.
        mx: the hosts, by preference.
        dane: DANE.
        tlsrpt: None where senders find no valid TLS-RPT record.
        started: when (UTC).
        seconds: how long it took.
        rehearsal: what was given in place of what is published; None: all of this is published.
        schema_version: of these fields.
    """

    domain: str
    verdict: Verdict
    effects: Effects
    findings: list[Finding]
    sts: Sts
    mx: list[MxHost]
    dane: Dane
    tlsrpt: Tlsrpt | None
    started: datetime
    seconds: float
    rehearsal: Rehearsal | None = None
    schema_version: int = field(default=SCHEMA_VERSION)

    @property
    def errors(self) -> list[Finding]:
        """The findings that are errors."""
        return [each for each in self.findings if each.severity == "error"]

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """The JSON Schema (draft 2020-12) of ``to_dict()`` and ``mxseal check --format ndjson``."""
        from mxseal._schema import check_schema

        return check_schema()

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of ``mxseal check``; times are text by RFC 3339."""
        values: dict[str, Any] = plain(self)
        return values

    def __repr__(self) -> str:
        errors = len(self.errors)
        what = f"{errors} error{'' if errors == 1 else 's'}" if errors else "no error"
        would_be = "would be " if self.rehearsal else ""
        return f"<DomainCheck {self.domain!a} {would_be}{self.verdict}: {what}>"

    def _repr_html_(self) -> str:
        from mxseal._output.check_html import check_html

        return check_html(self)


def plain(value: Any) -> Any:
    """A value of these types as JSON has it: objects of their fields, times by RFC 3339."""
    kind = type(value)
    if kind in _AS_IT_IS:
        return value
    if kind is list:
        return [plain(each) for each in value]
    if kind is dict:
        return {name: plain(each) for name, each in value.items()}
    if kind is datetime:
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return {name: plain(getattr(value, name)) for name in _names(kind)}  # type: ignore[arg-type]


_AS_IT_IS = frozenset((str, int, float, bool, NoneType))


@cache
def _names(kind: Any) -> list[str]:
    """The fields of a dataclass; a version comes first."""
    names = [each.name for each in fields(kind)]
    return sorted(names, key=lambda name: name != "schema_version")


# ----------------------------------------------------------------------- from the core's answer
def build(kind: Any, value: Any) -> Any:
    """A value of the core (dict, list, seconds since 1970 for times) as the type that users hold.

    Args:
        kind: a dataclass of this module, or the type of one of its fields.
        value: what the core says.
    """
    return _builder(kind)(value)


@cache
def _builder(kind: Any) -> Callable[[Any], Any]:
    """What build() does for a type; a check has dozens of values, and types do not change."""
    if get_origin(kind) in (Union, UnionType):
        [inner] = [_builder(each) for each in get_args(kind) if each is not NoneType]
        return lambda value: None if value is None else inner(value)
    if get_origin(kind) is list:
        [item] = map(_builder, get_args(kind))
        return lambda values: [item(each) for each in values]
    if kind is datetime:
        return lambda seconds: datetime.fromtimestamp(seconds, UTC)
    if is_dataclass(kind):
        parts: list[tuple[str, Callable[[Any], Any]]] = []

        def made(value: dict[str, Any]) -> Any:
            if not parts:  # not before: a rehearsal holds a check in a check
                hints = get_type_hints(kind, globals())  # whatever module users see it in
                parts.extend((each.name, _builder(hints[each.name])) for each in fields(kind))
            return kind(  # type: ignore[operator]
                **{name: part(value[name]) for name, part in parts if name in value}
            )

        return made
    return lambda value: value


# ------------------------------------------------------------------------------------- the calls
@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to check.

    Attributes:
        resolvers: ``ADDRESS`` or ``ADDRESS:PORT``, asked in this order; empty: the system's.
        ca_file: PEM file of the roots to trust; empty: the system's.
        timeout: seconds a domain, in all.
        probe: whether port 25 is asked.
        quick: without the look-ups that cost extra.
        ipv4: whether IPv4 addresses are used.
        ipv6: whether IPv6 addresses are used.
        smtp_port: of MX hosts.
        https_port: of policy hosts.
        helo: the name given in EHLO; empty: this host's.
        allow_private: whether addresses that are not public are connected to.
        trust_ad: whether the AD bit of a resolver that is not on loopback counts.
        concurrency: domains at once.
        at: judge as of this time; None: now.
        policy: a rehearsal: this file in place of the served one.
        record: this text in place of the TXT records at ``_mta-sts``; empty: none.
        mx: these in place of the MX records: ``HOST`` or ``PREFERENCE:HOST``.
    """

    resolvers: Sequence[str] = ()
    ca_file: str = ""
    timeout: float = 90.0
    probe: bool = True
    quick: bool = False
    ipv4: bool = True
    ipv6: bool = True
    smtp_port: int = 25
    https_port: int = 443
    helo: str = ""
    allow_private: bool = False
    trust_ad: bool = False
    concurrency: int = 20
    at: datetime | None = None
    policy: bytes | None = None
    record: str | None = None
    mx: Sequence[str] = ()


def check_all(
    domains: Iterable[str],
    settings: Settings,
    on_result: Callable[[int, DomainCheck], None],
    stopped: Callable[[], bool] | None = None,
) -> None:
    """Checks many domains at once, each handed over as soon as it is done.

    Args:
        domains: as typed.
        settings: how.
        on_result: gets the domain's place in ``domains`` and its result.
        stopped: asked all the time; true ends it.

    Raises:
        ParseError: a resolver is no address, the roots cannot be read, a host in ``mx`` is empty.
        ValueError: ``helo`` is no name, ``timeout`` is no time.
    """
    from mxseal import _core

    def hand_over(place: int, answer: dict[str, Any], published: dict[str, Any] | None) -> None:
        result = build(DomainCheck, answer)
        if published is not None:
            result = _rehearsed(result, build(DomainCheck, published), settings)
        on_result(place, result)

    _core.check.run(
        [typed(each) for each in domains],
        resolvers=list(settings.resolvers),
        ca_file=settings.ca_file,
        timeout=seconds(settings.timeout),
        probe=settings.probe,
        quick=settings.quick,
        ipv4=settings.ipv4,
        ipv6=settings.ipv6,
        smtp_port=settings.smtp_port,
        https_port=settings.https_port,
        helo=greeting(settings.helo),
        allow_private=settings.allow_private,
        trust_ad=settings.trust_ad,
        concurrency=settings.concurrency,
        at=moment("at", settings.at),
        policy=settings.policy,
        record=None if settings.record is None else typed(settings.record),
        mx=[typed(each) for each in settings.mx],
        on_result=hand_over,
        stopped=stopped,
    )


def _rehearsed(result: DomainCheck, published: DomainCheck, settings: Settings) -> DomainCheck:
    from mxseal._rehearsal import steps

    def text(given: bytes) -> str:
        return given.decode(errors="backslashreplace")

    given = settings.policy
    rehearsal = Rehearsal(
        policy=None if given is None else text(given),
        record=None if settings.record is None else text(typed(settings.record)),
        mx=[text(typed(each)) for each in settings.mx] or None,
        published=published,
        steps=steps(result, published, given),
    )
    return replace(result, rehearsal=rehearsal)


def check(
    domain: str,
    *,
    resolver: str | Sequence[str] = (),
    ca_file: str = "",
    timeout: float = 90.0,
    probe: bool = True,
    quick: bool = False,
    ipv4: bool = True,
    ipv6: bool = True,
    smtp_port: int = 25,
    https_port: int = 443,
    helo: str = "",
    allow_private: bool = False,
    trust_ad: bool = False,
    at: datetime | None = None,
    policy: str | bytes | Policy | None = None,
    record: str | None = None,
    mx: str | Sequence[str] = (),
    stopped: Callable[[], bool] | None = None,
) -> DomainCheck:
    """Checks one domain: DNS, the policy host and every MX host, as a sending server meets them.

    With ``policy``, ``record`` or ``mx`` it is a rehearsal: the result is what would be if these
    were published, everything else being as it is; its ``rehearsal`` says how to get there.

    Args:
        domain: its name; U-labels are fine.
        resolver: ``ADDRESS`` or ``ADDRESS:PORT``, one or several in order; the system's if none.
        ca_file: PEM file of the roots to trust in place of the system's.
        timeout: seconds in all.
        probe: whether port 25 of the MX hosts is asked.
        quick: without the look-ups that cost extra: records at wrong names, targets of reports, the
            domains of patterns, and the handshakes with the other key type and without SNI.
        ipv4: whether IPv4 addresses are used.
        ipv6: whether IPv6 addresses are used.
        smtp_port: of the MX hosts.
        https_port: of the policy host.
        helo: the name given in EHLO; this host's if empty.
        allow_private: whether addresses that are not public are connected to.
        trust_ad: whether the AD bit of a resolver that is not on loopback counts.
        at: judge as of this time (what expires until then?); now if None.
        policy: the content of a policy file, in place of what the policy host serves.
        record: the text of a record, in place of the TXT records at ``_mta-sts``; empty for none.
        mx: ``HOST`` or ``PREFERENCE:HOST``, one or several, in place of the MX records; ``.`` is
            the null MX (RFC 7505). The hosts are really asked.
        stopped: asked all the time; true ends the check.

    Raises:
        ParseError: a resolver is no address, the roots cannot be read, a host in ``mx`` is empty.
        ValueError: ``helo`` is no name, ``timeout`` is no time.
        MxsealError: it was stopped.
    """
    if not isinstance(domain, str):
        raise wrong_type("domain", "one name", domain)
    settings = Settings(
        resolvers=texts("resolver", resolver),
        ca_file=ca_file,
        timeout=timeout,
        probe=probe,
        quick=quick,
        ipv4=ipv4,
        ipv6=ipv6,
        smtp_port=smtp_port,
        https_port=https_port,
        helo=helo,
        allow_private=allow_private,
        trust_ad=trust_ad,
        at=at,
        policy=policy if isinstance(policy, bytes | None) else typed(str(policy)),
        record=record,
        mx=texts("mx", mx),
    )
    results: list[DomainCheck] = []
    check_all([domain], settings, lambda _, result: results.append(result), stopped)
    if not results:
        raise MxsealError("the check was stopped before it was done")
    return results[0]


async def acheck(domain: str, **options: Any) -> DomainCheck:
    """The same for asyncio; the options of ``check``. Cancelling it ends the check."""
    import asyncio  # takes longer to import than a check of one domain to begin

    ended = threading.Event()
    try:
        return await asyncio.to_thread(check, domain, stopped=ended.is_set, **options)
    finally:
        ended.set()
