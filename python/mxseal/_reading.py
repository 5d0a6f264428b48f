# SPDX-License-Identifier: MIT
"""An archive of reports and what of it is asked for, checked before any work.

What can be wrong is a FileNotFoundError or a WrongValueError, by which the command line finds its
own words; the lists of keys and periods, and the bounds, stand here once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from glob import glob, has_magic
from typing import Literal, get_args

from mxseal._core import tlsrpt as core
from mxseal._core.tlsrpt import ReportTable, Sums

PathLike = str | os.PathLike[str]
Paths = PathLike | Iterable[PathLike]
Day = date | str
Names = str | Iterable[str]
Period = Literal["day", "week", "month"]
Progress = Callable[[int, int, int], object]
Spec = tuple[list[str], str]  # of sums: keys, and a period or an empty text

PERIODS: tuple[Period, ...] = get_args(Period)
MOST_THREADS = 256

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class WrongValueError(ValueError):
    """A value that cannot be meant.

    Attributes:
        what: what is wrong, in plain words.
        do: what to do about it.
        value: as it was given.
        choices: what may be given, where that is a list.
    """

    def __init__(self, what: str, do: str, value: object, choices: Sequence[str] = ()) -> None:
        super().__init__(f"{what}: {value!r}; {do}")
        self.what = what
        self.do = do
        self.value = value
        self.choices = choices


class Archive:
    """Paths, and what of the reports below them is asked for (see ``tlsrpt.read_reports``).

    Attributes:
        paths: as the system's bytes, patterns replaced by what matches them.
    """

    def __init__(
        self,
        paths: Paths,
        since: Day | None,
        until: Day | None,
        domain: Names | None,
        organization: Names | None,
        threads: int,
    ) -> None:
        if not 1 <= threads <= MOST_THREADS:
            do = f"give a number from 1 to {MOST_THREADS}"
            raise WrongValueError("not a number of threads", do, threads)
        # Both ends are inclusive, in seconds.
        first = None if since is None else _seconds(day(since))
        last = None if until is None else _seconds(day(until)) + 86_400 - 1
        self.paths = _expanded(paths)
        self._asked = first, last, _listed(domain), _listed(organization), threads

    def read(self, progress: Progress | None) -> ReportTable:
        """The reports as tables."""
        return core.read_reports(self.paths, *self._asked, progress)

    def summarize(self, specs: Sequence[Spec], progress: Progress | None) -> list[Sums]:
        """Several sums of one reading."""
        return core.summarize_reports(self.paths, specs, *self._asked, progress)

    def summarize_part(self, spec: Spec, key: tuple[int, int], known: bytes) -> tuple[Sums, bytes]:
        """Sums of an archive that is one part of a larger one.

        Args:
            spec: of the sums.
            key: of the digests, two numbers of 64 bits; the same for all parts.
            known: digests of reports that another part counts, 16 bytes each: duplicates here.

        Returns:
            The sums, and the digests of the reports in them.
        """
        return core.summarize_part(self.paths, spec, *self._asked, key, known)

    def count_files(self) -> int:
        """How many files lie below the paths."""
        return core.count_files(self.paths)


def spec(by: str | Sequence[str], period: str | None) -> Spec:
    """Keys and period of sums."""
    if period is not None and period not in PERIODS:
        do = f"periods are {', '.join(PERIODS)}"
        raise WrongValueError("no such period", do, period, PERIODS)
    return keys(by), period or ""


def keys(by: str | Sequence[str]) -> list[str]:
    """Keys of sums."""
    given = [by] if isinstance(by, str) else list(by)
    known = core.key_names()
    for key in given:
        if key not in known:
            raise WrongValueError("no such key", f"keys are {', '.join(known)}", key, known)
        if given.count(key) > 1:
            raise WrongValueError("a key is given twice", "give each key once", key)
    return given


def day(given: Day) -> date:
    """A day in UTC."""
    if isinstance(given, datetime):
        return given.astimezone(UTC).date() if given.tzinfo else given.date()
    if isinstance(given, date):
        return given
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise WrongValueError("not a day", "write it like 2026-11-22", given) from None


def _seconds(start: date) -> int:
    return (datetime.combine(start, time(), UTC) - _EPOCH) // timedelta(seconds=1)


def _listed(names: Names | None) -> list[str]:
    if names is None:
        return []
    return [names] if isinstance(names, str) else list(names)


def _expanded(paths: Paths) -> list[bytes]:
    expanded: list[bytes] = []
    if not isinstance(paths, str | os.PathLike | Iterable):
        raise TypeError(f"paths: give one path or several, not {type(paths).__name__}")
    for path in [paths] if isinstance(paths, str | os.PathLike) else paths:
        given = os.fspath(path)
        name = os.path.expanduser(given)  # noqa: PTH111 - a Path would lose "./" and "//"
        if name == "-" or os.path.lexists(name):
            expanded.append(os.fsencode(name))
            continue
        matches = []
        if has_magic(name):
            matches = sorted(glob(name, recursive=True))  # noqa: PTH207 - absolute ones too
        if not matches:
            raise FileNotFoundError(2, "no such file or folder", given)
        expanded.extend(map(os.fsencode, matches))
    return expanded
