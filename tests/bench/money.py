"""Figures of forecasts and the exporter, beside what they are held to. Part of `make bench`."""

import http.client
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported: one thread per process

import numpy as np

from intertie.money.exporter import Endpoint, Snapshot, exposition
from intertie.money.forecast import Series, forecast
from intertie.money.guard.meter import NodeCost

MONDAY = 1_767_571_200
RUNS = int(os.environ.get("INTERTIE_BENCH_RUNS", "5"))


def hours(count: int, seed: int) -> Series:
    """A daily rhythm with noise."""
    noise = np.random.default_rng(seed).standard_normal(count)
    return Series(MONDAY, 3600, (100 + 60 * np.sin(np.arange(count) * np.pi / 12)) * np.exp(0.1 * noise))


def a_year() -> None:
    forecast(hours(8760, 1), 720)


def of_seed(seed: int) -> float:
    """One of a thousand series: 30 days of hours, 48 ahead."""
    return float(forecast(hours(720, seed), 48).p50[0])


def a_thousand() -> None:
    with ProcessPoolExecutor(2) as pool:
        assert len(list(pool.map(of_seed, range(1000), chunksize=50))) == 1000


def a_thousand_years() -> None:
    with ProcessPoolExecutor(2) as pool:
        assert len(list(pool.map(of_year, range(1000), chunksize=50))) == 1000


def of_year(seed: int) -> float:
    """One of a thousand series: a year of days, 30 ahead."""
    values = hours(8760, seed).values.reshape(365, 24).sum(axis=1)
    return float(forecast(Series(MONDAY, 86_400, values), 30).p50[0])


def timed(work: Callable[[], object], runs: int = RUNS) -> float:
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def scrape() -> tuple[float, float]:
    """Median of a scrape of 1,000 nodes, and of rendering them, in milliseconds."""
    nodes = tuple(NodeCost(f"node-{i}", "p5.48xlarge", "us-east-1", f"s{i % 9}", "spot", 55.0, 8) for i in range(1000))
    seen = Snapshot(nodes, "o", "c", "p", "aws")
    render = timed(lambda: len(exposition(seen)))
    endpoint = Endpoint()
    endpoint.show(exposition(seen))
    endpoint.start()

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", endpoint.port)
        connection.request("GET", "/metrics")
        assert len(connection.getresponse().read()) > 100_000

    try:
        return 1000 * timed(ask, 20), 1000 * render
    finally:
        endpoint.stop()


def main(say: Callable[[str], None]) -> None:
    a_year()
    say(f"forecast of 720 hours from a year of hours   {timed(a_year):.2f} s   (held to 1)")
    say(f"1,000 series of 720 hours, 48 ahead, 2 processes   {timed(a_thousand, 1):.1f} s   (held to 60)")
    say(f"1,000 series of 365 days, 30 ahead, 2 processes   {timed(a_thousand_years, 1):.1f} s   (held to 60)")
    asked, rendered = scrape()
    say(f"scrape of the exporter, 1,000 nodes   {asked:.1f} ms   (held to 50); rendering them takes {rendered:.0f} ms")


if __name__ == "__main__":
    main(print)
