"""A network of a process's own, with one port of this machine's loopback relayed into it.

For a server that listens on every interface and on ports that it shares with any other of its kind: in a network namespace
nobody reaches it, and any number run side by side. Linux only.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import threading
from pathlib import Path

# From Linux's sched.h, sockios.h and if.h. Python has os.unshare only since 3.12.
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 0x1

# Messages of hundreds of megabytes pass: large pieces cost few system calls, and this much fits into a core's cache.
_PIECE_BYTES = 512 * 1024


class NoNamespaceError(Exception):
    """This machine does not let us have a network of our own."""


def enter() -> None:
    """Moves the calling thread, and what it starts from now on, into a new network that has only a loopback. Sockets opened
    before stay in the network that they were opened in."""
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(_CLONE_NEWNET):
        # Without root it takes a namespace of users too; some systems forbid that one.
        user, group = os.getuid(), os.getgid()
        if library.unshare(_CLONE_NEWUSER | _CLONE_NEWNET):
            raise _refused(os.strerror(ctypes.get_errno()))
        try:
            for name, text in (
                ("setgroups", "deny"),
                ("uid_map", f"{user} {user} 1"),
                ("gid_map", f"{group} {group} 1"),
            ):
                Path("/proc/self", name).write_text(text, encoding="ascii")
        except OSError as error:
            raise _refused(str(error)) from None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", _IFF_UP))


def _refused(reason: str) -> NoNamespaceError:
    return NoNamespaceError(f"no network namespace can be made on this machine: {reason}")


def relay(listener: socket.socket, port: int) -> None:
    """Passes every connection of the listener, which is outside, on to this port inside, until the listener is closed. Has
    to be called in the thread that entered."""
    while True:
        try:
            outside, _ = listener.accept()
        except OSError:
            return
        try:
            inside = socket.create_connection(("127.0.0.1", port))
        except OSError:
            # As if nobody listened.
            outside.close()
            continue
        for one, other in ((outside, inside), (inside, outside)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=_pass_on, args=(one, other), daemon=True).start()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    """One direction of a connection. Each end is closed by the thread that reads from it."""
    piece = memoryview(bytearray(_PIECE_BYTES))
    try:
        while size := source.recv_into(piece):
            sink.sendall(piece[:size])
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        # One side is gone: the other side has to see it, in both directions.
        for end in (source, sink):
            _shut(end)


def _shut(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
