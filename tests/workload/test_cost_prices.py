"""Contract prices in the cluster: who reads them, and that they are the organisation's."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
from kubernetes_validate import validate

from intertie import InferencePipeline, read_prices
from intertie.errors import InputError
from intertie.graph import Graph, record
from intertie.money import PriceBook
from intertie.money.contract_prices import read_file
from intertie.money.guard.meter import metered
from intertie.plan import resolve
from intertie.workload import Manifest, render
from intertie.workload.cost_prices import FILE, NAME
from support import plans
from support.workloads import handle

PRICES = (
    "cloud,region,machine,kind,price,currency,unit,as_of,source,origin,placement\n"
    "aws,us-east-1,p5.48xlarge,on-demand,39.5,USD,hour,2026-10-01,agreement,contract,*\n"
)
NODE = {
    "metadata": {
        "name": "a",
        "labels": {"node.kubernetes.io/instance-type": "p5.48xlarge", "topology.kubernetes.io/region": "us-east-1"},
    }
}
WATCH = {"monthly_usd": 90_000, "watch": {"image": "ghcr.io/acme/intertie@sha256:" + "a" * 64}}


def rendered(prices: str) -> dict[str, Manifest]:
    plan = resolve(plans.spec(budget=WATCH), "here")
    return {made.role: made for made in render(plan, handle(plan), prices)}


def pod(made: Manifest) -> dict[str, Any]:
    spec = made.body["spec"]
    return (spec.get("jobTemplate") or {"spec": spec})["spec"]["template"]["spec"]


@pytest.mark.parametrize("role", ["intertie-guard", "intertie-exporter"])
def test_guard_and_exporter_read_the_prices_that_are_deployed(role: str) -> None:
    found = rendered(PRICES)
    (container,) = pod(found[role])["containers"]
    assert container["command"][-2:] == ["--prices", FILE]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    (volume,) = [each for each in pod(found[role])["volumes"] if each["name"] == "prices"]
    assert volume == {"name": "prices", "configMap": {"name": NAME}}  # not optional: no guard runs on list prices then
    assert f"{mounts['prices']}/{Path(FILE).name}" == FILE
    assert NAME in found[role].needs
    for made in (found[role], found[NAME]):
        validate(json.loads(json.dumps(made.body)), "1.35", strict=True)


@pytest.mark.parametrize("role", ["intertie-guard", "intertie-exporter"])
def test_without_contract_prices_nothing_of_them_is_in_the_cluster(role: str) -> None:
    found = rendered("")
    assert NAME not in found
    (container,) = pod(found[role])["containers"]
    assert "--prices" not in container["command"]


def test_what_is_deployed_says_that_it_is_a_contract_and_starts_the_exporter_anew_when_it_changes() -> None:
    before, after = rendered(PRICES), rendered(PRICES.replace("39.5", "38"))
    assert before[NAME].body["metadata"]["labels"]["intertie.dev/prices"] == "contract"
    notes = [found["intertie-exporter"].body["spec"]["template"]["metadata"]["annotations"]
             ["intertie.dev/contract-prices"] for found in (before, after)]  # fmt: skip
    assert notes[0] != notes[1]


def deployed(contract: Any = None, prices: dict[str, float] | None = None, watched: bool = True) -> Graph:
    here = {"cloud": "gcp", "region": "europe-west4", "adopt": POOLS, "prices": prices or {}}
    budget = WATCH if watched else {"monthly_usd": 90_000}
    data = plans.spec_data("gcp", placements={"here": here}, budget=budget)

    def program() -> None:
        given: Any = {"spec": data, "placement": "here", "kubeconfig": pulumi.Output.secret("apiVersion: v1")}
        given["contract_prices"] = contract
        InferencePipeline("chat", given)

    return record(program, "inference", "here", {"gcp:project": "acme"}, root_directory=Path())


POOLS = {"pools": [{"name": "gpu", "accelerator": "h100", "per_node": 8, "labels": {"acme.example/gpu": "h100"}},
                   {"name": "workers", "labels": {"acme.example/role": "worker"}}]}  # fmt: skip
GOOGLE = PRICES.replace("aws,us-east-1,p5.48xlarge", "gcp,europe-west4,a3-highgpu-8g").replace("39.5", "80")


def carried(graph: Graph) -> list[str]:
    return [each.inputs["data"][Path(FILE).name] for each in graph.resources if each.name.endswith(NAME)]


def test_a_stack_with_a_price_file_meters_its_nodes_with_it(tmp_path: Path) -> None:
    (text,) = carried(deployed(GOOGLE, {"c3-standard-8": 0.31}))
    path = tmp_path / "prices.csv"
    path.write_text(text)
    book = PriceBook(own=read_file(path))
    for machine, price in (("a3-highgpu-8g", 80), ("c3-standard-8", 0.31)):
        labels = {**NODE["metadata"]["labels"], "node.kubernetes.io/instance-type": machine}
        labels["topology.kubernetes.io/region"] = "europe-west4"
        seen = metered([{"metadata": {"name": "a", "labels": labels}}], "gcp", book, "here")
        assert (seen.hourly, seen.doubts) == (price, ())


def test_prices_are_only_given_to_a_cluster_that_is_watched() -> None:
    assert carried(deployed(GOOGLE, {"c3-standard-8": 0.31}, watched=False)) == []
    assert carried(deployed()) == []


@pytest.mark.parametrize(
    ("contract", "said"),
    [(GOOGLE.replace("80", "-80"), "contract prices:2"), (7, "the text of a price file"), ("hello", "no column")],
)
def test_a_stack_whose_prices_cannot_be_meant_is_not_deployed(contract: Any, said: str) -> None:
    with pytest.raises((InputError, pulumi.RunError), match=said):
        deployed(contract)


def test_a_program_reads_a_price_file_or_says_where_it_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "contract.csv"
    path.write_text(PRICES)
    assert read_prices(path) == PRICES
    path.write_text(PRICES.replace("39.5", "39,5"))
    with pytest.raises(pulumi.RunError, match=r"contract\.csv:2"):
        read_prices(path)
    with pytest.raises(pulumi.RunError, match="cannot be read"):
        read_prices(tmp_path / "none.csv")
