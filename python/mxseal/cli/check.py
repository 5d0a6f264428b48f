# SPDX-License-Identifier: MIT
"""``mxseal check``: is mail to a domain really encrypted, to the right server, and if not, why?"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from mxseal._output.progress import check_progress
from mxseal._output.sink import Sink
from mxseal.cli.answer import answered
from mxseal.cli.exit import Exit
from mxseal.cli.network import domain_options, network_options, network_refusals
from mxseal.cli.refusals import RefusedError

if TYPE_CHECKING:
    from mxseal._check import DomainCheck, Settings

Format = Literal["text", "json", "ndjson"]
FORMATS: tuple[Format, ...] = ("text", "json", "ndjson")
MOST = 1 << 20  # bytes of a policy that are read: senders take 64 KiB
LONGEST = 1 << 16  # bytes of a line with a domain: a name has 253, a comment may be long
GOOD = ("protected", "testing", "no-mail")
BAD = ("partly", "broken", "misconfigured", "unprotected")

EXAMPLES = """\b
Examples:
  mxseal check example.com
  mxseal check example.com example.org --format ndjson
  mxseal check - < domains.txt
  mxseal check example.com --resolver 127.0.0.1 --no-probe
  mxseal check example.com --policy new.txt --mx mx1.example.com --mx mx2.example.com

With --policy, --record or --mx nothing needs to be published yet: what is given is judged in place
of what is published, against the world as it is, and the answer ends with the order in which to
publish it.

Exit status 0: every domain is protected, testing or takes no mail, and no finding is an error; 1:
something is wrong; 3: something could not be seen, and nothing else is wrong.
"""


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What the command line asks for."""

    domains: tuple[str, ...]
    format: Format
    resolver: tuple[str, ...]
    ca_file: str
    timeout: float
    no_probe: bool
    quick: bool
    ipv4: bool
    ipv6: bool
    smtp_port: int
    https_port: int
    helo: str
    allow_private: bool
    at: datetime | None
    policy: Path | None
    record: str | None
    mx: tuple[str, ...]
    quiet: bool
    verbose: bool


def _time(_: click.Context, __: click.Parameter, typed: str | None) -> datetime | None:
    """A day or a time in UTC."""
    if typed is None:
        return None
    try:
        moment = datetime.fromisoformat(typed)
    except ValueError:
        raise RefusedError(
            "no day or time for --at", "write it like 2026-11-22 or 2026-11-22T06:10:00Z", typed
        ) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


@click.command("check", epilog=EXAMPLES, short_help="Check a domain: DNS, policy, every MX host.")
@click.argument("domains", metavar="DOMAIN…", nargs=-1)
@click.option("--format", type=click.Choice(FORMATS), default="text", help="Starting value: text.")
@network_options(seconds=90, a="domain")
@domain_options()
@click.option("--quick", is_flag=True, help="Without the look-ups that cost extra.")
@click.option("--at", callback=_time, metavar="DAY", help="Judge as of this day or time, UTC.")
@click.option(
    "--policy",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Rehearse: this policy in place of the published one.",
)
@click.option(
    "--record",
    metavar="TEXT",
    help="Rehearse: this TXT record at _mta-sts; an empty text for none.",
)
@click.option(
    "--mx",
    multiple=True,
    metavar="HOST",
    help="Rehearse: these MX hosts, HOST or PREFERENCE:HOST; repeatable.",
)
@click.option("--quiet", is_flag=True, help="One line a domain.")
@click.option("--verbose", is_flag=True, help="Every finding and stage, and the RFC's sections.")
def command(**options: Any) -> Callable[[], int]:
    """Check what a sending server meets: records, policy, each MX host, its certificate."""
    return lambda: _work(_Asked(**options))


def _work(asked: _Asked) -> int:
    if asked.quiet and asked.verbose:
        raise RefusedError("--quiet and --verbose contradict each other", "leave one of them out")
    domains = list(_domains(asked.domains))
    if not domains:
        raise RefusedError("no domain in mxseal check", "name one, or - for standard input")
    if len(domains) > 1 and (asked.policy is not None or asked.record is not None or asked.mx):
        raise RefusedError(
            "a rehearsal is of one domain", "leave out the others, or --policy, --record and --mx"
        )
    settings = _settings(asked)
    answer = _Answer(asked, len(domains))
    return answered(lambda sink: _check_into(domains, settings, answer, sink), answer.status)


def _domains(typed: tuple[str, ...]) -> Iterator[str]:
    for name in typed:
        if name != "-":
            yield name
            continue
        if sys.stdin is None:
            raise RefusedError("standard input is closed", "name the domains")
        while line := sys.stdin.buffer.readline(LONGEST):
            if len(line) == LONGEST:
                raise RefusedError(
                    "no list of domains: a line without end", "give one name a line", "-"
                )
            # One name that is no UTF-8 must not end the others.
            if text := line.partition(b"#")[0].strip():
                yield text.decode(errors="surrogateescape")


def _settings(asked: _Asked) -> Settings:
    from mxseal._check import Settings

    return Settings(
        resolvers=asked.resolver,
        ca_file=asked.ca_file,
        timeout=asked.timeout,
        probe=not asked.no_probe,
        quick=asked.quick,
        ipv4=asked.ipv4 or not asked.ipv6,
        ipv6=asked.ipv6 or not asked.ipv4,
        smtp_port=asked.smtp_port,
        https_port=asked.https_port,
        helo=asked.helo,
        allow_private=asked.allow_private,
        at=asked.at,
        policy=None if asked.policy is None else _content(asked.policy),
        record=asked.record,
        mx=asked.mx,
    )


def _content(file: Path) -> bytes:
    try:
        with file.expanduser().open("rb") as opened_file:
            return opened_file.read(MOST)
    except OSError as error:
        raise RefusedError(
            "cannot read the policy", f"name a file: {error.strerror}", str(file)
        ) from None


@contextmanager
def _mx_refusals() -> Iterator[None]:
    from mxseal._exceptions import ParseError

    try:
        yield
    except ParseError as wrong:
        if wrong.code != "host-invalid":
            raise
        raise RefusedError(
            "no host in --mx", "write HOST or PREFERENCE:HOST; . is the null MX", wrong.detail
        ) from None


def _check_into(domains: list[str], settings: Settings, answer: _Answer, sink: Sink) -> None:
    from mxseal._check import check_all

    waiting: dict[int, DomainCheck] = {}
    written = 0

    def on_result(place: int, result: DomainCheck) -> None:
        nonlocal written
        waiting[place] = result
        if progress is not None:
            progress.done += 1
            progress.wipe()
        while written in waiting:  # in the order in which they were asked for
            answer.write(waiting.pop(written), sink)
            written += 1
        if progress is not None:
            sink.flush()

    def show_progress() -> bool:
        if progress is not None:
            progress.show()
        return False

    with (
        _mx_refusals(),
        network_refusals(),
        check_progress(answer.asked.quiet, len(domains)) as progress,
    ):
        check_all(domains, settings, on_result, None if progress is None else show_progress)
    answer.end(sink)


class _Answer:
    """Writes results as they come, and knows the exit status in the end."""

    def __init__(self, asked: _Asked, domains: int) -> None:
        self.asked = asked
        self.several = domains > 1
        self.verdicts: Counter[str] = Counter()
        self.errors = 0

    def write(self, result: DomainCheck, sink: Sink) -> None:
        """One domain."""
        first = not self.verdicts
        self.verdicts[result.verdict] += 1
        self.errors += len(result.errors)
        if self.asked.format != "text":
            from mxseal._output.json import object_text

            text = object_text(result.to_dict())
            before = "" if self.asked.format == "ndjson" else "[\n" if first else ",\n"
            after = "\n" if self.asked.format == "ndjson" else ""
            sink.write(before + text + after)
            return
        from mxseal._output.check_text import write_check, write_checks_line

        fine = result.verdict in GOOD and not result.errors
        if self.asked.quiet or (self.several and fine and not self.asked.verbose):
            write_checks_line(result, sink)
            return
        write_check(
            result, sink, verbose=self.asked.verbose, policy_file=str(self.asked.policy or "")
        )
        if self.several:
            sink.write("\n")

    def end(self, sink: Sink) -> None:
        """What follows the last domain."""
        if self.asked.format == "json":
            sink.write("\n]\n")
        elif self.asked.format == "text" and self.several and not self.asked.quiet:
            from mxseal._output.check_text import write_counts

            write_counts(self.verdicts, sink)

    def status(self) -> Exit:
        """As the table of verdicts has it."""
        if self.errors or any(self.verdicts[verdict] for verdict in BAD):
            return Exit.FOUND
        return Exit.UNDECIDED if self.verdicts["inconclusive"] else Exit.GOOD
