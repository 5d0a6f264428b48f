# SPDX-License-Identifier: MIT
"""The policy hosts of the laboratory: HTTPS as declared, down to the single byte.

No HTTP library stands between: what is wrong on purpose must arrive as it was written.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mxseal.lab.handshake import begin_tls
from mxseal.lab.model import Response, Tls
from mxseal.lab.stream import Stream

_PATH = "/.well-known/mta-sts.txt"  # RFC 8461 §3.3
_ENDLESS_HEADER = b"X-Endless: " + b"e" * 1000 + b"\r\n"
_ENDLESS_BODY = b"# " + b"e" * 1000 + b"\r\n"


@dataclass(frozen=True)
class Served:
    """What one policy host answers.

    Attributes:
        response: as declared.
        body: with the domain's name put in.
    """

    response: Response
    body: bytes


_REQUEST_MOST = 16384  # bytes
_NOT_FOUND = Served(Response(status="404 Not Found"), b"not found\n")


async def serve_policy(
    hosts: Mapping[str, Served],
    tls: Tls,
    context: Callable[[], ssl.SSLContext],
    stream: Stream,
) -> None:
    """One connection, one request, one answer.

    Args:
        hosts: by name, in lower case; the request's Host field says which is meant.
        tls: what is declared of the handshake.
        context: how to do it.
        stream: the connection.
    """
    await begin_tls(stream, tls, context)
    request = (await stream.read_until(b"\r\n\r\n", _REQUEST_MOST)).decode("latin-1").split("\r\n")
    served = hosts.get(_host_of(request[1:]))
    words = request[0].split(" ")
    if served is None or len(words) != 3 or words[0] != "GET" or words[1] != _PATH:
        served = _NOT_FOUND
    await _respond(served, stream)


def _host_of(headers: list[str]) -> str:
    """The name in the Host field, without the port (RFC 9110 §7.2)."""
    for header in headers:
        name, _, value = header.partition(":")
        if name.strip().lower() == "host":
            return value.strip().lower().partition(":")[0]
    return ""


async def _respond(served: Served, stream: Stream) -> None:
    response, body = served.response, served.body
    if response.raw is not None:
        await stream.send(response.raw)
        return
    head = f"HTTP/1.1 {response.status}\r\n".encode()
    head += "".join(f"{header}\r\n" for header in response.headers).encode()
    if response.endless == "headers":
        await stream.send(head)
        await stream.send_forever(_ENDLESS_HEADER)
    if response.endless == "body":
        await stream.send(head + b"Connection: close\r\n\r\n")
        await stream.send_forever(_ENDLESS_BODY)
    length = len(body) if response.length is None else response.length
    head += f"Content-Length: {length}\r\nConnection: close\r\n\r\n".encode()
    if response.pace:
        await stream.send(head)
        await stream.send_slowly(body, response.pace)
    else:
        await stream.send(head + body)
