# SPDX-License-Identifier: MIT
"""One of two scans that are compared: of each domain what decides, of each address what it showed.

A million domains take about 50 MB, and the addresses of their hosts, each once, as much again at
most. Everything else is read a second time, for the domains that changed alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from mxseal._check import Verdict
from mxseal._scan_files import ScanRows, field, items, microseconds, text

if TYPE_CHECKING:
    import pyarrow

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
DANE = ("none", "secure", "partial", "insecure", "unusable", "unknown")
COLUMNS = (
    *("line", "domain", "verdict", "sts_id", "policy_mode", "max_age", "policy_mx", "dane_state"),
    *("tlsrpt", "started", "policy_address"),
    *("mx.host", "mx.addresses.address", "mx.addresses.smtp_status", "mx.addresses.sha256"),
)
SHA256 = "policy_sha256"  # of the policy host; earlier scans have none
# How far an address went that offers STARTTLS, and that does not.
OFFERED = ("secured", "tls", "starttls_refused", "injection")
MISSING = ("starttls_missing", "ehlo_rejected")
YES, NO, UNSEEN = "1", "0", ""
_BETWEEN = "\0"  # in no name
_MANY = 100_000  # rows that are gathered before they are put together


class Policy(NamedTuple):
    """A policy, as far as it matters whether it is the same.

    Attributes:
        mode: enforce, testing or none.
        max_age: seconds.
        mx: patterns in lower case, sorted: their order says nothing.
    """

    mode: str
    max_age: int
    mx: tuple[str, ...]


class State(NamedTuple):
    """A domain in one of the scans.

    Attributes:
        verdict: of the scan.
        sts_id: None without a valid record.
        policy: None without a valid one.
        dane: state of DANE.
        tls_rpt: whether it has a valid TLS-RPT record.
        started: when it was looked at, in microseconds since 1970.
    """

    verdict: str
    sts_id: str | None
    policy: Policy | None
    dane: str
    tls_rpt: bool
    started: int


class Seen(NamedTuple):
    """What else is known of a domain that changed.

    Attributes:
        errors: codes of findings, in their order.
        unknown: codes of what could not be seen.
        hosts: MX hosts.
    """

    errors: list[str]
    unknown: list[str]
    hosts: list[str]

    def has(self, area: str) -> bool:
        """Whether an error or something unseen lies in this area (``sts.dns.``)."""
        return any(code.startswith(area) for code in (*self.errors, *self.unknown))


class Side:
    """A scan, taken apart.

    Attributes:
        rows: the scan itself.
        domain: the domains, each once.
        addresses: those of its MX hosts, and of policy hosts the one that was asked.
        repeated: further lines with a domain that stood there before.
    """

    def __init__(self, rows: ScanRows) -> None:
        """Reads it once."""
        import pyarrow as pa

        self.rows = rows
        pieces = [_flat(pa.RecordBatch.from_pylist([], _schema()))]
        tail: list[pa.Table] = []
        addresses: list[pa.Array] = []
        gathered = 0
        with_policy_hosts = rows.has(SHA256)
        for batch in rows.batches((*COLUMNS, SHA256) if with_policy_hosts else COLUMNS):
            tail.append(_flat(batch))
            addresses.append(_addresses(batch))
            if with_policy_hosts:
                addresses.append(_policy_hosts(batch))
            gathered += batch.num_rows
            if gathered > _MANY:
                # Few large pieces: what lies between many small ones would never be given back.
                pieces.append(pa.concat_tables(tail).combine_chunks())
                addresses = [_once(addresses)]
                tail.clear()
                gathered = 0
        self._table, self.repeated = _each_domain_once(pa.concat_tables([*pieces, *tail]))
        self.domain = self._table["domain"]
        self.addresses = Addresses(_once(addresses))

    def __len__(self) -> int:
        return len(self.domain)

    @cached_property
    def started(self) -> int | None:
        """When the first domain was looked at, in microseconds since 1970."""
        import pyarrow.compute as pc

        first: int | None = pc.min(self._table["started"]).as_py()
        return first

    def taken(self, places: pyarrow.Array) -> pyarrow.Table:
        """The rows at these places."""
        return self._table.take(places)

    def seen(self, domains: Iterable[str], hosts: Iterable[str] = ()) -> dict[str, Seen]:
        """What else is known of these domains, and of those that have one of these MX hosts."""
        import pyarrow as pa
        import pyarrow.compute as pc

        wanted = pa.array(list(domains), pa.large_string())
        wanted_hosts = pa.array(list(hosts), pa.large_string())
        seen: dict[str, Seen] = {}
        lines: dict[str, int] = {}
        if not len(wanted) and not len(wanted_hosts):
            return seen
        columns = ("line", "domain", "findings.code", "findings.severity", "mx.host")
        for batch in self.rows.batches(columns):
            mask = pc.is_in(text(batch.column("domain")), wanted)
            if len(wanted_hosts):
                mx, of_row = items(batch.column("mx"))
                with_host = pc.filter(of_row, pc.is_in(text(field(mx, "host")), wanted_hosts))
                numbers = pa.array(range(batch.num_rows), pa.int64())
                mask = pc.or_(mask, pc.is_in(numbers, with_host))
            for each in batch.filter(mask).to_pylist():
                if each["line"] < lines.get(each["domain"], each["line"] + 1):
                    lines[each["domain"]] = each["line"]
                    seen[each["domain"]] = _seen(each)
        return seen


class Addresses:
    """Addresses of MX hosts and policy hosts, each host and address once.

    Attributes:
        table: host, address, offered (``YES``, ``NO``, ``UNSEEN``), sha256 (empty without), key
            (host and address).
    """

    def __init__(self, words: pyarrow.Array) -> None:
        """Takes what ``_addresses`` put together apart."""
        import pyarrow as pa
        import pyarrow.compute as pc

        fields = pc.split_pattern(words, _BETWEEN)
        host, address, offered, sha256 = (pc.list_element(fields, place) for place in range(4))
        columns = {
            "host": host,
            "address": address,
            "offered": offered,
            "sha256": sha256,
            "key": pc.binary_join_element_wise(host, address, _between()),
        }
        self.table = pa.table(columns)

    def keys(self, offered: str) -> pyarrow.ChunkedArray:
        """Keys of those that offer STARTTLS (``YES``), or do not (``NO``)."""
        return self._among(offered)["key"]

    def hosts(self, offered: str) -> pyarrow.ChunkedArray:
        """Hosts of those."""
        return self._among(offered)["host"]

    def stripped_since(self, old: Addresses) -> list[dict[str, str]]:
        """Host and address of those that offered STARTTLS in the old scan, and do not here.

        An address that was not seen then counts by the host's other ones.
        """
        import pyarrow.compute as pc

        missing = self._among(NO)
        before = pc.is_in(missing["key"], old.keys(YES).combine_chunks())
        known = pc.is_in(missing["key"], old.keys(NO).combine_chunks())
        host_before = pc.is_in(missing["host"], old.hosts(YES).combine_chunks())
        host_known = pc.is_in(missing["host"], old.hosts(NO).combine_chunks())
        by_host = pc.and_not(host_before, host_known)
        stripped = missing.filter(pc.and_not(pc.or_(before, by_host), known))
        rows: list[dict[str, str]] = stripped.select(["host", "address"]).to_pylist()
        return rows

    def replaced_since(self, old: Addresses) -> pyarrow.Table:
        """Host, address, and the digests before and after where another certificate is sent."""
        import pyarrow.compute as pc

        names = ["host", "address", "key", "sha256"]
        now, then = (
            each.table.filter(pc.not_equal(each.table["sha256"], "")).select(names)
            for each in (self, old)
        )
        places = pc.index_in(now["key"], then["key"].combine_chunks())
        now = now.filter(pc.is_valid(places))
        before = then["sha256"].take(places.drop_null())
        changed = pc.not_equal(now["sha256"], before)
        now = now.append_column("before", before).filter(changed)
        # An address may have shown several in one scan: none of those is new.
        then = then.filter(pc.is_in(then["key"], now["key"].combine_chunks()))
        shown, shown_then = (
            pc.binary_join_element_wise(each["key"], each["sha256"], _between())
            for each in (now, then)
        )
        return now.filter(pc.invert(pc.is_in(shown, shown_then.combine_chunks())))

    def _among(self, offered: str) -> pyarrow.Table:
        import pyarrow.compute as pc

        return self.table.filter(pc.equal(self.table["offered"], offered))


def states(table: pyarrow.Table) -> list[State]:
    """Rows as Python has them."""
    columns = [table[name].to_pylist() for name in _STATE]
    return [
        State(VERDICTS[verdict], sts_id, _policy(policy), DANE[dane], tls_rpt, started)
        for verdict, sts_id, policy, dane, tls_rpt, started in zip(*columns, strict=True)
    ]


def _policy(words: str | None) -> Policy | None:
    """A policy of its words in the column ``policy``."""
    if words is None:
        return None
    mode, max_age, *mx = words.split(" ")
    return Policy(mode, int(max_age), tuple(mx))


_STATE = ("verdict", "sts_id", "policy", "dane", "tls_rpt", "started")


def _schema() -> pyarrow.Schema:
    import pyarrow as pa

    from mxseal._scan_files import scan_schema

    names = {each.partition(".")[0] for each in COLUMNS}
    return pa.schema([each for each in scan_schema() if each.name in names])


def _flat(batch: pyarrow.RecordBatch) -> pyarrow.Table:
    """What is kept of each row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    verdicts = pa.array(VERDICTS, pa.large_string())
    verdict = pc.index_in(text(batch.column("verdict")), verdicts)
    dane = pc.index_in(text(batch.column("dane_state")), pa.array(DANE, pa.large_string()))
    return pa.table(
        {
            "line": batch.column("line").cast(pa.int64()),
            "domain": text(batch.column("domain")),
            "verdict": pc.fill_null(verdict, VERDICTS.index("inconclusive")).cast(pa.int8()),
            "sts_id": batch.column("sts_id").cast(pa.string()),
            "policy": _policies(batch),
            "dane": pc.fill_null(dane, DANE.index("unknown")).cast(pa.int8()),
            "tls_rpt": pc.is_valid(batch.column("tlsrpt")),
            "started": microseconds(batch.column("started")),
        }
    )


def _policies(batch: pyarrow.RecordBatch) -> pyarrow.Array:
    """The policies in words, so that equal ones are equal texts; null without one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    modes = text(batch.column("policy_mode"))
    numbers = pa.array(range(batch.num_rows), pa.int64()).filter(pc.is_valid(modes))
    columns = [
        batch.column(name).cast(kind).take(numbers).to_pylist()
        for name, kind in (
            ("policy_mode", pa.large_string()),
            ("max_age", pa.int64()),
            ("policy_mx", pa.list_(pa.large_string())),
        )
    ]
    words = pa.array(
        [
            " ".join((mode, str(max_age or 0), *sorted(each.lower() for each in mx or ())))
            for mode, max_age, mx in zip(*columns, strict=True)
        ],
        pa.string(),
    )
    places = pc.index_in(pa.array(range(batch.num_rows), pa.int64()), numbers)
    return words.take(places)


def _addresses(batch: pyarrow.RecordBatch) -> pyarrow.Array:
    """Host, address, whether it offers STARTTLS and digest, as one text; each once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    mx, _ = items(batch.column("mx"))
    addresses, of_host = items(field(mx, "addresses"))
    status = text(field(addresses, "smtp_status"))
    offered = pc.if_else(
        pc.is_in(status, pa.array(OFFERED, status.type)),
        YES,
        pc.if_else(pc.is_in(status, pa.array(MISSING, status.type)), NO, UNSEEN),
    )
    words = pc.binary_join_element_wise(
        text(field(mx, "host")).take(of_host),
        text(field(addresses, "address")),
        offered.cast(pa.large_string()),
        pc.fill_null(text(field(addresses, "sha256")), ""),
        _between(),
    )
    return words.unique()


def _policy_hosts(batch: pyarrow.RecordBatch) -> pyarrow.Array:
    """The same of policy hosts that sent a certificate."""
    import pyarrow as pa
    import pyarrow.compute as pc

    sent = pc.is_valid(batch.column(SHA256))
    columns = (batch.column(name).filter(sent) for name in ("domain", "policy_address", SHA256))
    domain, address, sha256 = (text(each) for each in columns)
    prefix, none, unseen = (pa.scalar(each, domain.type) for each in ("mta-sts.", "", UNSEEN))
    policy_host = pc.binary_join_element_wise(prefix, domain, none)
    return pc.binary_join_element_wise(policy_host, address, unseen, sha256, _between())


def _once(words: Sequence[pyarrow.Array]) -> pyarrow.Array:
    import pyarrow as pa

    return pa.chunked_array(words, pa.large_string()).unique()


def _each_domain_once(table: pyarrow.Table) -> tuple[pyarrow.Table, int]:
    """The first line of each domain, and how many further ones there were."""
    import pyarrow as pa
    import pyarrow.compute as pc

    repeated = len(table) - pc.count_distinct(table["domain"]).as_py()
    if repeated:
        table = table.sort_by("line")
        domains = table["domain"].combine_chunks()
        first = pc.index_in(domains, domains).cast(pa.int64())
        table = table.filter(pc.equal(first, pa.array(range(len(table)), pa.int64())))
    return table, repeated


def _seen(row: dict[str, Any]) -> Seen:
    findings = [(each["severity"], each["code"]) for each in row["findings"] or ()]
    return Seen(
        [code for severity, code in findings if severity == "error"],
        [code for severity, code in findings if severity == "unknown"],
        [each["host"] for each in row["mx"] or ()],
    )


def _between() -> pyarrow.Scalar:
    import pyarrow as pa

    return pa.scalar(_BETWEEN, pa.large_string())
