# SPDX-License-Identifier: MIT
"""What people and programs see: the only code of mxseal that prints, and the only that escapes.

Two rules bind this package. Text that comes from somebody else is escaped here, at output and once,
by the rule of the form that it goes into (terminal, JSON, CSV, HTML). And nothing here judges or
counts: it shows what it is given.
"""
