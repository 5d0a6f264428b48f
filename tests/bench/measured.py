# SPDX-License-Identifier: MIT
"""How every contestant's work is measured: in a process of its own, after its imports.

A contestant is a script that is called with the kind of sum, the form and the path of the archive.
It imports what it needs, then hands its work to `run`, which prints one JSON object: user + system
CPU and wall time of the work in seconds, growth of the peak memory in KiB, and what was found.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Key = tuple[str | None, ...]


@dataclass
class Found:
    """What a contestant found, in the terms of the truth file.

    `sessions`: (policy_domain, policy_type) -> [successful, failed];
    `failed`: (policy_domain, policy_type, result_type) -> failed sessions over details;
    `counts`: reports, duplicates, errors, policies, details, as far as the contestant knows them.
    """

    sessions: dict[Key, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    failed: dict[Key, int] = field(default_factory=lambda: defaultdict(int))
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))


@dataclass(frozen=True)
class Task:
    """What to do: `work` is sessions, failures or tables; `form` a name of tests/archives.py."""

    work: str
    form: str
    path: str
    threads: int


def peak_memory() -> int:
    """Peak resident memory of this process in KiB.

    Not ru_maxrss: that of a child begins with its parent's memory at the time of fork.
    """
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def files(path: str) -> Iterator[str]:
    """All files below `path`, or `path` itself."""
    if not os.path.isdir(path):  # noqa: PTH112 (pathlib is five times slower, and peers are not to pay)
        yield path
        return
    folders = [path]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    yield entry.path


def content(path: str) -> bytes:
    """The bytes of a file, with as few system calls as Python allows."""
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        return file.readall()


def run(work: Callable[[Task], Found | Callable[[], Found]]) -> None:
    """Measures `work`, which may return a function that makes Found of its result off the clock."""
    task = Task(sys.argv[1], sys.argv[2], sys.argv[3], int((*sys.argv, "1")[4]))
    memory = peak_memory()
    wall, cpu = time.perf_counter(), time.process_time()
    result = work(task)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    memory = peak_memory() - memory
    found = result() if callable(result) else result
    json.dump(
        {
            "cpu": cpu,
            "wall": wall,
            "memory": memory,
            "sessions": [[*key, *both] for key, both in found.sessions.items()],
            "failed": [[*key, count] for key, count in found.failed.items()],
            "counts": found.counts,
        },
        sys.stdout,
    )
