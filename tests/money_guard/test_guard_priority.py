"""From the word in a description to the order in which the guard degrades, through the objects that carry it."""

import pytest

from intertie.money.guard.actions import Ceiling, groups
from intertie.money.guard.kube import KubernetesCluster
from intertie.money.guard.meter import metered
from intertie.money.prices import PriceBook
from intertie.plan import Plan, resolve
from intertie.spec import PipelineSpec
from intertie.workload import render
from support import plans
from support.workloads import handle


class Workloads(KubernetesCluster):
    """What the guard reads of an object, without a server: its target has one replica."""

    def __init__(self) -> None:
        super().__init__(None, "chat")

    def _replicas(self, target: object) -> int:
        return 1


def planned(**priority: str) -> Plan:
    found = plans.plan()
    data = found.spec.model_dump(mode="json", exclude_unset=True)
    for stage in data["stages"]:
        if stage["name"] in priority:
            stage["priority"] = priority[stage["name"]]
    return resolve(PipelineSpec.model_validate(data), found.placement)


def ceilings(plan: Plan) -> list[Ceiling]:
    bodies = [made.body for made in render(plan, handle(plan)) if made.role.endswith("-autoscaler")]
    for body in bodies:
        body["metadata"]["resourceVersion"] = "1"
    return [Workloads()._ceiling(body, body["kind"]) for body in bodies]


def test_stages_go_in_the_order_of_the_descriptions_words() -> None:
    found = ceilings(planned(prepare="high", generate="low"))
    assert {one.stage: one.priority for one in found} == {"prepare": "high", "generate": "low"}
    order = [(name, [one.stage for one in members]) for name, members in groups(found, metered([], "aws", PriceBook()))]
    assert order == [("of low priority", ["generate"]), ("of high priority", ["prepare"])]


@pytest.mark.parametrize("stage", ["prepare", "generate"])
def test_a_stage_without_a_word_is_of_normal_priority(stage: str) -> None:
    assert {one.stage: one.priority for one in ceilings(planned())}[stage] == "normal"
