# SPDX-License-Identifier: MIT
"""A server's connection that begins in clear and may turn to TLS.

asyncio's own TLS closes a failed handshake without the alert that says why, and that alert is what
some situations are about; so the handshake is done here, over memory.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress

_PIECE = 65536  # bytes


class Stream:
    """One connection, seen from the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._tls: ssl.SSLObject | None = None
        self._from_client = ssl.MemoryBIO()
        self._to_client = ssl.MemoryBIO()
        self._unread = b""

    async def begin_tls(self, context: ssl.SSLContext) -> None:
        """Does the handshake.

        Raises:
            ConnectionError: the client went away.
            ssl.SSLError: it failed; the client has been sent the alert.
        """
        tls = context.wrap_bio(self._from_client, self._to_client, server_side=True)
        self._from_client.write(self._unread)
        self._unread = b""
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                await self._flush()
                await self._fill()
            except ssl.SSLError:
                await self._flush()
                raise
        await self._flush()
        self._tls = tls

    async def read(self) -> bytes:
        """What comes next; empty at the end."""
        if self._unread:
            data, self._unread = self._unread, b""
            return data
        if self._tls is None:
            return await self._reader.read(_PIECE)
        while True:
            try:
                return self._tls.read(_PIECE)
            except ssl.SSLWantReadError:
                await self._flush()
                await self._fill()
            except ssl.SSLZeroReturnError:
                return b""

    async def read_until(self, end: bytes, most: int) -> bytes:
        """All until that end, with it.

        Args:
            end: what is looked for.
            most: bytes.

        Raises:
            ConnectionError: the client went away, or sent more.
        """
        data = b""
        while end not in data:
            piece = await self.read()
            data += piece
            if not piece or len(data) > most + _PIECE:
                raise ConnectionAbortedError
        found, _, self._unread = data.partition(end)
        if len(found) > most:
            raise ConnectionAbortedError
        return found + end

    async def send(self, data: bytes) -> None:
        """Sends it, in one write."""
        if self._tls is None:
            self._writer.write(data)
            await self._writer.drain()
        else:
            self._tls.write(data)
            await self._flush()

    async def send_forever(self, data: bytes) -> None:
        """Sends it again and again.

        Raises:
            ConnectionError: the client went away, as it must.
        """
        while True:
            await self.send(data)
            await asyncio.sleep(0)  # sending alone need not let others run

    async def send_slowly(self, data: bytes, pace: float) -> None:
        """Sends it byte by byte.

        Args:
            data: what is sent.
            pace: seconds behind each byte.
        """
        for place in range(len(data)):
            await self.send(data[place : place + 1])
            await asyncio.sleep(pace)

    async def close(self) -> None:
        """Says the end in TLS too, so that nobody takes it for a truncation."""
        if self._tls is not None:
            with suppress(ssl.SSLError):  # the client has not answered yet, and need not
                self._tls.unwrap()
            await self._flush()
        self._writer.close()
        await self._writer.wait_closed()

    async def _flush(self) -> None:
        if self._to_client.pending:
            self._writer.write(self._to_client.read())
        await self._writer.drain()

    async def _fill(self) -> None:
        data = await self._reader.read(_PIECE)
        if not data:
            raise ConnectionAbortedError
        self._from_client.write(data)
