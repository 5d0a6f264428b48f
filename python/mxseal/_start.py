# SPDX-License-Identifier: MIT
"""Where the command ``mxseal`` begins, and what Ctrl-C does before the rest of it is imported."""

from __future__ import annotations

import os
import signal

INTERRUPTED = 130  # ``cli.exit.Exit.INTERRUPTED``, of a module that is not there yet


def main() -> int:
    """Run the command with the process's own arguments; gives the exit status."""
    usual = signal.getsignal(signal.SIGINT)
    # Whoever ignores Ctrl-C (nohup, a job in the background) goes on ignoring it.
    if usual is signal.default_int_handler:
        # An exception would come out of the middle of an import; there is nothing to clear up yet.
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    from mxseal._output.messages import flush
    from mxseal.cli import main as command

    status = command(begin=lambda: signal.signal(signal.SIGINT, usual))
    if status == INTERRUPTED:
        # What is kept is closed by now. To take apart a scan with hundreds of connections, and then
        # Python, would take another quarter of a second.
        flush()
        os._exit(INTERRUPTED)
    return status
