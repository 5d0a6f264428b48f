# SPDX-License-Identifier: MIT
"""What an archive really holds: the sums that every reader of it has to find.

Two rules bind this file:
- Sums are added up from the values that were written, one report after the other, in the plainest
  way.
- A report counts once. Where `policy_type` is no key, a report's sts and tlsa sessions of a domain
  are the same sessions: each of the two counts is the larger of the sts and the tlsa sum, others
  are added.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from archive_reports import Detail, Policy, Report

# Keys that belong to a failure detail; with one of them the sums are over details.
DETAIL_KEYS = frozenset(
    (
        "result_type",
        "receiving_mx_hostname",
        "sending_mta_ip",
        "receiving_ip",
        "failure_reason_code",
    )
)

Grouping = tuple[tuple[str, ...], str | None]

GROUPINGS: tuple[Grouping, ...] = (
    (("policy_domain", "policy_type"), None),
    (("policy_domain",), None),
    (("policy_type",), None),
    (("organization_name",), None),
    (("policy_domain", "organization_name"), None),
    (("policy_domain",), "day"),
    (("policy_domain",), "week"),
    (("policy_domain",), "month"),
    (("policy_domain", "policy_type"), "month"),
    (("result_type",), None),
    (("result_type",), "week"),
    (("policy_domain", "result_type"), None),
    (("policy_domain", "policy_type", "result_type"), None),
    (("policy_domain", "receiving_mx_hostname"), None),
)

# What the benchmark compares: session sums and detail sums.
BENCH_GROUPINGS: tuple[Grouping, ...] = (
    (("policy_domain", "policy_type"), None),
    (("policy_domain", "policy_type", "result_type"), None),
)


def period_start(start: int, period: str | None) -> str | None:
    """First day (ISO) of the period with `start` (epoch seconds), in UTC; weeks from Monday."""
    if period is None:
        return None
    day: date = datetime.fromtimestamp(start, UTC).date()
    if period == "week":
        day -= timedelta(days=day.weekday())
    elif period == "month":
        day = day.replace(day=1)
    return day.isoformat()


@dataclass(slots=True)
class Group:
    """The sums of one group of reports' policies (`details` stays 0) or of failure details."""

    start: int
    end: int
    organizations: set[str] = field(default_factory=set)
    reports: int = 0
    policies: int = 0
    successful: int = 0
    failed: int = 0
    details: int = 0


@dataclass(slots=True)
class Sums:
    """Groups of one `by` and `period`."""

    by: tuple[str, ...]
    period: str | None
    groups: dict[tuple[str | None, ...], Group] = field(default_factory=dict)

    @property
    def over_details(self) -> bool:
        return not DETAIL_KEYS.isdisjoint(self.by)

    def add(self, report: Report) -> None:
        if self.over_details:
            self._add_details(report)
        else:
            self._add_policies(report)

    def _key(self, report: Report, policy: Policy, detail: Detail | None) -> tuple[str | None, ...]:
        def value(name: str) -> str | None:
            if name == "organization_name":
                return report.style.organization_name
            found = getattr(detail if name in DETAIL_KEYS else policy, name)
            assert found is None or isinstance(found, str)
            return found

        keys = tuple(value(name) for name in self.by)
        if self.period is None:
            return keys
        return (period_start(report.start, self.period), *keys)

    def _group(self, key: tuple[str | None, ...], report: Report) -> Group:
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = Group(report.start, report.end)
        group.start = min(group.start, report.start)
        group.end = max(group.end, report.end)
        group.organizations.add(report.style.organization_name)
        return group

    def _add_policies(self, report: Report) -> None:
        # group -> domain -> policy type -> the two counts
        counts: dict[tuple[str | None, ...], dict[str | None, dict[str, list[int]]]] = {}
        for policy in report.policies:
            key = self._key(report, policy, None)
            self._group(key, report).policies += 1
            types = counts.setdefault(key, {}).setdefault(policy.policy_domain, {})
            both = types.setdefault(policy.policy_type, [0, 0])
            both[0] += policy.successful
            both[1] += policy.failed
        for key, domains in counts.items():
            group = self.groups[key]
            group.reports += 1
            for types in domains.values():
                group.successful += self._sessions(types, 0)
                group.failed += self._sessions(types, 1)

    def _sessions(self, types: dict[str, list[int]], which: int) -> int:
        if "policy_type" in self.by:
            return sum(both[which] for both in types.values())
        same = [types[name][which] for name in ("sts", "tlsa") if name in types]
        others = sum(both[which] for name, both in types.items() if name not in ("sts", "tlsa"))
        return max(same, default=0) + others

    def _add_details(self, report: Report) -> None:
        for policy in report.policies:
            for detail in policy.details:
                group = self._group(self._key(report, policy, detail), report)
                group.details += 1
                group.failed += detail.failed_session_count

    def rows(self) -> list[dict[str, Any]]:
        """One dict a group, named as the columns of `summarize`; dates in epoch seconds."""
        names = self.by if self.period is None else ("period", *self.by)
        made = []
        for key in sorted(self.groups, key=lambda k: tuple((v is not None, v or "") for v in k)):
            group = self.groups[key]
            row: dict[str, Any] = dict(zip(names, key, strict=True))
            if self.over_details:
                row |= {"details": group.details, "failed_session_count": group.failed}
            else:
                row |= {
                    "reports": group.reports,
                    "policies": group.policies,
                    "total_successful_session_count": group.successful,
                    "total_failure_session_count": group.failed,
                }
            row |= {
                "organizations": len(group.organizations),
                "start": group.start,
                "end": group.end,
            }
            made.append(row)
        return made


@dataclass(slots=True)
class Truth:
    """The truth about one archive.

    `warnings` counts the distinct reports that show a deviation. Two codes are left out: a byte
    order mark belongs to the copy that is read first, and report-id-repeated is counted in
    `same_id_other_content` (reports beyond the first with that organization and id).
    """

    form: str
    seed: int
    sums: list[Sums]
    reports: int = 0
    policies: int = 0
    details: int = 0
    duplicates: int = 0
    same_id_other_content: int = 0
    failed_without_detail: int = 0
    not_reports: int = 0
    json_bytes: int = 0
    start: int = 2**62
    end: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    organizations: Counter[str] = field(default_factory=Counter)

    @classmethod
    def empty(cls, form: str, seed: int, groupings: Iterable[Grouping] = GROUPINGS) -> Truth:
        return cls(form, seed, [Sums(by, period) for by, period in groupings])

    def add(self, report: Report) -> None:
        """Counts a report that had not been seen before."""
        self.reports += 1
        self.policies += len(report.policies)
        self.organizations[report.style.organization_name] += 1
        self.start, self.end = min(self.start, report.start), max(self.end, report.end)
        self.warnings.update(report.warnings)
        for policy in report.policies:
            self.details += len(policy.details)
            told = sum(detail.failed_session_count for detail in policy.details)
            self.failed_without_detail += max(0, policy.failed - told)
        for sums in self.sums:
            sums.add(report)

    def rows(self, by: Sequence[str], period: str | None = None) -> list[dict[str, Any]]:
        """The sums of one grouping, sorted by its keys."""
        return next(s.rows() for s in self.sums if (s.by, s.period) == (tuple(by), period))

    def as_dict(self) -> dict[str, Any]:
        made: dict[str, Any] = {
            name: getattr(self, name)
            for name in (
                *("form", "seed", "reports", "policies", "details", "duplicates"),
                *("same_id_other_content", "failed_without_detail", "not_reports", "json_bytes"),
                *("start", "end"),
            )
        }
        for name in ("errors", "warnings", "organizations"):
            made[name] = dict(sorted(getattr(self, name).items()))
        made["sums"] = [{"by": list(s.by), "period": s.period, "rows": s.rows()} for s in self.sums]
        return made

    def save(self, path: Path) -> None:
        """Writes the truth as JSON, one row of a sum a line."""
        whole = self.as_dict()
        sums = whole.pop("sums")
        lines = json.dumps(whole, indent=1).removesuffix("\n}")
        parts = []
        for one in sums:
            rows = ",\n   ".join(json.dumps(row) for row in one["rows"])
            head = f'"by": {json.dumps(one["by"])}, "period": {json.dumps(one["period"])}'
            parts.append(f'  {{{head}, "rows": [\n   {rows}\n  ]}}')
        body = ",\n".join(parts)
        path.write_text(f'{lines},\n "sums": [\n{body}\n ]\n}}\n', encoding="utf-8")


def load(path: Path) -> dict[str, Any]:
    """A saved truth."""
    loaded = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded
