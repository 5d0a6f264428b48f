# SPDX-License-Identifier: MIT
"""Is mail to a domain really encrypted, to the right server, and if not, why?

``mxseal.check`` checks a domain as a sending server meets it, ``mxseal.probe_mx`` one mail host,
``mxseal.scan`` a list of domains; ``mxseal.summarize_scan`` sums up a scan, ``mxseal.diff_scans``
compares two. ``mxseal.tlsrpt`` reads TLS reports and TLS-RPT records (RFC 8460), ``mxseal.mtasts``
MTA-STS records and policies (RFC 8461), ``mxseal.x509`` judges certificates, ``mxseal.dask`` (extra
``dask``) works on more than one machine. The exceptions are ``MxsealError`` and below it
``NetworkError``, ``ParseError`` and ``MissingExtraError``.
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
from mxseal._exceptions import MissingExtraError, MxsealError, NetworkError, ParseError
from mxseal._public import publish

if TYPE_CHECKING:
    from mxseal import x509
    from mxseal._check import DomainCheck, acheck, check
    from mxseal._diff import ScanDiff, diff_scans
    from mxseal._probe import MxProbe, probe_mx
    from mxseal._scan import Scan, scan
    from mxseal._summary import ScanSummary, summarize_scan

publish(__name__, MissingExtraError, MxsealError, NetworkError, ParseError)

__all__ = [
    "DomainCheck",
    "MissingExtraError",
    "MxProbe",
    "MxsealError",
    "NetworkError",
    "ParseError",
    "Scan",
    "ScanDiff",
    "ScanSummary",
    "__version__",
    "acheck",
    "check",
    "diff_scans",
    "mtasts",
    "probe_mx",
    "scan",
    "summarize_scan",
    "tlsrpt",
    "x509",
]


# What only checks and scans need comes when it is first asked for: reading reports begins sooner.
_LATER = {
    "DomainCheck": "_check",
    "MxProbe": "_probe",
    "Scan": "_scan",
    "ScanDiff": "_diff",
    "ScanSummary": "_summary",
    "acheck": "_check",
    "check": "_check",
    "diff_scans": "_diff",
    "probe_mx": "_probe",
    "scan": "_scan",
    "summarize_scan": "_summary",
}


def __getattr__(name: str) -> Any:
    import importlib

    if name in ("dask", "x509"):
        return importlib.import_module(f"mxseal.{name}")
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"mxseal.{_LATER[name]}"), name)
    if isinstance(value, type):
        publish(__name__, value)
    return value


def __dir__() -> list[str]:
    return __all__
