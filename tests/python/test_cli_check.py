# SPDX-License-Identifier: MIT
"""``mxseal check`` and its helpers from the outside: what is typed, what comes out, the status."""

from __future__ import annotations

import asyncio
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import mxseal
from commands import Done, Run, runner
from mxseal._core.check import findings
from mxseal._output.words import RESULT_TYPES
from mxseal._remedies import copies
from mxseal.lab import Lab
from mxseal.lab.situations import SITUATIONS


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command in this process."""
    monkeypatch.setenv("NO_COLOR", "1")
    return runner(capsys)


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


def test_what_is_found_at_several_places_is_said_once(run: Run, lab: Lab) -> None:
    refusing = lab.resolvers["refusing"]
    done = run("check", "enforce.test", *options(lab), "--resolver", refusing)
    assert done.status == 0  # the next resolver answers
    done = run("check", "enforce.test", "--resolver", refusing)
    assert done.status == 3
    title = "The resolver refuses to answer, or cannot be reached"
    assert done.out.count(title) == done.out.count("      do     ") == 1
    places = [line.split()[1] for line in done.out.split("\n") if line.startswith("      where")]
    assert places == ["_mta-sts.enforce.test", "enforce.test", "_smtp._tls.enforce.test"]


def test_what_nothing_protects_is_told_how_to_begin(run: Run, lab: Lab) -> None:
    done = run("check", "nothing.test", *options(lab))
    assert done.status == 1
    assert done.out.endswith(
        "  Nothing is broken. To protect the domain, publish what this prints:\n"
        "    mxseal publish nothing.test --mx HOST\n"
    )


def test_a_name_without_anything_may_be_mistyped(run: Run, lab: Lab) -> None:
    done = run("check", "enfroce.test", *options(lab))
    assert (done.status, done.err) == (0, "")
    assert "enfroce.test  no-mail\n" in done.out
    last = "Nothing to do if the name is right: it has neither MX records nor addresses."
    assert " ".join(done.out.split()).endswith(last)


def test_a_finding_has_evidence_and_remedy(run: Run, lab: Lab) -> None:
    names = [each.name for each in lab.situations if "sts.mx.none-covered" in each.findings]
    done = run("check", f"{names[0]}.test", *options(lab))
    assert done.status == 1
    assert done.out.startswith(f"✗ {names[0]}.test  ")
    assert "[sts.mx.none-covered]" in done.out
    assert "If you chose these hosts, publish this policy file:" in done.out
    assert "               version: STSv1\n" in done.out
    assert 'IN TXT "v=STSv1; id=' in done.out


@pytest.mark.parametrize(
    ("domain", "seen"),
    [
        ("expired", r"valid until \S+Z \(3 days ago\)"),
        ("cert-future", r"valid from \S+Z \(in \d+ days?\)"),
        ("cert-expires-soon", r"valid until \S+Z \(in \d+ days?\)"),
    ],
)
def test_a_date_has_its_distance_behind_it(run: Run, lab: Lab, domain: str, seen: str) -> None:
    done = run("check", f"{domain}.test", *options(lab))
    assert re.search(f"  seen   {seen}\n", done.out), done.out


def test_what_is_to_be_copied_has_no_host_that_a_policy_cannot_name(lab: Lab) -> None:
    name = next(each.name for each in lab.situations if "sts.mx.none-covered" in each.findings)
    done = mxseal.check(
        f"{name}.test",
        resolver=lab.resolver,
        smtp_port=lab.smtp_port,
        https_port=lab.https_port,
        ca_file=str(lab.ca_file),
        allow_private=True,
    )
    odd = replace(done.mx[0], host=r"\027[2j.test")
    finding = next(each for each in done.findings if each.code == "sts.mx.none-covered")
    policy = copies(replace(done, mx=[odd, *done.mx]), finding)[0].lines
    assert policy == copies(done, finding)[0].lines
    assert mxseal.mtasts.parse_policy("\n".join(policy)).matches(done.mx[0].host)
    assert copies(replace(done, mx=[odd]), finding) == []


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
    validator = jsonschema.Draft202012Validator(mxseal.DomainCheck.json_schema())
    for each in objects:
        validator.validate(each)
    array = run("check", "--format", "json", "nothing.test", *options(lab))
    [alone] = json.loads(array.out)
    assert alone["verdict"] == "unprotected"
    assert set(alone) == {
        *("schema_version", "domain", "verdict", "effects", "findings", "sts", "mx", "dane"),
        *("tlsrpt", "started", "seconds", "rehearsal"),
    }
    assert alone["rehearsal"] is None


# ---------------------------------------------------------------------------------- the rehearsal
@dataclass(frozen=True)
class Rehearse:
    """Rehearses a policy for a domain of the laboratory."""

    run: Run
    lab: Lab
    file: Path

    def __call__(self, domain: str, *arguments: str, policy: str = "") -> Done:
        if policy:
            self.file.write_text(policy)
            arguments = (*arguments, "--policy", str(self.file))
        return self.run("check", domain, *arguments, *options(self.lab))

    def json(self, domain: str, *arguments: str, policy: str = "") -> dict[str, Any]:
        """The same for machines; it must follow the schema."""
        done = self(domain, *arguments, "--format", "ndjson", policy=policy)
        found: dict[str, Any] = json.loads(done.out)
        jsonschema.Draft202012Validator(mxseal.DomainCheck.json_schema()).validate(found)
        return found


@pytest.fixture
def rehearse(run: Run, lab: Lab, tmp_path: Path) -> Rehearse:
    return Rehearse(run, lab, tmp_path / "new.txt")


def policy_of(*mx: str, mode: str = "enforce") -> str:
    """A policy file that lives a week."""
    lines = ["version: STSv1", f"mode: {mode}", *(f"mx: {each}" for each in mx), "max_age: 604800"]
    return "\n".join(lines) + "\n"


def codes(found: dict[str, Any]) -> list[str]:
    """Of all that is not mere information."""
    return [each["code"] for each in found["findings"] if each["severity"] != "info"]


def test_a_good_change_is_told_step_by_step(rehearse: Rehearse) -> None:
    done = rehearse(
        "enforce.test", "--mx", "mx1.testing.test", policy=policy_of("mx1.testing.test")
    )
    assert (done.status, done.err) == (0, "")
    text = " ".join(done.out.split())
    assert text.startswith("✓ enforce.test would be protected (now: protected) [rehearsal] given ")
    assert "MX mx1.testing.test (probed just now); the rest is live" in text
    for part in (
        "old and new hosts take mail until step 4: 1 the new policy file, for now with this line "
        "besides: mx: mx1.enforce.test 2 then this TXT record",
        '_mta-sts.enforce.test. IN TXT "v=STSv1; id=20',
        "3 after 1 h (TTL of the old record): these MX records: "
        "enforce.test. IN MX 10 mx1.testing.test. 4 after 1 h more (TTL of the old MX records)",
    ):
        assert part in text
    assert "sts.change" not in text


def test_a_policy_without_an_mx_host_is_not_to_be_published(rehearse: Rehearse) -> None:
    done = rehearse("enforce.test", policy=policy_of("mx2.enforce.test"))
    assert done.status == 1
    assert done.out.startswith("✗ enforce.test  would be broken (now: protected) ")
    assert "[sts.mx.none-covered]" in done.out
    assert "lags behind the MX records as they are. It lacks:" in " ".join(done.out.split())
    assert "               mx: mx1.enforce.test\n" in done.out
    assert done.out.endswith("\n  Do not publish this yet.\n")
    assert "Publish in this order" not in done.out


def test_what_could_not_be_seen_is_not_to_be_published(rehearse: Rehearse) -> None:
    done = rehearse("enforce.test", "--no-probe", policy=policy_of("*.enforce.test"))
    assert done.status == 3
    assert "would be inconclusive (now: inconclusive)" in done.out
    assert done.out.endswith(
        "  Do not publish this yet: what decides could not be seen from here.\n"
    )


def test_a_change_that_mends_nothing_is_told(rehearse: Rehearse) -> None:
    done = rehearse("expired.test", policy=policy_of("*.expired.test"))
    assert done.status == 1
    assert "would be broken (now: broken)" in done.out
    assert done.out.endswith("  The same is wrong with what is published: mend that first.\n")


def test_a_host_with_a_bad_certificate_is_found_before_it_takes_mail(rehearse: Rehearse) -> None:
    hosts = ("mx1.enforce.test", "mx1.expired.test")
    found = rehearse.json(
        "enforce.test", "--mx", hosts[0], "--mx", f"5:{hosts[1]}", policy=policy_of(*hosts)
    )
    assert found["verdict"] == "partly"
    assert codes(found)[0] == "smtp.cert.expired"
    assert [(each["host"], each["preference"], each["verdict"]) for each in found["mx"]] == [
        (hosts[1], 5, "fails"),
        (hosts[0], 10, "passes"),
    ]
    assert found["rehearsal"]["mx"] == [hosts[0], f"5:{hosts[1]}"]
    assert found["rehearsal"]["published"]["verdict"] == "protected"
    assert [each["host"] for each in found["rehearsal"]["published"]["mx"]] == [hosts[0]]
    assert found["rehearsal"]["steps"] == []


def test_the_three_points_are_held_against_each_other(rehearse: Rehearse) -> None:
    both = policy_of("mx1.enforce.test", "mx1.testing.test")
    old, new = "v=STSv1; id=20260114090000;", "v=STSv1; id=2;"
    assert codes(rehearse.json("enforce.test", policy=both)) == [
        "sts.change.id-same-policy-changed"
    ]
    assert codes(rehearse.json("enforce.test", "--record", old, policy=both)) == [
        "sts.change.id-same-policy-changed"
    ]
    assert codes(rehearse.json("enforce.test", "--record", new, policy=both)) == []
    same = rehearse.json("enforce.test", "--record", new)
    assert "sts.change.id-changed-policy-same" in [each["code"] for each in same["findings"]]
    lagging = rehearse("enforce.test", "--mx", "mx1.testing.test")
    assert "The published policy lags behind these MX records." in " ".join(lagging.out.split())


def test_mta_sts_is_not_taken_away_at_once(rehearse: Rehearse) -> None:
    gone = rehearse("enforce.test", "--record", "")
    assert gone.status == 1
    assert "[sts.change.removed]" in gone.out
    assert gone.out.endswith("  Do not publish this yet.\n")
    taken_back = rehearse.json("enforce.test", policy=policy_of(mode="none"))
    assert taken_back["verdict"] == "unprotected"
    assert [(each["what"], each["wait"]) for each in taken_back["rehearsal"]["steps"]] == [
        ("policy", 0),
        ("record", 0),
        ("record", 1209600),
        ("policy", 3600),
    ]


def test_a_proposal_has_the_findings_of_what_is_published(rehearse: Rehearse) -> None:
    record = "v=STSv1; id=2026-11-25;"
    found = rehearse.json("enforce.test", "--record", record, policy="mode: enforced\n")
    assert codes(found)[:2] == ["sts.dns.id-invalid", "sts.policy.mode-invalid"]
    assert found["rehearsal"]["record"] == record
    assert found["rehearsal"]["policy"] == "mode: enforced\n"
    assert codes(rehearse.json("enforce.test", "--mx", "not a host"))[:1] == ["mx.invalid"]


def test_what_is_given_may_be_any_bytes(rehearse: Rehearse) -> None:
    """From a shell in Latin-1, or from a file that is none."""
    rehearse.file.write_bytes(b"version: STSv1\nmode: enforce\nmx: caf\xe9.test\nmax_age: 1\n\x1b")
    proposal = (
        "--mx",
        "caf\udce9.test",
        "--record",
        "v=\udce9\x1b",
        "--policy",
        str(rehearse.file),
    )
    found = rehearse.json("enforce.test", *proposal)
    assert found["rehearsal"]["mx"] == ["caf\\xe9.test"]
    assert found["rehearsal"]["record"] == "v=\\xe9\x1b"
    assert {"mx.invalid", "sts.policy.not-utf8"} <= set(codes(found))
    assert "\x1b" not in rehearse("enforce.test", *proposal).out


def test_a_given_record_is_quoted_as_a_zone_file_wants_it(rehearse: Rehearse) -> None:
    found = rehearse.json("enforce.test", "--record", r'v=STSv1; id=1; x=a"b\c;')
    [step] = found["rehearsal"]["steps"]
    assert step["lines"] == [r'_mta-sts.enforce.test. IN TXT "v=STSv1; id=1; x=a\"b\\c;"']


def test_what_is_to_be_copied_is_shown_whole(rehearse: Rehearse) -> None:
    record = "v=STSv1; id=1; " + "".join(f"x{number}=0123456789; " for number in range(90))
    given = "--record", record.rstrip()
    [line] = rehearse.json("enforce.test", *given)["rehearsal"]["steps"][0]["lines"]
    assert len(line) > 1000
    assert f"  {line}\n" in rehearse("enforce.test", *given).out


def test_the_policy_host_is_real(rehearse: Rehearse, lab: Lab) -> None:
    """404 is what a host says whose policy is still to be published; all else stands in the way."""

    def verdict(code: str) -> tuple[str, list[str]]:
        [name] = [each.name for each in lab.situations if each.findings[:1] == (code,)][:1]
        domain = lab.situation(name).domain
        hosts = [host["host"] for host in rehearse.json(domain)["mx"]]
        found = rehearse.json(domain, "--record", "v=STSv1; id=2;", policy=policy_of(*hosts))
        return found["verdict"], [code for code in codes(found) if code.startswith("sts.")]

    assert verdict("sts.http.not-found") == ("protected", [])
    assert verdict("sts.policy.mode-invalid") == ("protected", [])
    assert verdict("sts.http.redirect") == ("misconfigured", ["sts.http.redirect"])
    assert verdict("sts.cert.expired") == ("misconfigured", ["sts.cert.expired"])
    assert verdict("sts.host.no-address") == ("misconfigured", ["sts.host.no-address"])


def test_a_rehearsal_in_python(lab: Lab) -> None:
    arguments: dict[str, Any] = {
        "resolver": lab.resolver,
        "smtp_port": lab.smtp_port,
        "https_port": lab.https_port,
        "ca_file": str(lab.ca_file),
        "allow_private": True,
    }
    policy = mxseal.mtasts.Policy(mode="testing", mx=["*.enforce.test"], max_age=604800)
    for given in (policy, str(policy), str(policy).encode()):
        result = mxseal.check("enforce.test", policy=given, **arguments)
        assert repr(result) == "<DomainCheck 'enforce.test' would be testing: no error>"
        assert result.rehearsal is not None
        assert result.rehearsal.published.verdict == "protected"
        assert result.rehearsal.policy == str(policy)
    assert "would be testing (now: protected)" in result._repr_html_()
    again = asyncio.run(mxseal.acheck("enforce.test", mx="mx1.testing.test", **arguments))
    assert again.verdict == "broken"
    with pytest.raises(mxseal.ParseError, match="no host name"):
        mxseal.check("enforce.test", mx=[""], **arguments)


def test_what_is_no_domain_is_inconclusive(run: Run, lab: Lab) -> None:
    done = run("check", "--format", "ndjson", "not a domain", *options(lab))
    assert done.status == 3
    found: dict[str, Any] = json.loads(done.out)
    assert found["verdict"] == "inconclusive"
    assert [each["code"] for each in found["findings"]] == ["scan.invalid-domain"]


def test_half_a_character_is_no_domain_and_no_fault() -> None:
    [finding] = mxseal.check("\ud800.test").findings
    assert finding.code == "scan.invalid-domain"


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
        (("check", "a.test", "--policy", "/nowhere"), "cannot read the policy: /nowhere"),
        (("check", "a.test", "b.test", "--mx", "mx.a.test"), "a rehearsal is of one domain"),
        (("check", "a.test", "--mx", ""), "no host in --mx"),
        (("lint", "policy", "/nowhere"), "cannot read: /nowhere"),
        (("help", "no-such-code"), "no such code or command: no-such-code"),
        (("help", "lab", "sevre"), "no such code or command: lab sevre"),
        (("check", "a.test", "--ca-file", "/dev/null"), "no regular file: /dev/null"),
        (("probe",), "no HOST[:PORT] in mxseal probe\n  do  write mxseal probe HOST[:PORT]; all"),
        (
            ("diff", "a.parquet"),
            "no NEW in mxseal diff\n  do  write mxseal diff OLD NEW; all options: mxseal",
        ),
        (("publish", "example.com"), "no valid policy"),
        (("publish", "example com", "--mx", "mx.example.com"), "no domain: example com"),
        (("publish", "\udcff", "--mx", "mx.example.com"), r"no domain: \xff"),
        (("publish", "a.test", "--mx", "\udcff"), "no valid policy"),
        (
            ("publish", "a.test", "--mx", "b.test", "--rua", "mailto:a@b.test; x=y"),
            "no valid --rua",
        ),
        (("publish", "a.test", "--mx", "b.test", "--rua", "mailto:a@b.test,"), "no valid --rua"),
        (
            ("publish", "a.test", "--mx", "b.test", "--rua", "a@b.test"),
            "no valid --rua: a@b.test\n  do  write mailto: before an address",
        ),
        (("check", "a.test", "--resolver", "\udcff"), r"wrong value for --resolver: \xff"),
        (("check", "a.test", "--helo", "\udcff"), r"no name for --helo: \xff"),
        (("check", "a.test", "--helo", "a\r\nRSET"), r"no name for --helo: a\x0d\x0aRSET"),
        (("check", "a.test", "--helo", "a b"), "no name for --helo: a b"),
        (("check", "a.test", "--timeout", "nan"), "wrong value for --timeout"),
    ],
)
def test_wrong_use_is_refused(run: Run, arguments: tuple[str, ...], message: str) -> None:
    done = run(*arguments)
    assert done.status == 2
    assert done.out == ""
    assert message in done.err


def test_standard_input_that_is_closed_names_no_domain(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    for arguments in (("check", "-"), ("lint", "record", "-")):
        done = run(*arguments)
        assert done.status == 2
        assert "standard input is closed" in done.err


def test_a_line_without_end_is_no_domain_and_takes_no_memory(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Zeros(io.RawIOBase):
        """As /dev/zero, but for an end that no reader should come to see."""

        given = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            self.given += len(buffer)
            assert self.given < 1 << 24, "read on and on"
            buffer[:] = bytes(len(buffer))
            return len(buffer)

    endless = io.TextIOWrapper(io.BufferedReader(Zeros()))
    monkeypatch.setattr(sys, "stdin", endless)
    done = run("check", "-")
    assert done.status == 2
    assert "no list of domains" in done.err


def test_names_that_are_no_text_are_no_domains(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    garbage = b"\n".join(bytes([byte]) * 3 for byte in range(256)) + b"\n" + b"x" * 5000
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(garbage)))
    done = run("check", "-", "--quiet", "--no-probe", "--timeout", "1", "--resolver", "127.0.0.1:1")
    assert done.status == 3
    assert all(line.isprintable() and len(line) < 1100 for line in done.out.split("\n"))


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


def test_lint_fits_into_80_columns(run: Run) -> None:
    assert run("lint", "record", "v=STSv1; id=2026-11;").out == (
        "✗ The id of the MTA-STS record is not 1 to 32 letters and digits, so senders\n"
        "  discard the record                                        [sts.dns.id-invalid]\n"
        "  seen   id=2026-11, at byte 16\n"
        "  do     Use letters and digits only: no hyphen, dot or colon.\n"
    )


def test_lint_knows_how_much_senders_read(run: Run, tmp_path: Path) -> None:
    """RFC 8461 §3.3."""
    policy = tmp_path / "mta-sts.txt"
    text = "version: STSv1\nmode: enforce\nmx: mx.example.com\nmax_age: 604800\n"
    policy.write_text(f"{text}x: {'x' * (65536 - len(text) - 3)}")
    assert run("lint", "policy", policy).status == 0
    policy.write_text(f"{text}x: {'x' * (65537 - len(text) - 3)}")
    refused = run("lint", "policy", policy)
    assert refused.status == 1
    assert "[sts.http.too-large]" in refused.out
    assert "65,537 bytes" in refused.out


def test_help_explains_every_code(run: Run) -> None:
    assert "do     " in run("help", "sts.mx.none-covered").out
    assert "gzip-bomb" in run("help", "gzip-bomb").out
    assert "Usage: mxseal check" in run("help", "check").out
    assert run("help", "lab", "serve").out == run("lab", "serve", "--help").out
    assert run("help", "SMTP.Cert.Expired").out == run("help", "[smtp.cert.expired]").out


@pytest.mark.parametrize("name", RESULT_TYPES)
def test_help_explains_what_senders_report(run: Run, name: str) -> None:
    done = run("help", name)
    assert done.status == 0
    assert done.out.startswith(f"{name}  in reports\n  cause  {RESULT_TYPES[name].text}: ")
    assert f"RFC 8460 {RESULT_TYPES[name].section}\n" in done.out
    reported = {each.code for each in findings() if each.result_type == name}
    assert reported <= set(done.out.replace(",", " ").split())


def test_help_names_the_codes_that_begin_so(run: Run) -> None:
    done = run("help", "sts.change.id")
    assert done == Done(
        2,
        "",
        "error: no such code or command: sts.change.id\n"
        "  do  codes that begin so: "
        "sts.change.id-changed-policy-same, sts.change.id-same-policy-changed\n",
    )
    assert run("help", "s").err.endswith(" more\n")
    assert "use smtp.cert.expired\n" in run("help", "smtp.cert.expird").err


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


def test_publish_gives_lines_that_a_zone_file_takes(run: Run) -> None:
    """RFC 1035 §3.3.14, §5.1: no string of a TXT has more than 255 bytes."""
    addresses = [f"mailto:{'x' * 50}{number}@example.com" for number in range(20)]
    rua = [part for address in addresses for part in ("--rua", address)]
    done = run("publish", "example.com", "--mx", "mx.example.com", *rua)
    [line] = [line for line in done.out.splitlines() if "_smtp._tls" in line]
    strings = line.partition(" IN TXT ")[2].removeprefix('"').removesuffix('"').split('" "')
    assert max(map(len, strings)) <= 255
    assert "".join(strings) == "v=TLSRPTv1; rua=" + ",".join(addresses)


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
