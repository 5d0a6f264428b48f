# SPDX-License-Identifier: MIT
"""Compiled classes and functions get the name of the public module that shows them.

Users then see ``mxseal.mtasts.Policy`` in a repr, a traceback or a pickle, not a private module.
"""

from __future__ import annotations

import os


def publish(module: str, *values: object) -> None:
    """Makes ``module`` the home of these compiled classes and functions.

    Not while stubs are generated (``MXSEAL_STUBGEN``): the stubs of the compiled module would
    import from the public module, which imports from the compiled one.
    """
    if not os.environ.get("MXSEAL_STUBGEN"):
        for value in values:
            value.__module__ = module
