# SPDX-License-Identifier: MIT
"""The certification authorities of the laboratory, and certificates of every fault.

One key signs for each authority and one key of each type serves all leafs: making keys takes longer
than all the rest. Dates are relative to the moment when the authorities are made.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mxseal.lab.model import Cert, Tlsa

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_ORGANIZATION = "mxseal laboratory"


@dataclass(frozen=True)
class _Authority:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Shown:
    """What a server shows.

    Attributes:
        chain: as it is sent, the leaf first.
        intermediate: that signed the leaf, sent or not; the leaf itself where none did.
        root: where the chain ends; the leaf itself where it is self-signed.
        key_pem: the leaf's private key.
    """

    chain: tuple[x509.Certificate, ...]
    intermediate: x509.Certificate
    root: x509.Certificate
    key_pem: bytes

    @property
    def chain_pem(self) -> bytes:
        """The chain as text."""
        return b"".join(each.public_bytes(Encoding.PEM) for each in self.chain)


class Authorities:
    """The roots, the intermediates, and all that they sign.

    Attributes:
        root: what senders of the laboratory trust.
    """

    def __init__(self) -> None:
        self._now = datetime.now(UTC).replace(microsecond=0)
        self._ec = ec.generate_private_key(ec.SECP256R1())
        self._rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        trusted = self._make_root("Root")
        # Somebody else's, and nobody of the laboratory trusts it.
        untrusted = self._make_root("Untrusted Root")
        crossed_key = ec.generate_private_key(ec.SECP256R1())
        self.root = trusted.certificate
        self._trusted = trusted
        self._issuers = {
            "intermediate": self._make_intermediate("Intermediate", trusted),
            "root": trusted,
            "untrusted": self._make_intermediate("Untrusted Intermediate", untrusted),
            "two-paths": self._make_intermediate("Crossed Intermediate", trusted, crossed_key),
        }
        self._roots = {"untrusted": untrusted.certificate}
        # The same name and key once more: whoever follows this one ends at an unknown root.
        self._dead_end = self._make_intermediate(
            "Crossed Intermediate", untrusted, crossed_key
        ).certificate
        self._made: dict[tuple[Cert, str], Shown] = {}

    @property
    def root_pem(self) -> bytes:
        """For --ca-file."""
        return self.root.public_bytes(Encoding.PEM)

    def show(self, cert: Cert, host: str) -> Shown:
        """A certificate and its chain, made when it is first asked for."""
        if (cert, host) not in self._made:
            self._made[cert, host] = self._show(cert, host)
        return self._made[cert, host]

    def tlsa(self, record: Tlsa, shown: tuple[Shown, ...]) -> str:
        """The rdata of a TLSA record in presentation form (RFC 6698 §2.2)."""
        head = f"{record.usage} {record.selector} {record.matching}"
        if record.data is not None:
            return f"{head} {record.data}"
        if record.of == "nobody":
            data = hashlib.sha512(b"no certificate of the laboratory").digest()
        else:
            data = _selected(_certificate_of(record, shown), record.selector)
        if record.matching == 1:
            data = hashlib.sha256(data).digest()
        elif record.matching == 2:
            data = hashlib.sha512(data).digest()
        return f"{head} {data.hex()}"

    # ------------------------------------------------------------------------------------- making
    def _make_root(self, name: str) -> _Authority:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(name)
        builder = self._begin(subject, subject, key, -400, 4000)
        builder = _as_authority(builder, None)
        return _Authority(builder.sign(key, hashes.SHA256()), key)

    def _make_intermediate(
        self, name: str, above: _Authority, key: ec.EllipticCurvePrivateKey | None = None
    ) -> _Authority:
        key = key or ec.generate_private_key(ec.SECP256R1())
        builder = self._begin(_name(name), above.certificate.subject, key, -300, 1500)
        builder = _as_authority(builder, 0).add_extension(_issuer_key(above.key), critical=False)
        return _Authority(builder.sign(above.key, hashes.SHA256()), key)

    def _begin(
        self,
        subject: x509.Name,
        issuer: x509.Name,
        key: PrivateKey,
        begins: float,
        ends: float,
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now + timedelta(days=begins))
            .not_valid_after(self._now + timedelta(days=ends))
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
        )

    def _show(self, cert: Cert, host: str) -> Shown:
        key: PrivateKey = self._rsa if cert.key == "rsa" else self._ec
        leaf = self._leaf(cert, host, key)
        key_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        if cert.issuer == "self":
            return Shown((leaf,), leaf, leaf, key_pem)
        above = self._issuers[cert.issuer].certificate
        root = self._roots.get(cert.issuer, self.root)
        chain = [leaf]
        if cert.sent != "leaf":
            if cert.issuer == "two-paths":
                chain.append(self._dead_end)
            if above is not root:
                chain.append(above)
        if cert.sent == "chain-and-root":
            chain.append(root)
        return Shown(tuple(chain), above, root, key_pem)

    def _leaf(self, cert: Cert, host: str, key: PrivateKey) -> x509.Certificate:
        names = (host,) if cert.names is None else cert.names
        common_name = cert.common_name or (names[0] if names else host)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])
        by: _Authority | None = None if cert.issuer == "self" else self._issuers[cert.issuer]
        issuer = subject if by is None else by.certificate.subject
        builder = self._begin(subject, issuer, key, cert.begins, cert.ends)
        builder = builder.add_extension(
            x509.BasicConstraints(ca=False, path_length=None), critical=True
        ).add_extension(_usage(digital_signature=True), critical=True)
        if cert.purpose == "server":
            purpose = ExtendedKeyUsageOID.SERVER_AUTH
        else:
            purpose = ExtendedKeyUsageOID.CLIENT_AUTH
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        if names:
            san = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
            builder = builder.add_extension(san, critical=False)
        if by is None:
            leaf = builder.sign(key, hashes.SHA256())
        else:
            builder = builder.add_extension(_issuer_key(by.key), critical=False)
            leaf = builder.sign(by.key, hashes.SHA256())
        return _damaged(leaf) if cert.damaged else leaf


def _name(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{_ORGANIZATION} {name}"),
        ]
    )


def _usage(*, digital_signature: bool = False, authority: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _as_authority(
    builder: x509.CertificateBuilder, path_length: int | None
) -> x509.CertificateBuilder:
    return builder.add_extension(
        x509.BasicConstraints(ca=True, path_length=path_length), critical=True
    ).add_extension(_usage(authority=True), critical=True)


def _issuer_key(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _damaged(leaf: x509.Certificate) -> x509.Certificate:
    """The same with one bit of the signature turned; it stands at the very end."""
    der = bytearray(leaf.public_bytes(Encoding.DER))
    der[-1] ^= 1
    return x509.load_der_x509_certificate(bytes(der))


def _certificate_of(record: Tlsa, shown: tuple[Shown, ...]) -> x509.Certificate:
    if record.of == "second":
        return shown[1].chain[0]
    if record.of == "intermediate":
        return shown[0].intermediate
    if record.of == "root":
        return shown[0].root
    return shown[0].chain[0]


def _selected(certificate: x509.Certificate, selector: int) -> bytes:
    """The whole certificate, or its public key (RFC 6698 §2.1.2)."""
    if selector == 1:
        return certificate.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
    return certificate.public_bytes(Encoding.DER)
