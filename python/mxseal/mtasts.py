# SPDX-License-Identifier: MIT
"""MTA-STS (RFC 8461): how a domain says that mail to it must come encrypted, and to which hosts.

>>> from mxseal import mtasts
>>> mtasts.parse_record("v=STSv1; id=20261122").id
'20261122'
>>> policy = mtasts.Policy(mode="enforce", mx=["*.example.net"], max_age=604800)
>>> policy.matches("mx1.example.net")
True
>>> policy.match("a.mx.example.net").reason
'wildcard-depth'
>>> mtasts.parse_policy(str(policy)) == policy
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxseal._core.mtasts import (
    Match,
    Policy,
    StsRecord,
    parse_policy,
    parse_record,
    select_record,
)
from mxseal._public import publish

if TYPE_CHECKING:
    from mxseal._policy_fetch import FetchedPolicy, fetch_policy

__all__ = [
    "FetchedPolicy",
    "Match",
    "Policy",
    "StsRecord",
    "fetch_policy",
    "parse_policy",
    "parse_record",
    "select_record",
]

publish(__name__, Match, Policy, StsRecord, parse_policy, parse_record, select_record)


def __getattr__(name: str) -> Any:
    """What only a fetch needs comes when it is first asked for."""
    if name in ("FetchedPolicy", "fetch_policy"):
        from mxseal import _policy_fetch

        publish(__name__, _policy_fetch.FetchedPolicy, _policy_fetch.fetch_policy)
        return getattr(_policy_fetch, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
