# SPDX-License-Identifier: MIT
"""``mxseal.scan`` against the laboratory: rows, lists of every kind, and what it promises."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from mxseal import DomainCheck
from mxseal._check import Settings, check_all
from mxseal._domains import DomainList
from mxseal._scan import Scan, ScanSettings
from mxseal.lab import Lab, Situation
from mxseal.lab.situations import SITUATIONS

Row = dict[str, Any]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab() as running:
        yield running


def settings(lab: Lab, situation: Situation, **further: Any) -> ScanSettings:
    """How the situation is to be scanned."""
    options = situation.options
    return ScanSettings(
        resolvers=[lab.resolvers[options.resolver]],
        ca_file=str(lab.ca_file),
        smtp_port=lab.smtp_port,
        https_port=lab.https_port,
        allow_private=options.allow_private,
        probe=options.probe,
        **({} if options.timeout is None else {"timeout": options.timeout}),
        **further,
    )


def check_settings(settings: ScanSettings) -> Settings:
    """The same for a check."""
    return Settings(
        resolvers=settings.resolvers,
        ca_file=settings.ca_file,
        smtp_port=settings.smtp_port,
        https_port=settings.https_port,
        allow_private=settings.allow_private,
        probe=settings.probe,
        timeout=settings.timeout,
        quick=True,
    )


# ----------------------------------------------------------------------- the same as mxseal check
# What a scan shows in another way than a check, and why.
OTHERWISE = {
    "http-drip": "a check waits 60 s for a policy, a scan 20",
}


@pytest.fixture(scope="module")
def both(lab: Lab) -> dict[str, tuple[Row, DomainCheck]]:
    """Row and check of every situation, those with the same options in one run."""
    runs: defaultdict[tuple[object, ...], list[Situation]] = defaultdict(list)
    for situation in lab.situations:
        if situation.name not in OTHERWISE:
            alone = situation.name if situation.options.alone else ""
            runs[situation.options, alone].append(situation)
    results: dict[str, tuple[Row, DomainCheck]] = {}
    for situations in runs.values():
        domains = [each.domain for each in situations]
        how = settings(lab, situations[0])
        checks: dict[int, DomainCheck] = {}
        check_all(domains, check_settings(how), checks.__setitem__)
        for row in Scan(DomainList.of(domains), how).to_arrow().to_pylist():
            place = row["line"] - 1
            results[situations[place].name] = row, checks[place]
    return results


def row_of(check: DomainCheck) -> Row:
    """What a check says, as a row of a scan has it."""
    sts, host = check.sts, check.sts.host
    verdicts = [each.verdict for each in check.mx]
    leaves = [each.chain[0].not_after for mx in check.mx for each in mx.addresses if each.chain] + (
        [host.chain[0].not_after] if host and host.chain else []
    )
    return {
        "domain": check.domain,
        "verdict": check.verdict,
        "effects": vars(check.effects),
        "sts_id": sts.record and sts.record.id,
        "policy_mode": sts.policy and sts.policy.mode,
        "max_age": sts.policy and sts.policy.max_age,
        "policy_mx": sts.policy.mx if sts.policy else [],
        "policy_status": host.status if host and host.status != "not_tried" else None,
        "policy_address": (host and host.address) or None,
        "policy_expiry": host.chain[0].not_after if host and host.chain else None,
        "mx_count": len(check.mx),
        "mx_passed": verdicts.count("passes"),
        "mx_failed": verdicts.count("fails"),
        "mx_unknown": verdicts.count("unknown"),
        "dane_state": check.dane.state,
        "tlsrpt": check.tlsrpt and check.tlsrpt.text,
        "tlsrpt_rua": check.tlsrpt.rua if check.tlsrpt else [],
        "first_expiry": min(leaves, default=None),
        "errors": len(check.errors),
        "warnings": sum(each.severity == "warning" for each in check.findings),
        "mx": [
            {
                "host": mx.host,
                "preference": mx.preference,
                "in_policy": mx.in_policy,
                "verdict": mx.verdict,
                "addresses": [
                    {
                        "address": each.address,
                        "smtp_status": each.smtp.status,
                        "tls_version": each.tls.version,
                        "not_after": each.chain[0].not_after if each.chain else None,
                        "sha256": each.chain[0].sha256 if each.chain else "",
                        "verdict": each.verdict,
                    }
                    for each in mx.addresses
                ],
            }
            for mx in check.mx
        ],
        "findings": [vars(each) | {"seen_at": None} for each in check.findings],
    }


def comparable(row: Row) -> Row:
    """Without what only a scan has, and without times of its own."""
    beside = ("line", "sts_cname", "policy_cname", "started", "seconds")
    kept = {name: value for name, value in row.items() if name not in beside}
    kept["mx"] = [
        {name: value for name, value in each.items() if name != "dane"} for each in row["mx"]
    ]
    kept["findings"] = [each | {"seen_at": None} for each in row["findings"]]
    return kept


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.name)
def test_row_and_check_say_the_same(
    lab: Lab, both: dict[str, tuple[Row, DomainCheck]], situation: Situation
) -> None:
    if situation not in lab.situations:
        pytest.skip(f"not to be played here: {lab.skipped[situation.name]}")
    if situation.name in OTHERWISE:
        pytest.skip(OTHERWISE[situation.name])
    row, check = both[situation.name]
    assert comparable(row) == row_of(check)
