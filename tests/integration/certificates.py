# SPDX-License-Identifier: MIT
"""Certificates for real servers: an authority, and what it issues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


@dataclass(frozen=True)
class Issued:
    """A certificate and its key.

    Attributes:
        certificate: the leaf.
        chain_pem: leaf first.
        key_pem: PKCS #8.
    """

    certificate: x509.Certificate
    chain_pem: str
    key_pem: str


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


class Authority:
    """A root that issues through no intermediate."""

    def __init__(self, name: str) -> None:
        self._name = _named(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = (
            self._builder(self._name, (-1, 3650))
            .public_key(self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, SHA256())
        )
        self.pem = self.certificate.public_bytes(Encoding.PEM).decode()

    def _builder(self, subject: x509.Name, days: tuple[int, int]) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days[0]))
            .not_valid_after(now + timedelta(days[1]))
        )

    def issue(
        self, names: Sequence[str], days: tuple[int, int] = (-1, 60), *, with_root: bool = False
    ) -> Issued:
        """A certificate for a server.

        Args:
            names: its dNSNames.
            days: from today on, when it begins and ends.
            with_root: whether the server sends the root along.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        issued = self._signed(key, self._builder(_named("server"), days), names)
        return replace(issued, chain_pem=issued.chain_pem + self.pem) if with_root else issued

    def self_signed(self, names: Sequence[str]) -> Issued:
        """A certificate that nobody but itself vouches for."""
        return self._signed(self._key, self._builder(self._name, (-1, 60)), names)

    def _signed(
        self,
        key: ec.EllipticCurvePrivateKey,
        builder: x509.CertificateBuilder,
        names: Sequence[str],
    ) -> Issued:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(each) for each in names])
        certificate = (
            builder.public_key(key.public_key())
            .add_extension(alternatives, critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
            .sign(self._key, SHA256())
        )
        return Issued(
            certificate,
            certificate.public_bytes(Encoding.PEM).decode(),
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        )
