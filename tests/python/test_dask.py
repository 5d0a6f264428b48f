# SPDX-License-Identifier: MIT
"""A scan and sums of reports on a cluster of two processes say what one machine says."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import archives
import mxseal
from mxseal import MissingExtraError, NetworkError, tlsrpt
from mxseal._domain_files import Line
from mxseal._reading import WrongValueError
from mxseal._scan import ScanSettings
from mxseal.lab import Lab

distributed = pytest.importorskip("distributed", reason="distributed is in the extra dask")
pytest.importorskip("fsspec", reason="fsspec is in the extra dask")

from mxseal import dask  # noqa: E402 - it says so itself where these are missing

if TYPE_CHECKING:
    from distributed import Client, LocalCluster

CROWD = 600
PATIENCE = 120.0  # seconds that nothing here takes


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0"
    ) as running:
        yield running


@pytest.fixture(scope="module")
def client(cluster: LocalCluster) -> Iterator[Client]:
    with distributed.Client(cluster) as connected:
        yield connected


def options(lab: Lab) -> dict[str, Any]:
    return {
        "resolver": lab.resolver,
        "smtp_port": lab.smtp_port,
        "https_port": lab.https_port,
        "ca_file": str(lab.ca_file),
        "allow_private": True,
        "concurrency": 100,
    }


def rows_of(folder: Path) -> list[dict[str, Any]]:
    """All rows below a folder in the order of the list, without what differs between two runs."""
    rows = [row for file in sorted(folder.iterdir()) for row in pq.read_table(file).to_pylist()]
    return comparable(rows)


def comparable(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for row in rows:
        for name in ("started", "seconds"):
            del row[name]
        for finding in row["findings"]:
            del finding["seen_at"]
    return sorted(rows, key=lambda row: row["line"])


def without_times(summary: mxseal.ScanSummary) -> dict[str, Any]:
    return {**summary.to_dict(), "name": "", "started": None, "ended": None}


# ---------------------------------------------------------------------------------------- the scan
@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab((), crowd=CROWD) as running:
        yield running


def test_a_scan_on_a_cluster_gives_the_rows_of_a_scan(
    lab: Lab, client: Client, tmp_path: Path
) -> None:
    """Each MX host takes as many connections from all workers together as from one scan."""
    customers = pa.table(
        {
            "customer": [f"customer {number}" for number in range(CROWD + 1)],
            "domain": [*lab.crowd.domains, "no domain"],
        }
    )
    before = lab.connections
    alone = mxseal.scan(customers, **options(lab))
    expected = comparable(alone.to_arrow().to_pylist())
    of_one = lab.connections - before

    before = lab.connections
    output = tmp_path / "scan"
    record = dask.scan(customers, client, output=str(output), partition=100, **options(lab))
    assert rows_of(output) == expected
    assert lab.connections - before == of_one
    assert of_one[lab.addresses("mx1.giant-mail.test")[0]] == 1

    assert sorted(file.name for file in output.iterdir()) == [
        f"part-{number:05}.parquet" for number in range(record["partitions"])
    ]
    assert record["partitions"] > 2
    assert record["domains"] == CROWD + 1
    assert record["verdicts"] == alone.record()["verdicts"]
    assert record["errors"] == alone.record()["errors"]
    assert record == json.loads((tmp_path / "scan.run.json").read_text())
    assert without_times(mxseal.summarize_scan(output)) == without_times(alone.summary())
    first = pq.read_schema(output / "part-00000.parquet").metadata[b"mxseal"]
    assert json.loads(first)["parameters"]["concurrency"] == 50  # two workers share 100


def test_a_killed_worker_loses_and_doubles_nothing(lab: Lab, tmp_path: Path) -> None:
    output = tmp_path / "scan"
    failures: list[BaseException] = []

    def run(client: Client) -> None:
        try:
            dask.scan(lab.crowd.domains, client, output=str(output), partition=200, **options(lab))
        except BaseException as failure:
            failures.append(failure)

    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        processes = client.run(os.getpid)
        thread = threading.Thread(target=run, args=(client,))
        thread.start()
        killed = kill_one_that_scans(client, processes, thread)
        thread.join(PATIENCE)
        assert not thread.is_alive()
        assert killed not in client.run(os.getpid).values()
    assert failures == []
    assert [row["line"] for row in rows_of(output)] == list(range(1, CROWD + 1))
    assert {file.suffix for file in output.iterdir()} == {".parquet"}


def kill_one_that_scans(client: Client, processes: dict[str, int], thread: threading.Thread) -> int:
    """Kills the process of a worker as soon as it is on a partition; gives back which."""
    end = time.monotonic() + PATIENCE
    while thread.is_alive() and time.monotonic() < end:
        for worker, tasks in client.processing().items():
            if any(str(task).startswith("_write_part") for task in tasks):
                os.kill(processes[worker], signal.SIGKILL)
                return processes[worker]
    raise AssertionError("no worker was seen at work")


def test_a_partition_that_is_written_twice_is_there_once(
    lab: Lab, client: Client, tmp_path: Path
) -> None:
    """As after the loss of a worker whose file was whole already, or that was not lost at all."""
    files = dask.fsspec.filesystem("file")
    lines = [Line(7, lab.crowd.domains[0], ()), Line(9, lab.crowd.domains[1], ())]
    part = dask._Lines(lines, "a list", (), [], None)
    settings = mxseal.scan((), **options(lab)).settings
    work = part, settings, ("", ""), files, str(tmp_path / "part-00000.parquet")
    for future in [client.submit(dask._write_part, *work, pure=False) for _ in range(2)]:
        assert future.result()["domains"] == 2
    assert [file.name for file in tmp_path.iterdir()] == ["part-00000.parquet"]
    assert [row["line"] for row in rows_of(tmp_path)] == [7, 9]


def test_a_scan_goes_where_fsspec_says(lab: Lab) -> None:
    """Memory is of one process, so the worker is a thread of this one."""
    with distributed.Client(
        processes=False, n_workers=1, dashboard_address="127.0.0.1:0"
    ) as client:
        dask.scan(lab.crowd.domains[:10], client, output="memory://there/scan", **options(lab))
    files = dask.fsspec.filesystem("memory")
    assert files.glob("/there/scan/*") == files.glob("/there/scan/part-*.parquet") != []
    assert json.loads(files.cat("/there/scan.run.json"))["domains"] == 10


def test_a_list_without_a_domain_is_a_scan_too(client: Client, tmp_path: Path) -> None:
    record = dask.scan([], client, output=str(tmp_path / "scan"))
    assert (record["domains"], record["partitions"]) == (0, 1)
    assert pq.read_table(tmp_path / "scan").num_rows == 0


def test_what_lies_there_is_not_mixed_with_another_scan(client: Client, tmp_path: Path) -> None:
    dask.scan([], client, output=str(tmp_path / "scan"))
    with pytest.raises(WrongValueError, match="a scan lies there already"):
        dask.scan([], client, output=str(tmp_path / "scan"))
    (tmp_path / "scan.run.json").unlink()
    with pytest.raises(WrongValueError, match=r"no whole scan: scan\.run\.json is not beside"):
        mxseal.summarize_scan(tmp_path / "scan")
    with pytest.raises(WrongValueError, match="name another folder"):
        dask.scan([], client, output=str(tmp_path / "scan"))


def test_a_resolver_that_does_not_answer_ends_it(client: Client, tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="no resolver answers"):
        dask.scan(["a.test"], client, output=str(tmp_path / "scan"), resolver="127.0.0.1:1")
    assert not (tmp_path / "scan.run.json").exists()


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"partition": 0}, WrongValueError),
        ({"concurrency": 0}, WrongValueError),
        ({"blocklist": "/no/such/file"}, FileNotFoundError),
        ({"verdict": "protected"}, TypeError),
    ],
)
def test_nonsense_is_refused_before_any_work(
    wrong: dict[str, Any], error: type[Exception], tmp_path: Path
) -> None:
    with pytest.raises(error):
        dask.scan(["a.test"], output=str(tmp_path / "scan"), **wrong)
    assert list(tmp_path.iterdir()) == []


def test_limits_are_those_of_the_whole_cluster() -> None:
    share = dask._share(ScanSettings(concurrency=500, rate=200, max_per_host=2), 8)
    assert (share.concurrency, share.rate, share.max_per_host) == (62, 25, 1)
    assert share.max_per_network == 1.25


def test_domains_are_linked_by_hosts_directly_or_through_others() -> None:
    linked = dask._Linked()
    for hosts in (["a", "b"], ["c"], ["d", "e"], ["e", "b"], ["f", "c"]):
        linked.link(hosts)
    heads = {name: linked.head(name) for name in "abcdef"}
    assert len({heads[name] for name in "abde"}) == 1
    assert heads["c"] == heads["f"] != heads["a"]


def test_what_hangs_together_is_never_cut() -> None:
    groups = [
        [Line(1, name, ())] * count for name, count in (("a", 5), ("b", 2), ("c", 2), ("d", 1))
    ]
    parts = dask._partitions(groups, 3)
    assert ["".join(line.domain for line in part) for part in parts] == ["aaaaa", "bb", "ccd"]


# ------------------------------------------------------------------------------ sums of an archive
@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some reports lie in several of its parts, and some cannot be read."""
    folder = tmp_path_factory.mktemp("reports")
    plan = archives.Plan(
        reports=400,
        seed=5,
        recipients=archives.recipients(8),
        first_day=date(2026, 6, 29),
        days=60,
        failing=0.1,
        broken=0.02,
    )
    archives.write(folder / "archive", "mixed", plan.reports, plan.seed, plan=plan)
    shutil.copytree(folder / "archive" / "mails", folder / "archive" / "copy")
    return folder / "archive"


@pytest.mark.parametrize(
    ("by", "period"),
    [
        (["policy_domain"], None),
        ([], None),
        (["organization_name", "policy_type"], "week"),
        (["result_type", "receiving_mx_hostname"], "month"),
        (["source"], None),
        ([], "day"),
    ],
)
def test_sums_are_those_of_one_machine(
    archive: Path, client: Client, by: list[str], period: Any
) -> None:
    paths = sorted(str(path) for path in archive.iterdir())
    sums = dask.summarize_reports(str(archive / "*"), client, by, period)
    expected = tlsrpt.summarize_reports(paths, by, period)
    assert sums.table.to_pylist() == expected.to_dicts()
    assert sums.table.column_names == expected.column_names
    assert sums.notes == expected.notes
    assert sums.errors.to_pylist() == expected.errors.to_dicts()
    assert sums.counts == {name: getattr(expected.counts, name) for name in sums.counts}
    assert sums.counts["duplicates"] > 0
    assert sums.counts["unread"] > 0


def test_a_report_counts_in_the_first_path_that_has_it(archive: Path, client: Client) -> None:
    paths = [str(archive / "mails"), str(archive / "copy")]
    once = tlsrpt.summarize_reports(paths[0])
    for both in (paths, paths[::-1]):
        sums = dask.summarize_reports(both, client, ["source"])
        assert sums.counts["reports"] == once.counts.reports
        assert all(source.startswith(both[0]) for source in sums.table["source"].to_pylist())


def test_the_filter_is_the_same(archive: Path, client: Client) -> None:
    asked: dict[str, Any] = {"since": "2026-07-10", "until": date(2026, 7, 31)}
    paths = sorted(str(path) for path in archive.iterdir())
    sums = dask.summarize_reports(paths, client, **asked)
    expected = tlsrpt.summarize_reports(paths, **asked)
    assert sums.table.to_pylist() == expected.to_dicts()
    assert sums.counts["filtered"] == expected.counts.filtered > 0


def test_what_is_elsewhere_is_fetched_and_keeps_its_name(
    archive: Path, client: Client, tmp_path: Path
) -> None:
    """A file system of fsspec that is no local one: what lies in a zip."""
    packed = tmp_path / "reports.zip"
    with zipfile.ZipFile(packed, "w") as file:
        for path in sorted((archive / "mails").rglob("*")):
            if path.is_file():
                file.write(path, f"mails/{path.name}")
        file.writestr("mails/../notes", "no report")
    sums = dask.summarize_reports(f"zip://mails::file://{packed}", client, ["source"])
    expected = tlsrpt.summarize_reports(archive / "mails")
    assert sums.counts["reports"] == expected.counts.reports
    assert all(name.startswith("zip://mails/") for name in sums.table["source"].to_pylist())
    errors = set(sums.errors["source"].to_pylist())
    assert "zip://mails/../notes" in errors  # a name is none for a file of ours
    assert all(name.startswith("zip://mails/") for name in errors)


def test_sums_beyond_63_bits_stand_as_the_largest(client: Client, tmp_path: Path) -> None:
    for number in range(2):
        report = {
            "organization-name": "x",
            "report-id": str(number),
            "date-range": {
                "start-datetime": "2026-07-01T00:00:00Z",
                "end-datetime": "2026-07-01T23:59:59Z",
            },
            "policies": [
                {
                    "policy": {"policy-type": "sts", "policy-domain": "example.com"},
                    "summary": {
                        "total-successful-session-count": 2**62,
                        "total-failure-session-count": 1,
                    },
                }
            ],
        }
        (tmp_path / f"{number}.json").write_text(json.dumps(report))
    sums = dask.summarize_reports(f"{tmp_path}/*.json", client)
    expected = tlsrpt.summarize_reports(tmp_path)
    assert sums.table.to_pylist() == expected.to_dicts()
    assert sums.saturated
    assert sums.notes == expected.notes


def test_an_archive_without_a_report_has_no_sums(client: Client, tmp_path: Path) -> None:
    for by in (["policy_domain"], []):
        sums = dask.summarize_reports(str(tmp_path), client, by)
        assert sums.table.num_rows == 0
        assert sums.table.column_names == tlsrpt.summarize_reports(tmp_path, by).column_names


def test_without_a_client_this_machine_is_the_cluster(archive: Path) -> None:
    sums = dask.summarize_reports(str(archive / "mails"))
    assert sums.table.to_pylist() == tlsrpt.summarize_reports(archive / "mails").to_dicts()
    assert repr(sums).startswith("<ReportSums ")


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"paths": []}, WrongValueError),
        ({"paths": "/no/such/folder"}, FileNotFoundError),
        ({"paths": "/no/such/*.json"}, FileNotFoundError),
        ({"by": "colour"}, WrongValueError),
        ({"period": "year"}, WrongValueError),
        ({"since": "yesterday"}, WrongValueError),
    ],
)
def test_what_cannot_be_meant_is_refused(wrong: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        dask.summarize_reports(**{"paths": [], **wrong})


def test_a_missing_library_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib
    import sys

    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r"distributed.*mxseal\[dask\]"):
        importlib.reload(dask)
