# SPDX-License-Identifier: MIT
"""``mxseal scan`` from the outside: files of every kind, interruptions, statuses, what is said."""

from __future__ import annotations

import csv
import fcntl
import gzip
import io
import json
import os
import pty
import random
import re
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet
import pytest

import mxseal
from commands import Run, runner
from mortal_resolver import mortal_resolver
from mxseal.lab import Lab, Situation
from mxseal.lab.model import MailHost, MailServer

CROWD = 3000
KINDS = ["parquet", "arrow", "ndjson", "csv"]
NAMES = ["enforce.test", "nobody.nowhere.test", "crowd-000001.test"]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(crowd=CROWD) as running:
        yield running


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in this process."""
    return runner(capsys, "scan")


def how(lab: Lab, concurrency: int = 100) -> list[str]:
    """How the laboratory is reached; its resolver is written in Python."""
    *arguments, _ = lab.arguments(lab.situation("enforce"))
    return [*arguments, "--concurrency", str(concurrency)]


def process(*arguments: str, **further: Any) -> subprocess.Popen[bytes]:
    """The command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "mxseal", "scan", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **further,
    )


def list_of(names: Sequence[str], path: str = "domains.txt") -> str:
    Path(path).write_text("\n".join(names) + "\n")
    return path


def rows_of(path: str | Path) -> list[dict[str, Any]]:
    """The rows of a finished file, in the order of the list."""
    path = Path(path)
    if path.suffix == ".parquet":
        rows = pyarrow.parquet.read_table(path).to_pylist()
    elif path.suffix == ".arrow":
        with pa.ipc.open_file(path) as file:
            rows = file.read_all().to_pylist()
    elif path.suffix == ".ndjson":
        rows = [json.loads(line) for line in path.read_text().splitlines()]
    else:
        with path.open(newline="") as lines:
            rows = [row | {"line": int(row["line"])} for row in csv.DictReader(lines)]
    return sorted(rows, key=lambda row: row["line"])


def record_of(path: str | Path) -> dict[str, Any]:
    """The record of the run, wherever it stands."""
    path = Path(path)
    if path.suffix == ".parquet":
        text = pyarrow.parquet.read_schema(path).metadata[b"mxseal"]
    elif path.suffix == ".arrow":
        with pa.ipc.open_file(path) as file:
            text = file.schema.metadata[b"mxseal"]
    else:
        text = path.with_name(path.name + ".run.json").read_bytes()
    record: dict[str, Any] = json.loads(text)
    return record


def journal_lines(part: Path) -> list[int]:
    """The lines that FILE.part has whole rows of."""
    lines: list[int] = []
    with suppress(pa.ArrowInvalid, OSError, EOFError, StopIteration), part.open("rb") as file:
        stream = pa.ipc.open_stream(file)
        while True:
            lines += stream.read_next_batch()["line"].to_pylist()
    return lines


# ----------------------------------------------------------------------------------------- the file
@pytest.mark.parametrize("kind", KINDS)
def test_each_line_has_its_row_in_every_kind_of_file(run: Run, lab: Lab, kind: str) -> None:
    target = f"scan.{kind}"
    done = run(list_of(NAMES), "-o", target, *how(lab))
    assert (done.status, done.out) == (0, "")
    rows = rows_of(target)
    assert [(row["line"], row["domain"]) for row in rows] == list(enumerate(NAMES, 1))
    assert [row["verdict"] for row in rows] == ["protected", "no-mail", rows[2]["verdict"]]
    record = record_of(target)
    assert record["schema_version"] == 1
    assert record["version"] == mxseal.__version__
    assert record["domains"] == 3
    assert sum(record["verdicts"].values()) == 3
    assert record["resolver"] == [lab.resolver]
    assert record["input"]["name"] == "domains.txt"
    assert record["input"]["lines"] == 3
    assert len(record["input"]["sha256"]) == 64
    assert record["started"] <= record["ended"]
    assert record["resumed"] == 0
    assert {"openssl", "libcurl", "c-ares", "python"} <= record["libraries"].keys()
    assert record["parameters"]["https_port"] == lab.https_port
    expected = {target, "domains.txt"} | ({f"{target}.run.json"} if kind in KINDS[2:] else set())
    assert {each.name for each in Path().iterdir()} == expected


def test_what_is_said_at_the_end(run: Run, lab: Lab) -> None:
    done = run(list_of(NAMES), "-o", "scan.parquet", *how(lab))
    first, *counts = done.err.splitlines()
    assert re.fullmatch(r"3 domains in .*: scan\.parquet, [\d.]+ [KM]iB", first)
    words = " ".join(counts).split()
    assert dict(zip(words[::2], map(int, words[1::2]), strict=True)) == {
        **dict.fromkeys(("testing", "partly", "misconfigured", "broken", "inconclusive"), 0),
        "protected": 1,
        "no-mail": 1,
        "unprotected": 1,
    }
    quiet = run("domains.txt", "-o", "scan.parquet", "--quiet", *how(lab))
    assert (quiet.status, quiet.out, quiet.err) == (0, "", "")


def test_rows_and_columns_of_all_kinds_agree(run: Run, lab: Lab) -> None:
    Path("customers.csv").write_text(
        'customer,domain,verdict,"=cmd"\n=1+1,enforce.test,mine,@x\n\x1b[2J,no..domain,,+7\n'
    )
    for kind in KINDS:
        assert run("customers.csv", "-o", f"scan.{kind}", *how(lab)).status == 1
    parquet, arrow, ndjson, text = (rows_of(f"scan.{kind}") for kind in KINDS)
    for row in (*parquet, *arrow, *ndjson, *text):
        for own in ("started", "seconds", "findings", "mx", "policy_expiry", "first_expiry"):
            del row[own]
    assert parquet == arrow
    assert ndjson == parquet
    assert [row["customer"] for row in parquet] == ["=1+1", "\x1b[2J"]
    assert [row["input_verdict"] for row in parquet] == ["mine", ""]
    assert [row["=cmd"] for row in parquet] == ["@x", "+7"]
    assert [row["customer"] for row in text] == ["'=1+1", "\\x1b[2J"]
    assert [row["'=cmd"] for row in text] == ["'@x", "'+7"]
    assert json.loads(text[0]["effects"]) == parquet[0]["effects"]


def test_standard_output_is_ndjson_while_it_runs(run: Run, lab: Lab) -> None:
    done = run(list_of([*NAMES, "no..domain"]), "-o", "-", "--quiet", *how(lab))
    assert (done.status, done.err) == (1, "")
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert sorted(row["domain"] for row in rows) == sorted([*NAMES, "no..domain"])
    assert {each.name for each in Path().iterdir()} == {"domains.txt"}


def test_standard_input(lab: Lab) -> None:
    with process("-", "-o", "-", "--quiet", *how(lab), stdin=subprocess.PIPE) as running:
        out, err = running.communicate(b"enforce.test\nno..domain\n")
    assert (running.returncode, err) == (1, b"")
    assert {json.loads(line)["domain"] for line in out.splitlines()} == {
        *("enforce.test", "no..domain")
    }


def test_an_empty_list(run: Run, lab: Lab) -> None:
    for kind in KINDS:
        done = run(list_of([]), "-o", f"scan.{kind}", *how(lab))
        assert done.status == 0
        assert done.err.startswith("0 domains in ")
        assert rows_of(f"scan.{kind}") == []
        assert record_of(f"scan.{kind}")["domains"] == 0
    Path("empty.csv").write_text("customer,domain\n")
    run("empty.csv", "-o", "scan.parquet", *how(lab))
    assert "customer" in pyarrow.parquet.read_schema("scan.parquet").names


def test_what_a_server_says_does_no_harm_in_a_file(run: Run) -> None:
    evil = "\x1b]0;owned\x07\x9b=HYPERLINK(1)"
    situation = Situation(
        name="evil",
        sentence="",
        tlsrpt=('"v=TLSRPTv1; rua=mailto:a@b.test; x=\\027[2J"',),
        mail_hosts=(
            MailHost(
                servers=(MailServer(greeting=f"220 {evil}\r\n", starttls_reply=f"454 {evil}\r\n"),)
            ),
        ),
    )
    with Lab((situation,)) as small:
        *arguments, domain = small.arguments(situation)
        list_of([domain])
        for kind in ("ndjson", "csv"):
            assert run("domains.txt", "-o", f"scan.{kind}", *arguments).status == 0
            text = Path(f"scan.{kind}").read_text()
            assert not set("\x1b\x07\x9b") & set(text)
            assert "HYPERLINK" in text
        [row] = rows_of("scan.ndjson")
        details = {finding["detail"] for finding in row["findings"]}
        assert "454 \x1b]0;owned\x07\\x9b=HYPERLINK(1)" in details, "nothing is lost of it"


# ----------------------------------------------------------------------------------------- statuses
def test_where_no_resolver_answers_it_is_3_and_no_file(run: Run, lab: Lab) -> None:
    list_of(NAMES)
    for resolver in ("127.0.0.1:9", lab.resolvers["refusing"]):
        for output in ("scan.parquet", "-"):
            done = run("domains.txt", "-o", output, "--resolver", resolver)
            assert (done.status, done.out) == (3, "")
            assert done.err == (
                f"error: no resolver answers: {resolver}  [scan.resolver-error]\n"
                "  do  start it, or name another: --resolver ADDRESS[:PORT]\n"
            )
    assert {each.name for each in Path().iterdir()} == {"domains.txt"}


def test_where_the_resolver_goes_away_what_is_done_stays(run: Run) -> None:
    list_of([f"d{number}.test" for number in range(20_000)])
    with mortal_resolver(answers=8_000) as resolver:
        done = run("domains.txt", "-o", "scan.parquet", "--resolver", resolver)
    assert (done.status, done.out) == (3, "")
    assert "Go on: the same command and --resume" in done.err
    assert "error: no resolver answers any more" in done.err
    assert Path("scan.parquet.part").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.txt", "-o", "a.parquet"], "no such file: missing.txt"),
        (["example.com", "-o", "a.parquet"], "one domain alone: mxseal check example.com"),
        (["list.csv", "-o", "./list.csv"], "another file: that one is to be read"),
        ([".", "-o", "a.parquet"], "cannot read: ."),
        (["domains.txt", "-o", "a.txt"], "no such kind of file"),
        (["domains.txt", "-o", "a"], "no such kind of file"),
        (
            ["domains.txt"],
            "no --output in mxseal scan\n  do  write mxseal scan FILE|- --output FILE; all options",
        ),
        (["domains.txt", "-o", "nowhere/a.csv"], "cannot write: nowhere/a.csv"),
        (["domains.txt", "-o", "folder.csv"], "cannot write: folder.csv"),
        (["domains.txt", "-o", "fifo.csv"], "cannot write: fifo.csv"),
        (["domains.txt", "-o", "-", "--resume"], "--resume needs a file"),
        (["-", "-o", "a.csv", "--resume"], "--resume needs a list that is a file"),
        (["none.csv", "-o", "a.csv"], "no column is called domain"),
        (["domains.txt", "-o", "a.csv", "--resolver", "x"], "wrong value for --resolver: x"),
        (["domains.txt", "-o", "a.csv", "--ca-file", "missing"], "no such file: missing"),
        (["domains.txt", "-o", "a.csv", "--ca-file", "none.csv"], "no roots to trust"),
        (["domains.txt", "-o", "a.csv", "--blocklist", "missing"], "no such file: missing"),
        (["domains.txt", "-o", "a.csv", "--blocklist", "none.csv"], "line 1: name,age"),
        (["domains.txt", "-o", "a.csv", "--allowlist", "none.csv"], "line 1: name,age"),
        (["domains.txt", "-o", "a.csv", "--rate", "nan"], "rate"),
        (["domains.txt", "-o", "a.csv", "--timeout", "nan"], "timeout"),
        (["domains.txt", "-o", "a.csv", "--concurrency", "0"], "--concurrency"),
        (["domains.txt", "-o", "a.csv", "--contact", "a\nb"], "contact"),
        (["domains.txt", "-o", "a.csv", "--helo", "a\nb"], "helo"),
    ],
)
def test_what_cannot_be_done_is_2_and_leaves_nothing(
    run: Run, arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"enforce.test\n")))
    list_of(NAMES)
    Path("none.csv").write_text("name,age\nx,1\n")
    Path("list.csv").write_text("domain\nenforce.test\n")
    Path("folder.csv").mkdir()
    os.mkfifo("fifo.csv")
    before = {each.name for each in Path().iterdir()}
    done = run(*arguments)
    assert (done.status, done.out) == (2, "")
    assert said in done.err
    assert "Traceback" not in done.err
    assert {each.name for each in Path().iterdir()} == before


def test_lines_that_are_no_domains_are_told(run: Run, lab: Lab) -> None:
    Path("names.csv").write_text("name;id\nenforce.test;1\n")
    said = (
        "warning: 2 lines of the list cannot be a domain  [scan.invalid-domain]\n"
        "  do  mend the list, or drop these rows: verdict inconclusive, this code in findings\n"
    )
    for output in ("scan.csv", "-"):
        done = run("names.csv", "-o", output, *how(lab))
        assert done.status == 1
        assert done.err.endswith(said)
        done = run("names.csv", "-o", output, "--quiet", *how(lab))
        assert (done.status, done.err) == (1, "")


def test_a_list_that_ends_too_early_is_told_and_what_is_done_stays(run: Run, lab: Lab) -> None:
    whole = gzip.compress("\n".join(lab.crowd.domains).encode())
    Path("domains.gz").write_bytes(whole[: len(whole) // 2])
    done = run("domains.gz", "-o", "scan.csv", "--quiet", *how(lab))
    assert done.status == 2
    assert "cannot be unpacked to the end" in done.err
    assert not Path("scan.csv").exists()


def test_a_full_disk_is_told_and_what_is_done_stays(lab: Lab) -> None:
    """A limit on the size of files stands in for it."""
    list_of(lab.crowd.domains)

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, resource.RLIM_INFINITY))

    with process("domains.txt", "-o", "scan.csv", *how(lab), preexec_fn=limited) as running:
        out, err = running.communicate()
    assert (running.returncode, out) == (1, b"")
    assert b"error: cannot write: " in err
    assert b"--resume" in err
    assert b"Traceback" not in err
    assert not Path("scan.csv").exists()
    done = journal_lines(Path("scan.csv.part"))
    assert len(done) == len(set(done))
    with process("domains.txt", "-o", "scan.csv", "--resume", *how(lab)) as running:
        running.communicate()
    assert running.returncode == 0
    assert [row["line"] for row in rows_of("scan.csv")] == list(range(1, CROWD + 1))


# ------------------------------------------------------------------------------------ interruptions
def wait_for_rows(running: subprocess.Popen[bytes], part: Path, more_than: int = 0) -> None:
    while running.poll() is None and len(journal_lines(part)) <= more_than:
        time.sleep(0.02)


def test_a_piped_list_is_not_said_to_go_on(lab: Lab) -> None:
    """--resume needs a list that can be read once more."""
    names = list_of(lab.crowd.domains)
    part = Path("scan.csv.part")
    with (
        Path(names).open("rb") as pipe,
        process("-", "-o", "scan.csv", *how(lab, 10), stdin=pipe) as running,
    ):
        wait_for_rows(running, part)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate()
    assert running.returncode == 130
    assert err.decode() == (
        f"Stopped at {len(journal_lines(part)):,}. Only a list that is a file can be gone on with: "
        "begin anew with one\n"
    )


def test_ctrl_c_is_130_and_keeps_whole_rows(lab: Lab) -> None:
    list_of(lab.crowd.domains)
    part = Path("scan.parquet.part")
    with process("domains.txt", "-o", "scan.parquet", *how(lab, 3)) as running:
        wait_for_rows(running, part)
        asked = time.monotonic()
        running.send_signal(signal.SIGINT)
        out, err = running.communicate()
        print(f"ended within {time.monotonic() - asked:.3f} s")
    assert (running.returncode, out) == (130, b"")
    kept = journal_lines(part)
    assert err.decode() == (
        f"Stopped at {len(kept):,} of {CROWD:,}, all kept. Go on: the same command and --resume\n"
    )
    assert len(kept) == len(set(kept))
    assert 0 < len(kept) < CROWD
    assert not Path("scan.parquet").exists()


def test_ctrl_c_before_the_first_row_leaves_nothing_behind(lab: Lab) -> None:
    with process("-", "-o", "scan.csv", *how(lab), stdin=subprocess.PIPE) as running:
        assert running.stdin
        running.stdin.write(b"enforce.test\n")
        running.stdin.flush()  # and it waits for more
        while running.poll() is None and not Path("scan.csv.part").exists():
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        assert running.wait() == 130
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("kind", KINDS)
def test_killed_again_and_again_each_line_gets_exactly_one_row(lab: Lab, kind: str) -> None:
    """At random moments, while it goes on and while it is finished too."""
    list_of(lab.crowd.domains)
    target, part = Path(f"scan.{kind}"), Path(f"scan.{kind}.part")
    chance = random.Random(kind)
    kills, done = 0, set[int]()
    arguments = ["domains.txt", "-o", str(target), *how(lab, 3)]
    while True:
        resume = ["--resume"] if kills else []
        with process(*arguments, *resume) as running:
            if kills < 6:
                # Most of the time in the middle of it, else at once.
                if chance.random() < 0.7:
                    wait_for_rows(running, part, len(done))
                with suppress(subprocess.TimeoutExpired):
                    running.wait(chance.random() / 2)
                running.kill()
            running.communicate()
        if running.returncode != -signal.SIGKILL:
            break
        kills += 1
        old = part.with_name(part.name + ".old")
        now = set(journal_lines(old if old.exists() else part))
        assert done <= now or target.exists(), "what was done once stays done"
        done = now
    assert running.returncode == 0
    print(f"{kind}: killed {kills} times, {len(done)} lines before the last run")
    assert [row["line"] for row in rows_of(target)] == list(range(1, CROWD + 1))
    assert {each.name for each in Path().iterdir()} <= {
        *(target.name, f"{target.name}.run.json", "domains.txt")
    }
    record = record_of(target)
    assert record["domains"] == sum(record["verdicts"].values()) == CROWD
    assert record["input"]["lines"] == CROWD


def test_a_resumption_asks_nothing_twice(run: Run, lab: Lab) -> None:
    list_of(lab.crowd.domains[:400])
    with process("domains.txt", "-o", "scan.csv", *how(lab, 20)) as running:
        wait_for_rows(running, Path("scan.csv.part"))
        running.kill()
    done = len(journal_lines(Path("scan.csv.part")))
    run("domains.txt", "-o", "scan.csv", "--resume", "--quiet", *how(lab))
    record = record_of("scan.csv")
    assert (record["domains"], record["resumed"]) == (400, 1)
    assert record["questions"]["questions"] < 4 * (400 - done) + 100


def test_an_interrupted_scan_is_not_overwritten(run: Run, lab: Lab) -> None:
    list_of(NAMES)
    list_of([*NAMES, "further.test"], "longer.txt")
    Path("scan.csv.part").write_bytes(b"")
    done = run("domains.txt", "-o", "scan.csv", *how(lab))
    assert (done.status, done.out) == (2, "")
    assert done.err == (
        f"error: a scan was interrupted: {Path('scan.csv.part').resolve()}\n"
        "  do  go on with it: --resume; or remove the file to begin anew\n"
    )
    assert Path("scan.csv.part").read_bytes() == b""
    assert run("domains.txt", "-o", "scan.csv", "--resume", *how(lab)).status == 0
    assert len(rows_of("scan.csv")) == 3
    # Nothing is there to go on with: it begins.
    assert run("longer.txt", "-o", "longer.csv", "--resume", *how(lab)).status == 0
    assert len(rows_of("longer.csv")) == 4


@pytest.mark.parametrize("further", [[], ["--resume"]])
def test_a_scan_that_another_one_writes_is_not_called_interrupted(
    run: Run, lab: Lab, further: list[str]
) -> None:
    list_of(NAMES)
    with Path("scan.csv.part").open("xb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = run("domains.txt", "-o", "scan.csv", *further, *how(lab))
    assert (done.status, done.out) == (2, "")
    assert done.err == (
        f"error: another mxseal scan writes that file: {Path('scan.csv.part').resolve()}\n"
        "  do  wait for it\n"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_finished_scan_has_nothing_left_to_resume(run: Run, lab: Lab, kind: str) -> None:
    list_of([*NAMES, "not a domain"])
    file = Path(f"scan.{kind}")
    same = ["domains.txt", "-o", str(file), *how(lab), "--resume"]
    assert run(*same).status == 1
    before = file.read_bytes()
    done = run(*same)
    assert (done.status, file.read_bytes()) == (1, before)
    first, *rest = done.err.splitlines()
    assert first == f"Nothing is left: {file} has the whole list, 4 domains"
    assert "scan.invalid-domain" in rest[0]
    done = run(*same, "--quiet")
    assert (done.status, done.err, file.read_bytes()) == (1, "", before)
    # What answers another question is not replaced, nor what is no scan.
    done = run(*same, "--no-probe")
    assert (done.status, file.read_bytes()) == (2, before)
    assert done.err.startswith(
        f"error: the scan in {file} was begun otherwise: without --no-probe\n"
    )
    list_of(NAMES)
    done = run(*same)
    assert (done.status, file.read_bytes()) == (2, before)
    assert done.err.startswith(f"error: the scan in {file} has another list: ")
    for left in Path().glob("scan.*"):
        left.unlink()
    file.write_text("notes\n")
    done = run(*same)
    assert (done.status, file.read_text()) == (2, "notes\n")
    assert done.err.startswith(f"error: --resume finds a file with no scan: {file}\n")


def test_another_list_or_other_questions_are_refused(run: Run, lab: Lab) -> None:
    list_of(lab.crowd.domains[:400])
    part = Path("scan.csv.part")
    with process("domains.txt", "-o", "scan.csv", *how(lab, 20)) as running:
        wait_for_rows(running, part)
        running.kill()
    before = part.read_bytes()
    same = ["domains.txt", "-o", "scan.csv", "--resume", *how(lab)]
    for further, was in (
        (["--no-probe"], "without --no-probe"),
        (["--thorough"], "without --thorough"),
        (["--ipv4"], "without --ipv4"),
        (["--smtp-port", "25"], f"with --smtp-port {lab.smtp_port}"),
    ):
        done = run(*same, *further)
        assert (done.status, part.read_bytes()) == (2, before)
        assert done.err.startswith(f"error: the scan in scan.csv.part was begun otherwise: {was}\n")
    list_of(lab.crowd.domains[:401])
    done = run(*same)
    assert (done.status, part.read_bytes()) == (2, before)
    assert done.err.startswith("error: the scan in scan.csv.part has another list")
    # Where the questions go, how many at once and in which order may change.
    list_of(lab.crowd.domains[:400])
    assert run(*same, "--concurrency", "50", "--seed", "7", "--timeout", "50").status == 0
    assert [row["line"] for row in rows_of("scan.csv")] == list(range(1, 401))


# --------------------------------------------------------------------------------------- left alone
def test_the_block_list_of_the_user_is_read(run: Run, lab: Lab) -> None:
    config = Path("home/.config/mxseal")
    config.mkdir(parents=True)
    (config / "blocklist").write_text("enforce.test  # asked us\n")
    list_of(NAMES)
    before = lab.connections
    assert run("domains.txt", "-o", "scan.ndjson", *how(lab)).status == 0
    met = lab.connections - before
    rows = rows_of("scan.ndjson")
    assert [finding["code"] for finding in rows[0]["findings"]] == ["scan.blocked"]
    own = lab.addresses("mx1.enforce.test") + lab.addresses("mta-sts.enforce.test")
    assert set(own).isdisjoint(met)
    Path("none").write_text("# nobody\n")
    for further in (["--blocklist", "none"], ["--allowlist", "allowed"]):
        Path("allowed").write_text("enforce.test\n")
        assert run("domains.txt", "-o", "scan.ndjson", *further, *how(lab)).status == 0
        assert rows_of("scan.ndjson")[0]["verdict"] == "protected"


# ------------------------------------------------------------------------------------ on a terminal
def on_terminal(*arguments: str) -> tuple[int, str]:
    """The status, and all that a terminal was sent."""
    leader, follower = pty.openpty()
    sent = b""
    environment = {**os.environ, "LANG": "C.UTF-8", "TERM": "xterm"}
    command = [sys.executable, "-m", "mxseal", "scan", *arguments]
    with subprocess.Popen(command, stdout=follower, stderr=follower, env=environment) as running:
        os.close(follower)
        while True:
            with suppress(OSError):  # EIO: it has closed its end
                if select.select([leader], [], [], 0.1)[0]:
                    sent += os.read(leader, 65_536)
                    continue
            if running.poll() is not None:
                break
    os.close(leader)
    return running.returncode, sent.decode()


def screen(sent: str) -> list[str]:
    """What stays of it."""
    lines = [""]
    place = 0
    for piece in re.findall(r"\x1b\[1A|\x1b\[2K|\x1b\[[\d;]*m|\r|\n|[^\x1b\r\n]+", sent):
        if piece == "\x1b[1A":
            place -= 1
        elif piece == "\x1b[2K" or piece == "\r":
            lines[place] = "" if piece == "\x1b[2K" else lines[place]
        elif piece == "\n":
            place += 1
            if place == len(lines):
                lines.append("")
        elif not piece.startswith("\x1b"):
            lines[place] += piece
    return [line for line in lines if line]


def test_progress_on_a_terminal_has_two_lines_and_is_wiped(lab: Lab) -> None:
    list_of(lab.crowd.domains)
    status, sent = on_terminal("domains.txt", "-o", "scan.parquet", *how(lab, 3))
    assert status == 0
    seen = [line for line in re.split(r"\x1b\[2K|\r|\n|\x1b\[1A", sent) if line]
    progress = [line for line in seen if " in flight" in line]
    assert progress
    assert all(
        re.fullmatch(
            r"[\d,]+ of 3,000 +\d+ %  (?:[━╌]{20}  )?[\d,]+/s  \d+ in flight(  .* left)?", line
        )
        for line in progress
    ), progress
    words = [line for line in seen if re.match(r"[a-z-]+ [\d,]+   ", line)]
    assert words, "and below it the verdicts"
    assert re.findall(r"[a-z-]+", words[-1])[:3] == ["protected", "testing", "misconfigured"]
    assert any(line.startswith("unprotected ") or "   unprotected " in line for line in seen)
    rest = screen(sent)
    assert re.fullmatch(r"3,000 domains in .*: scan\.parquet, .*", rest[0])
    assert len(rest) == 3
    status, sent = on_terminal("domains.txt", "-o", "scan.parquet", "--quiet", *how(lab))
    assert (status, sent) == (0, "")
