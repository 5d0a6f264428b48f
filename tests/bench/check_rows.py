# SPDX-License-Identifier: MIT
"""The rows on checks: many domains on real servers, start-up, black holes, hostile servers.

The unit of the first is h, the CPU of one bare verified handshake by OpenSSL alone (handshakes.c),
measured in the same rounds: absolute figures move with the machine. A client's CPU is user + system
of the whole process, less that of a run of one domain. All must find the same records, policies and
STARTTLS; else the row fails, whatever the speed.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import check_world as worlds
from check_world import CheckWorld
from places import BENCH, BUILD, VENV_PYTHON, say
from world import RESOLVER, WEB, missing

if TYPE_CHECKING:
    from run import Report

    from mxseal.lab import Lab

DOMAINS = 2000
MOST = 2.5  # h a domain: two handshakes and all the rest
START_UP = 0.15  # seconds of CPU
TIMEOUT = 3.0  # seconds
MEMORY = 8 * 1024  # KiB that a hostile server may cost
# Situations of the laboratory that play with a client's time and memory, and the good one.
GOOD = "enforce"
HOSTILE = {
    "policy host: drip": "http-drip",
    "policy host: endless body": "http-endless-body",
    "policy host: endless headers": "http-endless-headers",
    "policy host: encoded body": "http-encoding",
    "MX: endless line": "smtp-endless-line",
    "MX: flood of lines": "smtp-endless-lines",
    "MX: tarpit": "smtp-tarpit",
}


def _mxseal(world: CheckWorld) -> list[str]:
    return [
        *(sys.executable, "-m", "mxseal", "check", "-", "--quick", "--format", "ndjson"),
        *("--resolver", RESOLVER, "--ca-file", str(world.ca_file), "--allow-private"),
        *("--helo", "bench.lab"),
    ]


@dataclass(frozen=True)
class Checker:
    """Who checks domains.

    Attributes:
        title: with its version.
        command: reads domains from standard input.
        bar: mxseal's CPU divided by its own, at most.
        domains: how many; of a slow one fewer, in the first round only.
    """

    title: str
    command: Callable[[CheckWorld], list[str]]
    bar: float | None = None
    domains: int = DOMAINS


CHECKERS = {
    "mxseal": Checker("mxseal", _mxseal),
    "checkdmarc": Checker(
        "checkdmarc 6.0.4",
        lambda _: [str(VENV_PYTHON), str(BENCH / "checkdmarc_peer.py"), RESOLVER],
        bar=1 / 29,
        domains=100,
    ),
    "asyncio": Checker(
        "aiodns, aiohttp, asyncio",
        lambda world: [
            *(str(VENV_PYTHON), str(BENCH / "asyncio_peer.py")),
            *(RESOLVER, str(world.ca_file)),
        ],
        bar=1 / 2,
    ),
    "mox-check": Checker(
        "mox 0.0.15's packages", lambda _: [str(BUILD / "mox_check" / "mox_check")]
    ),
}


@dataclass
class Rounds:
    """CPU a domain, in seconds, of each round."""

    cpu: list[float] = field(default_factory=list)


def run_checks(names: set[str], pairs: int, report: Report) -> None:
    """2,000 domains with two handshakes each, on nsd, unbound, nginx and Postfix."""
    title = f"check of {DOMAINS:,} domains"
    if reason := missing():
        say(f"{title} is left out: {reason}")
        return
    handshakes = compiled_handshakes()
    say(f"starting servers for {DOMAINS:,} domains")
    with worlds.check_world(BUILD / "world", DOMAINS) as world:
        world.cpu(_mxseal(world), world.domains)  # resolver and page cache are warm then
        unit: list[float] = []
        rounds = {name: Rounds() for name in CHECKERS if name in names}
        for turn in range(pairs):
            say(f"{title}, round {turn + 1}: bare handshakes")
            unit.append(bare_handshake(handshakes, world, world.domains))
            for name, result in rounds.items():
                checker = CHECKERS[name]
                if turn == 0 or checker.domains == DOMAINS:
                    say(f"{title}, round {turn + 1}: {name}")
                    result.cpu.append(_a_domain(checker, world, report))
        _show(title, unit, rounds, report)


def compiled_handshakes() -> Path:
    program = BUILD / "handshakes"
    BUILD.mkdir(parents=True, exist_ok=True)
    source = str(BENCH / "handshakes.c")
    subprocess.run(["cc", "-O2", "-o", str(program), source, "-lssl", "-lcrypto"], check=True)
    return program


def bare_handshake(handshakes: Path, world: CheckWorld, domains: list[str]) -> float:
    """CPU seconds of one verified handshake with a policy host."""
    hosts = [f"mta-sts.{each}" for each in domains]
    command = [str(handshakes), WEB, "443", str(world.ca_file)]
    _, printed = world.cpu(command, hosts)
    cpu, count = printed.split()
    return float(cpu) / int(count)


def _a_domain(checker: Checker, world: CheckWorld, report: Report) -> float:
    command = checker.command(world)
    some = world.domains[: checker.domains]
    one, _ = world.cpu(command, some[:1])
    all_of_them, printed = world.cpu(command, some)
    found = _found(printed)
    wanted = dict.fromkeys(("records", "policies", "tlsrpt", "starttls"), len(some))
    if found != wanted:
        report.fail(f"{checker.title}: found {found} of {len(some)} domains")
    return (all_of_them - one) / (len(some) - 1)


def _found(printed: str) -> dict[str, int]:
    """What a peer says, or what mxseal's rows say."""
    rows = [json.loads(line) for line in printed.splitlines()]
    if len(rows) == 1 and "records" in rows[0]:
        return {str(key): int(count) for key, count in rows[0].items()}
    addresses = [each for row in rows for host in row["mx"] for each in host["addresses"]]
    return {
        "records": sum(row["sts"]["record"] is not None for row in rows),
        "policies": sum(row["sts"]["policy"] is not None for row in rows),
        "tlsrpt": sum(row["tlsrpt"] is not None for row in rows),
        "starttls": sum(each["smtp"]["status"] == "secured" for each in addresses),
    }


def _show(title: str, unit: list[float], rounds: dict[str, Rounds], report: Report) -> None:
    h = statistics.median(unit)
    report.line(title, "", "one bare handshake, h", f"{h * 1000:.2f} ms", "", "", None)
    ours = rounds["mxseal"].cpu if "mxseal" in rounds else []
    for name, result in rounds.items():
        checker = CHECKERS[name]
        cpu = statistics.median(result.cpu)
        in_units = statistics.median(a / b for a, b in zip(result.cpu, unit, strict=False))
        figure = f"{cpu * 1000:.2f} ms, {in_units:.2f} h a domain"
        if name == "mxseal":
            report.line(title, "", checker.title, figure, "", f"≤ {MOST} h", in_units <= MOST)
        elif not ours:
            report.line(title, "", checker.title, figure, "", "", None)
        else:
            relation = statistics.median(a / b for a, b in zip(ours, result.cpu, strict=False))
            bar = "" if checker.bar is None else f"≤ {checker.bar:.3g}"
            met = None if checker.bar is None else relation <= checker.bar
            report.line(title, "", checker.title, figure, f"{relation:.3g}", bar, met)


# ------------------------------------------------------------------------- in the laboratory
def run_check_start(names: set[str], pairs: int, report: Report) -> None:
    """`mxseal check` of one domain, the whole process, with the system's roots to load."""
    title = "`mxseal check` of one domain, whole process"
    commands = {"checkdmarc": [str(VENV_PYTHON), "-c", "import checkdmarc"]}
    with _laboratory(GOOD) as lab, TemporaryDirectory() as folder:
        ca_file = Path(folder) / "roots.pem"
        ca_file.write_text(worlds.SYSTEM_ROOTS.read_text() + lab.ca_file.read_text())
        commands["mxseal"] = _in_laboratory(lab, GOOD, "-m", "mxseal")
        commands["mxseal"][-1] = str(ca_file)
        rounds: dict[str, list[float]] = {name: [] for name in commands if name in names}
        for _ in range(pairs + 1):
            for name, taken in rounds.items():
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                subprocess.run(commands[name], check=True, stdout=subprocess.DEVNULL)
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    for name, taken in rounds.items():
        cpu = statistics.median(taken[1:])  # the first fills the caches
        figure = f"{cpu:.3f} s"
        if name == "mxseal":
            report.line(title, "", "mxseal", figure, "", f"≤ {START_UP}", cpu <= START_UP)
        else:
            report.line(title, "", "checkdmarc's import alone", figure, "", "", None)


def run_black_holes(names: set[str], _: int, report: Report) -> None:
    """Eight MX hosts that answer nothing: all of it within --timeout."""
    if "mxseal" not in names:
        return
    title = "eight MX hosts that are black holes"
    with _laboratory() as lab:
        for seconds in (TIMEOUT, 90.0):
            say(f"{title}, --timeout {seconds:g}")
            row, wall, _memory = _checked(lab, "black-holes", seconds)
            if row["verdict"] != "inconclusive":
                report.fail(f"{title}: {row['verdict']}")
            took = float(row["seconds"])
            figure = f"{took:.2f} s, process {wall:.2f} s"
            bar = f"≤ {seconds:g} s"
            work = f"--timeout {seconds:g}"
            report.line(title, work, "mxseal", figure, "", bar, took <= seconds + 0.05)


def run_hostile(names: set[str], pairs: int, report: Report) -> None:
    """Time and peak memory at servers that send without end, or hardly at all."""
    if "mxseal" not in names:
        return
    with _laboratory() as lab:
        good = statistics.median(_checked(lab, GOOD, TIMEOUT)[2] for _ in range(pairs))
        for title, name in HOSTILE.items():
            say(title)
            checks = [_checked(lab, name, TIMEOUT) for _ in range(pairs)]
            took = max(float(row["seconds"]) for row, _, _ in checks)
            memory = statistics.median(memory for _, _, memory in checks) - good
            bar = f"≤ {TIMEOUT:g} s"
            report.line(title, "time", "mxseal", f"{took:.2f} s", "", bar, took <= TIMEOUT + 0.05)
            figure, bar = f"{memory / 1024:+.1f} MiB", f"≤ {MEMORY // 1024} MiB"
            report.line(title, "peak memory", "mxseal", figure, "", bar, memory <= MEMORY)


def _laboratory(*names: str) -> Lab:
    """These situations, or those of the rows that need no more than time and memory."""
    from mxseal.lab import Lab
    from mxseal.lab.model import MailHost, MailServer, Situation
    from mxseal.lab.model import policy as policy_of
    from mxseal.lab.situations import SITUATIONS

    silent = (MailServer(listen="drop"),)
    holes = tuple(MailHost(name=f"mx{number}", servers=silent) for number in range(1, 9))
    black_holes = Situation(
        name="black-holes",
        sentence="Eight MX hosts that are black holes",
        policy=policy_of("*.{domain}"),
        mail_hosts=holes,
    )
    wanted = set(names) or {GOOD, *HOSTILE.values()}
    played = [each for each in SITUATIONS if each.name in wanted]
    if lacking := wanted - {each.name for each in played}:
        raise LookupError(f"the laboratory has no {', '.join(sorted(lacking))}")
    return Lab([*played, black_holes])


def _in_laboratory(lab: Lab, name: str, *program: str) -> list[str]:
    """The check of a situation; the last argument is the file of roots."""
    return [
        *(sys.executable, *program, "check", f"{name}.test", "--quick", "--format", "ndjson"),
        *("--resolver", lab.resolver, "--smtp-port", str(lab.smtp_port), "--allow-private"),
        *("--https-port", str(lab.https_port), "--helo", "bench.test"),
        *("--ca-file", str(lab.ca_file)),
    ]


def _checked(lab: Lab, name: str, timeout: float) -> tuple[dict[str, Any], float, int]:
    """The answer, seconds of the whole process, and its peak memory in KiB."""
    command = _in_laboratory(lab, name, str(BENCH / "one_check.py"))
    command += ["--timeout", str(timeout)]
    begun = time.monotonic()
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    wall = time.monotonic() - begun
    if done.returncode not in (0, 1, 3):
        raise RuntimeError(f"{name}: {done.stderr}")
    row = json.loads(done.stdout)
    assert isinstance(row, dict)
    return row, wall, int(done.stderr.split()[-1])


CHECK_ROWS = {
    "checks": run_checks,
    "check-start": run_check_start,
    "black-holes": run_black_holes,
    "hostile": run_hostile,
}
