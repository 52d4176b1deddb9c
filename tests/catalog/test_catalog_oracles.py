"""The same facts from the clouds' own published models, which come as packages: one slip cannot pass on both sides."""

import json
from importlib.resources import files

import botocore.session
import pytest
from azure.mgmt.compute.models import VirtualMachineSizeTypes
from azure.mgmt.containerservice.models import OSSKU

from intertie import catalog


@pytest.fixture(scope="module")
def aws() -> botocore.session.Session:
    return botocore.session.Session()


def test_node_images_are_ami_types_of_eks(aws: botocore.session.Session) -> None:
    known = set(aws.get_service_model("eks").shape_for("AMITypes").enum)
    assert {row.image for row in catalog.machines("aws")} <= known


def test_machine_types_are_instance_types_of_ec2(aws: botocore.session.Session) -> None:
    known = set(aws.get_service_model("ec2").shape_for("InstanceType").enum)
    assert {row.name for row in catalog.machines("aws")} <= known


def test_region_names_are_regions_of_aws(aws: botocore.session.Session) -> None:
    known = set(aws.get_available_regions("ec2"))
    assert {row.name for row in catalog.regions("aws")} <= known


def test_aws_offerings_are_what_the_public_list_of_types_per_region_says() -> None:
    path = files("cfnlint").joinpath("data/schemas/extensions/aws_ec2_instance/instancetype_enum.json")
    listed = {
        (region, name)
        for region, value in json.loads(path.read_text(encoding="utf-8")).items()
        if isinstance(value, dict)
        for name in value.get("enum", ())
    }
    ours = {(row.region, row.machine) for row in catalog.offerings("aws")}
    assert len(ours - listed) <= 3, sorted(ours - listed)  # seen in a price list only
    assert {
        (region, name)
        for region, name in listed
        if region in {row.name for row in catalog.regions("aws")}
        and name in {row.name for row in catalog.machines("aws")}
    } <= ours


def test_node_images_are_os_skus_of_aks() -> None:
    assert {row.image for row in catalog.machines("azure")} <= {sku.value for sku in OSSKU}


def test_azure_size_names_are_spelt_as_azure_spells_them() -> None:
    # the enumeration is old and not complete: what it knows must be spelt the same way
    known = {size.value.lower(): size.value for size in VirtualMachineSizeTypes}
    for row in catalog.machines("azure"):
        assert known.get(row.name.lower(), row.name) == row.name
        assert row.name.startswith("Standard_")
