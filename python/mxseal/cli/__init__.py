# SPDX-License-Identifier: MIT
"""The command ``mxseal``: one file a command, exit statuses in ``exit.py``.

Click takes the command line apart and no more: a command gives back the work to be done, which then
runs here, so that Ctrl-C and faults are answered in one place. Commands print nothing themselves
(``mxseal._output`` does).
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence
from typing import Any

import click

from mxseal._core import __version__
from mxseal._exceptions import MissingExtraError
from mxseal._output import messages
from mxseal.cli.exit import Exit
from mxseal.cli.refusals import RefusedError, nearest

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


COMMANDS = (
    "check",
    "diff",
    "help",
    "lab",
    "lint",
    "probe",
    "publish",
    "reports",
    "scan",
    "summary",
)


class _Group(click.Group):
    """Loads no command but the one that is asked for; unknown ones are refused in our words."""

    def list_commands(self, _: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = importlib.import_module(f"mxseal.cli.{name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            near = nearest(name, self.list_commands(ctx))
            use = f"use {near}; " if near else ""
            raise RefusedError(
                "no such command in mxseal", f"{use}all commands: mxseal --help", name
            )
        return super().resolve_command(ctx, args)


@click.group(cls=_Group, context_settings=_CONTEXT, invoke_without_command=True)
@click.version_option(__version__, prog_name="mxseal", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Is mail to a domain really encrypted, to the right server, and if not, why?

    Exit status: 0 good; 1 done, and something was found (a report that could not be read), or the
    answer could not be written; 2 wrong use; 3 could not be decided; 70 a fault of mxseal itself;
    130 Ctrl-C.
    """
    if ctx.invoked_subcommand is None:
        raise RefusedError("no command", "all commands: mxseal --help")


def main(arguments: Sequence[str] | None = None, begin: Callable[[], object] | None = None) -> int:
    """Run the command.

    Args:
        arguments: without the program's name; None takes the process's own.
        begin: called first; from then on Ctrl-C is answered here.

    Returns:
        The exit status, one of ``Exit``.
    """
    # The same zone as without TZ; but then glibc looks the file up at each mktime, and libarchive
    # calls that twice a member of a zip.
    os.environ.setdefault("TZ", ":/etc/localtime")
    try:
        if begin is not None:
            begin()
        return int(_run(arguments))
    except RefusedError as refused:
        messages.error(refused.what, refused.do, refused.where)
        return Exit.USAGE
    except MissingExtraError as missing:
        messages.error(f"not installed: {missing.library}, for {missing.purpose}", missing.install)
        return Exit.USAGE
    except click.UsageError as wrong:
        messages.error(*_in_our_words(wrong))
        return Exit.USAGE
    except (KeyboardInterrupt, click.Abort):
        messages.interrupted()
        return Exit.INTERRUPTED
    except Exception as fault:
        import traceback

        messages.traceback(traceback.format_exc())
        messages.error(
            f"a fault of mxseal itself ({type(fault).__name__})",
            "send in the lines above, what you typed, and what mxseal --version prints",
        )
        return Exit.FAULT


def _run(arguments: Sequence[str] | None) -> int:
    work: Callable[[], int] | int | None = cli.main(
        None if arguments is None else list(arguments), prog_name="mxseal", standalone_mode=False
    )
    return work() if callable(work) else work or Exit.GOOD


def _in_our_words(wrong: click.UsageError) -> tuple[str, str, str]:
    """What, do and where of what click says."""
    command = wrong.ctx.command_path if wrong.ctx else "mxseal"
    options = f"all options: {command} --help"
    if isinstance(wrong, click.NoSuchOption):
        near = nearest(wrong.option_name, wrong.possibilities or [])
        use = f"use {near}; " if near else ""
        return f"no such option in {command}", use + options, wrong.option_name
    if isinstance(wrong, click.MissingParameter) and wrong.param is not None and wrong.ctx:
        form = " ".join(wrong.ctx.command.collect_usage_pieces(wrong.ctx)[1:])
        if isinstance(wrong.param, click.Option):
            form += f" {_name_of(wrong.param)} {wrong.param.metavar or ''}".rstrip()
        what = f"no {_missing(wrong.param)} in {command}"
        return what, f"write {command} {form}; {options}", ""
    if isinstance(wrong, click.BadParameter) and wrong.param is not None:
        message = _sentence(wrong.message)
        return f"wrong value for {_name_of(wrong.param)}", options, message
    return _sentence(wrong.format_message()), options, ""


def _name_of(parameter: click.Parameter) -> str:
    return max(parameter.opts, key=len) if parameter.opts else str(parameter.name)


def _missing(parameter: click.Parameter) -> str:
    """As the usage has it: ``NEW``, ``--output``."""
    argument = isinstance(parameter, click.Argument)
    return parameter.metavar or _name_of(parameter) if argument else _name_of(parameter)


def _sentence(text: Any) -> str:
    """Click's sentence as a part of ours."""
    words = str(text).strip().removesuffix(".")
    return words[:1].lower() + words[1:]
