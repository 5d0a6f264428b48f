# SPDX-License-Identifier: MIT
"""The summary of a scan: what is counted, from every kind of file, and how it reads."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import polars
import pyarrow
import pyarrow.parquet
import pytest

import mxseal
import scans
from mxseal import MissingExtraError, _scan_files, _summary
from mxseal._operators import TABLE, Operators, registered
from mxseal._reading import WrongValueError
from mxseal._summary import Expiring, Operator, ScanSummary, SummaryBuilder, summarize_scan
from mxseal.cli import main
from scans import STARTED, address, host, row, sts

DAY = timedelta(days=1)
KEPT = Path(__file__).parents[1] / "data" / "scans"
ROWS = [
    sts("a.example", tlsrpt="v=TLSRPTv1;rua=mailto:r@a.example", max_age=86_399),
    sts("b.example", "testing", max_age=86_400, policy_cname="x.b.example"),
    sts("c.example", "broken", "sts.mx.none-covered", "sts.mx.none-covered", "smtp.cert.expired"),
    sts("d.example", "unprotected", policy_mode="none", max_age=2_419_200),
    # A record that no sender takes, one whose policy none takes, and a report record of that kind.
    row("e.example", "misconfigured", "sts.dns.multiple"),
    row("f.example", "misconfigured", "sts.http.not-found", sts_id="1", policy_status="response",
        policy_cname="f.github.io"),
    row("g.example", "unprotected", "rpt.rua-missing", "sts.dns.none", dane_state="insecure"),
    row("h.example", "protected", dane_state="secure"),
    row("i.example", "broken", "dane.mismatch", dane_state="secure", mx=[
        host("aspmx.l.google.com"), host("alt1.aspmx.l.google.com"), host("mx.i.example"),
        host("notk.example"),
    ]),
    row("k.example", "unprotected", "smtp.starttls-missing", "smtp.starttls-missing",
        mx=[host("k.example", address(status="starttls_missing"))]),
    row("l.example", "inconclusive", "sts.dns.timeout", mx=[host("mx.l.other.co.uk")]),
    row("no domain", "inconclusive", "scan.invalid-domain", mx=[], first_expiry=None),
    row("n.example", "no-mail", "mx.null", mx=[], first_expiry=None),
]  # fmt: skip


def faults(summary: ScanSummary) -> dict[str, tuple[int, dict[str, int]]]:
    """Scope to how many domains and codes."""
    return {
        each.scope: (each.domains, {fault.code: fault.domains for fault in each.codes})
        for each in summary.faults
    }


def test_what_is_counted() -> None:
    summary = summarize_scan(scans.scan(ROWS))
    assert repr(summary) == "<ScanSummary 13 domains: 2 protected, 2 broken>"
    assert (summary.started, summary.ended) == (STARTED, STARTED + timedelta(seconds=1.5))
    assert summary.verdicts == {
        "protected": 2,
        "testing": 1,
        "broken": 2,
        "misconfigured": 2,
        "unprotected": 3,
        "inconclusive": 2,
        "no-mail": 1,
    }
    assert summary.adoption == _summary.Adoption(
        mta_sts=6, enforce=2, testing=1, none=1, without_policy=2, dane=2, tls_rpt=2
    )
    assert [each.domains for each in summary.max_age] == [1, 1, 2, 0]
    assert sum(summary.verdicts.values()) == summary.domains
    assert summary.name == "a table"


def test_a_fault_is_of_the_domains_that_it_is_looked_for_at() -> None:
    """And counts once a domain."""
    assert faults(summarize_scan(scans.scan(ROWS))) == {
        "mta-sts": (
            6,
            {
                "smtp.cert.expired": 1,
                "sts.dns.multiple": 1,
                "sts.http.not-found": 1,
                "sts.mx.none-covered": 1,
            },
        ),
        "dane": (3, {"dane.mismatch": 1}),
        "tls-rpt": (2, {"rpt.rua-missing": 1}),
        "mail": (12, {"smtp.cert.expired": 1, "smtp.starttls-missing": 1}),
        "unseen": (13, {"scan.invalid-domain": 1, "sts.dns.timeout": 1}),
    }


def test_who_runs_the_hosts() -> None:
    summary = summarize_scan(scans.scan(ROWS))
    assert summary.mx_operators == [
        Operator("mail.example", 8),
        Operator("own host", 2),
        Operator("Google", 1),
        Operator("notk.example", 1),
        Operator("other.co.uk", 1),
    ]
    assert summary.policy_hosters == [Operator("own host", 4), Operator("GitHub Pages", 1)]


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("mx.example.com", "example.com"),
        ("MX.Example.COM.", "example.com"),
        ("a.b.example.co.uk", "example.co.uk"),
        ("co.uk", "co.uk"),
        ("mx.co.example", "co.example"),
        ("localhost", "localhost"),
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("", ""),
    ],
)
def test_the_domain_that_somebody_registered(name: str, domain: str) -> None:
    assert registered(name) == domain


def test_the_longest_pattern_wins_and_ones_own(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text('# ours\nkind,pattern,name\n\nmx,*.l.google.com,"Ours, that is"\nmx,Foo.,Foo\n')
    operators = Operators(own)
    assert operators.name("mx", "aspmx.l.google.com") == "Ours, that is"
    assert operators.name("mx", "smtp.google.com") == "Google"
    assert operators.name("mx", "x.foo") == "Foo"
    assert operators.name("mx", "notgoogle.com") == "notgoogle.com"
    assert operators.name("policy", "aspmx.l.google.com") == "google.com"
    assert Operators().name("mx", "a.olc.protection.outlook.com") == "Microsoft Outlook.com"
    summary = summarize_scan(scans.scan(ROWS), operators=own)
    assert Operator("Ours, that is", 1) in summary.mx_operators


def test_the_table_of_operators_has_each_pattern_once() -> None:
    lines = [line for line in TABLE.read_text().splitlines() if not line.startswith("#")]
    patterns = [tuple(line.split(",")[:2]) for line in lines]
    assert len(set(patterns)) == len(patterns) > 100


@pytest.mark.parametrize("line", ["mx,foo", "MX,foo,Foo", "mx,,Foo", "mx,foo,Foo,x"])
def test_a_wrong_pattern_is_named(tmp_path: Path, line: str) -> None:
    own = tmp_path / "own.csv"
    own.write_text(f"kind,pattern,name\n{line}\n")
    with pytest.raises(WrongValueError, match=r"line 2 of .* is no pattern"):
        Operators(own)


def test_certificates_that_end_soon() -> None:
    soon, later, over = STARTED + 3 * DAY, STARTED + 14 * DAY, STARTED - DAY
    shared = host("mx.example", address(not_after=later), address("2001:db8::1", not_after=later))
    rows = [
        row("a.example", mx=[shared], first_expiry=later),
        row("b.example", mx=[shared], first_expiry=later),
        sts("c.example", policy_expiry=soon, first_expiry=soon),
        row("d.example", mx=[host("mx.d.example", address(not_after=over))], first_expiry=over),
        row("e.example", mx=[host("mx.e.example", address(not_after=later + DAY))],
            first_expiry=later + DAY),
    ]  # fmt: skip
    summary = summarize_scan(scans.scan(rows))
    assert (summary.expired, summary.expiring) == (1, 3)
    assert summary.certificates == [
        Expiring("mta-sts.c.example", soon, 1),
        Expiring("mx.example", later, 2),
    ]
    assert summarize_scan(scans.scan(rows), expires_within=15).expiring == 4
    assert summarize_scan(scans.scan(rows), expires_within=0).expiring == 0
    with pytest.raises(WrongValueError, match="not a number of days"):
        summarize_scan(scans.scan(rows), expires_within=-1)


def test_the_soonest_certificates_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are, and in whatever batches they come."""
    monkeypatch.setattr(_summary, "MOST_LISTED", 5)
    ends = [STARTED + timedelta(hours=1 + each * 37 % 300) for each in range(300)]
    builder = SummaryBuilder()
    for number in range(0, 300, 20):
        rows = [
            row(f"{each}.example", mx=[host(f"mx{each}.example", address(not_after=ends[each]))])
            for each in range(number, number + 20)
        ]
        builder.add(scans.scan(rows))
    certificates = builder.summary().certificates
    assert [each.not_after for each in certificates] == sorted(ends)[:5]
    assert {each.domains for each in certificates} == {1}


def test_rare_operators_are_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_summary, "MOST_OPERATORS", 10)
    builder = SummaryBuilder()
    for number in range(20):
        rows = [row("a.example", mx=[host("mx.often.example")])]
        rows += [row("a.example", mx=[host(f"mx.{number}-{each}.example")]) for each in range(5)]
        builder.add(scans.scan(rows))
    operators = builder.summary().mx_operators
    assert operators[0] == Operator("often.example", 20)
    assert len(operators) <= 10


# -------------------------------------------------------------------------------------------- files
@pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".arrows", ".ndjson"])
def test_every_kind_of_file_gives_the_same(tmp_path: Path, suffix: str) -> None:
    table = scans.scan(ROWS * 400, version="1")
    written = scans.as_written_first(table) if suffix != ".ndjson" else table
    path = scans.write(written, tmp_path / f"scan{suffix}")
    expected = summarize_scan(table).to_dict()
    assert summarize_scan(str(path)).to_dict() == expected | {"name": str(path)}
    assert _scan_files.ScanRows(path).record == {"version": "1"}


def test_fields_that_are_not_needed_may_be_of_any_type(tmp_path: Path) -> None:
    """JSON tells no types, and what nobody asks for is not read."""
    path = scans.write(scans.scan(ROWS), tmp_path / "scan.ndjson")
    objects = [json.loads(line) for line in path.read_text().splitlines()]
    for each in objects:
        each["customer"] = {"id": 7}
        for mx in each["mx"]:
            mx["in_policy"] = "yes"
    path.write_text("".join(json.dumps(each) + "\n" for each in objects))
    assert summarize_scan(path).verdicts == summarize_scan(scans.scan(ROWS)).verdicts


def test_tables_of_others_give_the_same() -> None:
    """Their text is of another type, and lists are large."""
    table = scans.scan(ROWS)
    expected = summarize_scan(table)
    for other in (polars.DataFrame(table), scans.as_written_first(table).to_reader()):
        assert summarize_scan(other) == expected
    builder = SummaryBuilder()
    for batch in table.to_batches(max_chunksize=2):
        builder.add(batch)
    assert builder.summary("a table") == expected


def test_columns_that_are_not_needed_may_be_missing(tmp_path: Path) -> None:
    table = scans.scan(ROWS).drop_columns(["line", "effects", "sts_cname", "policy_mx", "errors"])
    path = scans.write(table, tmp_path / "scan.parquet")
    assert summarize_scan(path).domains == len(ROWS)
    path = scans.write(table.drop_columns(["mx"]), tmp_path / "scan.parquet")
    with pytest.raises(WrongValueError, match="a scan without the column mx"):
        summarize_scan(path)


def test_a_parquet_file_is_read_no_wider_than_needed(tmp_path: Path) -> None:
    """What findings say in sentences would be most of it."""
    path = scans.write(scans.scan(ROWS), tmp_path / "scan.parquet")
    [batch] = _scan_files.ScanRows(path).batches(_summary.COLUMNS)
    findings = batch.schema.field("findings").type.value_type
    assert [each.name for each in findings] == ["code", "severity"]
    assert [each.name for each in batch.schema.field("mx").type.value_type] == ["host", "addresses"]


def test_a_scan_without_rows_is_one() -> None:
    summary = summarize_scan(scans.scan([]))
    assert repr(summary) == "<ScanSummary 0 domains: 0 protected, 0 broken>"
    assert summary.started is None
    assert summary.verdicts == {}


@pytest.mark.parametrize(
    ("name", "content", "do"),
    [
        ("scan.csv", b"domain,verdict\n", "a CSV has no room"),
        ("scan.txt", b"a.example\n", "name a Parquet, Arrow or NDJSON file"),
        ("scan.ndjson", b'{"domain": "a.example"}\n', "name a file that mxseal scan wrote"),
        ("scan.ndjson", b"{", "name a file that mxseal scan wrote"),
        ("scan.parquet", b"PAR1 and no more", "get the file again"),
        ("scan.arrow", b"ARROW1\0\0 and no more", "get the file again"),
        ("scan.arrows", b"\xff\xff\xff\xff\1\1\0\0", "get the file again"),
        ("empty", b"", "name a Parquet"),
    ],
)
def test_what_is_no_scan_is_refused(tmp_path: Path, name: str, content: bytes, do: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(WrongValueError, match=r"no scan|damaged") as caught:
        summarize_scan(path)
    assert caught.value.do.startswith(do)
    assert caught.value.value == str(path)


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    for suffix in (".parquet", ".arrow", ".ndjson", ".arrows"):
        path = scans.write(scans.scan(ROWS), tmp_path / f"scan{suffix}")
        content = path.read_bytes()
        path.write_bytes(content[: len(content) * 3 // 4])
        with pytest.raises(WrongValueError, match="damaged, or no scan"):
            summarize_scan(path)


def test_columns_of_other_types_are_refused() -> None:
    table = scans.scan(ROWS)
    place = table.column_names.index("mx")
    table = table.set_column(place, "mx", pyarrow.array(["mx.example"] * len(ROWS)))
    with pytest.raises(WrongValueError, match="damaged, or no scan"):
        summarize_scan(table)
    with pytest.raises(TypeError, match="no scan"):
        summarize_scan(7)


def test_pyarrow_is_asked_for_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def require(library: str, extra: str, purpose: str) -> None:
        raise MissingExtraError(library, extra, purpose)

    monkeypatch.setattr(_scan_files, "require", require)
    with pytest.raises(MissingExtraError, match="mxseal\\[parquet\\]"):
        summarize_scan(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "path",
    sorted(each for each in KEPT.glob("0.*") if not each.name.endswith(".run.json")),
    ids=lambda path: path.name,
)
def test_scans_of_earlier_versions_are_read(path: Path) -> None:
    """What a version wrote stays here, and the next ones read it."""
    summary = summarize_scan(path)
    assert summary.domains == 13
    assert summary.to_dict() | {"name": ""} == json.loads((KEPT / "summary.json").read_text())


# ------------------------------------------------------------------------------------------- output
def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    """The command in this process."""
    status = main([*map(str, arguments)])
    return status, *capsys.readouterr()


def test_how_it_reads(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = scans.write(scans.scan(ROWS), tmp_path / "scan.parquet")
    status, out, err = run(capsys, "summary", path)
    assert (status, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    assert out.splitlines() == EXPECTED.strip("\n").splitlines()


EXPECTED = """
13 domains, 2026-11-25T09:20:11Z to 2026-11-25T09:20:12Z
adoption             domains   share     max_age, of 4 policies  domains
  MTA-STS record           6  46.2 %       under 1 day                 1
    enforce                2  15.4 %       1 day to 1 week             1
    testing                1   7.7 %       1 to 4 weeks                2
    none                   1   7.7 %       over 4 weeks                0
    no valid policy        2  15.4 %     MX operators
  DANE                     2  15.4 %       mail.example                8
  TLS-RPT record           2  15.4 %       own host                    2
verdict                                    Google                      1
  protected                2  15.4 %       notk.example                1
  testing                  1   7.7 %       other.co.uk                 1
  broken                   2  15.4 %     policy hosters
  misconfigured            2  15.4 %       own host                    4
  unprotected              3  23.1 %       GitHub Pages                1
  inconclusive             2  15.4 %
  no-mail                  1   7.7 %
faults, of 6 domains with an MTA-STS record
  1   16.7 %  the certificate of the MX host has expired     [smtp.cert.expired]
  1   16.7 %  more than one MTA-STS record                    [sts.dns.multiple]
  1   16.7 %  the policy host has no policy at the address where senders look
                                                            [sts.http.not-found]
  1   16.7 %  no MX host stands in the policy              [sts.mx.none-covered]
faults, of 3 domains with DANE
  1   33.3 %  no TLSA record matches the certificate of the MX host
                                                                 [dane.mismatch]
faults, of 2 domains with a TLS-RPT record
  1   50.0 %  the TLS-RPT record has no rua                    [rpt.rua-missing]
faults of MX hosts, of 12 domains that take mail
  1    8.3 %  the certificate of the MX host has expired     [smtp.cert.expired]
  1    8.3 %  the MX host does not offer STARTTLS        [smtp.starttls-missing]
could not be seen, of 13 domains
  1    7.7 %  what was asked for cannot be a domain        [scan.invalid-domain]
  1    7.7 %  no answer came to the question for the MTA-STS record; it may
              exist                                            [sts.dns.timeout]
"""


def test_quiet_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = scans.write(scans.scan(ROWS[:3]), tmp_path / "scan.parquet")
    assert run(capsys, "summary", path, "--quiet") == (
        0,
        "3 domains: 1 protected, 1 testing, 1 broken\n",
        "",
    )
    status, _, err = run(capsys, "summary", path, "--quiet", "--verbose")
    assert status == 2
    assert "contradict each other" in err


def test_json_is_the_summary(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = scans.write(scans.scan(ROWS), tmp_path / "scan.parquet")
    status, out, _ = run(capsys, "summary", path, "--format", "json")
    assert status == 0
    assert json.loads(out) == summarize_scan(path).to_dict()
    assert json.loads(out)["schema_version"] == 1
    assert json.loads(out)["started"] == "2026-11-25T09:20:11Z"


def test_names_from_outside_are_escaped(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rows = [row("a.example", mx=[host("\x1b[31m<b>.example")])]
    path = scans.write(scans.scan(rows), tmp_path / "scan.parquet")
    _, out, _ = run(capsys, "summary", path)
    assert "\\x1b[31m<b>.example" in out
    html = summarize_scan(path)._repr_html_()
    assert "\\x1b[31m&lt;b&gt;.example" in html
    assert "<b>.example" not in html


def test_long_names_put_the_blocks_below_each_other(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    name = f"{'x' * 60}.example"
    path = scans.write(scans.scan([row("a.example", mx=[host(name)])]), tmp_path / "scan.parquet")
    _, out, _ = run(capsys, "summary", path)
    lines = out.splitlines()
    assert lines[1].split() == ["adoption", "domains", "share"]
    assert any(line.split() == [name, "1"] for line in lines)


def test_faults_of_the_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, _, err = run(capsys, "summary", tmp_path / "nowhere.parquet")
    assert status == 2
    assert err == (f"error: no such file: {tmp_path / 'nowhere.parquet'}\n  do  check the name\n")
    whole = scans.write(scans.scan([row("a.example")]), tmp_path / "scan.parquet")
    status, _, err = run(capsys, "summary", whole, "--operators", tmp_path)
    assert status == 2
    assert err == f"error: cannot read: {tmp_path}\n  do  name another file: is a folder\n"
    path = tmp_path / "scan.csv"
    path.write_text("domain,verdict\n")
    status, _, err = run(capsys, "summary", path)
    assert status == 2
    assert err.startswith("error: no scan: ")


def test_it_is_public() -> None:
    assert mxseal.summarize_scan is summarize_scan
    assert mxseal.ScanSummary.__module__ == "mxseal"
