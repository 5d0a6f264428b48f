# SPDX-License-Identifier: MIT
"""What the commands that read scans have in common: refusing what is none, writing the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mxseal._output import messages
from mxseal._output.sink import Sink, forget_output, opened
from mxseal._reading import WrongValueError
from mxseal.cli.exit import Exit
from mxseal.cli.refusals import RefusedError


@contextmanager
def reading() -> Iterator[None]:
    """What cannot be read is refused, in the words of whoever met it."""
    try:
        yield
    except WrongValueError as wrong:
        raise RefusedError(wrong.what, wrong.do, str(wrong.value)) from None
    except OSError as error:
        raise RefusedError(
            "cannot read", error.strerror or str(error), str(error.filename or "")
        ) from None


def answer(write: Callable[[Sink], None], status: Exit) -> Exit:
    """Writes to standard output; the status is given back, or another where nobody takes it."""
    try:
        with opened(None) as sink:
            write(sink)
    except BrokenPipeError:
        forget_output()
    except OSError as error:
        messages.error("cannot write", error.strerror or "", "standard output")
        forget_output()
        return Exit.FOUND
    return status
