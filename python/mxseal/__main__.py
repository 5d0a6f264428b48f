# SPDX-License-Identifier: MIT
"""``python -m mxseal`` is the command ``mxseal``."""

import sys

from mxseal._start import main

sys.exit(main())
