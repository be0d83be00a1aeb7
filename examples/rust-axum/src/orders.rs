//! The orders, and the metrics that are their own.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use metrion::{Counter, Family, FamilyOptions, Histogram, HistogramOptions, Registry};
use serde::{Deserialize, Serialize};

/// The oldest orders beyond this are forgotten.
const MAX_ORDERS: usize = 10_000;

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Coffee {
    House,
    Filter,
    Espresso,
    Decaf,
}

impl Coffee {
    fn label(self) -> &'static str {
        match self {
            Self::House => "house",
            Self::Filter => "filter",
            Self::Espresso => "espresso",
            Self::Decaf => "decaf",
        }
    }

    fn cents_per_bag(self) -> u32 {
        match self {
            Self::House => 900,
            Self::Filter => 1150,
            Self::Espresso => 1250,
            Self::Decaf => 1300,
        }
    }
}

#[derive(Debug, Deserialize)]
struct NewOrder {
    coffee: Coffee,
    bags: u8,
}

#[derive(Clone, Debug, Serialize)]
struct Order {
    id: u64,
    coffee: Coffee,
    bags: u8,
    cents: u32,
}

struct Desk {
    orders: Mutex<BTreeMap<u64, Order>>,
    last_id: AtomicU64,
    bags_ordered: Family<Counter>,
    order_value: Histogram,
}

pub(crate) fn routes(registry: &Registry) -> metrion::Result<Router> {
    let bags = FamilyOptions::labelled("bags_ordered_total", "Bags ordered.", &["coffee"]);
    let value = HistogramOptions {
        family: FamilyOptions::new("order_value_euros", "Value of an order."),
        buckets: vec![10.0, 20.0, 50.0, 100.0, 200.0, 500.0],
        ..HistogramOptions::default()
    };
    let desk = Desk {
        orders: Mutex::default(),
        last_id: AtomicU64::new(0),
        bags_ordered: registry.counter_family(bags)?,
        order_value: registry.histogram_family(value)?.labels(&[])?.clone(),
    };
    Ok(Router::new()
        .route("/orders", get(list).post(create))
        .route("/orders/{id}", get(show).delete(cancel))
        .with_state(Arc::new(desk)))
}

impl Desk {
    fn orders(&self) -> MutexGuard<'_, BTreeMap<u64, Order>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn create(&self, NewOrder { coffee, bags }: NewOrder) -> Order {
        let mut orders = self.orders();
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let order = Order { id, coffee, bags, cents: u32::from(bags) * coffee.cents_per_bag() };
        orders.insert(id, order.clone());
        if orders.len() > MAX_ORDERS {
            orders.pop_first();
        }
        order
    }
}

async fn create(
    State(desk): State<Arc<Desk>>,
    Json(order): Json<NewOrder>,
) -> Result<(StatusCode, Json<Order>), StatusCode> {
    let order = desk.create(order);
    let bags = desk.bags_ordered.labels(&[order.coffee.label()]);
    bags.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?.add(f64::from(order.bags));
    desk.order_value.observe(f64::from(order.cents) / 100.0);
    Ok((StatusCode::CREATED, Json(order)))
}

async fn list(State(desk): State<Arc<Desk>>) -> Json<Vec<Order>> {
    Json(desk.orders().values().rev().take(20).cloned().collect())
}

async fn show(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<u64>,
) -> Result<Json<Order>, StatusCode> {
    desk.orders().get(&id).cloned().map(Json).ok_or(StatusCode::NOT_FOUND)
}

async fn cancel(State(desk): State<Arc<Desk>>, Path(id): Path<u64>) -> StatusCode {
    match desk.orders().remove(&id) {
        Some(_) => StatusCode::NO_CONTENT,
        None => StatusCode::NOT_FOUND,
    }
}
