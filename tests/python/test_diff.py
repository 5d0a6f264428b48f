# SPDX-License-Identifier: MIT
"""Two scans compared: what is a change and what is not, and how it reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars
import pyarrow
import pytest

import mxseal
import scans
from mxseal import _diff, _diff_side
from mxseal._diff import Change, ScanDiff, diff_scans
from mxseal._reading import WrongValueError
from mxseal.cli import main
from scans import STARTED, Row, address, host, row, sts

DAY = timedelta(days=1)
KEPT = Path(__file__).parents[1] / "data" / "scans"


def compare(old: Sequence[Row], new: Sequence[Row], days: int = 1) -> ScanDiff:
    """The rows of one scan, and of another so many days later."""
    return diff_scans(scans.scan(old), scans.scan(new, later=days * DAY))


def told(old: Row, new: Row, days: int = 1) -> list[tuple[str, str, str | None]]:
    """Kind, what and code of the changes of one domain."""
    return [(each.kind, each.what, each.code) for each in compare([old], [new], days).changes]


def of(verdict: str, *codes: str) -> Row:
    """A domain of that verdict."""
    make = row if verdict in ("unprotected", "no-mail", "inconclusive") else sts
    return make("a.example", verdict, *codes, **({"sts_id": "1"} if make is row else {}))


# ----------------------------------------------------------------------------------------- verdicts
@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("protected", "broken", "broke"),
        ("protected", "partly", "broke"),
        ("protected", "misconfigured", "broke"),
        ("testing", "misconfigured", "broke"),
        ("unprotected", "broken", "broke"),
        ("no-mail", "broken", "broke"),
        ("misconfigured", "partly", "broke"),
        ("partly", "broken", "broke"),
        ("broken", "protected", "mended"),
        ("broken", "testing", "mended"),
        ("broken", "partly", "mended"),
        ("misconfigured", "unprotected", "mended"),
        ("protected", "testing", "weakened"),
        ("protected", "unprotected", "weakened"),
        ("testing", "unprotected", "weakened"),
        ("testing", "protected", None),
        ("unprotected", "protected", None),
        ("protected", "no-mail", None),
        ("broken", "broken", None),
        # What was not seen neither broke nor was mended.
        ("protected", "inconclusive", None),
        ("inconclusive", "broken", None),
        ("broken", "inconclusive", None),
        ("inconclusive", "protected", None),
    ],
)
def test_a_verdict_that_changed(before: str, after: str, kind: str | None) -> None:
    changes = compare([of(before)], [of(after)]).changes
    verdicts = [each for each in changes if each.what == "verdict"]
    assert [each.kind for each in verdicts] == ([kind] if kind else [])
    assert all((each.before, each.after) == (before, after) for each in verdicts)


def test_what_broke_it_is_the_first_error_that_is_new() -> None:
    old = of("misconfigured", "rpt.multiple", "sts.dns.multiple")
    new = of("broken", "rpt.rua-missing", "sts.dns.multiple", "smtp.cert.expired")
    assert told(old, new) == [("broke", "verdict", "smtp.cert.expired")]
    assert told(old, of("broken", "sts.dns.multiple")) == [("broke", "verdict", "sts.dns.multiple")]
    assert told(old, of("broken")) == [("broke", "verdict", None)]


# ---------------------------------------------------------------------------------- appear, vanish
def test_mta_sts_appears() -> None:
    assert told(row("a.example"), sts("a.example")) == [("appeared", "MTA-STS", None)]
    # There before, but not valid: it was mended.
    invalid = row("a.example", "misconfigured", "sts.dns.multiple")
    assert told(invalid, sts("a.example")) == [("mended", "verdict", None)]
    unseen = row("a.example", "inconclusive", "sts.dns.servfail")
    assert told(unseen, sts("a.example")) == []


def test_mta_sts_vanishes() -> None:
    gone = row("a.example")
    weaker = ("weakened", "verdict", None)
    cached = ("vanished", "MTA-STS", "sts.change.removed")
    assert told(sts("a.example"), gone, days=6) == [weaker, cached]
    # Since then mode none may have been published for long enough.
    assert told(sts("a.example"), gone, days=8) == [weaker, ("vanished", "MTA-STS", None)]
    none = sts("a.example", "unprotected", policy_mode="none")
    assert told(none, gone) == [("vanished", "MTA-STS", None)]
    unseen = row("a.example", "inconclusive", "sts.dns.timeout")
    assert told(sts("a.example"), unseen) == []
    invalid = row("a.example", "misconfigured", "sts.dns.id-invalid")
    assert told(sts("a.example"), invalid) == [("broke", "verdict", "sts.dns.id-invalid")]


def test_it_appears_and_vanishes_where_only_port_25_was_not_asked() -> None:
    """A scan without probes is inconclusive of every policy in force; its records were seen."""
    unprobed = sts("a.example", "inconclusive", "smtp.timeout")
    assert told(row("a.example"), unprobed) == [("appeared", "MTA-STS", None)]
    assert told(unprobed, row("a.example")) == [("vanished", "MTA-STS", "sts.change.removed")]


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("none", "secure", "appeared"),
        ("none", "partial", "appeared"),
        ("secure", "none", "vanished"),
        ("partial", "none", "vanished"),
        ("secure", "partial", None),
        ("secure", "unknown", None),
        ("unknown", "secure", None),
        ("insecure", "none", None),
    ],
)
def test_dane_appears_and_vanishes(before: str, after: str, change: str | None) -> None:
    expected = [(change, "DANE", None)] if change else []
    assert told(sts("a.example", dane_state=before), sts("a.example", dane_state=after)) == expected


def test_tls_rpt_appears_and_vanishes() -> None:
    there, absent = row("a.example", tlsrpt="v=TLSRPTv1; …"), row("a.example", "unprotected")
    assert told(absent, there) == [("appeared", "TLS-RPT", None)]
    assert told(there, absent) == [("vanished", "TLS-RPT", None)]
    unseen = row("a.example", "unprotected", "rpt.timeout")
    assert told(there, unseen) == told(unseen, there) == []
    invalid = row("a.example", "unprotected", "rpt.multiple")
    assert told(there, invalid) == []


# ------------------------------------------------------------------------------------ sts.change.*
def test_a_policy_that_changes_needs_a_new_id() -> None:
    stale = [("stale", "MTA-STS", "sts.change.id-same-policy-changed")]
    old = sts("a.example", policy_mx=["mx1.example", "*.example"])
    others: list[Row] = [
        {"max_age": 86_400},
        {"policy_mx": ["mx1.example"]},
        {"policy_mode": "testing"},
    ]
    for other in others:
        new = {**old, **other}
        assert told(old, new) == stale
        assert told(old, new | {"sts_id": "2"}) == []
    [change] = compare([old], [old | {"max_age": 86_400}]).changes
    assert change.severity == "warning"


def test_the_order_of_mx_says_nothing() -> None:
    old = sts("a.example", policy_mx=["mx1.example", "*.example"])
    assert told(old, old | {"policy_mx": ["*.Example", "mx1.example"]}) == []


def test_a_new_id_for_the_same_policy_is_noted() -> None:
    noted = [("noted", "MTA-STS", "sts.change.id-changed-policy-same")]
    assert told(sts("a.example"), sts("a.example", sts_id="2")) == noted


def test_testing_for_long_is_noted() -> None:
    testing = sts("a.example", "testing")
    assert told(testing, testing, days=89) == []
    assert told(testing, testing, days=90) == [("noted", "MTA-STS", "sts.change.testing-long")]
    assert told(sts("a.example"), sts("a.example"), days=90) == []


# ---------------------------------------------------------------------------------------- addresses
SECURED = address("192.0.2.1")
MISSING = address("192.0.2.1", "starttls_missing")


@pytest.mark.parametrize(
    ("before", "after", "where"),
    [
        ([SECURED], [MISSING], "192.0.2.1"),
        ([address("192.0.2.1", "tls")], [MISSING], "192.0.2.1"),
        ([address("192.0.2.1", "starttls_refused")], [MISSING], "192.0.2.1"),
        ([SECURED], [address("192.0.2.1", "ehlo_rejected")], "192.0.2.1"),
        # A new address of a host that offered it wherever it was seen.
        ([address("192.0.2.9")], [MISSING], "192.0.2.1"),
        ([address("192.0.2.9"), address("192.0.2.1", "timed_out")], [MISSING], "192.0.2.1"),
        # Of one that did not, at some address.
        ([address("192.0.2.9"), address("192.0.2.8", "starttls_missing")], [MISSING], None),
        ([address("192.0.2.9"), MISSING], [MISSING], None),
        ([address("192.0.2.1", "timed_out")], [MISSING], None),
        ([MISSING], [MISSING], None),
        ([MISSING], [SECURED], None),
        ([SECURED], [address("192.0.2.1", "timed_out")], None),
        ([SECURED], [], None),
    ],
)
def test_starttls_that_was_offered_before(
    before: list[Row], after: list[Row], where: str | None
) -> None:
    def at(addresses: list[Row]) -> Row:
        return row("a.example", mx=[host("mx.example", *addresses) | {"addresses": addresses}])

    changes = compare([at(before)], [at(after)]).changes
    assert [(each.kind, each.code, each.severity, each.subject) for each in changes] == (
        [("suspect", "smtp.starttls-stripped", "error", f"mx.example at {where}")] if where else []
    )


def test_every_domain_of_a_stripped_host_is_named() -> None:
    """Also those that are the same otherwise; not those that the old scan did not have."""
    names = ["b.example", "a.example", "c.example"]
    new = [row(name, mx=[host("mx.example", MISSING), host("other.example")]) for name in names]
    old = [row(name, mx=[host("mx.example", SECURED)]) for name in names[:2]]
    changes = compare(old, new).changes
    assert [each.domain for each in changes] == ["a.example", "b.example"]


def test_another_certificate_is_listed() -> None:
    old = [
        row("a.example", mx=[host("mx.example", address("192.0.2.1", sha256="aa"),
                                  address("192.0.2.2", sha256="aa"), MISSING)]),
        row("b.example", mx=[host("mx.example", address("192.0.2.1", sha256="aa"))]),
    ]  # fmt: skip
    new = [
        row("a.example", mx=[host("mx.example", address("192.0.2.1", sha256="bb"),
                                  address("192.0.2.2", sha256="aa"),
                                  address("192.0.2.3", sha256="cc"))]),
        row("b.example", mx=[host("mx.example", address("192.0.2.1", sha256="bb"))]),
    ]  # fmt: skip
    diff = compare(old, new)
    assert diff.changes == []
    assert diff.certificates == 1
    assert diff.replaced == [_diff.Replaced("mx.example", "192.0.2.1", "aa", "bb")]
    assert not diff.worse
    # An address that shows several certificates in turn replaces none of them.
    old[1]["mx"][0]["addresses"][0]["sha256"] = "bb"
    assert compare(old, new).certificates == 0


def test_another_certificate_of_a_policy_host_is_listed() -> None:
    def at(sha256: str | None, address: str | None = "192.0.2.80") -> list[Row]:
        return [sts("a.example", policy_address=address, policy_sha256=sha256), row("b.example")]

    diff = compare(at("aa"), at("bb"))
    assert diff.certificates == 1
    assert diff.replaced == [_diff.Replaced("mta-sts.a.example", "192.0.2.80", "aa", "bb")]
    for old, new in ((at("aa"), at("aa")), (at("aa"), at(None)), (at(None, None), at("bb"))):
        assert compare(old, new).replaced == []
    # Another server has its own; so it is with MX hosts.
    assert compare(at("aa"), at("bb", "192.0.2.81")).replaced == []


def test_a_scan_without_digests_of_policy_hosts_is_compared_all_the_same() -> None:
    rows = [sts("a.example", policy_address="192.0.2.80", policy_sha256="aa")]
    old = scans.scan(rows).drop_columns(["policy_sha256"])
    diff = diff_scans(old, scans.scan(rows, later=DAY))
    assert (diff.both, diff.replaced) == (1, [])


def test_so_many_certificates_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_diff, "MOST_LISTED", 3)

    def at(sha256: str) -> Row:
        addresses = [address(f"192.0.2.{number}", sha256=sha256) for number in range(9)]
        return row("a.example", mx=[host("mx.example", *addresses)])

    diff = compare([at("aa")], [at("bb")])
    assert diff.certificates == 9
    assert [each.address for each in diff.replaced] == ["192.0.2.0", "192.0.2.1", "192.0.2.2"]


# ------------------------------------------------------------------------------------------- lists
def test_domains_are_compared_by_name() -> None:
    old = [row("a.example"), sts("b.example"), row("gone.example"), sts("c.example")]
    new = [sts("c.example"), sts("b.example", "broken"), sts("new.example"), row("a.example")]
    diff = compare(old, new)
    assert [(each.kind, each.domain) for each in diff.changes] == [("broke", "b.example")]
    assert (diff.both, diff.added, diff.gone, diff.unseen) == (3, 1, 1, 0)
    assert diff.worse
    assert repr(diff) == "<ScanDiff 3 domains: 1 broke, 0 mended>"


def test_of_a_domain_in_several_lines_the_first_counts() -> None:
    """Whatever the order in which a scan wrote them."""
    twice = scans.scan([sts("a.example", "broken", "smtp.cert.expired"), row("b.example")])
    lines = pyarrow.array([3, 2])
    twice = twice.set_column(0, "line", lines)
    twice = pyarrow.concat_tables([twice, scans.scan([sts("a.example")])])
    diff = diff_scans(scans.scan([sts("a.example", "testing")]), twice)
    assert [(each.kind, each.after) for each in diff.changes] == [("stale", "protected")]
    assert (diff.new.repeated, diff.old.repeated, diff.both, diff.added) == (1, 0, 1, 1)
    diff = diff_scans(twice, scans.scan([sts("a.example", "broken", "sts.mx.none-covered")]))
    assert [(each.kind, each.code) for each in diff.changes] == [("broke", "sts.mx.none-covered")]


def test_scans_without_rows_are_scans() -> None:
    diff = compare([], [])
    assert (diff.both, diff.changes, diff.old.started) == (0, [], None)
    assert compare([sts("a.example")], []).gone == 1
    assert compare([], [sts("a.example")]).added == 1


def test_large_scans_are_put_together_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_diff_side, "_MANY", 50)
    rows = [sts(f"{number}.example") for number in range(400)]
    tables = [scans.scan(rows), scans.scan([{**each, "verdict": "broken"} for each in rows[::-1]])]
    diff = diff_scans(*(pyarrow.Table.from_batches(each.to_batches(30)) for each in tables))
    assert sorted(each.domain for each in diff.of("broke")) == sorted(
        each["domain"] for each in rows
    )


OLD: list[Row] = [
    sts("a.example"),
    row("d.example", mx=[host("mx.d.example", SECURED)]),
    *(sts(f"{name}.example", "broken", "smtp.cert.expired") for name in ("e", "f", "f1", "f2")),
    row("g.example"),
    sts("i.example"),
    sts("k.example", max_age=86_400),
    sts("l.example", "testing"),
    sts("m.example", mx=[host("mx.m.example", address(sha256="bb"))]),
    sts("n.example"),
    sts("o.example"),
    row("p.example", tlsrpt="v=TLSRPTv1; …"),
    row("gone.example"),
]
NEW: list[Row] = [
    sts("a.example", "broken", "sts.mx.none-covered"),
    row("d.example", "unprotected", "smtp.starttls-missing", mx=[host("mx.d.example", MISSING)]),
    *(sts(f"{name}.example") for name in ("e", "f", "f1", "f2")),
    sts("g.example", tlsrpt="v=TLSRPTv1; …"),
    row("i.example"),
    sts("k.example"),
    sts("l.example", "testing", sts_id="2"),
    sts("m.example", mx=[host("mx.m.example", address(sha256="cc"))]),
    sts("n.example", "inconclusive", "smtp.timeout"),
    sts("o.example", "partly", "sts.mx.not-covered"),
    row("p.example"),
    row("new.example"),
]


@pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".ndjson"])
def test_every_kind_of_file_gives_the_same(tmp_path: Path, suffix: str) -> None:
    paths = []
    tables = [scans.scan(OLD), scans.scan(NEW, later=DAY)]
    for name, table in zip(("old", "new"), tables, strict=True):
        written = scans.as_written_first(table) if suffix != ".ndjson" else table
        paths.append(scans.write(written, tmp_path / f"{name}{suffix}"))
    diff = diff_scans(*paths).to_dict()
    expected = diff_scans(*tables).to_dict()
    assert diff["old"].pop("name") == str(paths[0])
    for each in (diff["new"], expected["old"], expected["new"]):
        each.pop("name")
    assert diff == expected
    polars_diff = diff_scans(*map(polars.DataFrame, tables))
    assert polars_diff.changes == diff_scans(*tables).changes


def test_scans_of_earlier_versions_are_compared() -> None:
    paths = sorted(each for each in KEPT.glob("0.*") if not each.name.endswith(".run.json"))
    diff = diff_scans(paths[0], paths[-1])
    assert (diff.both, diff.changes, diff.certificates) == (13, [], 0)


def test_what_is_no_scan_is_refused(tmp_path: Path) -> None:
    good = scans.write(scans.scan(OLD), tmp_path / "scan.parquet")
    table = scans.scan(OLD)
    place = table.column_names.index("policy_mx")
    wrong = table.set_column(place, "policy_mx", pyarrow.array([1] * len(OLD)))
    for bad in (tmp_path / "scan.csv", wrong, table.drop_columns(["mx"])):
        if isinstance(bad, Path):
            bad.write_text("domain,verdict\n")
        for pair in ((good, bad), (bad, good)):
            with pytest.raises(WrongValueError, match=r"no scan|without the column"):
                diff_scans(*pair)


# ------------------------------------------------------------------------------------------- output
@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Two scans a day apart."""
    return (
        scans.write(scans.scan(OLD), tmp_path / "old.parquet"),
        scans.write(scans.scan(NEW, later=DAY), tmp_path / "new.parquet"),
    )


def run(capsys: pytest.CaptureFixture[str], *arguments: Any) -> tuple[int, str, str]:
    """The command in this process."""
    status = main([*map(str, arguments)])
    return status, *capsys.readouterr()


EXPECTED = """
2026-11-25 to 2026-11-26: 14 domains in both, 1 new, 1 gone
✗ broke     2  a.example  protected, now broken            [sts.mx.none-covered]
               o.example  protected, now partly             [sts.mx.not-covered]
! suspect   1  d.example  STARTTLS was offered before   [smtp.starttls-stripped]
! weakened  1  i.example  protected, now unprotected
! stale     1  k.example  policy changed, id did not
                                             [sts.change.id-same-policy-changed]
✓ mended    4  e.example, f.example and 2 more
+ appeared  2  MTA-STS published: g.example
               TLS-RPT published: g.example
- vanished  2  i.example  record gone while cached          [sts.change.removed]
               TLS-RPT gone: p.example
- replaced  1  another certificate: mx.m.example
not seen    1 domain was inconclusive in one of the scans, and so neither broke
            nor mended
"""
EXPECTED_VERBOSE = """
2026-11-25 to 2026-11-26: 14 domains in both, 1 new, 1 gone
✗ broke     2  a.example  protected, now broken            [sts.mx.none-covered]
               o.example  protected, now partly             [sts.mx.not-covered]
! suspect   1  d.example  STARTTLS was offered before   [smtp.starttls-stripped]
! weakened  1  i.example  protected, now unprotected
! stale     1  k.example  policy changed, id did not
                                             [sts.change.id-same-policy-changed]
✓ mended    4  e.example, f.example, f1.example, f2.example
+ appeared  2  MTA-STS published: g.example
               TLS-RPT published: g.example
- vanished  2  i.example  record gone while cached          [sts.change.removed]
               TLS-RPT gone: p.example
- noted     1  l.example  new id, same policy
                                             [sts.change.id-changed-policy-same]
- replaced  1  another certificate: mx.m.example
not seen    1 domain was inconclusive in one of the scans, and so neither broke
            nor mended
"""


def test_how_it_reads(capsys: pytest.CaptureFixture[str], files: tuple[Path, Path]) -> None:
    status, out, err = run(capsys, "diff", *files)
    assert (status, err) == (1, "")
    assert out.splitlines() == EXPECTED.strip("\n").splitlines()
    assert max(map(len, out.splitlines())) <= 80
    status, out, _ = run(capsys, "diff", *files, "--verbose")
    assert out.splitlines() == EXPECTED_VERBOSE.strip("\n").splitlines()


def test_every_code_has_its_words() -> None:
    """Of the findings that compare two scans."""
    from mxseal._core import check as core
    from mxseal._output.diff_text import _SENTENCES

    codes = {each.code for each in core.findings() if each.code.startswith("sts.change.")}
    assert codes | {"smtp.starttls-stripped"} == set(_SENTENCES)


def test_many_domains_are_counted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    names = [f"{number:03}.example" for number in range(30)]
    old = scans.write(scans.scan([sts(name) for name in names]), tmp_path / "old.parquet")
    broken = [sts(name, "broken", "sts.mx.none-covered") for name in names]
    new = scans.write(scans.scan(broken), tmp_path / "new.parquet")
    _, out, _ = run(capsys, "diff", old, new)
    assert "009.example and 20 more" in out
    assert "010.example" not in out
    assert "[sts.mx.none-covered]" in out
    _, out, _ = run(capsys, "diff", old, new, "--verbose")
    assert all(name in out for name in names)
    _, out, _ = run(capsys, "diff", new, old)
    assert out.splitlines()[1] == "✓ mended   30  000.example, 001.example and 28 more"


def test_nothing_changed(capsys: pytest.CaptureFixture[str], files: tuple[Path, Path]) -> None:
    status, out, _ = run(capsys, "diff", files[0], files[0])
    assert status == 0
    assert out.splitlines() == [
        "2026-11-25T09:20:11Z to 2026-11-25T09:20:11Z: 15 domains in both, 0 new, 0 gone",
        "Nothing changed.",
    ]
    assert run(capsys, "diff", files[0], files[0], "--quiet") == (
        0,
        "15 domains: nothing changed\n",
        "",
    )


def test_quiet_is_one_line(capsys: pytest.CaptureFixture[str], files: tuple[Path, Path]) -> None:
    assert run(capsys, "diff", *files, "--quiet") == (
        1,
        "14 domains: 2 broke, 1 suspect, 1 weakened, 1 stale, 4 mended, 2 appeared, 2 vanished\n",
        "",
    )
    status, _, err = run(capsys, "diff", *files, "--quiet", "--verbose")
    assert status == 2
    assert "contradict each other" in err


def test_json_is_the_diff(capsys: pytest.CaptureFixture[str], files: tuple[Path, Path]) -> None:
    status, out, _ = run(capsys, "diff", *files, "--format", "json")
    assert status == 1
    values = json.loads(out)
    assert values == diff_scans(*files).to_dict()
    assert values["schema_version"] == 1
    assert values["new"]["started"] == "2026-11-26T09:20:11Z"
    assert values["changes"][0] == {
        "kind": "broke",
        "domain": "a.example",
        "what": "verdict",
        "before": "protected",
        "after": "broken",
        "code": "sts.mx.none-covered",
        "severity": "error",
        "subject": "",
    }


def test_the_wrong_order_is_warned_of(
    capsys: pytest.CaptureFixture[str], files: tuple[Path, Path]
) -> None:
    _, _, err = run(capsys, "diff", *files[::-1])
    assert err.startswith("warning: the first scan is the later one")


def test_names_from_outside_are_escaped(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    old = scans.write(scans.scan([sts("\x1b<b>")]), tmp_path / "old.parquet")
    new = scans.write(scans.scan([sts("\x1b<b>", "broken")]), tmp_path / "new.parquet")
    _, out, _ = run(capsys, "diff", old, new)
    assert "\\x1b<b>" in out
    html = diff_scans(old, new)._repr_html_()
    assert "\\x1b&lt;b&gt;" in html
    assert "1 change" in html


def test_a_missing_file_is_status_2(
    capsys: pytest.CaptureFixture[str], files: tuple[Path, Path], tmp_path: Path
) -> None:
    status, _, err = run(capsys, "diff", files[0], tmp_path / "nowhere")
    assert status == 2
    assert f"no such file: {tmp_path / 'nowhere'}\n  do  check the name" in err


def test_it_is_public() -> None:
    assert mxseal.diff_scans is diff_scans
    assert mxseal.ScanDiff.__module__ == "mxseal"
    assert Change("broke", "a.example", "verdict", "protected", "broken").code is None
    assert STARTED.tzinfo is not None
