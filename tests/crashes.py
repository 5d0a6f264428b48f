# SPDX-License-Identifier: MIT
"""A journal of a scan whose process is killed at every step that changes a file, one after another.

``python crashes.py KIND FOLDER``: for each step a child goes on with the journal until it is killed
there (SIGKILL: nothing is cleaned up), then another one goes on to the end. Each line must have
exactly one row each time. Run as a program: children are forked before any thread begins.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.ipc
import pyarrow.json
import pyarrow.parquet

import scans
from mxseal._scan_files import ScanRows
from mxseal._scan_journal import Journal, Kind, kept

LINES = 10
BATCH = 4
# What changes files; the child is killed before one of them.
STEPS = (
    (os, "fsync"),
    (Path, "replace"),
    (Path, "unlink"),
    (Path, "open"),
    (Journal, "_append"),
    (pyarrow.ipc.RecordBatchStreamWriter, "close"),
)


def work(kind: Kind, folder: Path, most: int = LINES) -> None:
    """Goes on with the scan, if there is one, until so many further rows were written."""
    journal = Journal(folder / f"scan.{kind}", {"list": "the list"}, table([]))
    if journal.is_there:
        journal.resume()
    else:
        journal.begin()
    with kept(journal):
        left = [line for line in range(1, LINES + 1) if not journal.is_done(line)]
        for start in range(0, min(most, len(left)), BATCH):
            journal.append(table(left[start : start + BATCH]))
        if most < len(left):
            os.kill(os.getpid(), signal.SIGKILL)
    journal.finish(kind, {"domains": journal.rows})


def table(lines: list[int]) -> Any:
    """Rows of these lines."""
    rows = pa.Table.from_pylist(
        [scans.row(f"d{line}.example", "broken", "sts.mx.none-covered") for line in lines],
        scans.scan([]).schema,
    )
    place = rows.column_names.index("line")
    return rows.set_column(place, "line", pa.array(lines, pa.int64()))


def killed_at(step: int) -> Callable[[], None]:
    """Makes every step count, and the one of that number the last."""
    count = 0

    def killing(real: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            nonlocal count
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **named)

        return counted

    def arm() -> None:
        for owner, name in STEPS:
            setattr(owner, name, killing(getattr(owner, name)))

    return arm


def in_child(work: Callable[[], None]) -> int:
    """Its status: 0, or less where it was killed."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as fault:
            print(repr(fault), file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def lines_of(path: Path) -> list[int]:
    """Of all rows of a finished file, in order."""
    if path.suffix == ".csv":
        return sorted(int(row.partition(",")[0]) for row in path.read_text().splitlines()[1:])
    batches = ScanRows(path).batches(["line"])
    return sorted(line for batch in batches for line in batch["line"].to_pylist())


def verify(path: Path) -> None:
    """In a child too: reading begins threads."""
    assert lines_of(path) == list(range(1, LINES + 1))
    record = path.with_name(f"{path.name}.run.json")
    left = {each.name for each in path.parent.iterdir()}
    assert left == {path.name} | ({record.name} if record.exists() else set()), left


def rounds(kind: Kind, folder: Path, before: Callable[[], object]) -> int:
    """Kills at each step of the work behind ``before``, and gives the number of steps."""
    finished = folder / f"scan.{kind}"
    step = 0
    while True:
        step += 1
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        before()

        def killed(step: int = step) -> None:
            killed_at(step)()
            work(kind, folder)

        status = in_child(killed)
        assert status in (0, -signal.SIGKILL), (step, status)
        if status != 0:
            # Once more in the middle of that resumption, then to the end.
            assert in_child(lambda: work(kind, folder, BATCH)) in (0, -signal.SIGKILL)
            if not finished.exists() or any(each.suffix == ".part" for each in folder.iterdir()):
                assert in_child(lambda: work(kind, folder)) == 0, step
        assert in_child(lambda: verify(finished)) == 0, step
        if status == 0:
            return step


def main() -> None:
    """From the beginning, and while a scan that was interrupted goes on and is finished."""
    kind: Kind = sys.argv[1]  # type: ignore[assignment]
    folder = Path(sys.argv[2]) / "scan"
    print(rounds(kind, folder, lambda: None), "steps from the beginning")

    def interrupted() -> object:
        return in_child(lambda: work(kind, folder, BATCH))

    print(rounds(kind, folder, interrupted), "steps of a resumption")


if __name__ == "__main__":
    main()
