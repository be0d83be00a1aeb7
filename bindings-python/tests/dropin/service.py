"""A small service that one of the libraries around prometheus_client measures:

    python service.py LIBRARY original|dropin

Prints its port and serves until its standard input ends.
"""

from __future__ import annotations

import socket
import sys
import threading
from typing import Any

library, package = sys.argv[1:]
if package == "dropin":
    import metrion.dropin  # noqa: F401


def asgi_service() -> Any:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    if library == "instrumentator":
        from fastapi import FastAPI
        from prometheus_fastapi_instrumentator import Instrumentator

        api = FastAPI()

        @api.get("/things/{number}")
        def thing(number: int) -> str:
            return "thing" * number

        Instrumentator().instrument(api).expose(api)
        return api

    from starlette_exporter import PrometheusMiddleware, handle_metrics

    async def things(request: Request) -> PlainTextResponse:
        return PlainTextResponse("thing" * int(request.path_params["number"]))

    routes = [Route("/things/{number:int}", things), Route("/metrics", handle_metrics)]
    app = Starlette(routes=routes)
    app.add_middleware(PrometheusMiddleware, group_paths=True)
    return app


def start_asgi() -> int:
    """Serves on a thread; the port."""
    import uvicorn

    config = uvicorn.Config(asgi_service(), log_level="error", lifespan="off")
    listening = socket.create_server(("127.0.0.1", 0))
    serve = uvicorn.Server(config).run
    threading.Thread(target=serve, kwargs={"sockets": [listening]}, daemon=True).start()
    port: int = listening.getsockname()[1]
    return port


def thing_view(_request: Any, number: int) -> Any:
    from django.http import HttpResponse  # type: ignore[import-untyped]

    return HttpResponse(b"thing" * number)


def start_django() -> int:
    """Serves on a thread; the port."""
    from wsgiref.simple_server import WSGIRequestHandler, make_server

    import django  # type: ignore[import-untyped]
    from django.conf import settings  # type: ignore[import-untyped]
    from django.core.wsgi import get_wsgi_application  # type: ignore[import-untyped]
    from django.urls import include, path  # type: ignore[import-untyped]

    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        INSTALLED_APPS=["django_prometheus"],
        MIDDLEWARE=[
            "django_prometheus.middleware.PrometheusBeforeMiddleware",
            "django_prometheus.middleware.PrometheusAfterMiddleware",
        ],
        PROMETHEUS_EXPORT_MIGRATIONS=False,
        ROOT_URLCONF=__name__,
        SECRET_KEY="test",
    )
    django.setup()
    globals()["urlpatterns"] = [
        path("", include("django_prometheus.urls")),
        path("things/<int:number>", thing_view, name="thing"),
    ]

    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

    application: Any = get_wsgi_application()
    server = make_server("127.0.0.1", 0, application, handler_class=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


if __name__ == "__main__":
    print(start_django() if library == "django" else start_asgi(), flush=True)
    sys.stdin.read()
