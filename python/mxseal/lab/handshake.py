# SPDX-License-Identifier: MIT
"""The TLS of the laboratory's servers: good handshakes, and those that fail as declared.

A connection begins in clear and ``begin_tls`` turns it, for STARTTLS and HTTPS alike. Which
certificate is shown follows from SNI where hosts share an address, as over IPv6.
"""

from __future__ import annotations

import ssl
import tempfile
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

from mxseal.lab.certificates import Authorities, Shown
from mxseal.lab.model import Cert, Tls
from mxseal.lab.stream import Stream

# Record: alert, TLS 1.0 as in every first answer; fatal, handshake_failure (RFC 8446 §6).
_ALERT = b"\x15\x03\x01\x00\x02\x02\x28"
_STRANGER = Cert(names=("default.test",))


class Contexts:
    """SSL contexts of the servers, made when they are first used."""

    def __init__(self, authorities: Authorities, folder: Path) -> None:
        self._authorities = authorities
        self._folder = folder
        self._made: dict[tuple[Tls, str], ssl.SSLContext] = {}

    def shown(self, tls: Tls, host: str) -> tuple[Shown, ...]:
        """The certificates that a host shows."""
        return tuple(self._authorities.show(cert, host) for cert in tls.certificates)

    def context(self, tls: Tls, host: str) -> ssl.SSLContext:
        """How a host does its handshakes."""
        if (tls, host) not in self._made:
            self._made[tls, host] = self._make(tls, host)
        return self._made[tls, host]

    def by_name(self, hosts: Mapping[str, Tls]) -> ssl.SSLContext:
        """How an address does its handshakes that many hosts share: by SNI."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._load(context, self._authorities.show(_STRANGER, "default.test"))

        def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
            tls = hosts.get((name or "").lower())
            if name is None or tls is None:
                return None
            if tls.broken_over_ipv6:
                return ssl.AlertDescription.ALERT_DESCRIPTION_HANDSHAKE_FAILURE
            connection.context = self.context(tls, name.lower())
            return None

        context.sni_callback = choose
        return context

    def _make(self, tls: Tls, host: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if tls.old:
            # Libraries of today do not speak that any more unless they are told to.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version = ssl.TLSVersion.TLSv1
                context.maximum_version = ssl.TLSVersion.TLSv1_1
            context.set_ciphers("ALL:@SECLEVEL=0")
        for shown in self.shown(tls, host):
            self._load(context, shown)
        if tls.sni == "needed":
            named = context
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._load(context, self._authorities.show(_STRANGER, host))
            context.sni_callback = _shown_by_name(named)
        elif tls.sni == "required":
            context.sni_callback = _alert_unless(
                lambda name: name is not None,
                ssl.AlertDescription.ALERT_DESCRIPTION_HANDSHAKE_FAILURE,
            )
        elif tls.sni == "rejected":
            context.sni_callback = _alert_unless(
                lambda name: name is None, ssl.AlertDescription.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
            )
        return context

    def _load(self, context: ssl.SSLContext, shown: Shown) -> None:
        with tempfile.NamedTemporaryFile(dir=self._folder) as file:
            file.write(shown.key_pem + shown.chain_pem)
            file.flush()
            context.load_cert_chain(file.name)


SniCallback = Callable[[ssl.SSLObject, str | None, ssl.SSLContext], int | None]


def _shown_by_name(named: ssl.SSLContext) -> SniCallback:
    def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        if name is not None:
            connection.context = named

    return choose


def _alert_unless(welcome: Callable[[str | None], bool], alert: int) -> SniCallback:
    def choose(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> int | None:
        return None if welcome(name) else alert

    return choose


async def begin_tls(stream: Stream, tls: Tls, context: Callable[[], ssl.SSLContext]) -> None:
    """Does the handshake as declared.

    Args:
        stream: the connection, in clear.
        tls: what is declared.
        context: asked for when it is needed: to make all at the start would take seconds.

    Raises:
        ConnectionError, ssl.SSLError: it failed, as the client or the declaration wanted.
    """
    if tls.broken == "silence":
        while await stream.read():
            pass  # until the client has had enough
        raise ConnectionAbortedError
    if tls.broken == "alert":
        await stream.read()
        await stream.send(_ALERT)
        raise ConnectionAbortedError
    await stream.begin_tls(context())
