# SPDX-License-Identifier: MIT
"""``mxseal lint``: a record or a policy file, before it is published."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import click

from mxseal._output.sink import opened
from mxseal.cli.exit import Exit
from mxseal.cli.refusals import RefusedError

Kind = Literal["record", "policy", "tlsrpt"]
FORMATS = ("text", "json")
MOST = 1 << 20  # bytes that are read: a policy may have 64 KiB, a record far less

EXAMPLES = """\b
Examples:
  mxseal lint record 'v=STSv1; id=20261125T120000;'
  mxseal lint policy public/.well-known/mta-sts.txt
  mxseal lint tlsrpt - < record.txt

Exit status 1: senders refuse it.
"""


@click.command(
    "lint", epilog=EXAMPLES, short_help="Read a record or a policy as strictly as senders do."
)
@click.argument("kind", type=click.Choice(("record", "policy", "tlsrpt")))
@click.argument("what", metavar="FILE|-|TEXT")
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", help="Starting value: text."
)
def command(**options: Any) -> Callable[[], int]:
    """Read an MTA-STS record or policy, or a TLS-RPT record, and say what is wrong with it."""
    return lambda: _work(**options)


def _work(kind: Kind, what: str, form: str) -> int:
    from mxseal._lint import lint

    problems = lint(kind, _content(kind, what))
    with opened(None) as sink:
        if form == "json":
            from mxseal._output.json import object_text

            sink.write(
                object_text(
                    {"good": not problems, "findings": [each.to_dict() for each in problems]}
                )
                + "\n"
            )
        else:
            from mxseal._output.lint_text import write_lint

            write_lint(kind, problems, sink)
    return Exit.FOUND if any(each.severity == "error" for each in problems) else Exit.GOOD


def _content(kind: Kind, what: str) -> bytes:
    if what == "-":
        if sys.stdin is None:
            raise RefusedError("standard input is closed", "name a file")
        return _record(kind, sys.stdin.buffer.read(MOST))
    if what.startswith("v="):
        return what.encode(errors="surrogateescape")
    try:
        with Path(what).expanduser().open("rb") as file:
            return _record(kind, file.read(MOST))
    except OSError as error:
        raise RefusedError(
            "cannot read", f"name a file, or a text that begins v=: {error.strerror}", what
        ) from None


def _record(kind: Kind, content: bytes) -> bytes:
    """A record that lies in a file ends with its line; in DNS there is none."""
    return content if kind == "policy" else content.removesuffix(b"\n").removesuffix(b"\r")
