# SPDX-License-Identifier: MIT
"""
Scans of many domains.
"""
from __future__ import annotations
import collections.abc
import mxseal._core.tlsrpt
import typing
__all__: list[str] = ['Scan', 'empty', 'libraries', 'system_resolvers']
class Scan:
    """
    A scan that runs; mxseal.scan() is the face of it.
    """
    def __init__(self, *, resolvers: collections.abc.Sequence[str | bytes], ca_file: str | bytes, timeout: typing.SupportsFloat | typing.SupportsIndex, policy_timeout: typing.SupportsFloat | typing.SupportsIndex, probe_timeout: typing.SupportsFloat | typing.SupportsIndex, probe: bool, thorough: bool, ipv4: bool, ipv6: bool, smtp_port: typing.SupportsInt | typing.SupportsIndex, https_port: typing.SupportsInt | typing.SupportsIndex, helo: str, user_agent: str, allow_private: bool, trust_ad: bool, concurrency: typing.SupportsInt | typing.SupportsIndex, rate: typing.SupportsFloat | typing.SupportsIndex, most_per_address: typing.SupportsInt | typing.SupportsIndex, most_per_network: typing.SupportsFloat | typing.SupportsIndex, blocked: str, allowed: str, at: typing.SupportsInt | typing.SupportsIndex | None, only_mx: bool) -> None:
        ...
    def close(self) -> None:
        """
        No further line comes.
        """
    def feed(self, lines: collections.abc.Sequence[tuple[typing.SupportsInt | typing.SupportsIndex, bytes]]) -> None:
        """
        Number and domain of each.
        """
    def next(self, wait: typing.SupportsFloat | typing.SupportsIndex) -> typing.Any:
        """
        The next batch; None after so many seconds, or where there is room for lines.
        """
    def progress(self) -> dict:
        """
        How far it is, and what the resolver answered.
        """
    def room(self) -> int:
        """
        How many lines may be fed.
        """
    @property
    def fed(self) -> int:
        """
        How many lines were fed so far.
        """
    @property
    def finished(self) -> bool:
        """
        All lines were fed, and all batches taken.
        """
def empty() -> mxseal._core.tlsrpt.Table:
    """
    The columns of a scan, without a row.
    """
def libraries() -> dict:
    """
    Versions of the libraries that the network is asked with.
    """
def system_resolvers() -> list[str]:
    """
    Those of /etc/resolv.conf, as ADDRESS:PORT; asked where no other is given.
    """
