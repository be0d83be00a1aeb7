"""Scripted servers for tests of what is sent to them, on free ports of 127.0.0.1."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

SECONDS = 20


@dataclass
class Request:
    """What a client sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Peer:
    """A running server, and what it was sent."""

    address: str
    requests: list[Request]

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])


def answering(head: str, body: str = "") -> Callable[[socket.socket], None]:
    """Answers with a status line and headers."""

    def answer(connection: socket.socket) -> None:
        length = len(body.encode())
        text = f"HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        connection.sendall(text.encode())

    return answer


@contextmanager
def http_peer(answer: Callable[[socket.socket], None]) -> Iterator[Peer]:
    """A server that reads a request of each connection and lets `answer` do the rest."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(SECONDS)
    peer = Peer(f"127.0.0.1:{listener.getsockname()[1]}", [])

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                request = _read(connection)
                if request is None:
                    return
                peer.requests.append(request)
                answer(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield peer
    finally:
        # Wakes the thread up: closing alone does not.
        with socket.create_connection(listener.getsockname(), SECONDS):
            pass
        thread.join(SECONDS)
        listener.close()
    assert not thread.is_alive()


def _read(connection: socket.socket) -> Request | None:
    connection.settimeout(SECONDS)
    with connection.makefile("rb") as stream:
        start = stream.readline().decode().split()
        if not start:
            return None
        headers = {}
        while line := stream.readline().decode().strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", 0)))
        return Request(start[0], start[1], headers, body)
