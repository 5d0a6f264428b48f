# SPDX-License-Identifier: MIT
"""The mail reader held against Python's ``email`` on every mail there is."""

from __future__ import annotations

import binascii
import email
import email.utils
import re
from collections.abc import Iterator
from email.message import Message
from inspect import signature
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from mxseal import ParseError
from mxseal._core import mime

ROOT = Path(__file__).parents[2]
MAILS = ROOT / "tests" / "data" / "mails"
ARCHIVE = ROOT / "tests" / "data" / "archive"
REAL = ROOT / ".." / "shared" / "conformance" / "real" / "reports"

NAME = "héron.example!example.org!1770076800!1770163199!001.json.gz"

# Where we do not agree: what we read instead (as in another mail, or a name), and why.
OTHER_PARTS = {
    "comments-in-fields": ("gzip", "email takes a comment for a part of the media type"),
    "json-encoded-oddly": ("json-7bit", "email knows an encoding only without a comment behind it"),
    "quoted-separator-of-an-mbox": ("gzip", "email takes the whole mail for a body"),
}
OTHER_NAMES = {
    "eight-bit-names": (NAME, "email gives one question mark a byte"),
    "name-as-encoded-words": ("héron!example.org!001.json.gz", "email leaves encoded words"),
}


class Part(NamedTuple):
    """``content`` is None where the two readers mean different things by it: see leaves()."""

    media_type: str
    filename: str
    content: bytes | None


def leaves(message: Message) -> Iterator[Message]:
    """The parts without parts. For us an attached mail is one, for ``email`` it has parts."""
    if message.is_multipart() and message.get_content_maintype() != "message":
        for part in message.get_payload():
            assert isinstance(part, Message)
            yield from leaves(part)
    else:
        yield message


# RFC 2045 6.8: padding is the end of the data. Newer Pythons read on behind it.
READS_ON = binascii.a2b_base64(b"YQ==YQ==") != b"a"
BEHIND_PADDING = re.compile(r"=[^A-Za-z0-9+/]*[A-Za-z0-9+/]")


def reads_on_behind_padding(part: Message) -> bool:
    """Whether this Python's ``email`` takes text behind base64 for data, so that it is no guide."""
    base64 = str(part.get("Content-Transfer-Encoding", "")).strip().lower() == "base64"
    return READS_ON and base64 and bool(BEHIND_PADDING.search(str(part.get_payload())))


def parts_by_email(data: bytes) -> list[Part]:
    parts = []
    for part in leaves(email.message_from_bytes(data)):
        payload = part.get_payload(decode=True)
        # Of a multipart without a boundary email forgets what stands behind the closing one.
        whole = part.get_content_maintype() not in ("message", "multipart")
        whole = whole and not reads_on_behind_padding(part)
        content = payload if whole and isinstance(payload, bytes) else None
        parts.append(Part(part.get_content_type(), str(part.get_filename("")), content))
    return parts


def parts_by_mxseal(data: bytes) -> list[Part]:
    return [
        Part(
            part.media_type,
            part.filename,
            None if part.media_type.startswith(("message/", "multipart/")) else part.content,
        )
        for part in mime.read_mail(data).parts
        if part.code is None or part.code == "mail-truncated"
    ]


def mails(folder: Path) -> list[object]:
    return [pytest.param(path, id=path.stem) for path in sorted(folder.rglob("*.eml"))]


# Newer Pythons give nothing for a field with anything odd in it, unless they are told not to.
LENIENT = {"strict": False} if "strict" in signature(email.utils.getaddresses).parameters else {}


def assert_parts_agree(ours: list[Part], expected: list[Part]) -> None:
    """The same parts; of those that ``email`` is no guide for (None) all but the content."""
    assert [part[:2] for part in ours] == [part[:2] for part in expected]
    for mine, theirs in zip(ours, expected, strict=True):
        assert theirs.content is None or mine.content == theirs.content


def assert_fields_agree(data: bytes) -> None:
    theirs, ours = email.message_from_bytes(data), mime.read_mail(data)
    addresses = email.utils.getaddresses([str(theirs.get("From", ""))], **LENIENT)
    assert ours.mail_from == next((address for _, address in addresses), "")
    submitter = str(theirs.get("TLS-Report-Submitter", ""))
    assert ours.submitter == submitter.rpartition(")")[2].strip()


@pytest.mark.parametrize("path", mails(MAILS))
def test_awkward_mails(path: Path) -> None:
    """Q59: the parts are found whatever else a mail has; the rest is the caller's to ignore."""
    data = path.read_bytes()
    if path.stem in OTHER_PARTS:
        other, reason = OTHER_PARTS[path.stem]
        expected = parts_by_email((MAILS / f"{other}.eml").read_bytes())
        assert parts_by_email(data) != expected, f"no longer so: {reason}"
    else:
        expected = parts_by_email(data)
        assert_fields_agree(data)
    if path.stem in OTHER_NAMES:
        name, reason = OTHER_NAMES[path.stem]
        assert expected[-1].filename != name, f"no longer so: {reason}"
        expected[-1] = expected[-1]._replace(filename=name)
    assert_parts_agree(parts_by_mxseal(data), expected)


@pytest.mark.parametrize("path", mails(ARCHIVE))
def test_bundled_mails(path: Path) -> None:
    data = path.read_bytes()
    assert_parts_agree(parts_by_mxseal(data), parts_by_email(data))
    assert_fields_agree(data)


@pytest.mark.skipif(not REAL.is_dir(), reason="../shared is not beside this checkout")
@pytest.mark.parametrize("path", mails(REAL))
def test_real_mails(path: Path) -> None:
    data = path.read_bytes()
    assert_parts_agree(parts_by_mxseal(data), parts_by_email(data))
    assert_fields_agree(data)


HEADERS = [
    "Content-Type: multipart/mixed; boundary=a",
    'Content-Type: multipart/report; boundary="ab"',
    "Content-Type: multipart/alternative;\n boundary=abc",
    'Content-Type: multipart/mixed; x="a;b\\"c"; boundary="a" ; y=1',
    "Content-Type: multipart/digest; boundary=a",
    "content-type: TEXT/Plain; charset=utf-8; name=n.txt",
    "Content-Type: text",
    "Content-Type: application/tlsrpt+gzip",
    "Content-Type: message/rfc822",
    "Content-Transfer-Encoding: base64",
    "Content-Transfer-Encoding: QUOTED-PRINTABLE",
    "Content-Transfer-Encoding: 7bit",
    'Content-Disposition: attachment; filename="a b.json"',
    "Content-Disposition: attachment; filename=r.json.gz; size=3",
    'Content-Disposition: inline; filename*0=a; filename*1="b c"',
    "Content-Disposition: attachment; filename*=utf-8''%41%c3%a9.json",
    "Content-Disposition: x; filename*0*=iso-8859-1''%e9; filename*1=z",
    "X-Empty:",
    "X-Folded: a\n\tb",
    ": nothing",
]
DELIMITERS = ["--a", "--a", "--a \t", "--ab", "--abc", "--a--  ", "--ab--", "--abc--"]
TEXTS = [
    *("", "", "x--a", "--", "----", "hello", "aGVsbG8=", "aGVsbG8", "aGVs*bG8=", "a"),
    *("=41=4a=zz=", "soft=", "text: with colon", "=", "YQ==YQ==", "a=b=", "====", "YWJj"),
]


def random_mail(rng: Random) -> bytes:
    """Fields, boundaries and text in any order: hardly a mail, and still one reading is right."""
    lines = [rng.choice(HEADERS) for _ in range(rng.randrange(3))] + [""]
    for _ in range(rng.randrange(1, 20)):
        lines.append(rng.choice(rng.choice([HEADERS, DELIMITERS, TEXTS])))
        # Of a closing delimiter right behind another email makes a part of the epilogue.
        if lines[-1].startswith("--") and lines[-2].startswith("--"):
            lines.insert(-1, "between")
    text = "\n".join(lines) + rng.choice(["", "\n"])
    return text.replace("\n", rng.choice(["\n", "\r\n"])).encode()


@pytest.mark.parametrize("seed", range(20))
def test_random_mails(seed: int) -> None:
    rng = Random(seed)
    for _ in range(100):
        data = random_mail(rng)
        expected = parts_by_email(data)
        broken = [part.code for part in mime.read_mail(data).parts if part.code is not None]
        if broken:  # email gives base64 that lacks a digit back as it was
            continue
        assert_parts_agree(parts_by_mxseal(data), expected)


def test_limits_raise() -> None:
    with pytest.raises(ParseError) as raised:
        mime.read_mail(b"Subject: " + b"x" * 300_000 + b"\n\n")
    assert raised.value.code == "mail-headers-too-large"
    assert raised.value.offset == 256 * 1024


def test_an_encoding_that_cannot_be_undone_is_named() -> None:
    part = mime.read_mail(b"Content-Transfer-Encoding: x-uuencode\n\nbegin").parts[0]
    assert (part.code, part.content) == ("mail-encoding", b"begin")
