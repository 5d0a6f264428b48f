# SPDX-License-Identifier: MIT
"""``mxseal diff``: what changed from one scan to a later one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import click

from mxseal._output import messages
from mxseal._output.sink import Sink
from mxseal.cli.answer import answered
from mxseal.cli.exit import Exit
from mxseal.cli.refusals import RefusedError
from mxseal.cli.scans import reading

EXAMPLES = """\b
Examples:
  mxseal diff october.parquet november.parquet
  mxseal diff october.parquet november.parquet --format json

Domains are compared by their names. One that was inconclusive in either scan neither broke nor was
mended; of one that stands in several lines of a list, the first counts. That a domain is in mode
testing for long is told by scans 90 days or more apart (--verbose).

Exit status 1: something broke, or STARTTLS was offered before and is not now.
"""


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What the command line asks for."""

    old: str
    new: str
    format: Literal["text", "json"]
    quiet: bool
    verbose: bool


@click.command("diff", epilog=EXAMPLES, short_help="What changed from one scan to a later one.")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option(
    "--format", type=click.Choice(("text", "json")), default="text", help="Starting value: text."
)
@click.option("--quiet", is_flag=True, help="One line.")
@click.option("--verbose", is_flag=True, help="All names, and what is merely worth knowing.")
def command(**options: Any) -> Callable[[], int]:
    """Compare two scans (Parquet, Arrow, NDJSON): what broke, was mended, appeared, vanished."""
    return lambda: _work(_Asked(**options))


def _work(asked: _Asked) -> int:
    if asked.quiet and asked.verbose:
        raise RefusedError("--quiet and --verbose contradict each other", "leave one of them out")
    from mxseal._diff import diff_scans
    from mxseal._output.diff_text import write_diff, write_diff_line

    with reading():
        diff = diff_scans(asked.old, asked.new)
    if diff.old.started and diff.new.started and diff.old.started > diff.new.started:
        messages.warning("the first scan is the later one", "name the older one first", asked.old)

    def write(sink: Sink) -> None:
        if asked.format == "json":
            from mxseal._output.json import object_text

            sink.write(object_text(diff.to_dict()) + "\n")
        elif asked.quiet:
            write_diff_line(diff, sink)
        else:
            write_diff(diff, sink, verbose=asked.verbose)

    return answered(write, lambda: Exit.FOUND if diff.worse else Exit.GOOD)
