# SPDX-License-Identifier: MIT
"""``mxseal.scan`` against the laboratory: rows, lists of every kind, and what it promises."""

from __future__ import annotations

import gc
import json
import os
import re
import signal
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import mxseal
import readme
from mortal_resolver import mortal_resolver
from mxseal import DomainCheck, MxsealError, NetworkError, ParseError
from mxseal._check import Settings, check_all
from mxseal._domains import DomainList
from mxseal._reading import WrongValueError
from mxseal._scan import Scan, ScanSettings
from mxseal.lab import Lab, Situation
from mxseal.lab.model import MailHost, policy
from mxseal.lab.situations import SITUATIONS

Row = dict[str, Any]
CROWD = 5000


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(crowd=CROWD) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_blocklist(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))


def options(lab: Lab, **further: Any) -> dict[str, Any]:
    """How the laboratory is reached."""
    return {
        "resolver": lab.resolver,
        "smtp_port": lab.smtp_port,
        "https_port": lab.https_port,
        "ca_file": str(lab.ca_file),
        "allow_private": True,
        "concurrency": 100,  # the laboratory's resolver is written in Python
        **further,
    }


def settings(lab: Lab, situation: Situation) -> ScanSettings:
    """How the situation is to be scanned."""
    options = situation.options
    return ScanSettings(
        resolvers=[lab.resolvers[options.resolver]],
        ca_file=str(lab.ca_file),
        smtp_port=lab.smtp_port,
        https_port=lab.https_port,
        allow_private=options.allow_private,
        probe=options.probe,
        timeout=options.timeout or 60,
    )


def check_settings(settings: ScanSettings) -> Settings:
    """The same for a check."""
    return Settings(
        resolvers=settings.resolvers,
        ca_file=settings.ca_file,
        smtp_port=settings.smtp_port,
        https_port=settings.https_port,
        allow_private=settings.allow_private,
        probe=settings.probe,
        timeout=settings.timeout,
        quick=True,
    )


# ----------------------------------------------------------------------- the same as mxseal check
# What a scan shows in another way than a check, and why.
OTHERWISE = {
    "http-drip": "a check waits 60 s for a policy, a scan 20",
    "run-resolver-refuses": "a scan ends there, and has no rows",
}


@pytest.fixture(scope="module")
def both(lab: Lab) -> dict[str, tuple[Row, DomainCheck]]:
    """Row and check of every situation, those with the same options in one run."""
    runs: defaultdict[tuple[object, ...], list[Situation]] = defaultdict(list)
    for situation in lab.situations:
        if situation.name not in OTHERWISE:
            alone = situation.name if situation.options.alone else ""
            runs[situation.options, alone].append(situation)
    results: dict[str, tuple[Row, DomainCheck]] = {}
    for situations in runs.values():
        domains = [each.domain for each in situations]
        how = settings(lab, situations[0])
        checks: dict[int, DomainCheck] = {}
        check_all(domains, check_settings(how), checks.__setitem__)
        for row in Scan(DomainList.of(domains), how).to_arrow().to_pylist():
            place = row["line"] - 1
            results[situations[place].name] = row, checks[place]
    return results


def row_of(check: DomainCheck) -> Row:
    """What a check says, as a row of a scan has it."""
    sts, host = check.sts, check.sts.host
    verdicts = [each.verdict for each in check.mx]
    leaves = [each.chain[0].not_after for mx in check.mx for each in mx.addresses if each.chain] + (
        [host.chain[0].not_after] if host and host.chain else []
    )
    return {
        "domain": check.domain,
        "verdict": check.verdict,
        "effects": vars(check.effects),
        "sts_id": sts.record and sts.record.id,
        "policy_mode": sts.policy and sts.policy.mode,
        "max_age": sts.policy and sts.policy.max_age,
        "policy_mx": sts.policy.mx if sts.policy else [],
        "policy_status": host.status if host and host.status != "not_tried" else None,
        "policy_address": (host and host.address) or None,
        "policy_expiry": host.chain[0].not_after if host and host.chain else None,
        "policy_sha256": host.chain[0].sha256 if host and host.chain else None,
        "mx_count": len(check.mx),
        "mx_passed": verdicts.count("passes"),
        "mx_failed": verdicts.count("fails"),
        "mx_unknown": verdicts.count("unknown"),
        "dane_state": check.dane.state,
        "tlsrpt": check.tlsrpt and check.tlsrpt.text,
        "tlsrpt_rua": check.tlsrpt.rua if check.tlsrpt else [],
        "first_expiry": min(leaves, default=None),
        "errors": len(check.errors),
        "warnings": sum(each.severity == "warning" for each in check.findings),
        "mx": [
            {
                "host": mx.host,
                "preference": mx.preference,
                "in_policy": mx.in_policy,
                "verdict": mx.verdict,
                "addresses": [
                    {
                        "address": each.address,
                        "smtp_status": each.smtp.status,
                        "tls_version": each.tls.version,
                        "not_after": each.chain[0].not_after if each.chain else None,
                        "sha256": each.chain[0].sha256 if each.chain else "",
                        "verdict": each.verdict,
                    }
                    for each in mx.addresses
                ],
            }
            for mx in check.mx
        ],
        "findings": [without_time(vars(each)) for each in check.findings],
    }


def comparable(row: Row) -> Row:
    """Without what only a scan has, and without times of its own."""
    beside = ("line", "sts_cname", "policy_cname", "started", "seconds")
    kept = {name: value for name, value in row.items() if name not in beside}
    kept["mx"] = [
        {name: value for name, value in each.items() if name != "dane"} for each in row["mx"]
    ]
    kept["findings"] = [without_time(each) for each in row["findings"]]
    return kept


def without_time(finding: Row) -> Row:
    """Without when, and how long it took: a library says that, and a server's late greeting."""
    took = r"after \d+ ms|\d+(\.\d+)? s\b"
    return finding | {"seen_at": None, "detail": re.sub(took, "", finding["detail"])}


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.name)
def test_row_and_check_say_the_same(
    lab: Lab, both: dict[str, tuple[Row, DomainCheck]], situation: Situation
) -> None:
    if situation not in lab.situations:
        pytest.skip(f"not to be played here: {lab.skipped[situation.name]}")
    if situation.name in OTHERWISE:
        pytest.skip(OTHERWISE[situation.name])
    row, check = both[situation.name]
    assert comparable(row) == row_of(check)


def test_one_domain_s_policy_says_nothing_of_another_at_the_same_host() -> None:
    """Both are served by one host; only one policy names it (KumoMTA #557)."""
    shared = MailHost(name="mx.provider.test.")
    named = Situation(
        name="named", sentence="", mail_hosts=(shared,), policy=policy(shared.name[:-1])
    )
    other = Situation(
        name="other", sentence="", mail_hosts=(shared,), policy=policy("mx.elsewhere.test")
    )
    testing = Situation(
        name="testing",
        sentence="",
        mail_hosts=(shared,),
        policy=policy("mx.elsewhere.test", mode="testing"),
    )
    none = Situation(name="none", sentence="", mail_hosts=(shared,), record=None, policy_host=None)
    situations = (named, other, testing, none)
    with Lab(situations) as small:
        for seed in range(4):  # whoever comes first
            scan = mxseal.scan([each.domain for each in situations], seed=seed, **options(small))
            rows = {row["domain"]: row for row in scan.to_arrow().to_pylist()}
            seen = {name: (row["verdict"], row["mx"][0]["in_policy"]) for name, row in rows.items()}
            assert seen == {
                "named.test": ("protected", True),
                "other.test": ("broken", False),
                "testing.test": ("testing", False),
                "none.test": ("unprotected", None),
            }
            assert {row["mx"][0]["addresses"][0]["sha256"] for row in rows.values()} == {
                rows["named.test"]["mx"][0]["addresses"][0]["sha256"]
            }


def test_a_shared_host_is_connected_to_once(lab: Lab) -> None:
    before = lab.connections
    mxseal.scan(lab.crowd.domains[:1000], **options(lab)).to_arrow()
    taken = lab.connections - before
    assert taken[lab.addresses("mx1.giant-mail.test")[0]] == 1
    assert taken[lab.addresses("in.office-mail.test")[0]] == 1


# --------------------------------------------------------------------------------- lists of domains
NAMES = ["enforce.test", "no..domain", "nobody.nowhere.test"]


def verdicts(rows: list[Row]) -> list[tuple[int, str, str]]:
    return sorted((row["line"], row["domain"], row["verdict"]) for row in rows)


EXPECTED = [
    (1, "enforce.test", "protected"),
    (2, "no..domain", "inconclusive"),
    (3, "nobody.nowhere.test", "no-mail"),
]


@pytest.mark.parametrize(
    "make",
    [
        list,
        tuple,
        iter,
        lambda names: (name for name in names),
        pd.Series,
        pl.Series,
        pa.array,
        lambda names: pd.DataFrame({"domain": names})["domain"],
        lambda names: pl.DataFrame({"domain": names}),
        lambda names: pa.table({"domain": names}),
        lambda names: pd.DataFrame({"Domain": names}),
    ],
)
def test_whatever_names_domains(lab: Lab, make: Any) -> None:
    scan = mxseal.scan(make(NAMES), **options(lab))
    assert verdicts(scan.to_arrow().to_pylist()) == EXPECTED


def test_a_file(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "domains.txt"
    path.write_text("\n".join(NAMES))
    for given in (str(path), path):
        scan = mxseal.scan(given, **options(lab))
        assert verdicts(scan.to_arrow().to_pylist()) == EXPECTED
        assert scan.record()["input"]["lines"] == 3
        assert len(scan.record()["input"]["sha256"]) == 64


def test_names_of_every_kind_are_rows(lab: Lab) -> None:
    names = [
        "",
        "\ud800.test",
        "\udcff.test",
        "\u202e",
        None,
        7,
        "ENFORCE.test.",
        "x" * 300,
        b"enforce.test",
    ]
    rows = mxseal.scan(names, **options(lab)).to_arrow().to_pylist()
    found = {row["line"]: row["domain"] for row in rows}
    assert found[1] == ""
    assert found[2] == "\\ud800.test"
    assert found[3] == "\\xff.test"
    assert found[6] == "7"
    assert found[7] == found[9] == "enforce.test"
    assert len(found) == len(names)
    codes = {row["line"]: {each["code"] for each in row["findings"]} for row in rows}
    for line in (1, 2, 3, 8):
        assert "scan.invalid-domain" in codes[line]


def test_an_empty_list(lab: Lab) -> None:
    carrying = pl.DataFrame({"domain": pl.Series([], dtype=pl.String), "customer": [[]][:0]})
    for empty, columns in (([], []), (carrying, ["customer"])):
        scan = mxseal.scan(empty, **options(lab))
        assert list(scan) == []
        table = mxseal.scan(empty, **options(lab)).to_arrow()
        assert table.num_rows == 0
        assert table.column_names[-1 - len(columns) :] == ["seconds", *columns]
        assert mxseal.scan(empty, **options(lab)).to_polars().height == 0
        assert mxseal.scan(empty, **options(lab)).to_pandas().empty
        assert mxseal.scan(empty, **options(lab)).summary().domains == 0


# ---------------------------------------------------------------------------------- carried columns
def test_columns_of_a_table_go_along(lab: Lab) -> None:
    table = pl.DataFrame(
        {
            "customer_id": [1, None, 3],
            "domain": NAMES,
            "huge": pl.Series([2**63, 2**64 - 1, None], dtype=pl.UInt64),
            "share": [0.5, float("nan"), None],
            "paid": [True, False, None],
            "note": ["=1+1", "\x1b[31m", None],
            "line": ["a", "b", "c"],
            "input_line": ["d", "e", "f"],
            "verdict": [1, 2, 3],
        }
    )
    scan = mxseal.scan(table, seed=3, **options(lab)).to_arrow()
    rows = sorted(scan.to_pylist(), key=lambda row: row["line"])
    own = scan.column_names[: scan.column_names.index("seconds") + 1]
    assert scan.column_names[len(own) :] == [
        *("customer_id", "huge", "share", "paid", "note"),
        *("input_line", "input_input_line", "input_verdict"),
    ]
    assert [row["line"] for row in rows] == [1, 2, 3]
    assert [row["customer_id"] for row in rows] == [1, None, 3]
    assert [row["huge"] for row in rows] == [str(2**63), str(2**64 - 1), None]
    assert rows[0]["share"] == 0.5
    assert rows[2]["share"] is None
    assert [row["paid"] for row in rows] == ["True", "False", None]
    assert [row["note"] for row in rows] == ["=1+1", "\x1b[31m", None]
    assert [row["input_line"] for row in rows] == ["a", "b", "c"]
    assert [row["input_input_line"] for row in rows] == ["d", "e", "f"]
    assert [row["input_verdict"] for row in rows] == [1, 2, 3]


def test_columns_of_pandas_go_along(lab: Lab) -> None:
    frame = pd.DataFrame(
        {
            "domain": NAMES,
            "customer": pd.Categorical(["a", "b", "a"]),
            "since": pd.to_datetime(["2026-01-01", None, "2026-01-03"]),
            "worth": [Decimal("1.5"), None, Decimal("3")],
        },
        index=["x", "y", "z"],
    )
    rows = mxseal.scan(frame, seed=None, **options(lab)).to_arrow().to_pylist()
    found = {row["line"]: row for row in rows}
    assert [found[line]["customer"] for line in (1, 2, 3)] == ["a", "b", "a"]
    assert found[1]["since"].startswith("2026-01-01")
    assert found[2]["since"] is None
    assert [found[line]["worth"] for line in (1, 2, 3)] == ["1.5", None, "3.0"]


def test_columns_of_a_csv_and_the_rank_of_a_ranking_go_along(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_bytes(b"customer,Domain,line\n\xff,enforce.test,7\n,no..domain\n")
    rows = mxseal.scan(path, **options(lab)).to_arrow().to_pylist()
    found = {row["line"]: (row["domain"], row["customer"], row["input_line"]) for row in rows}
    assert found == {
        2: ("enforce.test", "\\xff", "7"),
        3: ("no..domain", "", None),
    }
    path.write_text("1,enforce.test\n5,no..domain\n")
    rows = mxseal.scan(path, **options(lab)).to_arrow().to_pylist()
    assert {row["rank"]: row["domain"] for row in rows} == {1: "enforce.test", 5: "no..domain"}


# ------------------------------------------------------------------------------------ while it runs
def test_it_hands_out_batches_while_it_runs(lab: Lab) -> None:
    scan = mxseal.scan(lab.crowd.domains, **options(lab))
    assert repr(scan) == "<Scan a list: ready>"
    assert "<b>a list</b> ready" in scan._repr_html_()
    assert repr(scan) == "<Scan a list: ready>"  # to look at it begins nothing
    lines: list[int] = []
    for batch in scan:
        assert pl.DataFrame(batch).height == len(batch)
        assert isinstance(batch.to_dicts(0, 1)[0]["effects"], dict)
        lines += batch.column("line")
        assert scan.progress()["done"] >= len(lines)
        if len(lines) < CROWD:
            assert repr(scan) == f"<Scan a list: {len(lines):,} so far>"
    assert sorted(lines) == list(range(1, CROWD + 1))
    assert repr(scan) == f"<Scan a list: {CROWD:,} done>"
    assert all(word in scan._repr_html_() for word in (f"{CROWD:,} done", "protected"))
    scan.domains.name = "\x1b<b>"
    assert "\\x1b&lt;b&gt;" in scan._repr_html_()
    assert list(scan) == []
    with pytest.raises(MxsealError, match="handed out already"):
        scan.to_arrow()


def test_who_leaves_an_iteration_finds_the_rest_in_the_next(lab: Lab) -> None:
    scan = mxseal.scan(lab.crowd.domains, **options(lab))
    lines: list[int] = []
    for batch in scan:
        lines += batch.column("line")
        break
    assert 0 < len(lines) < CROWD
    for batch in scan:
        lines += batch.column("line")
    assert sorted(lines) == list(range(1, CROWD + 1))


def test_the_whole_in_every_library(lab: Lab) -> None:
    names = [*lab.crowd.domains[:300], "no..domain"]
    scan = mxseal.scan(names, **options(lab))
    table = scan.to_arrow()
    table.validate(full=True)
    assert scan.to_arrow().equals(table)
    assert scan.to_pandas()["domain"].tolist() == table["domain"].to_pylist()
    frame = scan.to_polars()
    assert frame["line"].to_list() == table["line"].to_pylist()
    assert frame["mx"].to_list() == table["mx"].to_pylist()
    assert scan.summary().domains == 301
    record = json.loads(table.schema.metadata[b"mxseal"])
    assert record["domains"] == 301
    assert sum(record["verdicts"].values()) == 301
    assert record["errors"]["scan.invalid-domain"] == 1
    assert record["input"] == {"name": "a list", "sha256": None, "lines": 301}
    assert record["resolver"] == [lab.resolver]
    assert record["resolver_validates"] is True
    assert record["started"] <= record["ended"]
    assert record["parameters"]["smtp_port"] == lab.smtp_port
    assert record["libraries"]["openssl"]
    assert record["version"] == mxseal.__version__


# Python drops an interrupt within the callback of a weak reference: that one is sent again.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_ctrl_c_loses_no_row_of_a_whole_table(lab: Lab) -> None:
    """Whoever asks once more gets what was done before, and the rest."""
    scan = mxseal.scan(lab.crowd.domains, **options(lab))
    interrupted = 0
    table = None
    alone = threading.Lock()

    def interrupt(over: threading.Event) -> None:
        wait = 0.3
        while not over.wait(wait):
            with alone:
                if table is None:  # whoever has it is left alone
                    os.kill(os.getpid(), signal.SIGINT)
            wait = 5.0

    while table is None:
        over = threading.Event()
        beside = threading.Thread(target=interrupt, args=(over,))
        beside.start()
        try:
            whole = scan.to_arrow()
            with alone:
                table = whole
        except KeyboardInterrupt:
            interrupted += 1
        finally:
            over.set()
            beside.join()
    assert interrupted > 0
    assert sorted(table["line"].to_pylist()) == list(range(1, CROWD + 1))


def test_categories_in_pandas_are_those_that_occur(lab: Lab) -> None:
    """The texts of all columns share one table: counts would have a row for each of them."""
    names = ["enforce.test", "testing.test"]
    frame = mxseal.scan(names, **options(lab)).to_pandas()
    assert frame["verdict"].value_counts().to_dict() == {"protected": 1, "testing": 1}
    for batch in mxseal.scan(names, **options(lab)):
        assert set(batch.to_pandas()["policy_mode"].cat.categories) <= {"enforce", "testing"}


class _Cut:
    """Names, and Ctrl-C while they are read, once."""

    def __init__(self, names: list[str], at: int) -> None:
        self.names = names
        self.at = at

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[str]:
        for place, name in enumerate(self.names):
            if place == self.at:
                self.at = -1
                raise KeyboardInterrupt
            yield name


@pytest.mark.parametrize("seed", [0, None])
def test_ctrl_c_while_the_list_is_read_loses_no_row(lab: Lab, seed: int | None) -> None:
    scan = mxseal.scan(_Cut(lab.crowd.domains, at=4500), **options(lab, seed=seed))
    with pytest.raises(KeyboardInterrupt):
        scan.to_arrow()
    assert sorted(scan.to_arrow()["line"].to_pylist()) == list(range(1, CROWD + 1))


def test_a_generator_that_was_cut_off_is_no_whole_list(lab: Lab) -> None:
    """Ctrl-C ends a generator: what it still had must not be missing without a word."""
    scan = mxseal.scan(iter(_Cut(lab.crowd.domains, at=300)), **options(lab))
    with pytest.raises(KeyboardInterrupt):
        scan.to_arrow()
    for _ in range(2):
        with pytest.raises(MxsealError, match="interrupted while its list was read"):
            scan.to_arrow()


def test_a_list_that_failed_stays_failed(lab: Lab) -> None:
    def names() -> Iterator[str]:
        yield from lab.crowd.domains[:300]
        raise RuntimeError("the database went away")

    scan = mxseal.scan(names(), **options(lab))
    for _ in range(2):
        with pytest.raises(RuntimeError, match="the database went away"):
            scan.to_arrow()


def test_python_works_beside_it(lab: Lab) -> None:
    """The scan holds no lock while it waits: work in another thread goes on meanwhile."""
    scan = mxseal.scan(lab.crowd.domains, **options(lab))
    counts = {"turns": 0}
    ended = threading.Event()

    def work() -> None:
        while not ended.is_set():
            counts["turns"] += 1

    beside = threading.Thread(target=work)
    seen = []
    # The servers of the laboratory are Python too: each answer would wait for the end of a turn.
    turn = sys.getswitchinterval()
    sys.setswitchinterval(turn / 100)
    try:
        beside.start()
        for _ in scan:
            seen.append(counts["turns"])
    finally:
        ended.set()
        sys.setswitchinterval(turn)
    beside.join()
    assert seen == sorted(set(seen)), "between any two batches it went on"


def test_many_scans_one_after_another_and_at_once(lab: Lab) -> None:
    scans = [iter(mxseal.scan(lab.crowd.domains[:200], **options(lab))) for _ in range(5)]
    rows = [0] * 5
    for place, scan in enumerate(scans):
        for batch in scan:
            rows[place] += len(batch)
    assert rows == [200] * 5
    left = mxseal.scan(lab.crowd.domains, **options(lab))
    next(iter(left))
    del left  # in the middle
    gc.collect()


def test_stopped_it_stays_stopped(lab: Lab) -> None:
    threads = len([*Path("/proc/self/task").iterdir()])
    scan = mxseal.scan(lab.crowd.domains, **options(lab))
    for batch in scan:
        rows = len(batch)
        scan.stop()
    assert rows < CROWD
    assert list(scan) == []
    assert scan.progress()["done"] == scan.record()["domains"] >= rows
    assert len([*Path("/proc/self/task").iterdir()]) <= threads, "nothing begins anew"
    assert mxseal.scan([], **options(lab)).progress()["done"] == 0


# ---------------------------------------------------------------------------------- what is refused
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timeout", 0),
        ("timeout", float("nan")),
        ("timeout", float("inf")),
        ("concurrency", 0),
        ("concurrency", 10**9),
        ("rate", float("nan")),
        ("rate", -1),
        ("max_per_host", 0),
        ("smtp_port", 0),
        ("https_port", 65_536),
        ("contact", "a\r\nHost: b"),
        ("helo", "a\nMAIL FROM:<>"),
        ("helo", "\u202e"),
        ("helo", "a b"),
    ],
)
def test_what_cannot_be_meant_is_refused(name: str, value: Any) -> None:
    said = "EHLO" if name == "helo" else name.replace("_", ".")
    with pytest.raises(WrongValueError, match=said):
        mxseal.scan([], **{name: value})


def test_what_is_wrong_with_resolver_roots_and_lists_is_told(lab: Lab, tmp_path: Path) -> None:
    for further, code in (
        ({"resolver": "nonsense"}, "resolver-address"),
        ({"ca_file": str(tmp_path)}, "trust-store"),
        ({"blocklist": ["192.0.2.0/24", "no domain"]}, "target-list"),
    ):
        with pytest.raises(ParseError) as wrong:
            list(mxseal.scan(["enforce.test"], **options(lab, **further)))
        assert wrong.value.code == code
    assert wrong.value.detail == "line 2: no domain"
    with pytest.raises(FileNotFoundError):
        mxseal.scan([], blocklist=tmp_path / "missing")


@pytest.mark.parametrize("kind", ["nobody", "refusing"])
def test_where_no_resolver_answers_it_ends(lab: Lab, kind: str) -> None:
    resolver = "127.0.0.1:9" if kind == "nobody" else lab.resolvers["refusing"]
    scan = mxseal.scan(["enforce.test"], **options(lab, resolver=resolver))
    for _ in range(2):
        with pytest.raises(NetworkError, match="no resolver answers") as error:
            scan.to_arrow()
        assert error.value.code == "scan.resolver-error"
        assert error.value.subject == resolver


def test_a_resolver_that_goes_away_ends_it_and_rows_that_say_nothing_are_not_handed_out() -> None:
    names = [f"d{number}.test" for number in range(20_000)]
    rows: list[int] = []
    with mortal_resolver(answers=10_000) as resolver:
        scan = mxseal.scan(names, resolver=resolver, allow_private=True)
        with pytest.raises(NetworkError, match="no resolver answers any more") as error:
            rows.extend(len(batch) for batch in scan)
    assert error.value.subject == resolver
    assert 0 < sum(rows) < len(names)
    assert scan.record()["questions"]["dropped"] == 0


def test_a_resolver_that_falls_silent_ends_it_and_rows_that_say_nothing_are_not_handed_out() -> (
    None
):
    names = [f"d{number}.test" for number in range(20_000)]
    with mortal_resolver(answers=10_000, stays=True) as resolver:
        scan = mxseal.scan(names, resolver=resolver, allow_private=True)
        verdicts: list[str] = []
        with pytest.raises(NetworkError, match="no resolver answers any more"):
            verdicts.extend(row["verdict"] for batch in scan for row in batch.to_dicts())
    assert 0 < len(verdicts) < len(names)
    assert "inconclusive" not in verdicts


# --------------------------------------------------------------------------------------- left alone
def test_who_is_on_the_block_list_is_left_alone(lab: Lab, tmp_path: Path) -> None:
    """By domain, by MX host and by address; nobody there sees anything of it."""
    config = tmp_path / ".config" / "mxseal"
    config.mkdir(parents=True)
    giants = lab.addresses("mx1.giant-mail.test") + lab.addresses("mx2.giant-mail.test")
    text = "# asked us\nenforce.test\nin.office-mail.test\n" + "".join(
        f"{each}/32\n" for each in giants
    )
    (config / "blocklist").write_text(text)
    names = [*lab.crowd.domains[:1000], "enforce.test"]
    before = lab.connections
    rows = {row["domain"]: row for row in mxseal.scan(names, **options(lab)).to_arrow().to_pylist()}
    taken = lab.connections - before
    alone = {*giants, *lab.addresses("in.office-mail.test"), *lab.addresses("mx1.enforce.test")}
    alone |= set(lab.addresses("mta-sts.enforce.test"))
    assert alone.isdisjoint(taken)
    assert taken.total() > 0
    blocked = rows["enforce.test"]
    assert blocked["verdict"] == "inconclusive"
    assert [each["code"] for each in blocked["findings"]] == ["scan.blocked"]
    met = {
        address["address"]: address["smtp_status"]
        for row in rows.values()
        for host in row["mx"]
        for address in host["addresses"]
    }
    for address in (*giants, *lab.addresses("in.office-mail.test")):
        assert met[address] == "blocked"
    assert any(
        "scan.blocked" in {f["code"] for f in row["findings"]} for row in rows.values() if row["mx"]
    )

    before = lab.connections
    exceptions = mxseal.scan(
        ["enforce.test"], allowlist=["enforce.test"], **options(lab)
    ).to_arrow()
    assert exceptions["verdict"].to_pylist() == ["protected"]
    other = mxseal.scan(["enforce.test"], blocklist=[], **options(lab)).to_arrow()
    assert other["verdict"].to_pylist() == ["protected"], "in place of the usual file"
    assert set(lab.connections - before) <= alone


def test_the_example_of_the_readme(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [(_, block)] = readme.blocks(readme.README.read_text(), "py")
    (tmp_path / "domains.csv").write_text("domain,customer_id\nexpired.test,c7\nenforce.test,c8\n")
    monkeypatch.chdir(tmp_path)
    scan = mxseal.scan
    monkeypatch.setattr(mxseal, "scan", lambda domains, **_: scan(domains, **options(lab)))
    exec(block, {"mxseal": mxseal, "polars": pl})
    shown = capsys.readouterr().out
    assert "expired.test" in shown
    assert "c7" in shown
    assert "enforce.test" not in shown
