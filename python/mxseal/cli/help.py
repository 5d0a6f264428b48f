# SPDX-License-Identifier: MIT
"""``mxseal help``: what a code means, or how a command is used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from mxseal._output.sink import opened
from mxseal.cli.exit import Exit
from mxseal.cli.refusals import RefusedError, nearest


@click.command("help", short_help="Explain a code, or a command.")
@click.argument("what", metavar="CODE|COMMAND", required=False)
@click.pass_context
def command(context: click.Context, /, **options: Any) -> Callable[[], int]:
    """Explain the code of a finding or of what could not be read, or a command."""
    return lambda: _work(context, **options)


def _work(context: click.Context, what: str | None) -> int:
    from mxseal import _core
    from mxseal._output.help_text import write_help

    group = context.parent
    if group is None or not isinstance(group.command, click.Group):
        raise RuntimeError("help stands in no group")
    if what is None:
        with opened(None) as sink:
            sink.write(group.get_help() + "\n")
        return Exit.GOOD
    if (found := group.command.get_command(group, what)) is not None:
        with opened(None) as sink:
            sink.write(found.get_help(click.Context(found, info_name=what, parent=group)) + "\n")
        return Exit.GOOD
    code = what.strip("[]")
    findings = _core.check.findings()
    errors = dict(_core.check.errors())
    matches = [each for each in findings if each.code == code or each.code.endswith(f".{code}")]
    if not matches and code not in errors:
        names = [each.code for each in findings] + list(errors) + group.command.list_commands(group)
        near = nearest(code, names)
        do = f"use {near}" if near else "all commands: mxseal --help"
        raise RefusedError("no such code or command", do, what)
    with opened(None) as sink:
        write_help(matches, code, errors.get(code, ""), sink)
    return Exit.GOOD
