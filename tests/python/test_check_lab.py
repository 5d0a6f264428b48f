# SPDX-License-Identifier: MIT
"""Every situation of the laboratory, checked: verdict, findings and effects as they are declared.

The attacks that MTA-STS exists for are among them; what a plain sender does there is shown by
``test_lab``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import pytest

from mxseal import DomainCheck
from mxseal._check import Settings, check_all
from mxseal.lab import Lab, Situation
from mxseal.lab.model import Answer
from mxseal.lab.situations import SITUATIONS


def settings_of(arguments: list[str]) -> Settings:
    """What the arguments of ``mxseal check`` mean."""

    def value(name: str, default: str = "") -> str:
        return arguments[arguments.index(name) + 1] if name in arguments else default

    return Settings(
        resolvers=[value("--resolver")],
        ca_file=value("--ca-file"),
        smtp_port=int(value("--smtp-port")),
        https_port=int(value("--https-port")),
        allow_private="--allow-private" in arguments,
        probe="--no-probe" not in arguments,
        timeout=float(value("--timeout", "90")),
    )


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab() as running:
        yield running


@pytest.fixture(scope="module")
def checked(lab: Lab) -> dict[str, DomainCheck]:
    """All of them, those with the same options in one run."""
    runs: defaultdict[tuple[str, ...], list[Situation]] = defaultdict(list)
    for situation in lab.situations:
        *options, _ = lab.arguments(situation)
        alone = (situation.name,) if situation.options.alone else ()
        runs[(*options, *alone)].append(situation)
    results: dict[str, DomainCheck] = {}
    for situations in runs.values():
        *options, _ = lab.arguments(situations[0])
        names = [each.name for each in situations]
        domains = [each.domain for each in situations]

        def keep(place: int, result: DomainCheck, names: list[str] = names) -> None:
            results[names[place]] = result

        check_all(domains, settings_of(options), keep)
    return results


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.name)
def test_situation(lab: Lab, checked: dict[str, DomainCheck], situation: Situation) -> None:
    if situation not in lab.situations:
        pytest.skip(f"not to be played here: {lab.skipped[situation.name]}")
    result = checked[situation.name]
    codes = {each.code for each in result.findings}
    assert codes - set(situation.tolerated) == set(situation.findings) - set(situation.tolerated)
    assert result.verdict == situation.verdict
    if situation.effects is not None:
        found = result.effects.plain, result.effects.mta_sts, result.effects.dane
        declared = situation.effects.plain, situation.effects.mta_sts, situation.effects.dane
        for here, there in zip(found, declared, strict=True):
            assert there is None or here == there


def test_what_is_beyond_the_limits_is_told_and_held_against_the_policy() -> None:
    """50 MX hosts are asked; those behind them stay unknown, and may not hide from the policy."""
    hosts = ["5 mx1.{domain}.", *(f"10 other{number}.{{domain}}." for number in range(49))]
    crowd = Situation(
        name="crowd",
        sentence="More MX hosts than are asked",
        zone={("@", "MX"): Answer(records=(*hosts, "20 mx.elsewhere.example."))},
    )
    with Lab(situations=(crowd,)) as small:
        *options, domain = small.arguments(crowd)
        results: list[DomainCheck] = []
        check_all([domain], settings_of(options), lambda _, result: results.append(result))
    [result] = results
    assert len(result.mx) == 51
    assert (result.mx[50].host, result.mx[50].in_policy) == ("mx.elsewhere.example", False)
    codes = {each.code for each in result.findings}
    assert {"scan.budget", "sts.mx.not-covered"} <= codes
    assert result.mx[50].verdict != "passes"
