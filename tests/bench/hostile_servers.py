# SPDX-License-Identifier: MIT
"""Servers that play with a client's time and memory, each on an address of its own.

hostile_servers.py CERTIFICATE.pem ADDRESS-PREFIX: .1:443 drips its body, .2:443 never ends it,
.3:25 floods with lines of one reply, .4:25 trickles its greeting.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"
SLOWLY = 1.0  # seconds between two bytes

Talk = Callable[[], AsyncIterator[bytes]]


async def drip() -> AsyncIterator[bytes]:
    yield HEAD
    while True:
        await asyncio.sleep(SLOWLY)
        yield b"v"


async def endless() -> AsyncIterator[bytes]:
    yield HEAD
    while True:
        yield b"mx: mx.example\r\n" * 1024


async def flood() -> AsyncIterator[bytes]:
    while True:
        yield b"220-welcome\r\n" * 1024


async def tarpit() -> AsyncIterator[bytes]:
    yield b"220-"
    while True:
        await asyncio.sleep(SLOWLY)
        yield b"x"


async def main() -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(sys.argv[1])

    def serving(talk: Talk) -> Callable[..., Awaitable[None]]:
        async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(OSError, ssl.SSLError):
                async for piece in talk():
                    writer.write(piece)
                    await writer.drain()
            writer.close()

        return serve

    talks = ((1, 443, drip), (2, 443, endless), (3, 25, flood), (4, 25, tarpit))
    servers = [
        await asyncio.start_server(
            serving(talk),
            f"{sys.argv[2]}.{number}",
            port,
            ssl=context if port == 443 else None,
            backlog=4096,
        )
        for number, port, talk in talks
    ]
    await asyncio.gather(*(server.serve_forever() for server in servers))


asyncio.run(main())
