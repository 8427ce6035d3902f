"""Starts Milvus on loopback for the tests: Milvus 2.3.5, which is the real server, and Milvus Lite, which knows types that
2.3.5 lacks. Both come from PyPI, in environments of their own.

Tests that end, pause or restart a server, or need a password or TLS, start one of their own here. All others use the two that
VECTORFUSE_MILVUS_URL and VECTORFUSE_MILVUS_LITE_URL name; the first may be any Milvus.

As a program, for tests in other languages, run in the folder integration-tests:

    python3 -m stores.milvus --data FOLDER [--lite] [--port N] [--auth] [--tls FOLDER [--mtls]] [--exit-with-stdin]

It prints `READY <url>` when it answers. Its pid is the one to kill, or to stop and to continue, and started again with the same
folder and port it has its data back.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import re
import sys
from contextlib import redirect_stdout
from pathlib import Path
from urllib.parse import urlsplit

from setup.environments import milvus_environment, milvus_lite_environment
from setup.places import MILVUS, MILVUS_LITE
from stores.certificates import Certificate, certificate_in, make_certificate
from stores.server_process import ServerProcess

# With --auth, the user that is there from the start.
USER = "root"
PASSWORD = "Milvus"

_FOLDER = Path(__file__).resolve().parents[1]


class _MilvusProcess(ServerProcess):
    """What the two have in common."""

    ready = re.compile(rb"READY (https?://\S+)\s")
    # More than stores/milvus_process.py waits, whose message says what is wrong.
    start_seconds = 150.0

    _port = 0

    def _is_ready(self, said: re.Match[bytes]) -> None:
        self.url = said[1].decode()
        self._port = urlsplit(self.url).port or 0

    def _environment(self) -> dict[str, str]:
        return _environment()

    def kill(self) -> None:
        super().kill()
        # The lock of stores/milvus_process.py is free once nothing of the server runs any more.
        if self.data.exists():
            with (self.data / "lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)


class MilvusServer(_MilvusProcess):
    """A Milvus 2.3.5 of a test's own. With `auth` it knows the user root with the password Milvus."""

    def __init__(
        self,
        *,
        auth: bool = False,
        certificate: Certificate | None = None,
        client_certificates: bool = False,
        log: Path | None = None,
    ) -> None:
        super().__init__("milvus", log)
        self._auth = auth
        self._certificate = certificate
        self._client_certificates = client_certificates

    @property
    def authority(self) -> Path | None:
        """What a client has to trust, if the server speaks TLS."""
        return self._certificate.authority if self._certificate else None

    def _command(self, data: Path) -> list[str]:
        options = ["--data", str(data), "--port", str(self._port), "--exit-with-stdin"]
        if self._auth:
            options.append("--auth")
        if self._certificate is not None:
            options += ["--tls", str(self._certificate.certificate.parent)]
        if self._client_certificates:
            options.append("--mtls")
        return _command(MILVUS, "milvus", options)


class MilvusLiteServer(_MilvusProcess):
    """A Milvus Lite of a test's own."""

    def __init__(self, *, log: Path | None = None) -> None:
        super().__init__("milvus-lite", log)

    def _command(self, data: Path) -> list[str]:
        return _command(MILVUS_LITE, "lite", ["--data", str(data), "--port", str(self._port), "--exit-with-stdin"])


class MilvusRest(_MilvusProcess):
    """The RESTful API, version 2, before a server that has none: see stores/milvus_rest.py. With `old` it is one of Milvus
    before 2.5.12."""

    def __init__(self, to: str, *, old: bool = False, log: Path | None = None) -> None:
        super().__init__("milvus-rest", log)
        self._to = to
        self._old = old

    def _command(self, data: Path) -> list[str]:  # noqa: ARG002
        options = ["--to", self._to, "--port", str(self._port), "--exit-with-stdin", *(["--old"] if self._old else [])]
        return [str(MILVUS_LITE / "bin" / "python"), "-m", "stores.milvus_rest", *options]


def _command(environment: Path, what: str, options: list[str]) -> list[str]:
    return [str(environment / "bin" / "python"), "-m", "stores.milvus_process", what, *options]


def _environment() -> dict[str, str]:
    """Of the server: nothing of a Spark that may have started us."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "PYTHONPATH": str(_FOLDER), "PYTHONDONTWRITEBYTECODE": "1"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python3 -m stores.milvus", description="Starts a Milvus for tests.")
    parser.add_argument("--data", type=Path, required=True, help="the folder to keep everything in; made if need be")
    parser.add_argument("--lite", action="store_true", help="Milvus Lite instead of Milvus 2.3.5")
    parser.add_argument("--port", type=int, default=0, help="the port on 127.0.0.1 (default: any free one)")
    parser.add_argument("--auth", action="store_true", help=f"asks for a password: {USER}:{PASSWORD}")
    parser.add_argument("--tls", type=Path, help="speaks TLS, with the certificate in this folder, made if need be")
    parser.add_argument("--mtls", action="store_true", help="with --tls: asks clients for a certificate too")
    parser.add_argument("--exit-with-stdin", action="store_true", help="ends when the standard input does")
    arguments = parser.parse_args()
    if arguments.lite and (arguments.auth or arguments.tls):
        parser.error("Milvus Lite knows neither --auth nor --tls")
    if arguments.mtls and not arguments.tls:
        parser.error("--mtls needs --tls")
    # What is told on the way is not what the caller reads.
    with redirect_stdout(sys.stderr):
        environment = milvus_lite_environment() if arguments.lite else milvus_environment()
    options = ["--data", str(arguments.data), "--port", str(arguments.port)]
    options += ["--auth"] if arguments.auth else []
    options += ["--mtls"] if arguments.mtls else []
    options += ["--exit-with-stdin"] if arguments.exit_with_stdin else []
    if arguments.tls:
        if not certificate_in(arguments.tls).certificate.exists():
            make_certificate(arguments.tls)
        options += ["--tls", str(arguments.tls)]
    command = _command(environment, "lite" if arguments.lite else "milvus", options)
    # In place of this process: whoever kills it, kills the server.
    os.execve(command[0], command, _environment())


if __name__ == "__main__":
    main()
