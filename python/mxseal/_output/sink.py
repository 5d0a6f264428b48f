# SPDX-License-Identifier: MIT
"""Where an answer goes: standard output, or a file that is there only when it is whole."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mxseal._output.terminal import Terminal, for_stream, is_terminal


class Sink:
    """A file or stream, and how to write for who reads it.

    Attributes:
        binary: for bytes.
        terminal: for people; a file is written for a pipe's width, without colours.
    """

    def __init__(self, binary: BinaryIO, terminal: Terminal) -> None:
        self.binary = binary
        self.terminal = terminal

    def write(self, text: str) -> None:
        """Text, in UTF-8."""
        self.binary.write(text.encode())

    def flush(self) -> None:
        """Whoever reads it has all that was written."""
        self.binary.flush()


def unwritable(path: Path) -> str:
    """Why a file cannot be written there, or an empty text; asked before any work."""
    if path.is_dir():
        return "is a folder"
    if path.exists() and not os.access(path, os.W_OK):
        return "may not be written"
    folder = path.parent
    if not folder.is_dir():
        return f"there is no folder {folder}"
    if not path.exists() and not os.access(folder, os.W_OK):
        return f"nothing may be written in the folder {folder}"
    return ""


@contextmanager
def opened(path: Path | None) -> Iterator[Sink]:
    """A sink for the answer.

    Args:
        path: None is standard output. A file is written beside as FILE.part and renamed when whole;
            if anything goes wrong on the way, what was there before is still there.
    """
    if path is None:
        if sys.stdout is None:
            raise OSError(errno.EBADF, "it is closed")
        sys.stdout.flush()
        yield Sink(sys.stdout.buffer, for_stream(sys.stdout))
        sys.stdout.buffer.flush()
        return
    target = Path(os.path.realpath(path))  # a link stays a link
    if target.exists() and not stat.S_ISREG(target.stat().st_mode):
        with target.open("wb") as stream:  # a device or a FIFO cannot be replaced
            yield Sink(stream, Terminal())
        return
    part = target.with_name(target.name + ".part")
    try:
        with part.open("wb") as stream:
            yield Sink(stream, Terminal())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def output_is_terminal() -> bool:
    """Whether somebody reads standard output directly."""
    return is_terminal(sys.stdout)


def forget_output() -> None:
    """Standard output takes no more (a closed pipe, a full disk): what is left goes nowhere."""
    if sys.stdout is None:
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
