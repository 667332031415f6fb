"""An authority with a server's and a client's certificate, made for a test; and an authority that signed neither."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificates:
    """Files in PEM. The server's key is in one file with its certificate."""

    authority: Path
    server: Path
    client: Path
    client_key: Path
    stranger: Path


@dataclass(frozen=True)
class Pair:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def certificates(folder: Path) -> Certificates:
    authority, stranger = _pair("authority"), _pair("stranger")
    server, client = _pair("server", authority), _pair("client", authority)
    files = Certificates(
        *(folder / f"{name}.pem" for name in ("authority", "server", "client", "client-key", "stranger"))
    )
    files.authority.write_bytes(authority.pem())
    files.server.write_bytes(server.key_pem() + server.pem())
    files.client.write_bytes(client.pem())
    files.client_key.write_bytes(client.key_pem())
    files.stranger.write_bytes(stranger.pem())
    return files


def _pair(name: str, issuer: Pair | None = None) -> Pair:
    """A key with its certificate; without an issuer an authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    )
    return Pair(key, built.sign(issuer.key if issuer else key, hashes.SHA256()))
