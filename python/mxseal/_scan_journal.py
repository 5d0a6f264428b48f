# SPDX-License-Identifier: MIT
"""A scan on its way into a file: what is done stands in FILE.part, whatever happens.

FILE.part is an Arrow stream, a batch after another, that ends anywhere; its schema says which list
it belongs to. When the scan is done its rows become FILE, in one step.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mxseal._core.scan import empty
from mxseal._frames import require
from mxseal._reading import WrongValueError

if TYPE_CHECKING:
    import pyarrow

    from mxseal._core.tlsrpt import Table

Kind = Literal["parquet", "arrow", "ndjson", "csv"]
KINDS: tuple[Kind, ...] = ("parquet", "arrow", "ndjson", "csv")
KEY = b"mxseal"  # of the metadata, in FILE.part and in FILE
ROWS = 5_000  # of a group of rows in the finished file; more take memory, fewer make it larger


def kind_of(path: Path) -> Kind:
    """The kind that a name's suffix stands for."""
    suffix = path.suffix.removeprefix(".").lower()
    for kind in KINDS:
        if suffix == kind:
            return kind
    raise WrongValueError(
        "no such kind of file", f"end the name in .{', .'.join(KINDS)}", str(path), KINDS
    )


class Journal:
    """FILE.part.

    Attributes:
        path: where it stands.
        rows: that are in it.
        verdicts: counts of them.
        errors: counts of their findings that are errors or unknown, by code.
        started: when the first of them was looked at (RFC 3339); empty where there is none.
        resumed: how often the scan went on.
    """

    def __init__(self, target: Path, about: dict[str, Any]) -> None:
        """Nothing is opened yet.

        Args:
            target: FILE.
            about: what must be the same for a scan to go on: the list and how it is asked.
        """
        self._arrow = require("pyarrow", "parquet", "a scan into a file")
        require("pyarrow.compute", "parquet", "a scan into a file")
        self.target = target
        self.path = target.with_name(target.name + ".part")
        self.rows = 0
        self.verdicts: dict[str, int] = {}
        self.errors: dict[str, int] = {}
        self.started = ""
        self.resumed = 0
        self._about = about
        self._done = bytearray()  # a bit a line
        self._file: Any = None
        self._writer: Any = None

    @property
    def is_there(self) -> bool:
        """Whether a scan was interrupted."""
        return self.path.exists() or self._old.exists()

    @property
    def _old(self) -> Path:
        return self.path.with_name(self.path.name + ".old")

    @property
    def no_domains(self) -> int:
        """How many lines were no domain."""
        return self.errors.get("scan.invalid-domain", 0)

    def begin(self) -> None:
        """A new one."""
        self._file = self.path.open("wb")

    def resume(self) -> None:
        """Goes on with one that is there: whole batches stay, what was cut off behind them goes.

        Raises:
            WrongValueError: it belongs to another list, or to other questions.
        """
        old = self._old
        if not old.exists():  # else an earlier resumption was cut off: FILE.part.old has it all
            self.path.replace(old)
        self.begin()
        for batch in self._batches(old):
            before = self._check(batch.schema.metadata)
            self.started, self.resumed = before["started"], before["resumed"] + 1
            self._append(self._arrow.Table.from_batches([batch]))
        self._file.flush()
        os.fsync(self._file.fileno())
        old.unlink()

    def _check(self, metadata: dict[bytes, bytes] | None) -> dict[str, Any]:
        before = json.loads((metadata or {}).get(KEY, b"{}"))
        for name, value in self._about.items():
            if before.get(name) != value:
                # Nothing is lost: FILE.part is put back as it was.
                self._file.close()
                self._old.replace(self.path)
                raise WrongValueError(
                    f"the scan in {self.path.name} has another {name.replace('_', ' ')}",
                    "give the same list and options, or remove that file",
                    str(before.get(name)),
                )
        return dict(before)

    def is_done(self, line: int) -> bool:
        """Whether the line has its row."""
        byte = line >> 3
        return byte < len(self._done) and bool(self._done[byte] >> (line & 7) & 1)

    def append(self, batch: Table) -> None:
        """Rows that are kept from now on."""
        self._append(self._arrow.table(batch))
        self._file.flush()

    def _append(self, table: pyarrow.Table) -> None:
        if self._writer is None:
            self.started = self.started or _now()
            about = {**self._about, "started": self.started, "resumed": self.resumed}
            schema = table.schema.with_metadata({KEY: json.dumps(about).encode()})
            options = self._arrow.ipc.IpcWriteOptions(compression="lz4")
            self._writer = self._arrow.ipc.new_stream(self._file, schema, options=options)
        for number in table["line"].to_pylist():
            byte = number >> 3
            if byte >= len(self._done):
                self._done.extend(bytes(max(byte + 1, 2 * len(self._done)) - len(self._done)))
            self._done[byte] |= 1 << (number & 7)
        self._count(table["verdict"], self.verdicts)
        findings = table["findings"].combine_chunks().flatten()
        serious = self._arrow.compute.is_in(
            findings.field("severity").cast(self._arrow.large_string()),
            self._arrow.array(["error", "unknown"], self._arrow.large_string()),
        )
        self._count(findings.field("code").filter(serious), self.errors)
        self._writer.write_table(table)
        self.rows += table.num_rows

    @staticmethod
    def _count(words: Any, into: dict[str, int]) -> None:
        for each in words.value_counts().to_pylist():
            into[each["values"]] = into.get(each["values"], 0) + each["counts"]

    def _batches(self, path: Path) -> Iterator[pyarrow.RecordBatch]:
        """Up to the first that is not whole."""
        errors = (self._arrow.ArrowInvalid, OSError, EOFError, StopIteration)
        with path.open("rb") as file:
            try:
                stream = self._arrow.ipc.open_stream(file)
            except errors:
                return
            while True:
                try:
                    batch = stream.read_next_batch()
                    batch.validate(full=True)
                except errors:
                    return
                yield batch

    def close(self) -> None:
        """Keeps it for later."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._file is not None:
            self._file.close()
            self._file = None

    def finish(self, kind: Kind, record: dict[str, Any]) -> None:
        """Turns it into FILE; beside what is no Parquet and no Arrow stands FILE.run.json."""
        self.close()
        whole = self.target.with_name(self.target.name + ".whole")
        try:
            _WRITERS[kind](self, whole, json.dumps(record).encode())
            if kind in ("ndjson", "csv"):
                beside = self.target.with_name(self.target.name + ".run.json")
                part = beside.with_name(beside.name + ".part")
                part.write_text(json.dumps(record, indent=2) + "\n")
                part.replace(beside)
            whole.replace(self.target)
        finally:
            whole.unlink(missing_ok=True)
        self.path.unlink()

    def pieces(self) -> Iterator[pyarrow.Table]:
        """All rows, some at a time."""
        waiting: list[Any] = []
        for batch in self._batches(self.path):
            waiting.append(batch)
            if sum(each.num_rows for each in waiting) >= ROWS:
                yield self._arrow.Table.from_batches(waiting)
                waiting = []
        if waiting or not self.rows:
            schema = self._arrow.table(empty()).schema
            yield self._arrow.Table.from_batches(waiting, None if waiting else schema)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _plain(table: pyarrow.Table, metadata: bytes) -> pyarrow.Table:
    return table.replace_schema_metadata({KEY: metadata})


def _write_parquet(journal: Journal, path: Path, metadata: bytes) -> None:
    from pyarrow import parquet

    writer: Any = None
    try:
        for table in journal.pieces():
            piece = _plain(table, metadata)
            if writer is None:
                # Without Arrow's own schema beside Parquet's: dictionaries within lists would come
                # back as such, and pyarrow cannot read these in batches.
                writer = parquet.ParquetWriter(
                    path, piece.schema, compression="zstd", store_schema=False
                )
                writer.add_key_value_metadata({KEY: metadata})
            writer.write_table(piece)
    finally:
        if writer is not None:
            writer.close()


def _write_arrow(journal: Journal, path: Path, metadata: bytes) -> None:
    import pyarrow

    writer: Any = None
    try:
        for table in journal.pieces():
            piece = _plain(table, metadata)
            if writer is None:
                options = pyarrow.ipc.IpcWriteOptions(compression="zstd")
                writer = pyarrow.ipc.new_file(path, piece.schema, options=options)
            writer.write_table(piece)
    finally:
        if writer is not None:
            writer.close()


def _write_ndjson(journal: Journal, path: Path, _: bytes) -> None:
    from mxseal._output.json import object_text

    with path.open("w", encoding="utf-8") as file:
        for table in journal.pieces():
            file.writelines(object_text(row) + "\n" for row in table.to_pylist())


def _write_csv(journal: Journal, path: Path, _: bytes) -> None:
    from mxseal._output.csv import write_rows
    from mxseal._output.sink import opened

    pieces = journal.pieces()
    first = next(pieces)
    rows = (row for table in chain([first], pieces) for row in table.to_pylist())
    with opened(path) as sink:
        write_rows(first.column_names, rows, sink)


_WRITERS = {
    "parquet": _write_parquet,
    "arrow": _write_arrow,
    "ndjson": _write_ndjson,
    "csv": _write_csv,
}


@contextlib.contextmanager
def kept(journal: Journal) -> Iterator[None]:
    """However the work ends, what is done stays."""
    try:
        yield
    finally:
        journal.close()
