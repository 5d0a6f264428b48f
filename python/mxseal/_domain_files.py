# SPDX-License-Identifier: MIT
"""Files of domain names, read in pieces: a line that holds a name becomes a ``Line``.

The first line that is neither blank nor a comment (``#`` or ``;``) tells the form of the file:

- ``domain`` alone or among fields between commas, semicolons or tabs: a CSV with a heading
  (RFC 4180; upper or lower case, with or without quotes);
- ``number,name``: a ranking such as Tranco's, without a heading;
- any other line with a comma: refused, since no column is called domain;
- ``$ORIGIN``, ``$TTL``, or a name followed by ``[TTL] [class] type data``: a zone (RFC 1035 §5.1);
- everything else: one name a line.

Two rules bind this file. What cannot be a domain is handed on, for it shall have its row; and what
is held at a time does not grow with the file, nor with a line of it.
"""

from __future__ import annotations

import codecs
import csv
import io
import os
import re
import stat
import sys
import zlib
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from gzip import BadGzipFile, GzipFile
from itertools import chain
from pathlib import Path
from typing import IO, Literal, NamedTuple
from zipfile import BadZipFile, ZipFile

from mxseal._reading import WrongValueError
from mxseal._zone_names import is_record, owners

Value = object  # of a column that is carried along
Kind = Literal["int", "float", "text"]  # of such a column

LONGEST = 1 << 16  # characters of a line; of a longer one the beginning is its row
SHOWN = 1000  # characters of that beginning: no domain has as many
MOST_LINES = 100  # of a CSV's record with line breaks between its quotes

_PIECE = 1 << 16
_RANK = re.compile(r"\s*\"?([0-9]{1,18})\"?\s*\Z")


class Line(NamedTuple):
    """A line that asks for a domain.

    Attributes:
        number: its place in the file or list, from 1.
        domain: as it stands there; it may be no domain at all.
        carried: the values of the further columns.
    """

    number: int
    domain: str
    carried: tuple[Value, ...]


class DomainFile:
    """A file of names, or standard input, whose form is known.

    Attributes:
        name: as it was given.
        carried: names of the columns that go along with the domain.
        once: whether it can be read only once (a pipe).
    """

    def __init__(self, given: str | os.PathLike[str]) -> None:
        """Looks at the beginning.

        Raises:
            OSError: it cannot be read.
            WrongValueError: it is no list of names.
        """
        self.name = os.fsdecode(given)
        self._path = os.path.expanduser(self.name)  # noqa: PTH111 - a Path would lose "./"
        self.once = self.name == "-" or not stat.S_ISREG(Path(self._path).stat().st_mode)
        self._begun: Iterator[list[str]] | None = None
        pieces = self._pieces()
        first: list[list[str]] = []
        line = ""
        for piece in pieces:
            if self.once:  # a file is read from its beginning again
                first.append(piece)
            line = next((each for each in piece if not _is_comment(each)), "")
            if line:
                break
        self.carried: tuple[str, ...] = ()
        self._parse = self._parser(line)
        if self.once:
            self._begun = chain(first, pieces)
        else:
            pieces.close()

    def __iter__(self) -> Iterator[Line]:
        if not self.once:
            return self._parse(self._pieces())
        if self._begun is None:
            raise WrongValueError("can be read only once", "give a file", self.name)
        begun, self._begun = self._begun, None
        return self._parse(begun)

    def count(self) -> int | None:
        """How many lines will come; None where only reading them would tell."""
        if self.once or self._parse is _zone:
            return None
        return sum(1 for _ in self)

    def sha256(self) -> str | None:
        """Digest of the file's bytes; None for a pipe."""
        if self.once:
            return None
        import hashlib

        with open(self._path, "rb") as file:  # noqa: PTH123
            return hashlib.file_digest(file, "sha256").hexdigest()

    def kinds(self) -> list[Kind]:
        """Of the columns that go along: numbers of a ranking, else text."""
        return ["int" if self._parse is _ranking else "text"] * len(self.carried)

    def _parser(self, first: str) -> Callable[[Iterator[list[str]]], Iterator[Line]]:
        delimiter, names = _heading(first)
        if names:
            place = names.index("domain")
            self.carried = (*names[:place], *names[place + 1 :])
            return lambda lines: _csv(lines, delimiter, len(names), place)
        if "," in first:
            if not _RANK.match(first.partition(",")[0]):
                columns = ", ".join(_cells(first, ","))
                raise WrongValueError(
                    f"no column is called domain in {self.name}",
                    "begin the file with a heading that has a column domain",
                    columns,
                )
            self.carried = ("rank",)
            return _ranking
        return _zone if is_record(first) else _names

    def _pieces(self) -> Generator[list[str], None, None]:
        try:
            with _opened(self._path) as file:
                yield from _pieces(file, self.name)
        except (EOFError, zlib.error, BadGzipFile, BadZipFile, RuntimeError) as error:
            raise WrongValueError(
                f"cannot be unpacked to the end ({error})", "get the file again", self.name
            ) from None


# ------------------------------------------------------------------------------------------- bytes
@contextmanager
def _opened(path: str) -> Iterator[IO[bytes]]:
    """The file's bytes; unpacked where it is gzip, or a zip of one file."""
    if path == "-":
        yield sys.stdin.buffer
        return
    with open(path, "rb") as file:  # noqa: PTH123
        begin = file.peek(4)[:4] if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else b""
        if begin.startswith(b"\x1f\x8b"):
            with GzipFile(fileobj=file) as unpacked:
                yield unpacked  # type: ignore[misc]  # it reads as one
        elif begin == b"PK\x03\x04":
            with ZipFile(file) as container:
                members = [each for each in container.namelist() if not each.endswith("/")]
                if len(members) != 1:
                    raise WrongValueError(
                        f"a zip of {len(members)} files", "unpack it and name one of them", path
                    )
                with container.open(members[0]) as member:
                    yield member
        else:
            yield file


def _pieces(file: IO[bytes], name: str) -> Iterator[list[str]]:
    """Lines in pieces, decoded, without their ends.

    Bytes that are no UTF-8 come as Python carries them (PEP 383). A line too long is cut behind
    ``LONGEST`` characters, by which it can be known.
    """
    read = getattr(file, "read1", file.read)  # a pipe's lines as soon as they come
    rest = b""
    skipping = False
    first = True
    while piece := read(_PIECE):
        if skipping:
            _, end, piece = piece.partition(b"\n")
            if not end:
                continue
            skipping = False
        piece = rest + piece
        if first:
            if len(piece) < 4 and b"\n" not in piece:
                rest = piece
                continue
            first = False
            piece = _beginning(piece, name)
        whole, end, rest = piece.rpartition(b"\n")
        if end:
            yield _split(whole)
        if len(rest) > 4 * LONGEST:  # bytes of that many characters
            yield _split(rest)
            rest = b""
            skipping = True
    if first:
        rest = _beginning(rest, name)
    if rest:
        yield _split(rest)


def _beginning(piece: bytes, name: str) -> bytes:
    """The first bytes without a byte order mark."""
    if piece.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise WrongValueError("text in UTF-16", "save it as UTF-8", name)
    if b"\0" in piece[:4096]:
        raise WrongValueError("no list of names, but binary", "name a text or CSV file", name)
    return piece.removeprefix(codecs.BOM_UTF8)


def _split(lines: bytes) -> list[str]:
    texts = lines.decode(errors="surrogateescape").split("\n")
    if len(lines) > LONGEST and max(map(len, texts)) > LONGEST:
        return [text[: LONGEST + 1] for text in texts]
    return texts


# ------------------------------------------------------------------------------------------- forms
def _is_comment(line: str) -> bool:
    line = line.strip()
    return not line or line[0] in "#;"


def _names(pieces: Iterator[list[str]]) -> Iterator[Line]:
    """One name a line; blank lines and what stands behind a # are nobody's."""
    number = 0
    for piece in pieces:
        for number, line in enumerate(piece, number + 1):  # noqa: B020 - it goes on from there
            if "#" in line:
                line = line.partition("#")[0]
            if line := line.strip():
                yield Line(number, line if len(line) <= LONGEST else line[:SHOWN], ())


def _ranking(pieces: Iterator[list[str]]) -> Iterator[Line]:
    """``number,name``; a line without a number is taken for a name."""
    number = 0
    for piece in pieces:
        for number, line in enumerate(piece, number + 1):  # noqa: B020
            if _is_comment(line):
                continue
            rank, _, name = line.partition(",")
            match = _RANK.match(rank)
            if match is None or len(line) > LONGEST:
                yield Line(number, line.strip()[:SHOWN], (None,))
            else:
                yield Line(number, name.strip().strip('"'), (int(match[1]),))


def _zone(pieces: Iterator[list[str]]) -> Iterator[Line]:
    """The owners of the records of a zone."""
    for number, name in owners(_flat(pieces)):
        yield Line(number, name if len(name) <= LONGEST else name[:SHOWN], ())


def _heading(line: str) -> tuple[str, list[str]]:
    """Delimiter and names of a heading, the domain's in lower case; none where it is none."""
    for delimiter in ",;\t":
        names, place = heading([cell.strip() for cell in _cells(line, delimiter)])
        if place >= 0:
            return delimiter, names
    return "", []


def heading(names: Sequence[str]) -> tuple[list[str], int]:
    """Names of columns, each once, and the place of ``domain`` among them.

    ``Domain`` will do where no column has exactly that name; -1 where there is none at all.
    """
    lower = [name.lower() for name in names]
    if "domain" not in lower:
        return [], -1
    place = names.index("domain") if "domain" in names else lower.index("domain")
    return _distinct(names, place), place


def _distinct(names: Sequence[str], domain: int) -> list[str]:
    """Names that differ: a second ``a`` is ``a_2``, one that is empty ``column_3``."""
    distinct: list[str] = []
    taken = {"domain"}
    for place, name in enumerate(names):
        if place == domain:
            distinct.append("domain")
            continue
        name = name or f"column_{place + 1}"
        free, again = name, 1
        while free in taken:
            again += 1
            free = f"{name}_{again}"
        taken.add(free)
        distinct.append(free)
    return distinct


def _csv(pieces: Iterator[list[str]], delimiter: str, columns: int, domain: int) -> Iterator[Line]:
    """The records behind the heading; cells that are missing are None, further ones left out."""
    begun = False
    for number, record in _records(pieces, delimiter):
        if not begun:
            begun = not _is_comment(record)
        elif len(record) > LONGEST and "\n" not in record:
            yield Line(number, record[:SHOWN], (None,) * (columns - 1))
        elif record.strip():
            cells: list[str | None] = [*_cells(record, delimiter)[:columns]]
            cells += [None] * (columns - len(cells))
            name = (cells.pop(domain) or "").strip()
            yield Line(number, name if len(name) <= LONGEST else name[:SHOWN], tuple(cells))


def _records(pieces: Iterator[list[str]], delimiter: str) -> Iterator[tuple[int, str]]:
    """Each record with the number of its first line; a quote that never ends spoils one line."""
    lines = ((number, line) for number, line in enumerate(_flat(pieces), 1))
    ahead: deque[tuple[int, str]] = deque()
    while line := ahead.popleft() if ahead else next(lines, None):
        number, record = line
        if '"' in record and _ends_open(record, delimiter):
            joined, taken = record, 0
            while taken + 1 < MOST_LINES and len(joined) <= LONGEST:
                if taken == len(ahead):
                    further = next(lines, None)
                    if further is None:
                        break
                    ahead.append(further)
                joined += "\n" + ahead[taken][1]
                taken += 1
                if not _ends_open(joined, delimiter):
                    record = joined
                    for _ in range(taken):
                        ahead.popleft()
                    break
        yield number, record


def _flat(pieces: Iterator[list[str]]) -> Iterator[str]:
    for piece in pieces:
        for line in piece:
            yield line.removesuffix("\r")


def _ends_open(record: str, delimiter: str) -> bool:
    """Whether the last field begins with a quote that no other ends (RFC 4180 §2)."""
    place = 0
    while True:
        if record.startswith('"', place):
            place = record.find('"', place + 1)
            while place >= 0 and record.startswith('"', place + 1):
                place = record.find('"', place + 2)
            if place < 0:
                return True
        place = record.find(delimiter, place)
        if place < 0:
            return False
        place += 1


def _cells(record: str, delimiter: str) -> list[str]:
    if '"' not in record:
        return record.split(delimiter)
    try:
        # With its line breaks, without which the reader would join what they part.
        lines = io.StringIO(record, newline="\n") if "\n" in record else (record,)
        return next(csv.reader(lines, delimiter=delimiter))
    except csv.Error:  # a field too long, or a carriage return within one
        return record.split(delimiter)
