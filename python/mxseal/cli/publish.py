# SPDX-License-Identifier: MIT
"""``mxseal publish``: what to publish for MTA-STS and TLS-RPT, and in which order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import click

from mxseal._output.sink import opened
from mxseal.cli.exit import Exit
from mxseal.cli.refusals import RefusedError

EXAMPLES = """\b
Examples:
  mxseal publish example.com --mx mx1.example.com --mx '*.mail.example.net' \\
      --rua mailto:tls-reports@example.com
  mxseal publish example.com --mx mx.example.com --mode enforce --max-age 1209600
"""


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What the command line asks for."""

    domain: str
    mx: tuple[str, ...]
    mode: Literal["enforce", "testing", "none"]
    max_age: int
    rua: tuple[str, ...]
    format: Literal["text", "json"]


@click.command(
    "publish", epilog=EXAMPLES, short_help="Records, policy file and server lines to publish."
)
@click.argument("domain")
@click.option("--mx", multiple=True, metavar="HOST", help="An MX host, or *.name; repeatable.")
@click.option(
    "--mode",
    type=click.Choice(("testing", "enforce", "none")),
    default="testing",
    help="Starting value: testing.",
)
@click.option(
    "--max-age",
    type=click.IntRange(0, 31557600),
    default=604800,
    metavar="SECONDS",
    help="How long senders keep the policy. Starting value: 604800 (a week).",
)
@click.option(
    "--rua",
    multiple=True,
    metavar="URI",
    help="Where reports go: mailto:… or https://…; repeatable.",
)
@click.option(
    "--format", type=click.Choice(("text", "json")), default="text", help="Starting value: text."
)
def command(**options: Any) -> Callable[[], int]:
    """Print what a domain has to publish for MTA-STS (RFC 8461) and TLS-RPT (RFC 8460)."""
    return lambda: _work(_Asked(**options))


def _work(asked: _Asked) -> int:
    from mxseal import ParseError, mtasts, tlsrpt
    from mxseal._output.publish_text import write_publication
    from mxseal._publication import Publication

    try:
        policy = mtasts.Policy(mode=asked.mode, mx=list(asked.mx), max_age=asked.max_age)
    except ParseError as wrong:
        do = (
            "name every MX host: --mx mx1.example.com"
            if not asked.mx
            else "see mxseal publish --help"
        )
        raise RefusedError(f"no valid policy: {wrong.message}", do, wrong.detail) from None
    if asked.rua:
        try:
            record = tlsrpt.parse_record("v=TLSRPTv1; rua=" + ",".join(asked.rua))
            if record.rua != list(asked.rua) or record.extensions:
                raise RefusedError(
                    "no valid --rua", "write each as one mailto: or https: URI", ",".join(asked.rua)
                )
        except ParseError as wrong:
            if wrong.code == "rua-scheme":
                do = "write mailto: before an address, https: before a web address"
                raise RefusedError("no valid --rua", do, wrong.detail) from None
            raise RefusedError(
                f"no valid --rua: {wrong.message}", "write mailto:you@example.com", wrong.detail
            ) from None
    try:
        publication = Publication.of(asked.domain, policy, list(asked.rua), datetime.now(UTC))
    except ParseError as wrong:
        raise RefusedError("no domain", "write it like example.com", asked.domain) from wrong
    with opened(None) as sink:
        if asked.format == "json":
            from mxseal._output.json import object_text

            sink.write(object_text(publication.to_dict()) + "\n")
        else:
            write_publication(publication, sink)
    return Exit.GOOD
