# SPDX-License-Identifier: MIT
"""Archives of every form and mixture against their truth; what is broken is told.

Q36 Q48 Q58 Q59: counts are sums of what the bodies say, each report once, whatever its
wrapping.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from email.message import EmailMessage
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

import archives
from archive_truth import load
from mxseal import ParseError, tlsrpt

FORMS = [*archives.FORMS, "mixed"]
FLAWS = {flaw for form in archives.FORMS.values() for flaw in form.flaws}
DATA = Path(__file__).resolve().parents[1] / "data"


def report(
    report_id: str = "r1",
    *,
    domain: str = "example.com",
    successful: int = 10,
    failed: int = 0,
    organization: str = "Example Mail",
    day: str = "2026-03-01",
    policies: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """A plain report; what a test is about is given."""
    if policies is None:
        policies = [policy("sts", domain, successful, failed)]
    return {
        "organization-name": organization,
        "date-range": {"start-datetime": f"{day}T00:00:00Z", "end-datetime": f"{day}T23:59:59Z"},
        "contact-info": "tls@mail.example",
        "report-id": report_id,
        "policies": policies,
    }


def policy(
    kind: str,
    domain: str,
    successful: int,
    failed: int = 0,
    details: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "policy": {"policy-type": kind, "policy-domain": domain},
        "summary": {
            "total-successful-session-count": successful,
            "total-failure-session-count": failed,
        },
    }
    if details is not None:
        entry["failure-details"] = details
    return entry


def text(content: dict[str, Any]) -> bytes:
    return json.dumps(content).encode()


def rows(sums: tlsrpt.Sums) -> list[dict[str, Any]]:
    """Rows as the truth has them: seconds for times, ISO for days."""
    made = []
    for row in sums.to_dicts():
        plain = {}
        for name, value in row.items():
            if isinstance(value, datetime):
                value = int(value.timestamp())
            elif isinstance(value, date):
                value = value.isoformat()
            plain[name] = value
        made.append(plain)
    return made


def unordered(some: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in some)


def warnings_of(table: tlsrpt.ReportTable) -> Counter[str]:
    """How many reports show each warning; the policies of a report stand one below the other."""

    def one(row: dict[str, Any]) -> tuple[Any, ...]:
        names = ("source", "member", "organization_name", "report_id", "start", "end")
        return (*(row[name] for name in names), "report-id-repeated" in row["warnings"])

    shown: Counter[str] = Counter()
    for _, some in groupby(table.policies.to_dicts(), one):
        shown.update({warning for row in some for warning in row["warnings"]})
    return shown


def check_against(truth: dict[str, Any], path: Path, threads: int = 1) -> None:
    table = tlsrpt.read_reports(path, threads=threads)
    assert table.counts.reports == truth["reports"]
    assert len(table.policies) == truth["policies"]
    assert len(table.failures) == truth["details"]
    assert len(table.duplicates) == table.counts.duplicates == truth["duplicates"]
    unread = Counter(row["code"] for row in table.errors.to_dicts())
    assert unread.pop("not-a-report", 0) == table.counts.not_reports == truth["not_reports"]
    assert dict(unread) == truth["errors"]
    shown = warnings_of(table)
    shown.pop("byte-order-mark", None)  # not in the truth: of the copy that is read first
    assert shown.pop("report-id-repeated", 0) == truth["same_id_other_content"]
    assert dict(shown) == truth["warnings"]
    assert len(truth["sums"]) > 1
    for expected in truth["sums"]:
        sums = table.summarize(expected["by"], expected["period"])
        assert unordered(rows(sums)) == unordered(expected["rows"]), (
            expected["by"],
            expected["period"],
        )
        streamed = tlsrpt.summarize_reports(
            path, expected["by"], expected["period"], threads=threads
        )
        assert rows(streamed) == rows(sums)
        assert streamed.notes == sums.notes
        assert streamed.counts.unread == table.counts.unread


@pytest.mark.parametrize("form", FORMS)
def test_sums_are_the_truth_in_every_form(form: str, tmp_path: Path) -> None:
    out = tmp_path / archives.FORMS[form].name if form in archives.FORMS else tmp_path / "mixed"
    # More broken than usual, so that each form shows each of its flaws.
    plan = archives.Plan(1500, 7, archives.recipients(6), broken=0.02)
    truth = archives.write(out, form, 1500, 7, plan=plan)
    assert set(truth.errors) == set(archives.FORMS[form].flaws if form in archives.FORMS else FLAWS)
    truth.save(archives.truth_path(out))
    check_against(load(archives.truth_path(out)), out)


@pytest.mark.parametrize("threads", [1, 2, 4, 7])
def test_any_number_of_threads_gives_the_same(threads: int, tmp_path: Path) -> None:
    out = tmp_path / "mixed"
    archives.write(out, "mixed", 2000, 11)
    alone = tlsrpt.read_reports(out)
    together = tlsrpt.read_reports(out, threads=threads)
    for name in ("policies", "failures", "errors", "duplicates"):
        assert getattr(together, name).to_dicts() == getattr(alone, name).to_dicts(), name


def test_bundled_archive() -> None:
    check_against(load(DATA / "archive.truth.json"), DATA / "archive")


# ---------------------------------------------------------------------- each report once


def test_a_report_counts_once_whatever_its_wrapping(tmp_path: Path) -> None:
    once = report(failed=1)
    (tmp_path / "a.json").write_bytes(text(once))
    (tmp_path / "b.json").write_bytes(b"\xef\xbb\xbf" + json.dumps(once, indent=2).encode() + b"\n")
    (tmp_path / "c.json.gz").write_bytes(gzip.compress(text(dict(reversed(once.items())))))
    (tmp_path / "d.json").write_bytes(text(once).replace(b"T00:00:00Z", b"T01:00:00+01:00"))
    with zipfile.ZipFile(tmp_path / "e.zip", "w") as archive:
        archive.writestr("inner/report.json", text(once))
    table = tlsrpt.read_reports(sorted(tmp_path.iterdir()))
    assert table.counts.reports == 1
    assert len(table.policies) == 1
    assert len(table.errors) == 0
    duplicates = table.duplicates.to_dicts()
    assert [Path(row["source"]).name for row in duplicates] == [
        "b.json",
        "c.json.gz",
        "d.json",
        "e.zip",
    ]
    assert {Path(row["first_source"]).name for row in duplicates} == {"a.json"}
    assert duplicates[-1]["member"] == "inner/report.json"


def test_the_same_id_with_other_content_is_another_report(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(
        text(report(successful=1)) + b"\n" + text(report(successful=2))
    )
    table = tlsrpt.read_reports(tmp_path)
    assert table.counts.reports == 2
    assert [row["warnings"] for row in table.policies.to_dicts()] == [
        [],
        ["report-id-repeated"],
    ]
    other = report(organization="Other Mail", successful=3)
    (tmp_path / "b.json").write_bytes(text(other))
    both = tlsrpt.read_reports([tmp_path / "a.json", tmp_path / "b.json"])
    assert both.policies.to_dicts()[2]["warnings"] == []


def test_sts_and_tlsa_of_the_same_sessions_are_not_added(tmp_path: Path) -> None:
    entries = [policy("sts", "example.com", 90, 10), policy("tlsa", "example.com", 100, 0)]
    entries += [policy("tlsa", "example.net", 7), policy("no-policy-found", "example.com", 5)]
    (tmp_path / "a.json").write_bytes(text(report(policies=entries)))
    by_domain = tlsrpt.summarize_reports(tmp_path, ["policy_domain"])
    assert [
        (
            r["policy_domain"],
            r["policies"],
            r["total_successful_session_count"],
            r["total_failure_session_count"],
        )
        for r in by_domain.to_dicts()
    ] == [("example.com", 3, 105, 10), ("example.net", 1, 7, 0)]
    assert by_domain.counted_once == 1
    assert any("sts and tlsa" in note for note in by_domain.notes)
    by_type = tlsrpt.summarize_reports(tmp_path, ["policy_type"])
    assert [r["total_successful_session_count"] for r in by_type.to_dicts()] == [5, 90, 107]
    assert by_type.notes == []
    # For each report and domain: the larger is taken before the domains are added.
    [total] = tlsrpt.summarize_reports(tmp_path, []).to_dicts()
    assert total["total_successful_session_count"] == 100 + 7 + 5
    assert total["reports"] == 1


def test_many_policies_of_one_report_are_joined_by_domain(tmp_path: Path) -> None:
    entries = []
    for n in range(200):
        entries.append(policy("sts", f"d{n % 50}.example", 1))
        entries.append(policy("tlsa", f"d{n % 50}.example", 1))
    (tmp_path / "a.json").write_bytes(text(report(policies=entries)))
    [total] = tlsrpt.summarize_reports(tmp_path, []).to_dicts()
    assert total["total_successful_session_count"] == 200
    assert all(
        row["total_successful_session_count"] == 4
        for row in tlsrpt.summarize_reports(tmp_path, "policy_domain").to_dicts()
    )


def test_a_policy_is_never_multiplied_by_its_details(tmp_path: Path) -> None:
    details = [
        {"result-type": kind, "failed-session-count": 2, "receiving-mx-hostname": "mx.example.com"}
        for kind in ("certificate-expired", "validation-failure")
    ]
    entry = policy("sts", "example.com", 10, 5, details)
    (tmp_path / "a.json").write_bytes(text(report(policies=[entry])))
    [sums] = tlsrpt.summarize_reports(tmp_path, "policy_domain").to_dicts()
    assert (sums["policies"], sums["total_failure_session_count"]) == (1, 5)
    over_details = tlsrpt.summarize_reports(tmp_path, ["policy_domain", "result_type"])
    assert over_details.column_names == [
        *(
            "policy_domain",
            "result_type",
            "details",
            "failed_session_count",
            "organizations",
            "start",
            "end",
        )
    ]
    assert [r["failed_session_count"] for r in over_details.to_dicts()] == [2, 2]
    assert over_details.failed_without_detail == 1
    assert over_details.notes == [
        "Sums over failure details; 1 more failed session came without a detail."
    ]


def test_sums_beyond_int64_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(
        text(report("a", successful=2**63 - 1)) + text(report("b", successful=2**63 - 1))
    )
    sums = tlsrpt.summarize_reports(tmp_path, "policy_domain")
    assert sums.to_dicts()[0]["total_successful_session_count"] == 2**63 - 1
    assert any("2^63-1" in note for note in sums.notes)


def test_periods(tmp_path: Path) -> None:
    # 2026-03-01 is a Sunday, 1969-12-31 a Wednesday.
    days = ["2026-03-01", "2026-03-02", "2026-03-31", "1969-12-31"]
    (tmp_path / "a.json").write_bytes(b"".join(text(report(day, day=day)) for day in days))
    table = tlsrpt.read_reports(tmp_path)

    def starts(period: Any) -> list[str]:
        return [row["period"].isoformat() for row in table.summarize([], period).to_dicts()]

    assert starts("day") == sorted(days)
    assert starts("week") == ["1969-12-29", "2026-02-23", "2026-03-02", "2026-03-30"]
    assert starts("month") == ["1969-12-01", "2026-03-01"]


def test_filters(tmp_path: Path) -> None:
    some = [
        report("1", day="2026-03-01"),
        report("2", day="2026-03-02", organization="Other Mail"),
        report(
            "3",
            day="2026-03-03",
            policies=[policy("sts", "Example.ORG.", 1), policy("sts", "b.example", 1)],
        ),
    ]
    (tmp_path / "a.json").write_bytes(b"\n".join(map(text, some)))

    def ids(**options: Any) -> list[str]:
        return [
            row["report_id"] for row in tlsrpt.read_reports(tmp_path, **options).policies.to_dicts()
        ]

    assert ids(since="2026-03-02") == ["2", "3", "3"]
    assert ids(until=date(2026, 3, 1)) == ["1"]
    assert ids(since="2026-03-02", until="2026-03-02") == ["2"]
    assert ids(organization="other mail") == ["2"]
    assert ids(domain="example.org") == ["3"]
    assert ids(domain=["EXAMPLE.org.", "example.com"]) == ["1", "2", "3"]
    assert tlsrpt.read_reports(tmp_path, domain="x.example").counts.filtered == 3
    with pytest.raises(ValueError, match="not a day"):
        ids(since="yesterday")


def test_domains_are_one_whatever_their_spelling(tmp_path: Path) -> None:
    names = [
        "bücher.example",
        "xn--bcher-kva.example",
        "XN--BCHER-KVA.example.",
        "_tls.Example.com",
    ]
    some = [report(str(n), domain=name) for n, name in enumerate(names)]
    (tmp_path / "a.json").write_bytes(b"".join(map(text, some)))
    sums = tlsrpt.summarize_reports(tmp_path)
    assert [(r["policy_domain"], r["reports"]) for r in sums.to_dicts()] == [
        ("_tls.example.com", 1),
        ("xn--bcher-kva.example", 3),
    ]


# ---------------------------------------------------------------------- mails


def mail(
    content: bytes,
    *,
    media_type: str = "application/tlsrpt+gzip",
    filename: str = "mail.example!example.com!1772323200!1772409599!001.json.gz",
    subject: str = "Report Domain: example.com Submitter: mail.example Report-ID: <r1>",
    headers: dict[str, str] | None = None,
) -> EmailMessage:
    """A mail by RFC 8460 5.3, made by Python's own library."""
    message = EmailMessage()
    message["From"] = "TLS reports <tls@mail.example>"
    message["To"] = "postmaster@example.com"
    message["Subject"] = subject
    for name, value in (headers or {}).items():
        message[name] = value
    message.set_content("A report on TLS.\n")
    kind, _, subtype = media_type.partition("/")
    message.add_attachment(content, maintype=kind, subtype=subtype, filename=filename)
    return message


def test_only_the_report_itself_says_whose_it_is(tmp_path: Path) -> None:
    """Q47: Subject, TLS-Report-* fields and the file name may lie; nothing is taken from them."""
    lying = mail(
        gzip.compress(text(report(failed=3))),
        filename="liar.example!other.example!1!86400!999.xml",
        subject="Report Domain: other.example Submitter: liar.example Report-ID: <r999>",
        headers={"TLS-Report-Domain": "other.example", "TLS-Report-Submitter": "liar.example"},
    )
    (tmp_path / "liar.example!other.example!1!86400!999.xml.eml").write_bytes(bytes(lying))
    table = tlsrpt.read_reports(tmp_path)
    [row] = table.policies.to_dicts()
    assert (row["organization_name"], row["report_id"]) == ("Example Mail", "r1")
    assert (row["policy_domain"], row["total_failure_session_count"]) == ("example.com", 3)
    assert row["start"] == datetime(2026, 3, 1, tzinfo=UTC)
    assert row["end"] == datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC)
    assert [r["policy_domain"] for r in tlsrpt.summarize_reports(tmp_path).to_dicts()] == [
        "example.com"
    ]
    # The very report without a mail around it is the same report.
    (tmp_path / "plain.json").write_bytes(text(report(failed=3)))
    again = tlsrpt.read_reports(tmp_path)
    assert (again.counts.reports, again.counts.duplicates) == (1, 1)


def test_mails_say_from_whom_they_came(tmp_path: Path) -> None:
    packed = gzip.compress(text(report("a")))
    told = mail(packed, headers={"TLS-Report-Submitter": "mail.example (the third)"})
    (tmp_path / "a.eml").write_bytes(bytes(told))
    (tmp_path / "b.eml").write_bytes(bytes(mail(text(report("b")), media_type="application/json")))
    (tmp_path / "c.json").write_bytes(text(report("c")))
    details = [{"result-type": "certificate-expired", "failed-session-count": 1}]
    failing = text(report("d", policies=[policy("sts", "example.com", 1, 1, details)]))
    del told["From"]
    told["From"] = "=?utf-8?q?J=C3=BCrgen?= <other@mail.example>, second@mail.example"
    told.clear_content()
    told.set_content("No more than text.")
    told.add_attachment(failing, maintype="application", subtype="tlsrpt+json")
    (tmp_path / "d.eml").write_bytes(bytes(told))
    table = tlsrpt.read_reports(sorted(tmp_path.iterdir()))
    assert [
        (row["report_id"], row["mail_from"], row["submitter"]) for row in table.policies.to_dicts()
    ] == [
        ("a", "tls@mail.example", "mail.example"),
        ("b", "tls@mail.example", None),
        ("c", None, None),
        ("d", "other@mail.example", "mail.example"),
    ]
    [failure] = table.failures.to_dicts()
    assert (failure["mail_from"], failure["submitter"]) == ("other@mail.example", "mail.example")
    by_sender = table.summarize(["mail_from", "submitter"]).to_dicts()
    assert [(row["mail_from"], row["submitter"]) for row in by_sender] == [
        (None, None),
        ("other@mail.example", "mail.example"),
        ("tls@mail.example", None),
        ("tls@mail.example", "mail.example"),
    ]


@pytest.mark.parametrize(
    ("packed", "encoding"),
    [
        (False, "base64"),
        (False, "quoted-printable"),
        (False, "8bit"),
        (True, "base64"),
        (True, "quoted-printable"),
    ],
)
def test_a_report_is_known_by_its_content_where_a_mail_calls_it_something_else(
    packed: bool, encoding: str, tmp_path: Path
) -> None:
    content = gzip.compress(text(report())) if packed else text(report())
    for media_type in ("text/plain", "image/png", "application/pdf"):
        message = EmailMessage()
        message["From"] = "tls@mail.example"
        message.set_content("A report.\n")
        maintype, subtype = media_type.split("/")
        message.add_attachment(
            content, maintype=maintype, subtype=subtype, filename="report.pdf", cte=encoding
        )
        path = tmp_path / "report.eml"
        path.write_bytes(bytes(message))
        table = tlsrpt.read_reports(path)
        assert (media_type, table.counts.reports, codes(path)) == (media_type, 1, [])


def test_reports_beside_one_that_says_what_it_is(tmp_path: Path) -> None:
    """A colleague's mail: one attachment kept its media type, the mail program named the others."""
    message = mail(gzip.compress(text(report("a"))))
    for subtype, content in (
        ("gzip", gzip.compress(text(report("b")))),
        ("octet-stream", text(report("c"))),
        ("pdf", b"%PDF-1.7"),
    ):
        message.add_attachment(content, maintype="application", subtype=subtype)
    (tmp_path / "a.eml").write_bytes(bytes(message))
    table = tlsrpt.read_reports(tmp_path)
    assert [row["report_id"] for row in table.policies.to_dicts()] == ["a", "b", "c"]
    assert len(table.errors) == 0


def bounce_of(message: EmailMessage) -> bytes:
    """What Postfix sends back (RFC 3464), the undelivered mail inside."""
    parts = (
        b"Content-Type: text/plain\r\n\r\nI'm sorry.\r\n",
        b"Content-Type: message/delivery-status\r\n\r\n"
        b"Reporting-MTA: dns; mail.example\r\n\r\n"
        b"Final-Recipient: rfc822; postmaster@example.com\r\nAction: failed\r\n",
        b"Content-Type: message/rfc822\r\n\r\n" + bytes(message),
    )
    header = (
        b"From: MAILER-DAEMON@mail.example\r\n"
        b"Subject: Undelivered Mail Returned to Sender\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=bounce\r\n\r\n"
    )
    body = b"".join(b"--bounce\r\n" + part + b"\r\n" for part in parts)
    return header + body + b"--bounce--\r\n"


def test_a_bounce_is_told_as_one(tmp_path: Path) -> None:
    """The report in it is the reader's own, to somebody else."""
    bounce = bounce_of(mail(gzip.compress(text(report()))))
    (tmp_path / "bounce.eml").write_bytes(bounce)
    mbox = b"From MAILER-DAEMON Sun Mar  1 00:00:00 2026\n" + bounce.replace(b"\r\n", b"\n")
    (tmp_path / "mbox").write_bytes(mbox + b"\n" + mbox)
    table = tlsrpt.read_reports(sorted(tmp_path.iterdir()))
    assert table.counts.reports == 0
    assert [(row["code"], row["member"], row["detail"]) for row in table.errors.to_dicts()] == [
        ("not-a-report", None, "a bounce"),
        ("not-a-report", "message 1", "a bounce"),
        ("not-a-report", "message 2", "a bounce"),
    ]
    assert table.counts.not_reports == 3
    with pytest.raises(ParseError) as refused:
        tlsrpt.parse_report(bounce)
    assert (refused.value.code, refused.value.detail) == ("not-a-report", "a bounce")


def forwarded(message: EmailMessage) -> bytes:
    """The mail as somebody forwards it as an attachment (message/rfc822)."""
    outer = EmailMessage()
    outer["From"] = "colleague@example.org"
    outer["Subject"] = "Fwd: a report"
    outer.set_content("See below.\n")
    outer.add_attachment(message)
    return bytes(outer)


_DETAILS = [
    {"result-type": "validation-failure", "failed-session-count": 2, "failure-reason-code": "x"},
    {"result-type": "certificate-expired", "failed-session-count": 1},
]
_WHOLE = text(
    report(
        policies=[
            policy("sts", "example.com", 5, 4, _DETAILS),
            policy("tlsa", "example.com", 9, 0, []),
        ]
    )
    | {"contact-info": None}
)
WRAPPINGS = {
    "json": _WHOLE,
    "json printed": json.dumps(json.loads(_WHOLE), indent=2).encode(),
    "json with a byte order mark": b"\xef\xbb\xbf" + _WHOLE,
    "json printed, with a byte order mark": b"\xef\xbb\xbf"
    + json.dumps(json.loads(_WHOLE), indent=2).encode(),
    "gzip": gzip.compress(_WHOLE),
    "gzip of two members": gzip.compress(_WHOLE[:70]) + gzip.compress(_WHOLE[70:]),
    "mail": bytes(mail(gzip.compress(_WHOLE))),
    "mail with json": bytes(mail(_WHOLE, media_type="application/tlsrpt+json")),
    "mail with another media type": bytes(mail(_WHOLE, media_type="application/octet-stream")),
    "gzipped mail": gzip.compress(bytes(mail(gzip.compress(_WHOLE)))),
    "forwarded mail": forwarded(mail(gzip.compress(_WHOLE))),
    "gzipped forwarded mail": gzip.compress(forwarded(mail(_WHOLE))),
    "mbox of one mail": b"From a@mail.example Sun Mar  1 00:00:00 2026\n" + bytes(mail(_WHOLE)),
}


def of_row(row: dict[str, Any]) -> dict[str, Any]:
    """A row of `policies` or `failures` without its place and mail, and without its warnings."""
    besides = ("source", "member", "mail_from", "submitter", "warnings")
    return {name: value for name, value in row.items() if name not in besides}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_one_report_is_the_same_as_in_an_archive(wrapping: str, tmp_path: Path) -> None:
    """`parse_report` takes what `read_reports` takes, and gives the same values and warnings."""
    content = WRAPPINGS[wrapping]
    (tmp_path / "file").write_bytes(content)
    table = tlsrpt.read_reports(tmp_path)
    assert (table.counts.reports, len(table.errors)) == (1, 0)
    one = tlsrpt.parse_report(content)
    ours = {
        name: getattr(one, name)
        for name in ("organization_name", "contact_info", "report_id", "start", "end")
    }
    policies, failures = [], []
    for row, entry in enumerate(one.policies):
        keys = ours | {"policy_type": entry.policy_type, "policy_domain": entry.policy_domain}
        names = ("policy_string", "mx_host")
        totals = ("total_successful_session_count", "total_failure_session_count")
        policies.append(keys | {name: getattr(entry, name) for name in (*names, *totals)})
        for detail in entry.failure_details:
            fields = table.failures.column_names[:8]
            failures.append(
                {name: getattr(detail, name) for name in fields} | {"policy_row": row} | keys
            )
    assert [of_row(row) for row in table.policies.to_dicts()] == policies
    assert [of_row(row) for row in table.failures.to_dicts()] == failures
    assert len(policies) == len(failures) == 2
    shown = {warning for row in table.policies.to_dicts() for warning in row["warnings"]}
    assert shown == set(one.warnings)
    assert {"contact-info-null", "details-do-not-add-up"} <= shown
    assert ("byte-order-mark" in shown) == ("byte order mark" in wrapping)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"notes",
        b"[]",
        b"{}",
        _WHOLE[:-9],
        b"\xef\xbb\xbf" + _WHOLE.replace(b"Example", b"\xe9"),
        gzip.compress(_WHOLE)[:-9],
        gzip.compress(_WHOLE[:-9]),
        bytes(mail(_WHOLE[:-9])),
        bytes(mail(gzip.compress(_WHOLE)[:-9])),
        b"From: a@example.org\n\nNo report.\n",
        forwarded(mail(_WHOLE.replace(b"date-range", b"data-range"))),
    ],
)
def test_what_is_no_report_is_refused_as_in_an_archive(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    [error] = tlsrpt.read_reports(tmp_path).errors.to_dicts()
    with pytest.raises(ParseError) as refused:
        tlsrpt.parse_report(content)
    assert refused.value.code == error["code"]
    assert refused.value.offset == error["offset"]


# ---------------------------------------------------------------------- broken and hostile


def codes(path: Path | list[Path]) -> list[tuple[str, str | None, int | None]]:
    table = tlsrpt.read_reports(path)
    return [(row["code"], row["member"], row["offset"]) for row in table.errors.to_dicts()]


def test_reading_goes_on_behind_a_broken_line(tmp_path: Path) -> None:
    good = [text(report(str(n))) for n in range(4)]
    lines = [good[0], good[1][:100], good[2], b"garbage", b'{"a": 1}', b"[]", good[3]]
    path = tmp_path / "a.json"
    path.write_bytes(b"\n".join(lines) + b"\n")
    table = tlsrpt.read_reports(path)
    assert [row["report_id"] for row in table.policies.to_dicts()] == ["0", "2", "3"]
    at = [sum(len(line) + 1 for line in lines[:n]) for n in range(len(lines))]
    found = codes(path)
    assert [code for code, _, _ in found] == [
        "json-syntax",
        "json-syntax",
        "not-a-report",
        "json-not-object",
    ]
    assert [offset for _, _, offset in found] == [at[1] + 100, at[3], at[4], at[5]]


def test_printed_reports_behind_each_other(tmp_path: Path) -> None:
    printed = [json.dumps(report(str(n)), indent=1).encode() for n in range(3)]
    broken = printed[1].replace(b'"report-id": "1"', b'"report-id" "1"')
    (tmp_path / "a.json").write_bytes(b"\r\n".join([printed[0], broken, printed[2]]))
    table = tlsrpt.read_reports(tmp_path)
    assert [row["report_id"] for row in table.policies.to_dicts()] == ["0", "2"]
    assert [row["code"] for row in table.errors.to_dicts()] == ["json-syntax"]
    (tmp_path / "a.json").write_bytes(b"".join(printed))
    assert tlsrpt.read_reports(tmp_path).counts.reports == 3


def test_large_streams_of_every_layout(tmp_path: Path) -> None:
    """Larger than any buffer, so that documents lie across its ends."""
    some = [report(str(n), organization="x" * (n % 977)) for n in range(2000)]
    layouts = {
        "lines": b"\n".join(map(text, some)),
        "close": b"".join(map(text, some)),
        "printed": b"\n".join(json.dumps(one, indent=2).encode() for one in some),
        "crlf": b"\r\n\r\n".join(map(text, some)) + b"\r\n",
    }
    for name, content in layouts.items():
        assert len(content) > 1_000_000
        for suffix, data in (("json", content), ("json.gz", gzip.compress(content, 1))):
            path = tmp_path / f"{name}.{suffix}"
            path.write_bytes(data)
            table = tlsrpt.read_reports(path)
            assert (table.counts.reports, len(table.errors)) == (2000, 0), path.name


def test_one_bad_member_is_one_row(tmp_path: Path) -> None:
    good = gzip.compress(text(report()))
    members = {
        "a/good.json.gz": good,
        "b/truncated.json.gz": good[:-9],
        "c/corrupt.json.gz": good[:-8] + b"\0" * 8,
        "../../escape.json": text(report("escape")),
        "/etc/absolute.json": text(report("absolute")),
        "d/empty.json": b"",
        "e/picture.json": b"\x89PNG\r\n\x1a\n" + b"\0" * 64,
        "f/not-utf8.json": text(report()).replace(b"Example", b"\xff"),
    }
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    before = sorted(tmp_path.rglob("*"))
    table = tlsrpt.read_reports(path)
    assert sorted(tmp_path.rglob("*")) == before
    assert {row["member"]: row["code"] for row in table.errors.to_dicts()} == {
        "b/truncated.json.gz": "gzip-truncated",
        "c/corrupt.json.gz": "gzip-corrupt",
        "d/empty.json": "file-empty",
        "e/picture.json": "not-a-report",
        "f/not-utf8.json": "json-utf8",
    }
    assert [row["member"] for row in table.policies.to_dicts()] == [
        "a/good.json.gz",
        "../../escape.json",
        "/etc/absolute.json",
    ]


def test_links_in_containers_are_told_and_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_bytes(text(report("secret")))
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as archive:
        for kind, name in ((tarfile.SYMTYPE, "soft.json"), (tarfile.LNKTYPE, "hard.json")):
            link = tarfile.TarInfo(name)
            link.type = kind
            link.linkname = str(secret)
            archive.addfile(link)
        pipe = tarfile.TarInfo("pipe")
        pipe.type = tarfile.FIFOTYPE
        archive.addfile(pipe)
    assert [(code, member) for code, member, _ in codes(path)] == [
        ("container-link", "soft.json"),
        ("container-link", "hard.json"),
        ("container-link", "pipe"),
    ]


def test_bombs_are_bounded_and_named(tmp_path: Path) -> None:
    bomb = gzip.compress(b" " * (80 << 20), 9)
    (tmp_path / "a.json.gz").write_bytes(bomb)
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(b"{" + b" " * (80 << 20), 9))
    (tmp_path / "c.json").write_bytes(text(report()))
    with zipfile.ZipFile(tmp_path / "d.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("bomb.json", b"{" + b" " * (80 << 20))
    with tarfile.open(tmp_path / "e.tar", "w") as tar:
        member = tarfile.TarInfo("bomb.json.gz")
        member.size = len(bomb)
        tar.addfile(member, io.BytesIO(bomb))
    table = tlsrpt.read_reports(sorted(tmp_path.iterdir()))
    assert table.counts.reports == 1
    found = {Path(row["source"]).name: row["code"] for row in table.errors.to_dicts()}
    assert found == {
        "a.json.gz": "gzip-bomb",
        "b.json.gz": "gzip-bomb",
        "d.zip": "zip-bomb",
        "e.tar": "gzip-bomb",
    }
    assert len(table.errors) == 4


def test_what_is_just_below_the_cap_is_read(tmp_path: Path) -> None:
    content = text(report())
    content += b" " * ((64 << 20) - len(content))
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(content, 9))
    assert tlsrpt.read_reports(tmp_path).counts.reports == 1


def nested(depth: int) -> bytes:
    data = text(report())
    for n in range(depth):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(f"{n}.zip" if n else "report.json", data)
        data = packed.getvalue()
    return data


def test_nesting_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(nested(3))
    assert tlsrpt.read_reports(path).policies.to_dicts()[0]["member"] == "2.zip/1.zip/report.json"
    path.write_bytes(nested(4))
    assert [code for code, _, _ in codes(path)] == ["container-too-deep"]
    twice = tmp_path / "b.json.gz"
    twice.write_bytes(gzip.compress(gzip.compress(text(report()))))
    assert tlsrpt.read_reports(twice).counts.reports == 1
    twice.write_bytes(gzip.compress(twice.read_bytes()))
    assert [code for code, _, _ in codes(twice)] == ["container-too-deep"]


def test_errors_of_one_file_are_bounded(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"{\n" * 20_000 + text(report()))
    table = tlsrpt.read_reports(path)
    assert len(table.errors) == 10_001
    assert table.errors.to_dicts(10_000)[0]["code"] == "too-many-errors"


def test_sums_list_the_first_thousand_errors_beside_the_number_of_all(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"{\n" * 1500)
    sums = tlsrpt.summarize_reports(tmp_path)
    assert (len(sums.errors), sums.counts.unread) == (1000, 1500)


def test_paths_that_are_not_there_are_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(text(report()))
    with pytest.raises(FileNotFoundError):
        tlsrpt.read_reports([tmp_path, tmp_path / "missing"])
    with pytest.raises(FileNotFoundError):
        tlsrpt.read_reports(str(tmp_path / "*.zip"))
    assert tlsrpt.read_reports(str(tmp_path / "*.json")).counts.files == 1
    assert tlsrpt.read_reports([]).counts.files == 0


def test_keys_and_periods_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="policy_domain"):
        tlsrpt.summarize_reports(tmp_path, ["policy-domain"])
    with pytest.raises(ValueError, match="day, week, month"):
        tlsrpt.summarize_reports(tmp_path, period="year")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="twice"):
        tlsrpt.summarize_reports(tmp_path, ["policy_domain", "policy_domain"])


def test_what_cannot_be_opened_is_a_row(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(text(report()))
    (tmp_path / "dangling.json").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    table = tlsrpt.read_reports(tmp_path)
    assert table.counts.reports == 1
    assert {Path(row["source"]).name: row["code"] for row in table.errors.to_dicts()} == {
        "dangling.json": "file-unreadable",
        "loop": "folder-loop",
        "pipe": "file-unreadable",
    }


def test_names_that_are_no_utf8_become_text(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff.json"
    Path(os.fsdecode(name)).write_bytes(text(report()))
    assert tlsrpt.read_reports(tmp_path).policies.to_dicts()[0]["source"].endswith("\\xff.json")


def test_standard_input() -> None:
    code = "import sys; from mxseal import tlsrpt; print(tlsrpt.read_reports('-').counts.reports)"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for n in range(300):
            member = tarfile.TarInfo(f"{n}.json")
            data = text(report(str(n), organization=os.urandom(400).hex()))
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    for content, count in ((text(report()), 1), (packed.getvalue(), 300), (nested(2), 1)):
        done = subprocess.run(
            [sys.executable, "-c", code], input=content, capture_output=True, check=True
        )
        assert int(done.stdout) == count


# ---------------------------------------------------------------------- while it reads


@pytest.fixture
def endless(tmp_path: Path) -> Iterator[Path]:
    """A pipe that gives report after report until nobody reads any more."""
    path = tmp_path / "endless"
    os.mkfifo(path)

    def feed() -> None:
        n = 0
        try:
            with path.open("wb") as pipe:
                while True:
                    pipe.write(text(report(str(n))) + b"\n")
                    n += 1
        except BrokenPipeError:
            pass

    feeder = threading.Thread(target=feed)
    feeder.start()
    yield path
    feeder.join()


@pytest.mark.parametrize("threads", [1, 2])
def test_progress_is_told_and_may_stop_everything(endless: Path, threads: int) -> None:
    seen: list[tuple[int, int, int]] = []

    class EnoughError(Exception):
        pass

    def progress(files: int, read: int, reports: int) -> None:
        seen.append((files, read, reports))
        if reports > 1000:
            raise EnoughError

    with pytest.raises(EnoughError):
        tlsrpt.summarize_reports(endless, threads=threads, progress=progress)
    assert seen == sorted(seen)
    assert seen[-1][1] > 1000 * 300


@pytest.mark.parametrize("threads", [1, 2])
def test_ctrl_c_ends_the_reading_and_other_threads_run_meanwhile(
    endless: Path, threads: int
) -> None:
    """The signal is sent by a Python thread, which could not run if reading held the GIL."""
    started = threading.Event()

    def interrupt() -> None:
        started.wait()
        os.kill(os.getpid(), signal.SIGINT)

    sender = threading.Thread(target=interrupt)
    sender.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            tlsrpt.summarize_reports(endless, threads=threads, progress=lambda *_: started.set())
    finally:
        started.set()
        sender.join()


def test_times_are_aware_and_in_utc(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(text(report(day="2026-03-01")))
    [row] = tlsrpt.read_reports(tmp_path).policies.to_dicts()
    assert row["start"] == datetime(2026, 3, 1, tzinfo=UTC)
    assert row["end"] == datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC)
    assert time.gmtime(row["start"].timestamp()).tm_hour == 0
