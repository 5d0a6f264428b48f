# SPDX-License-Identifier: MIT
"""
The compiled core of mxseal; use the public modules instead.
"""
from __future__ import annotations
from . import mime
from . import mtasts
from . import tlsrpt
from . import x509
from . import check
from . import scan
__all__: list[str] = ['check', 'mime', 'mtasts', 'scan', 'tlsrpt', 'x509']
__version__: str = '0.1.0'
