# SPDX-License-Identifier: MIT
"""Records and policies against the conformance tables and real files, beside the project."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from mxseal import ParseError, mtasts, tlsrpt
from rows import Row, rows

CONFORMANCE = Path(__file__).parents[2] / ".." / "shared" / "conformance"

pytestmark = pytest.mark.skipif(
    not CONFORMANCE.exists(), reason="the conformance tables are not there: ../shared/conformance"
)


def table(name: str) -> list[Row]:
    """The rows of a table; none where the tables are not there (the tests are skipped then)."""
    file = CONFORMANCE / name
    return rows(file) if file.exists() else []


def of(name: str, **only: str) -> pytest.MarkDecorator:
    found = [row for row in table(name) if only.items() <= row.items()]
    return pytest.mark.parametrize("row", found, ids=lambda row: row["place"])


def input_of(row: Row) -> bytes:
    if "input_b64" in row:
        return base64.b64decode(row["input_b64"])
    text: str = row["input"]
    return text.encode()


def lower(names: list[str]) -> list[str]:
    return [name.lower() for name in names]


def check_verdict(verdict: str, deviations: list[str]) -> None:
    assert verdict == ("tolerated" if deviations else "valid")


@of("vectors/sts_records.jsonl")
def test_sts_records(row: Row) -> None:
    """Q2 Q5."""
    if row["verdict"] in ("invalid", "not-sts"):
        with pytest.raises(ParseError):
            mtasts.parse_record(input_of(row))
    else:
        record = mtasts.parse_record(input_of(row))
        check_verdict(row["verdict"], record.deviations)
        assert record.id == row["id"]
        assert record.extensions == [tuple(pair) for pair in row["extensions"]]
    if row["verdict"] == "not-sts":
        assert mtasts.select_record([[input_of(row)]]) is None


@of("vectors/tlsrpt_records.jsonl")
def test_tlsrpt_records(row: Row) -> None:
    """Q32."""
    if row["verdict"] in ("invalid", "not-tlsrpt"):
        with pytest.raises(ParseError):
            tlsrpt.parse_record(input_of(row))
    else:
        record = tlsrpt.parse_record(input_of(row))
        check_verdict(row["verdict"], record.deviations)
        assert record.rua == row["rua"]
        assert record.extensions == [tuple(pair) for pair in row["extensions"]]
    if row["verdict"] == "not-tlsrpt":
        assert tlsrpt.select_record([[input_of(row)]]) is None


def check_none_selected(row: Row, select: Callable[[list[list[str]]], object]) -> None:
    if row["why"] == "none":
        assert select(row["records"]) is None
    else:
        with pytest.raises(ParseError) as raised:
            select(row["records"])
        assert (raised.value.code == "multiple") == (row["why"] == "multiple")


@of("vectors/sts_sets.jsonl")
def test_sts_sets(row: Row) -> None:
    """Q3 Q4."""
    if row["selected"] is None:
        check_none_selected(row, mtasts.select_record)
    else:
        record = mtasts.select_record(row["records"])
        assert record is not None
        assert record.id == row["id"]
        assert record.text == "".join(row["records"][row["selected"]])


@of("vectors/tlsrpt_sets.jsonl")
def test_tlsrpt_sets(row: Row) -> None:
    """Q32."""
    if row["selected"] is None:
        check_none_selected(row, tlsrpt.select_record)
    else:
        record = tlsrpt.select_record(row["records"])
        assert record is not None
        assert record.rua == row["rua"]
        assert record.text == "".join(row["records"][row["selected"]])


@of("vectors/policies.jsonl")
def test_policies(row: Row) -> None:
    """Q8 Q9 Q10 Q11 Q53."""
    if row["verdict"] == "invalid":
        with pytest.raises(ParseError):
            mtasts.parse_policy(input_of(row))
        return
    policy = mtasts.parse_policy(input_of(row))
    check_verdict(row["verdict"], policy.deviations)
    assert (policy.version, policy.mode, policy.max_age) == (
        row["version"],
        row["mode"],
        row["max_age"],
    )
    assert lower(policy.mx) == lower(row["mx"])
    assert policy.extensions == [tuple(pair) for pair in row["extensions"]]
    assert mtasts.parse_policy(str(policy)) == policy


@of("vectors/mx_match.jsonl")
def test_mx_match(row: Row) -> None:
    """Q21."""
    mode = "enforce" if row["patterns"] else "none"
    policy = mtasts.Policy(mode=mode, mx=row["patterns"], max_age=86400)
    assert policy.matches(row["host"]) is bool(policy.match(row["host"])) is row["match"]


@of("real/policies.jsonl")
def test_real_policies(row: Row) -> None:
    """Q8: files that others have published, mistakes included."""
    body = (CONFORMANCE / "real" / row["file"]).read_bytes()
    if row["verdict"] == "invalid":
        with pytest.raises(ParseError):
            mtasts.parse_policy(body)
        return
    policy = mtasts.parse_policy(body)
    check_verdict(row["verdict"], policy.deviations)
    assert (policy.mode, policy.max_age) == (row["mode"], row["max_age"])
    assert lower(policy.mx) == lower(row["mx"])


@pytest.mark.parametrize("kind", ["sts", "tlsrpt"])
def test_real_records(kind: str) -> None:
    """Q2 Q32: records that others have published."""
    module = {"sts": mtasts, "tlsrpt": tlsrpt}[kind]
    found = [row for row in table("real/records.jsonl") if row["kind"] == kind]
    assert found
    for row in found:
        try:
            module.parse_record(row["text"])
            verdict = "valid"
        except ParseError:
            verdict = "invalid"
        assert verdict == ("valid" if row["verdict"] == "valid" else "invalid"), row
        if row["verdict"] == "discarded":
            assert module.select_record([[row["text"]]]) is None, row
