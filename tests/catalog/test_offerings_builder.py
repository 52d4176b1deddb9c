"""The maintenance script that turns public lists into `offerings.csv`."""

import csv
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from intertie import catalog
from intertie.catalog.reading import read_rows
from support import scripts

SKY = "InstanceType,vCPUs,MemoryGiB,AcceleratorName,AcceleratorCount,GpuInfo,Region,AvailabilityZone,Price,SpotPrice"


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    return scripts.loaded("tools/build_offerings.py")


@pytest.fixture
def built(builder: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    (tmp_path / "prices.csv").write_text(
        "cloud,instance_type,region,source,as_of\n"
        "aws,p5.48xlarge,us-east-1,acme/prices list.csv@1 (made up); second,2026-Q1 (from 2026-01-21 to 2026-05-22)\n"
        "azure,Standard_ND96isr_H100_v5,swedencentral,acme/prices,undated\n"
        "gcp,a3-highgpu-8g,europe-west4,acme/prices,2026-08-03\n"
        "aws,p5.48xlarge,mars-north-1,acme/prices,2026-08-03\n"
        "aws,x99.huge,us-east-1,acme/prices,2026-08-03\n",
        encoding="utf-8",
    )
    (tmp_path / "types.json").write_text(
        json.dumps({"us-east-1": {"enum": ["p5.48xlarge", "m7i.xlarge"]}, "description": "types"}), encoding="utf-8"
    )
    (tmp_path / "zones.csv").write_text(
        f"{SKY}\n"
        "a3-highgpu-8g,208,1872,,,,europe-west4,europe-west4-c,9.9,2.2\n"
        "a3-highgpu-8g,208,1872,,,,europe-west4,europe-west4-b,9.9,2.2\n"
        "a3-highgpu-8g,208,1872,,,,europe-west4,europe-west4-ai1a,9.9,2.2\n"
        ",,,tpu-v6e-8,1,tpu-v6e-8,us-east5,us-east5-a,21.6,9.7\n"
        ",,,tpu-v6e-8,1,tpu-v6e-8,us-west2,us-west2-a,700.0,700.0\n"
        ",,,V100,1,V100,us-east5,us-east5-a,2.6,0.7\n",
        encoding="utf-8",
    )
    argv = ["build", "--prices", "prices.csv", "--ec2-types", "types.json", "--gcp-zones", "zones.csv"]
    argv = [str(tmp_path / word) if "." in word else word for word in argv]
    out = tmp_path / "offerings.csv"
    monkeypatch.setattr(sys, "argv", [*argv, "--read-on", "2026-11-22", "--out", str(out)])
    builder.main()
    read_rows("offerings.csv", catalog.Offering, out.read_text(encoding="utf-8").splitlines())
    with out.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_only_machines_and_regions_of_the_catalogue_are_written(built: list[dict[str, str]]) -> None:
    assert [(row["cloud"], row["machine"], row["region"]) for row in built] == [
        ("aws", "m7i.xlarge", "us-east-1"),
        ("aws", "p5.48xlarge", "us-east-1"),
        ("azure", "Standard_ND96isr_H100_v5", "swedencentral"),
        ("gcp", "a3-highgpu-8g", "europe-west4"),
        ("gcp", "ct6e-standard-1t", "us-east5"),
        ("gcp", "ct6e-standard-4t", "us-east5"),
        ("gcp", "ct6e-standard-8t", "us-east5"),
    ]


def test_zones_of_one_machine_are_gathered_and_unknown_ones_left_out(built: list[dict[str, str]]) -> None:
    zones = {row["machine"]: row["zones"] for row in built}
    assert zones["a3-highgpu-8g"] == "europe-west4-b;europe-west4-c"
    assert zones["p5.48xlarge"] == ""


def test_a_source_keeps_its_own_day_and_an_undated_one_gets_the_day_of_reading(built: list[dict[str, str]]) -> None:
    rows = {row["machine"]: row for row in built}
    assert rows["p5.48xlarge"]["as_of"] == "2026-01-21"
    assert rows["p5.48xlarge"]["source"] == "price list: acme/prices list.csv@1"
    assert rows["Standard_ND96isr_H100_v5"]["as_of"] == "2026-11-22"
    assert rows["m7i.xlarge"]["source"].startswith("cfn-lint ")
