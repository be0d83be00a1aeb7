//! The layer and its service.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use metrion_metrics::Registry;
use metrion_model::Result;
use tower_layer::Layer;
use tower_service::Service;

use super::body::{RequestBody, ResponseBody};
use super::exchange::Exchange;
use super::families::{HttpFamilies, method_label};
use super::future::ResponseFuture;
use super::options::{HttpMetricsOptions, RouteOf};
use super::routes::Routes;

/// Measures every HTTP request on its way to the service inside.
///
/// The layers and services cloned from one share its tables. Several layers may share a registry;
/// equal requests then add up.
#[derive(Clone, Debug)]
pub struct HttpMetricsLayer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    families: Arc<HttpFamilies>,
    routes: Routes,
    route_of: RouteOf,
}

impl HttpMetricsLayer {
    /// A layer that measures into `registry`.
    ///
    /// # Errors
    /// `metric_exists` when the registry has the families with other buckets, `invalid_buckets`.
    pub fn new(registry: &Registry, options: HttpMetricsOptions) -> Result<Self> {
        let families = Arc::new(HttpFamilies::new(registry, options.buckets)?);
        let routes = Routes::new(options.exclude);
        let shared = Shared { families, routes, route_of: options.route_of };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// A layer for axum's `Router::layer`, with the default options and the router's templates.
    ///
    /// # Errors
    /// As for [`HttpMetricsLayer::new`].
    #[cfg(feature = "axum")]
    pub fn axum(registry: &Registry) -> Result<Self> {
        let options =
            HttpMetricsOptions { route_of: super::axum_route, ..HttpMetricsOptions::default() };
        Self::new(registry, options)
    }
}

impl<S> Layer<S> for HttpMetricsLayer {
    type Service = HttpMetricsService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        HttpMetricsService { inner, shared: Arc::clone(&self.shared) }
    }
}

/// A service whose requests are measured; see [`HttpMetricsLayer`].
#[derive(Clone, Debug)]
pub struct HttpMetricsService<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S, B, R> Service<Request<B>> for HttpMetricsService<S>
where
    S: Service<Request<RequestBody<B>>, Response = Response<R>>,
    B: Body,
    R: Body,
{
    type Response = Response<ResponseBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (parts, body) = request.into_parts();
        let shared = &*self.shared;
        let Some(route) = shared.routes.label((shared.route_of)(&parts)) else {
            let request = Request::from_parts(parts, RequestBody::new(body, None));
            return ResponseFuture::new(self.inner.call(request), None);
        };
        let received = (!body.is_end_stream()).then(|| Arc::new(AtomicU64::new(0)));
        let method = method_label(&parts.method);
        let mut exchange = Exchange::begin(&shared.families, method, route, received.clone());
        let request = Request::from_parts(parts, RequestBody::new(body, received));
        // The exchange ends here if the call panics.
        exchange.iter_mut().for_each(Exchange::enter);
        let future = self.inner.call(request);
        exchange.iter_mut().for_each(Exchange::leave);
        ResponseFuture::new(future, exchange)
    }
}
