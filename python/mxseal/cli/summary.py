# SPDX-License-Identifier: MIT
"""``mxseal summary``: a scan in counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import click

from mxseal._output.sink import Sink
from mxseal.cli.answer import answered
from mxseal.cli.exit import Exit
from mxseal.cli.refusals import RefusedError
from mxseal.cli.scans import reading

EXAMPLES = """\b
Examples:
  mxseal summary scan.parquet
  mxseal summary scan.parquet --format json
  mxseal summary scan.parquet --operators my-operators.csv --expires-within 30

Hosts are grouped by who runs them: by the end of their names (mxseal/data/operators.csv in the
package), where nothing there fits by the domain that they belong to. A domain that runs its own is
counted under "own host".

Exit status 0; what the domains look like is data here.
"""


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What the command line asks for."""

    scan: str
    format: Literal["text", "json"]
    expires_within: int
    operators: Path | None
    quiet: bool
    verbose: bool


@click.command("summary", epilog=EXAMPLES, short_help="A scan in counts: adoption, faults, hosts.")
@click.argument("scan", metavar="FILE")
@click.option(
    "--format", type=click.Choice(("text", "json")), default="text", help="Starting value: text."
)
@click.option(
    "--expires-within",
    type=click.IntRange(0, 3650),
    default=14,
    metavar="DAYS",
    help="List certificates that end so soon after they were seen. Starting value: 14.",
)
@click.option(
    "--operators",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Patterns of your own: kind,pattern,name; they win over the package's.",
)
@click.option("--quiet", is_flag=True, help="One line.")
@click.option("--verbose", is_flag=True, help="More rows of each block.")
def command(**options: Any) -> Callable[[], int]:
    """Sum up a scan (Parquet, Arrow, NDJSON): who publishes what, and what is wrong."""
    return lambda: _work(_Asked(**options))


def _work(asked: _Asked) -> int:
    if asked.quiet and asked.verbose:
        raise RefusedError("--quiet and --verbose contradict each other", "leave one of them out")
    from mxseal._output.summary_text import write_summary, write_summary_line
    from mxseal._summary import summarize_scan

    with reading():
        summary = summarize_scan(
            asked.scan, expires_within=asked.expires_within, operators=asked.operators
        )

    def write(sink: Sink) -> None:
        if asked.format == "json":
            from mxseal._output.json import object_text

            sink.write(object_text(summary.to_dict()) + "\n")
        elif asked.quiet:
            write_summary_line(summary, sink)
        else:
            write_summary(summary, sink, verbose=asked.verbose)

    return answered(write, lambda: Exit.GOOD)
