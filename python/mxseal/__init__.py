# SPDX-License-Identifier: MIT
"""Is mail to a domain really encrypted, to the right server, and if not, why?

``mxseal.check`` checks a domain as a sending server meets it, ``mxseal.x509`` judges certificates,
``mxseal.summarize_scan`` sums up a scan and ``mxseal.diff_scans`` compares two;
``mxseal.tlsrpt`` reads TLS reports and TLS-RPT records (RFC 8460), ``mxseal.mtasts`` MTA-STS
records and policies (RFC 8461). The exceptions are ``MxsealError`` and below it ``ParseError``
and ``MissingExtraError``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from mxseal import x509
    from mxseal._check import DomainCheck, acheck, check
    from mxseal._diff import ScanDiff, diff_scans
    from mxseal._summary import ScanSummary, summarize_scan

publish(__name__, MissingExtraError, MxsealError, ParseError)

__all__ = [
    "DomainCheck",
    "MissingExtraError",
    "MxsealError",
    "ParseError",
    "ScanDiff",
    "ScanSummary",
    "__version__",
    "acheck",
    "check",
    "diff_scans",
    "mtasts",
    "summarize_scan",
    "tlsrpt",
    "x509",
]


def __getattr__(name: str) -> Any:
    """What only checks need comes when it is first asked for: reading reports begins sooner."""
    import importlib

    if name == "x509":
        return importlib.import_module("mxseal.x509")
    if name in ("DomainCheck", "acheck", "check"):
        from mxseal import _check

        publish(__name__, _check.DomainCheck)
        return getattr(_check, name)
    if name in ("ScanDiff", "diff_scans"):
        from mxseal import _diff

        publish(__name__, _diff.ScanDiff)
        return getattr(_diff, name)
    if name in ("ScanSummary", "summarize_scan"):
        from mxseal import _summary

        publish(__name__, _summary.ScanSummary)
        return getattr(_summary, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
