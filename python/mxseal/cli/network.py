# SPDX-License-Identifier: MIT
"""The options of every command that asks the network, and how wrong values for them are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import isnan
from pathlib import Path
from typing import Any, TypeVar

import click

from mxseal.cli.refusals import RefusedError

Command = TypeVar("Command", bound=Callable[..., object])


def network_options(*, seconds: float, a: str) -> Callable[[Command], Command]:
    """Resolvers, time, addresses, name and roots.

    Args:
        seconds: starting value of ``--timeout``.
        a: what that is the time for (``domain``).
    """
    options = (
        click.option(
            "--resolver",
            multiple=True,
            metavar="ADDRESS[:PORT]",
            help="Ask this one, the next after 1 s; repeatable. Starting value: the system's.",
        ),
        click.option(
            "--timeout",
            type=click.FloatRange(0.1, 3600),
            default=seconds,
            metavar="SECONDS",
            callback=_seconds,
            help=f"Total a {a}. Starting value: {seconds:g}.",
        ),
        click.option("--ipv4", is_flag=True, help="Only by IPv4."),
        click.option("--ipv6", is_flag=True, help="Only by IPv6."),
        click.option(
            "--helo",
            default="",
            metavar="NAME",
            callback=_helo,
            help="Say this in EHLO. Starting value: the host's name.",
        ),
        click.option(
            "--ca-file",
            default="",
            metavar="FILE",
            callback=_roots,
            help="Trust the roots in this PEM file in place of the system's.",
        ),
        click.option(
            "--allow-private", is_flag=True, help="Connect to addresses that are not public too."
        ),
    )

    return _adding(*options)


def domain_options() -> Callable[[Command], Command]:
    """What only those are asked who look at domains: which ports, and whether port 25 at all."""
    port = click.IntRange(1, 65535)
    return _adding(
        click.option("--no-probe", is_flag=True, help="Ask nothing on port 25."),
        click.option(
            "--smtp-port", type=port, default=25, metavar="PORT", help="Starting value: 25."
        ),
        click.option(
            "--https-port", type=port, default=443, metavar="PORT", help="Starting value: 443."
        ),
    )


def _adding(*options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def _seconds(_: click.Context, parameter: click.Parameter, typed: float) -> float:
    if isnan(typed):  # it is within any bounds
        raise click.BadParameter("nan is no time", param=parameter)
    return typed


def _helo(_: click.Context, __: click.Parameter, typed: str) -> str:
    """An empty text: the host's name."""
    from mxseal._network import greeting
    from mxseal._reading import WrongValueError

    try:
        return typed and greeting(typed)
    except WrongValueError as wrong:
        raise RefusedError("no name for --helo", wrong.do, typed) from None


def _roots(_: click.Context, __: click.Parameter, typed: str) -> str:
    """An empty text: the system's."""
    if typed and not Path(typed).is_file():
        what = "no regular file" if Path(typed).exists() else "no such file"
        raise RefusedError(what, "name a PEM file of roots", typed)
    return typed


@contextmanager
def network_refusals() -> Iterator[None]:
    """Refuses resolvers and roots that the core cannot read."""
    from mxseal._exceptions import ParseError

    try:
        yield
    except ParseError as wrong:
        if wrong.code == "trust-store":
            raise RefusedError(
                "no roots to trust", "name a PEM file of them: --ca-file FILE", wrong.detail
            ) from None
        if wrong.code == "resolver-address":
            raise RefusedError(
                "wrong value for --resolver", "write ADDRESS or ADDRESS:PORT", wrong.detail
            ) from None
        raise
