# SPDX-License-Identifier: MIT
"""Behind ``mxseal summary``: how many domains of a scan are protected, and what is wrong.

Rows come in batches and only counts are kept, so a scan of any length is summed up in the memory of
a short one. Every count is of domains, not of findings: what a domain has five times counts once.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, get_args

from mxseal._check import Verdict, plain
from mxseal._frames import require
from mxseal._operators import Kind, Operators
from mxseal._reading import WrongValueError
from mxseal._scan_files import ScanRows, field, items, microseconds, moment, text

if TYPE_CHECKING:
    import pyarrow

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
OWN = "own host"  # at the domain itself or below it
EXPIRES_WITHIN = 14  # days
SCHEMA_VERSION = 1
MOST_LISTED = 1000  # operators, certificates; all are counted
MOST_OPERATORS = 100_000  # that are counted at a time; beyond, the rarest are forgotten

Scope = Literal["mta-sts", "dane", "tls-rpt", "mail", "unseen"]

# What of a row is looked at; a Parquet file gives no more than that.
COLUMNS = (
    *("domain", "verdict", "sts_id", "policy_mode", "max_age", "policy_status", "policy_cname"),
    *("policy_expiry", "dane_state", "tlsrpt", "first_expiry", "started", "seconds"),
    *("findings.code", "findings.severity", "mx.host", "mx.addresses.not_after"),
)
_DAY = 86_400
_RANGES = (
    ("under 1 day", 0, _DAY),
    ("1 day to 1 week", _DAY, 7 * _DAY),
    ("1 to 4 weeks", 7 * _DAY, 28 * _DAY + 1),
    ("over 4 weeks", 28 * _DAY + 1, None),
)
# Areas of findings that say what is wrong for whom.
_AREAS: dict[Scope, tuple[str, ...]] = {
    "mta-sts": ("sts.", "mx.", "smtp."),
    "dane": ("dane.",),
    "tls-rpt": ("rpt.",),
    "mail": ("mx.", "smtp."),
}


@dataclass(frozen=True)
class Adoption:
    """How many domains publish what.

    Attributes:
        mta_sts: an MTA-STS record, valid or meant as one (RFC 8461 §3.1).
        enforce: with a valid policy in this mode.
        testing: with a valid policy in this mode.
        none: with a valid policy in this mode.
        without_policy: a record, and no policy that counts.
        dane: DANE in force at some MX host or all.
        tls_rpt: a TLS-RPT record, valid or meant as one (RFC 8460 §3).
    """

    mta_sts: int
    enforce: int
    testing: int
    none: int
    without_policy: int
    dane: int
    tls_rpt: int


@dataclass(frozen=True)
class Fault:
    """A finding, and how many domains have it."""

    code: str
    domains: int


@dataclass(frozen=True)
class Faults:
    """What is wrong among some of the domains.

    Attributes:
        scope: ``mta-sts`` (errors of domains with a record), ``dane`` (with TLSA records),
            ``tls-rpt`` (with a record), ``mail`` (errors of MX hosts, of domains that take mail),
            ``unseen`` (what could not be seen from there, of all).
        domains: how many these are.
        codes: the most frequent first.
    """

    scope: Scope
    domains: int
    codes: list[Fault]


@dataclass(frozen=True)
class MaxAge:
    """A range of max_age, and how many policies lie in it.

    Attributes:
        name: in words.
        at_least: seconds.
        under: seconds; None where there is no end.
        domains: with such a policy.
    """

    name: str
    at_least: int
    under: int | None
    domains: int


@dataclass(frozen=True)
class Operator:
    """Who runs hosts, and for how many domains.

    Attributes:
        name: by the table of patterns; the registered domain where no pattern fits; ``own host``.
        domains: that name one of its hosts.
    """

    name: str
    domains: int


@dataclass(frozen=True)
class Expiring:
    """A certificate that ends soon.

    Attributes:
        host: an MX host or a policy host.
        not_after: its end (UTC).
        domains: that depend on it.
    """

    host: str
    not_after: datetime
    domains: int


@dataclass(frozen=True)
class ScanSummary:
    """A scan in counts.

    Attributes:
        name: of the file.
        domains: rows of the scan.
        started: the first row (UTC); None without rows.
        ended: the last row.
        verdicts: how many domains have each, those that occur.
        adoption: who publishes what.
        max_age: of the valid policies, by ranges.
        faults: by the domains that they are looked for at.
        mx_operators: the most frequent first, at most 1,000.
        policy_hosters: of the domains whose policy host was asked, the most frequent first, at most
            1,000.
        expired: domains at which some certificate had ended when it was seen.
        expiring: domains at which some certificate ended within ``expires_within`` days.
        expires_within: days.
        certificates: those, the soonest first, at most 1,000.
        schema_version: of these fields.
    """

    name: str
    domains: int
    started: datetime | None
    ended: datetime | None
    verdicts: dict[str, int]
    adoption: Adoption
    max_age: list[MaxAge]
    faults: list[Faults]
    mx_operators: list[Operator]
    policy_hosters: list[Operator]
    expired: int
    expiring: int
    expires_within: int
    certificates: list[Expiring]
    schema_version: int = dataclass_field(default=SCHEMA_VERSION)

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of ``mxseal summary``; times are text by RFC 3339."""
        values: dict[str, Any] = plain(self)
        return values

    def __repr__(self) -> str:
        verdicts = ", ".join(
            f"{self.verdicts.get(verdict, 0):,} {verdict}" for verdict in ("protected", "broken")
        )
        word = "domain" if self.domains == 1 else "domains"
        return f"<ScanSummary {self.domains:,} {word}: {verdicts}>"

    def _repr_html_(self) -> str:
        from mxseal._output.summary_html import summary_html

        return summary_html(self)


def summarize_scan(
    scan: object,
    *,
    expires_within: int = EXPIRES_WITHIN,
    operators: str | os.PathLike[str] | None = None,
) -> ScanSummary:
    """A scan in counts: adoption, faults, operators, certificates that end soon.

    Args:
        scan: the name of a file that ``mxseal scan`` wrote (Parquet, Arrow, NDJSON), or a table
            that speaks the Arrow C stream: ``Scan.to_arrow()``, a DataFrame with all its columns.
        expires_within: days, counted from when a certificate was seen.
        operators: a file of patterns like ``mxseal/data/operators.csv``, which win over those.

    Raises:
        OSError: a file cannot be read.
        WrongValueError: it is no scan, or a file of patterns breaks its form.
        MissingExtraError: pyarrow is not there.
    """
    rows = ScanRows(scan)
    table = Operators() if operators is None else Operators(operators)
    builder = SummaryBuilder(expires_within=expires_within, operators=table)
    with rows.understood():
        for batch in rows.batches(COLUMNS):
            builder.add(batch)
    return builder.summary(rows.name)


class SummaryBuilder:
    """Adds up batches of rows as they come."""

    def __init__(
        self, *, expires_within: int = EXPIRES_WITHIN, operators: Operators | None = None
    ) -> None:
        """Starts with nothing.

        Args:
            expires_within: days, from when a certificate was seen.
            operators: the table of patterns; the package's own where none is given.
        """
        if expires_within < 0:
            raise WrongValueError("not a number of days", "give 0 or more", expires_within)
        require("pyarrow", "parquet", "the summary of a scan")
        self._within = expires_within
        self._operators = operators or Operators()
        self._domains = 0
        self._first: int | None = None
        self._last: int | None = None
        self._verdicts: Counter[str] = Counter()
        self._adoption: Counter[str] = Counter()
        self._ages = [0] * len(_RANGES)
        self._scopes: Counter[Scope] = Counter()
        self._faults: dict[Scope, Counter[str]] = {scope: Counter() for scope in get_args(Scope)}
        self._by: dict[Kind, Counter[str]] = {"mx": Counter(), "policy": Counter()}
        self._expired = 0
        self._expiring = 0
        self._certificates: Counter[tuple[int, str]] = Counter()

    def add(self, batch: Any) -> None:
        """Adds rows.

        Args:
            batch: a pyarrow table or batch, or whatever speaks the Arrow C stream or array, with
                the columns of a scan.
        """
        import pyarrow

        if isinstance(batch, pyarrow.RecordBatch):
            self._add(batch)
        elif hasattr(batch, "__arrow_c_stream__") or isinstance(batch, pyarrow.Table):
            for each in pyarrow.table(batch).to_batches():
                self._add(each)
        else:
            self._add(pyarrow.record_batch(batch))

    def summary(self, name: str = "a scan") -> ScanSummary:
        """What was added so far."""
        adoption = {each: self._adoption[each] for each in Adoption.__dataclass_fields__}
        return ScanSummary(
            name=name,
            domains=self._domains,
            started=None if self._first is None else moment(self._first),
            ended=None if self._last is None else moment(self._last),
            verdicts={each: self._verdicts[each] for each in VERDICTS if self._verdicts[each]},
            adoption=Adoption(**adoption),
            max_age=[
                MaxAge(*each, domains) for each, domains in zip(_RANGES, self._ages, strict=True)
            ],
            faults=[
                Faults(scope, self._scopes[scope], [Fault(*each) for each in _ranked(codes)])
                for scope, codes in self._faults.items()
            ],
            mx_operators=[Operator(*each) for each in _ranked(self._by["mx"])[:MOST_LISTED]],
            policy_hosters=[Operator(*each) for each in _ranked(self._by["policy"])[:MOST_LISTED]],
            expired=self._expired,
            expiring=self._expiring,
            expires_within=self._within,
            certificates=[
                Expiring(host, moment(end), domains)
                for (end, host), domains in sorted(self._certificates.items())[:MOST_LISTED]
            ],
        )

    # ------------------------------------------------------------------------------------ a batch
    def _add(self, batch: pyarrow.RecordBatch) -> None:
        if not batch.num_rows:
            return
        rows = _Rows(batch)
        self._domains += batch.num_rows
        self._verdicts.update(_counts(rows.verdict))
        self._add_times(rows)
        self._add_adoption(rows)
        self._add_faults(rows)
        self._add_operators(rows)
        self._add_certificates(rows)

    def _add_times(self, rows: _Rows) -> None:
        import pyarrow.compute as pc

        seconds = pc.fill_null(rows.batch.column("seconds").cast("float64"), 0.0)
        ended = pc.add(rows.started, pc.floor(pc.multiply(seconds, 1e6)).cast("int64"))
        first, last = pc.min(rows.started).as_py(), pc.max(ended).as_py()
        if first is not None:
            self._first = first if self._first is None else min(self._first, first)
            self._last = last if self._last is None else max(self._last, last)

    def _add_adoption(self, rows: _Rows) -> None:
        import pyarrow.compute as pc

        modes = text(rows.batch.column("policy_mode"))
        for mode in ("enforce", "testing", "none"):
            self._adoption[mode] += _trues(pc.equal(modes, mode))
        self._adoption["mta_sts"] += _trues(rows.published)
        self._adoption["without_policy"] += _trues(pc.and_(rows.published, pc.is_null(modes)))
        self._adoption["dane"] += _trues(_is_in(rows.dane, ("secure", "partial")))
        self._adoption["tls_rpt"] += _trues(rows.reporting)
        age = rows.batch.column("max_age").cast("int64")
        for place, (_, least, under) in enumerate(_RANGES):
            within = pc.and_(pc.greater_equal(age, least), pc.is_valid(modes))
            if under is not None:
                within = pc.and_(within, pc.less(age, under))
            self._ages[place] += _trues(within)

    def _add_faults(self, rows: _Rows) -> None:
        import pyarrow.compute as pc

        dane = _is_in(rows.dane, ("secure", "partial", "insecure", "unusable"))
        scopes: dict[Scope, pyarrow.Array] = {
            "mta-sts": rows.published,
            "dane": pc.or_(dane, rows.with_error("dane.")),
            "tls-rpt": rows.reporting,
            "mail": pc.invert(pc.equal(rows.verdict, "no-mail")),
        }
        for scope, among in scopes.items():
            self._scopes[scope] += _trues(among)
            wanted = _any(pc.starts_with(rows.codes, area) for area in _AREAS[scope])
            wanted = pc.and_(pc.and_(wanted, rows.is_error), pc.take(among, rows.parents))
            self._faults[scope].update(rows.domains_by_code(wanted))
        self._scopes["unseen"] += rows.batch.num_rows
        unknown = pc.equal(rows.severities, "unknown")
        self._faults["unseen"].update(rows.domains_by_code(unknown))

    def _add_operators(self, rows: _Rows) -> None:
        domains = rows.domain.to_pylist()
        hosts, parents = rows.hosts
        before = -1
        met: set[str] = set()
        mx = self._by["mx"]
        for host, row in zip(hosts.to_pylist(), parents.to_pylist(), strict=True):
            if row != before:
                mx.update(met)
                met.clear()
                before = row
            met.add(self._operator("mx", host or "", domains[row]))
        mx.update(met)
        asked = text(rows.batch.column("policy_status")).is_valid().to_pylist()
        targets = text(rows.batch.column("policy_cname")).to_pylist()
        policy = self._by["policy"]
        for domain, target, was_asked in zip(domains, targets, asked, strict=True):
            if was_asked:
                policy[self._operator("policy", target, domain) if target else OWN] += 1
        for counts in self._by.values():
            _forget_rare(counts)

    def _operator(self, kind: Kind, host: str, domain: str) -> str:
        if domain and host.endswith(domain) and host[: -len(domain)][-1:] in ("", "."):
            return OWN
        return self._operators.name(kind, host)

    def _add_certificates(self, rows: _Rows) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        limit = pc.add(rows.started, self._within * _DAY * 1_000_000)
        first = microseconds(rows.batch.column("first_expiry"))
        ended = pc.less(first, rows.started)
        self._expired += _trues(ended)
        hosts, host_rows = rows.hosts
        addresses, of_host = items(field(rows.mx, "addresses"))
        ends = microseconds(field(addresses, "not_after"))
        policy_label, dot = (pa.scalar(each, pa.large_string()) for each in ("mta-sts", "."))
        policy_hosts = pc.binary_join_element_wise(policy_label, rows.domain, dot)
        every = pa.table(
            {
                "row": pa.chunked_array([pc.take(host_rows, of_host), rows.numbers]),
                "host": pa.chunked_array([pc.take(hosts, of_host), policy_hosts]),
                "end": pa.chunked_array([ends, microseconds(rows.batch.column("policy_expiry"))]),
            }
        )
        soon = pc.and_(
            pc.greater_equal(every["end"], pc.take(rows.started, every["row"])),
            pc.less_equal(every["end"], pc.take(limit, every["row"])),
        )
        every = every.filter(soon).group_by(["row", "host", "end"]).aggregate([])
        self._expiring += len(every["row"].unique())
        by_host = every.group_by(["end", "host"]).aggregate([("row", "count")]).to_pydict()
        for end, host, count in zip(
            by_host["end"], by_host["host"], by_host["row_count"], strict=True
        ):
            self._certificates[end, host] += count
        if len(self._certificates) > 10 * MOST_LISTED:
            # Whoever is not among the soonest now will not be later.
            soonest = sorted(self._certificates)[:MOST_LISTED]
            self._certificates = Counter({key: self._certificates[key] for key in soonest})


class _Rows:
    """A batch, taken apart as far as several counts need it."""

    def __init__(self, batch: pyarrow.RecordBatch) -> None:
        import pyarrow as pa

        self.batch = batch
        self.numbers = pa.array(range(batch.num_rows), pa.int64())
        self.domain = text(batch.column("domain"))
        self.verdict = text(batch.column("verdict"))
        self.dane = text(batch.column("dane_state"))
        self.started = microseconds(batch.column("started"))
        findings, self.parents = items(batch.column("findings"))
        self.codes = text(field(findings, "code"))
        self.severities = text(field(findings, "severity"))
        self.mx, rows = items(batch.column("mx"))
        self.hosts = text(field(self.mx, "host")), rows

    @cached_property
    def is_error(self) -> pyarrow.Array:
        """Which findings are errors."""
        import pyarrow.compute as pc

        return pc.equal(self.severities, "error")

    @cached_property
    def published(self) -> pyarrow.Array:
        """Which rows have an MTA-STS record, or what was meant as one."""
        return self._valid_or_error("sts_id", "sts.dns.")

    @cached_property
    def reporting(self) -> pyarrow.Array:
        """Which rows have a TLS-RPT record, or what was meant as one."""
        return self._valid_or_error("tlsrpt", "rpt.")

    def with_error(self, area: str) -> pyarrow.Array:
        """Which rows have an error of this area."""
        import pyarrow.compute as pc

        wrong = pc.and_(self.is_error, pc.starts_with(self.codes, area))
        return pc.is_in(self.numbers, pc.filter(self.parents, wrong))

    def domains_by_code(self, wanted: pyarrow.Array) -> dict[str, int]:
        """How many rows have each code, of the findings that are wanted."""
        import pyarrow as pa

        table = pa.table({"code": self.codes, "row": self.parents}).filter(wanted)
        counts = table.group_by("code").aggregate([("row", "count_distinct")]).to_pydict()
        return dict(zip(counts["code"], counts["row_count_distinct"], strict=True))

    def _valid_or_error(self, column: str, area: str) -> pyarrow.Array:
        import pyarrow.compute as pc

        return pc.or_(pc.is_valid(self.batch.column(column)), self.with_error(area))


def _any(masks: Iterable[pyarrow.Array]) -> pyarrow.Array:
    import pyarrow.compute as pc

    first, *others = masks
    for mask in others:
        first = pc.or_(first, mask)
    return first


def _is_in(column: pyarrow.Array, values: Sequence[str]) -> pyarrow.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.is_in(column, pa.array(values, column.type))


def _trues(mask: pyarrow.Array) -> int:
    import pyarrow.compute as pc

    count: int = pc.sum(mask, min_count=0).as_py()
    return count


def _counts(column: pyarrow.Array) -> dict[str, int]:
    return {each["values"]: each["counts"] for each in column.value_counts().to_pylist()}


def _ranked(counts: Counter[str]) -> list[tuple[str, int]]:
    """The most frequent first, by name where they are equal."""
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))


def _forget_rare(counts: Counter[str]) -> None:
    if len(counts) > MOST_OPERATORS:
        for name, _ in _ranked(counts)[MOST_OPERATORS // 2 :]:
            del counts[name]
