//! The orders of a small coffee roastery: an axum service that Metrion measures.
//!
//! cargo run -p metrion-example-rust-axum -- 127.0.0.1:8000

mod orders;
mod scrape;

use std::error::Error;

use axum::Router;
use axum::routing::get;
use metrion::http::HttpMetricsLayer;
use metrion::{Registry, default_registry};
use tokio::net::TcpListener;

fn app(registry: &Registry) -> metrion::Result<Router> {
    let app = Router::new()
        .merge(orders::routes(registry)?)
        .route("/health", get(|| async { "ok" }))
        .route("/metrics", get(scrape::scrape).with_state(registry.clone()))
        // This line measures every request to the routes above, and those that have none.
        .layer(HttpMetricsLayer::axum(registry)?);
    Ok(app)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8000".to_owned());
    let app = app(default_registry()?)?;
    let listener = TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, app).with_graceful_shutdown(interrupted()).await?;
    Ok(())
}

async fn interrupted() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        eprintln!("Ctrl-C does not end the service: {error}");
        std::future::pending::<()>().await;
    }
}
