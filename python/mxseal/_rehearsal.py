# SPDX-License-Identifier: MIT
"""In which order to publish what was rehearsed, and how long to wait between (RFC 8461 §8).

Two rules give the order. While senders may know the old or the new policy, and the old or the new
MX records, every host of these records is inside each of these policies. And the file comes before
the record, since a sender that sees a new id fetches the file at once and keeps it (§8.1).

The waits are the TTLs that the resolver showed. A resolver that had the answer already counts them
down: where the zone has a longer one, that one rules.
"""

from __future__ import annotations

from datetime import timedelta

from mxseal._check import DomainCheck, Step, StsPolicy
from mxseal._remedies import new_id, sts_record, txt
from mxseal.mtasts import Policy, parse_policy

BAD = ("partly", "broken", "misconfigured", "inconclusive")
TTL_OF_RECORD = "TTL of the old record"
TTL_OF_MX = "TTL of the old MX records"


def fails(then: DomainCheck, published: DomainCheck) -> bool:
    """Whether the rehearsed state must not be published: mail would be lost, or protection.

    Args:
        then: the rehearsed state.
        published: the published one.
    """
    return (
        then.verdict in BAD
        or any(each.code == "sts.change.removed" for each in then.findings)
        or bool(new_errors(then, published))
    )


def new_errors(then: DomainCheck, published: DomainCheck) -> list[str]:
    """Codes of the errors that the published state does not have."""
    known = {(each.code, each.subject) for each in published.errors}
    return [each.code for each in then.errors if (each.code, each.subject) not in known]


def steps(then: DomainCheck, published: DomainCheck, policy: bytes | None) -> list[Step]:
    """From the published state to the rehearsed one; none where that must not be published.

    Args:
        then: the rehearsed state.
        published: the published one.
        policy: the given file, if one was given.
    """
    return [] if fails(then, published) else _Order(then, published, policy).steps()


class _Order:
    """The two states side by side."""

    def __init__(self, then: DomainCheck, published: DomainCheck, policy: bytes | None) -> None:
        self.then = then
        self.domain = then.domain
        self.old = _parsed(published.sts.policy)
        # A given one also where no record leads senders to it yet; it is valid, or this would fail.
        self.new = _parsed(then.sts.policy) if policy is None else parse_policy(policy)
        self.given = policy is not None
        self.old_record = published.sts.record
        self.new_record = then.sts.record
        self.old_hosts = [each.host for each in published.mx]
        self.new_hosts = [each.host for each in then.mx]
        self.mx_changes = _mx(published) != _mx(then)
        self.mx_ttl = max((each.ttl for each in published.mx), default=0)
        self.record_ttl = self.old_record.ttl if self.old_record else 0

    def steps(self) -> list[Step]:
        if self.new is None or not self.given or self.new == self.old:
            early = self.mx_changes and not _covers(self.new, self.old_hosts)
            wait = (self.mx_ttl, TTL_OF_MX) if early else (0, "")
            return [*self._mx_steps(), *self._record_steps(*wait)]
        steps = self._both() if self.mx_changes else self._policy_steps()
        if self.new.mode == "none":
            steps += self._farewell(max(self.new.max_age, self.old.max_age if self.old else 0))
        return steps

    def _both(self) -> list[Step]:
        """MX records and policy change; which first depends on who covers whose hosts."""
        old_covers = _covers(self.old, self.new_hosts)
        new_covers = _covers(self.new, self.old_hosts)
        if old_covers and new_covers:
            return [*self._policy_steps(), *self._mx_steps()]
        if old_covers:
            return [*self._mx_steps(last=False), *self._policy_steps(self.mx_ttl, TTL_OF_MX)]
        wait = self.record_ttl
        if new_covers:
            return [*self._policy_steps(), *self._mx_steps(wait, TTL_OF_RECORD)]
        besides = self._lines_for_old_hosts()
        lines = "this line" if len(besides) == 1 else "these lines"
        first, record = self._policy_steps()
        final = self._record(new_id(self.then.started + timedelta(seconds=wait + self.mx_ttl + 1)))
        that = "that line" if len(besides) == 1 else "those lines"
        return [
            Step("policy", 0, "", f"{first.do}, for now with {lines} besides", besides),
            record,
            *self._mx_steps(wait, TTL_OF_RECORD, last=False),
            Step("policy", self.mx_ttl, TTL_OF_MX, f"the new policy file without {that}", []),
            Step("record", 0, "", "then this TXT record, with one more new id", [final]),
        ]

    def _lines_for_old_hosts(self) -> list[str]:
        """What the new policy lacks for the MX hosts of today, as the old one has it."""
        patterns: list[str] = []
        for host in self.old_hosts:
            if self.new and self.new.matches(host):
                continue
            pattern = self.old.match(host).pattern if self.old else None
            patterns.append(pattern or host)
        return [f"mx: {pattern}" for pattern in dict.fromkeys(patterns)]

    # --------------------------------------------------------------------------- one after another
    def _policy_steps(self, wait: int = 0, wait_for: str = "") -> list[Step]:
        given = self.new_record
        fresh = given is not None and (self.old_record is None or given.id != self.old_record.id)
        line = (
            f"_mta-sts.{self.domain}. IN TXT {txt(given.text)}"
            if fresh and given is not None
            else self._record(new_id(self.then.started))
        )
        return [
            Step("policy", wait, wait_for, "the new policy file", []),
            Step("record", 0, "", "then this TXT record, so that senders fetch it", [line]),
        ]

    def _mx_steps(self, wait: int = 0, wait_for: str = "", *, last: bool = True) -> list[Step]:
        if not self.mx_changes:
            return []
        steps = [Step("mx", wait, wait_for, "these MX records", self._mx_lines())]
        gone = [each for each in self.old_hosts if each not in self.new_hosts]
        if gone and last:
            steps.append(
                Step(
                    "hosts",
                    self.mx_ttl,
                    TTL_OF_MX,
                    f"no mail comes to {', '.join(gone)} any more",
                    [],
                )
            )
        return steps

    def _record_steps(self, wait: int, wait_for: str) -> list[Step]:
        """The policy stays, or there is none."""
        if self.new_record is None:
            if self.old_record is None or self.old is None:
                return []
            return self._farewell(self.old.max_age)  # mode none, or this would not be published
        if self.old_record is not None and self.new_record.text == self.old_record.text:
            return []
        line = f"_mta-sts.{self.domain}. IN TXT {txt(self.new_record.text)}"
        return [Step("record", wait, wait_for, "this TXT record", [line])]

    def _farewell(self, max_age: int) -> list[Step]:
        """RFC 8461 §8.3: record and file go when no sender keeps a policy any more."""
        return [
            Step(
                "record",
                max_age,
                "the longest max_age that was served",
                f"take the TXT record at _mta-sts.{self.domain} away",
                [],
            ),
            Step(
                "policy",
                self.record_ttl,
                TTL_OF_RECORD,
                f"take the policy file and mta-sts.{self.domain} away",
                [],
            ),
        ]

    def _record(self, identity: str) -> str:
        return sts_record(self.domain, identity)

    def _mx_lines(self) -> list[str]:
        records = _mx(self.then) or [(0, "")]  # none is left to be asked: the null MX
        return [f"{self.domain}. IN MX {preference} {host}." for preference, host in records]


def _mx(check: DomainCheck) -> list[tuple[int, str]]:
    return [(each.preference, each.host) for each in check.mx]


def _parsed(policy: StsPolicy | None) -> Policy | None:
    return None if policy is None else parse_policy(policy.text)


def _covers(policy: Policy | None, hosts: list[str]) -> bool:
    """Whether mail to all of them gets through under the policy."""
    if policy is None or policy.mode == "none":
        return True
    return all(policy.matches(host) for host in hosts)
