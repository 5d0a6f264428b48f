# SPDX-License-Identifier: MIT
"""
Checks of domains, and their findings.
"""
from __future__ import annotations
import collections.abc
import mxseal._core.mtasts
import typing
__all__: list[str] = ['About', 'advice', 'domain_name', 'errors', 'explain', 'fetch_policy', 'findings', 'probe_host', 'registered_domain', 'run']
class About:
    """
    What is always true of a finding.
    """
    @property
    def cause(self) -> str:
        ...
    @property
    def code(self) -> str:
        ...
    @property
    def remedy(self) -> str:
        ...
    @property
    def result_type(self) -> str:
        ...
    @property
    def section(self) -> str:
        ...
    @property
    def severity(self) -> str:
        ...
def advice(policy: mxseal._core.mtasts.Policy) -> list[str]:
    """
    Codes of what a valid policy says and nobody should mean.
    """
def domain_name(text: str | bytes) -> str:
    """
    A-labels in lower case, without final dot; ParseError for what is no host name.
    """
def errors() -> list[tuple[str, str]]:
    """
    Code and sentence of all that may not be readable.
    """
def explain(code: str) -> About:
    """
    The finding of a code; KeyError for none.
    """
def fetch_policy(domain: str | bytes, *, port: typing.SupportsInt | typing.SupportsIndex, resolvers: collections.abc.Sequence[str | bytes], ca_file: str | bytes, timeout: typing.SupportsFloat | typing.SupportsIndex, ipv4: bool, ipv6: bool, allow_private: bool, at: typing.SupportsInt | typing.SupportsIndex | None, stopped: typing.Any) -> typing.Any:
    """
    What the policy host serves, judged; None where it was stopped.
    """
def findings() -> list[About]:
    """
    Every finding there is, in the order in which they are listed.
    """
def probe_host(host: str | bytes, *, port: typing.SupportsInt | typing.SupportsIndex, resolvers: collections.abc.Sequence[str | bytes], ca_file: str | bytes, timeout: typing.SupportsFloat | typing.SupportsIndex, quick: bool, ipv4: bool, ipv6: bool, helo: str, allow_private: bool, trust_ad: bool, at: typing.SupportsInt | typing.SupportsIndex | None, stopped: typing.Any) -> typing.Any:
    """
    One host or address at its port, judged; None where it was stopped.
    """
def registered_domain(name: str | bytes) -> str:
    """
    The domain that somebody seems to have registered, to which a name belongs; lower case, no final dot.
    """
def run(domains: collections.abc.Sequence[bytes], *, resolvers: collections.abc.Sequence[str | bytes], ca_file: str | bytes, timeout: typing.SupportsFloat | typing.SupportsIndex, probe: bool, quick: bool, ipv4: bool, ipv6: bool, smtp_port: typing.SupportsInt | typing.SupportsIndex, https_port: typing.SupportsInt | typing.SupportsIndex, helo: str, allow_private: bool, trust_ad: bool, concurrency: typing.SupportsInt | typing.SupportsIndex, at: typing.SupportsInt | typing.SupportsIndex | None, policy: bytes | None, record: bytes | None, mx: collections.abc.Sequence[bytes], on_result: collections.abc.Callable, stopped: typing.Any) -> None:
    """
    Checks domains, each handed to on_result(place, result, published) as soon as it is judged.
    
    With policy, record or mx the result is what would be if these were published, and published what
    is; else published is None.
    """
