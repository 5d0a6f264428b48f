#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The benchmark: mxseal and its peers over the same archives, in pairs, with the right sums only.

    python tests/bench/run.py              every row
    python tests/bench/run.py eml zip      these rows
    python tests/bench/run.py --list       the rows there are

Figures are user + system CPU of the work alone: each contestant runs in a process of its own and
takes the time after its imports (measured.py); files are in the page cache. Contestants take turns,
and a ratio is the median of the ratios of the rounds, so that a busy machine disturbs both alike.
Peers and archives live in build/bench, which the first run fills (3 GB for all rows).

Two rules bind this file:
- A sum that differs from the archive's truth ends in failure, whatever its speed. Some peers are
  let off, because they refuse reports or count duplicates by design; the table says so.
- Each contestant is asked for the same single sum: sessions by policy_domain and policy_type, or
  failed sessions by policy_domain, policy_type and result_type.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from check_rows import CHECK_ROWS, CHECKERS
from places import BENCH, BUILD, ROOT, VENV_PYTHON, say
from scan_rows import SCAN_ROWS

# Peers that are compiled: folder of the program, what builds it there.
COMPILED = {
    "mail-auth": (
        "mail_auth",
        ("cargo", "build", "--release", "--quiet", "--target-dir", "../cargo"),
    ),
    "mox": ("mox", ("go", "build", "-o", "mox_peer", ".")),
    "mox-check": ("mox_check", ("go", "build", "-o", "mox_check", ".")),
}

PACKAGES = (
    *("parsedmarc==11.1.0", "isal", "msgspec", "orjson", "duckdb", "pandas"),
    *("checkdmarc==6.0.4", "aiodns", "aiohttp"),
)


def venv(script: str) -> Callable[[], list[str]]:
    return lambda: [str(VENV_PYTHON), str(BENCH / script)]


@dataclass(frozen=True)
class Contestant:
    title: str
    command: Callable[[], list[str]]
    exact: bool = True  # whether its sums must be the truth
    slow: bool = False  # runs in the first round only


CONTESTANTS = {
    "mxseal": Contestant("mxseal", lambda: [sys.executable, str(BENCH / "ours.py")]),
    "strong": Contestant("strong Python", venv("strong_python.py")),
    "mail-auth": Contestant(
        "mail-auth 0.7.5", lambda: [str(BUILD / "cargo/release/mail_auth_peer")], exact=False
    ),
    "parsedmarc": Contestant(
        "parsedmarc 11.1.0", venv("parsedmarc_peer.py"), exact=False, slow=True
    ),
    "mox": Contestant("mox 0.0.15", lambda: [str(BUILD / "mox/mox_peer")], exact=False, slow=True),
    "stdlib": Contestant("Python's email", venv("standard_library.py"), slow=True),
    "duckdb": Contestant("DuckDB", venv("duckdb_peer.py")),
    "dicts": Contestant("dicts and pandas", venv("dicts_and_pandas.py")),
}


@dataclass(frozen=True)
class Archive:
    form: str
    reports: int
    arguments: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        return BUILD / "archives" / f"{self.reports}{''.join(self.arguments)}.{self.form}"

    @property
    def truth_path(self) -> Path:
        return self.path.with_name(self.path.name + ".truth.json")

    def make(self) -> None:
        """Writes the archive where it is not there yet (the truth is written last)."""
        if self.truth_path.exists():
            return
        if self.path.is_dir():
            shutil.rmtree(self.path)
        self.path.unlink(missing_ok=True)
        say(f"writing {self.path.relative_to(ROOT)}")
        script = [sys.executable, str(ROOT / "tests" / "archives.py"), str(self.path), "--bench"]
        options = ["--form", self.form, "--reports", str(self.reports), *self.arguments]
        subprocess.run([*script, *options], check=True, stdout=subprocess.DEVNULL)

    def truth(self) -> dict[str, Any]:
        return load_truth(self.truth_path)

    def warm(self) -> int:
        """Reads all of it, so that it lies in the page cache; its size in bytes."""
        size = 0
        for path in self.path.rglob("*") if self.path.is_dir() else [self.path]:
            if path.is_file():
                with path.open("rb", buffering=0) as file:
                    while block := file.read(1 << 20):
                        size += len(block)
        return size


@cache
def load_truth(path: Path) -> dict[str, Any]:
    loaded = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


@dataclass(frozen=True)
class Row:
    """One line of the table: an archive, who reads it, and the bars mxseal is held to."""

    title: str
    archive: Archive
    bar: float  # CPU seconds per 1,000 reports
    ratios: dict[str, float]  # mxseal's CPU divided by the peer's, at most
    others: tuple[str, ...] = ()  # peers without a bar
    works: tuple[str, ...] = ("sessions", "failures")
    memory: int | None = None  # KiB above the imports, at most


MANY = Archive("json.gz", 100_000)
TARS = (
    Archive("tar", 100_000, ("--domains", "400")),
    Archive("tar", 1_000_000, ("--domains", "400")),
)

ROWS = {
    "json.gz": Row(
        "100,000 `.json.gz` in nested folders",
        MANY,
        0.011,
        {"strong": 0.85, "mail-auth": 0.75, "parsedmarc": 0.18},
    ),
    "eml": Row(
        "20,000 `.eml`",
        Archive("eml", 20_000),
        0.013,
        {"strong": 0.46, "parsedmarc": 1 / 110},
        ("mail-auth", "mox", "stdlib"),
    ),
    "mbox": Row(
        "one mbox of 20,000",
        Archive("mbox", 20_000),
        0.0085,
        {"strong": 0.34, "parsedmarc": 1 / 170},
        ("stdlib",),
    ),
    "tar.gz": Row("one `.tar.gz` of 20,000", Archive("tar.gz", 20_000), 0.006, {"strong": 0.19}),
    "zip": Row("one `.zip` of 20,000", Archive("zip", 20_000), 0.0055, {"strong": 0.23}),
    "ndjson": Row(
        "NDJSON, 211 MB",
        Archive("ndjson", 238_000),
        0.0014,
        {"strong": 0.48},
        ("mail-auth", "duckdb"),
    ),
    "large": Row(
        "50 reports of 200 KB, 46,500 failure details",
        Archive("json", 50, ("--details", "930")),
        0.31,
        {"strong": 0.63},
        ("mail-auth", "parsedmarc"),
        works=("failures",),  # of sessions it holds 50: hand-written Python skips all the rest
    ),
    "tables": Row(
        "the 100,000 as both tables",
        MANY,
        0.0125,
        {"dicts": 0.37},
        works=("tables",),
        memory=80 * 1024,
    ),
}


# ------------------------------------------------------------------------------------------ peers


def prepare(names: set[str]) -> set[str]:
    """Installs what the contestants need; those that cannot be had here are said and left out."""
    BUILD.mkdir(parents=True, exist_ok=True)
    have = {"mxseal"} & names
    in_python = names - {"mxseal", *COMPILED}
    if in_python:
        installed = BUILD / "venv" / "installed"
        if not installed.exists() or installed.read_text() != " ".join(PACKAGES):
            say("installing the Python peers")
            subprocess.run([sys.executable, "-m", "venv", str(BUILD / "venv")], check=True)
            pip = [str(VENV_PYTHON), "-m", "pip", "install", "--quiet", *PACKAGES]
            subprocess.run(pip, check=True)
            installed.write_text(" ".join(PACKAGES))
        have |= in_python
    return have | {name for name in COMPILED if name in names and compiled(name)}


def compiled(name: str) -> bool:
    """Builds a peer from its small program beside this file; whether that was possible."""
    folder, command = COMPILED[name]
    tool = shutil.which(command[0])
    if tool is None:
        say(f"{name} is left out: there is no {command[0]}")
        return False
    source = BUILD / folder
    shutil.copytree(BENCH / folder, source, dirs_exist_ok=True)
    if subprocess.run([tool, *command[1:]], cwd=source, check=False).returncode:
        say(f"{name} is left out: {command[0]} could not build it")
        return False
    return True


# --------------------------------------------------------------------------------------- measuring


@dataclass
class Measured:
    """All rounds of one contestant in one row."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    differs: str | None = None


def differences(answer: dict[str, Any], truth: dict[str, Any], work: str) -> str | None:
    """What a contestant found otherwise than the truth has it; None where nothing."""
    if work == "tables":
        told = {name: truth[name] for name in ("policies", "details", "duplicates")}
        told["errors"] = sum(truth["errors"].values())
        found = {name: answer["counts"].get(name) for name in told}
        return None if found == told else f"found {found}, truth {told}"
    keys = ["policy_domain", "policy_type"]
    if work == "sessions":
        counts, members = ["total_successful_session_count", "total_failure_session_count"], 2
        got = {tuple(row[:2]): tuple(row[2:]) for row in answer["sessions"]}
    else:
        keys, counts, members = [*keys, "result_type"], ["failed_session_count"], 3
        got = {tuple(row[:3]): tuple(row[3:]) for row in answer["failed"]}
    (rows,) = (sums["rows"] for sums in truth["sums"] if sums["by"] == keys)
    want = {tuple(row[k] for k in keys): tuple(row[c] for c in counts) for row in rows}
    assert all(len(key) == members for key in want)
    for key in sorted(got.keys() | want.keys(), key=str):
        if got.get(key) != want.get(key):
            return f"{key}: found {got.get(key)}, truth {want.get(key)}"
    return None


def measure(name: str, work: str, archive: Archive, into: Measured, threads: int = 1) -> None:
    """One round of one contestant."""
    command = [*CONTESTANTS[name].command(), work, archive.form, str(archive.path), str(threads)]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=quiet_environment())
    answer = json.loads(ran.stdout)
    into.cpu.append(answer["cpu"])
    into.wall.append(answer["wall"])
    into.memory.append(answer["memory"])
    into.differs = differences(answer, archive.truth(), work)


def quiet_environment() -> dict[str, str]:
    """The environment of contestants: the same hashes each time, so that only noise differs."""
    return os.environ | {"PYTHONHASHSEED": "0"}


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the rounds' ratios."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=False))


# --------------------------------------------------------------------------------------- the table


@dataclass
class Report:
    """Lines of the Markdown table, and what went wrong."""

    failures: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def fail(self, text: str) -> None:
        """Something is wrong that no speed makes good."""
        say(f"WRONG: {text}")
        self.failures.append(text)

    def head(self) -> None:
        print("| work | sum | contestant | measured | mxseal : it | bar | |")
        print("|---|---|---|---|---|---|---|", flush=True)

    def line(
        self,
        title: str,
        work: str,
        who: str,
        figure: str,
        relation: str,
        bar: str,
        met: bool | None,
    ) -> None:
        verdict = "" if met is None else "met" if met else "MISSED"
        if met is False:
            self.missed.append(f"{title}, {work}, {who}: {figure} {relation}, bar {bar}")
        print(
            f"| {title} | {work} | {who} | {figure} | {relation} | {bar} | {verdict} |", flush=True
        )


def run_row(row: Row, names: set[str], pairs: int, report: Report) -> None:
    row.archive.make()
    size = row.archive.warm()
    who = [n for n in ("mxseal", *row.ratios, *row.others) if n in names]
    for work in row.works:
        results = {name: Measured() for name in who}
        for turn in range(pairs):
            for name in who:
                if turn == 0 or not CONTESTANTS[name].slow:
                    say(f"{row.title}, {work}, round {turn + 1}: {name}")
                    measure(name, work, row.archive, results[name])
        for name in who:
            show(row, work, name, results, size, report)


def show(
    row: Row, work: str, name: str, results: dict[str, Measured], size: int, report: Report
) -> None:
    """The table's line of one contestant."""
    contestant, result = CONTESTANTS[name], results[name]
    if result.differs is not None and contestant.exact:
        report.fail(f"{row.title}, {work}, {contestant.title}: {result.differs}")
    title = contestant.title + (" (other sums)" if result.differs is not None else "")
    cpu = statistics.median(result.cpu)
    per_thousand = cpu / row.archive.reports * 1000
    figure = f"{per_thousand:.3g} s per 1,000"
    if row.archive.form in ("ndjson", "json"):
        figure += f", {size / cpu / 1e6:.0f} MB/s"
    if name == "mxseal":
        report.line(row.title, work, title, figure, "", f"≤ {row.bar}", per_thousand <= row.bar)
        if row.memory is not None:
            memory = statistics.median(result.memory)
            figure, bar = f"{memory / 1024:.1f} MiB", f"≤ {row.memory / 1024:.0f} MiB"
            report.line(row.title, work, "its memory", figure, "", bar, memory <= row.memory)
        return
    if row.memory is not None:
        figure += f", {statistics.median(result.memory) / 1024:.0f} MiB"
    if "mxseal" not in results:
        report.line(row.title, work, title, figure, "", "", None)
        return
    relation = ratio(results["mxseal"].cpu, result.cpu)
    if name in row.ratios:
        bar, met = f"≤ {row.ratios[name]:.3g}", relation <= row.ratios[name]
        report.line(row.title, work, title, figure, f"{relation:.3g}", bar, met)
    else:
        report.line(row.title, work, title, figure, f"{relation:.3g}", "", None)


# ------------------------------------------------------------------------- rows of mxseal by itself


def run_memory(names: set[str], pairs: int, report: Report) -> None:
    """Memory and CPU of summarize_reports over one tar of 10^5 and one of 10^6 reports."""
    if "mxseal" not in names:
        return
    small, big = Measured(), Measured()
    for archive in TARS:
        archive.make()
        archive.warm()
    for turn in range(pairs):
        for archive, result in zip(TARS, (small, big), strict=True):
            say(f"tar of {archive.reports:,}, round {turn + 1}")
            measure("mxseal", "sessions", archive, result)
            if result.differs is not None:
                report.fail(f"tar of {archive.reports:,}: {result.differs}")
    at_first, at_last = (statistics.median(r.memory) for r in (small, big))
    title = "memory of `summarize_reports`, one tar"
    report.line(
        title, "10⁵", "mxseal", f"{at_first / 1024:.1f} MiB", "", "≤ 24 MiB", at_first <= 24 * 1024
    )
    distinct = TARS[1].truth()["reports"] - TARS[0].truth()["reports"]
    bytes_each = (at_last - at_first) * 1024 / distinct
    figure = f"{at_last / 1024:.1f} MiB, {bytes_each:.1f} bytes a further report"
    report.line(title, "10⁶", "mxseal", figure, "", "≤ 48 bytes", bytes_each <= 48)
    each = [statistics.median(r.cpu) / a.reports for r, a in zip((small, big), TARS, strict=True)]
    grows = ratio(big.cpu, small.cpu) * TARS[0].reports / TARS[1].reports
    figure = f"{each[0] * 1e6:.2f} and {each[1] * 1e6:.2f} µs a report"
    report.line(
        "CPU per report from 10⁵ to 10⁶",
        "",
        "mxseal",
        figure,
        f"× {grows:.2f}",
        "≤ 1.15",
        grows <= 1.15,
    )


def run_threads(names: set[str], pairs: int, report: Report) -> None:
    """Two threads over the 100,000 files, against one."""
    if "mxseal" not in names:
        return
    MANY.make()
    MANY.warm()
    one, two = Measured(), Measured()
    for turn in range(pairs):
        for threads, result in ((1, one), (2, two)):
            say(f"{threads} thread(s), round {turn + 1}")
            measure("mxseal", "sessions", MANY, result, threads)
            if result.differs is not None:
                report.fail(f"{threads} thread(s): {result.differs}")
    wall, cpu = ratio(two.wall, one.wall), ratio(two.cpu, one.cpu)
    title = "two threads, the 100,000 files"
    figure = f"{statistics.median(two.wall):.2f} s against {statistics.median(one.wall):.2f}"
    report.line(title, "wall", "mxseal", figure, f"× {wall:.2f}", "≤ 0.7", wall <= 0.7)
    figure = f"{statistics.median(two.cpu):.2f} s against {statistics.median(one.cpu):.2f}"
    report.line(title, "CPU", "mxseal", figure, f"× {cpu:.2f}", "≤ 1.15", cpu <= 1.15)


def process_cpu(command: list[str]) -> float:
    """User + system CPU of a whole process, start-up included."""

    def so_far() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before = so_far()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return so_far() - before


def run_command(names: set[str], pairs: int, report: Report) -> None:
    """`mxseal reports` of one file, the whole process; against parsedmarc's import."""
    MANY.make()
    file = next(first_file(MANY.path))
    commands = {
        "mxseal": [sys.executable, "-m", "mxseal", "reports", str(file)],
        "parsedmarc": [str(VENV_PYTHON), "-c", "import parsedmarc"],
    }
    rounds: dict[str, list[float]] = {name: [] for name in commands if name in names}
    for _ in range(pairs + 1):
        for name in rounds:
            rounds[name].append(process_cpu(commands[name]))
    title = "`mxseal reports` of one file, whole process"
    for name, cpu in rounds.items():
        figure = f"{statistics.median(cpu[1:]):.3f} s"  # the first fills the caches
        if name == "mxseal":
            met = statistics.median(cpu[1:]) <= 0.15
            report.line(title, "", "mxseal", figure, "", "≤ 0.15", met)
        else:
            report.line(title, "", "parsedmarc's import alone", figure, "", "", None)


def first_file(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*.json.gz")) if path.is_file())


SPECIAL = {
    "memory": run_memory,
    "threads": run_threads,
    "command": run_command,
    **CHECK_ROWS,
    **SCAN_ROWS,
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Benchmark mxseal and its peers.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help="all unless told")
    parser.add_argument("--pairs", type=int, default=5, help="rounds in which all take turns")
    contestants = [*CONTESTANTS, *(each for each in CHECKERS if each not in CONTESTANTS)]
    parser.add_argument("--only", default=",".join(contestants), help="contestants, with commas")
    parser.add_argument("--list", action="store_true", help="names of rows and contestants")
    given = parser.parse_args()
    if given.list:
        print("rows:", *ROWS, *SPECIAL)
        print("contestants:", *contestants)
        return 0
    rows = given.rows or [*ROWS, *SPECIAL]
    asked = set(given.only.split(","))
    unknown = (set(rows) - {*ROWS, *SPECIAL}) | (asked - set(contestants))
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; see --list")
    wanted = {n for r in rows if r in ROWS for n in (*ROWS[r].ratios, *ROWS[r].others)}
    wanted |= {"mxseal"} | ({"parsedmarc"} if "command" in rows else set())
    wanted |= set(CHECKERS) if "checks" in rows else set()
    wanted |= {"checkdmarc", "asyncio"} if "scans" in rows else set()
    wanted |= {"checkdmarc"} if "check-start" in rows else set()
    names = prepare(wanted & asked)
    report = Report()
    report.head()
    for name in rows:
        try:
            if name in ROWS:
                run_row(ROWS[name], names, given.pairs, report)
            else:
                SPECIAL[name](names, given.pairs, report)
        except subprocess.CalledProcessError as error:
            report.fail(f"{name}: {error}")
    for text in report.missed:
        say(f"bar missed: {text}")
    for text in report.failures:
        say(f"WRONG: {text}")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
