# SPDX-License-Identifier: MIT
"""What the commands that read scans have in common: refusing what is none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mxseal._reading import WrongValueError
from mxseal.cli.refusals import RefusedError, unreadable


@contextmanager
def reading() -> Iterator[None]:
    """What cannot be read is refused, in the words of whoever met it."""
    try:
        yield
    except WrongValueError as wrong:
        raise RefusedError(wrong.what, wrong.do, str(wrong.value)) from None
    except OSError as error:
        raise unreadable(error) from None
