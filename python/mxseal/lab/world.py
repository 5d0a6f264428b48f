# SPDX-License-Identifier: MIT
"""The laboratory itself: gives addresses to the declared servers, fills the zone, and runs it all.

Every address is loopback, so nobody else reaches the attackers and open relays in it.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import tempfile
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from mxseal.lab.certificates import Authorities
from mxseal.lab.crowd import Crowd
from mxseal.lab.dns import Kind, Names, Resolver, UdpServer, serve_tcp
from mxseal.lab.handshake import Contexts
from mxseal.lab.mail_hosts import Mail, MailSession
from mxseal.lab.model import (
    GOOD_SERVER,
    SOA,
    Answer,
    MailHost,
    MailServer,
    Situation,
    Tls,
)
from mxseal.lab.policy_hosts import Served, serve_policy
from mxseal.lab.situations import SITUATIONS
from mxseal.lab.stream import Stream

_IPV6 = "::1"
_RESOLVERS: dict[Kind, str] = {
    "validating": "127.0.0.1",
    "plain": "127.0.0.2",
    "refusing": "127.0.0.3",
}
_CONNECTION_SECONDS = 300.0  # RFC 5321 §4.5.3.2: a sender waits five minutes; nobody waits longer
_TRIES = 8  # for ports that are free at every address
_CROWD_MAIL = "127.9.0.1"
_CROWD_POLICIES = "127.9.0.2"
_CROWD_PROVIDERS = "127.9.1.{}"
_ADDRESSES = {"ipv4": "A", "ipv6": "AAAA"}

_T = TypeVar("_T")
_Handler = Callable[[Stream], Awaitable[None]]


@dataclass(frozen=True)
class Delivery:
    """A mail that some server of the laboratory was given.

    Attributes:
        host: the MX host, by its own name.
        address: where.
        attacker: it belongs to who wants the mail: stolen.
        encrypted: over TLS.
        sender: as in MAIL FROM.
        recipients: as in RCPT TO.
        data: the message.
    """

    host: str
    address: str
    attacker: bool
    encrypted: bool
    sender: str
    recipients: tuple[str, ...]
    data: bytes


@dataclass(frozen=True)
class _At:
    """A server at its address; no handler: a black hole."""

    address: str
    handler: _Handler | None


class Lab:
    """The laboratory, running from ``with`` to its end, in a thread of its own.

    Attributes:
        situations: those that are played.
        crowd: the domains that there are besides.
        skipped: names of those that are not, and why.
        resolver: address and port of the resolver that validates.
        resolvers: of all resolvers, by the names in ``Options.resolver``.
        smtp_port: of all MX hosts.
        https_port: of all policy hosts.
        ca_file: the root to trust, PEM; gone when the laboratory ends.
    """

    def __init__(
        self,
        situations: Sequence[Situation] | None = None,
        *,
        crowd: int = 0,
        dns_port: int = 0,
        smtp_port: int = 0,
        https_port: int = 0,
    ) -> None:
        """Nothing runs yet.

        Args:
            situations: what is played; None: all there are.
            crowd: how many domains there are besides for scans (see ``crowd``).
            dns_port: 0 takes a free one.
            smtp_port: likewise.
            https_port: likewise.
        """
        if situations is None:
            situations = SITUATIONS
        ipv6 = _has_ipv6()
        self.skipped = {
            each.name: "this machine has no ::1"
            for each in situations
            if each.needs_ipv6 and not ipv6
        }
        self.situations = tuple(each for each in situations if each.name not in self.skipped)
        self.crowd = Crowd(crowd, _CROWD_MAIL, _CROWD_POLICIES)
        self.smtp_port = smtp_port
        self.https_port = https_port
        self.resolvers: dict[Kind, str] = {}
        self._dns_port = dns_port
        self._deliveries: list[Delivery] = []
        self._connections: Counter[str] = Counter()
        self._names = Names()
        self._smtp: list[_At] = []
        self._https: list[_At] = []
        self._addresses: dict[str, list[str]] = {}

    @property
    def resolver(self) -> str:
        """Address and port of the resolver that validates."""
        return self.resolvers["validating"]

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """All mails so far, in order."""
        return tuple(self._deliveries)

    @property
    def connections(self) -> Counter[str]:
        """How many each address of an MX host or policy host has taken so far."""
        return Counter(self._connections)

    def addresses(self, host: str) -> tuple[str, ...]:
        """The addresses of a host of the laboratory, by its full name."""
        return tuple(self._addresses.get(host, ()))

    def situation(self, name: str) -> Situation:
        """The situation of that name.

        Raises:
            KeyError: there is none, or it is skipped.
        """
        for each in self.situations:
            if each.name == name:
                return each
        raise KeyError(name)

    def arguments(self, situation: Situation) -> list[str]:
        """What to add to ``mxseal check`` for that situation, the domain last."""
        options = situation.options
        given = ["--resolver", self.resolvers[options.resolver]]
        given += ["--smtp-port", str(self.smtp_port), "--https-port", str(self.https_port)]
        given += ["--ca-file", str(self.ca_file)]
        given += ["--allow-private"] * options.allow_private
        given += ["--no-probe"] * (not options.probe)
        given += ["--timeout", str(options.timeout)] * (options.timeout is not None)
        return [*given, situation.domain]

    # ---------------------------------------------------------------------------------- start, stop
    def __enter__(self) -> Lab:
        self._folder = tempfile.TemporaryDirectory(prefix="mxseal-lab-")
        try:
            self._start()
        except BaseException:
            self._folder.cleanup()
            raise
        return self

    def _start(self) -> None:
        folder = Path(self._folder.name)
        self._authorities = Authorities()
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_bytes(self._authorities.root_pem)
        self._contexts = Contexts(self._authorities, folder)
        self._plan()
        self._sockets: list[socket.socket] = []
        self._servers: list[asyncio.Server | asyncio.DatagramTransport] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(_report_faults)
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="mxseal-lab", daemon=True
        )
        self._thread.start()
        try:
            self._run(self._listen())
        except BaseException:
            self._stop()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()
        self._folder.cleanup()

    def _stop(self) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        for each in self._sockets:
            each.close()

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    # ----------------------------------------------------------------------------------- the plan
    def _plan(self) -> None:
        self._add_self_test()
        ipv6_mail: dict[str, Tls] = {}
        ipv6_policies: dict[str, Tls] = {}
        served: dict[str, Served] = {}
        for number, situation in enumerate(self.situations):
            if not situation.in_dns:
                continue
            self._plan_records(situation)
            self._plan_policy_host(situation, number, served, ipv6_policies)
            self._plan_mail_hosts(situation, number, ipv6_mail)
            # Last: what is declared wins over what follows from the servers.
            for (name, rdtype), declared in situation.zone.items():
                answer = Answer(records=(declared,)) if isinstance(declared, str) else declared
                self._add(situation, name, rdtype, answer)
            if situation.secure:
                self._names.secure(situation.domain)
            for domain in situation.secure_besides:
                self._names.secure(domain)
        self._plan_crowd()
        if ipv6_policies:
            context = partial(self._contexts.by_name, ipv6_policies)
            self._https.append(_At(_IPV6, partial(serve_policy, served, Tls(), context)))
        if ipv6_mail:
            context = partial(self._contexts.by_name, ipv6_mail)
            self._smtp.append(
                _At(_IPV6, partial(self._serve_mail, GOOD_SERVER, "ipv6.test", _IPV6, context))
            )

    def _plan_crowd(self) -> None:
        """The hosts of the crowd: those of each domain's own share an address, told by SNI."""
        mail: dict[str, Tls] = {}
        policies: dict[str, Tls] = {}
        served: dict[str, Served] = {}
        providers = count(1)
        for domain in self.crowd.domains:
            situation = self.crowd.situation(domain)
            if situation.policy_host is not None:
                name = situation.policy_name
                policies[name] = situation.policy_host.tls
                served[name] = Served(situation.policy_host.response, situation.policy_body)
            for host in situation.mail_hosts:
                name = situation.absolute(host.name)
                if not host.name.endswith("."):
                    mail[name] = host.servers[0].tls
                elif name not in self._addresses:
                    self._plan_provider(host, name, _CROWD_PROVIDERS.format(next(providers)))
        if policies:
            by_name = partial(self._contexts.by_name, policies)
            handler = partial(serve_policy, served, Tls(), by_name)
            self._https.append(_At(_CROWD_POLICIES, handler))
        if mail:
            by_name = partial(self._contexts.by_name, mail)
            handler = partial(self._serve_mail, GOOD_SERVER, "crowd.test", _CROWD_MAIL, by_name)
            self._smtp.append(_At(_CROWD_MAIL, handler))

    def _plan_provider(self, host: MailHost, name: str, address: str) -> None:
        self._locate(name, "ipv4", address)
        self._plan_mail_server(name, host.servers[0], address)

    def _add_self_test(self) -> None:
        """Names by which a client finds out whether a resolver validates."""
        self._names.add("test", "NS", Answer(records=("ns.test.",)))
        self._names.add("ns.test", "A", Answer(records=("127.0.0.1",)))
        for name in (".", "org", "signed.test"):
            self._names.add(name, "SOA", Answer(records=(SOA,)))
            self._names.add(name, "NS", Answer(records=("ns.test.",)))
            self._names.secure_alone(name)
        for name in ("dnssec-failed.org", "bogus.test"):
            for rdtype, record in (("A", "127.0.0.1"), ("SOA", SOA), ("NS", "ns.test.")):
                self._names.add(name, rdtype, Answer(records=(record,), failure="bogus"))

    def _add(self, situation: Situation, name: str, rdtype: str, answer: Answer) -> None:
        records = tuple(situation.fill(record) for record in answer.records)
        filled = Answer(
            records=records, ttl=answer.ttl, failure=answer.failure, by_tcp=answer.by_tcp
        )
        self._names.add(situation.absolute(name), rdtype, filled)

    def _plan_records(self, situation: Situation) -> None:
        self._add(situation, "@", "NS", Answer(records=("ns.test.",)))
        for name, records in (
            ("_mta-sts", situation.record),
            ("_smtp._tls", situation.tlsrpt),
        ):
            if records is not None:
                self._add(situation, name, "TXT", Answer(records=records))
        exchanges = tuple(
            f"{host.preference} {situation.absolute(host.name)}."
            for host in situation.mail_hosts
            if host.preference is not None
        )
        if exchanges:
            self._add(situation, "@", "MX", Answer(records=exchanges))

    def _plan_policy_host(
        self,
        situation: Situation,
        number: int,
        served: dict[str, Served],
        ipv6: dict[str, Tls],
    ) -> None:
        declared = situation.policy_host
        if declared is None:
            return
        name = situation.policy_name
        served[name] = Served(declared.response, situation.policy_body)
        for family in declared.families:
            address = _IPV6 if family == "ipv6" else _address(number, 1)
            self._locate(situation.absolute(declared.name), family, address)
            if family == "ipv6":
                ipv6[name] = declared.tls
            elif declared.listen == "drop":
                self._https.append(_At(address, None))
            elif declared.listen == "accept":
                context = partial(self._contexts.context, declared.tls, name)
                handler = partial(serve_policy, {name: served[name]}, declared.tls, context)
                self._https.append(_At(address, handler))

    def _plan_mail_hosts(self, situation: Situation, number: int, ipv6: dict[str, Tls]) -> None:
        place = 10
        for host in situation.mail_hosts:
            name = situation.absolute(host.name)
            for server in host.servers:
                place += 1
                address = _address(number, place, server.far)
                if server.family == "ipv6":
                    address = _IPV6
                    ipv6[name] = server.tls
                self._locate(name, server.family, address)
                if server.family == "ipv4":
                    self._plan_mail_server(name, server, address)
            self._plan_tlsa(host, name)

    def _plan_mail_server(self, name: str, server: MailServer, address: str) -> None:
        if server.listen == "drop":
            self._smtp.append(_At(address, None))
        elif server.listen == "accept":
            context = partial(self._contexts.context, server.tls, name)
            self._smtp.append(
                _At(address, partial(self._serve_mail, server, name, address, context))
            )

    def _plan_tlsa(self, host: MailHost, name: str) -> None:
        if not host.tlsa and host.tlsa_failure is None:
            return
        shown = self._contexts.shown(host.servers[0].tls, name) if host.servers else ()
        records = tuple(self._authorities.tlsa(each, shown) for each in host.tlsa)
        self._names.add(
            f"_25._tcp.{name}", "TLSA", Answer(records=records, failure=host.tlsa_failure)
        )

    def _locate(self, name: str, family: str, address: str) -> None:
        addresses = self._addresses.setdefault(name, [])
        addresses.append(address)
        mine = tuple(each for each in addresses if (":" in each) == (family == "ipv6"))
        self._names.add(name, _ADDRESSES[family], Answer(records=mine))

    async def _serve_mail(
        self,
        server: MailServer,
        name: str,
        address: str,
        context: Callable[[], ssl.SSLContext],
        stream: Stream,
    ) -> None:
        def delivered(mail: Mail) -> None:
            self._deliveries.append(
                Delivery(
                    name,
                    address,
                    server.attacker,
                    mail.encrypted,
                    mail.sender,
                    mail.recipients,
                    mail.data,
                )
            )

        await MailSession(server, name, context, delivered).run(stream)

    # --------------------------------------------------------------------------------- the servers
    async def _listen(self) -> None:
        self._dns_port = await self._listen_dns()
        self.resolvers = {
            kind: f"{address}:{self._dns_port}" for kind, address in _RESOLVERS.items()
        }
        self.smtp_port = await self._listen_tcp(self._smtp, self.smtp_port)
        self.https_port = await self._listen_tcp(self._https, self.https_port)

    async def _listen_dns(self) -> int:
        def bind(port: int) -> Iterator[socket.socket]:
            for address in _RESOLVERS.values():
                udp = _bound(address, port, socket.SOCK_DGRAM)
                yield udp
                port = udp.getsockname()[1]
                yield _bound(address, port, socket.SOCK_STREAM)

        sockets = _all_or_none(bind, self._dns_port)
        self._sockets += sockets
        for place, kind in enumerate(_RESOLVERS):
            resolver = Resolver(self._names, kind, self.crowd)
            udp, tcp = sockets[2 * place], sockets[2 * place + 1]
            transport, _ = await self._loop.create_datagram_endpoint(
                partial(UdpServer, resolver), sock=udp
            )
            self._servers.append(transport)
            await self._start_server(tcp, partial(serve_tcp, resolver))
        port: int = sockets[0].getsockname()[1]
        return port

    async def _listen_tcp(self, servers: list[_At], port: int) -> int:
        def bind(port: int) -> Iterator[socket.socket]:
            for server in servers:
                bound = _bound(server.address, port, socket.SOCK_STREAM)
                yield bound
                port = bound.getsockname()[1]

        sockets = _all_or_none(bind, port)
        self._sockets += sockets
        for server, bound in zip(servers, sockets, strict=True):
            if server.handler is None:
                self._sockets += _blocked(bound)
            else:
                counted = partial(self._counted, server.address, server.handler)
                await self._start_server(bound, counted)
        return int(sockets[0].getsockname()[1]) if sockets else port

    async def _counted(self, address: str, handler: _Handler, stream: Stream) -> None:
        self._connections[address] += 1
        await handler(stream)

    async def _start_server(self, bound: socket.socket, handler: _Handler) -> None:
        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = self._loop.create_task(_guarded(handler, reader, writer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        self._servers.append(await asyncio.start_server(accept, sock=bound))

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _guarded(
    handler: _Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """A connection from its first byte to its last; however the client ends it is fine."""
    stream = Stream(reader, writer)
    try:
        async with asyncio.timeout(_CONNECTION_SECONDS):
            with suppress(OSError):  # ssl.SSLError too
                await handler(stream)
            await stream.close()
    except OSError:
        pass  # TimeoutError too
    finally:
        writer.transport.abort()


def _report_faults(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What a client breaks off is no news; anything else is a fault of the laboratory."""
    if not isinstance(context.get("exception"), OSError | EOFError):
        loop.default_exception_handler(context)


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind((_IPV6, 0))
    except OSError:
        return False
    return True


def _address(number: int, place: int, far: bool = False) -> str:
    """A /24 for each situation; far addresses lie in another /9."""
    return f"127.{10 + number // 250 + 128 * far}.{1 + number % 250}.{place}"


def _bound(address: str, port: int, kind: socket.SocketKind) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    try:
        if kind == socket.SOCK_STREAM:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setblocking(False)
        bound.bind((address, port))
    except OSError:
        bound.close()
        raise
    return bound


def _all_or_none(bind: Callable[[int], Iterator[socket.socket]], port: int) -> list[socket.socket]:
    """Sockets of one port; a free one is sought again where some address has it in use."""
    for left in reversed(range(1 if port else _TRIES)):
        sockets: list[socket.socket] = []
        try:
            sockets.extend(bind(port))
        except OSError:
            for each in sockets:
                each.close()
            if not left:
                raise
        else:
            return sockets
    raise AssertionError("unreachable")


def _blocked(bound: socket.socket) -> list[socket.socket]:
    """Makes a black hole: nobody accepts, the queue is full, further SYNs are dropped."""
    bound.listen(0)
    fillers = []
    for _ in range(4):
        filler = socket.socket(bound.family, socket.SOCK_STREAM)
        filler.setblocking(False)
        with suppress(BlockingIOError):
            filler.connect(bound.getsockname())
        fillers.append(filler)
    return fillers
