"""`metrion.django`: URL patterns of Django as routes, under WSGI and ASGI."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import django  # type: ignore[import-untyped]
import pytest
from django.conf import settings  # type: ignore[import-untyped]
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse  # type: ignore[import-untyped]
from django.test.utils import override_settings  # type: ignore[import-untyped]
from django.urls import include, path, re_path  # type: ignore[import-untyped]
from fastapi_testing import by_values, client, in_flight, requests
from metrion import CollectorRegistry, asgi, generate_latest, wsgi
from server_testing import running_asgi, running_wsgi

if not settings.configured:
    settings.configure(LOGGING_CONFIG=None)
    django.setup()

# They read the settings.
from django.conf.urls.i18n import i18n_patterns  # type: ignore[import-untyped] # noqa: E402
from django.core.asgi import get_asgi_application  # type: ignore[import-untyped] # noqa: E402
from django.core.wsgi import get_wsgi_application  # type: ignore[import-untyped] # noqa: E402
from metrion.django import route_of  # noqa: E402

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume synchronous iterators"),
]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def project() -> Iterator[None]:
    with override_settings(
        ROOT_URLCONF=__name__,
        ALLOWED_HOSTS=["*"],
        USE_I18N=True,
        LANGUAGES=[("en", "English"), ("de", "German")],
        MIDDLEWARE=["django.middleware.locale.LocaleMiddleware"],
    ):
        yield


def answer(request: HttpRequest, **_: Any) -> HttpResponse:
    return HttpResponse(request.body * 2)


def stream(request: HttpRequest) -> StreamingHttpResponse:
    # ASGI would rather have an asynchronous iterator, and WSGI this.
    return StreamingHttpResponse(iter([b"1234", b"56"]))


def fail(request: HttpRequest) -> HttpResponse:
    raise LookupError("on purpose")


shop = [path("items/<int:item_id>/", answer), re_path(r"^tags/(?P<tag>\w+)$", answer)]
urlpatterns = [
    path("shops/<str:name>/", include(shop)),
    path("echo", answer),
    path("stream", stream),
    path("fail", fail),
    *i18n_patterns(path("about/", answer)),
]

SEEN = {
    ("GET", "/shops/<str:name>/items/<int:item_id>/", "200"): 1,
    ("GET", "/shops/<str:name>/tags/(?P<tag>\\\\w+)$", "200"): 1,
    ("GET", "/de/about/", "200"): 1,
    ("GET", "/en/about/", "200"): 1,
    ("GET", "/stream", "200"): 1,
    ("GET", "/fail", "500"): 1,
    ("GET", "unmatched", "404"): 1,
}
PATHS = (
    "/shops/rome/items/7/",
    "/shops/rome/tags/new",
    "/de/about/",
    "/en/about/",
    "/stream",
    "/fail",
    "/nowhere",
)


def test_a_real_wsgi_server(registry: CollectorRegistry) -> None:
    application: Any = get_wsgi_application()
    app = wsgi.MetricsMiddleware(
        application, registry=registry, route_of=route_of, endpoint="/metrics"
    )
    with running_wsgi(app) as port:
        url = f"http://127.0.0.1:{port}"
        for each in PATHS:
            try:
                urllib.request.urlopen(url + each, timeout=20).close()
            except urllib.error.HTTPError as error:
                error.close()
        with urllib.request.urlopen(f"{url}/echo", data=b"123", timeout=20) as response:
            assert response.read() == b"123123"
        with urllib.request.urlopen(f"{url}/metrics", timeout=20) as response:
            assert response.read() == generate_latest(registry)
    assert requests(registry) == {**SEEN, ("POST", "/echo", "200"): 1}
    assert by_values(registry, "http_response_size_bytes_sum")[("GET", "/stream", "200")] == 6
    assert by_values(registry, "http_request_size_bytes_sum")[("POST", "/echo", "200")] == 3
    assert set(in_flight(registry).values()) == {0}


async def test_asgi(registry: CollectorRegistry) -> None:
    app = asgi.MetricsMiddleware(get_asgi_application(), registry=registry, route_of=route_of)
    async with client(app) as http:
        for each in PATHS:
            await http.get(each)
        assert (await http.post("/echo", content=b"123")).text == "123123"
    assert requests(registry) == {**SEEN, ("POST", "/echo", "200"): 1}
    assert set(in_flight(registry).values()) == {0}


def test_a_real_asgi_server(registry: CollectorRegistry) -> None:
    app = asgi.MetricsMiddleware(get_asgi_application(), registry=registry, route_of=route_of)
    with running_asgi(app) as port:
        url = f"http://127.0.0.1:{port}/echo"
        with urllib.request.urlopen(url, data=b"123", timeout=20) as response:
            assert response.read() == b"123123"
    assert requests(registry) == {("POST", "/echo", "200"): 1}


def test_an_application_under_a_prefix() -> None:
    assert route_of({"PATH_INFO": "/echo", "SCRIPT_NAME": "/site"}) == "/echo"
    assert route_of({"path": "/site/echo", "root_path": "/site"}) == "/echo"
