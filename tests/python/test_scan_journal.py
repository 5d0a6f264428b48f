# SPDX-License-Identifier: MIT
"""FILE.part of a scan: it survives any end, and is believed only where it is ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet
import pytest

import crashes
import mxseal
import scans
from mxseal._reading import WrongValueError
from mxseal._scan_journal import Journal, Kind, kept

ABOUT = {"list": "the list", "options": {"no_probe": False}}


def journal(target: Path, **about: Any) -> Journal:
    return Journal(target, ABOUT | about, crashes.table([]))


def interrupted(target: Path, lines: int = 4) -> Path:
    """A FILE.part with so many rows."""
    begun = journal(target)
    begun.begin()
    for line in range(1, lines + 1):
        begun.append(crashes.table([line]))
    begun.close()
    return begun.path


def written(path: Path, table: pa.Table, metadata: dict[str, Any] | None) -> Path:
    """A FILE.part as somebody else would write it."""
    encoded = None if metadata is None else {b"mxseal": json.dumps(metadata).encode()}
    with pa.ipc.new_stream(path, table.schema.with_metadata(encoded)) as stream:
        stream.write_table(table)
    return path


def test_it_imports_no_pandas(tmp_path: Path) -> None:
    """Nothing of it is needed; a scan would take 44 MiB more."""
    pytest.importorskip("pandas")
    code = (
        "import pathlib, sys; from mxseal._domains import DomainList;"
        "from mxseal._scan import no_rows; from mxseal._scan_journal import Journal;"
        "Journal(pathlib.Path(sys.argv[1]), {}, no_rows(DomainList.of([])));"
        "print('pandas' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "scan.parquet")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


# ------------------------------------------------------------------------------------ interruptions
@pytest.mark.parametrize("kind", ["parquet", "ndjson"])
def test_a_process_killed_at_any_step_loses_and_doubles_nothing(kind: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, crashes.__file__, kind, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(Path(crashes.__file__).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    print(done.stdout)


def test_in_parquet_texts_alone_have_dictionaries(tmp_path: Path) -> None:
    begun = journal(tmp_path / "scan.parquet")
    begun.begin()
    begun.append(crashes.table([1, 2, 3]))
    begun.finish("parquet", {})
    group = pyarrow.parquet.read_metadata(begun.target).row_group(0)
    columns = [group.column(place) for place in range(group.num_columns)]
    with_dictionary = {each.path_in_schema for each in columns if each.has_dictionary_page}
    texts = {each.path_in_schema for each in columns if each.physical_type == "BYTE_ARRAY"}
    assert with_dictionary <= texts - {"domain"}
    assert {"verdict", "effects.plain", "findings.list.element.code"} <= with_dictionary


@pytest.mark.parametrize("kind", ["parquet", "arrow", "ndjson", "csv"])
def test_it_tells_how_far_its_file_is(
    kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mxseal._scan_journal.ROWS", 2)
    begun = journal(tmp_path / f"scan.{kind}")
    begun.begin()
    for line in range(1, 6):
        begun.append(crashes.table([line]))
    told: list[tuple[int, int]] = []
    begun.finish(kind, {}, lambda done, rows: told.append((done, rows)))
    assert told == [(2, 5), (4, 5)]
    assert crashes.lines_of(begun.target) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("kind", ["parquet", "arrow", "ndjson", "csv"])
def test_it_goes_on_wherever_it_was_cut_off(kind: Kind, tmp_path: Path) -> None:
    """Also in the middle of a row, or before the first one."""
    target = tmp_path / f"scan.{kind}"
    whole = interrupted(target).read_bytes()
    for size in (*range(0, len(whole), 997), len(whole)):
        target.unlink(missing_ok=True)
        journal(target).path.write_bytes(whole[:size])
        again = journal(target)
        assert again.is_there
        again.resume()
        kept_lines = [line for line in range(1, 5) if again.is_done(line)]
        assert kept_lines == list(range(1, len(kept_lines) + 1)), "from the beginning on"
        assert again.rows == len(kept_lines)
        assert again.resumed == (1 if kept_lines else again.resumed)
        with kept(again):
            rest = [line for line in range(1, 6) if not again.is_done(line)]
            again.append(crashes.table(rest))
        again.finish(kind, {"domains": again.rows})
        assert crashes.lines_of(target) == [1, 2, 3, 4, 5]
        assert not again.path.exists()
    assert len(kept_lines) == 4


def test_a_scan_that_ends_before_its_first_row_leaves_no_file(tmp_path: Path) -> None:
    begun = journal(tmp_path / "scan.parquet")
    begun.begin()
    with pytest.raises(KeyboardInterrupt), kept(begun):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "scan.ndjson"
    target.write_text("of last month\n")
    part = interrupted(target)
    before = part.read_bytes()
    again = journal(target)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            again.resume()
        assert part.read_bytes() == before
    again = journal(target)
    again.resume()
    again.close()
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            again.finish("ndjson", {})
    assert target.read_text() == "of last month\n"
    assert {each.name for each in tmp_path.iterdir()} == {target.name, part.name}


def test_what_cannot_be_read_back_is_no_finished_scan(tmp_path: Path) -> None:
    target = tmp_path / "scan.csv"
    part = interrupted(target)
    again = journal(target)
    again.resume()
    again.close()
    part.write_bytes(part.read_bytes()[:-1500])
    with pytest.raises(OSError, match="not all of it can be read"):
        again.finish("csv", {})
    assert part.exists()
    assert not target.exists()


# ------------------------------------------------------------------------- what somebody else wrote
GOOD = {**ABOUT, "version": mxseal.__version__, "started": "2026", "resumed": 0}


def table(**columns: Any) -> pa.Table:
    """Rows 1 and 2, with other values in some columns."""
    rows = crashes.table([1, 2])
    for name, values in columns.items():
        place = rows.column_names.index(name)
        rows = rows.set_column(place, name, pa.array(values, rows.schema.field(name).type))
    return rows


def findings(code: str) -> list[list[dict[str, Any]]]:
    return [[scans.finding("mx.null") | {"code": code, "severity": "error"}], []]


HOSTILE: dict[str, Callable[[Path], object]] = {
    "a text": lambda path: path.write_text("my diary"),
    "a zip": lambda path: path.write_bytes(b"PK\x03\x04" + bytes(100)),
    "Parquet": lambda path: pa.parquet.write_table(crashes.table([1]), path),
    "no record": lambda path: written(path, table(), None),
    "a record that is a list": lambda path: written(path, table(), []),  # type: ignore[arg-type]
    "an empty record": lambda path: written(path, table(), {}),
    "times that are none": lambda path: written(path, table(), GOOD | {"started": 1}),
    "resumed that is no number": lambda path: written(path, table(), GOOD | {"resumed": "1"}),
    "other columns": lambda path: written(path, pa.table({"line": [1]}), GOOD),
    "one column more": lambda path: written(path, table().append_column("x", [[1, 2]]), GOOD),
    "line 0": lambda path: written(path, table(line=[0, 1]), GOOD),
    "a negative line": lambda path: written(path, table(line=[-8, 1]), GOOD),
    "a line that no list has": lambda path: written(path, table(line=[1, 2**62]), GOOD),
    "a missing line": lambda path: written(path, table(line=[None, 1]), GOOD),
    "a line twice": lambda path: written(path, table(line=[3, 3]), GOOD),
    "a verdict": lambda path: written(path, table(verdict=["\x1b[2J", "broken"]), GOOD),
    "a missing verdict": lambda path: written(path, table(verdict=[None, "broken"]), GOOD),
    "a code": lambda path: written(path, table(findings=findings("\x1b[2J")), GOOD),
    "megabytes of nothing": lambda path: path.write_bytes(b"\xff" * 4 + b"\x7f" * (1 << 21)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_journal_of_ours_is_refused_and_stays(name: str, tmp_path: Path) -> None:
    target = tmp_path / "scan.parquet"
    again = journal(target)
    HOSTILE[name](again.path)
    before = again.path.read_bytes()
    with pytest.raises(WrongValueError, match=r"no scan that was interrupted|damaged|another"):
        again.resume()
    assert again.path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [again.path]


@pytest.mark.parametrize(
    "about", [{"list": "another"}, {"options": {"no_probe": True}}, {"version": "0.0.1"}]
)
def test_another_list_and_other_options_are_refused(about: Any, tmp_path: Path) -> None:
    part = interrupted(tmp_path / "scan.parquet")
    before = part.read_bytes()
    again = journal(tmp_path / "scan.parquet")
    again._about |= about
    with pytest.raises(WrongValueError, match=r"has another (list|version)|was begun otherwise"):
        again.resume()
    assert part.read_bytes() == before
    assert list(tmp_path.iterdir()) == [part]


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    """In a folder that others write, too."""
    target, victim = tmp_path / "scan.ndjson", tmp_path / "victim"
    begun = journal(target)
    for name in ("scan.ndjson.part", "scan.ndjson.whole", "scan.ndjson.run.json.part"):
        (tmp_path / name).symlink_to(victim)
    assert begun.is_there, "though it leads nowhere"
    with pytest.raises(OSError, match="File exists"):
        begun.begin()
    victim.write_text("precious")
    with pytest.raises(OSError, match="Too many levels"):
        begun.resume()
    begun.path.unlink()
    begun.begin()
    begun.append(crashes.table([1]))
    begun.finish("ndjson", {})
    assert victim.read_text() == "precious"
    assert {each.name for each in tmp_path.iterdir()} == {
        *("scan.ndjson", "scan.ndjson.run.json", "victim")
    }


def test_a_link_as_file_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "scan.csv"
    link.symlink_to(tmp_path / "real" / "it.csv")
    begun = journal(link)
    begun.begin()
    begun.append(crashes.table([1]))
    begun.finish("csv", {})
    assert link.is_symlink()
    assert crashes.lines_of(link) == [1]


def test_a_file_that_another_scan_writes_is_left_to_it(tmp_path: Path) -> None:
    target = tmp_path / "scan.arrow"
    first = journal(target)
    first.begin()
    first.append(crashes.table([1]))
    with pytest.raises(WrongValueError, match="another mxseal scan"):
        journal(target).resume()
    assert journal(target).is_being_written
    first.append(crashes.table([2]))
    first.finish("arrow", {})
    assert crashes.lines_of(target) == [1, 2]


def test_what_was_interrupted_is_written_by_nobody(tmp_path: Path) -> None:
    target = tmp_path / "scan.arrow"
    assert not journal(target).is_being_written
    journal(target).path.write_bytes(b"")
    assert not journal(target).is_being_written
    journal(target).path.unlink()
    journal(target).path.symlink_to(tmp_path / "elsewhere")
    assert not journal(target).is_being_written
    journal(target).path.unlink()
    os.mkfifo(journal(target).path)
    assert not journal(target).is_being_written, "and nobody waits for a pipe"


# -------------------------------------------------------------------------------- the finished file
@pytest.mark.parametrize("kind", ["parquet", "arrow", "ndjson", "csv"])
def test_without_a_row_it_has_its_columns(kind: Kind, tmp_path: Path) -> None:
    target = tmp_path / f"scan.{kind}"
    begun = journal(target)
    begun.begin()
    with kept(begun):
        pass
    begun.finish(kind, {"domains": 0})
    assert not begun.path.exists()
    if kind == "csv":
        assert target.read_text() == ",".join(crashes.table([]).column_names) + "\n"
    elif kind == "ndjson":
        assert target.read_text() == ""
    else:
        assert crashes.lines_of(target) == []


def test_cells_of_a_csv_are_harmless_and_lines_of_ndjson_can_be_looked_at(tmp_path: Path) -> None:
    evil = '=HYPERLINK("http://evil.example")\x1b[2J\u202e\n\x9b'
    rows = table(domain=[evil, "@SUM(A1)"], tlsrpt=[evil, None], policy_mx=[[evil], []])
    for kind in ("csv", "ndjson"):
        begun = journal(tmp_path / f"scan.{kind}")
        begun.begin()
        begun.append(rows)
        begun.finish(kind, {})
        text = (tmp_path / f"scan.{kind}").read_text()
        assert not set("\x1b\x9b\u202e") & set(text)
        assert len(text.splitlines()) == (3 if kind == "csv" else 2)
    csv = (tmp_path / "scan.csv").read_text()
    assert "'=HYPERLINK" in csv
    assert ",'@SUM" in csv
    first = json.loads((tmp_path / "scan.ndjson").read_text().splitlines()[0])
    assert first["domain"] == evil
