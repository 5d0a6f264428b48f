# SPDX-License-Identifier: MIT
"""Behind ``mxseal.probe_mx``: one mail host alone, at each of its addresses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from mxseal._check import (
    SCHEMA_VERSION,
    Address,
    Dane,
    Finding,
    HostVerdict,
    Tlsa,
    build,
    plain,
)
from mxseal._exceptions import MxsealError


@dataclass(frozen=True)
class MxProbe:
    """A mail host, probed.

    Attributes:
        host: A-labels in lower case, without final dot; or an address.
        port: that was asked.
        verdict: ``passes`` where every address that answered has TLS 1.2 or later and what is in
            force: a matching TLSA record (RFC 7672), without DANE a good certificate for the name.
        findings: errors first, then unknown, warnings, info.
        tlsa: its TLSA records; empty where there are none or none could be seen.
        dane: whether these are in force.
        addresses: each with its own result.
        started: when (UTC).
        seconds: how long it took.
        schema_version: of these fields.
    """

    host: str
    port: int
    verdict: HostVerdict
    findings: list[Finding]
    tlsa: list[Tlsa]
    dane: Dane
    addresses: list[Address]
    started: datetime
    seconds: float
    schema_version: int = field(default=SCHEMA_VERSION)

    @property
    def errors(self) -> list[Finding]:
        """The findings that are errors."""
        return [each for each in self.findings if each.severity == "error"]

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """The JSON Schema (draft 2020-12) of ``to_dict()`` and ``mxseal probe --format json``."""
        from mxseal._schema import probe_schema

        return probe_schema()

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of ``mxseal probe``; times are text by RFC 3339."""
        values: dict[str, Any] = plain(self)
        return values

    def __repr__(self) -> str:
        return f"<MxProbe {self.host!a} port {self.port}: {self.verdict}>"

    def _repr_html_(self) -> str:
        from mxseal._output.probe_html import probe_html

        return probe_html(self)


def probe_mx(
    host: str,
    *,
    port: int = 25,
    resolver: str | Sequence[str] = (),
    ca_file: str = "",
    timeout: float = 90.0,
    quick: bool = False,
    ipv4: bool = True,
    ipv6: bool = True,
    helo: str = "",
    allow_private: bool = False,
    trust_ad: bool = False,
    at: datetime | None = None,
    stopped: Callable[[], bool] | None = None,
) -> MxProbe:
    """Probes one mail host at each of its addresses, as far as the certificate; no mail is sent.

    STARTTLS is asked for (RFC 3207), on port 465 TLS comes first (RFC 8314 §3.3). DANE is judged as
    for a host that was named and not looked up in MX records (RFC 7672 §2.2.2), by the TLSA records
    of port 25; 465 and 587 have their own.

    Args:
        host: its name, U-labels are fine; or an address, for which no certificate can be right.
        port: of the server.
        resolver: ``ADDRESS`` or ``ADDRESS:PORT``, one or several in order; the system's if none.
        ca_file: PEM file of the roots to trust in place of the system's.
        timeout: seconds in all.
        quick: without the handshakes for the other key type and without SNI.
        ipv4: whether IPv4 addresses are used.
        ipv6: whether IPv6 addresses are used.
        helo: the name given in EHLO; this host's if empty.
        allow_private: whether addresses that are not public are connected to.
        trust_ad: whether the AD bit of a resolver that is not on loopback counts.
        at: judge as of this time (what expires until then?); now if None.
        stopped: asked all the time; true ends the probe.

    Raises:
        ParseError: ``host`` is neither name nor address, a resolver is no address, or the roots
            cannot be read.
        ValueError: ``helo`` is no name, ``timeout`` is no time.
        MxsealError: it was stopped.
    """
    from mxseal import _core
    from mxseal._network import greeting, moment, seconds, texts

    answer: dict[str, Any] | None = _core.check.probe_host(
        host,
        port=port,
        resolvers=texts("resolver", resolver),
        ca_file=ca_file,
        timeout=seconds(timeout),
        quick=quick,
        ipv4=ipv4,
        ipv6=ipv6,
        helo=greeting(helo),
        allow_private=allow_private,
        trust_ad=trust_ad,
        at=moment("at", at),
        stopped=stopped,
    )
    if answer is None:
        raise MxsealError("the probe was stopped before it was done")
    return MxProbe(
        host=answer["host"],
        port=answer["port"],
        verdict=answer["verdict"],
        findings=build(list[Finding], answer["findings"]),
        tlsa=build(list[Tlsa], answer["tlsa"]),
        dane=build(Dane, answer["dane"]),
        addresses=build(list[Address], answer["addresses"]),
        started=datetime.fromtimestamp(answer["started"], UTC),
        seconds=answer["seconds"],
    )
