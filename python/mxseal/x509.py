# SPDX-License-Identifier: MIT
"""Certificates of mail and policy servers: good for this host, at this time, by these roots?

RFC 8461 §4.2: a trusted chain, valid now, made for servers, and a dNSName for the host; the common
name never counts, a wildcard only as the whole left-most label.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from mxseal._core import x509 as _x509
from mxseal._core.x509 import ChainError, TrustStore, Verification
from mxseal._public import publish

__all__ = ["ChainError", "TrustStore", "Verification", "verify"]

publish(__name__, ChainError, TrustStore, Verification)


def verify(
    chain: Sequence[bytes | str], host: str, *, roots: TrustStore, at: datetime | None = None
) -> Verification:
    """Judges a chain as a server sent it.

    Every error is listed, not only the first. Where the first path fails, others are looked for
    within fixed limits; what only another path makes good has ``alternative_path`` set, because
    senders on plain OpenSSL refuse it.

    Args:
        chain: DER or PEM, leaf first, the rest in any order; PEM text may hold several. What cannot
            be read is an error of the chain (``invalid``, at its place); at most 200 are looked at.
        host: the MX or policy host, without final dot.
        roots: what chains may end at.
        at: as of when; now if None. A time without a zone is UTC.
    """
    if isinstance(chain, str | bytes) or not isinstance(chain, Iterable):
        what = "a list of certificates, DER or PEM"
        raise TypeError(f"chain: give {what}, not {type(chain).__name__}")
    for name, given, kind in (("host", host, str), ("roots", roots, TrustStore)):
        if not isinstance(given, kind):
            raise TypeError(f"{name}: give a {kind.__name__}, not {type(given).__name__}")
    moment = datetime.now(UTC) if at is None else at
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return _x509.verify(list(chain), host, roots=roots, at=int(moment.timestamp()))
