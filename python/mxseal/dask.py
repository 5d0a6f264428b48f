# SPDX-License-Identifier: MIT
"""More than one machine: scans, and sums of an archive of reports, on a Dask cluster (extra dask).

::

    from distributed import Client
    from mxseal import dask

    client = Client("tcp://scheduler:8786")
    dask.scan("domains.txt", client, output="s3://bucket/scan")
    dask.summarize_reports("s3://bucket/reports/*.tar.gz", client).table.to_pandas()

Without a client, a cluster of this machine's cores begins and ends with the call. Its processes
import the script anew, so that what a script does must stand below ``if __name__ == "__main__":``.

Scheduling, repeating what a lost worker did, and moving data are Dask's work; names of files go
through fsspec, which takes ``s3://`` and the like where their packages are installed. What is done
here: which domains lie together, and that each report counts once.
"""

from __future__ import annotations

import json
import secrets
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mxseal import _scan
from mxseal._core import tlsrpt as core
from mxseal._domain_files import Kind, Line
from mxseal._domains import DomainList
from mxseal._frames import arrow_table, require
from mxseal._reading import Archive, Day, Names, Period, Spec, WrongValueError, spec
from mxseal._scan import Scan, ScanSettings
from mxseal._scan_journal import Journal, kept

_PURPOSE = "mxseal.dask"
distributed = require("distributed", "dask", _PURPOSE)
fsspec = require("fsspec", "dask", _PURPOSE)
pyarrow = require("pyarrow", "dask", _PURPOSE)
require("pyarrow.compute", "dask", _PURPOSE)  # which pyarrow itself does not import

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["ReportSums", "scan", "summarize_reports"]

PARTITION = 10_000  # lines
MOST_ERRORS = 1_000  # that are listed
_MOST = 2**63 - 1  # a sum beyond stands as this
_DIGEST = 16  # bytes


# -------------------------------------------------------------------------------------- the cluster
@contextmanager
def _connected(client: Client | None) -> Iterator[Client]:
    if client is not None:
        yield client
        return
    with (
        distributed.LocalCluster(threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
        distributed.Client(cluster) as own,
    ):
        yield own


def _slots(client: Client) -> int:
    """How many tasks run at once."""
    client.wait_for_workers(1)
    return sum(client.nthreads().values())


def _results(
    client: Client, slots: int, task: Any, works: Iterable[tuple[Any, ...]]
) -> Iterator[tuple[int, Any]]:
    """Results as they come, each with its place among the works; never more at once than slots.

    So shares of a limit that belong to the tasks never add up to more than it, whoever joins.
    """
    from dask import config

    rest = iter(enumerate(works))
    places: dict[Any, int] = {}

    def begin(most: int) -> list[Any]:
        begun = []
        for place, work in islice(rest, most):
            future = client.submit(task, *work, pure=False)
            places[future] = place
            begun.append(future)
        return begun

    # What a task is given must outlive its worker, so it goes with the task, whatever its size.
    with config.set({"distributed.admin.large-graph-warning-threshold": "1TB"}):
        done = distributed.as_completed(begin(slots))
        try:
            for future in done:
                result = future.result()
                place = places.pop(future)
                yield place, result
                del future, result
                done.update(begin(1))
        finally:
            client.cancel(list(places))


# ---------------------------------------------------------------------------------------- the scan
@dataclass(frozen=True)
class _Lines:
    """Some lines of a list, with their places in it; a ``Source`` of domains."""

    lines: list[Line]
    name: str
    carried: tuple[str, ...]
    of_carried: list[Kind]
    of_file: str | None

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines)

    def count(self) -> int:
        return len(self.lines)

    def sha256(self) -> str | None:
        """Of the whole list's file."""
        return self.of_file

    def kinds(self) -> list[Kind]:
        return self.of_carried


def scan(
    domains: Any,
    client: Client | None = None,
    *,
    output: str,
    partition: int = PARTITION,
    **options: Any,
) -> dict[str, Any]:
    """Checks many domains on a cluster, into a folder of Parquet files with a row a line.

    Two passes. The first asks for MX records alone. Domains that share an MX host, directly or
    through others, then lie in one partition, so that in the second pass each host is probed by one
    worker alone. What hangs together is never cut: the domains of the large mail providers mostly
    form one partition of any size. It is begun first; its hosts are few, so what it costs is its
    DNS. A host that the first pass did not see, because an answer came late or changed, may be
    probed by two workers.

    ``rate``, ``concurrency``, ``max_per_host`` and new connections to a network are those of the
    whole cluster: each task gets its share, at least one domain and one connection at once. Each
    worker asks the resolver that the options name, or else its own machine's.

    A partition is written as ``part-00000.parquet.*.part`` and renamed when it is whole; done once
    more, it gets the same name. Dask gives what a lost worker had begun to another one, so nothing
    is lost or doubled. ``<output>.run.json``, the record of the run, is there when the scan is
    whole. After an interruption workers still end the partitions that they are at.

    This process holds the list, about 0.5 GB a million domains.

    Args:
        domains: as in ``mxseal.scan``.
        client: of the cluster; None: one on this machine for this call.
        output: a folder, also as a URL, that all workers reach; new or without a scan.
        partition: lines of a partition, where more do not hang together.
        options: those of ``mxseal.scan``. ``ca_file`` is opened by the workers, block and allow
            lists here.

    Returns:
        The record of the run, as in the metadata of a single file.

    Raises:
        OSError: a file cannot be read.
        WrongValueError: a value that cannot be meant, or a scan lies in the folder already.
        ParseError: a line of ``blocklist`` or ``allowlist`` is neither address, network nor domain.
        NetworkError: no resolver answers.
    """
    if partition < 1:
        raise WrongValueError("not a partition", "give at least 1 line", partition)
    whole = _scan.scan(domains, **options)
    files, folder = fsspec.url_to_fs(str(output))
    folder = folder.rstrip("/")
    record_name = f"{folder}.run.json"
    if files.exists(record_name) or files.glob(f"{folder}/part-*"):
        do = "name another folder, or remove it and its .run.json"
        raise WrongValueError("a scan lies there already", do, str(output))
    files.makedirs(folder, exist_ok=True)
    started = datetime.now(UTC)
    with _connected(client) as connected:
        slots = _slots(connected)
        settings = _share(whole.settings, slots)
        groups, questions = _groups(whole, connected, slots, settings, partition)
        parts = _partitions(groups, min(partition, -(-sum(map(len, groups)) // slots)))
        names = [f"{folder}/part-{number:05}.parquet" for number in range(len(parts))]
        works = (
            (_part(whole, lines), settings, whole.lists, files, name)
            for lines, name in zip(parts, names, strict=True)
        )
        records = [record for _, record in _results(connected, slots, _write_part, works)]
    for left in files.glob(f"{folder}/*.part"):  # of workers that were lost
        files.rm(left)
    record = _record(whole, started, questions, records)
    with files.open(f"{record_name}.part", "w") as file:
        file.write(json.dumps(record, indent=2) + "\n")
    files.mv(f"{record_name}.part", record_name)
    return record


def _share(settings: ScanSettings, slots: int) -> ScanSettings:
    return replace(
        settings,
        concurrency=max(1, settings.concurrency // slots),
        rate=settings.rate / slots,
        max_per_host=max(1, settings.max_per_host // slots),
        max_per_network=settings.max_per_network / slots,
    )


def _part(whole: Scan, lines: list[Line]) -> _Lines:
    domains = whole.domains
    return _Lines(lines, domains.name, domains.carried, domains.kinds, domains.sha256)


def _groups(
    whole: Scan, client: Client, slots: int, settings: ScanSettings, partition: int
) -> tuple[list[list[Line]], Counter[str]]:
    """The lines of the list, those together whose domains share MX hosts, the most first.

    And how many questions it took to know them.
    """
    lines: list[Line] = []
    questions: Counter[str] = Counter()
    linked = _Linked()

    def chunks() -> Iterator[tuple[Any, ...]]:
        source = iter(whole.domains)
        while chunk := list(islice(source, partition)):
            lines.extend(chunk)
            yield _part(whole, chunk), settings, whole.lists

    names: dict[int, str] = {}  # by line, one of its hosts
    for _, (hosts_of, asked) in _results(client, slots, _ask_mx, chunks()):
        questions.update(asked)
        for number, hosts in hosts_of:
            if hosts:
                names[number] = linked.link(hosts)
    groups: defaultdict[str, list[Line]] = defaultdict(list)
    for line in lines:
        # A domain that stands in the list twice is one that is asked by one worker too.
        name = names.get(line.number)
        groups[line.domain if name is None else linked.head(name)].append(line)
    return sorted(groups.values(), key=len, reverse=True), questions


class _Linked:
    """Which names belong together, by what links them (union-find)."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def head(self, name: str) -> str:
        """The same for all that are linked."""
        above = self._above
        while (parent := above.setdefault(name, name)) is not name:
            above[name] = name = above[parent]
        return parent

    def link(self, names: Sequence[str]) -> str:
        """Links them; gives back the first."""
        first = self.head(names[0])
        for name in names[1:]:
            self._above[self.head(name)] = first
        return first


def _partitions(groups: list[list[Line]], size: int) -> list[list[Line]]:
    """Groups together, up to so many lines; what is larger stays alone."""
    parts: list[list[Line]] = [[]]
    for group in groups:
        if parts[-1] and len(parts[-1]) + len(group) > size:
            parts.append([])
        parts[-1].extend(group)
    return parts


def _ask_mx(
    part: _Lines, settings: ScanSettings, lists: tuple[str, str]
) -> tuple[list[tuple[int, list[str]]], dict[str, int]]:
    """A task: the MX hosts of each line, and how many questions that took."""
    asked = Scan(DomainList(part), settings, blocklist=lists[0], allowlist=lists[1], only_mx=True)
    hosts_of = []
    for batch in asked:
        for number, hosts in zip(batch.column("line"), batch.column("mx"), strict=True):
            hosts_of.append((number, [host["host"] for host in hosts]))
    return hosts_of, asked.record()["questions"]


def _write_part(
    part: _Lines, settings: ScanSettings, lists: tuple[str, str], files: Any, name: str
) -> dict[str, Any]:
    """A task: scans the lines into a file, and gives back the record of that."""
    running = Scan(DomainList(part), settings, blocklist=lists[0], allowlist=lists[1])
    # In Dask's folder of the worker, which Dask removes if the worker is lost.
    with tempfile.TemporaryDirectory(dir=distributed.get_worker().local_directory) as folder:
        journal = Journal(Path(folder) / "part.parquet", {}, _scan.no_rows(running.domains))
        journal.begin()
        with kept(journal):
            for batch in running:
                journal.append(batch)
        journal.finish("parquet", running.record())
        # A worker that was taken for lost may still write: until the end each has its own file.
        unfinished = f"{name}.{secrets.token_hex(4)}.part"
        files.put_file(str(journal.target), unfinished)
    files.mv(unfinished, name)
    return running.record()


def _record(
    whole: Scan, started: datetime, questions: Counter[str], records: list[dict[str, Any]]
) -> dict[str, Any]:
    """Of the whole run, from those of its partitions and the questions of the first pass."""
    record = whole.record()
    counts = {"questions": questions, "verdicts": Counter[str](), "errors": Counter[str]()}
    for each in records:
        for name, into in counts.items():
            into.update(each[name])
    record.update((name, dict(into)) for name, into in counts.items())
    validates = {each["resolver_validates"] for each in records}
    record["resolver_validates"] = validates.pop() if len(validates) == 1 else None
    record["domains"] = sum(each["domains"] for each in records)
    record["started"], record["ended"] = _scan.text_of(started), _scan.text_of(datetime.now(UTC))
    record["partitions"] = len(records)
    return record


# ------------------------------------------------------------------------------ sums of an archive
@dataclass(frozen=True)
class ReportSums:
    """Sums over an archive of reports.

    Attributes:
        table: a pyarrow.Table with the columns of ``mxseal.tlsrpt.summarize_reports``.
        notes: what must be known to read the numbers rightly, in sentences.
        errors: a pyarrow.Table of what could not be read, the first 1,000.
        counts: what was met: files, bytes, reports, duplicates, filtered, unread, not_reports.
        counted_once: how often the larger of an sts and a tlsa sum was taken.
        failed_without_detail: failed sessions without a failure detail (sums over details).
        saturated: whether a sum is larger than 2^63-1 and stands as that.
    """

    table: Any
    notes: list[str]
    errors: Any
    counts: dict[str, int]
    counted_once: int
    failed_without_detail: int
    saturated: bool

    def __repr__(self) -> str:
        rows, counts = self.table.num_rows, self.counts
        return f"<ReportSums {rows:,} rows of {counts['reports']:,} reports>"


def summarize_reports(
    paths: str | Iterable[str],
    client: Client | None = None,
    by: str | Sequence[str] = ("policy_domain",),
    period: Period | None = None,
    *,
    since: Day | None = None,
    until: Day | None = None,
    domain: Names | None = None,
    organization: Names | None = None,
) -> ReportSums:
    """Sums up an archive of TLS reports on a cluster, each report once (RFC 8460).

    Each path is a task of its own: a file, a folder (with all below it), or what a pattern matches.
    Its worker reads it where it lies if it is a local one, or else gets it into a temporary folder.
    It gives back sums and 16 bytes a report, by which this process sees which reports lie in
    several paths (80 bytes a report while it looks). Such a report counts in the first path, and
    the others are read once more without it. So the sums are those of
    ``mxseal.tlsrpt.summarize_reports`` over all the paths.

    Args:
        paths: files, folders and patterns, also as URLs; all workers must reach them.
        client: of the cluster; None: one on this machine for this call.
        by: as in ``mxseal.tlsrpt.summarize_reports``.
        period: likewise.
        since: likewise.
        until: likewise.
        domain: likewise.
        organization: likewise.

    Raises:
        FileNotFoundError: a path is not there, or a pattern has no match; nothing was read then.
        ValueError: no path, an unknown key or period, or a day that is none.
    """
    keys, _ = asked = spec(by, period)
    asked_of: _Asked = (since, until, _listed(domain), _listed(organization))
    Archive((), *asked_of, 1)  # refuses what cannot be meant
    places = _places([paths] if isinstance(paths, str) else paths)
    if "organization_name" not in keys:  # by which they are counted over all the parts
        asked = [*keys, "organization_name"], asked[1]
    key = secrets.randbits(64), secrets.randbits(64)
    parts: dict[int, _Part] = {}
    with _connected(client) as connected:
        slots = _slots(connected)
        works = [(*place, asked, asked_of, key) for place in places]
        parts.update(_results(connected, slots, _sum_up, ((*work, b"") for work in works)))
        again = _met_before([parts[place].digests for place in range(len(parts))])
        once_more = [(*works[place], known) for place, known in again.items()]
        for place, part in _results(connected, slots, _sum_up, once_more):
            parts[list(again)[place]] = part
    return _merged([parts[place] for place in range(len(parts))], keys, period)


_Asked = tuple[Day | None, Day | None, Names | None, Names | None]


def _listed(names: Names | None) -> Names | None:
    """One that can be read more than once."""
    return names if names is None or isinstance(names, str) else list(names)


def _places(paths: Iterable[str]) -> list[tuple[Any, str]]:
    """File system and name of each path, patterns replaced by what matches them."""
    places: list[tuple[Any, str]] = []
    for path in paths:
        files, name = fsspec.url_to_fs(str(path))
        found = [name] if files.exists(name) else sorted(files.glob(name))
        if not found:
            raise FileNotFoundError(2, "no such file or folder", str(path))
        places.extend((files, each) for each in found)
    if not places:
        raise WrongValueError("no paths", "name files, folders or patterns", [])
    return places


@dataclass(frozen=True)
class _Part:
    """What comes of one path."""

    table: Any
    digests: bytes
    errors: Any
    counts: dict[str, int]
    counted_once: int
    failed_without_detail: int
    saturated: bool


_HOW = {"start": "min", "end": "max", "organizations": "max"}  # what is not added
_COUNTS = ("files", "bytes", "reports", "duplicates", "filtered", "unread", "not_reports")


def _sum_up(
    files: Any, name: str, asked: Spec, asked_of: _Asked, key: tuple[int, int], known: bytes
) -> _Part:
    """A task: sums of one path, without the reports that are known."""
    with _at_hand(files, name) as (path, names):
        sums, digests = Archive(path, *asked_of, 1).summarize_part(asked, key, known)
    return _Part(
        _with_names(arrow_table(pyarrow, sums), names),
        digests,
        _with_names(arrow_table(pyarrow, sums.errors), names),
        {each: getattr(sums.counts, each) for each in _COUNTS},
        sums.counted_once,
        sums.failed_without_detail,
        sums.saturated,
    )


@contextmanager
def _at_hand(files: Any, name: str) -> Iterator[tuple[str, dict[str, str]]]:
    """A local path, and what its files are called where they come from."""
    if isinstance(files, fsspec.get_filesystem_class("file")):
        yield name, {}
        return
    with tempfile.TemporaryDirectory(prefix="mxseal-") as folder:
        names = {}
        for number, each in enumerate(sorted(files.find(name))):
            # By number: a name out there is no name for a file here.
            local = str(Path(folder) / f"{number:09}")
            files.get_file(each, local)
            names[local] = files.unstrip_protocol(each)
        yield folder, names


def _with_names(table: Any, names: dict[str, str]) -> Any:
    """The table with texts for dictionaries, and with the names that the files really have."""
    for place, field in enumerate(table.schema):
        if not pyarrow.types.is_dictionary(field.type):
            continue
        column = table[field.name].cast(pyarrow.large_string())
        if field.name == "source" and names:
            column = pyarrow.array(
                [names.get(each, each) for each in column.to_pylist()], pyarrow.large_string()
            )
        table = table.set_column(place, field.name, column)
    return table


def _met_before(digests: list[bytes]) -> dict[int, bytes]:
    """By part, the digests of its reports that lie in an earlier one too, where there are any."""
    kind, tables = pyarrow.binary(_DIGEST), []
    for place, each in enumerate(digests):
        reports = len(each) // _DIGEST
        column = pyarrow.Array.from_buffers(kind, reports, [None, pyarrow.py_buffer(each)])
        part = pyarrow.repeat(pyarrow.scalar(place, pyarrow.int32()), reports)
        tables.append(pyarrow.table({"digest": column, "part": part}))
    pc = pyarrow.compute
    whole = pyarrow.concat_tables(tables)
    # Of equal ones in order of the parts all but the first were met before.
    whole = whole.take(pc.sort_indices(whole, [("digest", "ascending"), ("part", "ascending")]))
    later, former = whole.slice(1), whole["digest"].slice(0, max(0, len(whole) - 1))
    again = later.filter(pc.equal(later["digest"], former))
    return {
        place: b"".join(again.filter(pc.equal(again["part"], place))["digest"].to_pylist())
        for place in sorted(pc.unique(again["part"]).to_pylist())
    }


def _merged(parts: list[_Part], keys: list[str], period: Period | None) -> ReportSums:
    counted_once = sum(part.counted_once for part in parts)
    without_detail = sum(part.failed_without_detail for part in parts)
    groups = ["period", *keys] if period else keys
    table, saturated = _added(pyarrow.concat_tables(part.table for part in parts), groups)
    saturated = saturated or without_detail > _MOST or any(part.saturated for part in parts)
    without_detail = min(without_detail, _MOST)
    return ReportSums(
        table,
        core.notes(keys, counted_once, without_detail, saturated),
        pyarrow.concat_tables(part.errors for part in parts).slice(0, MOST_ERRORS),
        {name: sum(part.counts[name] for part in parts) for name in _COUNTS},
        counted_once,
        without_detail,
        saturated,
    )


def _added(table: Any, groups: list[str]) -> tuple[Any, bool]:
    """Rows of the same groups added up, in order; and whether a sum was too large."""
    pc = pyarrow.compute
    # Where they are no group, the organizations of all parts are told apart by their names.
    by_name = "organization_name" not in groups
    sums = [n for n in table.column_names if n not in groups and n != "organization_name"]
    if not table.num_rows:
        return table.select([*groups, *sums]), False
    wide = pyarrow.decimal128(38)
    asked: list[tuple[Any, ...]] = []
    for name in sums:
        if name == "organizations" and by_name:
            asked.append(("organization_name", "count_distinct", pc.CountOptions("only_valid")))
        elif name in _HOW:
            asked.append((name, _HOW[name]))
        else:
            place = table.column_names.index(name)
            table = table.set_column(place, name, table[name].cast(wide))
            asked.append((name, "sum"))
    added = _sorted(table.group_by(groups).aggregate(asked), groups)
    columns = {name: added[name] for name in groups}
    most = pyarrow.scalar(_MOST, pyarrow.int64()).cast(wide)
    saturated = False
    for name, (source, how, *_) in zip(sums, asked, strict=True):
        column = added[f"{source}_{how}"]
        if how == "sum":
            saturated = saturated or pc.any(pc.greater(column, most)).as_py()
            column = pc.min_element_wise(column, most).cast(pyarrow.int64())
        columns[name] = column
    return pyarrow.table(columns), saturated


def _sorted(table: Any, groups: list[str]) -> Any:
    """By the groups in turn, what is missing first."""
    if not groups:
        return table
    keys = {}
    for name in groups:
        keys[f"{name}?"] = pyarrow.compute.is_valid(table[name])
        keys[name] = table[name]
    order = [(name, "ascending") for name in keys]
    return table.take(pyarrow.compute.sort_indices(pyarrow.table(keys), order))
