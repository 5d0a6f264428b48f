# SPDX-License-Identifier: MIT
"""
The mail reader, for the tests.
"""
from __future__ import annotations
import typing
__all__: list[str] = ['Mail', 'Part', 'read_mail']
class Part:
    """
    A part of a mail that has no parts of its own.
    """
    @property
    def code(self) -> typing.Any:
        """
        Why the encoding could not be undone, or None.
        """
    @property
    def content(self) -> bytes:
        """
        The bytes, transfer encoding undone.
        """
    @property
    def filename(self) -> str:
        """
        The name it was sent with, or ''.
        """
    @property
    def media_type(self) -> str:
        """
        type/subtype in lower case.
        """
class Mail:
    """
    What the reader found in a mail.
    """
    @property
    def mail_from(self) -> str:
        """
        addr-spec of the first address in From.
        """
    @property
    def parts(self) -> list[Part]:
        """
        In the order of the mail.
        """
    @property
    def submitter(self) -> str:
        """
        TLS-Report-Submitter.
        """
def read_mail(message: bytes) -> Mail:
    """
    Reads a mail (RFC 5322, RFC 2045). Raises ParseError where a limit is met.
    """
