# SPDX-License-Identifier: MIT
"""``mxseal publish`` in plain words: steps in the order of RFC 8461 §8, each with what to copy."""

from __future__ import annotations

from mxseal._output.sink import Sink
from mxseal._output.terminal import Terminal
from mxseal._output.units import counted
from mxseal._publication import Publication


def write_publication(publication: Publication, sink: Sink) -> None:
    """The steps.

    Args:
        publication: what is to be published.
        sink: where to.
    """
    terminal = sink.terminal
    domain = terminal.text(publication.domain)
    host = f"mta-sts.{domain}"
    web, *records = publication.zone
    steps: list[tuple[str, list[str]]] = [
        (
            f"Serve this file at https://{host}/.well-known/mta-sts.txt, without a redirect and "
            f"with a certificate for {host}:",
            publication.policy.splitlines(),
        ),
        ("nginx, for example, does it so:", publication.nginx),
        (f"{host} needs an address; where a web server has one already:", [web]),
    ]
    if len(records) > 1:
        steps.append(("Ask for reports first, so that the first failure is seen:", records[1:]))
    steps.append(("Only when the file can be fetched, publish this record:", records[:1]))
    steps.append((f"Look at it as senders do: mxseal check {domain}", []))
    steps.append((_afterwards(publication), []))
    for number, (text, lines) in enumerate(steps, 1):
        _step(number, text, lines, sink, terminal)


def _afterwards(publication: Publication) -> str:
    days = counted(max(1, publication.max_age // 86400), "day")
    if publication.mode == "testing":
        return (
            "When reports have shown no failure for some weeks, set mode: enforce in the file, and "
            "give the record a new id."
        )
    if publication.mode == "none":
        return (
            f"After {days} no sender keeps an older policy of this max_age; then record and file "
            "may go, the record first."
        )
    return (
        "Before you change MX hosts, add the new ones to the file, give the record a new id, and "
        f"wait for the record's TTL. Senders keep what they fetched for {days}."
    )


def _step(number: int, text: str, lines: list[str], sink: Sink, terminal: Terminal) -> None:
    first, *rest = terminal.wrapped(text.split(), 3, " ")
    sink.write(f"{number}  {first.lstrip()}\n" + "".join(f"{line}\n" for line in rest))
    for line in lines:  # to be copied: whole and unwrapped
        sink.write(f"     {terminal.whole(line)}\n")
