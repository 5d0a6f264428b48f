# SPDX-License-Identifier: MIT
"""``mxseal scan``: many domains into a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mxseal._output import messages
from mxseal._output.progress import ScanProgress, scan_progress
from mxseal._output.scan_text import (
    tell_of_no_domains,
    tell_of_nothing_left,
    tell_of_scan,
    tell_of_stop,
)
from mxseal._output.sink import forget_output, opened, unwritable
from mxseal._reading import WrongValueError
from mxseal.cli.exit import Exit
from mxseal.cli.network import domain_options, network_options, network_refusals
from mxseal.cli.refusals import RefusedError, refuse_overwriting, unreadable

if TYPE_CHECKING:
    from mxseal._domains import DomainList
    from mxseal._scan import Scan, ScanSettings

DESCRIPTORS = 16_384  # that a scan may have open: for half as many connections

EXAMPLES = """\b
Examples:
  mxseal scan domains.txt -o scan.parquet --resolver 127.0.0.1
  mxseal scan top-1m.csv -o scan.parquet --resume
  mxseal scan zone.gz -o scan.ndjson --no-probe
  cat domains.txt | mxseal scan - -o -

A list has one name a line, or is a CSV with a column domain, a ranking (rank,domain) or a zone. The
kind of -o goes by its suffix: .parquet, .arrow, .ndjson, .csv; - is NDJSON on standard output.
Each line gets one row, what can be no domain too. FILE.part has what is done; --resume goes on.

Fixed: 20 s for a policy, 20 s for an MX address, 10 new connections a second to a network (/24,
/48). Loopback has no limits. ~/.config/mxseal/blocklist says who is left alone.

Exit status 0: each line has its row; 1: some line was no domain; 3: no resolver answers. What the
domains look like is data here.
"""


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What the command line asks for."""

    list: str
    output: str
    resume: bool
    resolver: tuple[str, ...]
    ca_file: str
    timeout: float
    no_probe: bool
    thorough: bool
    ipv4: bool
    ipv6: bool
    smtp_port: int
    https_port: int
    helo: str
    allow_private: bool
    concurrency: int
    rate: float
    max_per_host: int
    seed: int
    contact: str
    blocklist: Path | None
    allowlist: Path | None
    quiet: bool


@click.command("scan", epilog=EXAMPLES, short_help="Check many domains, into a file.")
@click.argument("list", metavar="FILE|-")
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    help="Write there (FILE.part first, renamed when whole); - is standard output.",
)
@click.option(
    "--resume", is_flag=True, help="Go on with FILE.part; nothing where FILE has the whole list."
)
@network_options(seconds=60, a="domain")
@domain_options()
@click.option("--thorough", is_flag=True, help="With the look-ups that cost extra.")
@click.option(
    "--concurrency",
    type=click.IntRange(1, 20_000),
    default=500,
    metavar="N",
    help="Domains at once. Starting value: 500.",
)
@click.option(
    "--rate",
    type=click.FloatRange(0.1),
    default=200,
    metavar="N",
    help="DNS queries a second to each resolver that is not on loopback. Starting value: 200.",
)
@click.option(
    "--max-per-host",
    type=click.IntRange(1, 1000),
    default=2,
    metavar="N",
    help="Connections at once to an address. Starting value: 2.",
)
@click.option(
    "--seed",
    type=int,
    default=0,
    metavar="N",
    help="Of the order, shuffled within 20,000 lines. Starting value: 0.",
)
@click.option("--contact", default="", metavar="URL", help="In the User-Agent, for who wonders.")
@click.option(
    "--blocklist",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Addresses, networks and domains to leave alone, in place of the usual file.",
)
@click.option(
    "--allowlist",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Exceptions from the block list.",
)
@click.option("--quiet", is_flag=True, help="No progress and no counts.")
def command(**options: Any) -> Callable[[], int]:
    """Check each domain of a list as mxseal check --quick does, a row a line."""
    return lambda: _work(_Asked(**options))


def _work(asked: _Asked) -> int:
    from mxseal._exceptions import NetworkError

    with _refusals(asked):
        domains = _domains(asked)
        work: _Stream | _File = _Stream(asked) if asked.output == "-" else _File(asked, domains)
        scan = _scan(asked, domains, work.is_done)
    _open_many()
    try:
        with network_refusals(), _list_refusals():
            return work.run(scan)
    except NetworkError as error:
        messages.error(f"{error.message}: {error.subject}", _RESOLVER, code=error.code)
        return Exit.UNDECIDED


_OF_LISTS = (".txt", ".csv", ".gz", ".zip", ".zone", ".lst")  # rather than of domains
_RESOLVER = "start it, or name another: --resolver ADDRESS[:PORT]"


def _open_many() -> None:
    """Connections are bounded by the limit on descriptors, which mostly may be raised."""
    import resource

    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if most == resource.RLIM_INFINITY else min(most, DESCRIPTORS)
    if now != resource.RLIM_INFINITY and now < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


@contextmanager
def _refusals(asked: _Asked) -> Iterator[None]:
    """Before any work."""
    try:
        with _list_refusals():
            yield
    except OSError as error:
        refused = unreadable(error, asked.list)
        if isinstance(error, FileNotFoundError) and error.filename == asked.list:
            suffix = Path(asked.list).suffix.lower()
            if suffix and suffix not in _OF_LISTS and "/" not in asked.list:
                refused.do += f"; one domain alone: mxseal check {asked.list}"
        raise refused from None


@contextmanager
def _list_refusals() -> Iterator[None]:
    """What may only be found while the list is read."""
    from mxseal._exceptions import ParseError

    try:
        yield
    except WrongValueError as wrong:
        raise RefusedError(wrong.what, wrong.do, str(wrong.value)) from None
    except ParseError as wrong:
        if wrong.code != "target-list":
            raise
        raise RefusedError(
            "neither address, network nor domain in the block or allow list",
            "write one a line: 192.0.2.0/24, 2001:db8::1, example.com",
            wrong.detail,
        ) from None


def _domains(asked: _Asked) -> DomainList:
    from mxseal._domains import DomainList

    return DomainList.of(asked.list)


def _settings(asked: _Asked) -> ScanSettings:
    from mxseal._scan import ScanSettings

    return ScanSettings(
        resolvers=asked.resolver,
        ca_file=asked.ca_file,
        timeout=asked.timeout,
        probe=not asked.no_probe,
        thorough=asked.thorough,
        ipv4=asked.ipv4 or not asked.ipv6,
        ipv6=asked.ipv6 or not asked.ipv4,
        smtp_port=asked.smtp_port,
        https_port=asked.https_port,
        helo=asked.helo,
        allow_private=asked.allow_private,
        concurrency=asked.concurrency,
        rate=asked.rate,
        max_per_host=asked.max_per_host,
        seed=asked.seed,
        contact=asked.contact,
    )


def _scan(asked: _Asked, domains: DomainList, is_done: Callable[[int], bool] | None) -> Scan:
    from mxseal._scan import BLOCKLIST, Scan, target_list

    return Scan(
        domains,
        _settings(asked),
        blocklist=target_list(asked.blocklist, BLOCKLIST),
        allowlist=target_list(asked.allowlist, None),
        done=is_done,
    )


class _Stream:
    """Rows as NDJSON on standard output while the scan runs."""

    is_done = None

    def __init__(self, asked: _Asked) -> None:
        if asked.resume:
            raise RefusedError("--resume needs a file", "name one: -o scan.parquet", "-o -")
        self.asked = asked

    def run(self, scan: Scan) -> Exit:
        """Writes all of it."""
        from mxseal._exceptions import NetworkError
        from mxseal._output.json import write_ndjson

        try:
            with opened(None) as sink:
                for batch in scan:
                    write_ndjson(batch, sink)
                    sink.flush()
        except BrokenPipeError:
            forget_output()
            return Exit.GOOD
        except NetworkError:
            raise
        except OSError as error:
            messages.error("cannot write", error.strerror or "", "standard output")
            forget_output()
            return Exit.FOUND
        no_domains = scan.progress()["errors"].get("scan.invalid-domain", 0)
        if not self.asked.quiet:
            tell_of_no_domains(no_domains)
        return Exit.FOUND if no_domains else Exit.GOOD


def _about(sha256: str | None, how: dict[str, Any]) -> dict[str, Any]:
    """What must be the same to go on: rows of one file answer one question about one list.

    Args:
        sha256: of the list.
        how: parameters, as the record of a run has them.
    """
    same = ("thorough", "smtp_port", "https_port", "allow_private", "ca_file")
    return {
        "list": sha256,
        "options": {
            "no_probe": not how["probe"],
            "ipv4": how["ipv4"] and not how["ipv6"],
            "ipv6": how["ipv6"] and not how["ipv4"],
            **{name: how[name] for name in same},
        },
    }


class _File:
    """Rows into FILE.part, and in the end FILE."""

    def __init__(self, asked: _Asked, domains: DomainList) -> None:
        from mxseal._scan import no_rows
        from mxseal._scan_journal import BEING_WRITTEN, Journal, kind_of

        self.asked = asked
        self.domains = domains
        self.lines: int | None = None  # once somebody counted them
        self.target = Path(asked.output).expanduser()
        self.kind = kind_of(self.target)
        reason = unwritable(self.target)
        if not reason and self.target.exists() and not self.target.is_file():
            reason = "is no regular file"
        if reason:
            raise RefusedError("cannot write", f"name another file: {reason}", str(self.target))
        if asked.list != "-":
            refuse_overwriting(self.target, [Path(asked.list).expanduser()])
        self.about = _about(domains.sha256, _settings(asked).parameters())
        self.journal = Journal(self.target, self.about, no_rows(domains))
        self._hold_little()
        if asked.resume and domains.sha256 is None:
            raise RefusedError("--resume needs a list that is a file", "name it", asked.list)
        if self.journal.is_there and not asked.resume:
            what = "a scan was interrupted"
            do = "go on with it: --resume; or remove the file to begin anew"
            if self.journal.is_being_written:
                what, do = BEING_WRITTEN
            raise RefusedError(what, do, str(self.journal.path))
        self.whole = asked.resume and not self.journal.is_there and self.target.exists()

    @staticmethod
    def _hold_little() -> None:
        """Pyarrow's own pool keeps twice of what the file needs while it is written."""
        import pyarrow

        pyarrow.set_memory_pool(pyarrow.system_memory_pool())

    def is_done(self, line: int) -> bool:
        """Whether a line has its row already."""
        return self.journal.is_done(line)

    def run(self, scan: Scan) -> Exit:
        """Scans, and leaves FILE or FILE.part."""
        from mxseal._exceptions import NetworkError

        if self.whole:
            return self._nothing_left()
        going_on = self.asked.resume and self.journal.is_there
        if going_on:
            with _refusals(self.asked):
                self.journal.resume()
        try:
            if not going_on:
                self.journal.begin()
            self._fill_and_finish(scan)
        except KeyboardInterrupt:
            self._tell_of_the_rest()
            raise
        except NetworkError:
            if self.journal.rows:
                self._tell_of_the_rest()
            raise
        except OSError as error:
            reason = error.strerror or str(error)
            resume = "" if self.domains.sha256 is None else " and --resume"
            do = f"{reason}; mend that, then: the same command{resume}"
            messages.error("cannot write", do, error.filename or str(self.target))
            return Exit.FOUND
        if not self.asked.quiet:
            self._tell(scan)
        return Exit.FOUND if self.journal.no_domains else Exit.GOOD

    def _nothing_left(self) -> Exit:
        """FILE is there and no FILE.part: the scan was finished, or it is no scan of this list."""
        from mxseal._scan_journal import record_of, refuse_other

        do = "name another file, or scan without --resume to replace it"
        with _refusals(self.asked):
            record = record_of(self.target, self.kind)
            try:
                before = _about(record["input"]["sha256"], record["parameters"])
                rows = int(record["domains"])
                no_domains = int(record["errors"].get("scan.invalid-domain", 0))
            except (AttributeError, KeyError, TypeError, ValueError):
                what = "--resume finds a file with no scan"
                raise RefusedError(what, do, str(self.target)) from None
            refuse_other(self.target.name, before, self.about, do)
        if not self.asked.quiet:
            tell_of_nothing_left(rows, str(self.target))
            tell_of_no_domains(no_domains)
        return Exit.FOUND if no_domains else Exit.GOOD

    def _fill_and_finish(self, scan: Scan) -> None:
        from mxseal._scan_journal import kept

        with ExitStack() as shown:
            with kept(self.journal):
                self.lines = self._total()
                progress = shown.enter_context(
                    scan_progress(self.asked.quiet, self.lines, self.journal.rows)
                )
                self._fill(scan, progress)
            tell = () if progress is None else (progress.writing,)
            self.journal.finish(self.kind, self._record(scan), *tell)

    def _fill(self, scan: Scan, progress: ScanProgress | None) -> None:
        for batch in scan.batches_or_pulse():
            if batch is not None:
                self.journal.append(batch)
            if progress is not None:
                now = scan.progress()
                progress.show(now["done"], now["running"], self.journal.verdicts)

    def _total(self) -> int | None:
        """Only where somebody looks: a file is read once for it."""
        return None if self.asked.quiet else self.domains.total

    def _record(self, scan: Scan) -> dict[str, Any]:
        """Of the whole scan, also where it was interrupted."""
        record = scan.record()
        record["domains"] = self.journal.rows
        record["verdicts"] = self.journal.verdicts
        record["errors"] = self.journal.errors
        record["started"] = self.journal.started or record["started"]
        record["resumed"] = self.journal.resumed
        return record

    def _tell(self, scan: Scan) -> None:
        size = self.target.stat().st_size
        tell_of_scan(self.journal.rows, self.journal.verdicts, scan.seconds, str(self.target), size)
        tell_of_no_domains(self.journal.no_domains)

    def _tell_of_the_rest(self) -> None:
        if not self.asked.quiet:
            piped = self.domains.sha256 is None
            tell_of_stop(self.journal.rows, self.lines, piped=piped)
