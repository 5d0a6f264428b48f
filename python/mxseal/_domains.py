# SPDX-License-Identifier: MIT
"""Lists of domains, as a scan takes them: a file, names in Python, a column, or a table.

Nothing is checked or sorted out here: each line that asks for a domain comes, with its place and
the further columns of its table. A list of any length is read in pieces.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sized
from functools import cached_property
from itertools import islice, repeat
from random import Random
from typing import TYPE_CHECKING, Any, Protocol

from mxseal._domain_files import DomainFile, Kind, Line, heading
from mxseal._frames import require
from mxseal._reading import WrongValueError

if TYPE_CHECKING:
    import pyarrow

WINDOW = 20_000  # lines among which the order is shuffled: about 4 MB
CHUNK = 10_000  # rows of a table that stand in memory as Python objects


class Source(Protocol):
    """Where lines come from; ``DomainFile`` is one."""

    @property
    def name(self) -> str:
        """The file's name, ``a list`` or ``a table``."""

    @property
    def carried(self) -> tuple[str, ...]:
        """Names of the further columns."""

    def __iter__(self) -> Iterator[Line]: ...

    def count(self) -> int | None:
        """How many lines will come, where that is cheaply known."""

    def sha256(self) -> str | None:
        """Digest of the file's bytes, where there is a file."""

    def kinds(self) -> list[Kind]:
        """Of the further columns."""


class DomainList:
    """Domains to be scanned, in the order in which they come.

    ``DomainList.of`` makes one of whatever names domains. Iterating gives each ``Line``; files and
    tables may be iterated again, generators and pipes only once.

    Attributes:
        name: the file's name, ``a list`` or ``a table``.
        carried: names of the further columns of a table or CSV.
    """

    def __init__(self, source: Source, shuffled: tuple[int, int] | None = None) -> None:
        self._source = source
        self._shuffled = shuffled
        self.name = source.name
        self.carried = source.carried

    @classmethod
    def of(cls, source: object) -> DomainList:
        """The domains that something names.

        Args:
            source: the name of a file (``str`` or path; ``-`` is standard input) of one name a
                line, of a ranking, of a zone, or a CSV with a column ``domain``, gzip or zip of
                one file too (see ``_domain_files``); an iterable of names, a column of a data frame
                too; a table with a column ``domain``: of pandas, Polars, pyarrow or whatever speaks
                the Arrow C stream.

        Raises:
            OSError: the file cannot be read.
            WrongValueError: it is no list of names, or has no column ``domain``.
            MissingExtraError: a table, and pyarrow is not there.
            TypeError: what cannot name domains.
        """
        if isinstance(source, cls):
            return source
        if isinstance(source, str | os.PathLike):
            try:
                return cls(DomainFile(source))
            except FileNotFoundError as missing:
                if not isinstance(source, str) or "/" in source:
                    raise
                what = "no such file; names are given as a list"
                raise FileNotFoundError(missing.errno, what, source) from None
        if _is_table(source):
            return cls(_Table(source))
        if isinstance(source, Iterable) and not isinstance(source, Mapping | bytes):
            return cls(_Names(source))
        raise TypeError(
            "no list of domains: give a file's name, names, a column, or a table with a column "
            f"domain, not {type(source).__name__}"
        )

    def __iter__(self) -> Iterator[Line]:
        if self._shuffled is None:
            return iter(self._source)
        return _shuffled(iter(self._source), *self._shuffled)

    def __repr__(self) -> str:
        return f"<DomainList {self.name}>"

    @cached_property
    def total(self) -> int | None:
        """How many lines will come; None where that is not cheaply known (a pipe, a zone).

        A file is read once for it: about half a second for a million lines.
        """
        return self._source.count()

    @cached_property
    def sha256(self) -> str | None:
        """Digest of the file's bytes in hexadecimal; None where there is no file."""
        return self._source.sha256()

    def shuffled(self, seed: int, window: int = WINDOW) -> DomainList:
        """The same lines in another order, which the seed alone decides.

        Neighbours in a list often lie at one provider; shuffled, its servers meet a scan evenly.
        The order is shuffled within windows of so many lines, since a window is what has to be in
        memory: of a list that is sorted by provider, choose a larger one. The order of a seed is
        the same with every version of Python, so that a scan can be resumed.

        Args:
            seed: any number.
            window: lines, at least 1.
        """
        if window < 1:
            raise WrongValueError("not a window", "give at least 1 line", window)
        return DomainList(self._source, (seed, window))

    @cached_property
    def kinds(self) -> list[Kind]:
        """What the further columns become: int64, float64, or text, which everything else is."""
        return self._source.kinds()


class _Names:
    """Names in Python; what is none of Python's texts becomes one, or an empty one."""

    name = "a list"
    carried = ()

    def __init__(self, names: Iterable[object]) -> None:
        self._names = names

    def __iter__(self) -> Iterator[Line]:
        for number, name in enumerate(self._names, 1):
            yield Line(number, name if type(name) is str else _text(name), ())

    def count(self) -> int | None:
        return _length(self._names)

    def sha256(self) -> None:
        return None

    def kinds(self) -> list[Kind]:
        return []


class _Table:
    """A table with a column ``domain``, in batches."""

    name = "a table"

    def __init__(self, table: Any) -> None:
        arrow = require("pyarrow", "parquet", "a table of domains")
        self._length = _length(table)
        if hasattr(table, "iloc"):  # pandas, whose index would come as a column
            table = arrow.Table.from_pandas(table, preserve_index=False)
        self._table = table
        schema = arrow.RecordBatchReader.from_stream(table).schema
        names, self._place = heading(schema.names)
        if self._place < 0:
            raise WrongValueError(
                "no column is called domain in the table",
                "rename the one that holds the domains",
                ", ".join(schema.names),
            )
        self.carried = (*names[: self._place], *names[self._place + 1 :])
        kinds = [field.type for field in schema]
        del kinds[self._place]
        self._kinds = [_kind(each) for each in kinds]

    def __iter__(self) -> Iterator[Line]:
        import pyarrow

        number = 0
        for batch in pyarrow.RecordBatchReader.from_stream(self._table):
            for start in range(0, batch.num_rows, CHUNK):
                columns = [column.to_pylist() for column in batch.slice(start, CHUNK).columns]
                domains = columns.pop(self._place)
                carried = zip(*columns, strict=True) if columns else repeat(())
                for name, values in zip(domains, carried, strict=False):
                    number += 1
                    yield Line(number, name if type(name) is str else _text(name), values)

    def count(self) -> int | None:
        return self._length

    def sha256(self) -> None:
        return None

    def kinds(self) -> list[Kind]:
        return self._kinds


def _kind(kind: pyarrow.DataType) -> Kind:
    from pyarrow import types

    if types.is_integer(kind) and not types.is_uint64(kind):  # which int64 does not hold
        return "int"
    return "float" if types.is_floating(kind) else "text"


def _is_table(source: object) -> bool:
    """Asked of the class: a property may begin to work, as that of a LazyFrame does."""
    kind = type(source)
    return any(hasattr(kind, name) for name in ("columns", "schema", "column_names")) and (
        hasattr(kind, "__arrow_c_stream__") or hasattr(kind, "iloc")
    )


def _length(source: object) -> int | None:
    return len(source) if isinstance(source, Sized) else None


def _text(name: object) -> str:
    """A name that is no ``str``; empty where a column has none (None, NaN, NA)."""
    if hasattr(name, "as_py"):  # of a pyarrow column
        name = name.as_py()
    if isinstance(name, str):
        return str(name)
    if isinstance(name, bytes):
        return name.decode(errors="surrogateescape")
    missing = name is None or type(name).__name__ in ("NAType", "NaTType") or name != name
    return "" if missing else str(name)


def _shuffled(lines: Iterator[Line], seed: int, window: int) -> Iterator[Line]:
    # Python promises of random() alone that a seed gives the same numbers in every version.
    random = Random(seed).random
    while among := list(islice(lines, window)):
        keys = [random() for _ in among]
        for place in sorted(range(len(among)), key=keys.__getitem__):
            yield among[place]
