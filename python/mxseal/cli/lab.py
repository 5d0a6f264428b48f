# SPDX-License-Identifier: MIT
"""``mxseal lab``: a world of domains on loopback to try checks on, one for each situation."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Literal

import click

from mxseal._output.lab_text import (
    write_served,
    write_serving,
    write_situations,
    write_situations_json,
)
from mxseal._output.sink import Sink, forget_output, opened
from mxseal.cli.exit import Exit
from mxseal.cli.refusals import RefusedError

if TYPE_CHECKING:
    from mxseal._check import DomainCheck
    from mxseal.lab import Lab, Situation

_PORT = click.IntRange(0, 65535)


@click.group(
    "lab",
    invoke_without_command=True,
    short_help="A world of domains on loopback, to try checks on.",
)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Domains on loopback, one for each situation: good ones, faulty ones, and attacked ones.

    It needs neither root nor the Internet, only pip install 'mxseal[lab]'.
    """
    if ctx.invoked_subcommand is None:
        raise RefusedError(
            "no command in mxseal lab", "use attacks, list or serve: mxseal lab serve"
        )


@command.command("serve", short_help="Run it until Ctrl-C.")
@click.option("--dns-port", type=_PORT, default=0, help="Of the resolver. Starting value: any.")
@click.option("--smtp-port", type=_PORT, default=0, help="Of all MX hosts. Starting value: any.")
@click.option("--https-port", type=_PORT, default=0, help="Of the policy hosts. Likewise.")
def serve(dns_port: int, smtp_port: int, https_port: int) -> Callable[[], int]:
    """Run the laboratory until Ctrl-C, and show where it is."""
    return lambda: _serve(dns_port, smtp_port, https_port)


@command.command("list", short_help="Its domains, and what a check says of each.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json")),
    default="text",
    help="Starting value: text.",
)
def list_(form: Literal["text", "json"]) -> Callable[[], int]:
    """List the domains of the laboratory, and what a check says of each."""
    return lambda: _list(form)


@command.command("attacks", short_help="Play the attacks that MTA-STS exists for.")
def attacks() -> Callable[[], int]:
    """Play each attack: a sender that checks nothing, and what a check says of the domain."""
    return _attacks


def _attacks() -> int:
    from mxseal._check import Settings, check_all
    from mxseal._output.lab_text import Played, write_attacks
    from mxseal.lab import Lab, send_plainly
    from mxseal.lab.situations import SITUATIONS

    situations = [each for each in SITUATIONS if each.attack]
    played: dict[int, Played] = {}
    # With all situations: attacked domains point to hosts of others.
    with Lab() as lab:
        settings = Settings(
            resolvers=[lab.resolver],
            ca_file=str(lab.ca_file),
            smtp_port=lab.smtp_port,
            https_port=lab.https_port,
            allow_private=True,
        )
        outcomes = [send_plainly(lab, each.domain) for each in situations]

        def keep(place: int, result: DomainCheck) -> None:
            attack = situations[place].attack
            types = sorted({each.result_type for each in result.errors if each.result_type})
            played[place] = Played(
                domain=result.domain,
                title=attack.title if attack else "",
                stolen=outcomes[place].stolen,
                plain=outcomes[place].result,
                verdict=result.verdict,
                mta_sts=result.effects.mta_sts,
                result_types=types,
            )

        check_all([each.domain for each in situations], settings, keep)
    with suppress(BrokenPipeError), _standard_output() as sink:
        write_attacks([played[place] for place in sorted(played)], sink)
    return Exit.GOOD


def _serve(dns_port: int, smtp_port: int, https_port: int) -> int:
    from mxseal.lab import Lab

    # Blocked before the laboratory's thread begins, which then leaves them to this one.
    ends = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    try:
        with ExitStack() as stack:
            lab = Lab(dns_port=dns_port, smtp_port=smtp_port, https_port=https_port)
            try:
                stack.enter_context(lab)
            except OSError as error:
                reason = f"name other ports: {error.strerror}"
                raise RefusedError("cannot listen", reason) from None
            _show(lab)
            signal.sigwait(ends)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ends)
    return Exit.GOOD


def _show(lab: Lab) -> None:
    places = {
        "resolver": lab.resolver,
        "SMTP port": str(lab.smtp_port),
        "HTTPS port": str(lab.https_port),
        "CA file": str(lab.ca_file),
    }
    example = ["mxseal", "check", *lab.arguments(lab.situations[0])]
    with suppress(BrokenPipeError), _standard_output() as sink:
        write_served(places, lab.skipped, example, sink)
        write_situations([_row(each) for each in lab.situations], sink)
        write_serving(sink)


def _list(form: Literal["text", "json"]) -> int:
    from mxseal.lab.situations import SITUATIONS

    rows = [_row(each) for each in SITUATIONS]
    with suppress(BrokenPipeError), _standard_output() as sink:
        if form == "json":
            write_situations_json(rows, sink)
        else:
            write_situations(rows, sink)
    return Exit.GOOD


@contextmanager
def _standard_output() -> Iterator[Sink]:
    """Standard output, as long as somebody reads it."""
    try:
        with opened(None) as sink:
            yield sink
    except BrokenPipeError:
        forget_output()
        raise


def _row(situation: Situation) -> dict[str, Any]:
    """A situation as one object, without how its servers do it."""
    attack = situation.attack
    return {
        "name": situation.name,
        "domain": situation.domain,
        "sentence": situation.sentence,
        "verdict": situation.verdict,
        "findings": list(situation.findings),
        "effects": vars(situation.effects),
        "attack": vars(attack) if attack else None,
    }
