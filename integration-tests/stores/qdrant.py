"""Starts Qdrant's engine on loopback for the tests: the binary that integration-tests/qdrant-server builds.

Tests that end, pause or restart a server, or need a key or TLS, start one of their own here. All others use the one that
VECTORFUSE_QDRANT_URL names, which may be any Qdrant.
"""

from __future__ import annotations

import os
import re
import selectors
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

START_SECONDS = 30.0

# What the connector speaks in this run. The tests' own questions are always gRPC's, so that no run judges itself.
TRANSPORT = os.environ.get("VECTORFUSE_TRANSPORT", "grpc")

# From the port of a server's gRPC to that of its REST API.
_REST_PORTS: dict[int, int] = {}


def register(url: str, rest_url: str) -> None:
    """Says where the REST API of a server is."""
    port, rest_port = urlsplit(url).port, urlsplit(rest_url).port
    if port is None or rest_port is None:
        raise RuntimeError(f"{url} and {rest_url} must name their ports")
    _REST_PORTS[port] = rest_port


def reach(url: str) -> str:
    """Where the connector finds the server of this gRPC url; a url that is no server's stays as it is."""
    parts = urlsplit(url)
    if TRANSPORT != "http" or parts.port not in _REST_PORTS:
        return url
    return parts._replace(netloc=f"{parts.hostname}:{_REST_PORTS[parts.port]}").geturl()


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Certificate:
    """A server's certificate and key, and the authority that a client has to trust for it."""

    authority: Path
    certificate: Path
    key: Path


def make_certificate(folder: Path) -> Certificate:
    """Makes an authority and a certificate for 127.0.0.1 and localhost; nothing that could expire lies in the repository."""

    def openssl(*arguments: str | Path) -> None:
        subprocess.run(["openssl", *map(str, arguments)], check=True, cwd=folder, capture_output=True)

    folder.mkdir(parents=True, exist_ok=True)
    key_kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(
        "req",
        "-x509",
        *key_kind,
        "-days",
        "2",
        "-subj",
        "/CN=VectorFuse test authority",
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
    )
    openssl("req", *key_kind, "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr")
    (folder / "names.cnf").write_text(
        "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n",
        encoding="utf-8",
    )
    signing = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names.cnf")
    openssl("x509", "-req", "-in", "server.csr", *signing, "-out", "server.pem")
    return Certificate(folder / "ca.pem", folder / "server.pem", folder / "server.key")


class QdrantServer:
    """A server with a data folder of its own, which lives until the context ends."""

    def __init__(
        self,
        binary: Path | None = None,
        *,
        api_key: str | None = None,
        certificate: Certificate | None = None,
        log: Path | None = None,
    ) -> None:
        self._binary = binary or Path(_required("VECTORFUSE_QDRANT_SERVER"))
        self._api_key = api_key
        self._certificate = certificate
        self._log = log
        self._folder = Path(tempfile.mkdtemp(prefix="vectorfuse-qdrant-"))
        self._port = free_port()
        self._rest_port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""
        self.rest_url = ""

    def __enter__(self) -> QdrantServer:
        try:
            self.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._remove()

    @property
    def authority(self) -> Path | None:
        """What a client has to trust, if the server speaks TLS."""
        return self._certificate.authority if self._certificate else None

    def start(self) -> None:
        """Starts, or starts again: on the same port and with the same data."""
        if self._process is not None:
            raise RuntimeError("the server runs already")
        # With --exit-with-stdin a server does not outlive the process that started it, however that one ends.
        command = [
            str(self._binary),
            "--data",
            str(self._folder / "data"),
            "--port",
            str(self._port),
            "--rest-port",
            str(self._rest_port),
            "--exit-with-stdin",
        ]
        if self._api_key is not None:
            command += ["--api-key", self._api_key]
        if self._certificate is not None:
            command += ["--tls-cert", str(self._certificate.certificate), "--tls-key", str(self._certificate.key)]
        (self._folder / "data").mkdir(exist_ok=True)
        log = self._log or self._folder / "server.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output)
        self.url, self.rest_url = self._await_ready(self._process, log)
        register(self.url, self.rest_url)

    def kill(self) -> None:
        """As a power cut ends it: without a goodbye."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def pause(self) -> None:
        """Connections stay open and nothing is answered."""
        self._running().send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._running().send_signal(signal.SIGCONT)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the server does not run")
        return self._process

    def _await_ready(self, process: subprocess.Popen[bytes], log: Path) -> tuple[str, str]:
        assert process.stdout is not None
        said = b""
        give_up = time.monotonic() + START_SECONDS
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while time.monotonic() < give_up:
                if not selector.select(timeout=0.2):
                    continue
                chunk = os.read(process.stdout.fileno(), 4096)
                said += chunk
                ready = re.search(rb"READY (https?://\S+)\nREST (https?://\S+)\s", said)
                if ready is not None:
                    return ready[1].decode(), ready[2].decode()
                if not chunk:
                    break
        self.kill()
        words = log.read_text(encoding="utf-8", errors="replace")
        raise RuntimeError(
            f"the test server did not get ready: exit code {process.returncode}, it said {said!r} and {words}"
        )

    def _remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def _required(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise RuntimeError(f"{name} is not set: it names the test server's binary, and `make test` sets it")
    return value
