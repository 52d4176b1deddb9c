"""What a plan asks of quotas: exact names, the right market and unit, and enough."""

from typing import Any

import pytest

from intertie import catalog
from intertie.plan import resolve
from intertie.plan.prerequisites import prerequisites
from intertie.plan.quotas import QuotaNeed, quota_needs
from intertie.spec import read_file
from support.plans import accelerator_pool, claim, cpu_pool, plan
from support.stacks import ROOT


def needs(cloud: str = "aws", *pools: Any, **changes: Any) -> dict[str, QuotaNeed]:
    return {each.code or each.name: each for each in quota_needs(plan(cloud, pools=pools, **changes))}


def test_aws_counts_vcpus_per_family_and_market():
    found = needs("aws", accelerator_pool(), accelerator_pool(kind="spot", rank=1))
    assert (found["L-417A185B"].needed, found["L-417A185B"].unit) == (4 * 192, "vcpu")
    assert found["L-C4BD4855"].needed == 4 * 192
    assert found["L-1216C47A"].needed == 2 * (6 + 1) * 4  # two pools, each with the spare node of an upgrade


def test_a_reservation_counts_like_on_demand_and_a_capacity_block_does_not():
    reserved = accelerator_pool(kind="odcr", claim=claim("odcr", id="cr-0abc"))
    block = accelerator_pool(kind="capacity-block", claim=claim("capacity-block", id="cr-0abd"))
    assert "L-417A185B" in needs("aws", reserved)
    assert "L-417A185B" not in needs("aws", block)


def test_pools_of_one_family_are_added_up():
    assert needs("aws", accelerator_pool(), accelerator_pool(rank=1))["L-417A185B"].needed == 8 * 192


def test_azure_counts_the_family_the_region_and_spot_apart():
    found = needs("azure", accelerator_pool("azure"), accelerator_pool("azure", kind="spot", rank=1))
    assert found["standardNDSH100v5Family"].needed == 4 * 96
    assert found["cores"].needed == 4 * 96 + 2 * 7 * 4
    assert found["lowPriorityCores"].needed == 4 * 96
    assert "/locations/swedencentral" in found["cores"].request


def test_google_counts_devices_of_the_family_and_of_all_regions():
    found = needs("gcp", accelerator_pool("gcp"), accelerator_pool("gcp", kind="spot", rank=1))
    family = found["GPUS-PER-GPU-FAMILY-per-project-region;gpu_family=NVIDIA_H100"]
    assert (family.needed, family.unit) == (4 * 8, "accelerator")
    assert family.request.endswith("--dimensions=region=europe-west4,gpu_family=NVIDIA_H100")
    everywhere = found["GPUS-ALL-REGIONS-per-project"]
    assert everywhere.needed == 2 * 4 * 8
    assert "--dimensions" not in everywhere.request


def test_a_machine_whose_quota_no_source_names_is_unknown_and_says_where_to_look():
    (need,) = [each for each in quota_needs(plan("gcp", pools=(accelerator_pool("gcp", machine="ct6e-standard-4t"),)))
               if not each.code]  # fmt: skip
    assert need.name == "quota of ct6e-standard-4t (on-demand)"
    assert need.request.startswith("gcloud beta quotas info list")


def test_an_adopted_cluster_asks_for_no_quota():
    spec = read_file(ROOT / "stacks/specs/existing.yaml")
    assert quota_needs(resolve(spec, "datacentre")) == ()


@pytest.mark.parametrize("cloud", catalog.CLOUDS)
def test_every_machine_of_the_catalogue_has_a_quota_or_is_known_to_have_none(cloud: str):
    without = {
        machine.name
        for machine in catalog.machines(cloud)
        if any(kind not in ("capacity-block", "azure-block") for kind in machine.kinds)
        and not [each for each in needs(cloud, _of(cloud, machine)).values() if each.code and "generate0" in each.pools]
    }
    assert {name for name in without if not name.startswith(("ct5lp", "ct6e"))} == set()


def _of(cloud: str, machine: catalog.Machine) -> Any:
    return accelerator_pool(cloud, machine=machine.name)


def test_requests_name_code_value_and_region():
    need = needs("aws", accelerator_pool())["L-417A185B"]
    assert need.request == (
        "aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-417A185B "
        "--desired-value 768 --region us-east-1"
    )


def test_a_reservation_is_looked_up_in_its_zone_and_its_end_is_known():
    block = claim("capacity-block", id="cr-0abd", start="2027-01-11T11:30:00Z", end="2027-01-18T11:30:00Z")
    found = prerequisites(plan(pools=(accelerator_pool(kind="capacity-block", claim=block),)))
    (reserved,) = [each for each in found if each.kind == "reservation"]
    assert reserved.name == "cr-0abd"
    assert "4 × p5.48xlarge in us-east-1b" in reserved.what
    assert "until 2027-01-18T11:30:00+00:00" in reserved.what
    assert "--capacity-reservation-ids cr-0abd --region us-east-1" in reserved.how


def test_dns_certificate_and_the_way_to_the_api_are_seen_to():
    found = {each.kind: each for each in prerequisites(plan())}
    assert found["dns"].name == "chat.example.com"
    assert "chat-tls" in found["certificate"].what
    assert found["api"].what == "the Kubernetes API answers to everywhere"


def test_a_private_api_without_a_runner_is_an_open_question():
    from intertie.plan import Operations

    asked = {each.kind: each for each in prerequisites(plan(operations=Operations(api="private")))}["api"]
    assert "`cluster.api.runner`" in asked.how
    peered = Operations(api="private", runner_network="vpc-0abc12345", runner_ranges=("172.16.0.0/24",))
    known = {each.kind: each for each in prerequisites(plan(operations=peered))}["api"]
    assert known.how == "route 10.64.0.0/19 from vpc-0abc12345 to the peering that this stack makes"


def test_cpu_pools_alone_ask_for_the_standard_family():
    found = quota_needs(plan(pools=()))
    assert [each.code for each in found] == ["L-1216C47A"]
    assert found[0].pools == ("system", "general")
    assert cpu_pool("aws", "system").surge == 1


def test_secrets_that_the_stack_makes_empty_are_named():
    names = {each.name for each in prerequisites(plan()) if each.kind == "secret"}
    assert "chat-here-chat-tls" in names


def test_infiniband_must_be_registered_where_replicas_span_machines():
    alone = prerequisites(plan("azure", pools=(accelerator_pool("azure"),)))
    joined = prerequisites(plan("azure", pools=(accelerator_pool("azure", hosts=2),)))
    assert "feature" not in {each.kind for each in alone}
    (feature,) = [each for each in joined if each.kind == "feature"]
    assert feature.how.endswith("--name AKSInfinibandSupport")
