# SPDX-License-Identifier: MIT
"""The rows of a scan that was written before, or that lies in memory, in batches.

Parquet, Arrow (file or stream) and NDJSON are told apart by their first bytes. Only the columns
that are asked for are read, and never more than a batch of them at a time.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mxseal._frames import require
from mxseal._reading import WrongValueError

if TYPE_CHECKING:
    import pyarrow

BATCH = 16_384  # rows
_JSON_PIECE = 4 << 20  # bytes
# What stands between a list and its items in the names of Parquet's columns.
_BETWEEN = frozenset(("list", "element", "item", "array", "bag"))


class ScanRows:
    """The rows of one scan; they may be read any number of times.

    Attributes:
        name: the file's name, or ``a table``.
        record: of the run, as the scan left it; empty where there is none.
    """

    def __init__(self, source: object) -> None:
        """Looks what it is.

        Args:
            source: the name of a file (Parquet, Arrow, NDJSON) or of a folder that
                ``mxseal.dask.scan`` wrote, or a table that speaks the Arrow C stream
                (``scan.to_arrow()``, a DataFrame).

        Raises:
            OSError: the file cannot be read.
            WrongValueError: it is no scan.
            MissingExtraError: pyarrow is not there.
            TypeError: neither a file's name nor a table.
        """
        self._arrow = require("pyarrow", "parquet", "reading a scan")
        self._path: Path | None = None
        self._table: pyarrow.Table | None = None
        self._parts: list[ScanRows] = []
        self.record: dict[str, Any] = {}
        if isinstance(source, str | os.PathLike):
            self.name = os.fspath(source)
            self._path = Path(source).expanduser()
            if self._path.is_dir():
                self._parts = self._parts_of(self._path)
            else:
                self._kind = self._kind_of(self._path)
            names, metadata = self._schema()
        elif hasattr(source, "__arrow_c_stream__"):
            self.name = "a table"
            self._table = self._arrow.table(source)
            names, metadata = self._table.column_names, self._table.schema.metadata
        else:
            raise TypeError(f"no scan: a file's name or a table, not {type(source).__name__}")
        self._names = frozenset(names)
        self._set_record((metadata or {}).get(b"mxseal"))
        if not {"domain", "verdict"} <= self._names:
            raise WrongValueError(
                "no scan: it has no columns domain and verdict",
                "name a file that mxseal scan wrote",
                self.name,
            )

    def has(self, column: str) -> bool:
        """Whether it has this column; scans of earlier versions may lack one."""
        return column in self._names

    def batches(self, columns: Sequence[str]) -> Iterator[pyarrow.RecordBatch]:
        """The rows.

        Args:
            columns: those that are needed; of structs and lists of structs single fields too
                (``mx.host``), where a file can leave out the others.

        Raises:
            WrongValueError: a column is missing.
        """
        tops = list(dict.fromkeys(column.partition(".")[0] for column in columns))
        missing = [name for name in tops if name not in self._names]
        if missing:
            raise WrongValueError(
                f"a scan without the column {missing[0]}",
                "scan again, or keep all columns",
                self.name,
            )
        for batch in self._read(columns, tops):
            types = [_without_views(each.type) for each in batch.schema]
            if types != batch.schema.types:
                schema = self._arrow.schema(list(zip(tops, types, strict=True)))
                yield from self._arrow.Table.from_batches([batch]).cast(schema).to_batches()
            else:
                yield batch

    @contextmanager
    def understood(self) -> Iterator[None]:
        """What Arrow cannot make of the rows, while they are read or worked on, said in our words.

        Raises:
            WrongValueError: the file is damaged, or its columns are not those of a scan.
        """
        try:
            yield
        except (self._arrow.ArrowException, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the system's; Arrow has one of its own for what is cut off
            raise WrongValueError(
                f"damaged, or no scan ({str(error).partition(chr(10))[0]})",
                "get the file again, or scan again",
                self.name,
            ) from None

    def _read(self, columns: Sequence[str], tops: list[str]) -> Iterator[pyarrow.RecordBatch]:
        if self._table is not None:
            yield from self._table.select(tops).to_batches(max_chunksize=BATCH)
        elif self._parts:
            for part in self._parts:
                yield from part.batches(columns)
        elif self._kind == "parquet":
            with self._parquet() as file:
                yield from file.iter_batches(
                    BATCH, columns=_leaves(file, columns), use_threads=False
                )
        elif self._kind == "ndjson":
            yield from self._ndjson(columns, tops)
        else:
            with self._stream() as batches:
                for batch in batches:
                    batch = batch.select(tops)
                    for start in range(0, batch.num_rows, BATCH):
                        yield batch.slice(start, BATCH)

    def _parts_of(self, folder: Path) -> list[ScanRows]:
        """The files of a folder; its record says that all of them are there."""
        files = sorted(folder.glob("part-*.parquet"))
        if not files or not self._beside(folder).is_file():
            raise WrongValueError(
                f"no whole scan: {self._beside(folder).name} is not beside its files",
                "name a file, or scan again into another folder",
                self.name,
            )
        return [ScanRows(each) for each in files]

    @staticmethod
    def _beside(path: Path) -> Path:
        return path.with_name(path.name + ".run.json")

    def _kind_of(self, path: Path) -> str:
        with path.open("rb") as file:
            begin = file.read(8)
        if begin.startswith(b"PAR1"):
            require("pyarrow.parquet", "parquet", "reading a scan")
            return "parquet"
        if begin.startswith(b"ARROW1"):
            return "file"
        if begin.startswith(b"\xff\xff\xff\xff"):
            return "stream"
        if begin.lstrip().startswith(b"{"):
            return "ndjson"
        do = "name a Parquet, Arrow or NDJSON file that mxseal scan wrote"
        if path.suffix == ".csv":
            do = "a CSV has no room for all of it; scan to a Parquet file: -o FILE.parquet"
        raise WrongValueError("no scan", do, self.name)

    def _schema(self) -> tuple[list[str], dict[bytes, bytes] | None]:
        if self._parts:
            return list(frozenset.intersection(*(part._names for part in self._parts))), None
        with self.understood():
            if self._kind == "parquet":
                with self._parquet() as file:
                    return file.schema_arrow.names, file.schema_arrow.metadata
            if self._kind == "ndjson":
                return self._first_object(), None
            with self._stream() as batches:
                return batches.schema.names, batches.schema.metadata
        raise AssertionError  # understood() lets nothing pass

    def _set_record(self, text: bytes | None) -> None:
        if text is None and self._path is not None:
            beside = self._beside(self._path)
            text = beside.read_bytes() if beside.is_file() else None
        try:
            record = json.loads(text or b"{}")
        except ValueError:
            record = {}
        self.record = record if isinstance(record, dict) else {}

    @contextmanager
    def _parquet(self) -> Iterator[Any]:
        import pyarrow.parquet

        with pyarrow.parquet.ParquetFile(self._path) as file:
            yield file

    @contextmanager
    def _stream(self) -> Iterator[Any]:
        """A reader of batches, of either form of Arrow's."""
        with self._arrow.memory_map(str(self._path)) as file:
            if self._kind == "stream":
                with self._arrow.ipc.open_stream(file) as reader:
                    yield reader
            else:
                with self._arrow.ipc.open_file(file) as reader:
                    yield _Batches(reader)

    # ----------------------------------------------------------------------------------- NDJSON
    def _first_object(self) -> list[str]:
        with self._opened().open("rb") as file:
            line = file.readline(_JSON_PIECE)
        try:
            first = json.loads(line)
        except ValueError:
            first = None
        return list(first) if isinstance(first, dict) else []

    def _ndjson(self, columns: Sequence[str], tops: list[str]) -> Iterator[pyarrow.RecordBatch]:
        import pyarrow.json

        types = {field.name: field.type for field in scan_schema()}
        options = pyarrow.json.ParseOptions(
            explicit_schema=self._arrow.schema(
                [(name, _of_these(types[name], name, columns)) for name in tops]
            ),
            unexpected_field_behavior="ignore",
        )
        with self._opened().open("rb") as file:
            while piece := file.read(_JSON_PIECE):
                piece += file.readline()
                reading = pyarrow.json.ReadOptions(block_size=2 * len(piece))
                table = pyarrow.json.read_json(io.BytesIO(piece), reading, options)
                yield from table.to_batches(max_chunksize=BATCH)

    def _opened(self) -> Path:
        assert self._path is not None
        return self._path


class _Batches:
    """An Arrow file, read in order."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self.schema = reader.schema

    def __iter__(self) -> Iterator[pyarrow.RecordBatch]:
        for number in range(self._reader.num_record_batches):
            yield self._reader.get_batch(number)


def scan_schema() -> pyarrow.Schema:
    """The types of a scan's columns, in no order: JSON does not say them."""
    import pyarrow as pa

    text, whole, when = pa.string(), pa.int64(), pa.timestamp("us", "UTC")

    def struct(**fields: pa.DataType) -> pa.DataType:
        return pa.struct(list(fields.items()))

    address = struct(
        address=text,
        smtp_status=text,
        tls_version=text,
        not_after=when,
        sha256=text,
        verdict=text,
    )
    host = struct(
        host=text,
        preference=whole,
        in_policy=pa.bool_(),
        dane=text,
        verdict=text,
        addresses=pa.list_(address),
    )
    finding = struct(
        code=text,
        severity=text,
        section=text,
        result_type=text,
        subject=text,
        detail=text,
        cause=text,
        remedy=text,
        seen_at=when,
    )
    columns: dict[pa.DataType, str] = {
        text: "domain verdict sts_id sts_cname policy_mode policy_status policy_address "
        "policy_cname policy_sha256 dane_state tlsrpt",
        whole: "line max_age mx_count mx_passed mx_failed mx_unknown errors warnings",
        when: "policy_expiry first_expiry started",
        pa.float64(): "seconds",
        pa.list_(text): "policy_mx tlsrpt_rua",
        pa.list_(host): "mx",
        pa.list_(finding): "findings",
        struct(plain=text, mta_sts=text, dane=text): "effects",
    }
    return pa.schema([(name, kind) for kind, names in columns.items() for name in names.split()])


# ------------------------------------------------------------------------------- columns of a batch
def text(column: pyarrow.Array) -> pyarrow.Array:
    """A column of text, however it was written (dictionary, large, view)."""
    import pyarrow as pa

    return column.cast(pa.large_string())


def microseconds(column: pyarrow.Array) -> pyarrow.Array:
    """A column of times as microseconds since 1970."""
    import pyarrow as pa

    return column.cast(pa.timestamp("us", column.type.tz)).cast(pa.int64())


def moment(since_1970: int) -> datetime:
    """A time in microseconds since 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=since_1970)


def items(column: pyarrow.Array) -> tuple[pyarrow.Array, pyarrow.Array]:
    """The items of a column of lists, and for each the row that it belongs to."""
    import pyarrow.compute as pc

    return pc.list_flatten(column), pc.list_parent_indices(column).cast("int64")


def field(structs: pyarrow.Array, name: str) -> pyarrow.Array:
    """A field of a column of structs."""
    import pyarrow.compute as pc

    return pc.struct_field(structs, name)


def _without_views(kind: pyarrow.DataType) -> pyarrow.DataType:
    """The type with other text for that of Polars, of which Arrow can take no rows."""
    import pyarrow as pa

    if str(kind) == "string_view":
        return pa.large_string()
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        item = _without_views(kind.value_type)
        return pa.large_list(item) if pa.types.is_large_list(kind) else pa.list_(item)
    if pa.types.is_struct(kind):
        return pa.struct([(each.name, _without_views(each.type)) for each in kind])
    return kind


def _of_these(kind: pyarrow.DataType, name: str, columns: Sequence[str]) -> pyarrow.DataType:
    """The type with no more fields than these columns ask for."""
    import pyarrow as pa

    if name in columns:
        return kind
    if pa.types.is_list(kind):
        return pa.list_(_of_these(kind.value_type, name, columns))
    wanted = {
        column[len(name) + 1 :].partition(".")[0]
        for column in columns
        if column.startswith(name + ".")
    }
    return pa.struct(
        [
            (each.name, _of_these(each.type, f"{name}.{each.name}", columns))
            for each in kind
            if each.name in wanted
        ]
    )


def _leaves(file: Any, columns: Sequence[str]) -> list[str]:
    """The names that Parquet has for these columns and fields."""
    wanted = []
    for place in range(len(file.schema)):
        path = file.schema.column(place).path
        parts = path.split(".")
        bare = ".".join(part for n, part in enumerate(parts) if n == 0 or part not in _BETWEEN)
        if any(bare == column or bare.startswith(column + ".") for column in columns):
            wanted.append(path)
    return wanted
