# SPDX-License-Identifier: MIT
"""``mxseal reports`` from the outside: what is typed, what comes out, and the exit status."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from commands import Done, Run, runner
from mxseal import _core
from mxseal._output import sink, words

ROOT = Path(__file__).parents[2]
ARCHIVE = ROOT / "tests" / "data" / "archive"
TRUTH = json.loads((ROOT / "tests" / "data" / "archive.truth.json").read_text())
BROKEN = b'{"organization-name": '
SETTINGS = (
    *("NO_COLOR", "FORCE_COLOR", "LC_ALL", "LC_CTYPE"),
    *("PYTHONUTF8", "PYTHONIOENCODING", "PYTHONUNBUFFERED"),
)

Json = dict[str, Any]
Detail = tuple[str, str | None, int]  # result type, MX host, failed sessions


def policy(
    good: int = 10,
    failed: int = 0,
    details: Sequence[Detail] = (),
    *,
    domain: str | None = "example.com",
    kind: str = "sts",
) -> Json:
    """An entry of a report's policies."""
    return {
        "policy": {"policy-type": kind, **({"policy-domain": domain} if domain else {})},
        "summary": {
            "total-successful-session-count": good,
            "total-failure-session-count": failed,
        },
        "failure-details": [
            {
                "result-type": result_type,
                "failed-session-count": count,
                **({"receiving-mx-hostname": mx} if mx else {}),
            }
            for result_type, mx, count in details
        ],
    }


def report(
    day: str = "2026-11-24", *policies: Json, sender: str | None = "Google Inc.", number: int = 0
) -> bytes:
    """A report on a day, as JSON on one line."""
    made = {
        "date-range": {
            "start-datetime": f"{day}T00:00:00Z",
            "end-datetime": f"{day}T23:59:59Z",
        },
        "contact-info": "smtp-tls-reporting@google.com",
        "report-id": f"{day}_{number}",
        "policies": policies or [policy()],
    }
    if sender:
        made["organization-name"] = sender
    return json.dumps(made).encode()


@pytest.fixture(autouse=True)
def _empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every test begins in a folder of its own, with no settings from outside."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in this process."""
    return runner(capsys)


def archive(*reports: bytes, name: str = "reports.ndjson") -> Path:
    """A file of reports, one a line, in the current folder."""
    file = Path(name)
    file.write_bytes(b"\n".join(reports) + b"\n")
    return file


def process(
    *arguments: str | Path, settings: dict[str, str] | None = None, **options: Any
) -> subprocess.Popen[bytes]:
    """The command as a process of its own."""
    environ = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    environ |= {"LANG": "C.UTF-8"} | (settings or {})
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    command = [sys.executable, "-m", "mxseal", *map(str, arguments)]
    return subprocess.Popen(command, env=environ, **pipes)


def finished(*arguments: str | Path, settings: dict[str, str] | None = None) -> Done:
    with process(*arguments, settings=settings) as running:
        out, err = running.communicate()
    return Done(running.returncode, out.decode(), err.decode())


# ------------------------------------------------------------------------------------- at a glance
def two_weeks() -> list[bytes]:
    """Reports of 14 days on three domains; example.org begins to fail on the 22nd."""
    reports = []
    for count in range(14):
        day = str(date(2026, 11, 11) + timedelta(count))
        org = [policy(90, domain="example.org")]
        if day >= "2026-11-22":
            details = [
                ("certificate-expired", "mx2.hosting.example", 1000),
                ("starttls-not-supported", "mx1.hosting.example", 200),
            ]
            org = [policy(90, 1204, details, domain="example.org")]
        reports.append(report(day, *org, policy(500, 2 if count == 3 else 0), number=1))
        if count % 2:
            reports.append(
                report(day, policy(7, domain="example.net"), sender="Microsoft", number=2)
            )
    return reports


def test_the_archive_at_a_glance(run: Run) -> None:
    """`Q58`: 4 + 4 + 4 failed sessions came without a detail, which is no fault and is said."""
    archive(*two_weeks(), two_weeks()[0], BROKEN)
    done = run("reports", "reports.ndjson")
    assert (
        done.out
        == """\
21 reports by 2 organizations, 2026-11-11 to 2026-11-24 (UTC)

   domain       sessions  failed   share  2026-11-11 to 2026-11-24  last failure
✗  example.org     4,872   3,612  74.1 %       ···········███       2026-11-24
✓  example.com     7,002       2  <0.1 %       ···█··········       2026-11-14
✓  example.net        49       0     0 %        · · · · · · ·       never

✗ example.org: 3,612 of 4,872 sessions failed
  3,000  83 %  certificate expired at mx2.hosting.example  [certificate-expired]
               since 2026-11-22, by Google Inc.
    600  17 %  no STARTTLS at mx1.hosting.example       [starttls-not-supported]
               since 2026-11-22, by Google Inc.
     12  <1 %  no cause given, by Google Inc.

counted once  1 duplicate
not read      1 of 23 members: mxseal reports reports.ndjson --list errors
"""
    )
    assert (done.status, done.err) == (1, "")


def test_failed_sessions_are_data(run: Run) -> None:
    archive(*two_weeks())
    assert run("reports", "reports.ndjson").status == 0


def test_sums_at_a_glance_equal_the_truth(run: Run) -> None:
    done = run("reports", ARCHIVE, "--quiet")
    [truth] = [
        each["rows"]
        for each in TRUTH["sums"]
        if each["by"] == ["policy_domain"] and each["period"] is None
    ]
    expected = {}
    for row in truth:
        good, failed = row["total_successful_session_count"], row["total_failure_session_count"]
        expected[row["policy_domain"]] = f"{failed:,} of {good + failed:,} sessions failed"
    seen = {}
    for line in done.out.splitlines():
        _, domain, text = line.split(maxsplit=2)
        seen[domain] = text.split(", last")[0]
    assert seen == expected


def test_quiet_is_a_line_a_domain(run: Run) -> None:
    archive(*two_weeks(), BROKEN)
    done = run("reports", "reports.ndjson", "--quiet")
    assert done.out == (
        "✗ example.org  3,612 of 4,872 sessions failed, last 2026-11-24\n"
        "✓ example.com  2 of 7,002 sessions failed, last 2026-11-14\n"
        "✓ example.net  0 of 49 sessions failed\n"
    )
    assert (done.status, done.err) == (1, "")


def test_verbose_tells_all(run: Run) -> None:
    """All causes and reporters, domains that fail no more, sections of RFC 8460, what is broken."""
    details = [("certificate-expired", f"mx{n}.example.net", 20 - n) for n in range(7)]
    reports = [
        report("2026-11-24", policy(5, 120, details), sender=f"sender {n}", number=n)
        for n in range(5)
    ]
    archive(*reports, *two_weeks(), BROKEN)
    short = run("reports", "reports.ndjson").out
    assert "     75  12 %  2 more causes: see --verbose\n" not in short
    assert "2 more causes: see --verbose" in short
    assert "by sender 0 20, sender 1 20, sender 2 20, 2 more" in " ".join(short.split())
    done = run("reports", "reports.ndjson", "--verbose")
    words = " ".join(done.out.split())
    assert "mx6.example.net" in words
    assert "sender 3 14, sender 4 14" in words
    assert "[certificate-expired, RFC 8460 4.3.1]" in words
    assert "more" not in words
    assert "read 1 file, " in words
    assert "✗ example.com" in done.out
    assert done.err.startswith("warning: not JSON")
    assert "reports.ndjson, at byte " in done.err
    assert done.err.endswith("[json-syntax]\n")


def test_a_domain_that_failed_long_ago_is_explained_when_asked(run: Run) -> None:
    old = report("2026-01-01", policy(1, 3, [("dane-required", None, 3)]))
    new = [report(f"2026-02-{day:02}") for day in range(1, 8)]
    archive(old, *new)
    assert "3 of 74 sessions failed" not in run("reports", "reports.ndjson").out
    done = run("reports", "reports.ndjson", "--verbose")
    assert "✓ example.com: 3 of 74 sessions failed\n" in done.out


@pytest.mark.parametrize(
    ("days", "expected", "reason"),
    [
        ([10], "on 2026-01-10", "once, long ago"),
        ([31], "on 2026-01-31", "once, on the last day: since is not known yet"),
        ([29, 31], "since 2026-01-29", "still going on"),
        ([5, 6, 7], "2026-01-05 to 2026-01-07", "over"),
        ([5, 12], "2026-01-05 to 2026-01-12", "a quiet week belongs to it"),
        ([5, 13], "on 2 days from 2026-01-05 to 2026-01-13", "more than that does not"),
        (
            [2, 3, 30, 31],
            "since 2026-01-30, and on 2 days from 2026-01-02 to 2026-01-03",
            "again",
        ),
        ([2, 31], "on 2 days from 2026-01-02 to 2026-01-31", "two single days"),
    ],
)
def test_when_it_failed(run: Run, days: list[int], expected: str, reason: str) -> None:
    broken = policy(9, 1, [("certificate-expired", "mx.example.com", 1)])
    reports = [
        report(f"2026-01-{day:02}", broken if day in days else policy()) for day in range(1, 32)
    ]
    archive(*reports)
    done = run("reports", "reports.ndjson", "--verbose")
    assert f" {expected}, by Google Inc. " in " ".join(done.out.split()) + " ", reason


@pytest.mark.parametrize(("good_days", "mark"), [(6, "✗"), (7, "✓")])
def test_seven_days_with_reports_without_a_failure_are_good(
    run: Run, good_days: int, mark: str
) -> None:
    """Days that the domain has reports for, however far apart."""
    failed = report("2026-01-01", policy(1, 1))
    archive(failed, *(report(f"2026-{2 + n:02}-01") for n in range(good_days)))
    assert f"{mark}  example.com" in run("reports", "reports.ndjson").out


@pytest.mark.parametrize("result_type", words.RESULT_TYPES)
def test_registered_causes_are_told_in_plain_words(run: Run, result_type: str) -> None:
    """`Q38`: each type that RFC 8460 registers."""
    archive(report("2026-11-24", policy(1, 1, [(result_type, "mx.example.com", 1)])))
    done = run("reports", "reports.ndjson")
    text = " ".join(done.out.split())
    assert f"1 100 % {words.RESULT_TYPES[result_type].text} at mx.example.com" in text
    assert f"[{result_type}]\n" in done.out


def test_an_unregistered_cause_is_kept_and_shown(run: Run) -> None:
    """`Q57`: the registry grows."""
    archive(report("2026-11-24", policy(1, 4, [("quantum\x1b[2Jdecay", None, 4)])))
    done = run("reports", "reports.ndjson")
    assert "4 100 %  a failure of a type that is not registered  [" in done.out
    assert r"[quantum\x1b[2Jdecay]" in done.out


@pytest.mark.parametrize(
    ("sts", "tlsa", "causes", "unexplained", "reason"),
    [
        ((100, 10), (100, 10), 10, 0, "the same sessions twice"),
        ((100, 10), (100, 0), 10, 0, "failures under sts alone"),
        ((50, 10), (80, 4), 10, 0, "the larger of both"),
    ],
)
def test_sessions_given_under_sts_and_tlsa_count_once(
    run: Run,
    sts: tuple[int, int],
    tlsa: tuple[int, int],
    causes: int,
    unexplained: int,
    reason: str,
) -> None:
    """`Q58`: policies of one report overlap; neither sessions nor their causes are added up."""
    entries = [
        policy(good, failed, [("certificate-expired", "mx", failed)] * bool(failed), kind=kind)
        for kind, (good, failed) in (("sts", sts), ("tlsa", tlsa))
    ]
    archive(report("2026-11-24", *entries, sender="Microsoft Corporation"))
    out = run("reports", "reports.ndjson").out
    total = max(sts[0], tlsa[0]) + 10
    assert f"✗ example.com: 10 of {total} sessions failed\n" in out, reason
    assert f"{causes} 100 %  certificate expired at mx " in out, reason
    assert ("no cause given" in out) == bool(unexplained), reason
    assert "counted once  sessions that Microsoft Corporation gives under sts and tlsa\n" in out


def test_failures_of_different_days_are_not_taken_for_the_same(run: Run) -> None:
    """First the sts policy failed, later the tlsa policy: nothing was given twice."""
    cause = [("certificate-expired", "mx", 10)]
    archive(
        report("2026-11-23", policy(100, 10, cause)),
        report("2026-11-24", policy(100, 10, cause, kind="tlsa")),
    )
    out = run("reports", "reports.ndjson").out
    assert "20 100 %  certificate expired" in out
    assert "counted once" not in out


def test_what_names_nobody_is_said_so(run: Run) -> None:
    archive(report("2026-11-24", policy(1, 1, domain=None), sender=None))
    out = run("reports", "reports.ndjson").out
    assert out.startswith("1 report, 2026-11-24 (UTC)\n")
    assert "✗  (no domain)" in out
    assert "no cause given, by (no organization)\n" in out


def test_nothing_found(run: Run) -> None:
    Path("empty").mkdir()
    assert run("reports", "empty") == Done(0, "No reports found.\n", "")


EMPTY = report("2026-11-24", number=9).replace(json.dumps([policy()]).encode(), b"[]")


def test_a_report_without_a_policy_is_told(run: Run) -> None:
    """It was read and counted; that it says nothing is no reason to say nothing of it."""
    Path("empty.json").write_bytes(EMPTY)
    assert run("reports", "empty.json").out == "1 report, none with a policy.\n"
    assert run("reports", "empty.json", "--by", "policy_type").out.startswith("1 report, none")
    Path("other.json").write_bytes(report())
    out = run("reports", "empty.json", "other.json").out
    assert "1 report by 1 organization" in out
    assert "no policies   in 1 report" in out


def test_reports_without_a_failure_are_no_missing_reports(run: Run) -> None:
    Path("good.json").write_bytes(report())
    assert run("reports", "good.json", "--by", "result_type").out == (
        "No failure details in 1 report.\n"
    )


def test_a_sum_beyond_the_largest_number_is_told(run: Run) -> None:
    """Only forged reports come that far; the number shown is not their sum."""
    most = policy(good=2**63 - 1)
    Path("forged.json").write_bytes(
        report("2026-11-23", most) + b"\n" + report("2026-11-24", most, number=1)
    )
    assert "too large     a count above 2^63-1 stands as 2^63-1" in run("reports", ".").out


def test_of_an_endless_name_the_beginning_is_shown(run: Run) -> None:
    Path("long.json").write_bytes(report("2026-11-24", sender="x" * 50_000))
    shown = run("reports", "long.json", "--by", "organization_name").out
    assert "x" * 1000 + " (and 49,000 characters more)" in shown
    assert "x" * 1001 not in shown


def test_the_bar_follows_the_months(run: Run) -> None:
    days = [date(2023, 12, 1) + timedelta(31 * n) for n in range(36)]
    archive(*(report(str(day), policy(9, int(n == 35))) for n, day in enumerate(days)))
    lines = run("reports", "reports.ndjson").out.splitlines()
    assert lines[2].split("share")[1].strip().startswith("2023-12 to 2026-11")
    assert lines[3].split("%")[1].split()[0] == "·" * 17 + "█"


# ------------------------------------------------------------------------------------------- width
@pytest.mark.parametrize(
    ("columns", "bar", "longest", "reason"),
    [
        (60, False, 60, "narrow: the bar goes first"),
        (79, False, 79, "just under 80"),
        (80, True, 80, "a usual terminal"),
        (100, True, 100, "a wide one"),
        (200, True, 100, "wider is not easier to read"),
    ],
)
def test_what_a_terminal_shows_fits_its_width(
    run: Run, monkeypatch: pytest.MonkeyPatch, columns: int, bar: bool, longest: int, reason: str
) -> None:
    monkeypatch.setattr("mxseal._output.terminal.is_terminal", lambda _: True)
    monkeypatch.setattr("mxseal._output.terminal.columns", lambda _: columns)
    monkeypatch.setenv("NO_COLOR", "1")
    archive(*two_weeks(), BROKEN)
    done = run("reports", "reports.ndjson")
    assert max(map(len, done.out.splitlines())) <= longest, reason
    assert ("·" in done.out) == bar, reason
    monkeypatch.chdir(ROOT)
    lines = run("reports", ARCHIVE.relative_to(ROOT)).out.splitlines()
    command = lines.pop().strip()  # unbroken, however narrow
    assert command.endswith("mxseal reports tests/data/archive --list errors")
    assert max(map(len, lines)) <= longest, reason


def test_a_long_name_is_not_cut(run: Run) -> None:
    name = "a" * 60 + "." + "b" * 60 + ".example"
    archive(report("2026-11-24", policy(1, 1, domain=name)))
    out = run("reports", "reports.ndjson").out
    assert f"✗ {name}  1 of 2 sessions failed, last 2026-11-24\n" in out


def test_a_code_stands_at_the_end_or_below(run: Run) -> None:
    details: list[Detail] = [
        ("certificate-expired", "mx.example.com", 1),
        ("certificate-not-trusted", "a-name-that-is-longer.than-the-line.example", 1),
    ]
    archive(report("2026-11-24", policy(1, 2, details)))
    lines = run("reports", "reports.ndjson").out.splitlines()
    ends = [line for line in lines if line.endswith("]")]
    assert [len(line) for line in ends] == [80, 80]
    assert ends[0].startswith("      1  50 %  certificate expired at mx.example.com  ")
    assert ends[1].split() == ["[certificate-not-trusted]"]


# ------------------------------------------------------------------------------- text of strangers
HOSTILE = "\x1b]0;owned\x07\u202eevil\x9b2J"
SHOWN = r"\x1b]0;owned\x07\u202eevil\x9b2J"


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--verbose",),
        ("--by", "organization_name"),
        ("--list", "policies"),
        ("--list", "failures"),
        ("--list", "errors"),
        ("--format", "csv", "--list", "policies"),
        ("--format", "json", "--list", "failures"),
        ("--format", "ndjson", "--list", "errors"),
    ],
)
def test_no_control_character_reaches_a_terminal(run: Run, options: tuple[str, ...]) -> None:
    """Not from a report, not from a file name, on neither stream."""
    hostile = policy(1, 1, [(HOSTILE, HOSTILE, 1)], domain=HOSTILE)
    archive(report("2026-11-24", hostile, sender=HOSTILE), BROKEN, name=f"{HOSTILE}.json")
    done = run("reports", f"{HOSTILE}.json", *options)
    assert done.status == 1
    for text in (done.out, done.err):
        assert not set("\x1b\x07\u202e\x9b") & set(text)
    escaped = SHOWN if "json" not in options and "ndjson" not in options else r"\u202eevil\u009b2J"
    assert escaped in done.out


def test_csv_is_harmless_in_a_spreadsheet(run: Run) -> None:
    archive(report("2026-11-24", sender='=HYPERLINK("http://example.com")'))
    out = run("reports", "reports.ndjson", "--list", "policies", "-o", "-", "--format", "csv").out
    [row] = csv.DictReader(io.StringIO(out))
    assert row["organization_name"] == '\'=HYPERLINK("http://example.com")'
    assert row["total_successful_session_count"] == "10"
    assert row["start"] == "2026-11-24T00:00:00Z"
    assert row["mx_host"] == "[]"


# ------------------------------------------------------------------------------------ sums and rows
def test_sums_by_keys_and_period(run: Run) -> None:
    archive(*two_weeks(), two_weeks()[0])
    done = run("reports", "reports.ndjson", "--by", "result_type")
    assert done.out == (
        "result_type             details  failed_session_count  organizations\n"
        "certificate-expired           3                 3,000              1\n"
        "starttls-not-supported        3                   600              1\n"
        "Sums over failure details; 14 more failed sessions came without a detail.\n"
        "counted once  1 duplicate\n"
    )
    done = run("reports", "reports.ndjson", "--period", "week", "--quiet")
    assert [line.split()[:2] for line in done.out.splitlines()[2:]] == [
        [week, f"example.{top}"]
        for week in ("2026-11-09", "2026-11-16", "2026-11-23")
        for top in ("com", "net", "org")
    ]


def test_notes_that_count_nothing_are_left_out(run: Run) -> None:
    archive(report("2026-11-24", policy(1, 1, [("certificate-expired", "mx", 1)])))
    for key in ("policy_domain", "result_type"):
        text = run("reports", "reports.ndjson", "--by", key).out
        assert not [line for line in text.splitlines() if line.endswith(".")]
        assert run("reports", "reports.ndjson", "--by", key, "--format", "json").err == ""


def test_machine_formats_sum_by_domain(run: Run) -> None:
    archive(*two_weeks())
    done = run("reports", "reports.ndjson", "--format", "json", "--quiet")
    rows = json.loads(done.out)
    assert [row["policy_domain"] for row in rows] == ["example.com", "example.net", "example.org"]
    assert rows[2] == {
        "policy_domain": "example.org",
        "reports": 14,
        "policies": 14,
        "organizations": 1,
        "start": "2026-11-11T00:00:00Z",
        "end": "2026-11-24T23:59:59Z",
        "total_successful_session_count": 1260,
        "total_failure_session_count": 3612,
    }
    lines = run("reports", "reports.ndjson", "--format", "ndjson", "--quiet").out.splitlines()
    assert [json.loads(line) for line in lines] == rows


def test_rows_stand_alone_and_notes_go_to_standard_error(run: Run) -> None:
    archive(*two_weeks(), two_weeks()[0], BROKEN)
    done = run("reports", "reports.ndjson", "--format", "ndjson", "--by", "result_type")
    assert len([json.loads(line) for line in done.out.splitlines()]) == 2
    assert done.err == (
        "note: Sums over failure details; 14 more failed sessions came without a detail.\n"
        "note: counted once: 1 duplicate\n"
        "warning: not read: 1 of 23 members\n"
        "  do  mxseal reports reports.ndjson --list errors\n"
    )
    assert done.status == 1
    quiet = run("reports", "reports.ndjson", "--format", "ndjson", "--by", "result_type", "--quiet")
    assert quiet == Done(1, done.out, "")


@pytest.mark.parametrize("listed", ["policies", "failures", "errors", "duplicates"])
def test_lists_are_the_tables(run: Run, listed: str) -> None:
    """Every row once and whole, in each format."""
    rows = json.loads(run("reports", ARCHIVE, "--list", listed, "--format", "json").out)
    expected = _core.tlsrpt.read_reports([os.fsencode(ARCHIVE)], None, None, [], [], 1, None)
    table = getattr(expected, listed)
    assert len(rows) == len(table) > 0
    assert list(rows[0]) == table.column_names
    read = csv.DictReader(
        io.StringIO(run("reports", ARCHIVE, "--list", listed, "--format", "csv").out)
    )
    assert len(list(read)) == len(rows)
    text = run("reports", ARCHIVE, "--list", listed).out
    for row in rows[:10]:
        assert str(row["source"]) in text


def test_a_list_without_rows_says_so(run: Run) -> None:
    archive(report())
    assert run("reports", "reports.ndjson", "--list", "errors").out == "No errors found.\n"
    assert run("reports", "reports.ndjson", "--list", "errors", "--format", "csv").out == (
        "source,member,code,offset,detail\n"
    )


@pytest.mark.parametrize(
    ("options", "domains", "left_out"),
    [
        (("--since", "2026-11-23"), ["example.com", "example.net", "example.org"], "--since"),
        (("--until", "2026-11-11"), ["example.com", "example.org"], "--until"),
        (("--domain", "EXAMPLE.net."), ["example.net"], "--domain"),
        (
            ("--domain", "example.net", "--domain", "example.org"),
            ["example.net", "example.org"],
            "",
        ),
        (("--organization", "microsoft"), ["example.net"], "--organization"),
    ],
)
def test_filters(run: Run, options: tuple[str, ...], domains: list[str], left_out: str) -> None:
    archive(*two_weeks())
    done = run("reports", "reports.ndjson", "--format", "json", *options)
    assert [row["policy_domain"] for row in json.loads(done.out)] == domains
    if left_out:
        assert (
            f"note: left out: {21 - sum_of_reports(run, options)} reports by {left_out}" in done.err
        )


def sum_of_reports(run: Run, options: tuple[str, ...]) -> int:
    done = run(
        "reports", "reports.ndjson", "--by", "organization_name", "--format", "json", *options
    )
    return sum(row["reports"] for row in json.loads(done.out))


def test_threads_change_nothing(run: Run) -> None:
    assert run("reports", ARCHIVE, "--threads", "3") == run("reports", ARCHIVE)


def test_standard_input() -> None:
    with process("reports", "-", "--format", "json", stdin=subprocess.PIPE) as running:
        out, err = running.communicate(b"\n".join(two_weeks()))
    assert running.returncode == 0
    assert len(json.loads(out)) == 3
    assert b"warning" not in err


# ------------------------------------------------------------------------------------------- files
@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("a.json", b"[\n{"),
        ("a.ndjson", b"{"),
        ("a.jsonl", b"{"),
        ("a.CSV", b"policy_domain,"),
        ("a.txt", b"21 reports"),
        ("a.parquet", b"PAR1"),
    ],
)
def test_a_file_is_of_the_kind_its_name_says(run: Run, name: str, begins: bytes) -> None:
    archive(*two_weeks())
    assert (
        run(
            "reports", "reports.ndjson", "--quiet" * (name != "a.txt") or "--verbose", "-o", name
        ).out
        == ""
    )
    assert Path(name).read_bytes().startswith(begins)
    assert {file.name for file in Path().iterdir()} == {"reports.ndjson", name}


def test_format_goes_before_the_name(run: Run) -> None:
    archive(*two_weeks())
    run("reports", "reports.ndjson", "-o", "a.json", "--format", "csv", "--quiet")
    assert Path("a.json").read_text().startswith("policy_domain,")


def test_parquet_has_the_tables_types(run: Run) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    archive(*two_weeks())
    run("reports", "reports.ndjson", "--list", "policies", "-o", "a.parquet")
    table = parquet.read_table("a.parquet")
    assert table.num_rows == 35
    assert str(table.schema.field("start").type) == "timestamp[us, tz=UTC]"
    assert str(table.schema.field("total_failure_session_count").type) == "int64"


def test_a_file_is_there_only_when_it_is_whole(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    archive(*two_weeks())
    Path("a.csv").write_text("of yesterday")
    seen: list[list[str]] = []

    def fails(*_: object) -> None:
        seen.append(sorted(file.name for file in Path().iterdir()))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mxseal._output.csv.write_csv", fails)
    done = run("reports", "reports.ndjson", "-o", "a.csv")
    assert done.status == 1
    assert done.err == (
        "error: cannot write: a.csv\n  do  name another file: No space left on device\n"
    )
    assert seen == [["a.csv", "a.csv.part", "reports.ndjson"]]
    assert Path("a.csv").read_text() == "of yesterday"
    assert not Path("a.csv.part").exists()


def test_a_link_stays_a_link(run: Run) -> None:
    archive(*two_weeks())
    Path("real.csv").write_text("old")
    Path("link.csv").symlink_to("real.csv")
    run("reports", "reports.ndjson", "-o", "link.csv")
    assert Path("link.csv").is_symlink()
    assert Path("real.csv").read_text().startswith("policy_domain")


def test_what_is_no_plain_file_is_written_to_and_not_replaced(run: Run) -> None:
    """A FIFO stands for devices too: a wrong rename of the test's own would harm nobody."""
    archive(*two_weeks())
    os.mkfifo("fifo")
    reader = os.open("fifo", os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert run("reports", "reports.ndjson", "-o", "fifo", "--format", "csv").status == 0
        assert os.read(reader, 1 << 16).startswith(b"policy_domain")
    finally:
        os.close(reader)
    assert Path("fifo").is_fifo()


# ----------------------------------------------------------------------------------------- refusals
@pytest.mark.parametrize(
    ("arguments", "what", "do"),
    [
        ([], "no command", "all commands: mxseal --help"),
        (
            ["report"],
            "no such command in mxseal: report",
            "use reports; all commands: mxseal --help",
        ),
        (["--colour"], "no such option in mxseal: --colour", "all options: mxseal --help"),
        (
            ["reports", "kept", "--doman", "x"],
            "no such option in mxseal reports: --doman",
            "use --domain; all options: mxseal reports --help",
        ),
        (
            ["reports"],
            "no path in mxseal reports",
            "name a file or folder of reports, or - for standard input",
        ),
        (
            ["reports", "archiv"],
            "no such file or folder: archiv",
            "check the name; a folder beside it is called archive",
        ),
        (
            ["reports", "kept", "archive/repots.json"],
            "no such file or folder: archive/repots.json",
            "check the name; a file beside it is called reports.json",
        ),
        (
            ["reports", "zzz\x1b/*.json"],
            r"no such file or folder: zzz\x1b/*.json",
            "check the name",
        ),
        (
            ["reports", "kept", "--since", "22.11.2026"],
            "not a day: 22.11.2026",
            "write it like 2026-11-22",
        ),
        (
            ["reports", "kept", "--since", "2026-11-23", "--until", "2026-11-22"],
            "--since is later than --until: 2026-11-23, 2026-11-22",
            "exchange them",
        ),
        (
            ["reports", "kept", "--by", "policy_domain,policy_domain"],
            "a key is given twice: policy_domain",
            "give each key once",
        ),
        (
            ["reports", "kept", "--list", "errors", "--period", "day"],
            "--list gives rows, --by and --period sums: --list errors",
            "leave one of them out",
        ),
        (
            ["reports", "kept", "--quiet", "--verbose"],
            "--quiet and --verbose contradict each other",
            "leave one of them out",
        ),
        (
            ["reports", "kept", "--threads", "0"],
            "wrong value for --threads: 0 is not in the range 1<=x<=256",
            "all options: mxseal reports --help",
        ),
        (
            ["reports", "kept", "--format", "xml"],
            "wrong value for --format: 'xml' is not one of "
            "'text', 'json', 'ndjson', 'csv', 'parquet'",
            "all options: mxseal reports --help",
        ),
        (
            ["reports", "kept", "-o", "a.xls"],
            "the name does not tell the format: a.xls",
            "end it in .txt, .json, .ndjson, .jsonl, .csv, .parquet, or give --format",
        ),
        (
            ["reports", "kept", "-o", "no/a.csv"],
            "cannot write: no/a.csv",
            "name another file: there is no folder no",
        ),
        (
            ["reports", "kept", "-o", "archive", "--format", "csv"],
            "cannot write: archive",
            "name another file: is a folder",
        ),
        (
            ["reports", "archive", "kept", "-o", "./kept", "--format", "csv"],
            "cannot write: kept",
            "name another file: that one is to be read",
        ),
    ],
)
def test_wrong_use_is_refused_before_any_work(
    run: Run, monkeypatch: pytest.MonkeyPatch, arguments: list[str], what: str, do: str
) -> None:
    def work(*_: object) -> None:
        raise AssertionError("something was read")

    Path("archive").mkdir()
    Path("archive/reports.json").write_bytes(report())
    archive(report(), name="kept")
    monkeypatch.setattr("mxseal.cli.reports._read", work)
    assert run(*arguments) == Done(2, "", f"error: {what}\n  do  {do}\n")


def test_an_unknown_key_is_answered_with_all_keys(run: Run) -> None:
    archive(report())
    done = run("reports", "reports.ndjson", "--by", "policy-domain")
    assert done.status == 2
    assert done.err.startswith(
        "error: no such key: policy-domain\n  do  use policy_domain; keys are organization_name, "
    )
    assert "result_type" in done.err


def test_a_missing_extra_is_named_with_its_install_line(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive(report())
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert run("reports", "reports.ndjson", "-o", "a.parquet") == Done(
        2,
        "",
        "error: not installed: pyarrow, for --format parquet\n"
        "  do  pip install 'mxseal[parquet]'\n",
    )


def test_parquet_is_not_for_a_terminal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    archive(report())
    monkeypatch.setattr(sink, "is_terminal", lambda _: True)
    done = run("reports", "reports.ndjson", "--format", "parquet")
    assert done == Done(
        2, "", "error: Parquet is not for a terminal\n  do  name a file: -o FILE.parquet\n"
    )


# --------------------------------------------------------------------------- statuses and processes
def test_verbose_warns_of_what_is_broken_and_notes_what_is_no_report(run: Run) -> None:
    Path("a").mkdir()
    Path("a/picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    Path("a/broken.json").write_bytes(BROKEN)
    lines = sorted(run("reports", "a", "--verbose").err.splitlines())
    assert [line.split(":")[0] for line in lines] == ["note", "warning"]
    assert "a/picture.png" in lines[0]
    assert lines[0].endswith("  [not-a-report]")
    assert lines[1].endswith("[json-syntax]")


def test_what_is_no_report_sets_no_status(run: Run) -> None:
    Path("a").mkdir()
    Path("a/picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    Path("a/report.json").write_bytes(report())
    done = run("reports", "a")
    assert done.status == 0
    assert "not read      1 of 2 members, no TLS reports:" in done.out
    Path("a/broken.json").write_bytes(BROKEN)
    done = run("reports", "a")
    assert done.status == 1
    assert "not read      1 of 3 members, and 1 that are no TLS reports:" in done.out


def test_a_fault_of_ours_is_70_and_says_what_to_send_in(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("\x1b[31mred")

    archive(report())
    monkeypatch.setattr("mxseal.cli.reports._read", fails)
    done = run("reports", "reports.ndjson")
    assert (done.status, done.out) == (70, "")
    assert done.err.startswith("Traceback (most recent call last):\n")
    assert "RuntimeError: \\x1b[31mred\n" in done.err
    assert done.err.endswith(
        "error: a fault of mxseal itself (RuntimeError)\n"
        "  do  send in the lines above, what you typed, and what mxseal --version prints\n"
    )


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--version"], 0),
        (["--help"], 0),
        (["reports", "-h"], 0),
        (["reports", "good.json"], 0),
        (["reports", "bad.json"], 1),
        (["reports", "none.json"], 2),
    ],
)
def test_exit_statuses_of_the_process(arguments: list[str], status: int) -> None:
    Path("good.json").write_bytes(report())
    Path("bad.json").write_bytes(BROKEN)
    done = finished(*arguments)
    assert done.status == status
    assert bool(done.err) == (status == 2)
    assert bool(done.out) == (status != 2)


def feed_forever(stream: BinaryIO, data: bytes) -> None:
    """Until nobody reads it any more."""
    while True:
        stream.write(data)


@pytest.mark.parametrize("threads", ["1", "2"])
def test_ctrl_c_is_130(threads: str) -> None:
    os.mkfifo("endless.ndjson")
    with process("reports", "endless.ndjson", "-o", "a.csv", "--threads", threads) as running:
        with Path("endless.ndjson").open("wb", buffering=0) as fifo:
            lines = (report() + b"\n") * 2000  # a pipe holds 64 KiB: then the reading has begun
            fifo.write(lines)
            running.send_signal(signal.SIGINT)
            with pytest.raises(BrokenPipeError):
                feed_forever(fifo, lines)
        out, err = running.communicate()
    assert (running.returncode, out, err) == (130, b"", b"")
    assert [file.name for file in Path().iterdir()] == ["endless.ndjson"]


def test_a_closed_pipe_ends_quietly() -> None:
    with process(
        "reports", ARCHIVE, "--list", "policies", "--format", "ndjson", "--quiet"
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 1  # what was found counts, not who listened


def test_standard_output_that_is_closed_is_said() -> None:
    archive(report())
    closing = [
        sys.executable,
        "-c",
        "import os, sys; os.close(1); os.execv(sys.argv[1], sys.argv[1:])",
    ]
    command = [*closing, sys.executable, "-m", "mxseal", "reports", "reports.ndjson"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(b"error: cannot write: standard output\n")


@pytest.mark.parametrize("options", [(), ("--list", "policies", "--format", "csv", "--quiet")])
def test_a_full_disk_is_said(options: tuple[str, ...]) -> None:
    """It is nobody's wrong use and no fault of mxseal's."""
    archive(report())
    with (
        Path("/dev/full").open("wb") as full,
        process("reports", "reports.ndjson", *options, stdout=full) as running,
    ):
        _, err = running.communicate()
    assert err.decode() == (
        "error: cannot write: standard output\n  do  name another file: No space left on device\n"
    )
    assert running.returncode == 1


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (None, ":/etc/localtime", "which is what no TZ means"),
        ("Europe/Berlin", "Europe/Berlin", "the user's own"),
        ("", "", "an empty one is UTC"),
    ],
)
def test_the_time_zone_stays(
    run: Run, monkeypatch: pytest.MonkeyPatch, before: str | None, after: str, reason: str
) -> None:
    if before is None:
        monkeypatch.delenv("TZ")
    else:
        monkeypatch.setenv("TZ", before)
    run("--version")
    assert os.environ["TZ"] == after, reason


def test_colours_are_the_readers_choice() -> None:
    archive(*two_weeks())
    assert "\x1b" not in finished("reports", "reports.ndjson").out
    coloured = finished("reports", "reports.ndjson", settings={"FORCE_COLOR": "1"}).out
    assert "\x1b[31m✗\x1b[0m \x1b[1mexample.org\x1b[0m: " in coloured
    assert "\x1b[36m[certificate-expired]\x1b[0m" in coloured
    both = {"FORCE_COLOR": "1", "NO_COLOR": "1"}
    assert "\x1b" not in finished("reports", "reports.ndjson", settings=both).out


def test_without_utf8_everything_is_ascii() -> None:
    archive(*two_weeks(), report("2026-11-24", policy(1, 1), sender="Müller"))
    done = finished("reports", "reports.ndjson", settings={"LC_ALL": "C"})
    assert done.out.isascii()
    assert (
        "x  example.org     4,872   3,612  74.1 %       ...........888       2026-11-24" in done.out
    )
    assert r"M\xfcller 1" in done.out


def test_a_short_reading_shows_no_progress_in_a_pipe() -> None:
    archive(*two_weeks())
    assert finished("reports", "reports.ndjson").err == ""


def test_help_has_examples_and_starting_values(run: Run) -> None:
    done = run("reports", "--help")
    assert done.status == 0
    assert done.out.count("\n    mxseal reports ") == 3
    words = " ".join(done.out.split())
    assert "How many threads read. Starting value: 1." in words
    assert "Starting value: by -o's suffix, else text." in words


def test_light_commands_import_no_heavy_library() -> None:
    """The import of pyarrow alone takes longer than most readings."""
    archive(*two_weeks())
    code = (
        "import sys; from mxseal.cli import main; main(sys.argv[1:]);"
        "print(*sorted({'pyarrow', 'pandas', 'polars', 'rich', 'asyncio'} & sys.modules.keys()))"
    )
    command = [sys.executable, "-c", code, "reports", "reports.ndjson", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == ""
