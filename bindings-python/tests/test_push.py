"""Pushing to a Pushgateway: a real one (Debian's prometheus-pushgateway), and scripted ones."""

import gzip
import pickle
import shutil
import socket
import ssl
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import prometheus_client
import pytest
import snappy  # type: ignore[import-untyped]
from certificates import Certificates
from hypothesis import given, settings
from hypothesis import strategies as st
from metrion import (
    CollectorRegistry,
    Gauge,
    MetrionError,
    delete_from_gateway,
    generate_latest,
    instance_ip_grouping_key,
    push_to_gateway,
    pushadd_to_gateway,
)
from metrion.exposition import (
    PushError,
    PushRefused,
    PushTimeout,
    basic_auth_handler,
    default_handler,
    passthrough_redirect_handler,
    tls_auth_handler,
)
from peers import answering, http_peer
from server_testing import wait_until
from testing import code_of

SECONDS = 20
ACCEPTED = answering("202 Accepted")


@pytest.fixture
def filled(registry: CollectorRegistry) -> CollectorRegistry:
    Gauge("g", "G.", registry=registry).set(1)
    return registry


# --- what is sent


def test_requests(filled: CollectorRegistry) -> None:
    with http_peer(ACCEPTED) as peer:
        push_to_gateway(peer.address, "job", filled)
        pushadd_to_gateway(f"http://{peer.address}/", "a/b", filled, {"z": 9, "a": ""})
        delete_from_gateway(f"http://{peer.address}/sub", "job", {"instance": "x y"})
    replace, add, delete = peer.requests
    page = generate_latest(filled)
    assert (replace.method, replace.path, replace.body) == ("PUT", "/metrics/job/job", page)
    assert replace.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert (add.method, add.path) == ("POST", "/metrics/job@base64/YS9i/a@base64/=/z/9")
    assert add.body == page
    path = "/sub/metrics/job/job/instance@base64/eCB5"
    assert (delete.method, delete.path, delete.body) == ("DELETE", path, b"")
    assert delete.headers["content-length"] == "0"


@pytest.mark.parametrize(
    ("compression", "decompress"),
    [
        ("gzip", gzip.decompress),
        ("GZIP", gzip.decompress),
        ("snappy", lambda body: snappy.StreamDecompressor().decompress(body)),
    ],
)
def test_compression(
    filled: CollectorRegistry, compression: str, decompress: Callable[[bytes], bytes]
) -> None:
    with http_peer(ACCEPTED) as peer:
        push_to_gateway(peer.address, "job", filled, compression=compression)
    [request] = peer.requests
    assert request.headers["content-encoding"] == compression.lower()
    assert decompress(request.body) == generate_latest(filled)


def test_a_handler_of_ones_own(filled: CollectorRegistry) -> None:
    seen: dict[str, Any] = {}
    sent: list[None] = []

    def handler(**arguments: Any) -> Callable[[], None]:
        seen.update(arguments)
        return lambda: sent.append(None)

    push_to_gateway("host:1", "job", filled, {"a": "b"}, 7, handler)
    assert sent == [None]
    assert seen.pop("data") == generate_latest(filled)
    content_type = ("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
    assert seen == {
        "url": "http://host:1/metrics/job/job/a/b",
        "method": "PUT",
        "timeout": 7,
        "headers": [content_type],
    }


def test_handlers_build_on_each_other(filled: CollectorRegistry) -> None:
    def handler(url: str, method: str, timeout: float, headers: Any, data: bytes) -> Any:
        headers.append(["X-Tenant", b"me"])
        return basic_auth_handler(url, method, timeout, headers, data, "user", "pass")

    with http_peer(ACCEPTED) as peer:
        push_to_gateway(peer.address, "job", filled, handler=handler)
        basic_auth_handler(f"http://{peer.address}/", "PUT", 5, [], b"x")()
    with_auth, without = peer.requests
    assert with_auth.headers["x-tenant"] == "me"
    assert with_auth.headers["authorization"] == "Basic dXNlcjpwYXNz"
    assert "authorization" not in without.headers


def test_a_collector_is_pushed(filled: CollectorRegistry) -> None:
    class Own:
        def collect(self) -> Any:
            return filled.collect()

    with http_peer(ACCEPTED) as peer:
        push_to_gateway(peer.address, "job", Own())
    assert peer.requests[0].body == generate_latest(filled)


PARTS = st.text(st.characters(codec="utf-8"), max_size=6)


@settings(deadline=None)
@given(PARTS.filter(bool), st.dictionaries(st.sampled_from(["a", "b_1", "instance", "Z"]), PARTS))
def test_addresses_are_those_of_prometheus_client(job: str, grouping: dict[str, str]) -> None:
    urls: list[str] = []

    def handler(url: str, **_: Any) -> Callable[[], None]:
        urls.append(url)
        return lambda: None

    for module in (prometheus_client, __import__("metrion")):
        for value in ({}, grouping):
            module.delete_from_gateway("localhost:9091/", job, value, handler=handler)
    # Dots alone would be taken for folders on the way; ours are in base64.
    if not {".", ".."} & {job, *grouping.values()}:
        assert urls[:2] == urls[2:]


def test_instance_ip_grouping_key() -> None:
    assert instance_ip_grouping_key() == {"instance": "127.0.0.1"}


# --- what goes wrong


def refusal(answer: Callable[[socket.socket], None], registry: CollectorRegistry) -> PushRefused:
    with http_peer(answer) as peer, pytest.raises(PushRefused) as failure:
        push_to_gateway(peer.address, "job", registry)
    return failure.value


@pytest.mark.parametrize("status", [400, 500])
def test_a_gateway_that_refuses(filled: CollectorRegistry, status: int) -> None:
    body = "text format parsing error\nmore of it"
    error = refusal(answering(f"{status} Whatever", body), filled)
    assert isinstance(error, MetrionError) and isinstance(error, urllib.error.HTTPError)
    assert isinstance(error, OSError)
    assert (error.code, error.status) == ("io", status)
    assert str(error).endswith(f"the gateway answered {status}: text format parsing error")
    assert error.read().decode() == body
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.status, copy.code) == (str(error), status, "io")


def test_a_gateway_that_breaks_off(filled: CollectorRegistry) -> None:
    for answer in (lambda connection: None, lambda connection: connection.sendall(b"HTTP/1.1 2")):
        with http_peer(answer) as peer, pytest.raises(PushError) as failure:
            push_to_gateway(peer.address, "job", filled)
        assert isinstance(failure.value, urllib.error.URLError)
        assert failure.value.code == "io"
        assert peer.address in str(failure.value)


def test_nobody_there(filled: CollectorRegistry) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(PushError, match="refused") as failure:
        push_to_gateway(f"127.0.0.1:{port}", "job", filled)
    assert isinstance(failure.value, urllib.error.URLError)
    assert "refused" in str(failure.value.reason)
    assert failure.value.code == "io"


def test_a_gateway_that_hangs(filled: CollectorRegistry) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(PushTimeout, match="timed out") as failure:
            push_to_gateway(address, "job", filled, timeout=0.1)
    assert isinstance(failure.value, TimeoutError)
    assert isinstance(failure.value, urllib.error.URLError)


def test_redirects(filled: CollectorRegistry) -> None:
    with http_peer(ACCEPTED) as there:
        moved = answering(f"302 Found\r\nLocation: http://{there.address}/there")
        assert refusal(moved, filled).status == 302
        with http_peer(moved) as peer:
            push_to_gateway(peer.address, "job", filled, handler=passthrough_redirect_handler)
    [request] = there.requests
    assert (request.method, request.path) == ("PUT", "/there")
    assert request.body == generate_latest(filled)


def test_a_circle_of_redirects(filled: CollectorRegistry) -> None:
    circle = answering("302 Found\r\nLocation: /round")
    with http_peer(circle) as peer, pytest.raises(PushError, match="too often"):
        push_to_gateway(peer.address, "job", filled, handler=passthrough_redirect_handler)


def test_wrong_arguments_send_nothing(filled: CollectorRegistry) -> None:
    with http_peer(ACCEPTED) as peer:

        def code(gateway: str = peer.address, job: str = "job", **options: Any) -> str:
            return code_of(lambda: push_to_gateway(gateway, job, filled, **options))

        assert code(job="") == "invalid_value"
        assert code(grouping_key={"job": "other"}) == "reserved_name"
        assert code(grouping_key={"a-b": "c"}) == "invalid_name"
        assert code(grouping_key={"": "c"}) == "invalid_name"
        assert code(compression="brotli") == "unsupported"
        assert code(timeout=-1) == "invalid_value"
        assert code(timeout=float("nan")) == "invalid_value"
        for gateway in ("", "ftp://host", "http://", "host:port", "a b", "http://[::1"):
            assert code(gateway) == "invalid_value", gateway
        for name, value in [("a b", "c"), ("a", "b\nc")]:
            send = default_handler(f"http://{peer.address}/", "PUT", 5, [(name, value)], b"")
            assert code_of(send) == "invalid_value"
        bad_method = default_handler(f"http://{peer.address}/", "NO METHOD", 5, [], b"")
        assert code_of(bad_method) == "invalid_value"
        with pytest.raises(TypeError):
            push_to_gateway(peer.address, "job", object())  # type: ignore[arg-type]
    assert peer.requests == []


# --- HTTPS


@pytest.fixture
def https(tmp_path: Path) -> Iterator[tuple[str, Certificates, list[str]]]:
    """A gateway that asks for a client's certificate, and the methods that it was sent."""
    files = Certificates(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(files["ca.pem"]))
    context.load_cert_chain(files["server.pem"], files["server.key"])
    context.verify_mode = ssl.CERT_REQUIRED
    listener = socket.create_server(("127.0.0.1", 0))
    methods: list[str] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.settimeout(SECONDS)
            try:
                with context.wrap_socket(connection, server_side=True) as stream:
                    methods.append(stream.recv(65536).split()[0].decode())
                    answering("200 OK")(stream)
            except (OSError, IndexError):
                connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{listener.getsockname()[1]}", files, methods
    # Wakes the thread up.
    listener.shutdown(socket.SHUT_RDWR)
    thread.join(SECONDS)
    listener.close()
    assert not thread.is_alive()


def test_https(
    filled: CollectorRegistry,
    https: tuple[str, Certificates, list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, files, methods = https

    def push(client: str, **options: Any) -> None:
        certificate, key = files[f"{client}.pem"], files[f"{client}.key"]

        def handler(**request: Any) -> Callable[[], None]:
            return tls_auth_handler(**request, certfile=certificate, keyfile=key, **options)

        push_to_gateway(address, "job", filled, handler=handler)

    push("client", cafile=files["ca.pem"])
    push("client", insecure_skip_verify=True)
    assert methods == ["PUT", "PUT"]
    files.sign_version_1("v1", "ca")
    push("v1", cafile=files["ca.pem"])
    assert methods.pop() == "PUT"
    shutil.copy(files["server.key"], files["v1.key"])
    assert code_of(lambda: push("v1", cafile=files["ca.pem"])) == "invalid_value"
    # The authorities of the operating system, of which OpenSSL's variable makes another one.
    with monkeypatch.context() as environment:
        environment.setenv("SSL_CERT_FILE", str(files["ca.pem"]))
        push("client")
    assert methods.pop() == "PUT"
    # Whoever cannot trust the gateway says nothing to it.
    for wrong in ({"cafile": files["other-ca.pem"]}, {}):
        with pytest.raises(PushError, match="certificate"):
            push("client", **wrong)
    with pytest.raises(PushError):
        push("other-client", cafile=files["ca.pem"])
    with pytest.raises(PushError):
        push_to_gateway(address, "job", filled)
    assert methods == ["PUT", "PUT"]
    for client, options, code in [
        ("missing", {}, "io"),
        ("client", {"cafile": files["missing.pem"]}, "io"),
        ("client", {"cafile": files["broken.pem"]}, "invalid_value"),
    ]:
        assert code_of(lambda c=client, o=options: push(c, **o)) == code  # type: ignore[misc]
    with pytest.raises(FileNotFoundError, match="missing.pem"):
        push("missing")


# --- the real one


@pytest.fixture
def gateway() -> Iterator[str]:
    program = shutil.which("prometheus-pushgateway")
    assert program, "prometheus-pushgateway is missing: apt-get install prometheus-pushgateway"
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    process = subprocess.Popen(
        [program, f"--web.listen-address={address}"], stderr=subprocess.DEVNULL
    )

    def is_ready() -> bool:
        try:
            with urllib.request.urlopen(f"http://{address}/-/ready", timeout=SECONDS):
                return True
        except OSError:
            assert process.poll() is None, "it ended"
            return False

    try:
        wait_until(is_ready, "the Pushgateway")
        yield address
    finally:
        process.terminate()
        process.wait(SECONDS)


def read(gateway: str) -> list[str]:
    with urllib.request.urlopen(f"http://{gateway}/metrics", timeout=SECONDS) as answer:
        lines: list[str] = answer.read().decode().splitlines()
        return [line for line in lines if line.startswith(("g{", "h{"))]


def test_a_real_gateway(gateway: str, filled: CollectorRegistry) -> None:
    key = {"path": "/var/lib", "empty": "", "town": "Zürich + 1"}
    labels = 'empty="",instance="",job="nightly",path="/var/lib",town="Zürich + 1"'
    push_to_gateway(gateway, "nightly", filled, key)
    assert read(gateway) == [f"g{{{labels}}} 1"]
    other = CollectorRegistry()
    Gauge("h", "H.", registry=other).set(2)
    pushadd_to_gateway(gateway, "nightly", other, key, compression="gzip")
    assert read(gateway) == [f"g{{{labels}}} 1", f"h{{{labels}}} 2"]
    push_to_gateway(f"http://{gateway}", "nightly", other, key)
    assert read(gateway) == [f"h{{{labels}}} 2"]
    delete_from_gateway(gateway, "nightly", key)
    assert read(gateway) == []
    with pytest.raises(PushRefused, match="400: .*parsing error") as failure:
        default_handler(f"http://{gateway}/metrics/job/x", "PUT", 5, [], b"no metrics at all\n")()
    assert failure.value.status == 400
    assert urlsplit(failure.value.url).path == "/metrics/job/x"
