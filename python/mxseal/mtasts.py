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

from mxseal._core.mtasts import (
    Match,
    Policy,
    StsRecord,
    parse_policy,
    parse_record,
    select_record,
)
from mxseal._public import publish

__all__ = ["Match", "Policy", "StsRecord", "parse_policy", "parse_record", "select_record"]

publish(__name__, Match, Policy, StsRecord, parse_policy, parse_record, select_record)
