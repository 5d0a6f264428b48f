# SPDX-License-Identifier: MIT
"""Behind ``mxseal diff``: what changed from one scan to a later one.

Domains are compared by their names, whatever the order of the lists. What could not be seen in one
of the scans did not change: a domain that was ``inconclusive`` neither broke nor was mended, and a
record whose look-up failed did not vanish.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from mxseal._check import Severity, plain
from mxseal._core import check as core
from mxseal._diff_side import VERDICTS, Seen, Side, State, states
from mxseal._scan_files import ScanRows, moment

if TYPE_CHECKING:
    import pyarrow

SCHEMA_VERSION = 1
TESTING_LONG = timedelta(days=90)
MOST_LISTED = 10_000  # certificates that were replaced; all are counted

Kind = Literal["broke", "suspect", "weakened", "stale", "mended", "appeared", "vanished", "noted"]
KINDS: tuple[Kind, ...] = get_args(Kind)
# How bad a verdict is, where something that is published fails.
FAULTY = {"misconfigured": 1, "partly": 2, "broken": 3}
_WEAKER = (("protected", "testing"), ("protected", "unprotected"), ("testing", "unprotected"))
_SECOND = 1_000_000
_NOTHING = Seen([], [], [])


@dataclass(frozen=True)
class Change:
    """One thing that changed.

    Attributes:
        kind: ``broke`` (the verdict became worse, and something fails), ``suspect`` (STARTTLS was
            offered before), ``weakened`` (protected or testing before, less now, and nothing
            fails), ``stale`` (a new policy under the old id, so that senders keep the old one),
            ``mended`` (what failed does so no more, or less), ``appeared``, ``vanished`` (of
            MTA-STS, DANE, TLS-RPT), ``noted`` (worth knowing).
        domain: in which.
        what: ``verdict``, ``MTA-STS``, ``DANE``, ``TLS-RPT`` or ``STARTTLS``.
        before: verdict in the old scan.
        after: verdict in the new scan.
        code: of the finding that says more (``mxseal help CODE``); None where there is none.
        severity: of that finding.
        subject: host and address that it is about; else empty.
    """

    kind: Kind
    domain: str
    what: str
    before: str
    after: str
    code: str | None = None
    severity: Severity | None = None
    subject: str = ""


@dataclass(frozen=True)
class Replaced:
    """An address that sends another certificate than before.

    Attributes:
        host: the MX host, or the policy host (``mta-sts.<domain>``).
        address: of the host.
        before: SHA-256 of the old certificate, in hexadecimal.
        after: of the new one.
    """

    host: str
    address: str
    before: str
    after: str


@dataclass(frozen=True)
class Compared:
    """One of the two scans.

    Attributes:
        name: of the file.
        started: when the first domain was looked at (UTC); None without rows.
        domains: each once.
        repeated: lines with a domain that stands in the list before, which are not compared.
    """

    name: str
    started: datetime | None
    domains: int
    repeated: int


@dataclass(frozen=True)
class ScanDiff:
    """What changed from one scan to another.

    Attributes:
        old: the earlier scan.
        new: the later one.
        both: domains in both; only these are compared.
        added: domains in the new one alone.
        gone: domains in the old one alone.
        unseen: domains in both whose verdict is ``inconclusive`` in one of them.
        changes: by kind in the order of ``Change.kind``, then by domain.
        certificates: how many addresses send another certificate than before.
        replaced: those, at most 10,000.
        schema_version: of these fields.
    """

    old: Compared
    new: Compared
    both: int
    added: int
    gone: int
    unseen: int
    changes: list[Change]
    certificates: int
    replaced: list[Replaced]
    schema_version: int = dataclass_field(default=SCHEMA_VERSION)

    def of(self, *kinds: Kind) -> list[Change]:
        """The changes of these kinds."""
        return [change for change in self.changes if change.kind in kinds]

    @property
    def worse(self) -> bool:
        """Whether something broke, or STARTTLS may have been cut out."""
        return any(change.kind in ("broke", "suspect") for change in self.changes)

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of ``mxseal diff``; times are text by RFC 3339."""
        values: dict[str, Any] = plain(self)
        return values

    def __repr__(self) -> str:
        word = "domain" if self.both == 1 else "domains"
        counts = ", ".join(f"{len(self.of(kind)):,} {kind}" for kind in ("broke", "mended"))
        return f"<ScanDiff {self.both:,} {word}: {counts}>"

    def _repr_html_(self) -> str:
        from mxseal._output.diff_html import diff_html

        return diff_html(self)


def diff_scans(old: object, new: object) -> ScanDiff:
    """What changed from one scan to a later one.

    A domain that stands in several lines of a list is compared by the first of them.
    ``sts.change.testing-long`` needs two scans 90 days or more apart; what lay between is not
    looked at.

    Args:
        old: the name of a file that ``mxseal scan`` wrote (Parquet, Arrow, NDJSON), or a table that
            speaks the Arrow C stream.
        new: the same of the later scan.

    Raises:
        OSError: a file cannot be read.
        WrongValueError: it is no scan.
        MissingExtraError: pyarrow is not there.
    """
    sides = []
    for source in (old, new):
        rows = ScanRows(source)
        with rows.understood():
            sides.append(Side(rows))
    before, after = sides
    with before.rows.understood(), after.rows.understood():
        return _Comparison(before, after).diff()


class _Pair(NamedTuple):
    """A domain in both scans."""

    domain: str
    before: State
    after: State
    seen_before: Seen
    seen_after: Seen

    def change(self, kind: Kind, what: str, code: str | None = None, subject: str = "") -> Change:
        severity = core.explain(code).severity if code else None
        verdicts = self.before.verdict, self.after.verdict
        return Change(kind, self.domain, what, *verdicts, code, severity, subject)  # type: ignore[arg-type]


class _Comparison:
    def __init__(self, old: Side, new: Side) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        self._old = old
        self._new = new
        places = pc.index_in(new.domain, old.domain.combine_chunks()).combine_chunks()
        common = pc.is_valid(places)
        self._new_places = pa.array(range(len(new)), pa.int64()).filter(common)
        self._old_places = places.filter(common).cast(pa.int64())

    def diff(self) -> ScanDiff:
        """Everything."""
        both = len(self._new_places)
        replaced = self._new.addresses.replaced_since(self._old.addresses)
        order = {kind: place for place, kind in enumerate(KINDS)}
        changes = sorted(
            self._changes(), key=lambda each: (order[each.kind], each.domain, each.what)
        )
        listed = replaced.sort_by([("host", "ascending"), ("address", "ascending")])
        return ScanDiff(
            old=_compared(self._old),
            new=_compared(self._new),
            both=both,
            added=len(self._new) - both,
            gone=len(self._old) - both,
            unseen=self._unseen,
            changes=changes,
            certificates=len(replaced),
            replaced=[
                Replaced(each["host"], each["address"], each["before"], each["sha256"])
                for each in listed.slice(0, MOST_LISTED).to_pylist()
            ],
        )

    def _changes(self) -> Iterator[Change]:
        """Python's objects are made of the domains alone that differ."""
        old, new = self._old.taken(self._old_places), self._new.taken(self._new_places)
        mask = self._differ(old, new)
        domains = new["domain"].filter(mask).to_pylist()
        before = states(old.filter(mask))
        after = states(new.filter(mask))
        stripped: dict[str, list[str]] = {}
        for each in self._new.addresses.stripped_since(self._old.addresses):
            stripped.setdefault(each["host"], []).append(f"{each['host']} at {each['address']}")
        seen_before = self._old.seen(domains)
        seen_after = self._new.seen(domains, stripped)
        for name, then, now in zip(domains, before, after, strict=True):
            pair = _Pair(name, then, now, seen_before[name], seen_after[name])
            yield from _verdict(pair)
            yield from _mta_sts(pair)
            yield from _others(pair)
        yield from self._suspects(stripped, seen_after)

    def _differ(self, old: pyarrow.Table, new: pyarrow.Table) -> pyarrow.ChunkedArray:
        """Which domains may have changed."""
        import pyarrow.compute as pc

        lost = VERDICTS.index("inconclusive")
        unseen = pc.or_(pc.equal(old["verdict"], lost), pc.equal(new["verdict"], lost))
        self._unseen: int = pc.sum(unseen, min_count=0).as_py()
        later = pc.subtract(new["started"], old["started"])
        long = pc.greater_equal(later, TESTING_LONG // timedelta(microseconds=1))
        testing = pc.and_(
            *(
                pc.fill_null(pc.starts_with(each["policy"], "testing "), False)
                for each in (old, new)
            )
        )
        mask = pc.and_(testing, long)
        for name in ("verdict", "dane", "tls_rpt"):
            mask = pc.or_(mask, pc.not_equal(old[name], new[name]))
        for name in ("sts_id", "policy"):
            texts = [pc.fill_null(each[name], "") for each in (old, new)]
            mask = pc.or_(mask, pc.not_equal(*texts))
        return mask

    def _suspects(
        self, stripped: Mapping[str, list[str]], seen: Mapping[str, Seen]
    ) -> Iterator[Change]:
        """The domains whose MX hosts offered STARTTLS before."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if not stripped:
            return
        hit = {
            name: [where for host in each.hosts for where in stripped.get(host, ())]
            for name, each in seen.items()
        }
        wanted = pa.array([name for name, places in hit.items() if places], pa.large_string())
        new = self._new.taken(self._new_places)
        mask = pc.is_in(new["domain"], wanted)
        old = self._old.taken(self._old_places).filter(mask)
        new = new.filter(mask)
        names = new["domain"].to_pylist()
        for name, then, now in zip(names, states(old), states(new), strict=True):
            pair = _Pair(name, then, now, _NOTHING, _NOTHING)
            subject = "; ".join(dict.fromkeys(hit[name]))
            yield pair.change("suspect", "STARTTLS", "smtp.starttls-stripped", subject)


def _verdict(pair: _Pair) -> Iterator[Change]:
    before, after = pair.before.verdict, pair.after.verdict
    if "inconclusive" in (before, after) or before == after:
        return
    worse = FAULTY.get(after, 0) - FAULTY.get(before, 0)
    if worse > 0:
        yield pair.change("broke", "verdict", _new_error(pair))
    elif worse < 0:
        yield pair.change("mended", "verdict")
    elif (before, after) in _WEAKER:
        yield pair.change("weakened", "verdict")


def _new_error(pair: _Pair) -> str | None:
    """The error that most likely broke it: the first that was not there before."""
    errors = [code for code in pair.seen_after.errors if not code.startswith("rpt.")]
    new = [code for code in errors if code not in pair.seen_before.errors]
    return next(iter(new or errors), None)


def _mta_sts(pair: _Pair) -> Iterator[Change]:
    before, after = pair.before, pair.after
    if before.sts_id is None and after.sts_id is not None:
        if not pair.seen_before.has("sts.dns."):
            yield pair.change("appeared", "MTA-STS")
    elif before.sts_id is not None and after.sts_id is None:
        if not pair.seen_after.has("sts.dns."):
            code = "sts.change.removed" if _is_cached(before, after) else None
            yield pair.change("vanished", "MTA-STS", code)
    elif before.policy is not None and after.policy is not None:
        same = before.policy == after.policy
        if before.sts_id == after.sts_id and not same:
            yield pair.change("stale", "MTA-STS", "sts.change.id-same-policy-changed")
        elif before.sts_id != after.sts_id and same:
            yield pair.change("noted", "MTA-STS", "sts.change.id-changed-policy-same")
        long = after.started - before.started >= TESTING_LONG // timedelta(microseconds=1)
        if long and before.policy.mode == after.policy.mode == "testing":
            yield pair.change("noted", "MTA-STS", "sts.change.testing-long")


def _is_cached(before: State, after: State) -> bool:
    """Whether senders that fetched the policy at the old scan still keep it (RFC 8461 §8.3).

    After that time mode none may have been published in between, long enough.
    """
    policy = before.policy
    if policy is None or policy.mode == "none":
        return False
    return before.started + policy.max_age * _SECOND > after.started


def _others(pair: _Pair) -> Iterator[Change]:
    in_force = ("secure", "partial")
    if pair.before.dane == "none" and pair.after.dane in in_force:
        yield pair.change("appeared", "DANE")
    elif pair.before.dane in in_force and pair.after.dane == "none":
        yield pair.change("vanished", "DANE")
    if pair.before.tls_rpt != pair.after.tls_rpt:
        without = pair.seen_before if pair.after.tls_rpt else pair.seen_after
        # A record that is there and not valid, or was not seen, did not come or go.
        if not without.has("rpt."):
            yield pair.change("appeared" if pair.after.tls_rpt else "vanished", "TLS-RPT")


def _compared(side: Side) -> Compared:
    started = None if side.started is None else moment(side.started)
    return Compared(side.rows.name, started, len(side), side.repeated)
