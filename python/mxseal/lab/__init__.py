# SPDX-License-Identifier: MIT
"""The laboratory: an embedded world of domains on loopback, one for each situation.

::

    with Lab() as lab:
        lab.resolver        # 127.0.0.1:PORT, answers for every domain of the laboratory
        lab.smtp_port       # of all its MX hosts, each at an address of its own in 127.0.0.0/8
        lab.https_port      # of all its policy hosts
        lab.ca_file         # the root that senders of the laboratory trust
        lab.situations      # what each domain is, and what a check must say of it

It needs neither root nor the Internet, and nobody outside of this machine can reach it. The extra
``lab`` brings its libraries.
"""

from __future__ import annotations

import importlib

from mxseal._exceptions import MissingExtraError

for _library in ("dns", "cryptography"):
    try:
        importlib.import_module(_library)
    except ModuleNotFoundError as _error:
        if _error.name != _library:
            raise
        raise MissingExtraError("the laboratory", "lab", "mxseal lab") from None

from mxseal.lab.model import Attack, Effects, Options, Situation  # noqa: E402
from mxseal.lab.senders import Outcome, send_plainly  # noqa: E402
from mxseal.lab.world import Delivery, Lab  # noqa: E402

__all__ = [
    "Attack",
    "Delivery",
    "Effects",
    "Lab",
    "Options",
    "Outcome",
    "Situation",
    "send_plainly",
]
