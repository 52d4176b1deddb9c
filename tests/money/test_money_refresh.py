"""Refreshing prices: against servers of our own that behave as the clouds' price lists do, well and badly."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from intertie.errors import InputError, OutsideError
from intertie.money import PriceBook
from intertie.money.contract_prices import read_prices
from intertie.money.refresh import Refreshed, Wanted, refresh
from intertie.money.refresh.run import Bases

TODAY = date(2026, 11, 22)
Answer = tuple[int, bytes]
Serve = Callable[[Callable[[str, int], Answer]], str]

AWS_HEADER = (
    "SKU,TermType,PricePerUnit,Currency,Unit,Instance Type,Tenancy,Operating System,Pre Installed S/W,CapacityStatus,"
    "Location Type"
)
GCP_HEADER = "name,region,hour,hourSpot"


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server on the loopback that answers with what a function of (path, number of requests so far) gives."""
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Callable[[str, int], Answer]) -> str:
        count = iter(range(10_000))

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = answer(self.path, next(count))
                self.send_response(status)
                cut = status == 299
                self.send_header("Content-Length", str(len(body) + (100 if cut else 0)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Silent."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def item(machine: str, price: float, **changes: object) -> dict[str, object]:
    return {
        "currencyCode": "USD", "unitOfMeasure": "1 Hour", "armSkuName": machine, "type": "Consumption",
        "productName": "Virtual Machines NDsr H100 v5 Series", "skuName": machine, "retailPrice": price, **changes,
    }  # fmt: skip


def aws_row(machine: str, price: str, **changes: str) -> str:
    cells = {
        "SKU": "X", "TermType": "OnDemand", "PricePerUnit": price, "Currency": "USD", "Unit": "Hrs",
        "Instance Type": machine, "Tenancy": "Shared", "Operating System": "Linux", "Pre Installed S/W": "NA",
        "CapacityStatus": "Used", "Location Type": "AWS Region",
    }  # fmt: skip
    return ",".join(f'"{value}"' for value in {**cells, **changes}.values())


def run(file: Path, wanted: Wanted, naps: list[float] | None = None, **bases: str) -> Refreshed:
    return refresh(file, wanted, TODAY, Bases(**bases), (naps if naps is not None else []).append)


AZURE = Wanted(cloud="azure", region="swedencentral")
H100 = "Standard_ND96isr_H100_v5"


def test_prices_of_azure_come_over_several_pages(tmp_path: Path, serve: Serve) -> None:
    base = ""

    def answer(path: str, _: int) -> Answer:
        if "page2" in path:
            page = {"Items": [item(H100, 40.0, skuName="ND96isr Spot")], "NextPageLink": None}
        else:
            page = {"Items": [item(H100, 120.5)], "NextPageLink": f"{base}/api/page2"}
        return 200, json.dumps(page).encode()

    base = serve(answer)
    done = run(tmp_path / "prices.csv", AZURE, azure=base)
    book = PriceBook(read_prices([tmp_path / "prices.csv"], TODAY))
    assert done.taken == 2
    full, spot = (book.machine("azure", "swedencentral", H100, kind) for kind in ("on-demand", "spot"))
    assert full is not None
    assert spot is not None
    assert (full.amount, full.origin, full.as_of) == (Decimal("120.5"), "list", "2026-11-22")
    assert spot.amount == 40


def test_windows_low_priority_and_other_units_are_not_taken_for_the_machine(tmp_path: Path, serve: Serve) -> None:
    items = [
        item(H100, 110.0, productName="Virtual Machines NDsr Windows"),
        item(H100, 110.0, skuName="ND96 Low Priority"),
        item(H100, 110.0, unitOfMeasure="1/Month"),
        item(H100, 110.0, currencyCode="EUR"),
        item(H100, 110.0, type="Reservation"),
        item(H100, 121.0),
    ]
    base = serve(lambda *_: (200, json.dumps({"Items": items}).encode()))
    assert run(tmp_path / "prices.csv", AZURE, azure=base).taken == 1


def test_the_plain_rows_of_the_ec2_list_are_taken(tmp_path: Path, serve: Serve) -> None:
    lines = [
        '"FormatVersion","v1.0"',
        AWS_HEADER,
        aws_row("p5.48xlarge", "50.1"),
        aws_row("p5.48xlarge", "99", Tenancy="Dedicated"),
        aws_row("p5.48xlarge", "98", TermType="Reserved"),
        aws_row("p5.48xlarge", "0.0", CapacityStatus="AllocatedCapacityReservation"),
        aws_row("z9.unknown", "1.0"),
    ]
    base = serve(lambda path, _: (200, "\n".join(lines).encode()) if "/us-east-1/" in path else (404, b""))
    done = run(tmp_path / "prices.csv", Wanted(cloud="aws", region="us-east-1"), aws=base)
    assert done.taken == 1
    assert ",p5.48xlarge,on-demand,50.1,USD,hour,2026-11-22," in (tmp_path / "prices.csv").read_text()


def test_googles_list_gives_both_kinds(tmp_path: Path, serve: Serve) -> None:
    body = f"{GCP_HEADER}\na3-highgpu-8g,europe-west4,110.2,40.5\na3-highgpu-8g,us-west1,x,\nn1-x,europe-west4,1,1\n"
    base = serve(lambda *_: (200, body.encode()))
    assert run(tmp_path / "prices.csv", Wanted(cloud="gcp"), gcp=base).taken == 2


def test_prices_that_cannot_be_true_are_refused_with_the_reason(tmp_path: Path, serve: Serve) -> None:
    body = f"{GCP_HEADER}\na3-highgpu-8g,europe-west4,33.6,40.5\na3-megagpu-8g,europe-west4,700.0,\n"
    base = serve(lambda *_: (200, body.encode()))
    done = run(tmp_path / "prices.csv", Wanted(cloud="gcp"), gcp=base)
    assert done.taken == 1
    assert [text.split(":")[0] for text in done.refused] == [
        "gcp europe-west4 a3-highgpu-8g on-demand 33.6",
        "gcp europe-west4 a3-megagpu-8g on-demand 700.0",
    ]


def test_a_busy_list_is_asked_again_with_growing_pauses(tmp_path: Path, serve: Serve) -> None:
    good = json.dumps({"Items": [item(H100, 120.0)]}).encode()
    base = serve(lambda _, number: (503, b"") if number < 2 else (200, good))
    naps: list[float] = []
    assert run(tmp_path / "prices.csv", AZURE, naps, azure=base).taken == 1
    assert naps == [1.0, 2.0]


def test_a_list_that_stays_busy_is_given_up_after_four_attempts(tmp_path: Path, serve: Serve) -> None:
    asked: list[int] = []
    base = serve(lambda _, number: (asked.append(number), (429, b""))[1])
    with pytest.raises(OutsideError, match="no answer \\(HTTP 429\\)"):
        run(tmp_path / "prices.csv", AZURE, azure=base)
    assert len(asked) == 4


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (404, b"", "HTTP 404"),
        (200, b"<html>", "no JSON"),
        (200, b'{"Items": 3}', "without `Items`"),
        (200, b'{"Items": [], "NextPageLink": "http://elsewhere.example.com/"}', "leads elsewhere"),
        (299, b'{"Items": []}', "broke off"),
    ],
)
def test_a_bad_answer_leaves_the_file_as_it_was(
    status: int, body: bytes, told: str, tmp_path: Path, serve: Serve
) -> None:
    file = tmp_path / "prices.csv"
    file.write_text("old")
    base = serve(lambda *_: (status, body))
    with pytest.raises(OutsideError, match=told):
        run(file, AZURE, azure=base)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_offline_nothing_is_changed(tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    file.write_text("old")
    with pytest.raises(OutsideError, match="the prices that are there stay as they are"):
        run(file, AZURE, azure="http://127.0.0.1:9")
    assert file.read_text() == "old"


def test_a_list_that_breaks_off_in_the_second_region_changes_nothing(tmp_path: Path, serve: Serve) -> None:
    file = tmp_path / "prices.csv"
    good = json.dumps({"Items": [item(H100, 120.0)]}).encode()
    base = serve(lambda _, number: (200, good) if number == 0 else (500, b""))
    with pytest.raises(OutsideError):
        run(file, Wanted(cloud="azure", machine=H100), azure=base)
    assert not file.exists()


def test_no_price_at_all_is_said_and_nothing_is_written(tmp_path: Path, serve: Serve) -> None:
    base = serve(lambda *_: (200, b'{"Items": [3, {"retailPrice": true}]}'))
    with pytest.raises(InputError, match="no price was found"):
        run(tmp_path / "prices.csv", AZURE, azure=base)
    assert not (tmp_path / "prices.csv").exists()


def test_two_prices_of_one_machine_are_told(tmp_path: Path, serve: Serve) -> None:
    base = serve(lambda *_: (200, json.dumps({"Items": [item(H100, 121.0), item(H100, 120.0)]}).encode()))
    done = run(tmp_path / "prices.csv", AZURE, azure=base)
    assert "the lower is taken" in done.refused[0]


def test_only_web_addresses_are_asked(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match="only http and https"):
        run(tmp_path / "prices.csv", AZURE, azure="file:///etc")


def test_the_same_answers_give_the_same_file(tmp_path: Path, serve: Serve) -> None:
    base = serve(lambda *_: (200, json.dumps({"Items": [item(H100, 121.0)]}).encode()))
    texts = set()
    for name in ("a.csv", "b.csv"):
        run(tmp_path / name, AZURE, azure=base)
        texts.add((tmp_path / name).read_text())
    assert len(texts) == 1
