# SPDX-License-Identifier: MIT
# mypy: ignore-errors
"""Contestant: what a good Python programmer writes for just these sums (isal + msgspec).

Only the fields of the sum are decoded, besides what tells a report from its duplicate. Mails are
taken apart by hand, for the shapes that such archives have. Forms other than those of the benchmark
would need more.
"""

from __future__ import annotations

import binascii
import gc
import tarfile
import zipfile
from collections.abc import Iterator
from typing import Annotated

from isal import igzip, isal_zlib
from measured import Found, Task, content, files, run
from msgspec import DecodeError, Meta, Struct, field
from msgspec.json import Decoder

Count = Annotated[int, Meta(ge=0)]


class Dates(Struct, frozen=True):
    start: str = field(name="start-datetime")
    end: str = field(name="end-datetime")


class Policy(Struct, frozen=True):
    policy_type: str = field(name="policy-type")
    policy_domain: str | None = field(name="policy-domain", default=None)


class Summary(Struct, frozen=True):
    successful: Count = field(name="total-successful-session-count", default=0)
    failed: Count = field(name="total-failure-session-count", default=0)


class Detail(Struct, frozen=True):
    result_type: str = field(name="result-type")
    failed: Count = field(name="failed-session-count", default=0)


class Entry(Struct, frozen=True):
    policy: Policy
    summary: Summary


class EntryWithDetails(Struct, frozen=True):
    policy: Policy
    summary: Summary
    details: tuple[Detail, ...] = field(name="failure-details", default=())


class Report(Struct, frozen=True):
    organization_name: str | None = field(name="organization-name")
    dates: Dates = field(name="date-range")
    report_id: str = field(name="report-id")
    policies: tuple[Entry, ...]


class ReportWithDetails(Struct, frozen=True):
    organization_name: str | None = field(name="organization-name")
    dates: Dates = field(name="date-range")
    report_id: str = field(name="report-id")
    policies: tuple[EntryWithDetails, ...]


def texts(task: Task) -> Iterator[bytes]:
    """Every JSON or gzip file of the archive, whatever it lies in."""
    if task.form in ("json.gz", "json"):
        for path in files(task.path):
            yield content(path)
    elif task.form == "eml":
        for path in files(task.path):
            yield attachment(content(path))
    elif task.form == "mbox":
        for message in content(task.path).split(b"\nFrom "):
            yield attachment(message)
    elif task.form == "ndjson":
        with open(task.path, "rb") as lines:  # noqa: PTH123
            yield from lines
    elif task.form == "zip":
        with zipfile.ZipFile(task.path) as archive:
            yield from map(archive.read, archive.namelist())
    elif task.form == "tar.gz":
        yield from tar_members(task.path)


def tar_members(path: str) -> Iterator[bytes]:
    """The files of a tar.gz, as it comes through."""
    with igzip.open(path) as opened, tarfile.open(fileobj=opened, mode="r|") as tar:
        for member in tar:
            reader = tar.extractfile(member)
            if reader is not None:
                yield reader.read()
            tar.members = []


def attachment(mail: bytes) -> bytes:
    """The report's part of a mail, decoded; nothing where it has none."""
    at = mail.find(b"application/tlsrpt")
    if at < 0:
        return b""
    head = mail.find(b"\n\n", at)
    crlf = mail.find(b"\r\n\r\n", at, head if head >= 0 else len(mail))
    body = crlf + 4 if crlf >= 0 else head + 2
    encoding = mail[at:body].lower()
    end = mail.find(b"\n--", body)
    text = mail[body : end if end >= 0 else len(mail)]
    if b"base64" in encoding:
        try:
            return binascii.a2b_base64(text)
        except binascii.Error:  # a mail that was cut off
            return b""
    return binascii.a2b_qp(text) if b"quoted-printable" in encoding else text


def work(task: Task) -> Found:
    found = Found()
    with_details = task.work == "failures"
    decode = Decoder(ReportWithDetails if with_details else Report, strict=False).decode
    unpack = isal_zlib.decompress
    sessions, failed = found.sessions, found.failed
    seen: set[int] = set()
    errors = duplicates = 0
    for data in texts(task):
        try:
            report = decode(unpack(data, wbits=31) if data[:2] == b"\x1f\x8b" else data)
        except (DecodeError, UnicodeDecodeError, EOFError, isal_zlib.error):
            errors += 1
            continue
        identity = hash(report)
        if identity in seen:
            duplicates += 1
            continue
        seen.add(identity)
        if with_details:
            for entry in report.policies:
                policy = entry.policy
                for detail in entry.details:
                    failed[policy.policy_domain, policy.policy_type, detail.result_type] += (
                        detail.failed
                    )
        else:
            for entry in report.policies:
                both = sessions[entry.policy.policy_domain, entry.policy.policy_type]
                both[0] += entry.summary.successful
                both[1] += entry.summary.failed
    found.counts.update(reports=len(seen), duplicates=duplicates, errors=errors)
    return found


gc.freeze()
run(work)
