# SPDX-License-Identifier: MIT
"""The exceptions of mxseal, all of them.

::

    MxsealError
    ├── ParseError         (also a ValueError) what was to be read does not follow its RFC
    ├── NetworkError       (also an OSError) what was to be fetched did not come
    └── MissingExtraError  (also an ImportError) an optional library is not installed

Functions that have one value to give raise; functions that read many things never raise for one of
them but list it in their result.
"""

from __future__ import annotations


class MxsealError(Exception):
    """The base of every exception that mxseal raises on purpose."""


class ParseError(MxsealError, ValueError):
    """Input that could not be read by its RFC.

    Attributes:
        code: what is wrong, in kebab-case (``mode-invalid``); a stable public name.
        message: the same as one plain sentence.
        detail: what was met there. It comes from somebody else: escape it before showing it.
        offset: where, in bytes from the start of the input; None where there is no place.
    """

    def __init__(
        self, code: str, message: str, detail: str = "", offset: int | None = None
    ) -> None:
        super().__init__(code, message, detail, offset)
        self.code = code
        self.message = message
        self.detail = detail
        self.offset = offset

    def __str__(self) -> str:
        # Tracebacks go to terminals, so the remote's text is shown in ASCII, escaped.
        detail = f": {self.detail!a}" if self.detail else ""
        place = "" if self.offset is None else f", at byte {self.offset}"
        return f"{self.message}{detail}{place} [{self.code}]"


class NetworkError(MxsealError, OSError):
    """What was to be fetched did not come.

    Attributes:
        code: of the finding that says why (``sts.http.redirect``), for ``mxseal help CODE``.
        message: the same as one plain sentence.
        subject: the host or URL it is about.
        detail: what was met there. It comes from somebody else: escape it before showing it.
    """

    def __init__(self, code: str, message: str, subject: str, detail: str = "") -> None:
        super().__init__(message)
        self.args = (code, message, subject, detail)  # an OSError would read an errno there
        self.code = code
        self.message = message
        self.subject = subject
        self.detail = detail

    def __str__(self) -> str:
        # Tracebacks go to terminals, so the remote's text is shown in ASCII, escaped.
        detail = f", {self.detail!a}" if self.detail else ""
        return f"{self.message.removesuffix('.')}: {self.subject}{detail} [{self.code}]"


class MissingExtraError(MxsealError, ImportError):
    """An optional library is not installed.

    Attributes:
        library: what could not be imported.
        install: the command that installs it.
    """

    def __init__(self, library: str, extra: str, purpose: str) -> None:
        super().__init__(library, extra, purpose)
        self.library = library
        self.purpose = purpose
        self.install = f"pip install 'mxseal[{extra}]'"

    def __str__(self) -> str:
        return f"not installed: {self.library}, for {self.purpose}; {self.install}"
