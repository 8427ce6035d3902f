"""Starts Qdrant's engine on loopback for the tests: the binary that integration-tests/qdrant-server builds.

Tests that end, pause or restart a server, or need a key or TLS, start one of their own here. All others use the one that
VECTORFUSE_QDRANT_URL names, which may be any Qdrant.
"""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

from stores.certificates import Certificate
from stores.server_process import ServerProcess

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


class QdrantServer(ServerProcess):
    """A Qdrant of a test's own."""

    ready = re.compile(rb"READY (https?://\S+)\nREST (https?://\S+)\s")

    def __init__(
        self,
        binary: Path | None = None,
        *,
        api_key: str | None = None,
        certificate: Certificate | None = None,
        version: str | None = None,
        log: Path | None = None,
    ) -> None:
        super().__init__("qdrant", log)
        self._binary = binary or Path(_required("VECTORFUSE_QDRANT_SERVER"))
        self._api_key = api_key
        self._certificate = certificate
        self._version = version
        self._port = free_port()
        self._rest_port = free_port()
        self.rest_url = ""

    @property
    def authority(self) -> Path | None:
        """What a client has to trust, if the server speaks TLS."""
        return self._certificate.authority if self._certificate else None

    def _command(self, data: Path) -> list[str]:
        command = [
            str(self._binary),
            "--data",
            str(data),
            "--port",
            str(self._port),
            "--rest-port",
            str(self._rest_port),
            "--exit-with-stdin",
        ]
        if self._api_key is not None:
            command += ["--api-key", self._api_key]
        if self._version is not None:
            command += ["--server-version", self._version]
        if self._certificate is not None:
            command += ["--tls-cert", str(self._certificate.certificate), "--tls-key", str(self._certificate.key)]
        return command

    def _is_ready(self, said: re.Match[bytes]) -> None:
        self.url, self.rest_url = said[1].decode(), said[2].decode()
        register(self.url, self.rest_url)


def _required(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise RuntimeError(f"{name} is not set: it names the test server's binary, and `make test` sets it")
    return value
