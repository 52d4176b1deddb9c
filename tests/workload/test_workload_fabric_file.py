"""The text that processes read of their fabric: written once, read by every pod of a replica over several machines."""

from typing import Any

import pytest

from intertie.contract import FabricFile
from support import plans
from support.workloads import binding, container, handle, objects, pinned, pod, spanning, staged, variables

FILE = FabricFile("NCCL_TOPO_FILE", "/etc/near/machine.xml", "<system/>")
OTHER = FabricFile("NCCL_TOPO_FILE", "/etc/near/machine.xml", "<other/>")
SPANNING = spanning(pinned(plans.plan()))


def made(*files: FabricFile | None, spans: bool = True) -> dict[str, Any]:
    """What is rendered where the ladder's pools have these files."""
    plan = SPANNING if spans else pinned(plans.plan())
    names = tuple(f"generate{number}" for number in range(len(files)))
    pools = tuple(plans.accelerator_pool(rank=number) for number in range(len(files)))
    others = tuple(each for each in plan.pools if each.role != "accelerator")
    plan = staged(plans.replace(plan, pools=(*others, *pools)), "generate", pools=names)
    bound = {name: binding(name, fabric_file=file) for name, file in zip(names, files, strict=True)}
    return objects(plan, handle(plan, pools={**handle(plan).pools, **bound}))


def test_the_text_is_in_every_pod_where_the_variable_says() -> None:
    found = made(FILE)
    written = found["generate-fabric-file"]
    assert written["data"] == {"machine.xml": FILE.text}
    assert written["metadata"]["namespace"] == SPANNING.namespace
    group = found["generate-group"]
    for part in ("leader", "worker"):
        (volume,) = [each for each in pod(group, part)["volumes"] if each["name"] == "fabric-file"]
        assert volume["configMap"] == {"name": written["metadata"]["name"]}
        mount = {"name": "fabric-file", "mountPath": "/etc/near", "readOnly": True}
        assert mount in container(group, part)["volumeMounts"]
        told = {each["name"]: each.get("value") for each in container(group, part)["env"]}
        assert told["NCCL_TOPO_FILE"] == FILE.path


def test_another_text_is_another_object_so_that_pods_come_anew() -> None:
    names = {made(file)["generate-fabric-file"]["metadata"]["name"] for file in (FILE, OTHER)}
    assert len(names) == 2
    assert all(name.startswith("generate-fabric-") for name in names)


def test_the_text_is_there_before_the_group() -> None:
    roles = list(made(FILE))
    assert roles.index("generate-fabric-file") < roles.index("generate-group")


@pytest.mark.parametrize("files", [(None,), (FILE, OTHER), (FILE, None)])
def test_no_pod_reads_what_is_not_true_on_every_pool_of_its_ladder(files: tuple[FabricFile | None, ...]) -> None:
    found = made(*files)
    assert "generate-fabric-file" not in found
    assert "NCCL_TOPO_FILE" not in variables(found["generate-group"])
    assert "fabric-file" not in str(pod(found["generate-group"]))


def test_a_replica_on_one_machine_reads_nothing() -> None:
    assert "generate-fabric-file" not in made(FILE, spans=False)
