# SPDX-License-Identifier: MIT
"""``mxseal help``: what a code means, or how a command is used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from mxseal._output.sink import opened
from mxseal.cli.exit import Exit
from mxseal.cli.refusals import RefusedError, nearest


@click.command("help", short_help="Explain a code, or a command.")
@click.argument("what", metavar="CODE|COMMAND", nargs=-1)
@click.pass_context
def command(context: click.Context, /, **options: Any) -> Callable[[], int]:
    """Explain a code (of a finding, a failed session, what could not be read), or a command."""
    return lambda: _work(context, **options)


MOST = 12  # codes that begin as what was typed does, in a message


def _work(context: click.Context, what: tuple[str, ...]) -> int:
    from mxseal import _core
    from mxseal._output.help_text import write_help
    from mxseal._output.words import RESULT_TYPES

    group = context.parent
    if group is None or not isinstance(group.command, click.Group):
        raise RuntimeError("help stands in no group")
    if not what:
        with opened(None) as sink:
            sink.write(group.get_help() + "\n")
        return Exit.GOOD
    if (found := _command(group, what)) is not None:
        with opened(None) as sink:
            sink.write(found.command.get_help(found) + "\n")
        return Exit.GOOD
    typed = " ".join(what)
    code = typed.strip("[]").lower()
    findings = _core.check.findings()
    errors = dict(_core.check.errors())
    matches = [each for each in findings if each.code == code or each.code.endswith(f".{code}")]
    if not matches and code not in errors and code not in RESULT_TYPES:
        codes = [each.code for each in findings] + list(errors) + list(RESULT_TYPES)
        commands = group.command.list_commands(group)
        raise RefusedError("no such code or command", _meant(code, codes, commands), typed)
    reported = [each for each in findings if each.result_type == code]
    with opened(None) as sink:
        write_help(matches, code, errors.get(code, ""), reported, sink)
    return Exit.GOOD


def _command(group: click.Context, words: Sequence[str]) -> click.Context | None:
    """``lab serve``: the command of that name, in the group of that name."""
    context = group
    for word in words:
        if not isinstance(context.command, click.Group):
            return None
        found = context.command.get_command(context, word)
        if found is None:
            return None
        context = click.Context(found, info_name=word, parent=context)
    return context


def _meant(code: str, codes: Sequence[str], commands: Sequence[str]) -> str:
    """What to do about a name that nothing has."""
    begin = sorted(each for each in codes if code and each.startswith(code))
    if begin:
        more = f" and {len(begin) - MOST} more" if len(begin) > MOST else ""
        return f"codes that begin so: {', '.join(begin[:MOST])}{more}"
    near = nearest(code, [*codes, *commands])
    return f"use {near}" if near else "all commands: mxseal --help; codes end lines, in brackets"
