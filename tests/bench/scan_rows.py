# SPDX-License-Identifier: MIT
"""The rows on scans: 20,000 domains against peers, DNS alone, a million end to end, hostile ones.

Client CPU is that of the whole process less that of a run of one domain, in h where handshakes are
made (the CPU of one bare verified handshake, measured in the same rounds). A run that finds other
counts than the list holds fails, whatever its speed.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import scan_world as worlds
from check_rows import CHECKERS, bare_handshake, compiled_handshakes
from check_world import CheckWorld
from places import BENCH, BUILD, say
from world import RESOLVER, missing

if TYPE_CHECKING:
    from run import Report

DOMAINS = 20_000
MOST = 60.0  # h for 1,000 domains
PEERS = {"checkdmarc": 1 / 90, "asyncio": 1 / 6.5}  # mxseal's CPU divided by theirs, at most
FEW = 500  # domains for the slow one
NAMES = 100_000  # without a record
QUESTION = 16.0  # microseconds in the core
QUESTION_PYTHON = 20.0  # seen from Python
MILLION = 1_000_000
MINUTES = 5.0
MEMORY = 64 * 1024  # KiB above a run of one domain
FLAT = 1.10
SMALL_RUNS = 20  # around the million
SLOWED = 0.10
HOSTILE = 0.05


def _command(world: CheckWorld, listed: Path, target: Path, *more: str) -> list[str]:
    return [
        *(sys.executable, "-m", "mxseal", "scan", str(listed), "-o", str(target), "--quiet"),
        *("--resolver", RESOLVER, "--ca-file", str(world.ca_file), "--allow-private"),
        *("--helo", "bench.lab", *more),
    ]


# Linux counts to a process's peak what its parent held when it was begun, which here is a list of
# a million names: a small process stands between.
_BETWEEN = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:])
_, status, usage = os.wait4(process.pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
"""


class Run:
    """One scan into a file: CPU, wall time and peak memory of its process, and its rows."""

    def __init__(self, world: CheckWorld, names: list[str], *more: str) -> None:
        folder = BUILD / "scan"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        listed, self.target = folder / "domains.txt", folder / "scan.parquet"
        listed.write_text("".join(name + "\n" for name in names))
        start = time.monotonic()
        command = _command(world, listed, self.target, *more)
        between = [sys.executable, "-c", _BETWEEN, "ip", "netns", "exec", world.namespace]
        done = subprocess.run([*between, *command], stdout=subprocess.PIPE, text=True, check=True)
        self.wall = time.monotonic() - start
        status, cpu, memory = done.stdout.split()
        if int(status):
            raise subprocess.CalledProcessError(int(status), command)
        self.cpu, self.memory = float(cpu), int(memory)  # seconds, KiB

    def found(self) -> dict[str, int]:
        """The counts that peers are asked for."""
        from pyarrow import compute, parquet

        found = dict.fromkeys(("rows", "records", "policies", "tlsrpt", "starttls"), 0)
        file = parquet.ParquetFile(self.target)
        columns = ["sts_id", "policy_mode", "tlsrpt", "mx"]
        for batch in file.iter_batches(columns=columns):
            found["rows"] += batch.num_rows
            found["records"] += batch.num_rows - batch["sts_id"].null_count
            found["policies"] += batch.num_rows - batch["policy_mode"].null_count
            found["tlsrpt"] += batch.num_rows - batch["tlsrpt"].null_count
            hosts = batch["mx"].flatten().field("addresses").flatten().field("smtp_status")
            secured = compute.equal(hosts.cast("string"), "secured")
            found["starttls"] += compute.sum(secured).as_py() or 0
        return found


def _wanted(count: int) -> dict[str, int]:
    wanted = worlds.expected(count)
    wanted["starttls"] = wanted.pop("with_mx")
    return {"rows": count, **wanted}


def _world(count: int, hostile: float = 0.0) -> Any:
    say(f"starting servers for {count:,} domains")
    return worlds.scan_world(BUILD / "scan-world", count, hostile)


def run_scans(names: set[str], pairs: int, report: Report) -> None:
    """20,000 domains: mxseal into Parquet against the peers."""
    title = f"scan of {DOMAINS:,} domains"
    if reason := missing():
        say(f"{title} is left out: {reason}")
        return
    handshakes = compiled_handshakes()
    with _world(DOMAINS) as world:
        Run(world, world.domains)  # resolver and page cache are warm then
        published = [each for number, each in enumerate(world.domains) if worlds.has_policy(number)]
        unit: list[float] = []
        ours: list[float] = []
        theirs: dict[str, list[float]] = {name: [] for name in PEERS if name in names}
        for turn in range(pairs):
            say(f"{title}, round {turn + 1}")
            unit.append(bare_handshake(handshakes, world, published))
            run = Run(world, world.domains)
            if (found := run.found()) != _wanted(DOMAINS):
                report.fail(f"{title}: found {found}, not {_wanted(DOMAINS)}")
            ours.append((run.cpu - Run(world, world.domains[:1]).cpu) / (DOMAINS - 1))
            for name, cpu in theirs.items():
                if name == "checkdmarc" and turn > 0:
                    continue
                some = world.domains[: FEW if name == "checkdmarc" else DOMAINS]
                command = CHECKERS[name].command(world)
                one, _ = world.cpu(command, some[:1])
                whole, printed = world.cpu(command, some)
                wanted = _wanted(len(some))
                del wanted["rows"]
                if (seen := json.loads(printed)) != wanted:
                    report.fail(f"{title}, {name}: found {seen}, not {wanted}")
                cpu.append((whole - one) / (len(some) - 1))
        h = statistics.median(unit)
        report.line(title, "", "one bare handshake, h", f"{h * 1000:.2f} ms", "", "", None)
        in_units = statistics.median(a / b for a, b in zip(ours, unit, strict=True)) * 1000
        figure = f"{statistics.median(ours) * 1e6:.0f} us a domain, {in_units:.0f} h for 1,000"
        report.line(title, "", "mxseal", figure, "", f"≤ {MOST:g} h", in_units <= MOST)
        for name, cpu in theirs.items():
            relation = statistics.median(a / b for a, b in zip(ours, cpu, strict=False))
            figure = f"{statistics.median(cpu) * 1e6:.0f} us a domain"
            bar = PEERS[name]
            report.line(title, "", name, figure, f"{relation:.3g}", f"≤ {bar:.3g}", relation <= bar)


def run_scan_dns(names: set[str], pairs: int, report: Report) -> None:
    """The DNS stage alone: names that do not exist, port 25 left alone."""
    title = f"DNS stage, {NAMES:,} names without a record"
    if "mxseal" not in names or missing():
        return
    with _world(1000) as world:
        asked = [f"x{number}.lab" for number in range(NAMES)]
        client = [sys.executable, str(BENCH / "scan_client.py"), RESOLVER, str(world.ca_file)]
        core: list[float] = []
        python: list[float] = []
        for turn in range(pairs):
            say(f"{title}, round {turn + 1}")
            _, printed = world.cpu([*client, "--no-probe"], asked)
            seen = json.loads(printed)
            if seen["rows"] != NAMES or seen["timed_out"]:
                report.fail(f"{title}: {seen}")
            core.append(seen["thread"] / seen["questions"] * 1e6)
            python.append(seen["seconds"] / seen["questions"] * 1e6)
    for work, taken, bar in (("core", core, QUESTION), ("Python", python, QUESTION_PYTHON)):
        cost = statistics.median(taken)
        figure = f"{cost:.1f} us a question"
        report.line(title, work, "mxseal", figure, "", f"≤ {bar:g} us", cost <= bar)


def run_scan_million(names: set[str], _: int, report: Report) -> None:
    """A million domains end to end, servers on the same cores, Parquet out.

    Growth is told by small runs before and after, all of domains that the resolver has not seen
    yet, as those of the million are: on a machine that others use too, two runs say nothing.
    """
    title = f"scan of {MILLION:,} domains"
    if "mxseal" not in names or missing():
        return
    few, half = MILLION // 100, SMALL_RUNS // 2
    with _world(MILLION + SMALL_RUNS * few) as world:
        one = Run(world, world.domains[:1])

        def small(number: int) -> float:
            first = MILLION + number * few
            return (Run(world, world.domains[first : first + few]).cpu - one.cpu) / few

        say(f"{SMALL_RUNS} times {few:,} domains, half of them before the {title}")
        costs = [small(number) for number in range(half)]
        run = Run(world, world.domains[:MILLION])
        found, wanted = run.found(), _wanted(MILLION)
        if found != wanted:
            report.fail(f"{title}: found {found}, not {wanted}")
        costs += [small(number) for number in range(half, SMALL_RUNS)]
        above = run.memory - one.memory
        cost = (run.cpu - one.cpu) / MILLION
        minutes = run.wall / 60
        figure = f"{minutes:.1f} min, {cost * 1e6:.0f} us of CPU a domain"
        report.line(title, "time", "mxseal", figure, "", f"≤ {MINUTES:g} min", minutes <= MINUTES)
        figure, bar = f"{above / 1024:.0f} MiB above one domain", f"≤ {MEMORY // 1024} MiB"
        report.line(title, "peak memory", "mxseal", figure, "", bar, above <= MEMORY)
        relation = cost / statistics.mean(costs)
        least, most = min(costs) * 1e6, max(costs) * 1e6
        figure = f"{least:.0f} to {most:.0f} us a domain at {few:,}"
        met = relation <= FLAT
        report.line(title, "growth", "mxseal", figure, f"{relation:.2f}", f"≤ {FLAT:g}", met)


def run_scan_hostile(names: set[str], pairs: int, report: Report) -> None:
    """5 % hostile domains: how fast are the good ones?"""
    title = f"{HOSTILE:.0%} hostile domains among {DOMAINS:,}"
    if "mxseal" not in names or missing():
        return
    with _world(DOMAINS, HOSTILE) as world:
        good = [each for each in world.domains if not each.startswith("h")]
        Run(world, good)
        relations: list[float] = []
        for turn in range(pairs):
            say(f"{title}, round {turn + 1}")
            alone = Run(world, good)
            among = Run(world, world.domains)
            if (tricked := _hostile_that_were_met(among)) < 4 * len(world.domains) // 105:
                report.fail(f"{title}: only {tricked} of them did what they are there for")
            # The last hostile ones keep the process; the good ones are done long before.
            relations.append(_good_per_second(among) / _good_per_second(alone))
    slowed = 1 - statistics.median(relations)
    figure = f"good ones {slowed:+.0%} slower"
    report.line(title, "", "mxseal", figure, "", f"≤ {SLOWED:.0%}", slowed <= SLOWED)


def _hostile_that_were_met(run: Run) -> int:
    """Domains whose servers played with time or size, as the rows say."""
    from pyarrow import parquet

    table = parquet.read_table(run.target, columns=["domain", "policy_status", "mx"])
    tricks = {"tls", "cut_short", "body_too_large", "timed_out", "tarpit", "protocol"}
    met = 0
    for row in table.to_pylist():
        seen = {each["smtp_status"] for host in row["mx"] for each in host["addresses"]}
        if row["domain"].startswith("h") and tricks & {row["policy_status"], *seen}:
            met += 1
    return met


def _good_per_second(run: Run) -> float:
    """From the beginning of the first to the end of the last good one."""
    from pyarrow import parquet

    table = parquet.read_table(run.target, columns=["domain", "started", "seconds"])
    rows = [row for row in table.to_pylist() if not row["domain"].startswith("h")]
    first = min(row["started"] for row in rows)
    last = max(row["started"].timestamp() + row["seconds"] for row in rows)
    return float(len(rows) / (last - first.timestamp()))


SCAN_ROWS: dict[str, Callable[[set[str], int, Report], None]] = {
    "scans": run_scans,
    "scan-dns": run_scan_dns,
    "scan-million": run_scan_million,
    "scan-hostile": run_scan_hostile,
}
