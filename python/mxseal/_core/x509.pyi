# SPDX-License-Identifier: MIT
"""
Certificates of servers (RFC 5280, RFC 8461).
"""
from __future__ import annotations
import collections.abc
import typing
__all__: list[str] = ['ChainError', 'TrustStore', 'Verification', 'verify']
class TrustStore:
    """
    Roots that chains may end at.
    """
    @staticmethod
    def from_file(path: typing.Any) -> TrustStore:
        """
        Those of a PEM file, self-signed or not: each is an anchor.
        """
    @staticmethod
    def from_pem(text: str) -> TrustStore:
        """
        The same of PEM text.
        """
    @staticmethod
    def system() -> TrustStore:
        """
        The system's roots; SSL_CERT_FILE and SSL_CERT_DIR name others.
        """
    def __len__(self) -> int:
        ...
class ChainError:
    """
    One thing that is wrong with a chain.
    """
    def __repr__(self) -> str:
        ...
    @property
    def depth(self) -> int:
        """
        Of the certificate in the chain as sent, 0 the leaf; -1 for one that was not sent.
        """
    @property
    def detail(self) -> str:
        ...
    @property
    def fault(self) -> str:
        """
        expired, not-yet-valid, name-mismatch, cn-only, self-signed, untrusted, incomplete-chain or invalid.
        """
    @property
    def result_type(self) -> str:
        """
        What a sender reports for it (RFC 8460 §4.3).
        """
class Verification:
    """
    What a chain is worth for a host.
    """
    def __bool__(self) -> bool:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def alternative_path(self) -> bool:
        """
        Good, but not by the first path: senders on plain OpenSSL refuse it.
        """
    @property
    def chain(self) -> list[bytes]:
        """
        The path that was judged, DER, leaf first.
        """
    @property
    def errors(self) -> list[ChainError]:
        """
        Every one there is, the leaf's first.
        """
    @property
    def names(self) -> list[str]:
        """
        dNSNames of the leaf, the only ones that count (RFC 8461 §4.2).
        """
    @property
    def not_after(self) -> typing.Any:
        """
        The earliest end in the path, UTC.
        """
    @property
    def not_before(self) -> typing.Any:
        """
        The latest beginning in the path, UTC.
        """
    @property
    def ok(self) -> bool:
        """
        Exactly when there is no error.
        """
def verify(chain: collections.abc.Sequence[str | bytes], host: str, *, roots: TrustStore, at: typing.SupportsInt | typing.SupportsIndex) -> Verification:
    """
    See mxseal.x509.verify.
    """
