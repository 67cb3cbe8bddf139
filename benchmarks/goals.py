"""What is measured and what is promised: every figure with the command that measures it."""

from __future__ import annotations

from typing import NamedTuple


class Job(NamedTuple):
    """One benchmark as it is run for a figure; `quick` replaces nothing but its length."""

    name: str
    module: str
    arguments: tuple[str, ...] = ()
    is_on_postgres: bool = False
    runs_itself: bool = False
    """Its length does not follow from --runs."""

    @property
    def command(self) -> str:
        before = "ARGOSY_POSTGRES=... " if self.is_on_postgres else ""
        return before + " ".join(("python -m benchmarks." + self.module, *self.arguments))


class Goal(NamedTuple):
    """One row: a field of a job's results, what is required of it, and the goal. `sign` is `>=`, `<=` or `=`."""

    what: str
    job: str
    field: str
    unit: str
    sign: str
    required: float
    goal: float | None = None

    def is_met(self, value: float) -> bool:
        if self.sign == "=":
            return value == self.required
        return value >= self.required if self.sign == ">=" else value <= self.required


JOBS = {
    job.name: job
    for job in (
        Job("engine", "engine"),
        Job("engine 1", "engine", ("--workers", "1")),
        Job("engine 2", "engine", ("--workers", "2")),
        Job("alone", "engine", ("--latency", "200")),
        Job("engine postgres 1", "engine", ("--workers", "1"), is_on_postgres=True),
        Job("engine postgres 2", "engine", ("--workers", "2"), is_on_postgres=True),
        Job("alone postgres", "engine", ("--latency", "200"), is_on_postgres=True),
        Job("hot sku", "hot_sku"),
        Job("hot sku postgres", "hot_sku", is_on_postgres=True),
        Job("http", "http"),
        Job("http 50", "http", ("--gateway-ms", "50")),
        Job("reads", "reads"),
        Job("promoted", "promoted", runs_itself=True),
        Job("flash sale", "flash_sale"),
        Job("fairness", "fairness"),
        Job("promotions", "promotions", runs_itself=True),
        Job("waits", "waits"),
        Job("growth", "growth", runs_itself=True),
    )
}

GOALS = (
    Goal("engine, SQLite, one worker", "engine 1", "per_second", "checkouts/s", ">=", 1_200, 1_800),
    Goal("engine, SQLite, two workers", "engine 2", "per_second", "checkouts/s", ">=", 1_800, 2_500),
    Goal("engine, PostgreSQL, one worker", "engine postgres 1", "per_second", "checkouts/s", ">=", 500, 700),
    Goal("engine, PostgreSQL, two workers", "engine postgres 2", "per_second", "checkouts/s", ">=", 850, 1_200),
    Goal("processor time of the worker per checkout, SQLite", "engine", "worker_thread_cpu_us", "us", "<=", 833, 555),
    Goal("loads outside declarations", "engine", "undeclared_loads", "", "=", 0),
    Goal("growth of a checkout's cost, 1,000 to 100,000 in the tables", "growth", "growth_percent", "%", "<=", 20),
    Goal("worker memory after 100,000 checkouts", "growth", "memory_mb", "MB", "<=", 250),
    Goal("one checkout alone, SQLite, p50", "alone", "p50_ms", "ms", "<=", 15, 10),
    Goal("one checkout alone, SQLite, p99", "alone", "p99_ms", "ms", "<=", 40, 25),
    Goal("one checkout alone, PostgreSQL, p50", "alone postgres", "p50_ms", "ms", "<=", 45, 30),
    Goal("one checkout alone, PostgreSQL, p99", "alone postgres", "p99_ms", "ms", "<=", 90, 60),
    Goal("hot SKU, SQLite", "hot sku", "per_second", "decisions/s", ">=", 20_000),
    Goal("hot SKU, SQLite: pieces sold of 1,000", "hot sku", "held", "", "=", 1_000),
    Goal("hot SKU, PostgreSQL", "hot sku postgres", "per_second", "decisions/s", ">=", 12_000),
    Goal("hot SKU, PostgreSQL: pieces sold of 1,000", "hot sku postgres", "held", "", "=", 1_000),
    Goal("HTTP journeys, 32 buyers, gateway 0 ms", "http", "per_second", "journeys/s", ">=", 100, 200),
    Goal("HTTP journeys, p99", "http", "p99_ms", "ms", "<=", 1_000),
    Goal("HTTP journeys: the generator's share of a core", "http", "generator_percent", "%", "<=", 30),
    Goal("HTTP journeys: answers 5xx", "http", "answers_5xx", "", "=", 0),
    Goal("HTTP sign-ins, apart", "http", "sign_ins_per_second", "sign-ins/s", ">=", 0),
    Goal("HTTP journeys, gateway 50 ms", "http 50", "per_second", "journeys/s", ">=", 0),
    Goal("HTTP journeys, gateway 50 ms, p99", "http 50", "p99_ms", "ms", "<=", 1_000),
    Goal("HTTP journeys with two promotions, slower by", "promoted", "slower_percent", "%", "<=", 20),
    Goal(
        "product page, 10,000 products, If-None-Match on half",
        "reads",
        "product_per_second",
        "requests/s",
        ">=",
        10_000,
    ),
    Goal("listing page of 20, the same", "reads", "listing_per_second", "requests/s", ">=", 5_000),
    Goal("add to cart", "reads", "cart_per_second", "requests/s", ">=", 1_000),
    Goal("web write beside a saturated worker, SQLite, p99", "fairness", "p99_ms", "ms", "<=", 50),
    Goal("discounts of 200 lines, 10 promotions and a coupon, p99", "promotions", "p99_ms", "ms", "<=", 20),
    Goal("plain reads beside 300 open waits, p99", "waits", "p99_ms", "ms", "<=", 50),
    Goal("plain reads with no open waits, p99", "waits", "p99_ms_none_open", "ms", "<=", 50),
    Goal("flash sale, 300 buyers for 50: paid purchases", "flash sale", "paid", "", "=", 50),
    Goal("flash sale: clear refusals", "flash sale", "refused", "", "=", 250),
    Goal("flash sale: answers 5xx", "flash sale", "answers_5xx", "", "=", 0),
    Goal("flash sale: charged without an order", "flash sale", "charged_without_order", "", "=", 0),
)
