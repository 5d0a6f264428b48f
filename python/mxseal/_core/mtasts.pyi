# SPDX-License-Identifier: MIT
"""
MTA-STS records and policies (RFC 8461).
"""
from __future__ import annotations
import collections.abc
import typing
__all__: list[str] = ['Match', 'Policy', 'StsRecord', 'parse_policy', 'parse_record', 'select_record']
class StsRecord:
    """
    The MTA-STS TXT record of a domain (RFC 8461 section 3.1).
    
    Attributes:
        id: names this instance of the policy, 1 to 32 letters and digits; has no order.
        extensions: unknown fields as (name, value), in order.
        deviations: codes of what is against the RFC and harmless.
        text: the record as it stands in DNS.
    """
    def __eq__(self, arg0: typing.Any) -> bool:
        ...
    def __getstate__(self) -> bytes:
        ...
    def __hash__(self) -> int:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: bytes) -> None:
        ...
    @property
    def deviations(self) -> list[str]:
        ...
    @property
    def extensions(self) -> list[tuple[str, str]]:
        ...
    @property
    def id(self) -> str:
        ...
    @property
    def text(self) -> str:
        ...
class Match:
    """
    Whether a policy covers a host; true if it does.
    
    Attributes:
        pattern: the first mx that covers the host, or None.
        reason: why none does: host-invalid, no-pattern (the policy has no mx), wildcard-depth ("*."
            stands for exactly one label) or not-covered; None if one does.
    """
    def __bool__(self) -> bool:
        ...
    def __eq__(self, arg0: typing.Any) -> bool:
        ...
    def __hash__(self) -> int:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def pattern(self) -> str | None:
        ...
    @property
    def reason(self) -> str | None:
        ...
class Policy:
    """
    An MTA-STS policy (RFC 8461 section 3.2).
    
    Attributes:
        version: STSv1.
        mode: enforce, testing or none.
        max_age: how long a sender may keep the policy, in seconds.
        mx: host names, or "*." and a name; as written, in order.
        extensions: unknown fields as (name, value), in order.
        deviations: codes of what is against the RFC and harmless.
        lines: the lines as declared, without blank ones: the policy-string of TLS reports.
    
    str() prints a valid policy that says the same.
    """
    def __eq__(self, arg0: typing.Any) -> bool:
        ...
    def __getstate__(self) -> bytes:
        ...
    def __hash__(self) -> int:
        ...
    def __init__(self, *, mode: str | bytes, mx: collections.abc.Sequence[str | bytes] = [], max_age: int) -> None:
        """
        Makes a policy.
        
        Args:
            mode: enforce, testing or none.
            mx: host names, or "*." and a name; at least one unless the mode is none.
            max_age: seconds, at most 31557600.
        
        Raises:
            ParseError: it would be no valid policy.
        """
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: bytes) -> None:
        ...
    def __str__(self) -> str:
        ...
    def match(self, host: str | bytes) -> Match:
        """
        Which mx covers a host, or why none does (RFC 8461 section 4.1).
        
        Only names are compared, whatever the mode. A final dot is ignored, U-labels are made A-labels.
        """
    def matches(self, host: str | bytes) -> bool:
        """
        Whether an mx covers a host (RFC 8461 section 4.1); see match.
        """
    @property
    def deviations(self) -> list[str]:
        ...
    @property
    def extensions(self) -> list[tuple[str, str]]:
        ...
    @property
    def lines(self) -> list[str]:
        ...
    @property
    def max_age(self) -> int:
        ...
    @property
    def mode(self) -> str:
        ...
    @property
    def mx(self) -> list[str]:
        ...
    @property
    def version(self) -> str:
        ...
def parse_policy(body: str | bytes) -> Policy:
    """
    Reads a policy: the body as it was served (RFC 8461 section 3.2).
    
    Raises:
        ParseError: it does not follow the grammar; senders then act as if it could not be fetched.
    """
def parse_record(text: str | bytes) -> StsRecord:
    """
    Reads one MTA-STS record: the strings of a TXT record, joined (RFC 8461 section 3.1).
    
    Raises:
        ParseError: it is no MTA-STS record (bad-version, version-not-first, wrong-case) or does not
            follow the grammar; senders then act as if the domain had no policy available.
    """
def select_record(records: collections.abc.Sequence[collections.abc.Sequence[str | bytes]]) -> StsRecord | None:
    """
    The record that counts among all TXT records at _mta-sts.<domain> (RFC 8461 section 3.1).
    
    Args:
        records: the strings of each TXT record, in any order of the records.
    
    Returns:
        The one MTA-STS record, or None where none of them is one.
    
    Raises:
        ParseError: several are (multiple), or the only one does not follow the grammar; senders then
            act as if there were none.
    """
