# SPDX-License-Identifier: MIT
"""Behind ``mxseal.mtasts.fetch_policy``: the policy, as a sender must fetch it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mxseal._check import Finding, PolicyHost, build
from mxseal._exceptions import MxsealError, NetworkError, ParseError
from mxseal.mtasts import Policy, parse_policy


@dataclass(frozen=True)
class FetchedPolicy:
    """A valid policy, and how it came.

    Attributes:
        policy: as parsed.
        host: what the policy host said.
        findings: warnings and infos (a wrong media type, a short max_age).
    """

    policy: Policy
    host: PolicyHost
    findings: list[Finding]

    def __repr__(self) -> str:
        return f"<FetchedPolicy {self.host.host!a} {self.policy.mode}>"


def fetch_policy(
    domain: str,
    *,
    resolver: str | Sequence[str] = (),
    ca_file: str = "",
    timeout: float = 90.0,
    ipv4: bool = True,
    ipv6: bool = True,
    https_port: int = 443,
    allow_private: bool = False,
    at: datetime | None = None,
    stopped: Callable[[], bool] | None = None,
) -> FetchedPolicy:
    """Fetches the MTA-STS policy of a domain, as a sender must (RFC 8461 §3.3).

    Only status 200 over TLS 1.2 or later with a good certificate for ``mta-sts.<domain>`` gives a
    policy: no redirect is followed, nothing over 64 KiB is read. The record is not asked for.

    Args:
        domain: its name; U-labels are fine.
        resolver: ``ADDRESS`` or ``ADDRESS:PORT``, one or several in order; the system's if none.
        ca_file: PEM file of the roots to trust in place of the system's.
        timeout: seconds in all; the policy host has 60 of them.
        ipv4: whether IPv4 addresses are used.
        ipv6: whether IPv6 addresses are used.
        https_port: of the policy host.
        allow_private: whether addresses that are not public are connected to.
        at: judge the certificate as of this time; now if None.
        stopped: asked all the time; true ends the fetch.

    Raises:
        NetworkError: no policy came. Its ``code`` is the finding's: ``sts.host.timeout``,
            ``sts.cert.expired``, ``sts.http.redirect``.
        ParseError: what came is no valid policy, with the finding's code
            (``sts.policy.mode-invalid``) and the place in the file; or ``domain`` is no name, a
            resolver is no address, or the roots cannot be read.
        ValueError: ``timeout`` is no time.
        MxsealError: it was stopped.
    """
    from mxseal import _core
    from mxseal._network import moment, seconds, texts

    answer: dict[str, Any] | None = _core.check.fetch_policy(
        domain,
        port=https_port,
        resolvers=texts("resolver", resolver),
        ca_file=ca_file,
        timeout=seconds(timeout),
        ipv4=ipv4,
        ipv6=ipv6,
        allow_private=allow_private,
        at=moment("at", at),
        stopped=stopped,
    )
    if answer is None:
        raise MxsealError("the fetch was stopped before it was done")
    findings = build(list[Finding], answer["findings"])
    if answer["policy"] is not None:
        return FetchedPolicy(answer["policy"], build(PolicyHost, answer["host"]), findings)
    why = next(each for each in findings if each.severity in ("error", "unknown"))
    if why.code.startswith("sts.policy."):
        _refuse(why, answer["body"])
    raise NetworkError(why.code, why.cause, why.subject, why.detail)


def _refuse(why: Finding, body: bytes) -> None:
    """Raises what reading the body raises, under the finding's code."""
    try:
        parse_policy(body)
    except ParseError as wrong:
        raise ParseError(why.code, wrong.message, wrong.detail, wrong.offset) from None
