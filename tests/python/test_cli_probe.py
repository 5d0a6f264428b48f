# SPDX-License-Identifier: MIT
"""``mxseal probe``, ``probe_mx`` and ``mtasts.fetch_policy`` against the laboratory."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

import mxseal
from commands import Run, runner
from mxseal import NetworkError, ParseError, mtasts
from mxseal.cli import main
from mxseal.lab import Lab


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """Its servers start when they are first asked."""
    with Lab() as running:
        yield running


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, lab: Lab) -> Run:
    """Probes a host of the laboratory in this process."""
    monkeypatch.setenv("NO_COLOR", "1")
    network = ("--resolver", lab.resolver, "--ca-file", str(lab.ca_file), "--allow-private")
    return runner(capsys, "probe", *network)


def mx(lab: Lab, name: str) -> str:
    """Where the MX host of a situation listens."""
    return f"mx1.{name}.test:{lab.smtp_port}"


def network(lab: Lab) -> dict[str, Any]:
    """How the laboratory is reached from Python."""
    return {"resolver": lab.resolver, "ca_file": str(lab.ca_file), "allow_private": True}


def test_a_good_host_passes(run: Run, lab: Lab) -> None:
    done = run(mx(lab, "enforce"))
    assert done.status == 0
    lines = done.out.splitlines()
    assert lines[0] == f"✓ mx1.enforce.test port {lab.smtp_port}  passes"
    assert lines[1] == "  TLS, and a valid certificate for its name."
    assert "    SMTP           STARTTLS" in lines
    assert any(line.startswith("    certificate    mx1.enforce.test; EC P-256") for line in lines)
    assert lines[-1] == "  - DANE      no TLSA records"
    assert done.err == ""


def test_a_bad_certificate_has_evidence_and_remedy(run: Run, lab: Lab) -> None:
    done = run(mx(lab, "expired"))
    assert done.status == 1
    assert done.out.startswith(f"✗ mx1.expired.test port {lab.smtp_port}  fails\n")
    assert "[smtp.cert.expired]" in done.out
    assert "      do     Renew it on that server" in done.out


def test_quiet_is_a_line_and_verbose_the_whole_chain(run: Run, lab: Lab) -> None:
    quiet = run(mx(lab, "expired"), "--quiet")
    assert quiet.out.count("\n") == 1
    assert "[smtp.cert.expired]" in quiet.out
    verbose = run(mx(lab, "enforce"), "--verbose").out
    assert verbose.count("    certificate ") == 2
    assert "    greeting       220 mx1.enforce.test" in verbose


def test_an_address_has_no_name_to_be_right_for(run: Run, lab: Lab) -> None:
    found = mxseal.check(
        "enforce.test", smtp_port=lab.smtp_port, https_port=lab.https_port, **network(lab)
    )
    address = found.mx[0].addresses[0].address
    done = run(f"[{address}]:{lab.smtp_port}", "--format", "json")
    assert done.status == 1
    answer = json.loads(done.out)
    assert answer["host"] == address
    assert [each["code"] for each in answer["findings"]] == ["smtp.cert.name-mismatch"]
    assert answer["findings"][0]["subject"] == address


def test_a_host_without_an_address_fails(run: Run) -> None:
    done = run("nonesuch.test")
    assert done.status == 1
    assert "[mx.no-address]" in done.out


def test_a_name_that_cannot_be_looked_up_is_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    """No resolver listens on port 9."""
    assert main(["probe", "mx1.example.com", "--resolver", "127.0.0.1:9"]) == 3
    assert "[mx.address-unknown]" in capsys.readouterr().out


def test_nothing_answers(run: Run) -> None:
    """Port 9 of loopback is closed."""
    done = run("127.0.0.1:9")
    assert done.status == 3
    assert done.out.startswith("? 127.0.0.1 port 9  unknown\n")
    assert "[smtp.connect-refused]" in done.out


def test_the_guard_stands_before_it(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probe", mx(lab, "enforce"), "--resolver", lab.resolver]) == 3
    assert "[mx.private-address]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("x y", "no host in mxseal probe: x y"),
        ("mx.example.com:", "no port in mxseal probe: mx.example.com:"),
        (":25", "no host in mxseal probe: :25"),
        ("mx.example.com:smtp", "no port in mxseal probe: mx.example.com:smtp"),
        ("mx.example.com:65536", "no port in mxseal probe: mx.example.com:65536"),
        ("mx.example.com:" + "1" * 5000, "no port in mxseal probe: mx.example.com:111"),
        ("\udcff", r"no host in mxseal probe: \xff"),
        ("[2001:db8::1", "no host in mxseal probe: [2001:db8::1"),
        ("[2001:db8::1]25", "no host in mxseal probe: [2001:db8::1]25"),
        ("[2001:db8::1]:0", "no port in mxseal probe: [2001:db8::1]:0"),
    ],
)
def test_wrong_use_is_refused(run: Run, typed: str, message: str) -> None:
    done = run(typed)
    assert done.status == 2
    assert done.out == ""
    assert message in done.err


def test_wrong_values_for_the_network_are_refused(run: Run) -> None:
    assert "wrong value for --resolver: nonsense" in run("a.test", "--resolver", "nonsense").err
    assert "no such file: /nowhere.pem" in run("a.test", "--ca-file", "/nowhere.pem").err
    assert "contradict each other" in run("a.test", "--quiet", "--verbose").err


def test_json_follows_its_schema(run: Run, lab: Lab) -> None:
    validator = jsonschema.Draft202012Validator(mxseal.MxProbe.json_schema())
    for name in ("enforce", "expired", "no-starttls"):
        validator.validate(json.loads(run(mx(lab, name), "--format", "json").out))


def test_probe_mx_gives_a_value(lab: Lab) -> None:
    probe = mxseal.probe_mx("MX1.Enforce.test.", port=lab.smtp_port, **network(lab))
    assert repr(probe) == f"<MxProbe 'mx1.enforce.test' port {lab.smtp_port}: passes>"
    html = probe._repr_html_()
    assert all(word in html for word in ("mx1.enforce.test", "TLSv1.3", probe.addresses[0].address))
    assert "\\x1b&lt;b&gt;" in replace(probe, host="\x1b<b>")._repr_html_()
    assert [each.tls.version for each in probe.addresses] == ["TLSv1.3"]
    assert probe.errors == []
    with pytest.raises(ParseError):
        mxseal.probe_mx("no host", **network(lab))
    with pytest.raises(mxseal.MxsealError, match="stopped"):
        mxseal.probe_mx("mx.example.com", resolver="127.0.0.1:9", stopped=lambda: True)


def test_tlsa_records_decide_where_they_are_secure(lab: Lab) -> None:
    """RFC 7672 §2.2.2: a host that was named and not looked up in MX records."""
    probe = mxseal.probe_mx(
        mx(lab, "dane-good").partition(":")[0], port=lab.smtp_port, **network(lab)
    )
    assert (probe.verdict, probe.dane.state) == ("passes", "secure")
    assert [each.usage for each in probe.tlsa] == [3]


# ---------------------------------------------------------------------------------- fetch_policy
def test_fetch_policy_gives_the_policy_and_how_it_came(lab: Lab) -> None:
    fetched = mtasts.fetch_policy("enforce.test", https_port=lab.https_port, **network(lab))
    assert isinstance(fetched, mtasts.FetchedPolicy)
    assert fetched.policy.mode == "enforce"
    assert fetched.policy.matches("mx1.enforce.test")
    assert (fetched.host.host, fetched.host.http_status) == ("mta-sts.enforce.test", 200)
    assert repr(fetched) == "<FetchedPolicy 'mta-sts.enforce.test' enforce>"


@pytest.mark.parametrize(
    "code",
    [
        "sts.host.no-address",
        "sts.host.connect-refused",
        "sts.host.tls-version",
        "sts.cert.expired",
        "sts.cert.name-mismatch",
        "sts.http.redirect",
        "sts.http.not-found",
        "sts.http.too-large",
    ],
)
def test_a_policy_that_does_not_come_is_a_network_error(lab: Lab, code: str) -> None:
    """RFC 8461 §3.3, each under the finding's code."""
    domain = next(each.domain for each in lab.situations if code in each.findings)
    with pytest.raises(NetworkError) as raised:
        mtasts.fetch_policy(domain, https_port=lab.https_port, **network(lab))
    assert raised.value.code == code
    assert f"[{code}]" in str(raised.value)
    assert isinstance(raised.value, OSError)
    assert raised.value.errno is None
    again = pickle.loads(pickle.dumps(raised.value))
    assert (again.code, again.subject, again.detail) == (
        *(raised.value.code, raised.value.subject, raised.value.detail),
    )


@pytest.mark.parametrize("code", ["sts.policy.mode-invalid", "sts.policy.html", "sts.policy.bom"])
def test_a_policy_that_is_none_is_a_parse_error(lab: Lab, code: str) -> None:
    domain = next(each.domain for each in lab.situations if code in each.findings)
    with pytest.raises(ParseError) as raised:
        mtasts.fetch_policy(domain, https_port=lab.https_port, **network(lab))
    assert raised.value.code == code
    assert raised.value.offset is not None


def test_a_fetch_that_is_stopped_says_so() -> None:
    with pytest.raises(mxseal.MxsealError, match="stopped"):
        mtasts.fetch_policy("example.com", resolver="127.0.0.1:9", stopped=lambda: True)
