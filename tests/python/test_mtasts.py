# SPDX-License-Identifier: MIT
"""``mxseal.mtasts``: what Python users see of records and policies (RFC 8461)."""

from __future__ import annotations

import doctest
import pickle
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxseal import MxsealError, ParseError, mtasts
from rows import DATA, Row, attempt, input_of, rows

USUAL = "version: STSv1\nmode: enforce\nmx: mx.example.com\nmax_age: 86400\n"

# The grammar of RFC 8461 3.1 and 3.2 once more, as regular expressions: another implementation.
VALUE = rb"[\x21-\x3a\x3c\x3e-\x7e]+"
NAME = rb"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}"
FIELD = rb"%s=%s" % (NAME, VALUE)
DELIM = rb"[ \t]*;[ \t]*"
STS_RECORD = re.compile(
    rb"v=STSv1(?:%s%s)+(?:%s)?" % (DELIM, FIELD, DELIM),
)
STS_ID = re.compile(rb"id=([A-Za-z0-9]{1,32})")


def is_sts_record(record: bytes) -> bool:
    """Whether a record follows the grammar and its first id is one."""
    if not STS_RECORD.fullmatch(record):
        return False
    ids = [field for field in re.split(DELIM, record) if field.startswith(b"id=")]
    return bool(ids) and STS_ID.fullmatch(ids[0]) is not None


def raised_by(text: bytes | str) -> ParseError:
    with pytest.raises(ParseError) as raised:
        mtasts.parse_policy(text)
    return raised.value


@pytest.mark.parametrize("row", rows(DATA / "sts_records.jsonl"), ids=lambda row: row["place"])
def test_record_rows(row: Row) -> None:
    """Q2 Q5."""
    if "code" in row:
        with pytest.raises(ParseError) as raised:
            mtasts.parse_record(input_of(row))
        assert (raised.value.code, raised.value.offset) == (row["code"], row["offset"])
    else:
        record = mtasts.parse_record(input_of(row))
        assert record.id == row["id"]
        assert record.extensions == [tuple(pair) for pair in row["extensions"]]
        assert record.deviations == row["deviations"]
        assert pickle.loads(pickle.dumps(record)) == record


@pytest.mark.parametrize("row", rows(DATA / "policies.jsonl"), ids=lambda row: row["place"])
def test_policy_rows(row: Row) -> None:
    """Q8 Q9 Q10 Q11."""
    if "code" in row:
        error = raised_by(input_of(row))
        assert (error.code, error.offset) == (row["code"], row["offset"])
    else:
        policy = mtasts.parse_policy(input_of(row))
        assert policy.version == "STSv1"
        assert (policy.mode, policy.max_age, policy.mx) == (row["mode"], row["max_age"], row["mx"])
        assert policy.extensions == [tuple(pair) for pair in row["extensions"]]
        assert policy.deviations == row["deviations"]
        assert mtasts.parse_policy(str(policy)) == policy
        again = pickle.loads(pickle.dumps(policy))
        assert again == policy
        assert (again.lines, again.deviations) == (policy.lines, policy.deviations)


@pytest.mark.parametrize("row", rows(DATA / "mx_match.jsonl"), ids=lambda row: row["place"])
def test_match_rows(row: Row) -> None:
    """Q21."""
    mode = "enforce" if row["mx"] else "none"
    policy = mtasts.Policy(mode=mode, mx=row["mx"], max_age=86400)
    match = policy.match(row["host"])
    assert (match.pattern, match.reason) == (row.get("pattern"), row.get("reason"))
    assert policy.matches(row["host"]) is bool(match) is ("pattern" in row)


@pytest.mark.parametrize(
    "record", [b"v=STSv1; id=a1;", b"v=STSv1;x=y \t; id=b ", b"v=STSv1; id=1; id=2;v=3"]
)
def test_every_byte_in_every_place_of_a_record(record: bytes) -> None:
    """Q2 Q5: put in, put in place of another, and left out."""
    for place in range(len(record) + 1):
        changed = [record[:place] + record[place + 1 :]]
        for byte in range(256):
            one = bytes([byte])
            changed += [record[:place] + one + record[place:]]
            changed += [record[:place] + one + record[place + 1 :]]
        for each in changed:
            accepted = attempt(mtasts.parse_record, each) is not None
            assert accepted == is_sts_record(each), each


LABEL = rb"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
LINE = rb"|".join(
    [
        rb"version:[ \t]*STSv1",
        rb"mode:[ \t]*(?:enforce|testing|none)",
        rb"max_age:[ \t]*[0-9]{1,10}",
        rb"mx:[ \t]*(?:\*\.)?%s(?:\.%s)*" % (LABEL, LABEL),
        rb"(?!(?:version|mode|max_age|mx):)%s:" % NAME
        + rb"[ \t]*[!-~\x80-\xff](?:[ -~\x80-\xff]*[!-~\x80-\xff])?",
    ]
)
POLICY = re.compile(rb"(?:(?:%s)[ \t]*(?:\r?\n|\Z)|[ \t]*\r?\n|[ \t]+\Z)+" % LINE)


def is_policy(body: bytes) -> bool:
    """Whether a policy without repeated fields follows the grammar, blank lines aside."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    lines = [line.rstrip(b"\r") for line in body.split(b"\n")]
    names = [line.split(b":")[0] for line in lines if b":" in line]
    age = re.search(rb"^max_age:[ \t]*([0-9]+)", body, re.M)
    return (
        POLICY.fullmatch(body) is not None
        and {b"version", b"mode", b"max_age"} <= set(names)
        and (b"mx" in names or re.search(rb"^mode:[ \t]*none", body, re.M) is not None)
        and age is not None
        and int(age[1]) <= 31557600
    )


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b" \n"])
def test_every_byte_in_every_place_of_a_policy(end: bytes) -> None:
    """Q8 Q11."""
    body = end.join([b"version:STSv1", b"mode: none", b"mx:*.a-b.c", b"max_age: 7", b"x: y z", b""])
    for place in range(len(body) + 1):
        for byte in range(256):
            one = bytes([byte])
            for each in (body[:place] + one + body[place:], body[:place] + one + body[place + 1 :]):
                accepted = attempt(mtasts.parse_policy, each) is not None
                assert accepted == is_policy(each), each


@given(
    st.sampled_from(["enforce", "testing", "none"]),
    st.lists(st.from_regex(r"\A(\*\.)?[a-zA-Z0-9]{1,9}(\.[a-z0-9]-?[a-z]){0,3}\Z"), min_size=1),
    st.integers(0, 31557600),
)
def test_what_is_built_is_read_back(mode: str, mx: list[str], max_age: int) -> None:
    policy = mtasts.Policy(mode=mode, mx=mx, max_age=max_age)
    again = mtasts.parse_policy(str(policy))
    assert again == policy
    assert hash(again) == hash(policy)
    assert (again.mode, again.mx, again.max_age) == (mode, mx, max_age)
    assert again.deviations == []


def test_bytes_and_str_are_read_alike() -> None:
    text = USUAL + "x: é\n"
    assert mtasts.parse_policy(text) == mtasts.parse_policy(text.encode())
    assert mtasts.parse_record("v=STSv1; id=1") == mtasts.parse_record(b"v=STSv1; id=1")
    # A str that carries raw bytes, as dnspython and os.fsdecode make it, and a lone surrogate.
    assert raised_by(USUAL + "x: \udce9\n").code == "not-utf8"
    assert raised_by(USUAL + "x: \ud800\n").code == "not-utf8"
    assert not mtasts.parse_policy(USUAL).matches("\ud800.example.com")
    assert mtasts.parse_policy(USUAL).matches(b"mx.example.com")


def test_what_is_no_text_is_a_type_error() -> None:
    for wrong in (None, 1, ["v=STSv1; id=1"], bytearray(b"x")):
        with pytest.raises(TypeError):
            mtasts.parse_record(wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            mtasts.parse_policy(wrong)  # type: ignore[arg-type]


def test_an_error_says_what_and_where() -> None:
    error = raised_by("version: STSv1\nmode: \x1b[31mlive\n")
    assert isinstance(error, MxsealError)
    assert isinstance(error, ValueError)
    assert (error.code, error.detail, error.offset) == ("mode-invalid", "\x1b[31mlive", 21)
    assert (
        str(error)
        == "mode is not enforce, testing or none: '\\x1b[31mlive', at byte 21 [mode-invalid]"
    )
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.args, str(again)) == (ParseError, error.args, str(error))
    assert raised_by(b"\xff\xfe").detail == "\\xff\\xfe"


@pytest.mark.parametrize(
    ("mode", "mx", "max_age", "code"),
    [
        ("enforce", [], 1, "mx-missing"),
        ("live", ["a.example"], 1, "mode-invalid"),
        ("enforce", ["a.example", "b."], 1, "mx-invalid"),
        ("enforce", ["a.example\nmode: none"], 1, "mx-invalid"),
        ("enforce", ["münchen.example"], 1, "mx-invalid"),
        ("enforce", ["a.example"], -1, "max_age-out-of-range"),
        ("enforce", ["a.example"], 31557601, "max_age-out-of-range"),
        ("enforce", ["a.example"], 10**40, "max_age-out-of-range"),
        ("enforce", ["a.example"], -(10**40), "max_age-out-of-range"),
    ],
)
def test_an_invalid_policy_is_not_built(mode: str, mx: list[str], max_age: int, code: str) -> None:
    with pytest.raises(ParseError) as raised:
        mtasts.Policy(mode=mode, mx=mx, max_age=max_age)
    assert (raised.value.code, raised.value.offset) == (code, None)


def test_policy_is_a_value() -> None:
    policy = mtasts.Policy(mode="enforce", mx=["*.example.net", "MX.example.com"], max_age=604800)
    assert str(policy) == (
        "version: STSv1\nmode: enforce\nmx: *.example.net\nmx: MX.example.com\nmax_age: 604800\n"
    )
    assert policy.lines == str(policy).splitlines()
    assert repr(policy) == "<Policy enforce, 2 mx, max_age 604800>"
    same = mtasts.parse_policy(str(policy).lower().replace("stsv1", "STSv1") + "mode: none\n")
    assert same == policy
    assert len({same, policy}) == 1
    assert policy != mtasts.Policy(mode="testing", mx=policy.mx, max_age=604800)
    assert policy != str(policy)
    with pytest.raises(AttributeError):
        policy.mode = "none"  # type: ignore[misc]
    policy.mx.append("*.attacker.example")
    assert policy.mx == ["*.example.net", "MX.example.com"]


def test_record_is_a_value() -> None:
    record = mtasts.parse_record("v=STSv1; id=1; x=2; x=3")
    assert repr(record) == "<StsRecord id=1>"
    assert record.text == "v=STSv1; id=1; x=2; x=3"
    assert record == mtasts.parse_record("v=STSv1;x=2;id=1;")
    assert record != "v=STSv1; id=1"
    assert len({record, mtasts.parse_record("v=STSv1;x=2;id=1;")}) == 1
    assert pickle.loads(pickle.dumps(record)).deviations == ["duplicate-field"]


def test_match_is_a_value() -> None:
    policy = mtasts.Policy(mode="enforce", mx=["*.example.net"], max_age=1)
    assert repr(policy.match("a.example.net")) == "<Match *.example.net>"
    assert repr(policy.match("example.net")) == "<Match none: wildcard-depth>"
    assert policy.match("a.example.net") == policy.match("b.example.net")
    assert len({policy.match("a.example.net"), policy.match("example.net")}) == 2


def test_select_record() -> None:
    """Q3 Q4: strings are joined without spaces, one record must be left."""
    assert mtasts.select_record([]) is None
    assert mtasts.select_record([["v=spf1 -all"], ["v=STSv10; id=1"]]) is None
    selected = mtasts.select_record([["other"], ["v=ST", "Sv1; i", "d=a", "b;"], []])
    assert selected is not None
    assert selected.id == "ab"
    assert selected.text == "v=STSv1; id=ab;"
    mixed = mtasts.select_record([[b"v=STSv1; ", "id=1"]])
    assert mixed is not None
    for records, code in (
        ([["v=STSv1; id=a"], ["v=STSv1; id=a"]], "multiple"),
        ([["v=STSv1; id=a", " b"]], "id-invalid"),
    ):
        with pytest.raises(ParseError) as raised:
            mtasts.select_record(records)
        assert raised.value.code == code
    with pytest.raises(ParseError) as raised:
        mtasts.select_record([["v=STSv1; id=a"], ["v=spf1 -all"], ["v=STSv1; id=b"]])
    assert raised.value.detail == "v=STSv1; id=a | v=STSv1; id=b"


def test_the_example_of_the_module() -> None:
    assert doctest.testmod(mtasts) == doctest.TestResults(failed=0, attempted=6)
