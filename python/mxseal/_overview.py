# SPDX-License-Identifier: MIT
"""An archive of reports at a glance: per domain how many sessions failed, why, since when, by whom.

It is made from several sums of one reading; no report is looked at here. Two rules:

- Sessions count once. What a report gives under both sts and tlsa for a domain is the larger of the
  two, as in ``summarize``; the failure details of such sessions are not added up either.
- A detail explains failed sessions, it does not add any (RFC 8460 §4: failures may overlap, and
  transient ones need no detail). What no detail explains is ``unexplained``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from mxseal._rows import Row, TableLike, rows

Name = str | None

# Sums of one reading, in the order in which Overview takes them: keys, and period.
SPECS: list[tuple[list[str], str]] = [
    ([], ""),
    (["policy_domain"], "day"),
    (["policy_domain", "organization_name"], ""),
    (["policy_domain", "organization_name", "policy_type"], ""),
    (
        [
            "policy_domain",
            "result_type",
            "receiving_mx_hostname",
            "organization_name",
            "policy_type",
        ],
        "",
    ),
    (["policy_domain", "result_type", "receiving_mx_hostname"], "day"),
]

# So many of the latest days that a domain has reports for say whether it fails now; failures that
# lie further apart than that are told as separate ones.
RECENT_DAYS = 7


class Sessions(NamedTuple):
    """Sessions of a day, or of any other part."""

    good: int
    failed: int


@dataclass
class Cause:
    """Failed sessions of one result type at one MX host.

    Attributes:
        result_type: RFC 8460 §4.3; None where the report has none.
        mx: receiving_mx_hostname, None where the report names none.
        organizations: failed sessions by who reported them.
        days: when, in order.
    """

    result_type: Name
    mx: Name
    organizations: Counter[Name] = field(default_factory=Counter)
    days: list[date] = field(default_factory=list)

    @property
    def sessions(self) -> int:
        """How many sessions failed so."""
        return self.organizations.total()

    def runs(self) -> list[tuple[date, date]]:
        """First and last day of each spell, days without failures up to RECENT_DAYS overlooked."""
        runs: list[tuple[date, date]] = []
        for day in self.days:
            if runs and day - runs[-1][1] <= timedelta(RECENT_DAYS):
                runs[-1] = (runs[-1][0], day)
            else:
                runs.append((day, day))
        return runs


@dataclass
class Domain:
    """What the reports say of one policy domain; complete before its sums are asked for.

    Attributes:
        name: None where reports name none.
        days: sessions by the day on which the report starts (UTC), in order.
        causes: most sessions first.
        unexplained: failed sessions without a detail, by who reported them.
    """

    name: Name
    days: dict[date, Sessions] = field(default_factory=dict)
    causes: list[Cause] = field(default_factory=list)
    unexplained: Counter[Name] = field(default_factory=Counter)

    @cached_property
    def sessions(self) -> int:
        """All sessions."""
        return sum(day.good + day.failed for day in self.days.values())

    @cached_property
    def failed(self) -> int:
        """Of them, those that failed."""
        return sum(day.failed for day in self.days.values())

    @cached_property
    def last_failure(self) -> date | None:
        """The last day with a failure."""
        return max((day for day, sessions in self.days.items() if sessions.failed), default=None)

    def is_recent(self, day: date) -> bool:
        """Whether it is among the latest days that the domain has reports for."""
        return bool(self._recent) and day >= self._recent[0]

    @cached_property
    def _recent(self) -> list[date]:
        # Nobody vouches for a report: one from the future must not make what fails now look old.
        tomorrow = datetime.now(UTC).date() + timedelta(days=1)
        return sorted(day for day in self.days if day <= tomorrow)[-RECENT_DAYS:]

    @property
    def fails(self) -> bool:
        """Whether it fails now."""
        last = self.last_failure
        return last is not None and self.is_recent(last)

    def shares(self, first: date, last: date, parts: int) -> list[float | None]:
        """The share of failed sessions in equal parts of a time, None where there is no report.

        Args:
            first: the first day of the time.
            last: its last day, of the domain's none lies outside.
            parts: how many, at most the number of days.
        """
        sums: list[Sessions | None] = [None] * parts
        length = (last - first).days + 1
        for day, sessions in self.days.items():
            part = (day - first).days * parts // length
            before = sums[part] or Sessions(0, 0)
            sums[part] = Sessions(before.good + sessions.good, before.failed + sessions.failed)
        return [
            None if each is None else each.failed / max(1, each.good + each.failed) for each in sums
        ]


@dataclass
class Overview:
    """An archive at a glance.

    Attributes:
        reports: distinct reports.
        organizations: how many sent them.
        start: of the earliest report; None without any.
        end: of the latest.
        domains: most failures first.
        twice: organizations that give the same sessions under sts and tlsa.
        saturated: some count is larger than 2^63-1 and stands as that.
    """

    reports: int = 0
    organizations: int = 0
    start: datetime | None = None
    end: datetime | None = None
    domains: list[Domain] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    saturated: bool = False


def overview(sums: Sequence[TableLike]) -> Overview:
    """The overview that the sums by SPECS, in that order, make."""
    whole, by_day, by_sender, by_type, details, detail_days = sums
    view = Overview()
    for row in rows(whole):
        view.reports, view.organizations = row["reports"], row["organizations"]
        view.start, view.end = row["start"], row["end"]

    domains: defaultdict[Name, Domain] = defaultdict(lambda: Domain(None))
    for row in rows(by_day):
        domain = domains[row["policy_domain"]]
        domain.name = row["policy_domain"]
        domain.days[row["period"]] = Sessions(*_counts(row))

    failed, twice, view.twice = _senders(by_sender, by_type)
    for (name, result_type, mx), senders in _by_cause(details):
        cause = Cause(result_type, mx)
        for sender, by_policy_type in senders.items():
            sts, tlsa = by_policy_type["sts"], by_policy_type["tlsa"]
            # No more can be the same sessions than the sender gave twice in all.
            same = min(sts, tlsa, twice[name, sender])
            twice[name, sender] -= same
            cause.organizations[sender] += by_policy_type.total() - same
            failed[name, sender] -= by_policy_type.total() - same
        domains[name].causes.append(cause)
    for (name, sender), left in failed.items():
        if left > 0:
            domains[name].unexplained[sender] = left

    causes = {
        (name, cause.result_type, cause.mx): cause
        for name, domain in domains.items()
        for cause in domain.causes
    }
    for row in rows(detail_days):
        causes[_cause_of(row)].days.append(row["period"])
    for domain in domains.values():
        domain.causes.sort(key=lambda cause: -cause.sessions)
    view.domains = sorted(
        domains.values(), key=lambda each: (-each.failed, -each.sessions, each.name or "")
    )
    return view


_Sender = tuple[Name, Name]
_CauseKey = tuple[Name, Name, Name]


def _senders(
    by_sender: TableLike, by_type: TableLike
) -> tuple[Counter[_Sender], Counter[_Sender], list[str]]:
    """By domain and organization: failed sessions, those given twice; and who gives any twice."""
    failed: Counter[_Sender] = Counter()
    good: Counter[_Sender] = Counter()
    for row in rows(by_sender):
        sender = row["policy_domain"], row["organization_name"]
        good[sender], failed[sender] = _counts(row)
    twice: Counter[_Sender] = Counter()
    good_twice: Counter[_Sender] = Counter()
    for row in rows(by_type):
        sender = row["policy_domain"], row["organization_name"]
        good_twice[sender] += _counts(row)[0]
        twice[sender] += _counts(row)[1]
    twice -= failed
    good_twice -= good
    names: Counter[str] = Counter()
    for sender, count in (twice + good_twice).items():
        names[sender[1] or ""] += count
    return failed, twice, [name for name, _ in names.most_common() if name]


def _by_cause(details: TableLike) -> Iterable[tuple[_CauseKey, dict[Name, Counter[Name]]]]:
    """Failed sessions of details: cause, then organization, then policy type."""
    sums: dict[_CauseKey, dict[Name, Counter[Name]]] = {}
    for row in rows(details):
        senders = sums.setdefault(_cause_of(row), {})
        types = senders.setdefault(row["organization_name"], Counter())
        types[row["policy_type"]] += row["failed_session_count"]
    return sums.items()


def _cause_of(row: Row) -> _CauseKey:
    return row["policy_domain"], row["result_type"], row["receiving_mx_hostname"]


def _counts(row: Row) -> tuple[int, int]:
    return row["total_successful_session_count"], row["total_failure_session_count"]
