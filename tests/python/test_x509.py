# SPDX-License-Identifier: MIT
"""``mxseal.x509``: what Python users see of chains (RFC 8461 section 4.2, RFC 9525 section 6.3).

Each trap of OpenSSL that can occur is a row here or in tests/cpp/pki.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509 as made
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from mxseal import ParseError, x509

NOW = datetime(2027, 1, 15, 12, tzinfo=UTC)
HOST = "mx.example.com"


class Authority:
    """A CA of the tests: its certificate, and what it signs."""

    def __init__(self, name: str, issuer: Authority | None = None) -> None:
        self.name = made.Name([made.NameAttribute(NameOID.COMMON_NAME, name)])
        self.key = ec.generate_private_key(ec.SECP256R1())
        above = issuer or self
        self.certificate = (
            _begin(self.name, above.name, self.key, NOW - timedelta(900), NOW + timedelta(900))
            .add_extension(made.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(above.key, hashes.SHA256())
        )

    def leaf(
        self, *names: str, common_name: str = "server", end: datetime = NOW + timedelta(30)
    ) -> made.Certificate:
        """A certificate for servers; without names it has no subjectAltName."""
        subject = made.Name([made.NameAttribute(NameOID.COMMON_NAME, common_name)])
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _begin(subject, self.name, key, NOW - timedelta(30), end)
        if names:
            san = made.SubjectAlternativeName([made.DNSName(name) for name in names])
            builder = builder.add_extension(san, critical=False)
        return builder.sign(self.key, hashes.SHA256())


def _begin(
    subject: made.Name,
    issuer: made.Name,
    key: ec.EllipticCurvePrivateKey,
    begin: datetime,
    end: datetime,
) -> made.CertificateBuilder:
    return (
        made.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(made.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )


def der(certificate: made.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def pem(*certificates: made.Certificate) -> bytes:
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates)


ROOT = Authority("Root")
INTERMEDIATE = Authority("Intermediate", ROOT)
LEAF = INTERMEDIATE.leaf(HOST)


@pytest.fixture
def roots(tmp_path: Path) -> x509.TrustStore:
    path = tmp_path / "roots.pem"
    path.write_bytes(pem(ROOT.certificate))
    return x509.TrustStore.from_file(path)


def faults(found: x509.Verification) -> list[tuple[str, int]]:
    assert found.ok == bool(found) == (not found.errors)
    return [(error.fault, error.depth) for error in found.errors]


def test_a_good_chain(roots: x509.TrustStore) -> None:
    """Q22."""
    found = x509.verify([der(LEAF), der(INTERMEDIATE.certificate)], HOST, roots=roots, at=NOW)
    assert faults(found) == []
    assert found.chain == [der(LEAF), der(INTERMEDIATE.certificate), der(ROOT.certificate)]
    assert found.names == [HOST]
    assert found.not_before == NOW - timedelta(30)
    assert found.not_after == NOW + timedelta(30)
    assert not found.alternative_path
    assert repr(found) == "<Verification ok>"


def test_der_and_pem_are_the_same(roots: x509.TrustStore) -> None:
    one = pem(LEAF, INTERMEDIATE.certificate)
    for chain in ([one], [one.decode()], [der(LEAF), pem(INTERMEDIATE.certificate)]):
        assert x509.verify(chain, HOST, roots=roots, at=NOW).ok


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        ([], [("invalid", 0)]),
        ([b"junk"], [("invalid", 0)]),
        ([der(LEAF) + b"x", der(INTERMEDIATE.certificate)], [("invalid", 0)]),
        ([der(LEAF), b"junk", der(INTERMEDIATE.certificate)], [("invalid", 1)]),
    ],
)
def test_what_cannot_be_read_is_a_bad_chain(
    roots: x509.TrustStore, chain: list[bytes], expected: list[tuple[str, int]]
) -> None:
    assert faults(x509.verify(chain, HOST, roots=roots, at=NOW)) == expected


def test_every_error_is_told(roots: x509.TrustStore) -> None:
    """Q22: each with its certificate and with what a sender reports for it (RFC 8460 4.3)."""
    stranger = Authority("Stranger")
    leaf = stranger.leaf("other.example.com", end=NOW - timedelta(1))
    found = x509.verify([der(leaf), der(stranger.certificate)], HOST, roots=roots, at=NOW)
    assert {(e.fault, e.depth, e.result_type) for e in found.errors} == {
        ("expired", 0, "certificate-expired"),
        ("name-mismatch", 0, "certificate-host-mismatch"),
        ("untrusted", 1, "certificate-not-trusted"),
    }


@pytest.mark.parametrize(
    ("names", "host", "expected"),
    [
        ([HOST], "MX.Example.COM.", []),  # case, and one final dot
        (["*.example.com"], HOST, []),
        (["*.example.com"], "a.mx.example.com", [("name-mismatch", 0)]),
        (["*.example.com"], "*.example.com", [("name-mismatch", 0)]),  # no host
        (["m*.example.com"], HOST, [("name-mismatch", 0)]),  # part of a label
        (["*.com"], "example.com", [("name-mismatch", 0)]),
        ([HOST + "."], HOST, [("name-mismatch", 0)]),
        ([HOST], "", [("name-mismatch", 0)]),  # OpenSSL checks no name then
        ([HOST], HOST + "\0", [("name-mismatch", 0)]),  # OpenSSL cuts it off
        ([HOST], ".example.com", [("name-mismatch", 0)]),  # OpenSSL takes it for all below
        (["192.0.2.1"], "192.0.2.1", [("name-mismatch", 0)]),
        (["xn--bcher-kva.example"], "bücher.example", []),
        ([], HOST, [("cn-only", 0)]),
        (["other.example.com"], HOST, [("name-mismatch", 0)]),
    ],
)
def test_names(
    roots: x509.TrustStore, names: list[str], host: str, expected: list[tuple[str, int]]
) -> None:
    """Q12 Q22 Q71: dNSNames alone, ``*`` alone and as the whole left-most label."""
    leaf = INTERMEDIATE.leaf(*names, common_name=HOST)
    chain = [der(leaf), der(INTERMEDIATE.certificate)]
    assert faults(x509.verify(chain, host, roots=roots, at=NOW)) == expected


def test_the_time_is_an_argument(roots: x509.TrustStore) -> None:
    """RFC 5280 section 4.1.2.5: notAfter is included."""
    chain = [der(LEAF), der(INTERMEDIATE.certificate)]
    end = NOW + timedelta(30)
    assert x509.verify(chain, HOST, roots=roots, at=end).ok
    late = x509.verify(chain, HOST, roots=roots, at=end + timedelta(seconds=1))
    assert faults(late) == [("expired", 0)]


def test_roots_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match=r"none\.pem.*trust-store") as raised:
        x509.TrustStore.from_file(tmp_path / "none.pem")
    assert raised.value.code == "trust-store"
    assert raised.value.detail.startswith(str(tmp_path / "none.pem"))


def test_the_environment_names_the_roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "roots.pem"
    path.write_bytes(pem(ROOT.certificate, INTERMEDIATE.certificate, ROOT.certificate))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    assert len(x509.TrustStore.system()) == 2


def test_threads_share_a_store(roots: x509.TrustStore) -> None:
    chain = [der(LEAF), der(INTERMEDIATE.certificate)]
    with ThreadPoolExecutor(4) as pool:
        found = list(
            pool.map(lambda _: x509.verify(chain, HOST, roots=roots, at=NOW).ok, range(100))
        )
    assert all(found)
