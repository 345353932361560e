"""A certificate authority for one run, so that clients which insist on https and wss are content.

Its key never leaves memory. The server's certificate is good for this machine and for the names
of the real WeCom, so that a hosts file can lead an unchanged client here.
"""

import ipaddress
import ssl
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAMES = (
    "localhost",
    "qyapi.weixin.qq.com",
    "openws.work.weixin.qq.com",
    "open.weixin.qq.com",
)
ADDRESSES = ("127.0.0.1", "::1")
AGE = timedelta(days=2)  # before now, for clocks that are slow
LIFE = timedelta(days=90)


@dataclass(frozen=True, kw_only=True)
class Certificates:
    """Three files in PEM. Clients need `authority` only."""

    authority: Path
    certificate: Path
    key: Path = field(repr=False)

    def trusting(self) -> ssl.SSLContext:
        """What a client of Python's needs to believe this sandbox."""
        return ssl.create_default_context(cafile=self.authority)


def certify(folder: Path, now: datetime, *, authority: Path | None = None) -> Certificates:
    """Make an authority and a certificate by it in `folder`; the authority's file may be elsewhere.

    `now` must be the real time: clients compare it with their own.
    """
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = _name("清风演练环境 CA (not for production)")
    root = (
        _builder(root_name, root_name, root_key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in NAMES]
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in ADDRESSES]
    root_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    certificate = (
        _builder(_name("localhost"), root_name, key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(root_id, critical=False)
        .sign(root_key, hashes.SHA256())
    )
    made = Certificates(
        authority=authority or folder / "ca.pem",
        certificate=folder / "server.pem",
        key=folder / "server.key",
    )
    made.authority.write_bytes(_pem(root))
    made.certificate.write_bytes(_pem(certificate) + _pem(root))
    made.key.touch(mode=0o600)
    made.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return made


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - AGE)
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
