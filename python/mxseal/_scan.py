# SPDX-License-Identifier: MIT
"""Behind ``mxseal.scan``: many domains, and what is found as Arrow batches while the scan runs.

The core's thread asks and judges; here it is fed with lines, and its batches are handed out.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from mxseal._core import __version__
from mxseal._core import scan as core
from mxseal._core.tlsrpt import Table
from mxseal._domain_files import Line
from mxseal._domains import DomainList
from mxseal._exceptions import MxsealError, NetworkError
from mxseal._network import greeting, moment, texts, typed, wrong_type
from mxseal._reading import WrongValueError

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from mxseal._summary import ScanSummary

SCHEMA_VERSION = 1
WAIT = 0.1  # seconds without the GIL at most
LEAST_FED = 256  # lines at once, where there are so many
GONE = 200  # questions in a row that no resolver could be asked
BLOCKLIST = "~/.config/mxseal/blocklist"

# Fixed limits of a scan: seconds for a policy, seconds for an MX address, new connections a second
# to a network (/24, /48).
POLICY_TIMEOUT = 20.0
PROBE_TIMEOUT = 20.0
MOST_PER_NETWORK = 10.0


# Not a number is within no bounds.
_BOUNDS = {
    "timeout": (0.1, 3600),
    "concurrency": (1, 20_000),
    "rate": (0.1, 1_000_000),
    "max_per_host": (1, 1000),
    "max_per_network": (0.001, 1_000_000),
    "smtp_port": (1, 65_535),
    "https_port": (1, 65_535),
}


@dataclass(frozen=True, kw_only=True)
class ScanSettings:
    """How to scan; the parameters of ``mxseal.scan`` that are the same after a pause.

    Attributes:
        resolvers: ``ADDRESS`` or ``ADDRESS:PORT``, asked in this order; empty: the system's.
        ca_file: PEM file of the roots to trust; empty: the system's.
        timeout: seconds a domain, in all; waiting for a turn to connect does not count.
        probe: whether port 25 is asked.
        thorough: with the look-ups that cost extra.
        ipv4: whether IPv4 addresses are used.
        ipv6: whether IPv6 addresses are used.
        smtp_port: of MX hosts.
        https_port: of policy hosts.
        helo: the name given in EHLO; empty: this host's.
        allow_private: whether addresses that are not public are connected to.
        trust_ad: whether the AD bit of a resolver that is not on loopback counts.
        at: judge as of this time; None: now.
        concurrency: domains at once.
        rate: DNS messages a second to each resolver; loopback has no limit.
        max_per_host: connections at once to an address; loopback has no limit.
        max_per_network: new connections a second to a network; loopback has no limit.
        seed: of the order in which the list is scanned; None: as it stands.
        contact: URL or mail address in the User-Agent, for those who wonder.
    """

    resolvers: Sequence[str] = ()
    ca_file: str = ""
    timeout: float = 60.0
    probe: bool = True
    thorough: bool = False
    ipv4: bool = True
    ipv6: bool = True
    smtp_port: int = 25
    https_port: int = 443
    helo: str = ""
    allow_private: bool = False
    trust_ad: bool = False
    at: datetime | None = None
    concurrency: int = 500
    rate: float = 200.0
    max_per_host: int = 2
    max_per_network: float = MOST_PER_NETWORK
    seed: int | None = 0
    contact: str = ""

    def __post_init__(self) -> None:
        """Refuses what cannot be meant.

        Raises:
            WrongValueError: a value out of its bounds, a text with a line break.
        """
        for name, (least, most) in _BOUNDS.items():
            value = getattr(self, name)
            try:
                can_be = least <= value <= most
            except TypeError:
                raise wrong_type(name, "a number", value) from None
            if not can_be:
                bounds = f"give {least:g} to {most:g}"
                raise WrongValueError(f"no such {name.replace('_', ' ')}", bounds, value)
        if not isinstance(self.seed, int | None):
            raise wrong_type("seed", "a whole number or None", self.seed)
        moment("at", self.at)
        greeting(self.helo)
        # A line break would begin a header field of its own.
        if not (self.contact.isascii() and self.contact.isprintable()):
            raise WrongValueError(
                "no such contact", "give printable ASCII on one line", self.contact
            )

    def parameters(self) -> dict[str, Any]:
        """For the record of a run."""
        values = asdict(self)
        values["resolvers"] = list(self.resolvers)
        values["helo"] = greeting(self.helo)
        at = moment("at", self.at)
        values["at"] = None if at is None else datetime.fromtimestamp(at, UTC).isoformat()
        return values


class Scan:
    """A scan: iterate it for batches while it runs, or ask it for a whole table.

    It begins when it is first asked for something, and goes through its list once. Leaving an
    iteration keeps what is left for the next one.

    The columns, a row a line of the list:

    ====================================  ==========================================================
    ``line``                              place in the list or file, from 1
    ``domain``                            A-labels in lower case; as typed where it can be no domain
    ``verdict``                           one word for all of it, as ``mxseal check`` says
    ``effects``                           what senders do now: ``plain``, ``mta_sts``, ``dane``
    ``sts_id``                            id of the MTA-STS record (RFC 8461 §3.1); None without one
    ``sts_cname``                         where the CNAMEs of _mta-sts.<domain> end
    ``policy_mode``, ``max_age``,         of the policy that counts (RFC 8461 §3.2); seconds;
    ``policy_mx``                         patterns as written
    ``policy_status``                     how its fetching ended (RFC 8461 §3.3); None if not tried
    ``policy_address``, ``policy_cname``  of the policy host: address asked, end of its CNAMEs
    ``policy_expiry``, ``policy_sha256``  of its certificate: end (UTC), SHA-256 in hexadecimal
    ``mx_count``, ``mx_passed``,          hosts that take the domain's mail, and how many pass, fail
    ``mx_failed``, ``mx_unknown``         or could not be seen
    ``dane_state``                        DANE of the domain (RFC 7672)
    ``tlsrpt``, ``tlsrpt_rua``            TLS-RPT record and where reports go (RFC 8460 §3)
    ``first_expiry``                      first end of a server's certificate met (UTC)
    ``errors``, ``warnings``              findings of these severities
    ``mx``                                each host: ``host``, ``preference``, ``in_policy``,
                                          ``dane``, ``verdict``, ``addresses`` with ``address``,
                                          ``smtp_status``, ``tls_version``, ``not_after`` and
                                          ``sha256`` of the certificate, ``verdict``
    ``findings``                          each with the fields of ``mxseal.check``'s findings
    ``started``, ``seconds``              when (UTC), and how long it took
    ====================================  ==========================================================

    The columns that the list has besides follow by their own names; one that is called like a
    column above is called ``input_<name>``.

    Attributes:
        domains: the list.
        settings: how.
        lists: texts of the block list and of the exceptions from it.
    """

    def __init__(
        self,
        domains: DomainList,
        settings: ScanSettings,
        *,
        blocklist: str = "",
        allowlist: str = "",
        done: Callable[[int], bool] | None = None,
        only_mx: bool = False,
    ) -> None:
        """See ``mxseal.scan``.

        Args:
            domains: the list.
            settings: how.
            blocklist: text of the list of those who are left alone.
            allowlist: text of the exceptions from it.
            done: whether a line has its row already.
            only_mx: nothing but MX records is asked for; of a row only ``mx[].host`` means
                something then.
        """
        self.domains = domains
        self.settings = settings
        self.lists = blocklist, allowlist
        self._done = done
        self._only_mx = only_mx
        self._core: core.Scan | None = None
        self._lines: Iterator[Any] | None = None
        self._read = 0  # lines
        self._carried: dict[int, tuple[Any, ...]] = {}
        self._ended = False
        self._failure: Exception | None = None
        self._cut_off = False  # by Ctrl-C while the list was read
        self._answered = 0  # questions
        self._failed = 0  # that had failed when the last one was answered
        self._last: dict[str, Any] = {}  # progress, once it is stopped
        self._rows = 0
        self._batches: list[Table] | None = None
        self._handed_out = False
        self._started: datetime | None = None
        self._ended_at: datetime | None = None

    # ------------------------------------------------------------------------------- while it runs
    def __iter__(self) -> Iterator[Table]:
        """Batches of rows as they come, each for pyarrow, Polars, DuckDB or ``to_dicts()``.

        Raises:
            NetworkError: no resolver answers.
            ParseError: a resolver is no address, the roots cannot be read, or a line of
                ``blocklist`` or ``allowlist`` is neither address, network nor domain.
        """
        return self._run()

    def _run(self) -> Iterator[Table]:
        for batch in self.batches_or_pulse():
            if batch is not None:
                yield batch

    def batches_or_pulse(self) -> Iterator[Table | None]:
        """The batches, and ten times a second at least None: for who shows how far it is."""
        self._handed_out = True
        if self._failure is not None:
            raise self._failure
        while not self._ended:
            running = self._begun()
            if self._cut_off:
                self._read_on(running)
            if self._lines is not None:
                with self._reading():
                    self._feed(running)
            batch = running.next(WAIT)
            if batch is not None:
                self._check_resolver(running, rows=True)
                self._rows += len(batch)
                yield self._with_carried(batch)
            elif running.finished:
                self._check_resolver(running, rows=True)
                self._ended = True
                self._ended_at = datetime.now(UTC)
            else:
                self._check_resolver(running, rows=False)
                yield None

    def _begun(self) -> core.Scan:
        if self._core is None:
            settings = self.settings
            self._core = core.Scan(
                resolvers=list(settings.resolvers),
                ca_file=settings.ca_file,
                timeout=settings.timeout,
                policy_timeout=POLICY_TIMEOUT,
                probe_timeout=PROBE_TIMEOUT,
                probe=settings.probe,
                thorough=settings.thorough,
                ipv4=settings.ipv4,
                ipv6=settings.ipv6,
                smtp_port=settings.smtp_port,
                https_port=settings.https_port,
                helo=greeting(settings.helo),
                user_agent=_user_agent(settings.contact),
                allow_private=settings.allow_private,
                trust_ad=settings.trust_ad,
                concurrency=settings.concurrency,
                rate=settings.rate,
                most_per_address=settings.max_per_host,
                most_per_network=settings.max_per_network,
                blocked=self.lists[0],
                allowed=self.lists[1],
                at=moment("at", settings.at),
                only_mx=self._only_mx,
            )
            self._started = datetime.now(UTC)
            self._lines = self._in_order()
        return self._core

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """What ends the list's iterators: afterwards they would look like the end of the list."""
        try:
            yield
        except Exception as error:
            self.stop()
            self._failure = error
            raise
        except BaseException:
            self._cut_off = True
            raise

    def _read_on(self, running: core.Scan) -> None:
        """Where Ctrl-C came while the list was read; a generator cannot be read once more."""
        if self._done is not None or (self.domains.total is None and self.domains.sha256 is None):
            self.stop()
            self._failure = MxsealError(
                "the scan was interrupted while its list was read: scan again"
            )
            raise self._failure
        self._read = running.fed
        self._lines = islice(self._in_order(), running.fed, None)
        self._cut_off = False

    def _in_order(self) -> Iterator[Line]:
        seed = self.settings.seed
        return iter(self.domains if seed is None else self.domains.shuffled(seed))

    def _feed(self, running: core.Scan) -> None:
        assert self._lines is not None
        room = running.room()
        if room < LEAST_FED:
            return
        taken = list(islice(self._lines, room))
        if not taken:
            running.close()
            self._lines = None
            return
        self._read += len(taken)
        if self._done is not None:
            taken = [line for line in taken if not self._done(line.number)]
        if self.domains.carried:
            self._carried.update((line.number, line.carried) for line in taken)
        running.feed([(number, typed(name)) for number, name, _ in taken])

    def _with_carried(self, batch: Table) -> Table:
        if not self.domains.carried:
            return batch
        rows = [self._carried.pop(number) for number in batch.column("line")]
        return batch.with_columns(_carried_columns(self.domains, rows))

    def _check_resolver(self, running: core.Scan, *, rows: bool) -> None:
        """Rows that say nothing but that nobody answered are no scan.

        Args:
            running: what counts.
            rows: some are done. Before, a question that fails at once may still be asked again.
        """
        now = running.progress()
        if now["silent"]:
            self._end_without_resolver(answered=now["answered"] > 0)
        if now["answered"] > self._answered:
            self._answered, self._failed = now["answered"], now["failed"]
            return
        if self._answered:
            # It answered before, and cannot be reached now. Questions that time out are no sign: a
            # list's last domains may be the slow ones.
            if now["failed"] - self._failed < GONE:
                return
        elif now["timed_out"] + (now["failed"] if rows else 0) == 0:
            return
        self._end_without_resolver(answered=self._answered > 0)

    def _end_without_resolver(self, *, answered: bool) -> NoReturn:
        what = "no resolver answers any more" if answered else "no resolver answers"
        self.stop()
        given = self.settings.resolvers
        resolvers = ", ".join(given or core.system_resolvers())
        where = resolvers if given else f"{resolvers} (resolv.conf)"
        self._failure = NetworkError("scan.resolver-error", what, where)
        raise self._failure

    def progress(self) -> dict[str, Any]:
        """``done``, ``running``, ``verdicts`` so far, and what the resolver answered."""
        if self._core is None and self._ended:
            return self._last
        return self._begun().progress()

    @property
    def seconds(self) -> float:
        """Since it began."""
        if self._started is None:
            return 0.0
        return ((self._ended_at or datetime.now(UTC)) - self._started).total_seconds()

    def stop(self) -> None:
        """Ends it, also in the middle; what was not handed out is lost."""
        if self._core is not None:
            self._last = self._core.progress()
        self._ended = True
        self._ended_at = self._ended_at or datetime.now(UTC)
        self._lines = None
        self._core = None

    # --------------------------------------------------------------------------------- as one whole
    def _tables(self) -> list[Table]:
        if self._batches is None:
            if self._handed_out:
                raise MxsealError(
                    "the batches of this scan were handed out already: keep them, or scan again"
                )
            self._batches = []
        for batch in self._run():  # goes on where Ctrl-C left it
            self._batches.append(batch)
        if sum(map(len, self._batches)) != self.progress()["done"]:
            raise MxsealError("the scan was interrupted, and rows of it are lost: scan again")
        return self._batches

    def to_arrow(self) -> pyarrow.Table:
        """All rows as a ``pyarrow.Table``, once the scan is done (extra ``parquet``)."""
        from mxseal._frames import arrow_table, require

        arrow = require("pyarrow", "parquet", "to_arrow()")
        tables = [arrow_table(arrow, each) for each in self._tables() or [no_rows(self.domains)]]
        whole: pyarrow.Table = arrow.concat_tables(tables)
        return whole.replace_schema_metadata({b"mxseal": self.record_text().encode()})

    def to_pandas(self) -> pandas.DataFrame:
        """All rows as a ``pandas.DataFrame`` (extra ``pandas``)."""
        from mxseal._frames import pandas_frame, require

        require("pandas", "pandas", "to_pandas()")
        return pandas_frame(self.to_arrow())

    def to_polars(self) -> polars.DataFrame:
        """All rows as a ``polars.DataFrame`` (extra ``polars``)."""
        from mxseal._frames import require

        frames = require("polars", "polars", "to_polars()")
        whole: polars.DataFrame = frames.DataFrame(self.to_arrow())
        return whole

    def summary(self) -> ScanSummary:
        """Counts of what was found; asks for all rows."""
        from mxseal._summary import summarize_scan

        return summarize_scan(self.to_arrow())

    # ------------------------------------------------------------------------------- about the run
    def record(self) -> dict[str, Any]:
        """The record of the run: who scanned what, how, when, and what came of it in counts.

        Where a file's scan went on with ``--resume``, its ``domains``, ``verdicts``, ``errors`` and
        ``started`` are of the whole scan; ``questions`` and the rest are of the last run.
        """
        now = self._core.progress() if self._core is not None else self._last
        return {
            "schema_version": SCHEMA_VERSION,
            "version": __version__,
            "libraries": libraries(),
            "parameters": self.settings.parameters(),
            "resolver": list(self.settings.resolvers) or core.system_resolvers(),
            "resolver_validates": now.get("resolver_validates"),
            "questions": {
                name: now.get(name, 0)
                for name in ("questions", "messages", "answers", "dropped", "timed_out")
            },
            "started": text_of(self._started),
            "ended": text_of(self._ended_at),
            "domains": now.get("done", 0),
            "verdicts": now.get("verdicts", {}),
            "errors": now.get("errors", {}),
            "input": {
                "name": self.domains.name,
                "sha256": self.domains.sha256,
                "lines": self._read if self._ended else self.domains.total,
            },
        }

    def record_text(self) -> str:
        """The same as JSON."""
        import json

        return json.dumps(self.record(), ensure_ascii=True)

    @property
    def _state(self) -> str:
        if self._started is None:
            return "ready"
        return f"{self._rows:,} {'done' if self._ended else 'so far'}"

    def __repr__(self) -> str:
        return f"<Scan {self.domains.name!a}: {self._state}>".replace("'", "")

    def _repr_html_(self) -> str:
        from mxseal._output.scan_html import scan_html

        # To look at it does not begin it.
        verdicts = {} if self._started is None else self.progress()["verdicts"]
        return scan_html(self.domains.name, self._state, verdicts)


def scan(
    domains: Any,
    *,
    resolver: str | Sequence[str] = (),
    ca_file: str = "",
    timeout: float = 60.0,
    probe: bool = True,
    thorough: bool = False,
    ipv4: bool = True,
    ipv6: bool = True,
    smtp_port: int = 25,
    https_port: int = 443,
    helo: str = "",
    allow_private: bool = False,
    trust_ad: bool = False,
    at: datetime | None = None,
    concurrency: int = 500,
    rate: float = 200.0,
    max_per_host: int = 2,
    seed: int | None = 0,
    contact: str = "",
    blocklist: str | os.PathLike[str] | Iterable[str] | None = None,
    allowlist: str | os.PathLike[str] | Iterable[str] | None = None,
) -> Scan:
    """Checks many domains, as ``mxseal check --quick`` does each; nothing runs before it is asked.

    Args:
        domains: a file's name, names, a column, or a table with a column ``domain``, whose further
            columns go along.
        resolver: ``ADDRESS`` or ``ADDRESS:PORT``, one or several in order; the system's if none. A
            validating resolver on loopback serves best: it is asked without a limit.
        ca_file: PEM file of the roots to trust in place of the system's.
        timeout: seconds a domain, in all; in it 20 for the policy and 20 for an MX address.
        probe: whether port 25 of the MX hosts is asked.
        thorough: with the look-ups that cost extra.
        ipv4: whether IPv4 addresses are used.
        ipv6: whether IPv6 addresses are used.
        smtp_port: of the MX hosts.
        https_port: of the policy hosts.
        helo: the name given in EHLO; this host's if empty.
        allow_private: whether addresses that are not public are connected to.
        trust_ad: whether the AD bit of a resolver that is not on loopback counts.
        at: judge as of this time; now if None.
        concurrency: domains at once.
        rate: DNS messages a second to each resolver that is not on loopback.
        max_per_host: connections at once to an address that is not on loopback; besides, 10 new
            ones a second to a network (/24, /48).
        seed: of the order, which is shuffled within windows of 20,000 lines; None: as they stand.
        contact: URL or mail address in the User-Agent, for those who wonder who asks.
        blocklist: addresses, networks (CIDR) and domains, one a line, that are left alone: a file,
            or lines; ``~/.config/mxseal/blocklist`` if None and there.
        allowlist: exceptions from it.

    Raises:
        OSError: a file cannot be read.
        WrongValueError: a value that cannot be meant (a ``ValueError``).
    """
    settings = ScanSettings(
        resolvers=texts("resolver", resolver),
        ca_file=ca_file,
        timeout=timeout,
        probe=probe,
        thorough=thorough,
        ipv4=ipv4,
        ipv6=ipv6,
        smtp_port=smtp_port,
        https_port=https_port,
        helo=helo,
        allow_private=allow_private,
        trust_ad=trust_ad,
        at=at,
        concurrency=concurrency,
        rate=rate,
        max_per_host=max_per_host,
        seed=seed,
        contact=contact,
    )
    return Scan(
        DomainList.of(domains),
        settings,
        blocklist=target_list(blocklist, BLOCKLIST),
        allowlist=target_list(allowlist, None),
    )


def no_rows(domains: DomainList) -> Table:
    """The columns of a scan of that list, without a row."""
    return core.empty().with_columns(_carried_columns(domains, []))


def _carried_columns(
    domains: DomainList, rows: Sequence[tuple[Any, ...]]
) -> list[tuple[str, str, list[Any]]]:
    """The columns that go along: name, kind and values of each."""
    taken = set(core.empty().column_names)
    columns: list[tuple[str, str, list[Any]]] = []
    for place, (name, kind) in enumerate(zip(domains.carried, domains.kinds, strict=True)):
        while name in taken:
            name = f"input_{name}"
        taken.add(name)
        columns.append((name, kind, [row[place] for row in rows]))
    return columns


def target_list(given: str | os.PathLike[str] | Iterable[str] | None, otherwise: str | None) -> str:
    """The text of a list of targets; what cannot be one is found when the scan begins."""
    if given is None:
        path = None if otherwise is None else Path(otherwise).expanduser()
        return path.read_text(errors="replace") if path is not None and path.is_file() else ""
    if isinstance(given, str | os.PathLike):
        return Path(given).expanduser().read_text(errors="replace")
    return "\n".join(given)


def libraries() -> dict[str, str]:
    """Versions of what a result depends on."""
    return {"python": sys.version.split()[0], **core.libraries()}


def _user_agent(contact: str) -> str:
    """Who asks."""
    return f"mxseal/{__version__}" + (f" (+{contact})" if contact else "")


def text_of(moment: datetime | None) -> str | None:
    """RFC 3339, in UTC."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
