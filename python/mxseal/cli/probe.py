# SPDX-License-Identifier: MIT
"""``mxseal probe``: one mail host alone, at each of its addresses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import click

from mxseal._output.sink import Sink
from mxseal.cli.answer import answered
from mxseal.cli.exit import Exit
from mxseal.cli.network import network_options, network_refusals
from mxseal.cli.refusals import RefusedError

if TYPE_CHECKING:
    from mxseal._probe import MxProbe

Format = Literal["text", "json", "ndjson"]
FORMATS: tuple[Format, ...] = ("text", "json", "ndjson")
SMTP = 25

EXAMPLES = """\b
Examples:
  mxseal probe mx1.example.com
  mxseal probe mx1.example.com:587
  mxseal probe mx1.example.com:465 --format json
  mxseal probe '[2001:db8::25]:25'

Exit status 0: TLS, and a certificate or TLSA record that is right for the name; 1: something is
wrong; 3: nothing answered.
"""


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What the command line asks for."""

    where: tuple[str, int]
    format: Format
    resolver: tuple[str, ...]
    ca_file: str
    timeout: float
    quick: bool
    ipv4: bool
    ipv6: bool
    helo: str
    allow_private: bool
    quiet: bool
    verbose: bool


def _host_and_port(_: click.Context, __: click.Parameter, typed: str) -> tuple[str, int]:
    """``HOST``, ``HOST:PORT``, ``ADDRESS`` and ``[ADDRESS]:PORT``."""
    if typed.startswith("["):
        host, bracket, rest = typed[1:].partition("]")
        before, colon, port = rest.partition(":")
        if not bracket or before:
            raise _no_host(typed)
    elif typed.count(":") > 1:  # an IPv6 address
        host, colon, port = typed, "", ""
    else:
        host, colon, port = typed.partition(":")
    if not host:
        raise _no_host(typed)
    if not colon:
        return host, SMTP
    if not (port.isascii() and port.isdecimal() and len(port) < 6 and 1 <= int(port) <= 65535):
        raise RefusedError("no port in mxseal probe", "write HOST:PORT, 1 to 65535", typed)
    return host, int(port)


def _no_host(typed: str) -> RefusedError:
    do = "write HOST, HOST:PORT, or an address: 192.0.2.25, [2001:db8::25]:25"
    return RefusedError("no host in mxseal probe", do, typed)


@click.command(
    "probe", epilog=EXAMPLES, short_help="Probe one mail host: TLS and certificate at each address."
)
@click.argument("where", metavar="HOST[:PORT]", callback=_host_and_port)
@click.option("--format", type=click.Choice(FORMATS), default="text", help="Starting value: text.")
@network_options(seconds=90, a="host")
@click.option("--quick", is_flag=True, help="One connection an address.")
@click.option("--quiet", is_flag=True, help="One line.")
@click.option("--verbose", is_flag=True, help="Every finding, whole chains, and RFC's sections.")
def command(**options: Any) -> Callable[[], int]:
    """Probe one mail host at each of its addresses, without sending mail.

    STARTTLS is asked for on port 25 (the starting value) and 587; on 465 TLS comes first.
    """
    return lambda: _work(_Asked(**options))


def _work(asked: _Asked) -> int:
    from mxseal._exceptions import ParseError

    if asked.quiet and asked.verbose:
        raise RefusedError("--quiet and --verbose contradict each other", "leave one of them out")
    try:
        with network_refusals():
            probe = _probe(asked)
    except ParseError as wrong:
        raise _no_host(wrong.detail) from None
    return answered(lambda sink: _write(probe, asked, sink), lambda: _status(probe))


def _probe(asked: _Asked) -> MxProbe:
    from mxseal._probe import probe_mx

    host, port = asked.where
    return probe_mx(
        host,
        port=port,
        resolver=asked.resolver,
        ca_file=asked.ca_file,
        timeout=asked.timeout,
        quick=asked.quick,
        ipv4=asked.ipv4 or not asked.ipv6,
        ipv6=asked.ipv6 or not asked.ipv4,
        helo=asked.helo,
        allow_private=asked.allow_private,
    )


def _write(probe: MxProbe, asked: _Asked, sink: Sink) -> None:
    if asked.format != "text":
        from mxseal._output.json import object_text

        sink.write(object_text(probe.to_dict()) + "\n")
        return
    from mxseal._output.probe_text import write_probe, write_probe_line

    if asked.quiet:
        write_probe_line(probe, sink)
    else:
        write_probe(probe, sink, verbose=asked.verbose)


def _status(probe: MxProbe) -> Exit:
    if probe.errors or probe.verdict == "fails":
        return Exit.FOUND
    return Exit.GOOD if probe.verdict == "passes" else Exit.UNDECIDED
