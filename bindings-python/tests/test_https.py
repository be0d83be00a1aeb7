"""HTTPS of the core's server, with Python's ssl as the client."""

import http.client
import socket
import ssl
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from certificates import Certificates
from metrion import CollectorRegistry, Counter, MetrionError, start_http_server
from testing import code_of

SECONDS = 20


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def start(registry: CollectorRegistry, files: Certificates) -> Any:
    Counter("c", "C.", registry=registry).inc()
    servers = []

    def start(**options: Any) -> int:
        own = {"certfile": files["server.pem"], "keyfile": files["server.key"], **options}
        server, thread = start_http_server(0, "127.0.0.1", registry, **own)
        servers.append((server, thread))
        return server.server_port

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join(SECONDS)


def get(
    port: int,
    files: Certificates,
    authority: str = "ca.pem",
    client: str | None = None,
    version: ssl.TLSVersion | None = None,
) -> bytes:
    context = ssl.create_default_context(cafile=str(files[authority]))
    if client:
        context.load_cert_chain(files[f"{client}.pem"], files[f"{client}.key"])
    if version:
        context.minimum_version = context.maximum_version = version
    url = f"https://127.0.0.1:{port}/metrics"
    with urllib.request.urlopen(url, timeout=SECONDS, context=context) as answer:
        body: bytes = answer.read()
        return body


def refused(*arguments: Any, **options: Any) -> None:
    """In TLS 1.3 the client learns of it when it reads: an alert, or a connection that is gone."""
    with pytest.raises(OSError) as failure:
        get(*arguments, **options)
    assert not isinstance(failure.value, TimeoutError)


def test_who_trusts_the_authority_is_served(start: Any, files: Certificates) -> None:
    port = start()
    assert b"\nc_total 1\n" in get(port, files)
    refused(port, files, "other-ca.pem")
    with pytest.raises((OSError, http.client.HTTPException)):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=SECONDS)
    # Nobody disturbed it.
    assert get(port, files)


@pytest.mark.parametrize(
    "authorities", [{"client_cafile": "ca.pem"}, {"client_capath": "authorities"}]
)
def test_clients_are_known_by_their_certificates(
    start: Any, files: Certificates, authorities: dict[str, str]
) -> None:
    known = {name: files[file] for name, file in authorities.items()}
    asking = start(**known)
    assert get(asking, files) == get(asking, files, client="client")
    refused(asking, files, client="other-client")
    requiring = start(**known, client_auth_required=True)
    assert get(requiring, files, client="client")
    refused(requiring, files)
    refused(requiring, files, client="other-client")


def test_clients_with_certificates_of_version_1(start: Any, files: Certificates) -> None:
    """webpki does not read them, OpenSSL makes them."""
    files.sign_version_1("v1", "ca")
    files.sign_version_1("forged", "other-ca")
    files.sign_version_1("expired", "ca", days=-1)
    port = start(client_cafile=files["ca.pem"], client_auth_required=True)
    assert get(port, files, client="v1")
    assert get(port, files, client="client")
    for client in ("forged", "expired", "other-client"):
        refused(port, files, client=client)
    # A server has one, too; its own key is looked at.
    own = start(certfile=files["v1.pem"], keyfile=files["v1.key"])
    context = ssl._create_unverified_context()
    with urllib.request.urlopen(f"https://127.0.0.1:{own}", timeout=SECONDS, context=context) as ok:
        assert ok.status == 200
    wrong = {"certfile": files["v1.pem"], "keyfile": files["server.key"]}
    assert code_of(lambda: start(**wrong)) == "invalid_value"
    # Of the older version only webpki checks the signature.
    refused(port, files, client="v1", version=ssl.TLSVersion.TLSv1_2)


def test_versions(start: Any, files: Certificates) -> None:
    old, new = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
    cases: list[tuple[dict[str, Any], list[ssl.TLSVersion], list[ssl.TLSVersion]]] = [
        ({"tls_min_version": new}, [new], [old]),
        ({"tls_max_version": old}, [old], [new]),
        ({"tls_min_version": old, "tls_max_version": new}, [old, new], []),
        ({"tls_min_version": ssl.TLSVersion.MINIMUM_SUPPORTED}, [old, new], []),
        ({"protocol": ssl.PROTOCOL_TLSv1_2}, [old], [new]),
        ({}, [old, new], []),
    ]
    for options, taken, left in cases:
        port = start(**options)
        for version in taken:
            assert get(port, files, version=version)
        for version in left:
            refused(port, files, version=version)


def test_wrong_arguments(start: Any, files: Certificates, tmp_path: Path) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"certfile": files["missing.pem"]}, "io"),
        ({"keyfile": files["missing.key"]}, "io"),
        ({"certfile": files["broken.pem"]}, "invalid_value"),
        ({"certfile": files["empty.pem"]}, "invalid_value"),
        ({"keyfile": files["server.pem"]}, "invalid_value"),
        ({"keyfile": files["client.key"]}, "invalid_value"),
        ({"keyfile": None}, "invalid_value"),
        ({"certfile": None, "keyfile": None, "client_auth_required": True}, "invalid_value"),
        ({"client_cafile": files["missing.pem"]}, "io"),
        ({"client_cafile": files["empty.pem"]}, "invalid_value"),
        ({"client_capath": tmp_path}, "invalid_value"),
        ({"client_capath": files["missing"]}, "io"),
        ({"client_auth_required": True}, "invalid_value"),
        ({"tls_min_version": ssl.TLSVersion.TLSv1}, "unsupported"),
        ({"tls_max_version": ssl.TLSVersion.TLSv1_1}, "unsupported"),
        ({"protocol": ssl.PROTOCOL_TLSv1}, "unsupported"),
        ({"protocol": ssl.PROTOCOL_TLS_CLIENT}, "unsupported"),
        (
            {
                "tls_min_version": ssl.TLSVersion.TLSv1_3,
                "tls_max_version": ssl.TLSVersion.TLSv1_2,
            },
            "invalid_value",
        ),
    ]
    for options, code in cases:
        assert code_of(lambda options=options: start(**options)) == code, options  # type: ignore[misc]


def test_a_missing_file_is_what_python_calls_it(start: Any, files: Certificates) -> None:
    with pytest.raises(FileNotFoundError, match="missing.pem") as failure:
        start(certfile=files["missing.pem"])
    assert isinstance(failure.value, MetrionError)


def test_a_busy_port(files: Certificates, registry: CollectorRegistry) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code = code_of(
            lambda: start_http_server(
                port, "127.0.0.1", registry, str(files["server.pem"]), str(files["server.key"])
            )
        )
    assert code == "address_in_use"
