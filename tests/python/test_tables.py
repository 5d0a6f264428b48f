# SPDX-License-Identifier: MIT
"""Tables go to pyarrow, polars, pandas and DuckDB as they are, without a copy of the numbers.

Q39: no field of a report is lost on the way.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mxseal import MissingExtraError, tlsrpt

ARCHIVE = Path(__file__).resolve().parents[1] / "data" / "archive"

POLICY_COLUMNS = [
    *("report_id", "organization_name", "contact_info", "start", "end", "policy_type"),
    *("policy_domain", "policy_string", "mx_host", "total_successful_session_count"),
    *("total_failure_session_count", "source", "member", "warnings", "mail_from", "submitter"),
]
DETAIL_COLUMNS = [
    *("result_type", "sending_mta_ip", "receiving_mx_hostname", "receiving_mx_helo"),
    *("receiving_ip", "failed_session_count", "additional_information", "failure_reason_code"),
]

FULL = {
    "organization-name": "Example Mail",
    "date-range": {
        "start-datetime": "2026-03-01T00:00:00Z",
        "end-datetime": "2026-03-01T23:59:59Z",
    },
    "contact-info": "tls@mail.example",
    "report-id": "r1",
    "policies": [
        {
            "policy": {
                "policy-type": "sts",
                "policy-string": ["version: STSv1", "mode: enforce"],
                "policy-domain": "example.com",
                "mx-host": ["*.example.com", "mx.example.net"],
            },
            "summary": {
                "total-successful-session-count": 2**63 - 1,
                "total-failure-session-count": 3,
            },
            "failure-details": [
                {
                    "result-type": "validation-failure",
                    "sending-mta-ip": "192.0.2.1",
                    "receiving-mx-hostname": "mx.example.net",
                    "receiving-mx-helo": "helo.example.net",
                    "receiving-ip": "2001:db8::1",
                    "failed-session-count": 3,
                    "additional-information": "https://mail.example/info",
                    "failure-reason-code": "X509_V_ERR_x",
                }
            ],
        }
    ],
}


@pytest.fixture(scope="module")
def archive() -> tlsrpt.ReportTable:
    return tlsrpt.read_reports(ARCHIVE)


def test_every_field_is_there(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(FULL))
    table = tlsrpt.read_reports(tmp_path)
    [policy] = table.policies.to_dicts()
    [failure] = table.failures.to_dicts()
    assert list(policy) == table.policies.column_names == POLICY_COLUMNS
    assert policy == {
        "report_id": "r1",
        "organization_name": "Example Mail",
        "contact_info": "tls@mail.example",
        "start": datetime(2026, 3, 1, tzinfo=UTC),
        "end": datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC),
        "policy_type": "sts",
        "policy_domain": "example.com",
        "policy_string": ["version: STSv1", "mode: enforce"],
        "mx_host": ["*.example.com", "mx.example.net"],
        "total_successful_session_count": 2**63 - 1,
        "total_failure_session_count": 3,
        "source": str(tmp_path / "a.json"),
        "member": None,
        "warnings": ["count-above-2-53"],
        "mail_from": None,
        "submitter": None,
    }
    assert list(failure)[:8] == DETAIL_COLUMNS
    assert [failure[name] for name in DETAIL_COLUMNS] == [
        *("validation-failure", "192.0.2.1", "mx.example.net", "helo.example.net", "2001:db8::1"),
        *(3, "https://mail.example/info", "X509_V_ERR_x"),
    ]
    assert failure["policy_row"] == 0
    shared = set(failure) & set(policy)
    assert shared >= {
        "report_id",
        "organization_name",
        "start",
        "end",
        "policy_type",
        "policy_domain",
    }
    assert {name: failure[name] for name in shared} == {name: policy[name] for name in shared}


def test_pyarrow_polars_duckdb_and_rows_agree(archive: tlsrpt.ReportTable) -> None:
    duckdb = pytest.importorskip("duckdb")
    polars = pytest.importorskip("polars")
    pyarrow = pytest.importorskip("pyarrow")
    for part in (archive.policies, archive.failures, archive.errors, archive.duplicates):
        rows = part.to_dicts()
        arrow = pyarrow.table(part)
        arrow.validate(full=True)
        assert arrow.to_pylist() == rows
        assert polars.DataFrame(part).to_dicts() == rows
        assert duckdb.sql("select count(*) from part").fetchall() == [(len(rows),)]
    failures = archive.failures
    expected = sum(row["failed_session_count"] for row in failures.to_dicts())
    assert duckdb.sql("select sum(failed_session_count) from failures").fetchall() == [(expected,)]
    policies = archive.policies
    found = duckdb.sql(
        "select distinct organization_name from policies where policy_type = 'tlsa' order by 1"
    ).fetchall()
    assert found == sorted(
        {(row["organization_name"],) for row in policies.to_dicts() if row["policy_type"] == "tlsa"}
    )


def test_pandas(archive: tlsrpt.ReportTable) -> None:
    pytest.importorskip("pandas")
    frame = archive.policies.to_pandas()
    assert list(frame.columns) == POLICY_COLUMNS
    assert str(frame["start"].dt.tz) == "UTC"
    assert str(frame["total_successful_session_count"].dtype) == "int64"
    sums = frame.groupby("policy_domain", observed=True)["total_failure_session_count"].sum()
    assert sums.sum() == sum(r["total_failure_session_count"] for r in archive.policies.to_dicts())


def test_numbers_are_not_copied(archive: tlsrpt.ReportTable) -> None:
    """Two exports of a table are the same memory, also in polars and numpy."""
    pyarrow = pytest.importorskip("pyarrow")
    polars = pytest.importorskip("polars")

    def address(table: object) -> int:
        column = pyarrow.table(table)["total_successful_session_count"].chunk(0)
        return int(column.buffers()[1].address)

    there = address(archive.policies)
    assert address(archive.policies) == there
    series = polars.DataFrame(archive.policies)["total_successful_session_count"]
    assert series.to_arrow().buffers()[1].address == there
    column = pyarrow.table(archive.policies)["total_successful_session_count"].chunk(0)
    assert column.to_numpy(zero_copy_only=True).__array_interface__["data"][0] == there


def test_tables_outlive_what_they_came_from() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    archive = tlsrpt.read_reports(ARCHIVE)
    expected = archive.policies.to_dicts()
    arrow = pyarrow.table(archive.policies)
    del archive
    assert arrow.to_pylist() == expected


def test_policy_row_leads_to_the_policy(archive: tlsrpt.ReportTable) -> None:
    policies = archive.policies.to_dicts()
    for failure in archive.failures.to_dicts():
        policy = policies[failure["policy_row"]]
        for name in (
            "report_id",
            "organization_name",
            "start",
            "policy_type",
            "policy_domain",
            "source",
            "member",
        ):
            assert failure[name] == policy[name]


def test_empty_tables() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    polars = pytest.importorskip("polars")
    empty = tlsrpt.read_reports([])
    assert pyarrow.table(empty.policies).num_rows == 0
    assert polars.DataFrame(empty.failures).height == 0
    assert pyarrow.table(empty.summarize(["policy_domain", "result_type"], "week")).num_rows == 0


def test_short_reprs(archive: tlsrpt.ReportTable) -> None:
    assert repr(archive).startswith("<ReportTable 291 reports: 375 policies, 71 failures, ")
    assert repr(archive.policies) == "<Table policies: 375 rows, 16 columns>"
    assert "<table" in archive.policies._repr_html_()
    assert "291" in archive._repr_html_()


def test_a_missing_library_is_an_error_with_the_install_line(
    archive: tlsrpt.ReportTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr("mxseal._frames.importlib.import_module", missing)
    with pytest.raises(MissingExtraError, match=r"pip install 'mxseal\[polars\]'"):
        archive.policies.to_polars()
    with pytest.raises(MissingExtraError, match=r"pip install 'mxseal\[pandas\]'"):
        archive.policies.to_pandas()


def test_a_table_for_pyarrow_imports_no_pandas() -> None:
    """pyarrow.table() does so wherever it is installed: 46 MiB and a third of a second."""
    pytest.importorskip("pandas")
    code = (
        "import sys; from mxseal import tlsrpt;"
        "tlsrpt.read_reports(sys.argv[1]).policies.to_arrow();"
        "print('pandas' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(ARCHIVE)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
