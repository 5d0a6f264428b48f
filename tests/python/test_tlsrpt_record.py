# SPDX-License-Identifier: MIT
"""The record half of ``mxseal.tlsrpt`` (RFC 8460 section 3)."""

from __future__ import annotations

import pickle
import re

import pytest

from mxseal import ParseError, tlsrpt
from rows import DATA, Row, attempt, input_of, rows

# The grammar of RFC 8460 3 once more, as a regular expression, for records with one plain rua.
UNRESERVED = rb"[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2}"
MAILTO = rb"(?i:mailto:)(?:%s|[$'()*+:])+@(?:%s|[$'()*+:])+(?:\?(?:%s|[$&'()*+=:@/?])*)?" % (
    (UNRESERVED,) * 3
)
HTTPS = (
    rb"(?i:https:)//(?:(?:%s|[$&'()*+=:])*@)?(?:%s|[$&'()*+=])+(?::[0-9]*)?"
    rb"(?:/(?:%s|[$&'()*+=:@/])*)?(?:\?(?:%s|[$&'()*+=:@/?])*)?(?:\#(?:%s|[$&'()*+=:@/?])*)?"
) % ((UNRESERVED,) * 5)
USABLE = re.compile(rb"(?:%s|%s)" % (MAILTO, HTTPS))
LIST = re.compile(rb"rua=([!-+\--:<-~]*(?:[ \t]*,[ \t]*[!-+\--:<-~]*)*)")
FIELD = re.compile(rb"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}=[\x21-\x3a\x3c\x3e-\x7e]+")
VERSION = re.compile(rb"v=TLSRPTv1[ \t]*;")


def usable(record: bytes) -> list[bytes]:
    """The usable URIs of a record with at most one rua; none where it is invalid."""
    if not VERSION.match(record):
        return []
    fields = re.split(rb"[ \t]*;[ \t]*", record.rstrip(b" \t"))[1:]
    if fields and not fields[-1]:
        fields.pop()
    found: list[bytes] = []
    for field in fields:
        uris = LIST.fullmatch(field) if field.startswith(b"rua=") else None
        if uris and not uris[1].startswith((b" ", b"\t")):
            found = [uri for uri in re.split(rb"[ \t]*,[ \t]*", uris[1]) if USABLE.fullmatch(uri)]
        elif uris or field.startswith(b"rua=") or not FIELD.fullmatch(field):
            return []
    return found


@pytest.mark.parametrize("row", rows(DATA / "tlsrpt_records.jsonl"), ids=lambda row: row["place"])
def test_record_rows(row: Row) -> None:
    """Q32."""
    if "code" in row:
        with pytest.raises(ParseError) as raised:
            tlsrpt.parse_record(input_of(row))
        assert (raised.value.code, raised.value.offset) == (row["code"], row["offset"])
    else:
        record = tlsrpt.parse_record(input_of(row))
        assert record.rua == row["rua"]
        assert record.extensions == [tuple(pair) for pair in row["extensions"]]
        assert record.deviations == row["deviations"]
        assert pickle.loads(pickle.dumps(record)) == record


@pytest.mark.parametrize(
    "record",
    [
        b"v=TLSRPTv1; rua=mailto:a+b@c.d?e=f",
        b"v=TLSRPTv1;rua=https://u@h.x:1/p%2C?q=r#s;",
        b"v=TLSRPTv1; x=y; rua=mailto:a@b , https://h \t; ",
    ],
)
def test_every_byte_in_every_place_of_a_record(record: bytes) -> None:
    """Q32: put in, and put in place of another; two rua cannot come of one byte."""
    for place in range(len(record) + 1):
        for byte in range(256):
            one = bytes([byte])
            for each in (
                record[:place] + one + record[place:],
                record[:place] + one + record[place + 1 :],
            ):
                record_read = attempt(tlsrpt.parse_record, each)
                found = [uri.encode() for uri in record_read.rua] if record_read else []
                assert found == usable(each), each


def test_record_is_a_value() -> None:
    record = tlsrpt.parse_record("v=TLSRPTv1; rua=mailto:a@b.example, https://c.example/; x=1 ")
    assert repr(record) == "<TlsrptRecord rua=mailto:a@b.example, …>"
    assert record.text == "v=TLSRPTv1; rua=mailto:a@b.example, https://c.example/; x=1 "
    same = tlsrpt.parse_record("v=TLSRPTv1; x=1; rua=mailto:a@b.example,https://c.example/")
    assert record == same
    assert record != tlsrpt.parse_record("v=TLSRPTv1; rua=mailto:a@b.example")
    assert record != record.text
    assert len({record, same}) == 1
    assert pickle.loads(pickle.dumps(record)).deviations == ["trailing-space"]


def test_select_record() -> None:
    """Q32 Q4: strings are joined without spaces, one record must be left."""
    assert tlsrpt.select_record([]) is None
    assert tlsrpt.select_record([["v=STSv1; id=1"]]) is None
    selected = tlsrpt.select_record([[b"v=TLSRPTv1; rua=mail", "to:a@b.example"], ["other"]])
    assert selected is not None
    assert selected.rua == ["mailto:a@b.example"]
    for records, code in (
        ([["v=TLSRPTv1; rua=mailto:a@b"], ["v=TLSRPTv1;"]], "multiple"),
        ([["v=TLSRPTv1; rua=mailto:a@b", " c"]], "rua-invalid"),
    ):
        with pytest.raises(ParseError) as raised:
            tlsrpt.select_record(records)
        assert raised.value.code == code
