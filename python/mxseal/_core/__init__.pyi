# SPDX-License-Identifier: MIT
"""
The compiled core of mxseal; use the public modules instead.
"""
from __future__ import annotations
from . import mime
from . import mtasts
from . import tlsrpt
__all__: list[str] = ['mime', 'mtasts', 'tlsrpt']
__version__: str = '0.1.0'
