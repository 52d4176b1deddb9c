"""The certificates of one control plane: an authority of its own, and what it signs. Made anew for every cluster."""

import datetime as dt
import ipaddress
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_DAYS = 7  # a lab lives for hours
_NAMES = (
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)


def make(folder: Path, service_address: str) -> None:
    """Write ca.crt, server.crt and .key (TLS of every part, to serve and to ask), sa.key and sa.pub into a folder.

    `service_address` is the cluster-internal address of the API server. Keys are for their owner only.
    """
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _sign(_name("intertie-lab"), authority_key, None, authority_key, [])
    addresses = [x509.IPAddress(ipaddress.ip_address(address)) for address in ("127.0.0.1", service_address)]
    alternatives = [*(x509.DNSName(name) for name in _NAMES), *addresses]
    server_key = ec.generate_private_key(ec.SECP256R1())
    server = _sign(_name("kube-apiserver"), server_key, authority, authority_key, alternatives)
    accounts_key = ec.generate_private_key(ec.SECP256R1())
    public = accounts_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    for name, content in (
        ("ca.crt", authority.public_bytes(serialization.Encoding.PEM)),
        ("server.crt", server.public_bytes(serialization.Encoding.PEM)),
        ("server.key", _private(server_key)),
        ("sa.key", _private(accounts_key)),
        ("sa.pub", public),
    ):
        write_private(folder / name, content)


def write_private(path: Path, content: bytes) -> None:
    """A file for its owner's eyes."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _sign(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey,
    alternatives: list[x509.GeneralName],
) -> x509.Certificate:
    """A certificate of `key`; an authority's own when there is no issuer."""
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(days=_DAYS))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if issuer is None:
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(usage, critical=True)
    else:
        both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = builder.add_extension(x509.ExtendedKeyUsage(both), critical=False)
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())
