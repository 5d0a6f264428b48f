# SPDX-License-Identifier: MIT
"""Is mail to a domain really encrypted, to the right server, and if not, why?

``mxseal.tlsrpt`` reads TLS reports and TLS-RPT records (RFC 8460), ``mxseal.mtasts`` MTA-STS
records and policies (RFC 8461). The exceptions are ``MxsealError`` and below it ``ParseError``
and ``MissingExtraError``.
"""

from __future__ import annotations

try:
    from mxseal._core import __version__
except ImportError as error:
    # Where it is missing, the folder of its stubs may answer to its name, from nowhere.
    if error.name != "mxseal._core" or error.path is not None:
        raise
    raise ModuleNotFoundError(
        "mxseal's compiled part is missing: install mxseal (pip install .) rather than import it "
        "from its source folder",
        name="mxseal._core",
    ) from error

from mxseal import mtasts, tlsrpt
from mxseal._exceptions import MissingExtraError, MxsealError, ParseError
from mxseal._public import publish

publish(__name__, MissingExtraError, MxsealError, ParseError)

__all__ = [
    "MissingExtraError",
    "MxsealError",
    "ParseError",
    "__version__",
    "mtasts",
    "tlsrpt",
]


def __dir__() -> list[str]:
    return __all__
