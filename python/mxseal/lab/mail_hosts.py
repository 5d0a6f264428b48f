# SPDX-License-Identifier: MIT
"""The MX hosts of the laboratory: SMTP as declared, byte by byte where an attack needs it.

They take every mail (RFC 5321 §4.1) and remember it, the attacker's as well as the others: what a
sender did is read from that.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mxseal.lab.handshake import begin_tls
from mxseal.lab.model import MailServer
from mxseal.lab.stream import Stream

_LINE_MOST = 2048  # bytes
_MAIL_MOST = 1 << 20  # bytes


@dataclass(frozen=True)
class Mail:
    """What a server was given.

    Attributes:
        encrypted: over TLS.
        sender: as in MAIL FROM, with its brackets.
        recipients: as in RCPT TO.
        data: the message.
    """

    encrypted: bool
    sender: str
    recipients: tuple[str, ...]
    data: bytes


class _ClosedError(Exception):
    """The session has ended."""


class MailSession:
    """One connection to an MX host."""

    def __init__(
        self,
        behaviour: MailServer,
        host: str,
        context: Callable[[], ssl.SSLContext],
        delivered: Callable[[Mail], None],
    ) -> None:
        self._behaviour = behaviour
        self._host = host
        self._context = context
        self._delivered = delivered
        self._encrypted = False
        self._sender = ""
        self._recipients: list[str] = []
        self._verbs: dict[str, Callable[[str], Awaitable[None]]] = {
            "EHLO": self._ehlo,
            "HELO": self._helo,
            "STARTTLS": self._starttls,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": self._rset,
            "NOOP": self._noop,
            "QUIT": self._quit,
        }

    async def run(self, stream: Stream) -> None:
        """From the greeting to the end."""
        self._stream = stream
        if not self._behaviour.greeting:
            while await stream.read():
                pass
            return
        if self._behaviour.greeting_delay:
            await asyncio.sleep(self._behaviour.greeting_delay)
        await self._say(self._behaviour.greeting)
        if self._behaviour.endless:
            await stream.send_forever(self._behaviour.endless)
        try:
            while True:
                line = await stream.read_until(b"\n", _LINE_MOST)
                verb, _, rest = line.decode("ascii", "replace").rstrip("\r\n").partition(" ")
                await self._verbs.get(verb.upper(), self._unknown)(rest)
        except _ClosedError:
            return

    async def _say(self, text: str) -> None:
        data = text.replace("{host}", self._host).encode("latin-1")
        if self._behaviour.pace:
            await self._stream.send_slowly(data, self._behaviour.pace)
        else:
            await self._stream.send(data)

    # ------------------------------------------------------------------------------------ commands
    async def _ehlo(self, _: str) -> None:
        if self._behaviour.ehlo is not None:
            await self._say(self._behaviour.ehlo)
            return
        lines = ["{host}", "PIPELINING", "SIZE 1048576", "8BITMIME"]
        if self._behaviour.starttls and not self._encrypted:
            lines.insert(3, "STARTTLS")
        await self._say("".join(f"250-{line}\r\n" for line in lines[:-1]) + f"250 {lines[-1]}\r\n")

    async def _helo(self, _: str) -> None:
        await self._say("250 {host}\r\n")

    async def _starttls(self, _: str) -> None:
        if self._encrypted or not self._behaviour.starttls:
            await self._say("502 5.5.1 Not implemented\r\n")
            return
        reply = self._behaviour.starttls_reply
        if not reply.startswith("220"):
            await self._say(reply)
            return
        # In one write, so that both arrive before the client begins its handshake.
        await self._stream.send(reply.encode() + self._behaviour.injected)
        await begin_tls(self._stream, self._behaviour.tls, self._context)
        self._encrypted = True
        self._forget()

    async def _mail(self, rest: str) -> None:
        self._sender = rest.partition(":")[2].strip()
        await self._say("250 2.1.0 Ok\r\n")

    async def _rcpt(self, rest: str) -> None:
        self._recipients.append(rest.partition(":")[2].strip())
        await self._say("250 2.1.5 Ok\r\n")

    async def _data(self, _: str) -> None:
        if not self._recipients:
            await self._say("503 5.5.1 No recipient\r\n")
            return
        await self._say("354 End data with <CR><LF>.<CR><LF>\r\n")
        data = b""
        while (line := await self._stream.read_until(b"\n", _MAIL_MOST)) != b".\r\n":
            data += line[1:] if line.startswith(b".") else line  # RFC 5321 §4.5.2
            if len(data) > _MAIL_MOST:
                raise _ClosedError
        self._delivered(Mail(self._encrypted, self._sender, tuple(self._recipients), data))
        self._forget()
        await self._say("250 2.0.0 Ok\r\n")

    def _forget(self) -> None:
        self._sender = ""
        self._recipients = []

    async def _rset(self, _: str) -> None:
        self._forget()
        await self._say("250 2.0.0 Ok\r\n")

    async def _noop(self, _: str) -> None:
        await self._say("250 2.0.0 Ok\r\n")

    async def _quit(self, _: str) -> None:
        await self._say("221 2.0.0 Bye\r\n")
        raise _ClosedError

    async def _unknown(self, _: str) -> None:
        await self._say("500 5.5.2 Not understood\r\n")
