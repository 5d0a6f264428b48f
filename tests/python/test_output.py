# SPDX-License-Identifier: MIT
"""How values, tables and messages are shown, each by itself (commands: test_cli_reports.py)."""

from __future__ import annotations

import csv
import io
import json
import sys
import unicodedata
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mxseal import tlsrpt
from mxseal._output import escape, messages, terminal, units, words
from mxseal._output import progress as progress_module
from mxseal._output.csv import cell, write_csv
from mxseal._output.html import reports_html, table_html
from mxseal._output.json import write_json, write_ndjson
from mxseal._output.notes import telling
from mxseal._output.progress import (
    check_progress,
    progress_line,
    scan_progress,
    shown_progress,
)
from mxseal._output.sink import Sink
from mxseal._output.table_text import SPARE, write_table
from mxseal._output.terminal import Terminal
from mxseal._rows import CHUNK, Row

HOSTILE = "\x1b]0;owned\x07\u202eevil\u200b\x9b2J\r\n\x7f"
HARMLESS = r"\x1b]0;owned\x07\u202eevil\u200b\x9b2J\x0d\x0a\x7f"


class FakeTable:
    """A table of given rows that remembers how many were asked for at once."""

    def __init__(self, rows: list[Row], name: str = "sums", notes: tuple[str, ...] = ()) -> None:
        self.rows = rows
        self.name = name
        self.notes = list(notes)
        self.column_names = list(rows[0]) if rows else ["a"]
        self.asked: list[int] = []

    def __len__(self) -> int:
        return len(self.rows)

    def to_dicts(self, start: int = 0, stop: int | None = None) -> list[Row]:
        some = self.rows[start:stop]
        self.asked.append(len(some))
        return some


def written(write: Any, table: FakeTable, *more: Any, width: int = 80, utf8: bool = True) -> str:
    stream = io.BytesIO()
    write(table, Sink(stream, Terminal(width=width, utf8=utf8)), *more)
    return stream.getvalue().decode()


# ------------------------------------------------------------------------------------------ escapes
@pytest.mark.parametrize(
    ("text", "shown", "reason"),
    [
        ("Google Inc.", "Google Inc.", "plain text stays"),
        ("Müller & Söhne 株式会社 😀", "Müller & Söhne 株式会社 😀", "so does that of any script"),
        (HOSTILE, HARMLESS, "controls of C0 and C1, format characters"),
        ("a\u2028b\u2029c", r"a\u2028b\u2029c", "line and paragraph separators"),
        ("\U000e0041", r"\U000e0041", "tags, beyond the first plane"),
        ("caf\udce9", r"caf\xe9", "a byte of a file name that is not UTF-8"),
        ("\ud800", r"\ud800", "half a character"),
    ],
)
def test_hidden_characters_are_written_out(text: str, shown: str, reason: str) -> None:
    assert escape.visible(text) == shown, reason


def test_without_utf8_all_but_ascii_is_written_out() -> None:
    assert escape.visible("é€😀~", utf8=False) == r"\xe9\u20ac\U0001f600~"


def test_every_hidden_character_of_unicode_is_written_out() -> None:
    """Held against this Python's Unicode table, so that a newer one shows what is missing."""
    hidden = [
        chr(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    ]
    assert [each for each in hidden if each in escape.visible(each)] == []
    assert len(hidden) > 2200


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("é", 1), ("e\u0301", 1), ("株式", 4)])
def test_columns_of_a_text(text: str, width: int) -> None:
    assert escape.cell_width(text) == width


# -------------------------------------------------------------------------------------------- units
@pytest.mark.parametrize(
    ("part", "whole", "decimals", "shown", "reason"),
    [
        (0, 100, 1, "0 %", "none"),
        (0, 0, 1, "0 %", "none of none"),
        (31, 412_908, 1, "<0.1 %", "0 % is for none only"),
        (1204, 92_408, 1, "1.3 %", "rounded"),
        (9999, 10_000, 1, ">99.9 %", "100 % is for all only"),
        (5, 5, 1, "100 %", "all"),
        (980, 1204, 0, "81 %", "without decimals"),
        (1, 1204, 0, "<1 %", "less than one"),
        (1203, 1204, 0, ">99 %", "nearly all"),
    ],
)
def test_shares(part: int, whole: int, decimals: int, shown: str, reason: str) -> None:
    assert units.share(part, whole, decimals) == shown, reason


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (units.size(0), "0 bytes"),
        (units.size(1536), "1.5 KiB"),
        (units.size(6_396_314), "6.1 MiB"),
        (units.size(5 << 40), "5.0 TiB"),
        (units.duration(0.2), "0 s"),
        (units.duration(61), "1 min 1 s"),
        (units.duration(7500), "2 h 5 min"),
        (units.instant(datetime(2026, 11, 22, 6, 10, tzinfo=UTC)), "2026-11-22T06:10:00Z"),
        (
            units.instant(datetime(2026, 11, 22, 6, 10, 0, 5000, tzinfo=UTC)),
            "2026-11-22T06:10:00.005000Z",
        ),
        (units.distance(timedelta(days=-3, hours=-5)), "3 days ago"),
        (units.distance(timedelta(days=-1)), "1 day ago"),
        (units.distance(timedelta(hours=-23)), "23 h ago"),
        (units.distance(timedelta(minutes=-5)), "5 min ago"),
        (units.distance(timedelta(seconds=-5)), "5 s ago"),
        (units.distance(timedelta(days=24, hours=5)), "in 24 days"),
        (units.distance(timedelta(hours=2, minutes=10)), "in 2 h"),
        (units.day(date(7, 1, 2)), "0007-01-02"),
        (units.counted(1, "report"), "1 report"),
        (units.counted(1204, "report"), "1,204 reports"),
    ],
)
def test_units(shown: str, expected: str) -> None:
    assert shown == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        ("a", "a"),
        (1204, "1,204"),
        (datetime(2026, 11, 22, tzinfo=UTC), "2026-11-22T00:00:00Z"),
        (date(2026, 11, 22), "2026-11-22"),
        (["a", "b"], "a; b"),
    ],
)
def test_values_of_tables(value: object, expected: str) -> None:
    assert units.shown(value) == expected


def test_a_value_that_no_table_has_is_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        units.shown(0.5)


def warnings_of(result_type: str) -> list[str]:
    """What the core says against a report that is right but perhaps for this type."""
    report = {
        "organization-name": "Google Inc.",
        "date-range": {
            "start-datetime": "2026-11-22T00:00:00Z",
            "end-datetime": "2026-11-22T23:59:59Z",
        },
        "contact-info": "smtp-tls-reporting@google.com",
        "report-id": "1",
        "policies": [
            {
                "policy": {"policy-type": "sts", "policy-domain": "example.com"},
                "summary": {
                    "total-successful-session-count": 0,
                    "total-failure-session-count": 1,
                },
                "failure-details": [{"result-type": result_type, "failed-session-count": 1}],
            }
        ],
    }
    read = tlsrpt.parse_report(json.dumps(report).encode())
    return read.warnings + read.policies[0].warnings


def test_every_registered_result_type_has_plain_words() -> None:
    """`Q38`: the eleven types of RFC 8460 4.3; `Q57`: one that is not registered has words too."""
    assert set(words.RESULT_TYPES) == {
        *("starttls-not-supported", "certificate-host-mismatch", "certificate-expired"),
        *("certificate-not-trusted", "validation-failure", "tlsa-invalid", "dnssec-invalid"),
        *("dane-required", "sts-policy-fetch-error", "sts-policy-invalid", "sts-webpki-invalid"),
    }
    assert len({each.text for each in words.RESULT_TYPES.values()}) == 11
    assert words.explain("certificate-expired").text == "certificate expired"
    assert words.explain(None) is words.UNNAMED


@pytest.mark.parametrize("result_type", words.RESULT_TYPES)
def test_what_has_words_is_registered_for_the_core_too(result_type: str) -> None:
    assert warnings_of(result_type) == []


@pytest.mark.parametrize("result_type", ["quantum-decay", "Certificate-Expired", ""])
def test_what_has_no_words_is_not_registered_for_the_core_either(result_type: str) -> None:
    assert words.explain(result_type) is words.UNREGISTERED
    assert "result-type-unknown" in warnings_of(result_type)


# ----------------------------------------------------------------------------------------- terminal
class FakeStream(io.StringIO):
    def __init__(self, shown: bool = True, encoding: str = "utf-8") -> None:
        super().__init__()
        self._shown = shown
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return self._shown

    def fileno(self) -> int:
        return 0


SETTINGS = (
    "NO_COLOR",
    "FORCE_COLOR",
    "TERM",
    "LC_ALL",
    "LC_CTYPE",
    "LANG",
    "PYTHONUTF8",
    "PYTHONIOENCODING",
)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("shown", "environ", "colour", "reason"),
    [
        (True, {}, True, "a terminal"),
        (False, {}, False, "a pipe"),
        (True, {"TERM": "dumb"}, False, "a terminal without colours"),
        (True, {"NO_COLOR": "1"}, False, "not wanted"),
        (True, {"NO_COLOR": ""}, True, "empty is as good as not set"),
        (False, {"FORCE_COLOR": "1"}, True, "wanted in a pipe"),
        (False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, "who cannot take it goes first"),
    ],
)
def test_colours(
    monkeypatch: pytest.MonkeyPatch,
    shown: bool,
    environ: dict[str, str],
    colour: bool,
    reason: str,
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert terminal.for_stream(FakeStream(shown)).colour is colour, reason


@pytest.mark.parametrize(
    ("encoding", "environ", "utf8", "reason"),
    [
        ("utf-8", {"LANG": "de_DE.UTF-8"}, True, "says so"),
        ("UTF_8", {}, True, "no locale at all: Python decides"),
        ("iso8859-1", {"LANG": "de_DE.ISO-8859-1"}, False, "another character set"),
        (
            "utf-8",
            {"LC_ALL": "C", "LANG": "de_DE.UTF-8"},
            False,
            "the C locale, whatever LANG says",
        ),
        ("utf-8", {"LANG": "C", "LC_CTYPE": "C.UTF-8"}, False, "PEP 538 put C.UTF-8 there"),
        ("utf-8", {"LC_ALL": "C", "PYTHONUTF8": "1"}, True, "asked for"),
        ("utf-8", {"LC_CTYPE": "POSIX"}, False, "the C locale by its other name"),
    ],
)
def test_who_takes_utf8(
    monkeypatch: pytest.MonkeyPatch,
    encoding: str,
    environ: dict[str, str],
    utf8: bool,
    reason: str,
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert terminal.for_stream(FakeStream(encoding=encoding)).utf8 is utf8, reason


@pytest.mark.parametrize(
    ("shown", "columns", "width"),
    [(True, 60, 60), (True, 100, 100), (True, 250, 100), (False, 250, 80)],
)
def test_width(monkeypatch: pytest.MonkeyPatch, shown: bool, columns: int, width: int) -> None:
    monkeypatch.setattr(terminal, "columns", lambda _: columns)
    assert terminal.for_stream(FakeStream(shown)).width == width


def test_symbols_and_bar() -> None:
    utf8, plain = Terminal(), Terminal(utf8=False)
    marks: tuple[terminal.Mark, ...] = ("good", "warning", "error", "unknown", "absent")
    assert "".join(map(utf8.mark, marks)) == "✓!✗?-"
    assert "".join(map(plain.mark, marks)) == "+!x?-"
    assert Terminal(colour=True).mark("error") == "\x1b[31m✗\x1b[0m"
    shares = [None, 0.0, 0.001, 0.25, 0.5]
    assert utf8.bar(shares) == " ·▁▄█"
    assert plain.bar(shares) == " .148"
    assert utf8.bar([None, 0.0]) == " ·"


def test_a_message_names_the_place_and_what_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    messages.error("no such file or folder", "check the name", HOSTILE)
    messages.warning(
        "over 200 times larger unpacked", where="evil.tgz, r.json.gz", code="gzip-bomb"
    )
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        f"error: no such file or folder: {HARMLESS}\n  do  check the name\n"
        "warning: over 200 times larger unpacked: evil.tgz, r.json.gz  [gzip-bomb]\n"
    )


# ------------------------------------------------------------------------------------ text tables
def test_a_table_that_fits_has_a_line_a_row() -> None:
    table = FakeTable(
        [
            {"result_type": "certificate-expired", "details": 38, "failed_session_count": 1980},
            {"result_type": None, "details": 12, "failed_session_count": 201},
        ]
    )
    assert written(write_table, table) == (
        "result_type          details  failed_session_count\n"
        "certificate-expired       38                 1,980\n"
        "                          12                   201\n"
    )


WIDE = FakeTable(
    [
        {
            "policy_domain": "example.com",
            "reports": 1204,
            "organizations": 9,
            "start": datetime(2026, 11, 22, tzinfo=UTC),
            "end": datetime(2026, 11, 23, tzinfo=UTC),
            "total_successful_session_count": 412_877,
        }
    ]
)


@pytest.mark.parametrize(
    ("width", "shown", "reason"),
    [
        (
            120,
            "policy_domain  reports  organizations  start                 end                   "
            "total_successful_session_count\n"
            "example.com      1,204              9  2026-11-22T00:00:00Z  2026-11-23T00:00:00Z  "
            "                       412,877\n",
            "fits",
        ),
        (
            80,
            "policy_domain  reports  organizations  total_successful_session_count\n"
            "example.com      1,204              9                         412,877\n",
            "spares both times",
        ),
        (
            60,
            "policy_domain  reports  total_successful_session_count\n"
            "example.com      1,204                         412,877\n",
            "and the organizations",
        ),
        (
            42,
            "                        total_successful_\n"
            "policy_domain  reports      session_count\n"
            "example.com      1,204            412,877\n",
            "breaks a heading",
        ),
        (
            30,
            "policy_domain  reports\n"
            "  total_successful_\n"
            "      session_count\n"
            "example.com      1,204\n"
            "            412,877\n",
            "folds",
        ),
    ],
)
def test_a_table_that_is_too_wide(width: int, shown: str, reason: str) -> None:
    assert written(write_table, WIDE, SPARE, width=width) == shown, reason


def test_names_are_never_cut() -> None:
    """A folded row with an overlong value breaks behind it; a very wide table becomes records."""
    long = "folder/" * 20 + "report.json.gz"
    rows: list[Row] = [
        {
            "source": long,
            "member": "m" * 40,
            "code": "mail-headers-too-large",
            "offset": 66017,
            "detail": "d" * 50,
        },
        {"source": "a", "member": None, "code": "json-syntax", "offset": None, "detail": "no JSON"},
    ]
    text = written(write_table, FakeTable(rows, "errors"))
    assert text == (
        f"source                            member\n"
        f"  code                    offset  detail\n"
        f"{long}\n"
        f"    {'m' * 40}\n"
        f"  mail-headers-too-large  66,017\n"
        f"    {'d' * 50}\n"
        f"a\n"
        f"  json-syntax                     no JSON\n"
    )
    wide = {f"column_number_{n}": f"{n}" * 30 for n in range(9)} | {
        "mx": ["a", HOSTILE],
        "none": None,
    }
    lines = written(write_table, FakeTable([wide, wide])).splitlines()
    assert lines[0] == f"column_number_0  {'0' * 30}"
    assert lines[9:12] == ["mx               a", f"                 {HARMLESS}", ""]
    assert len(lines) == 2 * 11 + 1


def test_a_later_row_does_not_lose_a_column() -> None:
    """An empty column is left out of a fold only when every row has been seen."""
    names = [f"name_{n}" for n in range(4)]
    rows: list[Row] = [dict.fromkeys(names, "x" * 30) | {"late": None} for _ in range(CHUNK + 1)]
    assert "late" not in written(write_table, FakeTable(rows[:2]))
    rows[CHUNK]["late"] = "there"
    assert written(write_table, FakeTable(rows)).endswith("  there\n")


# ------------------------------------------------------------------------------- forms for machines
def table_of(*values: object) -> FakeTable:
    return FakeTable([{"value": value} for value in values])


@pytest.mark.parametrize(
    ("value", "expected", "reason"),
    [
        ("=1+1", "'=1+1", "a formula"),
        ("+1", "'+1", "a text, though it looks like a number"),
        ("-1", "'-1", "likewise"),
        ("@SUM(A1)", "'@SUM(A1)", "a formula of an older spreadsheet"),
        ("\t=1", "'\\x09=1", "tab"),
        ("\r=1", "'\\x0d=1", "CR"),
        ("\n=1", "'\\x0a=1", "LF"),
        (HOSTILE, HARMLESS, "a CSV may be looked at in a terminal"),
        ("a=1", "a=1", "harmless as it is"),
        ("", "", "empty"),
        (-5, "-5", "a number stays one"),
        (None, "", "nothing"),
        (["=a", '"b'], '["=a", "\\"b"]', "a list is JSON, which is no formula"),
        (date(2026, 11, 22), "2026-11-22", "a day"),
        (datetime(2026, 11, 22, 6, 10, tzinfo=UTC), "2026-11-22T06:10:00Z", "a time"),
    ],
)
def test_csv_cells_are_harmless(value: object, expected: str, reason: str) -> None:
    read = list(csv.reader(io.StringIO(written(write_csv, table_of(value, "end")))))
    assert read[0] == ["value"], reason
    assert read[-2:] == [[expected] if expected else [""], ["end"]] or (
        # A lone empty cell is written as "" or as an empty line.
        expected == "" and read[-1] == ["end"]
    ), reason
    assert str(cell(value) if cell(value) is not None else "") == expected, reason


def test_csv_quotes_what_separates() -> None:
    text = written(write_csv, FakeTable([{"a": 'x,"y"', "b": 1}]))
    assert text == 'a,b\n"x,""y""",1\n'


def test_json_is_one_array() -> None:
    assert written(write_json, table_of()) == "[]\n"
    text = written(write_json, table_of(1, None))
    assert text == '[\n{"value": 1},\n{"value": null}\n]\n'


def test_ndjson_is_an_object_a_line_and_loses_nothing() -> None:
    values = [HOSTILE, "\U000e0041ü", ["a", HOSTILE], 2**63 - 1]
    text = written(write_ndjson, table_of(*values))
    assert [json.loads(line)["value"] for line in text.splitlines()] == values
    assert escape.visible(text.replace("\n", "")) == text.replace("\n", "")
    assert "ü" in text
    assert r"\u009b" in text


def test_times_in_json() -> None:
    time = datetime(2026, 11, 22, 6, 10, tzinfo=UTC)
    assert written(write_ndjson, table_of(time, time.date())) == (
        '{"value": "2026-11-22T06:10:00Z"}\n{"value": "2026-11-22"}\n'
    )


@pytest.mark.parametrize("write", [write_json, write_ndjson, write_csv, write_table])
def test_a_long_table_is_written_piece_by_piece(write: Any) -> None:
    table = table_of(*range(3 * CHUNK + 7))
    text = written(write, table)
    assert max(table.asked) <= CHUNK
    assert sum(table.asked) == len(table)
    numbers = [line.strip('{}, ":value').replace(",", "") for line in text.splitlines()]
    assert [int(each) for each in numbers if each.isdigit()] == list(range(3 * CHUNK + 7))


# --------------------------------------------------------------------------------------------- HTML
def test_html_is_escaped() -> None:
    rows = [{"<s>": "<script>alert('1')</script>", "list": ["&", HOSTILE], "n": 1204, "none": None}]
    html = table_html(FakeTable(rows, name="<i>", notes=("<u>",)))
    assert "<script" not in html
    assert "&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt;" in html
    assert "&amp;; " + HARMLESS in html
    assert "1,204" in html
    for tag in ("<s>", "<i>", "<u>"):
        assert tag not in html


def test_html_shows_the_first_rows_only() -> None:
    html = table_html(table_of(*range(25)))
    assert html.count("<tr") == 21
    assert "… 5 more" in html
    assert "25 rows, 1 column" in html
    assert table_html(table_of("x" * 400)).count("x") < 350
    assert "<table" not in table_html(table_of())


def test_headings_break_and_whole_days_have_no_time() -> None:
    """Only what begins a day in ``start`` or ends it in ``end``: elsewhere it would mislead."""
    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    last = midnight.replace(hour=23, minute=59, second=59)
    rows = [{"start": midnight, "end": last}, {"start": last, "end": midnight}]
    html = table_html(FakeTable(rows))
    assert [cell.split("</td>")[0] for cell in html.split('left">') if "</td>" in cell] == [
        "2026-11-22",
        "2026-11-22",
        "2026-11-22T23:59:59Z",
        "2026-11-22T00:00:00Z",
    ]
    html = table_html(FakeTable([{"total_failure_<session_count": 1}]))
    assert ">total_<wbr>failure_<wbr>&lt;session_<wbr>count</th>" in html


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("Sessions are counted once (0 times).", False),
        ("Sessions are counted once (10 times).", True),
        ("Sums over failure details; 0 more failed sessions came without a detail.", False),
        ("Sums over failure details; 100 more failed sessions came without a detail.", True),
        ("A sum is larger than 2^63-1 and stands as 2^63-1.", True),
    ],
)
def test_a_note_that_counts_nothing_is_not_told(note: str, told: bool) -> None:
    assert telling([note]) == [note] * told
    assert (note in table_html(FakeTable([{"a": 1}], notes=(note,)))) is told


def test_html_of_an_archive(tmp_path: Path) -> None:
    report = {
        "organization-name": "<script>",
        "date-range": {
            "start-datetime": "2026-11-22T00:00:00Z",
            "end-datetime": "2026-11-22T23:59:59Z",
        },
        "report-id": "1",
        "policies": [
            {
                "policy": {"policy-type": "sts", "policy-domain": "<img src=x>"},
                "summary": {
                    "total-successful-session-count": 1204,
                    "total-failure-session-count": 0,
                },
            }
        ],
    }
    (tmp_path / "r.json").write_text(json.dumps(report))
    reports = tlsrpt.read_reports(tmp_path)
    html = reports_html(reports)
    assert html == reports._repr_html_()
    assert "1 report" in html
    assert "1,204" in html
    assert "<img" not in html
    assert "&lt;script&gt;" in reports.policies._repr_html_()


# ----------------------------------------------------------------------------------------- progress
@pytest.mark.parametrize(
    ("share", "width", "utf8", "expected", "reason"),
    [
        (
            0.5,
            100,
            True,
            "9 files   50 %  ━━━━━━━━━━╌╌╌╌╌╌╌╌╌╌  1.0 MiB  2,000 reports/s  2 s left",
            "all",
        ),
        (
            0.5,
            100,
            False,
            "9 files   50 %  ##########..........  1.0 MiB  2,000 reports/s  2 s left",
            "in ASCII",
        ),
        (0.5, 60, True, "9 files   50 %  1.0 MiB  2,000 reports/s  2 s left", "the bar goes first"),
        (None, 100, True, "9 files  1.0 MiB  2,000 reports/s", "the end is not known"),
        (1.0, 60, True, "9 files   99 %  1.0 MiB  2,000 reports/s  0 s left", "not done yet"),
    ],
)
def test_progress_line(
    share: float | None, width: int, utf8: bool, expected: str, reason: str
) -> None:
    line = progress_line(Terminal(width=width, utf8=utf8), 9, 1 << 20, 4000, 2.0, share)
    assert line == expected, reason


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time in seconds, to be set by the test."""
    now = [100.0]
    monkeypatch.setattr("mxseal._output.progress.time.monotonic", lambda: now[0])
    return now


class Screen:
    """What has been written to standard error, which passes for a terminal of 100 columns."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._text = ""

    def text(self) -> str:
        self._text += self._capsys.readouterr().err
        return self._text


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Screen:
    monkeypatch.setattr(progress_module, "is_terminal", lambda _: True)
    monkeypatch.setattr(progress_module, "columns", lambda _: 100)
    return Screen(capsys)


def test_progress_comes_after_a_second_and_is_wiped(clock: list[float], screen: Screen) -> None:
    with shown_progress(False, None, lambda: 10) as progress:
        assert progress is not None
        clock[0] += 0.9
        progress(1, 1, 1)
        assert screen.text() == ""
        clock[0] += 0.2
        progress(2, 1, 1)
        assert "2 files  1 byte " in screen.text()
        clock[0] += 0.05
        progress(3, 1, 1)
        assert "3 files" not in screen.text(), "ten times a second is enough"
        clock[0] += 0.1
        progress(5, 1, 1)
        assert "5 files   50 %" in screen.text(), "counted meanwhile"
    assert screen.text().endswith("\r\x1b[2K")


def test_progress_of_plain_files_goes_by_bytes(clock: list[float], screen: Screen) -> None:
    def not_asked() -> int:
        raise AssertionError("files were counted")

    with shown_progress(False, 1000, not_asked) as progress:
        assert progress is not None
        for _ in range(3):
            clock[0] += 2
            progress(0, 250, 1)
    assert "  25 %" in screen.text()


def test_a_short_work_shows_no_progress(screen: Screen) -> None:
    with shown_progress(False, None, lambda: 1) as progress:
        assert progress is not None
        progress(1, 1, 1)
    assert screen.text() == ""


def test_progress_is_wiped_when_the_work_is_stopped(clock: list[float], screen: Screen) -> None:
    def stopped() -> None:
        with shown_progress(False, None, lambda: 1) as progress:
            assert progress is not None
            clock[0] += 2
            progress(1, 1, 1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert screen.text().endswith("\r\x1b[2K")


def test_progress_of_a_check_makes_room_for_the_answer(clock: list[float], screen: Screen) -> None:
    with check_progress(False, 8) as progress:
        assert progress is not None
        clock[0] += 2
        progress.done = 3
        progress.show()
        assert screen.text().endswith("3 of 8 domains   37 %  ━━━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌")
        progress.wipe()
        assert screen.text().endswith("╌\r\x1b[2K")
        progress.wipe()
        clock[0] += 0.05
        progress.show()
        assert screen.text().endswith("╌\r\x1b[2K"), "ten times a second is enough"
    assert screen.text().count("\x1b[2K") == 2, "there was nothing more to wipe"


def test_progress_of_a_scan_goes_on_while_its_file_is_written(
    clock: list[float], screen: Screen
) -> None:
    with scan_progress(False, 100_000, 0) as progress:
        assert progress is not None
        clock[0] += 2
        progress.show(100_000, 0, {"protected": 100_000})
        clock[0] += 1
        progress.writing(40_000, 100_000)
        last = screen.text().rpartition("\x1b[2K")[2]
        assert last == "writing 40,000 of 100,000 rows   40 %  ━━━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌"
    assert screen.text().endswith("\r\x1b[2K")


@pytest.mark.parametrize(
    ("quiet", "domains", "shown"), [(True, 9, True), (False, 9, False), (False, 1, True)]
)
def test_no_progress_of_a_check(
    monkeypatch: pytest.MonkeyPatch, quiet: bool, domains: int, shown: bool
) -> None:
    """When quiet, in a pipe, or of one domain."""
    monkeypatch.setattr(sys, "stderr", FakeStream(shown))
    with check_progress(quiet, domains) as progress:
        assert progress is None


@pytest.mark.parametrize(("quiet", "shown"), [(True, True), (False, False)])
def test_no_progress_when_quiet_or_in_a_pipe(
    monkeypatch: pytest.MonkeyPatch, quiet: bool, shown: bool
) -> None:
    monkeypatch.setattr(sys, "stderr", FakeStream(shown))
    with shown_progress(quiet, None, lambda: 1) as progress:
        assert progress is None


def test_items_are_joined_by_what_is_asked_for_and_wrapped_where_they_end() -> None:
    terminal = Terminal(width=20)
    assert terminal.wrapped(["one 1", "two 22", "three 333"], 0, "   ") == [
        "one 1   two 22",
        "three 333",
    ]
    assert terminal.wrapped(["a", "b", "c"], 2) == ["  a, b, c"]
