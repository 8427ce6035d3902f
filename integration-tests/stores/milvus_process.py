"""Runs a Milvus in the Python environment that has it, and prints `READY <url>` when it answers. See stores/milvus.py, which
calls this.

Milvus itself is one process of many ports, in a network of its own (stores/private_network.py): this process relays its one
public port, and Milvus ends with it. Milvus Lite is this process.
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import functools
import lzma
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc

from stores import private_network

# Starting takes three seconds on an idle machine; on a busy one, and after a kill, when logs are replayed, far longer.
START_SECONDS = 120.0
# A killed server's process may live on for a moment; a second server on the same folder would wait for ever.
LOCK_SECONDS = 10.0
ASK_SECONDS = 10.0
# Characters of its log: a Go program that dies writes the stacks of all its threads.
LAST_WORDS = 20_000

# In the network of its own, every server has the same ports.
PORT = 19530
HEALTH_PORT = 9091

SETTINGS = {
    # Strong reads wait for the next tick of the clock: 35 ms instead of 300 ms.
    "proxy.timeTickInterval": 20,
    # At `info` it writes several lines for each request.
    "log.level": "warn",
    # After a kill, a new process serves nothing until the leases of the old one are over: 30 seconds, else.
    "common.session.ttl": 10,
    # Else 6 % of the machine's memory, for a cache of messages that are read once.
    "rocksmq.lrucacheratio": 0.01,
}

# Of Linux's prctl.h, sched.h and mount.h.
_PR_SET_PDEATHSIG = 1
_CLONE_NEWNS = 0x00020000
_MS_REC_PRIVATE = 0x4000 | 0x40000


class StartError(Exception):
    """The server cannot run here, or did not come up."""


def unpacked() -> Path:
    """Where `unpack` puts the program: inside the environment, which is made by one process at a time."""
    return Path(sys.prefix) / "server"


def unpack() -> None:
    """Unpacks what the package `milvus` has packed, once for all data folders."""
    import milvus

    folder = unpacked() / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    for packed in sorted((Path(milvus.__file__).parent / "data" / "bin").glob("*.lzma")):
        file = folder / packed.stem
        file.write_bytes(lzma.decompress(packed.read_bytes()))
        file.chmod(0o755)


def run_milvus(arguments: argparse.Namespace) -> None:
    data: Path = arguments.data.resolve()
    with _listener(arguments.port) as listener, _held(data) as lock:
        port = listener.getsockname()[1]
        try:
            private_network.enter()
        except private_network.NoNamespaceError as error:
            raise StartError(
                f"{error}. Milvus listens on every interface and therefore runs in one. Run the tests as root, or set"
                " VECTORFUSE_MILVUS_URL to a Milvus of your own, for example the one of docker-compose.yml"
            ) from None
        _own_folders()
        _configure(data, arguments)
        server = _start(data, lock)
        _end_with(server, data)
        # Only now, since the server was to be forked from a process of one thread.
        if arguments.exit_with_stdin:
            _end_with_stdin()
        give_up = time.monotonic() + START_SECONDS
        _await(_healthy, give_up, data)
        _await(lambda: _answers(f"127.0.0.1:{PORT}", arguments), give_up, data)
        # Until here a connection was refused, as it is by a server that starts.
        listener.listen(128)
        print(f"READY {'https' if arguments.tls else 'http'}://127.0.0.1:{port}", flush=True)
        private_network.relay(listener, PORT)


def run_lite(arguments: argparse.Namespace) -> None:
    from milvus_lite.adapter.grpc.server import start_server_in_thread
    from milvus_lite.adapter.grpc.servicer import MilvusServicer
    from milvus_lite.db import MilvusLite

    _one_at_a_time(MilvusLite, *(name for name in vars(MilvusLite) if not name.startswith("_")))
    _one_at_a_time(MilvusServicer, "ShowCollections")
    data: Path = arguments.data.resolve()
    with _held(data):
        with _listener(arguments.port) as free:
            port = free.getsockname()[1]
        if arguments.exit_with_stdin:
            _end_with_stdin()
        server, _, port = start_server_in_thread(str(data / "lite"), host="127.0.0.1", port=port)
        _await(lambda: _answers(f"127.0.0.1:{port}", arguments), time.monotonic() + START_SECONDS, data)
        print(f"READY http://127.0.0.1:{port}", flush=True)
        server.wait_for_termination()


# What Milvus Lite does with its collections and aliases. It does so in the threads of its requests, side by side: a list of
# all collections opens those that another thread empties, creates or drops at that moment.
_LITE_MANAGES = threading.RLock()


def _one_at_a_time(owner: type, *names: str) -> None:
    """Makes these methods wait for each other."""

    def alone(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def waits(*arguments: Any, **named: Any) -> Any:
            with _LITE_MANAGES:
                return method(*arguments, **named)

        return waits

    for name in names:
        method = getattr(owner, name)
        if callable(method):
            setattr(owner, name, alone(method))


def _listener(port: int) -> socket.socket:
    """A socket of this port, or of any for 0. Nobody can connect before it listens."""
    listener = socket.socket()
    # After a restart, connections of the server before may still be winding down.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        raise StartError(f"127.0.0.1:{port} cannot be had: {error}") from None
    return listener


@contextmanager
def _held(data: Path) -> Iterator[int]:
    """Keeps the folder to one server: two would destroy it. Milvus inherits the lock, and so it is free only once that
    process too has ended."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "lock").open("w") as file:
        give_up = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > give_up:
                    raise StartError(f"another server uses {data}") from None
                time.sleep(0.02)
        yield file.fileno()


def _configure(data: Path, arguments: argparse.Namespace) -> None:
    import milvus

    config = milvus.MilvusServerConfig()
    config.update(data_dir=str(data))
    config.set("etcd_log_level", "warn")
    config.set("authorization_enabled", arguments.auth)
    if arguments.tls:
        config.set("tls_mode", 2 if arguments.mtls else 1)
        config.set("server_pem_path", str(arguments.tls / "server.pem"))
        config.set("server_key_path", str(arguments.tls / "server.key"))
        config.set("ca_pem_path", str(arguments.tls / "ca.pem"))
    for name, value in SETTINGS.items():
        config.set(name, value)
    config.resolve()
    written = (data / "configs" / "milvus.yaml").read_text(encoding="utf-8")
    for name, value in SETTINGS.items():
        # The package drops a setting that its template lacks, without a word.
        if not re.search(rf"^\s+{name.rpartition('.')[2]}: {re.escape(str(value))}\b", written, re.MULTILINE):
            raise StartError(f"milvus.yaml did not take {name}: {value}")


def _own_folders() -> None:
    """Empty folders in place of those that Milvus writes to wherever its data is, under names that all servers of a machine
    would share: its pid and the number of its node. This process and Milvus alone see them."""
    library = ctypes.CDLL(None, use_errno=True)

    def succeeds(result: int) -> None:
        if result:
            raise StartError(f"Milvus cannot have folders of its own: {os.strerror(ctypes.get_errno())}")

    succeeds(library.unshare(_CLONE_NEWNS))
    succeeds(library.mount(None, b"/", None, _MS_REC_PRIVATE, None))
    for folder in (Path("/run"), Path("/tmp/milvus")):
        folder.mkdir(exist_ok=True)
        succeeds(library.mount(b"tmpfs", bytes(folder), b"tmpfs", 0, None))


def _start(data: Path, lock: int) -> subprocess.Popen[bytes]:
    program = unpacked() / "bin"
    environment = {
        **os.environ,
        "DEPLOY_MODE": "STANDALONE",
        "METRICS_PORT": str(HEALTH_PORT),
        "LD_LIBRARY_PATH": str(program),
    }
    library = ctypes.CDLL(None)

    def end_with_parent() -> None:
        # However this process ends. The data folder is for the tests: nothing has to be saved.
        library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    with (data / "logs" / "server.log").open("ab") as log:
        return subprocess.Popen(
            [str(program / "milvus"), "run", "standalone"],
            cwd=data,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=end_with_parent,
            pass_fds=(lock,),
            # Ctrl-C in a terminal is for whoever started us, who then ends us.
            start_new_session=True,
        )


def _end_with(server: subprocess.Popen[bytes], data: Path) -> None:
    def wait() -> None:
        code = server.wait()
        print(f"Milvus ended, exit code {code}. {_last_words(data)}", file=sys.stderr, flush=True)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _end_with_stdin() -> None:
    def wait() -> None:
        while os.read(0, 4096):
            pass
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def _await(question: Callable[[], str], give_up: float, data: Path) -> None:
    """Asks until nothing is missing any more."""
    while missing := question():
        if time.monotonic() > give_up:
            raise StartError(
                f"the server did not get ready within {START_SECONDS:.0f} s: {missing}. {_last_words(data)}"
            )
        time.sleep(0.05)


def _last_words(data: Path) -> str:
    """The end of its log, since the folder of a server that failed is gone before anybody could look."""
    log = data / "logs" / "server.log"
    words = log.read_text(encoding="utf-8", errors="replace")[-LAST_WORDS:] if log.exists() else ""
    return f"Its log ends with:\n{words}"


def _healthy() -> str:
    """What Milvus says about its own parts."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{HEALTH_PORT}/healthz", timeout=ASK_SECONDS) as answer:
            said = answer.read().decode("utf-8", "replace")
    except OSError as error:
        return str(error)
    return "" if said.strip() == "OK" else said


def _answers(address: str, arguments: argparse.Namespace) -> str:
    """What is wrong with its answer to a request for the list of collections, if anything."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    if arguments.tls:
        files = [arguments.tls / "ca.pem"]
        files += [arguments.tls / "client.key", arguments.tls / "client.pem"] if arguments.mtls else []
        credentials = grpc.ssl_channel_credentials(*(file.read_bytes() for file in files))
        channel = grpc.secure_channel(address, credentials, options)
    else:
        channel = grpc.insecure_channel(address, options)
    with channel:
        # Without the protocol's messages: the request is the empty one, the answer begins with its status, which is empty
        # or left out when all is well.
        ask = channel.unary_unary("/milvus.proto.milvus.MilvusService/ShowCollections")
        # base64 of root:Milvus, the user that is there from the start.
        metadata = [("authorization", "cm9vdDpNaWx2dXM=")] if arguments.auth else []
        try:
            answer = ask(b"", metadata=metadata, timeout=ASK_SECONDS)
        except grpc.RpcError as error:
            return f"{error}"
    return "" if answer[:1] != b"\x0a" or answer[:2] == b"\x0a\x00" else f"{answer!r}"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("unpack", "milvus", "lite"))
    parser.add_argument("--data", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--auth", action="store_true")
    parser.add_argument("--tls", type=Path)
    parser.add_argument("--mtls", action="store_true")
    parser.add_argument("--exit-with-stdin", action="store_true")
    arguments = parser.parse_args()
    if arguments.what == "unpack":
        unpack()
        return 0
    if arguments.tls:
        arguments.tls = arguments.tls.resolve()
    # Ctrl-C ends it as any other signal does, Milvus included.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        (run_milvus if arguments.what == "milvus" else run_lite)(arguments)
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    # Threads of a server that did not come up must not keep this process alive.
    os._exit(code)
