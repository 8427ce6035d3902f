"""What a person meets who names Qdrant's REST port: a server that speaks HTTP/1.1 and no HTTP/2, as Qdrant's does."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

GREETING = json.dumps({"title": "qdrant - vector search engine", "version": "1.18.2"}).encode()


class _Rest(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        while line := self.rfile.readline(8192):
            while self.rfile.readline(8192) not in (b"\r\n", b"\n", b""):
                pass
            if line.startswith(b"GET / HTTP/1.1"):
                head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(GREETING)}\r\n\r\n"
                self.wfile.write(head.encode() + GREETING)
            else:
                # HTTP/2's opening words, to which an HTTP/1.1 server can only say this.
                self.wfile.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                return


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextmanager
def rest_server() -> Iterator[str]:
    """A REST port; gives its url."""
    with _Server(("127.0.0.1", 0), _Rest) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
