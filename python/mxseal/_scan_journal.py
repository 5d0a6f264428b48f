# SPDX-License-Identifier: MIT
"""A scan on its way into a file: what is done stands in FILE.part, whatever happens.

FILE.part is an Arrow stream, a batch after another, that ends anywhere; its schema says which list
it belongs to. When the scan is done its rows become FILE, in one step.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NoReturn, get_args

from mxseal._check import Verdict
from mxseal._core import __version__
from mxseal._core.check import findings
from mxseal._frames import arrow_table, require
from mxseal._reading import WrongValueError

if TYPE_CHECKING:
    import pyarrow

    from mxseal._core.tlsrpt import Table

Kind = Literal["parquet", "arrow", "ndjson", "csv"]
KINDS: tuple[Kind, ...] = ("parquet", "arrow", "ndjson", "csv")
KEY = b"mxseal"  # of the metadata, in FILE.part and in FILE
# What is said of a FILE.part that somebody has, and what to do.
BEING_WRITTEN = ("another mxseal scan writes that file", "wait for it")
# Rows of a group in the finished file. More take memory to write; what is said of each group's
# columns is held until the end, and grows with the list.
ROWS = 8_000

_BEGIN = b"\xff\xff\xff\xff"  # of an Arrow stream
_LONGEST_BEGINNING = 1 << 20  # bytes before the first row: the columns' names and types
_MOST_LINES = 1 << 32  # of a list; a bit each is held for those that are done
_OBJECTS = 500  # rows at once as Python objects
_VERDICTS = frozenset(get_args(Verdict))
_CODES = frozenset(about.code for about in findings())


def kind_of(path: Path) -> Kind:
    """The kind that a name's suffix stands for."""
    suffix = path.suffix.removeprefix(".").lower()
    for kind in KINDS:
        if suffix == kind:
            return kind
    raise WrongValueError(
        "no such kind of file", f"end the name in .{', .'.join(KINDS)}", str(path), KINDS
    )


def record_of(path: Path, kind: Kind) -> dict[str, Any]:
    """The record of the run whose rows a finished file has; empty where there is none.

    Raises:
        OSError: it cannot be read.
    """
    arrow = require("pyarrow", "parquet", "a scan into a file")
    text: bytes | None
    try:
        if kind == "parquet":
            from pyarrow import parquet

            text = (parquet.read_schema(path).metadata or {}).get(KEY)
        elif kind == "arrow":
            with arrow.memory_map(str(path)) as file, arrow.ipc.open_file(file) as reader:
                text = (reader.schema.metadata or {}).get(KEY)
        else:
            text = _beside(path).read_bytes()
        record = json.loads(text or b"{}")
    except (FileNotFoundError, ValueError, arrow.ArrowException):
        return {}
    return record if isinstance(record, dict) else {}


def _options_that_differ(was: dict[str, Any], now: dict[str, Any]) -> str:
    """As they were given then: ``without --no-probe, with --smtp-port 25``."""
    words = []
    for name, value in was.items():
        option = f"--{name.replace('_', '-')}"
        if value == now.get(name):
            continue
        if value is True:
            words.append(f"with {option}")
        elif value in (False, ""):
            words.append(f"without {option}")
        else:
            words.append(f"with {option} {value}")
    return ", ".join(words)


def refuse_other(file: str, before: dict[str, Any], about: dict[str, Any], do: str) -> None:
    """Refuses to go on with a scan of something else, or that was asked otherwise.

    Args:
        file: its name.
        before: what it is about.
        about: what the scan is about that shall go on.
        do: what to do instead.

    Raises:
        WrongValueError: they differ.
    """
    for name, value in about.items():
        was = before.get(name)
        if was == value:
            continue
        if isinstance(was, dict) and isinstance(value, dict):
            what = f"the scan in {file} was begun otherwise"
            raise WrongValueError(what, do, _options_that_differ(was, value))
        raise WrongValueError(f"the scan in {file} has another {name}", do, str(was))


class Journal:
    """FILE.part.

    Attributes:
        target: FILE; where that is a link, what it leads to.
        path: where the journal stands.
        rows: that are in it.
        verdicts: counts of them.
        errors: counts of their findings that are errors or unknown, by code.
        started: when the first of them was looked at (RFC 3339); empty where there is none.
        resumed: how often the scan went on.
    """

    def __init__(self, target: Path, about: dict[str, Any], columns: Table) -> None:
        """Nothing is opened yet.

        Args:
            target: FILE.
            about: what must be the same for a scan to go on: the list and how it is asked.
            columns: of the rows; without a row.
        """
        self._arrow = require("pyarrow", "parquet", "a scan into a file")
        require("pyarrow.compute", "parquet", "a scan into a file")
        self.target = Path(os.path.realpath(target))
        self.path = self.target.with_name(self.target.name + ".part")
        self.rows = 0
        self.verdicts: dict[str, int] = {}
        self.errors: dict[str, int] = {}
        self.started = ""
        self.resumed = 0
        self._about = {**about, "version": __version__}
        self._columns = arrow_table(self._arrow, columns)
        self._done = bytearray()  # a bit a line of earlier runs
        self._file: Any = None
        self._writer: Any = None

    @property
    def is_there(self) -> bool:
        """Whether a scan was interrupted."""
        return os.path.lexists(self.path) or os.path.lexists(self._old)

    @property
    def is_being_written(self) -> bool:
        """Whether the scan that is there goes on elsewhere."""
        for path in (self.path, self._old):
            try:
                with _opened(path) as file:
                    if not _locked(file):
                        return True
            except OSError:
                pass  # it is not there, or no file of ours
        return False

    @property
    def _old(self) -> Path:
        return self.path.with_name(self.path.name + ".old")

    @property
    def no_domains(self) -> int:
        """How many lines were no domain."""
        return self.errors.get("scan.invalid-domain", 0)

    def begin(self) -> None:
        """A new one.

        Raises:
            OSError: something of that name is there, a link too, or the file cannot be written.
        """
        self._file = self.path.open("xb")
        _locked(self._file)

    def resume(self) -> None:
        """Goes on with one that is there: whole batches stay, what was cut off behind them goes.

        Raises:
            OSError: it cannot be read, or there is no room for another.
            WrongValueError: it belongs to another list, to other questions, or is none at all; it
                stays as it is.
        """
        old = self._old
        cut_off = os.path.lexists(old)  # an earlier resumption: FILE.part.old has it all
        with _opened(old if cut_off else self.path) as file:
            if not _locked(file):
                self._refuse(*BEING_WRITTEN)
            if cut_off:
                self.path.unlink(missing_ok=True)
            else:
                self.path.replace(old)
            try:
                self.begin()
                self._copy(file)
            except BaseException:
                self._close_quietly()
                old.replace(self.path)
                raise
        old.unlink()

    def _copy(self, file: BinaryIO) -> None:
        stream = self._stream(file)
        if stream is None:
            return  # it ended before the first row
        self._check(stream.schema)
        for batch in self._whole_batches(stream):
            table = self._arrow.Table.from_batches([batch])
            self._remember(table["line"])
            self._append(table)
            if not (self.verdicts.keys() <= _VERDICTS and self.errors.keys() <= _CODES):
                self._refuse("damaged")
        self._file.flush()
        os.fsync(self._file.fileno())

    def _stream(self, file: BinaryIO) -> Any:
        begin = file.read(len(_BEGIN))
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        if not _BEGIN.startswith(begin):
            self._refuse("no scan that was interrupted")
        try:
            return self._arrow.ipc.open_stream(file)
        except (*self._cut_off, self._arrow.ArrowException):
            if size > _LONGEST_BEGINNING:
                self._refuse("damaged")
            return None

    def _check(self, schema: pyarrow.Schema) -> None:
        """Whether it is ours, with columns as they are now, and about the same."""
        try:
            before = json.loads((schema.metadata or {}).get(KEY, b""))
            started, resumed = before["started"], before["resumed"]
        except (ValueError, KeyError, TypeError):
            started = resumed = None
        if not (isinstance(started, str) and isinstance(resumed, int)):
            self._refuse("no scan that was interrupted")
        do = "give the same list and options, or remove that file"
        refuse_other(self.path.name, before, self._about, do)
        if not schema.equals(self._columns.schema):
            self._refuse("no scan that was interrupted")
        self.started, self.resumed = started, resumed + 1

    def _refuse(self, what: str, do: str = "remove it to begin anew") -> NoReturn:
        raise WrongValueError(what, do, str(self.path))

    def is_done(self, line: int) -> bool:
        """Whether an earlier run left the line's row."""
        byte = line >> 3
        return byte < len(self._done) and bool(self._done[byte] >> (line & 7) & 1)

    def append(self, batch: Table) -> None:
        """Rows that are kept from now on."""
        self._append(arrow_table(self._arrow, batch))
        self._file.flush()

    def _remember(self, lines: Any) -> None:
        """That these lines, which come from a file, have their rows."""
        for number in lines.to_pylist():
            if not self._may_be(number) or self.is_done(number):
                self._refuse("damaged")
            byte = number >> 3
            if byte >= len(self._done):
                self._done.extend(bytes(max(byte + 1, 2 * len(self._done)) - len(self._done)))
            self._done[byte] |= 1 << (number & 7)

    def _append(self, table: pyarrow.Table) -> None:
        if self._writer is None:
            self.started = self.started or _now()
            about = {**self._about, "started": self.started, "resumed": self.resumed}
            schema = table.schema.with_metadata({KEY: json.dumps(about).encode()})
            options = self._arrow.ipc.IpcWriteOptions(compression="lz4")
            self._writer = self._arrow.ipc.new_stream(self._file, schema, options=options)
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
    def _may_be(line: object) -> bool:
        return isinstance(line, int) and 0 < line <= _MOST_LINES

    @staticmethod
    def _count(words: Any, into: dict[str, int]) -> None:
        for each in words.value_counts().to_pylist():
            into[each["values"]] = into.get(each["values"], 0) + each["counts"]

    @property
    def _cut_off(self) -> tuple[type[Exception], ...]:
        return self._arrow.ArrowInvalid, OSError, EOFError, StopIteration

    def _whole_batches(self, stream: Any) -> Iterator[pyarrow.RecordBatch]:
        """Up to the first that is not whole."""
        while True:
            try:
                batch = stream.read_next_batch()
                batch.validate(full=True)
            except self._cut_off:
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

    def give_up(self) -> None:
        """Keeps what is there; a file without a row is none."""
        begun = self._file is not None
        self._close_quietly()
        if begun and not self.rows:
            self.path.unlink(missing_ok=True)

    def _close_quietly(self) -> None:
        with contextlib.suppress(OSError, self._arrow.ArrowException):
            self.close()

    def finish(
        self,
        kind: Kind,
        record: dict[str, Any],
        tell: Callable[[int, int], None] = lambda _done, _rows: None,
    ) -> None:
        """Turns it into FILE; beside what is no Parquet and no Arrow stands FILE.run.json.

        Args:
            kind: of FILE.
            record: of the run.
            tell: called with the rows that are written, and with all, again and again.

        Raises:
            OSError: no room, or FILE.part cannot be read to its end; it stays.
        """
        self.close()
        whole = self.target.with_name(self.target.name + ".whole")
        try:
            metadata = json.dumps(record).encode()
            _write(whole, lambda file: _WRITERS[kind](self._pieces(metadata, tell), file))
            if kind in ("ndjson", "csv"):
                beside = _beside(self.target)
                part = beside.with_name(beside.name + ".part")
                text = json.dumps(record, indent=2) + "\n"
                _write(part, lambda file: file.write(text.encode()))
                part.replace(beside)
            whole.replace(self.target)
        finally:
            whole.unlink(missing_ok=True)
        self.path.unlink()

    def _pieces(self, metadata: bytes, tell: Callable[[int, int], None]) -> Iterator[pyarrow.Table]:
        """All rows, some at a time; where there is none, the columns alone."""
        waiting: list[Any] = []
        found = 0
        for batch in self._own_batches():
            waiting.append(batch)
            found += batch.num_rows
            if sum(each.num_rows for each in waiting) >= ROWS:
                yield self._table(waiting, metadata)
                waiting = []
                tell(found, self.rows)
        if found != self.rows:
            raise OSError(errno.EIO, "not all of it can be read", str(self.path))
        if waiting or not found:
            yield self._table(waiting, metadata)

    def _own_batches(self) -> Iterator[pyarrow.RecordBatch]:
        if self.rows:
            with _opened(self.path) as file:
                yield from self._whole_batches(self._arrow.ipc.open_stream(file))

    def _table(self, batches: list[Any], metadata: bytes) -> pyarrow.Table:
        table = self._arrow.Table.from_batches(batches) if batches else self._columns
        return table.replace_schema_metadata({KEY: metadata})


def _beside(path: Path) -> Path:
    """Where the record of the run stands if the file has no room for it."""
    return path.with_name(path.name + ".run.json")


def _opened(path: Path) -> BinaryIO:
    """For reading, no link and never waiting: somebody else may have put one or a pipe there."""
    return os.fdopen(
        os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb"
    )


def _locked(file: BinaryIO) -> bool:
    """Whether nobody else writes it; the lock ends with the process. Not every disk knows locks."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def _write(path: Path, fill: Callable[[BinaryIO], object]) -> None:
    """A new file in place of what an interrupted one left, on the disk when this returns."""
    path.unlink(missing_ok=True)
    with path.open("xb") as file:
        fill(file)
        file.flush()
        os.fsync(file.fileno())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _write_parquet(pieces: Iterator[pyarrow.Table], file: BinaryIO) -> None:
    from pyarrow import parquet

    piece: Any = next(pieces)
    schema = piece.schema
    # Of what lies in lists no least and greatest value: nobody looks for rows by them.
    flat = [field.name for field in schema if field.type.num_fields == 0]
    # Without Arrow's own schema beside Parquet's: dictionaries within lists would come back as
    # such, and pyarrow cannot read these in batches.
    with parquet.ParquetWriter(
        file,
        schema,
        compression="zstd",
        store_schema=False,
        write_statistics=flat,
        use_dictionary=[name for name in _texts(schema) if name != "domain"],
    ) as writer:
        writer.add_key_value_metadata({KEY: schema.metadata[KEY]})
        while piece is not None:
            writer.write_table(piece)
            piece = None  # 7 MB that would be held while the next is read
            piece = next(pieces, None)


def _texts(fields: Iterable[pyarrow.Field], within: str = "") -> Iterator[str]:
    """The columns of text, by Parquet's names.

    Of these alone a dictionary saves room. Of numbers it would cost 13 MiB of memory while a
    million rows are written, and a tenth of the file.
    """
    from pyarrow import types

    for field in fields:
        name, kind = within + field.name, field.type
        while types.is_list(kind) or types.is_large_list(kind):
            name, kind = f"{name}.list.element", kind.value_type
        if types.is_struct(kind):
            yield from _texts(kind, f"{name}.")
        elif types.is_dictionary(kind) or types.is_string(kind) or types.is_large_string(kind):
            yield name


def _write_arrow(pieces: Iterator[pyarrow.Table], file: BinaryIO) -> None:
    import pyarrow

    piece: Any = next(pieces)
    options = pyarrow.ipc.IpcWriteOptions(compression="zstd")
    with pyarrow.ipc.new_file(file, piece.schema, options=options) as writer:
        while piece is not None:
            writer.write_table(piece)
            piece = None  # as above
            piece = next(pieces, None)


def _write_ndjson(pieces: Iterator[pyarrow.Table], file: BinaryIO) -> None:
    from mxseal._output.json import object_text

    for piece in pieces:
        file.writelines(object_text(row).encode() + b"\n" for row in _rows(piece))


def _write_csv(pieces: Iterator[pyarrow.Table], file: BinaryIO) -> None:
    from mxseal._output.csv import write_rows
    from mxseal._output.sink import Sink
    from mxseal._output.terminal import Terminal

    first = next(pieces)
    rows = chain.from_iterable(map(_rows, chain([first], pieces)))
    write_rows(first.column_names, rows, Sink(file, Terminal()))


def _rows(table: pyarrow.Table) -> Iterator[dict[str, Any]]:
    for batch in table.to_batches(max_chunksize=_OBJECTS):
        yield from batch.to_pylist()


_WRITERS = {
    "parquet": _write_parquet,
    "arrow": _write_arrow,
    "ndjson": _write_ndjson,
    "csv": _write_csv,
}


@contextlib.contextmanager
def kept(journal: Journal) -> Iterator[None]:
    """However the work ends, what is done stays; where that is nothing, no file does."""
    try:
        yield
    except BaseException:
        journal.give_up()
        raise
    journal.close()
