# SPDX-License-Identifier: MIT
"""Lists of domains: every form of a file, names, columns and tables, in order or shuffled."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import sys
import threading
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas
import polars
import pyarrow
import pytest

from mxseal import MissingExtraError, _domains, _frames
from mxseal._domain_files import LONGEST, SHOWN, Line
from mxseal._domains import DomainList
from mxseal._reading import WrongValueError

Write = Callable[[str | bytes], Path]
Plain = list[tuple[int, str]]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A file of that content."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "domains"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def plain(domains: DomainList) -> Plain:
    """The lines without what they carry along."""
    return [(line.number, line.domain) for line in domains]


# ---------------------------------------------------------------------------------- one name a line
@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("a.example\nb.example\n", [(1, "a.example"), (2, "b.example")]),
        ("a.example\nb.example", [(1, "a.example"), (2, "b.example")]),
        ("a.example\r\n\r\nb.example\r\n", [(1, "a.example"), (3, "b.example")]),
        ("# mine\n\n a.example # old\n#b\n", [(3, "a.example")]),
        ("; mine\na.example\n", [(1, "; mine"), (2, "a.example")]),
        ("\ufeffa.example\n", [(1, "a.example")]),
        ("a.example b.example\n", [(1, "a.example b.example")]),
        ("a.example\nb,c.example\n", [(1, "a.example"), (2, "b,c.example")]),
        ("Ä.example.\n", [(1, "Ä.example.")]),
        ("", []),
        ("\n# nothing\n\n", []),
    ],
)
def test_a_plain_list(write: Write, content: str, lines: Plain) -> None:
    domains = DomainList.of(write(content))
    assert plain(domains) == lines
    assert domains.carried == ()
    assert domains.total == len(lines)


def test_bytes_that_are_no_utf8_keep_their_row(write: Write) -> None:
    domains = DomainList.of(write(b"good.example\nb\xff.example\n"))
    assert [os.fsencode(line.domain) for line in domains] == [b"good.example", b"b\xff.example"]


@pytest.mark.parametrize("length", [LONGEST - 1, LONGEST, LONGEST + 1, 5 * LONGEST, 30 * LONGEST])
def test_an_overlong_line_is_one_row(write: Write, length: int) -> None:
    """And the same one wherever the pieces in which it is read begin."""
    for before in ("", "first.example\n", "é.example\n" * 4000):
        path = write(f"{before}{'é' * length}\nlast.example\n")
        *_, long, last = DomainList.of(path)
        assert long.domain == "é" * (length if length <= LONGEST else SHOWN)
        assert last == (before.count("\n") + 2, "last.example", ())


# ------------------------------------------------------------------------------ ranking, CSV, zone
def test_a_ranking_carries_its_rank(write: Write) -> None:
    domains = DomainList.of(write('1,a.example\r\n"2","b.example"\r\nc.example\r\n4,\r\n'))
    assert list(domains) == [
        Line(1, "a.example", (1,)),
        Line(2, "b.example", (2,)),
        Line(3, "c.example", (None,)),
        Line(4, "", (4,)),
    ]
    assert domains.carried == ("rank",)
    assert domains.kinds == ["int"]


@pytest.mark.parametrize(
    ("content", "carried", "lines"),
    [
        ("domain\na.example\n", (), [(2, "a.example", ())]),
        ("id,domain\n7,a.example\n", ("id",), [(2, "a.example", ("7",))]),
        ("Id,Domain\n7,a.example\n", ("Id",), [(2, "a.example", ("7",))]),
        ("Domain,domain\nx,a.example\n", ("Domain",), [(2, "a.example", ("x",))]),
        ("domain;id\na.example;7\n", ("id",), [(2, "a.example", ("7",))]),
        ("domain\tid\na.example\t7\n", ("id",), [(2, "a.example", ("7",))]),
        ("domain,a,a,,a_2\nx,1,2,3,4\n", ("a", "a_2", "column_4", "a_2_2"),
         [(2, "x", ("1", "2", "3", "4"))]),
        ("# export\n\ndomain,id\na.example,7\n", ("id",), [(4, "a.example", ("7",))]),
        ("domain,id,x\na.example,7\n\nb.example,8,y,z\n", ("id", "x"),
         [(2, "a.example", ("7", None)), (4, "b.example", ("8", "y"))]),
        ('domain,"a ""b"""\na.example,"1,""2"""\n', ('a "b"',), [(2, "a.example", ('1,"2"',))]),
        ('domain,a\na.example,"1\n2"\nb.example,3\n', ("a",),
         [(2, "a.example", ("1\n2",)), (4, "b.example", ("3",))]),
        ('domain,a\na.example,"1\n\u2028,2"\n', ("a",), [(2, "a.example", ("1\n\u2028,2",))]),
        # No field begins with them, so they are quotes like any character.
        ('domain,a\na.example,5" disk\nb.example,6"\n', ("a",),
         [(2, "a.example", ('5" disk',)), (3, "b.example", ('6"',))]),
    ],
)  # fmt: skip
def test_a_csv(write: Write, content: str, carried: tuple[str, ...], lines: list[Line]) -> None:
    domains = DomainList.of(write(content))
    assert domains.carried == carried
    assert list(domains) == lines
    assert domains.total == len(lines)


def test_a_quote_that_never_ends_spoils_one_line(write: Write) -> None:
    rest = "".join(f"{each}.example,x\n" for each in range(300))
    domains = DomainList.of(write(f'domain,a\na.example,"1\n{rest}'))
    lines = list(domains)
    assert lines[0] == (2, "a.example", ("1",))
    assert lines[1:] == [(3 + each, f"{each}.example", ("x",)) for each in range(300)]


def test_cells_of_a_csv_are_text(write: Write) -> None:
    domains = DomainList.of(write("domain,id\na.example,7\nb.example\n"))
    assert [line.carried for line in domains] == [("7",), (None,)]
    assert domains.kinds == ["text"]


def test_a_csv_without_a_column_domain_lists_its_columns(write: Write) -> None:
    path = write("customer,host name\n7,a.example\n")
    with pytest.raises(WrongValueError, match="no column is called domain") as caught:
        DomainList.of(path)
    assert caught.value.value == "customer, host name"
    assert "heading" in caught.value.do


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        # A registry's zone: names of every record, signatures and hashes aside.
        (
            "example.\t900\tin\tsoa\tns. host. 1 2 3 4 5\n"
            "example.\t900\tin\trrsig\tsoa 8 1 900 x\n"
            "a.example.\t3600\tin\tns\tns1.a.example.\n"
            "a.example.\t3600\tin\tns\tns2.a.example.\n"
            "A.example.\t3600\tin\tds\t1 8 2 00\n"
            "hash.example.\t3600\tin\tnsec3\t1 0 0 - x\n"
            "hash.example.\t3600\tin\trrsig\tnsec3 8 2 x\n"
            "b.example.\tns\tns1.a.example.\n",
            [(1, "example"), (3, "a.example"), (8, "b.example")],
        ),
        # One that people write.
        (
            "; a comment\n"
            "$TTL 1d\n"
            "$ORIGIN example.\n"
            "@ IN SOA ns host ( 1 ; serial (\n"
            "   2 3\n"
            "within 4 )\n"
            "   NS ns\n"
            'a 1h TXT "; (" ; more\n'
            "b MX 10 a\n"
            "  MX 20 b ; spare\n"
            "$ORIGIN deep\n"
            "c\tA 192.0.2.1\n"
            "$INCLUDE other\n"
            "a\\(b A 192.0.2.1\n",
            [
                (4, "example"),
                (8, "a.example"),
                (9, "b.example"),
                (12, "c.deep.example"),
                (13, "$INCLUDE other"),
                (14, "a\\(b.deep.example"),
            ],
        ),
        ("a.example. NS ns.example.\nno record\n", [(1, "a.example"), (2, "no")]),
    ],
)
def test_a_zone(write: Write, content: str, lines: Plain) -> None:
    domains = DomainList.of(write(content))
    assert plain(domains) == lines
    assert domains.total is None  # that takes reading it
    assert domains.carried == ()


# -------------------------------------------------------------------------------------------- bytes
def test_the_digest_is_of_the_file(write: Write) -> None:
    content = gzip.compress(b"a.example\nb.example\n")
    domains = DomainList.of(write(content))
    assert domains.sha256 == hashlib.sha256(content).hexdigest()
    assert plain(domains) == [(1, "a.example"), (2, "b.example")]
    assert domains.total == 2
    assert plain(domains) == [(1, "a.example"), (2, "b.example")]  # again


def zipped(**members: str) -> bytes:
    """A zip."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as container:
        for name, content in members.items():
            container.writestr(name, content)
    return stream.getvalue()


def test_a_zip_of_one_file_is_read(write: Write) -> None:
    domains = DomainList.of(write(zipped(top="1,a.example\n2,b.example\n")))
    assert list(domains) == [(1, "a.example", (1,)), (2, "b.example", (2,))]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (zipped(a="a.example", b="b.example"), "a zip of 2 files"),
        ("a.example\n".encode("utf-16"), "text in UTF-16"),
        (b"PAR1\x15\x04\x00\x00", "no list of names, but binary"),
    ],
)
def test_what_is_no_list_is_refused(write: Write, content: bytes, what: str) -> None:
    with pytest.raises(WrongValueError, match=what):
        DomainList.of(write(content))


def test_a_damaged_gzip_is_told(write: Write) -> None:
    content = gzip.compress("".join(f"{each}.example\n" for each in range(100_000)).encode())
    domains = DomainList.of(write(content[: len(content) // 2]))
    with pytest.raises(WrongValueError, match="cannot be unpacked to the end"):
        list(domains)


def test_a_missing_file_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        DomainList.of(str(tmp_path / "nowhere"))
    with pytest.raises(IsADirectoryError):
        DomainList.of(tmp_path)


def test_a_domain_in_place_of_a_list_is_told() -> None:
    with pytest.raises(FileNotFoundError, match=r"names are given as a list.*example\.com"):
        DomainList.of("example.com")


def test_a_pipe_is_read_once_and_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first line of somebody who types is there before the second."""
    read, write = os.pipe()
    with open(read, "rb") as out, open(write, "wb", buffering=0) as into:  # noqa: PTH123
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(out))
        into.write(b"a.example\n")
        domains = DomainList.of("-")
        assert domains.total is None
        assert domains.sha256 is None
        lines = iter(domains)
        assert next(lines) == (1, "a.example", ())
        into.write(b"b.example\n")
        assert next(lines) == (2, "b.example", ())
        into.close()
        assert list(lines) == []
        with pytest.raises(WrongValueError, match="only once"):
            iter(domains)


def test_a_fifo_is_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_text, args=("domain,id\na.example,7\n",))
    writer.start()
    domains = DomainList.of(path)
    writer.join()
    assert list(domains) == [(2, "a.example", ("7",))]


def test_memory_does_not_grow_with_the_list(write: Write) -> None:
    path = write("".join(f"domain{each}.example\n" for each in range(300_000)))
    domains = DomainList.of(path)
    tracemalloc.start()
    try:
        assert sum(1 for _ in domains) == 300_000
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("line", ["", "# nobody"])
def test_nor_with_what_stands_before_the_first_name(write: Write, line: str) -> None:
    path = write(f"{line}\n" * 300_000 + "a.example\n")
    tracemalloc.start()
    try:
        assert list(DomainList.of(path)) == [(300_001, "a.example", ())]
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()


# ------------------------------------------------------------------------ names, columns and tables
def names() -> Iterator[object]:
    yield from ("a.example", None, float("nan"), b"b\xff", 7)


@pytest.mark.parametrize(
    "source",
    [
        ["a.example", "b.example"],
        (each for each in ("a.example", "b.example")),
        pandas.Series(["a.example", "b.example"]),
        pandas.Series(["a.example", "b.example"], dtype="category"),
        polars.Series(["a.example", "b.example"]),
        pyarrow.array(["a.example", "b.example"]),
        pyarrow.chunked_array([["a.example"], ["b.example"]]),
        pyarrow.array(["a.example", "b.example"]).dictionary_encode(),
    ],
    ids=lambda source: f"{type(source).__module__}.{type(source).__name__}",
)
def test_names_and_columns(source: object) -> None:
    domains = DomainList.of(source)
    assert domains.total == (2 if hasattr(source, "__len__") else None)
    assert plain(domains) == [(1, "a.example"), (2, "b.example")]
    assert (domains.name, domains.sha256, domains.carried) == ("a list", None, ())
    assert repr(domains) == "<DomainList a list>"


def test_what_is_no_name_keeps_its_row() -> None:
    assert [line.domain for line in DomainList.of(names())] == ["a.example", "", "", "b\udcff", "7"]
    with_na = pandas.Series(["a.example", pandas.NA], dtype="string")
    assert [line.domain for line in DomainList.of(with_na)] == ["a.example", ""]


COLUMNS = {"id": [7, None], "Domain": ["a.example", None], "tags": [["x"], []]}


@pytest.mark.parametrize(
    "source",
    [
        pandas.DataFrame(COLUMNS, index=["x", "y"]).astype({"id": "Int64"}),
        polars.DataFrame(COLUMNS),
        pyarrow.table(COLUMNS),
        pyarrow.RecordBatch.from_pydict(COLUMNS),
    ],
    ids=lambda source: f"{type(source).__module__}.{type(source).__name__}",
)
def test_tables_carry_their_columns(source: object) -> None:
    domains = DomainList.of(source)
    assert domains.carried == ("id", "tags")
    assert domains.total == 2
    lines = list(domains)
    assert lines == [(1, "a.example", (7, ["x"])), (2, "", (None, []))]
    assert domains.kinds == ["int", "text"]
    assert list(domains) == lines  # again


def test_a_stream_of_batches_is_read_batch_by_batch() -> None:
    asked: list[int] = []

    def batches() -> Iterator[pyarrow.RecordBatch]:
        for number in range(3):
            asked.append(number)
            yield pyarrow.record_batch({"domain": [f"{number}.example"] * 2})

    schema = pyarrow.schema({"domain": pyarrow.string()})
    domains = DomainList.of(pyarrow.RecordBatchReader.from_batches(schema, batches()))
    assert asked == []
    lines = iter(domains)
    assert next(lines) == (1, "0.example", ())
    assert asked == [0]
    assert list(lines)[-1] == (6, "2.example", ())


def test_a_table_without_a_column_domain_lists_its_columns() -> None:
    with pytest.raises(WrongValueError, match="no column is called domain") as caught:
        DomainList.of(polars.DataFrame({"host": ["a.example"], "id": [7]}))
    assert caught.value.value == "host, id"


def test_a_table_without_pyarrow_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def require(library: str, extra: str, purpose: str) -> None:
        raise MissingExtraError(library, extra, purpose)

    monkeypatch.setattr(_domains, "require", require)
    assert _frames.require is not require
    with pytest.raises(MissingExtraError, match="mxseal\\[parquet\\]"):
        DomainList.of(polars.DataFrame({"domain": ["a.example"]}))
    assert plain(DomainList.of(polars.Series(["a.example"]))) == [(1, "a.example")]


@pytest.mark.parametrize("source", [7, None, {"domain": ["a.example"]}, b"a.example"])
def test_what_cannot_name_domains_is_a_type_error(source: object) -> None:
    with pytest.raises(TypeError, match="no list of domains"):
        DomainList.of(source)


def test_a_list_of_domains_is_one_already() -> None:
    domains = DomainList.of(["a.example"])
    assert DomainList.of(domains) is domains


# ---------------------------------------------------------------------------------------- shuffled
def test_a_seed_decides_the_order() -> None:
    domains = DomainList.of([f"{number}.example" for number in range(1000)])
    shuffled = domains.shuffled(7)
    order = [line.number for line in shuffled]
    assert order != sorted(order)
    assert sorted(order) == list(range(1, 1001))
    assert all(line.domain == f"{line.number - 1}.example" for line in shuffled)
    assert [line.number for line in shuffled] == order
    assert [line.number for line in domains.shuffled(8)] != order
    assert shuffled.total == 1000
    # As long as these stand, a scan of an earlier version can be resumed.
    assert order[:4] == [646, 131, 423, 549]


def test_no_line_leaves_its_window() -> None:
    order = [line.number for line in DomainList.of(["a.example"] * 25).shuffled(7, window=10)]
    assert [sorted(order[start : start + 10]) for start in (0, 10, 20)] == [
        list(range(1, 11)),
        list(range(11, 21)),
        list(range(21, 26)),
    ]
    with pytest.raises(WrongValueError, match="not a window"):
        DomainList.of([]).shuffled(7, window=0)
