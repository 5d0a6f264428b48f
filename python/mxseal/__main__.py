# SPDX-License-Identifier: MIT
"""``python -m mxseal`` is the command ``mxseal``."""

import sys

from mxseal.cli import main

sys.exit(main())
