"""`metrion.flask`: rules of Flask as routes, by its test client and by a real server."""

import urllib.request
from collections.abc import Iterator

import metrion.flask
import pytest
from fastapi_testing import by_values, in_flight, requests
from flask import Blueprint, Flask, Response, g, request
from metrion import CollectorRegistry, generate_latest
from metrion.wsgi import MetricsMiddleware
from server_testing import running_wsgi


def service() -> Flask:
    app = Flask(__name__)
    shop = Blueprint("shop", __name__, url_prefix="/shops/<name>")

    @shop.get("/items/<int:item_id>")
    def item(name: str, item_id: int) -> str:
        return name * item_id

    @app.route("/upload", methods=["POST"])
    def upload() -> tuple[str, int]:
        return str(len(request.get_data())), 201

    @app.get("/slashed/")
    def slashed() -> str:
        return "ok"

    @app.get("/fail")
    def fail() -> str:
        raise LookupError("on purpose")

    @app.get("/stream")
    def stream() -> Response:
        def chunks() -> Iterator[bytes]:
            yield b"1234"
            yield b"56"

        return Response(chunks())

    app.register_blueprint(shop)
    return app


def test_requests_by_rule(registry: CollectorRegistry) -> None:
    app = service()
    metrion.flask.instrument(app, registry=registry)
    http = app.test_client()
    assert http.get("/shops/a/items/3").text == "aaa"
    assert http.post("/upload", data=b"12345").text == "5"
    assert http.get("/stream").text == "123456"
    for path, status in (("/nowhere", 404), ("/upload", 405), ("/slashed", 308), ("/fail", 500)):
        assert http.get(path).status_code == status
    assert http.open("/upload", method="BREW").status_code == 405
    assert http.options("/upload").status_code == 200

    assert requests(registry) == {
        ("GET", "/shops/<name>/items/<int:item_id>", "200"): 1,
        ("POST", "/upload", "201"): 1,
        ("GET", "/stream", "200"): 1,
        ("GET", "unmatched", "404"): 1,
        ("GET", "/upload", "405"): 1,
        ("OTHER", "/upload", "405"): 1,
        ("OPTIONS", "/upload", "200"): 1,
        ("GET", "unmatched", "308"): 1,
        ("GET", "/fail", "500"): 1,
    }
    assert by_values(registry, "http_request_size_bytes_sum")[("POST", "/upload", "201")] == 5
    assert by_values(registry, "http_response_size_bytes_sum")[("GET", "/stream", "200")] == 6
    assert set(in_flight(registry).values()) == {0}
    assert http.get("/metrics").data == generate_latest(registry)


def test_an_exception_that_propagates_counts_as_500(registry: CollectorRegistry) -> None:
    app = service()
    app.testing = True
    metrion.flask.instrument(app, registry=registry)
    with pytest.raises(LookupError):
        app.test_client().get("/fail")
    assert requests(registry) == {("GET", "/fail", "500"): 1}


def test_options(registry: CollectorRegistry) -> None:
    app = service()
    metrion.flask.instrument(
        app,
        registry=registry,
        endpoint="/internal/metrics",
        exclude=["/upload"],
        labels={
            "host": lambda request, response: request.host,
            "type": lambda request, response: response.headers["content-type"].split(";")[0],
        },
    )
    http = app.test_client()
    http.get("/slashed/")
    http.post("/upload")
    http.get("/metrics")
    assert requests(registry) == {
        ("GET", "/slashed/", "200", "localhost", "text/html"): 1,
        ("GET", "unmatched", "404", "localhost", "text/html"): 1,
    }
    assert http.get("/internal/metrics").data == generate_latest(registry)
    with pytest.raises(RuntimeError, match="instrumented already"):
        metrion.flask.instrument(app, registry=registry)


def test_the_middleware_itself_with_the_rules_of_an_application(
    registry: CollectorRegistry,
) -> None:
    app = service()
    app.wsgi_app = MetricsMiddleware(  # type: ignore[method-assign]
        app.wsgi_app, registry=registry, route_of=metrion.flask.route_finder(app)
    )
    assert app.test_client().get("/slashed/").text == "ok"
    assert requests(registry) == {("GET", "/slashed/", "200"): 1}


def test_hosts_that_are_not_trusted_have_no_route(registry: CollectorRegistry) -> None:
    app = service()
    app.config["TRUSTED_HOSTS"] = ["localhost"]
    metrion.flask.instrument(app, registry=registry)
    assert app.test_client().get("/slashed/", headers={"Host": "evil"}).status_code == 400
    assert requests(registry) == {("GET", "unmatched", "400"): 1}


def test_requests_see_what_hooks_do(registry: CollectorRegistry) -> None:
    app = service()
    metrion.flask.instrument(app, registry=registry)

    @app.before_request
    def refuse() -> tuple[str, int]:
        g.refused = True
        return "no", 403

    app.test_client().get("/slashed/")
    assert requests(registry) == {("GET", "/slashed/", "403"): 1}


def test_a_real_server(registry: CollectorRegistry) -> None:
    app = service()
    metrion.flask.instrument(app, registry=registry)
    with running_wsgi(app) as port:
        url = f"http://127.0.0.1:{port}"
        with urllib.request.urlopen(f"{url}/upload", data=b"12345", timeout=20) as answer:
            assert answer.read() == b"5"
        with urllib.request.urlopen(f"{url}/stream", timeout=20) as answer:
            assert answer.read() == b"123456"
        with urllib.request.urlopen(f"{url}/metrics", timeout=20) as answer:
            assert answer.read() == generate_latest(registry)
    assert requests(registry) == {("POST", "/upload", "201"): 1, ("GET", "/stream", "200"): 1}
