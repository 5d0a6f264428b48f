# SPDX-License-Identifier: MIT
"""TLS reports as the well-known senders write them, under invented names, with their true values.

Two rules bind this file:
- Values come first (`Report`, `Policy`, `Detail`); the JSON is written from them and never read
  back, so that the truth does not depend on any reader.
- What a reporter does against RFC 8460 is done to the JSON and named in `Report.warnings`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

DAY = 86400

# Codes of flaws that make a JSON text no report; `Report.spoil` makes each of them.
JSON_FLAWS = ("json-syntax", "date-missing", "policies-missing", "count-invalid", "json-utf8")


@dataclass(slots=True)
class Detail:
    """One failure detail (RFC 8460 4.4); None where the reporter leaves the member out."""

    result_type: str
    failed_session_count: int
    sending_mta_ip: str | None = None
    receiving_mx_hostname: str | None = None
    receiving_ip: str | None = None
    additional_information: str | None = None
    failure_reason_code: str | None = None


@dataclass(slots=True)
class Policy:
    """One entry of `policies` (RFC 8460 4.4)."""

    policy_type: str
    policy_domain: str | None
    policy_string: list[str]
    mx_host: list[str]
    successful: int
    failed: int
    details: list[Detail] = field(default_factory=list)


@dataclass(slots=True)
class Style:
    """How one reporter writes: its names, the layout of its JSON and of its mails."""

    organization_name: str
    submitter: str
    contact_info: str
    indent: int | str | None = None
    sort_keys: bool = False
    # What is written although there is nothing to say: [] for the lists below.
    empty_policy_lists: bool = False
    empty_failure_details: bool = False
    mx_host: bool = True
    misspelt_hostname: bool = False
    # Mail: media type of the attachment, transfer encoding, line ends, human part.
    media_type: str = "application/tlsrpt+gzip"
    crlf: bool = False
    html: bool = False


@dataclass(slots=True)
class Report:
    """The true values of one report, and the JSON object that says them."""

    style: Style
    report_id: str
    domain: str  # whom it was sent to (TLS-Report-Domain, RFC 8460 5.3)
    start: int  # epoch seconds, UTC
    end: int
    policies: list[Policy]
    warnings: set[str] = field(default_factory=set)
    body: dict[str, Any] = field(default_factory=dict)

    def text(self) -> bytes:
        """The JSON as its reporter lays it out."""
        separators = (",", ":") if self.style.indent is None else (",", ": ")
        return json.dumps(
            self.body,
            indent=self.style.indent,
            separators=separators,
            sort_keys=self.style.sort_keys,
        ).encode()

    def text_again(self, rng: Random) -> bytes:
        """The same values in another layout: white space, order of members, escapes."""
        layout = rng.randrange(3)
        if layout == 0:
            return json.dumps(self.body, indent=rng.choice((1, 4, "\t")), sort_keys=True).encode()
        if layout == 1:
            reverse = dict(reversed(self.body.items()))
            return (json.dumps(reverse) + "\r\n").encode()
        text = json.dumps(self.body, separators=(" , ", " : "))
        return text.replace(self.domain, self.domain.replace("e", "\\u0065")).encode()

    def spoil(self, flaw: str) -> bytes:
        """A JSON text that is no report any more, for the reason `flaw` (one of JSON_FLAWS)."""
        body = json.loads(json.dumps(self.body))
        if flaw == "date-missing":
            del body["date-range"]
        elif flaw == "policies-missing":
            del body["policies"]
        elif flaw == "count-invalid":
            body["policies"][0]["summary"]["total-failure-session-count"] = -1
        text = json.dumps(body, separators=(",", ":")).encode()
        if flaw == "json-syntax":
            return text[: len(text) * 2 // 3]
        if flaw == "json-utf8":
            return text.replace(b'"organization-name":"', b'"organization-name":"\xe9')
        return text


@dataclass(slots=True)
class Recipient:
    """A domain that receives mail, and what it published."""

    domain: str
    dane: bool
    sts: bool = True
    max_age: int = 604800
    hosts: int = 2

    @property
    def mx(self) -> list[str]:
        return [f"mx{n + 1}.{self.domain}" for n in range(self.hosts)]

    def sts_lines(self, mode: str = "enforce") -> list[str]:
        """The policy as reporters quote it (RFC 8460 4.2: one string a line)."""
        hosts = [f"mx: {host}" for host in self.mx]
        return ["version: STSv1", f"mode: {mode}", *hosts, f"max_age: {self.max_age}"]

    def tlsa_lines(self) -> list[str]:
        return [f"3 1 1 {Random(self.domain + host).randbytes(32).hex()}" for host in self.mx]


@dataclass(slots=True)
class Occasion:
    """What a reporter is asked to tell: whom it delivered to on which day, and what went wrong."""

    recipient: Recipient
    day: int  # epoch seconds of 00:00 UTC
    failing: bool
    outbreak: bool = False  # mx2's certificate has expired
    early: bool = False  # the time when reporters still wrote dates without zone


# ------------------------------------------------------------------------------ parts of a report


def _sessions(rng: Random) -> int:
    """Most senders deliver little, some very much: 1 to about 20,000 sessions a day."""
    return 1 + int(10 ** (rng.random() * rng.random() * 4.3))


def _ipv4(rng: Random, net: str) -> str:
    return f"{net}.{rng.randrange(1, 255)}"


def _sender_ip(rng: Random) -> str:
    if rng.random() < 0.3:
        return f"2001:db8:{rng.randrange(1, 0xFFFF):x}::{rng.randrange(1, 0xFFFF):x}"
    return _ipv4(rng, "198.51.100")


_STS_RESULTS = (
    ("certificate-expired", 20),
    ("certificate-host-mismatch", 22),
    ("certificate-not-trusted", 12),
    ("starttls-not-supported", 14),
    ("validation-failure", 26),
    ("sts-webpki-invalid", 3),
    ("sts-policy-invalid", 3),
)
_TLSA_RESULTS = (("tlsa-invalid", 40), ("validation-failure", 40), ("dnssec-invalid", 20))
_REASONS = {
    "certificate-expired": "X509_V_ERR_CERT_HAS_EXPIRED",
    "certificate-not-trusted": "X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "validation-failure": "connection closed during the handshake",
}
_PLAIN_RESULTS = (("starttls-not-supported", 60), ("validation-failure", 40))


def _result(rng: Random, policy_type: str) -> str:
    table = {"sts": _STS_RESULTS, "tlsa": _TLSA_RESULTS}.get(policy_type, _PLAIN_RESULTS)
    return rng.choices([name for name, _ in table], [weight for _, weight in table])[0]


def _share(rng: Random, total: int, parts: int) -> list[int]:
    """`total` cut into `parts` counts of at least 1."""
    cuts = sorted(rng.sample(range(1, total), parts - 1)) if parts > 1 else []
    return [b - a for a, b in zip([0, *cuts], [*cuts, total], strict=True)]


def details(
    rng: Random, recipient: Recipient, policy_type: str, failed: int, n: int
) -> list[Detail]:
    """`n` failure details, one per sending host, that add up to `failed`."""
    result = _result(rng, policy_type)
    made = []
    for count in _share(rng, failed, n):
        if rng.random() < 0.15:
            result = _result(rng, policy_type)
        host = rng.choice(recipient.mx)
        made.append(
            Detail(
                result,
                count,
                sending_mta_ip=_sender_ip(rng),
                receiving_mx_hostname=host,
                receiving_ip=f"203.0.113.{host[2]}0",
                failure_reason_code=_REASONS.get(result) if rng.random() < 0.2 else None,
            )
        )
    return made


def _expired(rng: Random, recipient: Recipient, failed: int) -> list[Detail]:
    """Failure details of an outbreak: the certificate of mx2 has expired."""
    return [
        Detail(
            "certificate-expired",
            count,
            sending_mta_ip=_ipv4(rng, "198.51.100"),
            receiving_mx_hostname=recipient.mx[1],
            receiving_ip="203.0.113.20",
            failure_reason_code="X509_V_ERR_CERT_HAS_EXPIRED",
        )
        for count in _share(rng, failed, min(2, failed))
    ]


def _sts_policy(rng: Random, occasion: Occasion, parts: int = 20) -> Policy:
    """One sts entry; failures are spread over up to `parts` sending hosts."""
    recipient = occasion.recipient
    policy = Policy(
        "sts",
        recipient.domain,
        recipient.sts_lines(),
        recipient.mx,
        successful=_sessions(rng),
        failed=0,
    )
    if occasion.outbreak:
        policy.successful = rng.randrange(60, 900)
        policy.failed = policy.successful * rng.randrange(70, 130) // 100
        policy.details = _expired(rng, recipient, policy.failed)
    elif occasion.failing:
        if rng.random() < 0.08:
            policy.successful, policy.failed = 0, rng.randrange(1, 9)
            policy.policy_string, policy.mx_host = [], []
            policy.details = [Detail("sts-policy-fetch-error", policy.failed)]
        else:
            n = rng.randrange(1, parts)
            policy.failed = n + rng.randrange(30)
            policy.details = details(rng, recipient, "sts", policy.failed, n)
    return policy


def _no_policy(rng: Random, occasion: Occasion) -> Policy:
    policy = Policy("no-policy-found", occasion.recipient.domain, [], [], _sessions(rng), 0)
    if occasion.failing or occasion.outbreak:
        policy.failed = rng.randrange(1, 5)
        policy.details = details(rng, occasion.recipient, policy.policy_type, policy.failed, 1)
    return policy


def _tlsa_policy(rng: Random, occasion: Occasion) -> Policy:
    recipient = occasion.recipient
    policy = Policy(
        "tlsa", recipient.domain, recipient.tlsa_lines(), recipient.mx, _sessions(rng), 0
    )
    if occasion.failing or occasion.outbreak:
        policy.failed = rng.randrange(2, 12)
        policy.details = details(rng, recipient, "tlsa", policy.failed, rng.randrange(1, 3))
    return policy


def _own_policy(rng: Random, occasion: Occasion) -> Policy:
    """The entry of a reporter that knows both standards: DANE before MTA-STS (RFC 8461 2)."""
    if occasion.recipient.dane:
        return _tlsa_policy(rng, occasion)
    if occasion.recipient.sts:
        return _sts_policy(rng, occasion, 5)
    return _no_policy(rng, occasion)


def _utc(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _policy_body(style: Style, policy: Policy) -> dict[str, Any]:
    inner: dict[str, Any] = {"policy-type": policy.policy_type}
    if policy.policy_string or style.empty_policy_lists:
        inner["policy-string"] = policy.policy_string
    if policy.policy_domain is not None:
        inner["policy-domain"] = policy.policy_domain
    if style.mx_host and (policy.mx_host or style.empty_policy_lists):
        inner["mx-host"] = policy.mx_host
    body: dict[str, Any] = {
        "policy": inner,
        "summary": {
            "total-successful-session-count": policy.successful,
            "total-failure-session-count": policy.failed,
        },
    }
    if policy.details or style.empty_failure_details:
        body["failure-details"] = [_detail_body(style, d) for d in policy.details]
    return body


def _detail_body(style: Style, detail: Detail) -> dict[str, Any]:
    hostname = "receiving-mx-host-name" if style.misspelt_hostname else "receiving-mx-hostname"
    members = (
        ("result-type", detail.result_type),
        ("sending-mta-ip", detail.sending_mta_ip),
        ("receiving-ip", detail.receiving_ip),
        (hostname, detail.receiving_mx_hostname),
        ("failed-session-count", detail.failed_session_count),
        ("additional-information", detail.additional_information),
        ("failure-reason-code", detail.failure_reason_code),
    )
    return {name: value for name, value in members if value is not None}


def finish(report: Report) -> Report:
    """Writes the JSON object of a report whose values are complete."""
    style = report.style
    report.body = {
        "organization-name": style.organization_name,
        "date-range": {"start-datetime": _utc(report.start), "end-datetime": _utc(report.end)},
        "contact-info": style.contact_info,
        "report-id": report.report_id,
        "policies": [_policy_body(style, policy) for policy in report.policies],
    }
    named = any(d.receiving_mx_hostname for p in report.policies for d in p.details)
    if style.misspelt_hostname and named:
        report.warnings.add("receiving-mx-host-name")
    return report


# -------------------------------------------------------------------------------------- reporters

_LUMEN = Style("Lumen Inc.", "lumen.example", "smtp-tls-reporting@lumen.example")
_HARBOR = Style(
    "Harbor Corporation",
    "harbor.example",
    "tlsrpt-noreply@harbor.example",
    mx_host=False,
    html=True,
    crlf=True,
)
_POCHTA = Style(
    "Pochta.example",
    "pochta.example",
    "tls_support@corp.pochta.example",
    indent=3,
    sort_keys=True,
    mx_host=False,
)
_RELAY = Style(
    "relay.example",
    "relay.example",
    "tlsrpt-feedback@relay.example",
    empty_policy_lists=True,
    misspelt_hostname=True,
)


def _small(host: str, **layout: Any) -> Style:
    return Style(host, host, f"postmaster@{host}", **layout)


_POSTFIX = [
    _small(f"{name}.example", indent=2, empty_failure_details=True)
    for name in ("grove", "quarry", "meadow", "tarn", "copse", "fen")
]
_CEDAR = [
    _small(
        f"mail.{name}.example",
        empty_policy_lists=True,
        empty_failure_details=True,
        media_type="application/tlsrpt+gzip",
    )
    for name in ("cedar", "alder", "rowan", "hazel")
]
_BIRCH = [
    _small(
        f"{name}.example",
        indent="\t",
        empty_failure_details=True,
        media_type="application/tlsrpt+json",
    )
    for name in ("birch", "larch", "aspen")
]


def lumen(rng: Random, occasion: Occasion) -> Report:
    """Like Google: one id a day and domain, an entry for each version of the policy that day."""
    recipient, day = occasion.recipient, occasion.day
    policies = [_sts_policy(rng, occasion) if recipient.sts else _no_policy(rng, occasion)]
    if recipient.sts and rng.random() < 0.25:
        other = Policy("sts", recipient.domain, recipient.sts_lines("testing"), recipient.mx, 0, 0)
        other.successful = _sessions(rng)
        policies.append(other)
    elif rng.random() < 0.12:
        policies.insert(0, Policy("no-policy-found", recipient.domain, [], [], 1, 0))
    report_id = f"{_utc(day)}_{recipient.domain}"
    return finish(Report(_LUMEN, report_id, recipient.domain, day, day + DAY - 1, policies))


def harbor(rng: Random, occasion: Occasion) -> Report:
    """Like Microsoft: the same sessions under sts and under tlsa, the TLSA set as one JSON text."""
    recipient, day = occasion.recipient, occasion.day
    report_id = f"{133_000_000_000_000_000 + rng.randrange(10**15)}+{recipient.domain}"
    policies = [_sts_policy(rng, occasion, 10)] if recipient.sts else [_no_policy(rng, occasion)]
    if recipient.dane:
        first = policies[0]
        tlsa = Policy("tlsa", recipient.domain, recipient.tlsa_lines(), [], first.successful, 0)
        if first.failed and rng.random() < 0.5:
            # Here the certificate failed MTA-STS only: DANE saw the same sessions succeed.
            tlsa.successful += first.failed
        elif first.failed:
            tlsa.failed = first.failed
            tlsa.details = details(rng, recipient, "tlsa", tlsa.failed, 1)
        policies.append(tlsa)
    for policy in policies:
        policy.mx_host = []
    report = finish(Report(_HARBOR, report_id, recipient.domain, day, day + DAY - 1, policies))
    if occasion.early:
        dates = report.body["date-range"]
        report.body["date-range"] = {name: date.rstrip("Z") for name, date in dates.items()}
        report.warnings.add("date-without-zone")
    if recipient.dane:
        inner = report.body["policies"][-1]["policy"]
        inner["policy-string"] = [json.dumps(inner["policy-string"], separators=(",", ":"))]
        report.warnings.add("tlsa-list-as-json-text")
    return report


def pochta(rng: Random, occasion: Occasion) -> Report:
    """Like Mail.ru: ends at the next midnight; more sessions in the details than in the total."""
    n = rng.getrandbits(128)
    report_id = f"{n >> 96:08x}-{n >> 80 & 65535:04x}-{n >> 64 & 65535:04x}"
    report_id += f"-{n >> 48 & 65535:04x}-{n & (1 << 48) - 1:012x}@pochta.example"
    policy = _sts_policy(rng, occasion, 3) if occasion.recipient.sts else _no_policy(rng, occasion)
    policy.mx_host = []
    if policy.details and rng.random() < 0.3:
        # RFC 8460 4 lets a session be counted under several result types.
        policy.details.append(
            Detail("sts-policy-fetch-error", 1, failure_reason_code="bad https response code: 404")
        )
    day = occasion.day
    return finish(Report(_POCHTA, report_id, occasion.recipient.domain, day, day + DAY, [policy]))


def postfix(rng: Random, occasion: Occasion) -> Report:
    """Like Postfix with tlsrpt-reporter: no policy-domain where no policy was found."""
    style = rng.choice(_POSTFIX)
    recipient, day = occasion.recipient, occasion.day
    policy = _own_policy(rng, occasion)
    report_id = f"{_utc(day)}_idx{rng.randrange(1, 10**6)}_{recipient.domain}"
    if policy.policy_type == "no-policy-found":
        policy.policy_domain = None
    report = finish(Report(style, report_id, recipient.domain, day, day + DAY - 1, [policy]))
    if policy.policy_domain is None:
        report.warnings.add("policy-domain-missing")
    entry = report.body["policies"][0]
    entry["summary"] = dict(reversed(entry["summary"].items()))
    report.body["report-id"] = report.body.pop("report-id")
    return report


def cedar(rng: Random, occasion: Occasion) -> Report:
    """Like Stalwart: contact-info null in some installations, every list there though empty."""
    style = rng.choice(_CEDAR)
    policy = _own_policy(rng, occasion)
    day = occasion.day
    report_id = f"{day}_{rng.getrandbits(63)}"
    report = finish(Report(style, report_id, occasion.recipient.domain, day, day + DAY, [policy]))
    if style in _CEDAR[:2]:
        report.body["contact-info"] = None
        report.warnings.add("contact-info-null")
        if policy.mx_host and rng.random() < 0.1:
            report.body["policies"][0]["policy"]["mx-host"] = [f"mx: {h}" for h in policy.mx_host]
            report.warnings.add("mx-host-with-mx-prefix")
    return report


def relay(rng: Random, occasion: Occasion) -> Report:
    """Like SocketLabs: successes and failures in entries of their own, a misspelt member."""
    first = _sts_policy(rng, occasion, 4) if occasion.recipient.sts else _no_policy(rng, occasion)
    policies = [first]
    if first.failed and first.successful:
        second = Policy(
            first.policy_type, first.policy_domain, first.policy_string, [], 0, first.failed
        )
        second.details, first.details, first.failed = first.details, [], 0
        policies.append(second)
    day = occasion.day
    report_id = f"{rng.getrandbits(128):032X}"
    return finish(Report(_RELAY, report_id, occasion.recipient.domain, day, day + DAY, policies))


def birch(rng: Random, occasion: Occasion) -> Report:
    """Like mox: several domains in one report, seen from a time zone of its own now and then."""
    style = rng.choice(_BIRCH)
    recipient, day = occasion.recipient, occasion.day
    policies = [_own_policy(rng, occasion)]
    if rng.random() < 0.6:
        neighbour = Recipient(f"lists.{recipient.domain}", dane=False, sts=recipient.sts)
        policies.append(_own_policy(rng, Occasion(neighbour, day, failing=False)))
    number = rng.randrange(10**9)
    report_id = f"{datetime.fromtimestamp(day, UTC):%Y%m%d}.{number}.mail@{style.submitter}"
    report = finish(Report(style, report_id, recipient.domain, day, day + DAY - 1, policies))
    if style is _BIRCH[1]:
        # Its day begins at its own midnight, two hours before that of UTC (RFC 3339 5.6).
        zone = timedelta(hours=2)
        report.start, report.end = report.start - 7200, report.end - 7200
        report.body["date-range"] = {
            "start-datetime": (datetime.fromtimestamp(report.start, UTC) + zone).strftime(
                "%Y-%m-%dT%H:%M:%S+02:00"
            ),
            "end-datetime": (datetime.fromtimestamp(report.end, UTC) + zone).strftime(
                "%Y-%m-%dT%H:%M:%S.999+02:00"
            ),
        }
    return report


Reporter = Callable[[Random, Occasion], Report]

REPORTERS: tuple[tuple[Reporter, float], ...] = (
    (lumen, 0.50),
    (harbor, 0.22),
    (pochta, 0.06),
    (postfix, 0.09),
    (cedar, 0.04),
    (relay, 0.03),
    (birch, 0.06),
)


# ----------------------------------------------------------------- deviations that anybody may have


def _mx_host_string(report: Report) -> bool:
    inner = report.body["policies"][0]["policy"]
    if not inner.get("mx-host") or "mx-host-with-mx-prefix" in report.warnings:
        return False
    inner["mx-host"] = report.policies[0].mx_host[0]
    report.policies[0].mx_host = report.policies[0].mx_host[:1]
    return True


def _policy_string_string(report: Report) -> bool:
    inner = report.body["policies"][0]["policy"]
    if report.policies[0].policy_type != "sts" or not inner.get("policy-string"):
        return False
    inner["policy-string"] = inner["policy-string"][0]
    return True


def _failure_count_missing(report: Report) -> bool:
    if report.policies[0].failed:
        return False
    del report.body["policies"][0]["summary"]["total-failure-session-count"]
    return True


def _successful_count_missing(report: Report) -> bool:
    if report.policies[0].successful:
        return False
    del report.body["policies"][0]["summary"]["total-successful-session-count"]
    return True


def _count_as_string(report: Report) -> bool:
    summary = report.body["policies"][0]["summary"]
    summary["total-successful-session-count"] = str(summary["total-successful-session-count"])
    return True


def _failure_details_missing(report: Report) -> bool:
    entry, policy = report.body["policies"][0], report.policies[0]
    if not policy.failed:
        return False
    del entry["failure-details"]
    policy.details = []
    report.warnings.discard("receiving-mx-host-name")
    return True


def _details_do_not_add_up(report: Report) -> bool:
    policy = report.policies[0]
    if not policy.details:
        return False
    policy.failed = sum(d.failed_session_count for d in policy.details) + 5
    report.body["policies"][0]["summary"]["total-failure-session-count"] = policy.failed
    return True


def _sending_mta_ip_invalid(report: Report) -> bool:
    entry, policy = report.body["policies"][0], report.policies[0]
    if not policy.details or policy.details[0].sending_mta_ip is None:
        return False
    for detail in entry["failure-details"]:
        detail["sending-mta-ip"] = ""
    return True


def _contact_info_missing(report: Report) -> bool:
    if report.body.get("contact-info") is None:
        return False
    del report.body["contact-info"]
    return True


def _end_before_start(report: Report) -> bool:
    if "date-without-zone" in report.warnings:
        return False
    report.end = report.start - DAY
    report.body["date-range"]["end-datetime"] = _utc(report.end)
    return True


# code, what does it (False where this report gives no occasion for it)
DEVIATIONS: tuple[tuple[str, Callable[[Report], bool]], ...] = (
    ("mx-host-string", _mx_host_string),
    ("policy-string-string", _policy_string_string),
    ("failure-count-missing", _failure_count_missing),
    ("successful-count-missing", _successful_count_missing),
    ("count-as-string", _count_as_string),
    ("failure-details-missing", _failure_details_missing),
    ("details-do-not-add-up", _details_do_not_add_up),
    ("sending-mta-ip-invalid", _sending_mta_ip_invalid),
    ("contact-info-missing", _contact_info_missing),
    ("end-before-start", _end_before_start),
)


def deviate(report: Report, rng: Random) -> None:
    """Gives the report one deviation that suits it."""
    for code, apply in rng.sample(DEVIATIONS, len(DEVIATIONS)):
        if apply(report):
            report.warnings.add(code)
            return


def large(rng: Random, occasion: Occasion, n: int) -> Report:
    """A report with `n` failure details of one policy: what a large sender writes in an outage."""
    recipient, day = occasion.recipient, occasion.day
    policy = Policy(
        "sts", recipient.domain, recipient.sts_lines(), recipient.mx, _sessions(rng), 3 * n
    )
    policy.details = details(rng, recipient, "sts", policy.failed, n)
    report_id = f"{_utc(day)}_{recipient.domain}"
    return finish(Report(_LUMEN, report_id, recipient.domain, day, day + DAY - 1, [policy]))
