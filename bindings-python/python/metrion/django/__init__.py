"""Metrics of Django's requests, and a page of metrics among its views.

    # wsgi.py
    application = MetricsMiddleware(
        get_wsgi_application(), route_of=metrion.django.route_of, endpoint="/metrics"
    )

with `MetricsMiddleware` of `metrion.wsgi`; for `get_asgi_application()` it is that of
`metrion.asgi`. The families are those of `metrion.fastapi`; the route is that of Django's URL
patterns, such as `/orders/<int:order_id>/`. Without a middleware, a view serves the page:

    # urls.py
    urlpatterns = [path("metrics", metrion.django.PrometheusDjangoView.as_view())]
"""

from metrion.django._route import route_of
from metrion.django.exposition import PrometheusDjangoView

__all__ = ("PrometheusDjangoView", "route_of")
