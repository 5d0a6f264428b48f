# SPDX-License-Identifier: MIT
"""``mxseal check`` and its helpers from the outside: what is typed, what comes out, the status."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import mxseal
from mxseal._schema import check_schema
from mxseal.cli import main
from mxseal.lab import Lab
from mxseal.lab.situations import SITUATIONS


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    status: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command in this process."""
    monkeypatch.setenv("NO_COLOR", "1")

    def run(*arguments: str | Path) -> Done:
        status = main([*map(str, arguments)])
        out, err = capsys.readouterr()
        return Done(status, out, err)

    return run


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """The whole laboratory: its servers start when they are first asked."""
    with Lab() as running:
        yield running


def options(lab: Lab) -> Sequence[str]:
    """How the laboratory is reached."""
    *arguments, _ = lab.arguments(lab.situation("enforce"))
    return arguments


def test_a_protected_domain_has_nothing_to_do(run: Run, lab: Lab) -> None:
    done = run("check", "enforce.test", *options(lab))
    assert done.err == ""
    assert done.status == 0
    lines = done.out.splitlines()
    assert lines[0] == "✓ enforce.test  protected"
    assert lines[2].split() == [
        *("senders", "MTA-STS:", "authenticated", "DANE", "only:", "encrypted"),
        *("others:", "encrypted"),
    ]
    assert any(line.startswith("  ✓ policy    enforce, max_age") for line in lines)
    assert "Nothing to do." in lines[-1]


def test_a_finding_has_evidence_and_remedy(run: Run, lab: Lab) -> None:
    names = [each.name for each in lab.situations if "sts.mx.none-covered" in each.findings]
    done = run("check", f"{names[0]}.test", *options(lab))
    assert done.status == 1
    assert done.out.startswith(f"✗ {names[0]}.test  ")
    assert "[sts.mx.none-covered]" in done.out
    assert "If you chose these hosts, publish this policy file:" in done.out
    assert "               version: STSv1\n" in done.out
    assert 'IN TXT "v=STSv1; id=' in done.out


def test_several_domains_end_with_counts(run: Run, lab: Lab) -> None:
    done = run("check", "nothing.test", "enforce.test", *options(lab))
    assert done.status == 1
    assert "✓ enforce.test  protected\n" in done.out
    assert done.out.splitlines()[-1].startswith("2 domains: 1 ")


def test_quiet_is_a_line_a_domain(run: Run, lab: Lab) -> None:
    done = run("check", "--quiet", "nothing.test", "enforce.test", *options(lab))
    first, second = done.out.splitlines()
    assert first.startswith("! nothing.test  unprotected")
    assert second == "✓ enforce.test  protected"


def test_json_follows_its_schema(run: Run, lab: Lab) -> None:
    domains = [each.domain for each in lab.situations if each.patience < 5][:60]
    done = run("check", "--quick", "--format", "ndjson", *domains, *options(lab))
    objects = [json.loads(line) for line in done.out.splitlines()]
    assert [each["domain"] for each in objects] == domains
    validator = jsonschema.Draft202012Validator(check_schema())
    for each in objects:
        validator.validate(each)
    array = run("check", "--format", "json", "nothing.test", *options(lab))
    [alone] = json.loads(array.out)
    assert alone["verdict"] == "unprotected"
    assert set(alone) == {
        *("schema_version", "domain", "verdict", "effects", "findings", "sts", "mx", "dane"),
        *("tlsrpt", "started", "seconds"),
    }


def test_what_is_no_domain_is_inconclusive(run: Run, lab: Lab) -> None:
    done = run("check", "--format", "ndjson", "not a domain", *options(lab))
    assert done.status == 3
    found: dict[str, Any] = json.loads(done.out)
    assert found["verdict"] == "inconclusive"
    assert [each["code"] for each in found["findings"]] == ["scan.invalid-domain"]


def test_a_name_that_is_no_utf8_ends_no_other(lab: Lab) -> None:
    """Names come from files, and files from anywhere."""
    done = subprocess.run(
        [sys.executable, "-m", "mxseal", "check", "-", "--quiet", *options(lab)],
        input=b"caf\xe9.test  # Latin-1\n\nenforce.test\n",
        capture_output=True,
        check=False,
    )
    assert done.returncode == 3
    bad, good = done.stdout.decode().splitlines()
    assert bad.startswith("? caf\\xe9.test  inconclusive")
    assert good == "✓ enforce.test  protected"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("check",), "no domain in mxseal check"),
        (("check", "a.test", "--resolver", "nonsense"), "wrong value for --resolver: nonsense"),
        (("check", "a.test", "--ca-file", "/nowhere.pem"), "no such file: /nowhere.pem"),
        (("check", "a.test", "--at", "tomorrow"), "no day or time for --at: tomorrow"),
        (("lint", "policy", "/nowhere"), "cannot read: /nowhere"),
        (("help", "no-such-code"), "no such code or command: no-such-code"),
        (("publish", "example.com"), "no valid policy"),
        (("publish", "example com", "--mx", "mx.example.com"), "no domain: example com"),
    ],
)
def test_wrong_use_is_refused(run: Run, arguments: tuple[str, ...], message: str) -> None:
    done = run(*arguments)
    assert done.status == 2
    assert done.out == ""
    assert message in done.err


def test_lint_says_what_senders_refuse(run: Run, tmp_path: Path) -> None:
    assert run("lint", "record", "v=STSv1; id=20261125;") == Done(
        0, "✓ MTA-STS record: senders take it\n", ""
    )
    refused = run("lint", "record", "v=STSv1; id=2026-11;")
    assert refused.status == 1
    assert "[sts.dns.id-invalid]" in refused.out
    assert "at byte 16" in refused.out
    policy = tmp_path / "mta-sts.txt"
    policy.write_text("version: STSv1\nmode: enforce\nmx: mx.example.com\nmax_age: 60\n")
    unwise = run("lint", "policy", policy, "--format", "json")
    assert unwise.status == 0
    assert [each["code"] for each in json.loads(unwise.out)["findings"]] == [
        "sts.policy.max_age-short"
    ]


def test_help_explains_every_code(run: Run) -> None:
    assert "do     " in run("help", "sts.mx.none-covered").out
    assert "gzip-bomb" in run("help", "gzip-bomb").out
    assert "Usage: mxseal check" in run("help", "check").out


def test_publish_gives_a_policy_that_senders_take(run: Run) -> None:
    done = run(
        *("publish", "Example.COM.", "--mx", "mx.example.com", "--mode", "enforce"),
        *("--rua", "mailto:tls@example.com", "--format", "json"),
    )
    made = json.loads(done.out)
    assert made["domain"] == "example.com"
    policy = mxseal.mtasts.parse_policy(made["policy"])
    assert (policy.mode, policy.matches("mx.example.com")) == ("enforce", True)
    text = run("publish", "example.com", "--mx", "mx.example.com").out
    assert '_mta-sts.example.com. IN TXT "v=STSv1; id=' in text


def test_check_gives_a_value(lab: Lab) -> None:
    arguments = {
        "resolver": lab.resolver,
        "smtp_port": lab.smtp_port,
        "https_port": lab.https_port,
        "ca_file": str(lab.ca_file),
        "allow_private": True,
    }
    result = mxseal.check("enforce.test", **arguments)  # type: ignore[arg-type]
    assert repr(result) == "<DomainCheck 'enforce.test' protected: no error>"
    assert result.effects.mta_sts == "authenticated"
    assert result.to_dict()["schema_version"] == 1
    assert "enforce.test" in result._repr_html_()
    again = asyncio.run(mxseal.acheck("enforce.test", **arguments))
    assert again.verdict == "protected"


def test_a_check_that_is_stopped_says_so() -> None:
    with pytest.raises(mxseal.MxsealError, match="stopped"):
        mxseal.check("example.com", resolver="127.0.0.1:9", stopped=lambda: True)


def test_each_situation_has_a_name_of_its_own() -> None:
    assert len({each.name for each in SITUATIONS}) == len(SITUATIONS)
