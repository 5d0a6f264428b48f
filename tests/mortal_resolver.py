# SPDX-License-Identifier: MIT
"""A resolver that knows no name, and goes away after so many answers, or says no more."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


def no_such_name(query: bytes) -> bytes:
    """The answer to a question."""
    end = query.index(0, 12) + 5  # of the question: name, type, class
    return query[:2] + b"\x81\x83\x00\x01" + bytes(6) + query[12:end]


@contextmanager
def mortal_resolver(answers: int, *, stays: bool = False) -> Iterator[str]:
    """Its ``ADDRESS:PORT``; all answers must be asked for before the block ends.

    Args:
        answers: so many.
        stays: whether its socket is open until the block ends, so that questions are only lost.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def answer() -> None:
            for _ in range(answers):
                query, asker = server.recvfrom(4096)
                server.sendto(no_such_name(query), asker)
            if not stays:
                server.close()

        answering = threading.Thread(target=answer)
        answering.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        answering.join()
