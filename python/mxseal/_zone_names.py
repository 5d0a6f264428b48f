# SPDX-License-Identifier: MIT
"""The names of a zone, from its master file (RFC 1035 §5.1).

A registry's zone has a record a line, and its names are wanted, nothing else: what a record says is
passed over, parentheses and quotes only followed to know where the next one begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

# fmt: off
_TYPES = frozenset((
    "a", "aaaa", "afsdb", "apl", "caa", "cdnskey", "cds", "cert", "cname", "csync", "dhcid",
    "dname", "dnskey", "ds", "eui48", "eui64", "hinfo", "https", "ipseckey", "key", "kx", "loc",
    "mx", "naptr", "ns", "nsec", "nsec3", "nsec3param", "openpgpkey", "ptr", "rp", "rrsig", "sig",
    "smimea", "soa", "spf", "srv", "sshfp", "svcb", "tlsa", "txt", "uri", "wks", "zonemd",
))
# fmt: on
_CLASSES = frozenset(("in", "ch", "hs", "cs"))
_TTL = re.compile(r"[0-9][0-9smhdw]*\Z")
# What these say belongs to names that have other records too, or to hashes that are no names.
_NO_NAMES = frozenset(("rrsig", "nsec", "nsec3", "nsec3param"))
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"?|\\.')


def is_record(line: str) -> bool:
    """Whether the line can be one of a zone."""
    fields = line.split(None, 5)
    if not fields:
        return False
    return fields[0].upper() in ("$ORIGIN", "$TTL", "$INCLUDE") or bool(_type_of(fields))


def owners(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The owner of each record, once where its records follow each other.

    What signs and links (RRSIG, NSEC, NSEC3) names nothing of its own. ``$INCLUDE`` comes as it
    stands, for the file that it names is not read.

    Args:
        lines: without their ends.

    Returns:
        The number of the line, from 1, and the name, without final dot.
    """
    origin = ""
    before = ""
    for number, line in _beginnings(lines):
        fields = line.split(None, 5)
        owner = fields[0]
        if owner[0] == "$":
            if owner.upper() == "$ORIGIN" and len(fields) > 1:
                origin = _absolute(fields[1], origin)
            elif owner.upper() != "$TTL":
                yield number, line.strip()
        elif _type_of(fields) not in _NO_NAMES:
            name = _absolute(owner, origin)
            if name.lower() != before:
                before = name.lower()
                yield number, name


def _beginnings(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The lines on which a record with an owner begins, without their comments."""
    depth = 0  # of parentheses, in which a record goes on over lines
    for number, line in enumerate(lines, 1):
        within = depth
        if '"' in line or "\\" in line:  # what is quoted or escaped does not count
            bare = _QUOTED.sub(lambda match: "q" * len(match[0]), line)
        else:
            bare = line
        end = bare.find(";")
        if end >= 0:
            bare, line = bare[:end], line[:end]
        if "(" in bare or ")" in bare:
            depth = max(0, depth + bare.count("(") - bare.count(")"))
        if not within and bare and not bare[0].isspace():
            yield number, line


def _type_of(fields: list[str]) -> str:
    """The type of a record in lower case; empty where the fields are none."""
    for place, field in enumerate(fields[1:4], 2):
        if field.isdigit():
            continue
        word = field.lower()
        if word in _TYPES or word.startswith("type"):
            return word if len(fields) > place else ""
        if word not in _CLASSES and not _TTL.match(word):
            return ""
    return ""


def _absolute(owner: str, origin: str) -> str:
    if owner == "@":
        return origin or owner
    if owner.endswith(".") or not origin:
        return owner.removesuffix(".") or owner
    return f"{owner}.{origin}"
