# SPDX-License-Identifier: MIT
"""The generated archives hold what their truth says: read back by a plain, slow reader of its own.

It uses the standard library alone, so that generator, truth and mxseal are held against a fourth.
"""

from __future__ import annotations

import email
import gzip
import io
import json
import mailbox
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import archives
from archive_truth import load

FORMS = [*archives.FORMS, "mixed"]


class Plain:
    """Reads an archive in the plainest way and adds up what is in it."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.total: Counter[str] = Counter()
        self.sessions: Counter[tuple[str | None, str, str]] = Counter()
        self.failed: Counter[str] = Counter()

    def file(self, path: Path) -> None:
        data = path.read_bytes()
        if data.startswith(b"From "):
            with closing(mailbox.mbox(path, create=False)) as box:
                for message in box:
                    self.mail(bytes(message).replace(b"\n>From ", b"\nFrom "))
        else:
            self.data(data)

    def data(self, data: bytes) -> None:
        if data.startswith(b"\x1f\x8b"):
            try:
                return self.data(gzip.decompress(data))
            except (EOFError, gzip.BadGzipFile, zlib.error):
                return self.error()
        if data.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return self.all(archive.read(name) for name in archive.namelist())
        if data[257:262] == b"ustar":
            with tarfile.open(fileobj=io.BytesIO(data)) as tar:
                return self.all(reader.read() for reader in map(tar.extractfile, tar) if reader)
        if data.startswith((b"Return-Path:", b"Date:")):
            return self.mail(data)
        if data == b"" or data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
            return self.json(data.removeprefix(b"\xef\xbb\xbf"))
        self.total["not_reports"] += 1
        return None

    def all(self, some: Iterator[bytes]) -> None:
        for data in some:
            self.data(data)

    def mail(self, data: bytes) -> None:
        parts = [p for p in email.message_from_bytes(data).walk() if p.get_filename()]
        if not parts:
            self.total["not_reports"] += 1
        for part in parts:
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            self.data(payload)

    def json(self, data: bytes) -> None:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            lines = data.splitlines()
            return self.all(iter(lines)) if len(lines) > 1 else self.error()
        decoder, at, found = json.JSONDecoder(), 0, 0
        while True:
            at += len(text[at:]) - len(text[at:].lstrip())
            if at == len(text):
                break
            found += 1
            try:
                report, at = decoder.raw_decode(text, at)
                self.report(report)
            except (ValueError, KeyError):
                self.error()
                line = text.find("\n", at)
                at = len(text) if line < 0 else line
        if not found:
            self.error()
        return None

    def error(self) -> None:
        self.total["errors"] += 1

    def report(self, report: dict[str, Any]) -> None:
        start = report["date-range"]["start-datetime"]
        assert start[4] == "-"
        counted = [
            (entry, policy.get("policy-domain"), policy["policy-type"], entry["summary"])
            for entry in report["policies"]
            for policy in [entry["policy"]]
        ]
        if any(summary.get("total-failure-session-count", 0) == -1 for *_, summary in counted):
            raise ValueError
        identity = json.dumps(report, sort_keys=True)
        if identity in self.seen:
            self.total["duplicates"] += 1
            return
        self.seen.add(identity)
        self.total["reports"] += 1
        for entry, domain, policy_type, summary in counted:
            self.total["policies"] += 1
            for name in ("total-successful-session-count", "total-failure-session-count"):
                self.sessions[domain, policy_type, name.replace("-", "_")] += int(
                    summary.get(name, 0)
                )
            for detail in entry.get("failure-details", []):
                self.total["details"] += 1
                self.failed[detail["result-type"]] += detail["failed-session-count"]


def read(path: Path) -> Plain:
    plain = Plain()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            plain.file(file)
    return plain


def assert_true(plain: Plain, truth: dict[str, Any]) -> None:
    """The plain reader found what the truth says."""
    names = ("reports", "policies", "details", "duplicates", "not_reports")
    expected = {name: truth[name] for name in names} | {"errors": sum(truth["errors"].values())}
    assert {name: plain.total[name] for name in expected} == expected
    by_type, by_result = (
        next(s["rows"] for s in truth["sums"] if s["by"] == by and s["period"] is None)
        for by in (["policy_domain", "policy_type"], ["result_type"])
    )
    counts = ("total_successful_session_count", "total_failure_session_count")
    assert +plain.sessions == +Counter(
        {(r["policy_domain"], r["policy_type"], name): r[name] for r in by_type for name in counts}
    )
    assert plain.failed == {r["result_type"]: r["failed_session_count"] for r in by_result}


@pytest.mark.parametrize("form", FORMS)
def test_archive_holds_what_its_truth_says(form: str, tmp_path: Path) -> None:
    out = tmp_path / "archive"
    plan = archives.Plan(400, 3, archives.recipients(6), broken=0.03)
    truth = archives.write(out, form, 400, 3, plan=plan)
    assert truth.errors.total() == (0 if form in ("concatenated", "members.gz") else 12)
    assert truth.duplicates == 8
    assert_true(read(out), truth.as_dict())


def test_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        archives.write(tmp_path / name, "mixed", 150, 7).save(tmp_path / f"{name}.json")
    archives.write(tmp_path / "three", "mixed", 150, 8)
    one, two, three = (contents(tmp_path / name) for name in ("one", "two", "three"))
    assert one == two != three
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def test_reports_are_of_the_size_that_real_ones_have(tmp_path: Path) -> None:
    truth = archives.write(tmp_path / "archive", "json.gz", 3000, 1)
    files = [path.stat().st_size for path in (tmp_path / "archive").rglob("*.gz")]
    assert len(files) == 3000
    assert 340 < sum(files) / 3000 < 430
    assert 850 < truth.json_bytes / 3000 < 960
    deviating = sum(truth.warnings.values()) / truth.reports
    assert 0.08 < deviating < 0.14


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_bundled_archive_is_the_one_the_script_writes(tmp_path: Path) -> None:
    out = tmp_path / "archive"
    archives.write_bundled(out)
    assert contents(out) == contents(archives.BUNDLED)
    truth = archives.truth_path(archives.BUNDLED)
    assert load(archives.truth_path(out)) == load(truth)
    assert_true(read(archives.BUNDLED), load(truth))
    assert sum(map(len, contents(out).values())) < 60_000
