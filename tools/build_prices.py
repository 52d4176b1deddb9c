"""Writes the catalogue's prices, power and carbon tables from copies of their sources: `python tools/build_prices.py`.

    tools/prices/gpu_prices.csv, cpu_prices.csv   → list_prices.csv       on-demand and spot, one row per price
    tools/prices/gpu_commitments.csv              → commitments.csv       what a term costs, as share or as price
    tools/prices/spot_interruption_aws.csv        → spot_risk.csv
    tools/prices/gpu_power.csv, pue.csv           → power.csv, pue.csv
    tools/prices/region_carbon.csv                → carbon.csv

Nothing is computed but the share of on-demand that a discount leaves, and no gap is filled: an empty cell of a source
is no row here. A source that gives no day, or a span, gets the first day that it can be of: prices then
count as older than they are, never as younger.
"""

import csv
import re
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from pathlib import Path

HERE = Path(__file__).parent / "prices"
TARGET = Path(__file__).parents[1] / "components/intertie/catalog/data"
Row = dict[str, str]

LICENCES = {
    "skypilot-org/skypilot-catalog": "Apache-2.0",
    "aws/karpenter-provider-aws": "Apache-2.0",
    "Azure/karpenter-provider-azure": "Apache-2.0",
    "cloudpilot-ai/karpenter-provider-gcp": "Apache-2.0",
    "alexei-led/spotinfo": "Apache-2.0",
}
QUARTERS = {"Q1": "01-01", "Q2": "04-01", "Q3": "07-01", "Q4": "10-01"}
NOT_ON_DEMAND = "NOT purchasable as plain on-demand"
LIST_COLUMNS = ("cloud", "machine", "region", "kind", "usd_per_hour", "note", "source", "as_of")


def day(text: str) -> str:
    """The first day that a source's date can mean: 2026-06-18, 2026-Q1, 2025-07, 2023, `undated 2026 snapshot`."""
    if exact := re.search(r"\d{4}-\d{2}-\d{2}", text):
        return exact.group()
    if quarter := re.search(r"(\d{4})-(Q[1-4])", text):
        return f"{quarter.group(1)}-{QUARTERS[quarter.group(2)]}"
    if month := re.search(r"\d{4}-\d{2}", text):
        return f"{month.group()}-01"
    year = re.search(r"\d{4}", text)
    if year is None:
        raise ValueError(f"no date in {text!r}")
    return f"{year.group()}-01-01"


def read(name: str) -> list[Row]:
    with (HERE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def licensed(source: str) -> str:
    """The source with the licence under which it may be passed on."""
    name = next((name for name in LICENCES if source.startswith(name)), None)
    return f"{source} ({LICENCES[name]})" if name and "(Apache-2.0" not in source else source


def list_prices() -> Iterator[Row]:
    for row in read("gpu_prices") + read("cpu_prices"):
        same = {"cloud": row["cloud"], "machine": row["instance_type"], "region": row["region"]}
        where = {"source": licensed(row["source"]), "as_of": day(row["as_of"])}
        bought_otherwise = "reference only: not sold as plain on-demand" if NOT_ON_DEMAND in row["source"] else ""
        for kind, column, note in (
            ("on-demand", "ondemand_usd_per_hour", bought_otherwise),
            ("spot", "spot_usd_per_hour", "lowest of the zones at one moment"),
        ):
            if row[column]:
                yield {**same, "kind": kind, "usd_per_hour": row[column], "note": note, **where}


COMMITMENT_COLUMNS = ("cloud", "family", "product", "days", "payment", "share", "usd_per_hour", "machine", "regions",
                      "note", "source", "as_of")  # fmt: skip
BLOCK = re.compile(r"(?P<price>\d+\.\d+) USD/instance-hour")
MACHINE_OF = {"p5": "p5.48xlarge", "p5e": "p5e.48xlarge", "p4d": "p4d.24xlarge", "p4de": "p4de.24xlarge",
              "trn1": "trn1.32xlarge"}  # fmt: skip
DAYS = {"1y": "365", "3y": "1095", "days-weeks": "0"}
PRODUCTS = {
    "Standard RI": "reserved-instance",
    "Reserved (as listed by instances.vantage.sh)": "reserved-instance",
    "resource-based CUD": "committed-use",
    "EC2 Capacity Block": "capacity-block",
}
CUT = ("p4d", "p4de", "p5")
PAGE = "aws.amazon.com/ec2/capacityblocks/pricing mirror"


def commitments() -> Iterator[Row]:
    """A share of the on-demand price where that price still holds; the price itself where on-demand was cut since."""
    for row in read("gpu_commitments"):
        family, product = row["instance_family"], PRODUCTS[row["product"]]
        block = BLOCK.search(row["source"])
        trn = re.search(r"trn1\.32xlarge (\d+\.\d+) USD", row["source"])
        paid = re.search(r"\((\d+\.\d+)/\d+\.\d+", row["source"])
        price = block["price"] if block else trn.group(1) if trn else ""
        if not price and family in CUT and paid:
            price = paid.group(1)
        regions = re.findall(r"[a-z]+-[a-z]+-\d", row["source"]) if product == "capacity-block" else []
        yield {
            "cloud": row["cloud"], "family": family, "product": product, "days": DAYS[row["term"]],
            "payment": row["payment"], "share": "" if price else str(1 - Decimal(row["discount_vs_ondemand"])),
            "usd_per_hour": price, "machine": MACHINE_OF[family] if price else "", "regions": ";".join(regions),
            "note": "on-demand was cut since: the price is shown, not its share of the old list price"
            if price and product != "capacity-block" else "",
            "source": row["source"].replace("same page", PAGE), "as_of": day(row["as_of"]),
        }  # fmt: skip


RISK_COLUMNS = ("cloud", "machine", "region", "savings_percent", "band", "source", "as_of")


def spot_risk() -> Iterator[Row]:
    for row in read("spot_interruption_aws"):
        yield {
            "cloud": row["cloud"], "machine": row["instance_type"], "region": row["region"],
            "savings_percent": row["savings_vs_ondemand_pct"], "band": row["interruption_band_index"],
            "source": row["source"], "as_of": day(row["as_of"]),
        }  # fmt: skip


POWER_COLUMNS = ("accelerator", "machine_prefix", "max_watts", "idle_watts", "note", "source", "as_of")
FORMS = {
    "T4": ("t4", ""), "L4": ("l4", ""), "A10": ("a10", ""), "A10G": ("a10g", ""), "L40S": ("l40s", ""),
    "A100-SXM4": ("a100", ""), "A100-PCIe": ("a100", "Standard_NC"), "H100-SXM5": ("h100", ""),
    "H100-NVL": ("h100-nvl", ""), "H200-SXM": ("h200", ""), "B200": ("b200", ""), "MI300X": ("mi300x", ""),
    "Inferentia2": ("inferentia2", ""), "Trainium1": ("trainium1", ""), "Trainium2": ("trainium2", ""),
    "TPU-v5e": ("tpu-v5e", ""), "TPU-v6e": ("tpu-v6e", ""),
}  # fmt: skip
READ_ON = "2026-11-22"


def power() -> Iterator[Row]:
    """Of accelerators that the catalogue has. Both sizes of the A100 draw the same; on NC machines it is a card."""
    for row in read("gpu_power"):
        if row["accelerator"] not in FORMS:
            continue
        name, prefix = FORMS[row["accelerator"]]
        for accelerator in ("a100-40gb", "a100-80gb") if name == "a100" else (name,):
            yield {
                "accelerator": accelerator, "machine_prefix": prefix, "max_watts": row["tdp_w"],
                "idle_watts": row["idle_w"], "note": row["note"], "as_of": READ_ON,
                "source": row["source"] or "no published figure found",
            }  # fmt: skip


def pue() -> Iterator[Row]:
    for row in read("pue"):
        yield {"cloud": row["cloud"], "pue": row["pue"], "note": row["note"], "source": row["source"], "as_of": READ_ON}


def carbon() -> Iterator[Row]:
    """Yearly averages are dated with the last day of their year."""
    for row in read("region_carbon"):
        yield {
            "cloud": row["cloud"], "region": row["region"], "grams_per_kwh": row["grid_gco2e_per_kwh"],
            "source": row["source"], "as_of": f"{row['year']}-12-31",
        }  # fmt: skip


TABLES = {
    "list_prices": (list_prices, LIST_COLUMNS),
    "commitments": (commitments, COMMITMENT_COLUMNS),
    "spot_risk": (spot_risk, RISK_COLUMNS),
    "power": (power, POWER_COLUMNS),
    "pue": (pue, ("cloud", "pue", "note", "source", "as_of")),
    "carbon": (carbon, ("cloud", "region", "grams_per_kwh", "source", "as_of")),
}


def text(name: str) -> str:
    """The table as it stands in the catalogue."""
    rows, columns = TABLES[name]
    out = StringIO()
    csv.writer(out, lineterminator="\n").writerows([columns, *([row[column] for column in columns] for row in rows())])
    return out.getvalue()


def main() -> None:
    for name in TABLES:
        (TARGET / f"{name}.csv").write_text(text(name), encoding="utf-8")


if __name__ == "__main__":
    main()
