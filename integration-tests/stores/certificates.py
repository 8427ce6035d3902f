"""Certificates for servers that speak TLS, made by openssl for each run: nothing that could expire lies in the repository."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Certificate:
    """A server's certificate and key, the authority that signed it, and what a client shows to a server that asks for a
    certificate of that authority."""

    authority: Path
    certificate: Path
    key: Path
    client_certificate: Path
    client_key: Path


def certificate_in(folder: Path) -> Certificate:
    """Where `make_certificate` put everything."""
    names = ("ca.pem", "server.pem", "server.key", "client.pem", "client.key")
    return Certificate(*(folder / name for name in names))


def make_certificate(folder: Path) -> Certificate:
    """Makes an authority, a certificate for 127.0.0.1 and localhost, and one for a client."""

    def openssl(*arguments: str | Path) -> None:
        subprocess.run(["openssl", *map(str, arguments)], check=True, cwd=folder, capture_output=True)

    folder.mkdir(parents=True, exist_ok=True)
    key_kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    authority = ("-days", "2", "-subj", "/CN=VectorFuse test authority")
    openssl("req", "-x509", *key_kind, *authority, "-keyout", "ca.key", "-out", "ca.pem")
    for name, subject, use, extra in (
        ("server", "localhost", "serverAuth", "subjectAltName=DNS:localhost,IP:127.0.0.1\n"),
        ("client", "client", "clientAuth", ""),
    ):
        openssl("req", *key_kind, "-subj", f"/CN={subject}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        (folder / f"{name}.cnf").write_text(
            f"{extra}basicConstraints=CA:FALSE\nextendedKeyUsage={use}\n", encoding="utf-8"
        )
        signing = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", f"{name}.cnf")
        openssl("x509", "-req", "-in", f"{name}.csr", *signing, "-out", f"{name}.pem")
    return certificate_in(folder)
