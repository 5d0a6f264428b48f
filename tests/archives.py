#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Seeded archives of TLS reports that look like real ones, each with its truth.

    python tests/archives.py OUT --form eml --reports 20000 --seed 1

writes the archive OUT (a folder or a file, as the form has it) and OUT.truth.json beside it. The
same arguments give the same bytes. `python tests/archives.py --bundled` writes tests/data/archive
anew.

Two rules bind this file:
- `items` decides what lies in the archive and tells the truth about it; the forms only wrap.
- A form never drops an item and never makes one.
"""

from __future__ import annotations

import argparse
import gzip
import shutil
import struct
import sys
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from random import Random
from typing import Literal

from archive_mails import attachment_name, mail, mboxed, no_reports, zip_of, zipped_mail
from archive_reports import (
    DAY,
    JSON_FLAWS,
    REPORTERS,
    Occasion,
    Recipient,
    Report,
    deviate,
    large,
    lumen,
)
from archive_truth import BENCH_GROUPINGS, GROUPINGS, Grouping, Truth

GZIP_FLAWS = ("gzip-truncated", "gzip-corrupt")
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Plan:
    """What an archive is to hold; `reports` counts all items, also duplicates and broken ones."""

    reports: int
    seed: int
    recipients: Sequence[Recipient]
    first_day: date = date(2022, 7, 1)
    days: int = 1096
    duplicates: float = 0.02
    deviating: float = 0.025  # besides what is the habit of a reporter: about 10 % in all
    failing: float = 0.19
    broken: float = 0.001
    growth: float = (
        1.0  # reports up to a day go with its number to this power: above 1, more in the end
    )
    outbreak: tuple[str, date] | None = (
        None  # domain, since when the certificate of its mx2 is expired
    )
    details: int = 0  # above 0: reports with that many failure details (outages)


@dataclass(slots=True)
class Item:
    """One report as it lies in the archive."""

    number: int
    report: Report
    text: bytes
    flaw: str | None = None
    duplicate: bool = False

    def name(self) -> str:
        """File name without extensions, its own for each item."""
        return attachment_name(self.report, self.number)

    def packed(self) -> bytes:
        """The JSON as a gzip file, damaged where that is the item's flaw."""
        data = gzipped(self.text, self.name() if self.number % 4 == 0 else None)
        if self.flaw == "gzip-truncated":
            return data[: len(data) * 3 // 5]
        if self.flaw == "gzip-corrupt":
            return data[:-8] + bytes(byte ^ 0x55 for byte in data[-8:-4]) + data[-4:]
        return data

    def mail(self, packed: bool = True) -> bytes:
        """The item as a mail by RFC 8460 5.3; packed in any case where its flaw shows only so."""
        rng = Random(self.number)
        packed = packed or self.flaw in (*GZIP_FLAWS, "mail-truncated")
        made = mail(self.report, self.text, rng, packed=self.packed() if packed else None)
        if self.flaw == "mail-truncated":
            return truncated(made)
        return made

    def line(self) -> bytes:
        """The JSON on one line."""
        return self.text.replace(b"\r", b"").rstrip(b"\n").replace(b"\n", b" ")


def truncated(message: bytes) -> bytes:
    """The mail without its end, cut inside a group of base64 (RFC 2045 6.8).

    Cut between two groups nothing tells that the mail is not whole, and it is the gzip file that
    ends too early.
    """
    made = message[: len(message) - 250]
    start = max(made.rfind(b"\n\n"), made.rfind(b"\r\n\r\n"))
    while len(b"".join(made[start:].split())) % 4 == 0:
        made = made[:-1]
    return made


def gzipped(data: bytes, name: str | None = None) -> bytes:
    """A gzip file without a time in it, with or without the original file's name (RFC 1952)."""
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = deflate.compress(data) + deflate.flush()
    head = b"\x1f\x8b\x08" + (b"\x08" if name else b"\0") + b"\0\0\0\0\0\x03"
    if name:
        head += name.encode() + b".json\0"
    return head + body + struct.pack("<II", zlib.crc32(data), len(data))


def _positions(rng: Random, count: int, share: float, avoid: frozenset[int]) -> frozenset[int]:
    free = [n for n in range(1, count) if n not in avoid] if avoid else range(1, count)
    wanted = max(1, round(count * share)) if share and count > 1 else 0
    return frozenset(rng.sample(free, min(wanted, len(free))))


@dataclass(slots=True)
class _Calendar:
    """Gives each reporter another recipient each time, so that no day repeats without need."""

    plan: Plan
    rng: Random
    day: int = -1
    asked: Counter[str] = field(default_factory=Counter)
    ids: set[tuple[str, str]] = field(default_factory=set)

    def report(self, number: int) -> tuple[Report, bool]:
        """The next report, and whether another of that day has its organization and id."""
        plan, rng = self.plan, self.rng
        day = int(plan.days * (number / plan.reports) ** (1 / plan.growth))
        if day != self.day:
            self.day = day
            self.asked.clear()
            self.ids.clear()
        (reporter,) = rng.choices([r for r, _ in REPORTERS], [weight for _, weight in REPORTERS])
        turn = self.asked[reporter.__name__]
        if reporter is lumen and turn and rng.random() < 0.006:
            turn -= 1  # a second file of that day and domain, under the same id
        else:
            self.asked[reporter.__name__] += 1
        recipient = plan.recipients[(day * 7 + turn) % len(plan.recipients)]
        since = datetime.combine(plan.first_day, time(), UTC)
        seconds = int(since.timestamp()) + day * DAY
        occasion = Occasion(
            recipient,
            seconds,
            failing=rng.random() < plan.failing,
            outbreak=plan.outbreak is not None
            and plan.outbreak[0] == recipient.domain
            and plan.outbreak[1] <= datetime.fromtimestamp(seconds, UTC).date(),
            early=number < plan.reports * 0.08,
        )
        report = large(rng, occasion, plan.details) if plan.details else reporter(rng, occasion)
        identity = (report.style.organization_name, report.report_id)
        again = identity in self.ids
        if again:
            # Other content for certain: a count that nothing else reaches.
            summary = report.body["policies"][0]["summary"]
            report.policies[0].successful = 1_000_000 + number
            summary["total-successful-session-count"] = report.policies[0].successful
        self.ids.add(identity)
        return report, again


def items(plan: Plan, truth: Truth, flaws: Sequence[str]) -> Iterator[Item]:
    """The archive's items in the order of their days; `truth` is complete when all were taken.

    `flaws` are the codes of what may be broken: JSON_FLAWS are made here, others by the form.
    """
    rng = Random(plan.seed)
    calendar = _Calendar(plan, rng)
    broken = _positions(rng, plan.reports, plan.broken if flaws else 0, frozenset())
    again = _positions(rng, plan.reports, plan.duplicates, broken)
    recent: list[Report] = []
    spoilt = 0
    for number in range(plan.reports):
        if number in again and recent:
            report = rng.choice(recent)
            text = report.text_again(rng) if rng.random() < 0.5 else report.text()
            truth.duplicates += 1
            item = Item(number, report, text, duplicate=True)
        else:
            report, repeated = calendar.report(number)
            if number in broken:
                flaw = flaws[spoilt % len(flaws)]
                spoilt += 1
                text = report.spoil(flaw) if flaw in JSON_FLAWS else report.text()
                if flaw == "file-empty":
                    text = b""
                truth.errors[flaw] += 1
                item = Item(number, report, text, flaw)
            else:
                if rng.random() < plan.deviating:
                    deviate(report, rng)
                truth.add(report)
                truth.same_id_other_content += repeated
                item = Item(number, report, report.text())
                if len(recent) < 300:
                    recent.append(report)
                else:
                    recent[rng.randrange(300)] = report
        truth.json_bytes += len(item.text)
        yield item


# ------------------------------------------------------------------------------------------- forms


def _day_folder(out: Path, item: Item, made: set[Path]) -> Path:
    day = datetime.fromtimestamp(item.report.start, UTC)
    folder = out / f"{day:%Y}" / f"{day:%m}"
    if folder not in made:
        folder.mkdir(parents=True, exist_ok=True)
        made.add(folder)
    return folder


def write_json_gz(out: Path, some: Iterable[Item]) -> None:
    """One `.json.gz` a report, in folders of years and months."""
    made: set[Path] = set()
    for item in some:
        (_day_folder(out, item, made) / f"{item.name()}.json.gz").write_bytes(item.packed())


def write_json(out: Path, some: Iterable[Item]) -> None:
    """One `.json` a report, in folders of years and months."""
    made: set[Path] = set()
    for item in some:
        (_day_folder(out, item, made) / f"{item.name()}.json").write_bytes(item.text)


def write_bom(out: Path, some: Iterable[Item]) -> None:
    """As `.json`, each with a byte order mark."""
    out.mkdir(parents=True, exist_ok=True)
    for item in some:
        (out / f"{item.name()}.json").write_bytes(b"\xef\xbb\xbf" + item.text)


def write_eml(out: Path, some: Iterable[Item]) -> None:
    """One `.eml` a report, a folder a month."""
    made: set[Path] = set()
    for item in some:
        folder = _day_folder(out, item, made)
        (folder / f"{item.number:07d}.eml").write_bytes(item.mail(item.number % 10 != 0))


def write_maildir(out: Path, some: Iterable[Item]) -> None:
    """A Maildir, the older half of it read."""
    for name in ("cur", "new", "tmp"):
        (out / name).mkdir(parents=True, exist_ok=True)
    for item in some:
        base = f"{item.report.end + 7200}.M{item.number}P71.mail.example.com"
        path = out / "new" / base if item.number % 2 else out / "cur" / f"{base}:2,S"
        path.write_bytes(item.mail().replace(b"\r\n", b"\n"))


def write_mbox(out: Path, some: Iterable[Item]) -> None:
    """One mbox (RFC 4155; quoted as mboxrd)."""
    with out.open("wb") as mbox:
        for item in some:
            mbox.write(mboxed(item.mail(item.number % 10 != 0), item.report.end + 7200))


def _member(item: Item) -> tuple[str, bytes]:
    """Name and content in a container: seven of ten are `.json.gz`, the others `.json`."""
    if item.number % 10 < 7 or item.flaw in GZIP_FLAWS:
        return f"reports/{item.name()}.json.gz", item.packed()
    return f"reports/{item.name()}.json", item.text


def write_zip(out: Path, some: Iterable[Item]) -> None:
    """One zip file of `.json.gz` and `.json` members."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for item in some:
            name, data = _member(item)
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), data, 8)


def _tar_member(name: str, data: bytes, mtime: int, layout: Literal[0, 2]) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.mtime = len(data), mtime
    return member.tobuf(layout) + data + bytes(-len(data) % 512)


# tarfile.USTAR_FORMAT and PAX_FORMAT, as the types of TarInfo.tobuf want them said.
_USTAR: Literal[0] = 0
_PAX: Literal[2] = 2


def write_tar(out: Path, some: Iterable[Item]) -> None:
    """One tar file of `.json` members."""
    with out.open("wb") as file:
        for item in some:
            name = f"reports/{item.number:08d}.json"
            file.write(_tar_member(name, item.text, item.report.end, _USTAR))
        file.write(bytes(1024))


def write_tar_gz(out: Path, some: Iterable[Item]) -> None:
    """One tar.gz of `.json.gz` and `.json` members; long names make pax headers, as tar does."""
    with out.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
        for item in some:
            packed.write(_tar_member(*_member(item), item.report.end, _PAX))
        packed.write(bytes(1024))


def _lines(some: Iterable[Item]) -> Iterator[bytes]:
    for item in some:
        yield item.line() + b"\n"


def write_ndjson(out: Path, some: Iterable[Item]) -> None:
    """One report a line."""
    with out.open("wb") as file:
        file.writelines(_lines(some))


def write_ndjson_gz(out: Path, some: Iterable[Item]) -> None:
    """One report a line, gzip around the whole."""
    with out.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        for line in _lines(some):
            packed.write(line)


def write_concatenated(out: Path, some: Iterable[Item]) -> None:
    """JSON texts one behind the other, laid out over several lines or not."""
    with out.open("wb") as file:
        for item in some:
            file.write(item.text + (b"" if item.number % 2 else b"\n\n"))


def write_members_gz(out: Path, some: Iterable[Item]) -> None:
    """`cat *.json.gz > all.json.gz`: one gzip member a report (RFC 1952 2.2)."""
    with out.open("wb") as file:
        for item in some:
            file.write(gzipped(item.text + b"\n"))


def write_mails_in_zip(out: Path, some: Iterable[Item]) -> None:
    """A zip file of mails."""
    members = [(f"mails/{item.number:07d}.eml", item.mail()) for item in some]
    out.write_bytes(zip_of(members))


def write_zip_in_mails(out: Path, some: Iterable[Item]) -> None:
    """Mails with a zip file attached."""
    out.mkdir(parents=True, exist_ok=True)
    for item in some:
        made = zipped_mail(item.report, item.text, Random(item.number))
        (out / f"{item.number:07d}.eml").write_bytes(made)


def write_nameless(out: Path, some: Iterable[Item]) -> None:
    """Files whose names say nothing or say it wrong: only the content tells what they are."""
    out.mkdir(parents=True, exist_ok=True)
    for item in some:
        names = (
            f"{item.number}",
            f"{item.number}.txt",
            f"{item.number}.json",
            f"{item.number}.zip",
        )
        path = out / names[item.number % len(names)]
        path.write_bytes(item.text if item.number % 2 else item.packed())


@dataclass(frozen=True, slots=True)
class Form:
    """How an archive lies on disk, and what may be broken in it."""

    write: Callable[[Path, Iterable[Item]], None]
    flaws: tuple[str, ...]
    name: str  # its place in a mixture
    share: float  # its share of a mixture


FORMS: dict[str, Form] = {
    "json.gz": Form(write_json_gz, (*JSON_FLAWS, *GZIP_FLAWS), "folders", 0.22),
    "json": Form(write_json, (*JSON_FLAWS, "file-empty"), "plain", 0.06),
    "bom": Form(write_bom, JSON_FLAWS, "saved-on-windows", 0.02),
    "eml": Form(write_eml, (*JSON_FLAWS, "gzip-truncated", "mail-truncated"), "mails", 0.10),
    "maildir": Form(write_maildir, (*JSON_FLAWS, "gzip-truncated"), "Maildir", 0.06),
    "mbox": Form(write_mbox, (*JSON_FLAWS, "gzip-truncated"), "tls-reports.mbox", 0.09),
    "zip": Form(write_zip, (*JSON_FLAWS, *GZIP_FLAWS), "from-a-colleague.zip", 0.08),
    "tar": Form(write_tar, JSON_FLAWS, "old.tar", 0.07),
    "tar.gz": Form(write_tar_gz, (*JSON_FLAWS, *GZIP_FLAWS), "older.tar.gz", 0.09),
    "ndjson": Form(write_ndjson, JSON_FLAWS, "export.ndjson", 0.06),
    "ndjson.gz": Form(write_ndjson_gz, JSON_FLAWS, "export.ndjson.gz", 0.06),
    "concatenated": Form(write_concatenated, (), "all.json", 0.02),
    "members.gz": Form(write_members_gz, (), "all.json.gz", 0.02),
    "mails-in-zip": Form(write_mails_in_zip, (*JSON_FLAWS, "gzip-truncated"), "mails.zip", 0.02),
    "zip-in-mails": Form(write_zip_in_mails, JSON_FLAWS, "forwarded", 0.01),
    "nameless": Form(write_nameless, JSON_FLAWS, "misc", 0.02),
}


def write_mixture(out: Path, some: Iterable[Item], quotas: dict[str, float], rng: Random) -> None:
    """Forms side by side in one folder, in these proportions; an item goes where its flaw can show.

    Each item of a form takes 1 from its quota, so that whole numbers are met as far as flaws allow.
    """
    out.mkdir(parents=True, exist_ok=True)
    parts: dict[str, list[Item]] = {name: [] for name in quotas}
    for item in some:
        fit = [n for n in quotas if item.flaw is None or item.flaw in FORMS[n].flaws]
        left = [max(quotas[n] - len(parts[n]), 1e-6) for n in fit]
        parts[rng.choices(fit, left)[0]].append(item)
    for name, part in parts.items():
        if part:
            FORMS[name].write(out / FORMS[name].name, part)


def _add_no_reports(out: Path, truth: Truth, rng: Random) -> None:
    folder = out / "misc"
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in no_reports(rng):
        (folder / name).write_bytes(data)
        truth.not_reports += 1


_WORDS = (
    *(
        "shop",
        "news",
        "club",
        "school",
        "clinic",
        "studio",
        "garden",
        "museum",
        "bakery",
        "library",
    ),
    *("theatre", "harbour", "market", "forum", "mail", "office", "lab", "press", "radio", "choir"),
)


def recipients(count: int) -> list[Recipient]:
    """`count` domains below example.com, .org and .net: every eighth has DANE, most MTA-STS."""
    made = []
    for n in range(count):
        word = _WORDS[n % len(_WORDS)] + (str(n // len(_WORDS)) if n >= len(_WORDS) else "")
        domain = f"{word}.example.{('com', 'org', 'net')[n % 3]}"
        made.append(Recipient(domain, dane=n % 8 == 2, sts=n % 7 != 6, hosts=2 + (n % 3 == 1)))
    return made


def write(
    out: Path,
    form: str,
    reports: int,
    seed: int,
    *,
    plan: Plan | None = None,
    groupings: Iterable[Grouping] = GROUPINGS,
) -> Truth:
    """Writes the archive `out` and tells the truth about it. `form`: one of FORMS, or "mixed"."""
    if plan is None:
        plan = Plan(reports, seed, recipients(max(6, reports // 1000)))
    truth = Truth.empty(form, seed, groupings)
    rng = Random(~seed)
    out.parent.mkdir(parents=True, exist_ok=True)
    if form == "mixed":
        flaws = tuple(dict.fromkeys(flaw for f in FORMS.values() for flaw in f.flaws))
        quotas = {name: f.share * reports for name, f in FORMS.items()}
        write_mixture(out, items(plan, truth, flaws), quotas, rng)
        _add_no_reports(out, truth, rng)
    else:
        FORMS[form].write(out, items(plan, truth, FORMS[form].flaws))
    return truth


def truth_path(out: Path) -> Path:
    """Where the truth about the archive `out` is kept: beside it, never inside."""
    return out.with_name(out.name + ".truth.json")


# ------------------------------------------------------------------------------ the bundled archive

BUNDLED = HERE / "data" / "archive"

# How many items lie in each form; what packs best holds the most.
_BUNDLED_QUOTAS: dict[str, float] = {
    "json.gz": 14,
    "json": 4,
    "bom": 1,
    "eml": 2,
    "maildir": 2,
    "mbox": 2,
    "zip": 5,
    "tar": 3,
    "tar.gz": 10,
    "ndjson": 3,
    "ndjson.gz": 250,
    "concatenated": 3,
    "members.gz": 3,
    "mails-in-zip": 1,
    "zip-in-mails": 1,
    "nameless": 2,
}


def write_bundled(out: Path = BUNDLED) -> Truth:
    """The archive that lies in the repository: two years, three domains, an outbreak at the end."""
    shutil.rmtree(out, ignore_errors=True)
    first, last = date(2024, 10, 1), date(2026, 9, 30)
    plan = Plan(
        reports=int(sum(_BUNDLED_QUOTAS.values())),
        seed=8460,
        recipients=[
            Recipient("example.com", dane=False),
            Recipient("example.org", dane=True),
            Recipient("example.net", dane=False, max_age=86400),
        ],
        first_day=first,
        days=(last - first).days + 1,
        failing=0.04,
        broken=0.03,
        growth=2.5,
        outbreak=("example.net", date(2026, 9, 20)),
    )
    groupings = [(by, period) for by, period in GROUPINGS if period not in ("day", "week")]
    truth = Truth.empty("bundled", plan.seed, groupings)
    rng = Random(plan.seed)
    flaws = tuple(dict.fromkeys(flaw for f in FORMS.values() for flaw in f.flaws))
    write_mixture(out, items(plan, truth, flaws), _BUNDLED_QUOTAS, rng)
    _add_no_reports(out, truth, rng)
    truth.save(truth_path(out))
    return truth


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write an archive of TLS reports and its truth.")
    parser.add_argument("out", nargs="?", type=Path, help="folder or file to write")
    parser.add_argument("--form", choices=(*FORMS, "mixed"), default="mixed")
    parser.add_argument("--reports", type=int, default=1000, help="items, duplicates included")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--domains", type=int, default=0, help="one in 1,000 reports unless told")
    parser.add_argument("--details", type=int, default=0, help="failure details of each report")
    parser.add_argument("--bench", action="store_true", help="only the sums of the benchmark")
    parser.add_argument("--bundled", action="store_true", help="write tests/data/archive anew")
    given = parser.parse_args(arguments)
    if given.bundled:
        out, truth = BUNDLED, write_bundled()
    elif given.out is None:
        parser.error("say where to write: OUT")
    else:
        out = given.out
        if out.exists():
            parser.error(f"{out} is there already")
        plan = None
        if given.details:
            plan = Plan(
                given.reports,
                given.seed,
                recipients(6),
                days=given.reports,
                duplicates=0,
                deviating=0,
                broken=0,
                details=given.details,
            )
        elif given.domains:
            plan = Plan(given.reports, given.seed, recipients(given.domains))
        groupings = BENCH_GROUPINGS if given.bench else GROUPINGS
        truth = write(out, given.form, given.reports, given.seed, plan=plan, groupings=groupings)
        truth.save(truth_path(out))
    print(
        f"{out}: {truth.reports} reports, {truth.policies} policies, "
        f"{truth.details} failure details, {truth.duplicates} duplicates, "
        f"{truth.errors.total()} broken"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
