"""The orders of a small coffee roastery: a FastAPI service on SQLite, measured by Metrion.

ORDERS_DATABASE=orders.db uvicorn service:app
"""

import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from typing import Annotated, Any, Literal

import metrion
import metrion.fastapi
from fastapi import Depends, FastAPI, HTTPException, Query
from pydantic import BaseModel, Field

DATABASE = os.environ.get("ORDERS_DATABASE", "orders.db")
SCHEMA = """
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS orders (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        customer TEXT NOT NULL,
        coffee TEXT NOT NULL,
        bags INTEGER NOT NULL,
        cents INTEGER NOT NULL
    );
"""
CENTS_PER_BAG = {"house": 900, "filter": 1150, "espresso": 1250, "decaf": 1300}

Coffee = Literal["house", "filter", "espresso", "decaf"]


class NewOrder(BaseModel):
    customer: str = Field(min_length=1, max_length=100)
    coffee: Coffee
    bags: int = Field(ge=1, le=50)


class Order(NewOrder):
    id: int
    cents: int


class Pairing(BaseModel):
    coffees: tuple[Coffee, Coffee]
    customers: int


@asynccontextmanager
async def keep_database(app: FastAPI) -> AsyncIterator[None]:
    with closing(sqlite3.connect(DATABASE)) as database:
        database.executescript(SCHEMA)
        # Stays open: SQLite cleans up, which takes long, whenever the last connection closes.
        yield


app = FastAPI(title="Coffee orders", lifespan=keep_database)
metrion.fastapi.instrument(app)

bags_ordered = metrion.Counter("bags_ordered_total", "Bags of coffee ordered.", ["coffee"])
order_value = metrion.Histogram(
    "order_value_euros", "Value of an order.", buckets=(10, 20, 50, 100, 200, 500)
)


def open_database() -> Iterator[sqlite3.Connection]:
    # FastAPI may open, use and close it in three threads, but never in two at a time.
    with closing(sqlite3.connect(DATABASE, check_same_thread=False)) as database:
        database.row_factory = sqlite3.Row
        with database:
            yield database


# The scope makes the commit come before the response, so that a client reads what it wrote.
Database = Annotated[sqlite3.Connection, Depends(open_database, scope="function")]


@app.post("/orders", status_code=201)
def create_order(order: NewOrder, database: Database) -> Order:
    cents = order.bags * CENTS_PER_BAG[order.coffee]
    row = database.execute(
        "INSERT INTO orders (customer, coffee, bags, cents) VALUES (?, ?, ?, ?) RETURNING *",
        (order.customer, order.coffee, order.bags, cents),
    ).fetchone()
    bags_ordered.labels(order.coffee).inc(order.bags)
    order_value.observe(cents / 100)
    return Order(**row)


@app.get("/orders")
def list_orders(database: Database, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> list[Order]:
    rows = database.execute("SELECT * FROM orders ORDER BY id DESC LIMIT ?", (limit,))
    return [Order(**row) for row in rows]


@app.get("/orders/{order_id}")
def get_order(order_id: int, database: Database) -> Order:
    row = database.execute("SELECT * FROM orders WHERE id = ?", (order_id,)).fetchone()
    if row is None:
        raise HTTPException(404, "no such order")
    return Order(**row)


@app.delete("/orders/{order_id}", status_code=204)
def cancel_order(order_id: int, database: Database) -> None:
    if database.execute("DELETE FROM orders WHERE id = ?", (order_id,)).rowcount == 0:
        raise HTTPException(404, "no such order")


@app.get("/reports/pairings")
def pairings(database: Database) -> list[Pairing]:
    """Which two coffees the same customers order, among the last 2000 orders."""
    rows: Any = database.execute(
        """
        WITH recent AS (SELECT * FROM orders ORDER BY id DESC LIMIT 2000)
        SELECT one.coffee, other.coffee, count(DISTINCT one.customer) AS customers
        FROM recent AS one
        JOIN recent AS other ON other.customer = one.customer AND other.coffee > one.coffee
        GROUP BY 1, 2
        ORDER BY customers DESC
        """
    )
    return [Pairing(coffees=(one, other), customers=customers) for one, other, customers in rows]


@app.get("/health")
def health(database: Database) -> dict[str, str]:
    database.execute("SELECT 1")
    return {"status": "ok"}
