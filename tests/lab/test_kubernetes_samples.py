"""The sample stacks on real control planes: every object is taken, every pod comes up where its stage belongs, and
nothing that a cloud needs for it can be left out: no toleration, no selector, no label, no owner of a device plugin."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from intertie.lab.helm import TYPE as RELEASE
from intertie.plan import LABEL
from support.lab_clusters import is_ready, unschedulable
from support.lab_pools import kubernetes_objects
from support.lab_probes import Answers, Question, Template, everything, templates
from support.lab_samples import Applied, applying, devices, limits, lose, nodes_of, plugged, pool_of
from support.lab_stacks import actions, connect, known
from support.stacks import STACKS

pytestmark = pytest.mark.kubernetes

COLLECTORS = ("kube-system/aws-for-fluent-bit",)
"""Agents that keep what containers write: on every node, accelerators or not."""
EACH = [pytest.param(stack, marks=pytest.mark.xdist_group(f"lab-{stack}")) for stack in STACKS]


@pytest.fixture(scope="module", params=EACH)
def applied(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applied]:
    stack: str = request.param
    with applying(stack, tmp_path_factory.mktemp(stack) / "lab") as found:
        yield found


@pytest.fixture(scope="module")
def answers(applied: Applied) -> Answers:
    """What the scheduler says of every pod on every pool, and without each of the things that let it there."""
    cluster = applied.lab.world.cluster("c")
    assert cluster is not None
    return everything(applied.api, cluster, applied.pools)


def test_the_api_server_takes_every_object_and_each_comes_up(applied: Applied) -> None:
    told = {name: str(error) for name, error in applied.done.failures.items()}
    assert told == {}
    assert len(applied.done.ids) == len(kubernetes_objects(applied.graph))


def test_every_pod_is_ready(applied: Applied) -> None:
    waiting = {
        pod["metadata"]["name"]: unschedulable(pod) or pod["status"] for pod in applied.pods if not is_ready(pod)
    }
    assert waiting == {}
    assert applied.pods or applied.plan.tier == "cold"


def test_the_pods_of_a_stage_are_on_its_pools_as_many_as_it_shall_have(applied: Applied) -> None:
    nodes = {node["metadata"]["name"]: node for node in applied.api.items("/api/v1/nodes")}
    for stage in applied.plan.stages:
        own = [pod for pod in applied.pods if pod["metadata"]["labels"].get(f"{LABEL}/stage") == stage.name]
        size = nodes_of(stage)
        assert len(own) == stage.min_replicas * size
        for pod in own:
            assert pool_of(nodes[pod["spec"]["nodeName"]]["metadata"]["labels"]) in stage.pools
        if own and size > 1:
            assert set(Counter(pod["spec"]["nodeName"] for pod in own).values()) == {1}


def test_the_same_stack_once_more_has_nothing_to_change(applied: Applied) -> None:
    session = connect(applied.lab.kubeconfig("c"), applied.lab.home.world)
    world = applied.lab.home.world
    for resource in kubernetes_objects(applied.graph):
        act, olds = actions(session, world, resource), applied.done.states[resource.name]
        news = act.check(resource.type, resource.name, known(resource.inputs), inputs_in(olds), resource.urn.encode())
        changes, _ = act.diff(olds, news)
        assert changes == [], resource.name


def inputs_in(state: dict[str, Any]) -> dict[str, Any]:
    return state.get("__inputs") or state


def test_what_an_update_made_that_was_killed_can_be_made_by_the_next_one(applied: Applied) -> None:
    """The state does not know of it, and the provider comes as another field manager."""
    session = connect(applied.lab.kubeconfig("c"), applied.lab.home.world)
    for resource in kubernetes_objects(applied.graph):
        if resource.type != RELEASE:
            act = actions(session, applied.lab.home.world, resource)
            news = act.check(resource.type, resource.name, known(resource.inputs), {}, resource.urn.encode())
            assert act.create(news, 60)[0] == applied.done.ids[resource.name]


# -- what a cloud needs


def stage_of(template: Template) -> str:
    return template.labels.get(f"{LABEL}/stage", "")


def test_every_stage_is_let_onto_its_own_pools_and_onto_no_other(applied: Applied, answers: Answers) -> None:
    """Workers of a group are held to the place of their leader: the way there is the leader's."""
    found: dict[str, set[str]] = {stage.name: set() for stage in applied.plan.stages}
    for each in answers.templates:
        if stage_of(each):
            found[stage_of(each)] |= {pool_of(pool.labels) for pool in answers.accepted(each)}
    cold = applied.plan.tier == "cold"  # nothing of its stages is there
    assert found == {stage.name: set() if cold else set(stage.pools) for stage in applied.plan.stages}


def test_what_serves_accelerators_is_let_onto_all_of_their_nodes_and_nothing_else_is(
    applied: Applied, answers: Answers
) -> None:
    """Components without a stage: device plugins, exporters and agents are DaemonSets, all others want cheap nodes."""
    accelerated = {pool.name for pool in answers.pools if any("/" in name for name in pool.resources)}
    for each in answers.templates:
        found = {pool.name for pool in answers.accepted(each)}
        if each.name in COLLECTORS:
            assert found == {pool.name for pool in answers.pools}, each.name
        elif not stage_of(each) and each.name != "kube-system/their-own":
            assert found, f"{each.name} can be nowhere"
            assert found <= accelerated if each.kind == "daemonsets" else not found & accelerated, each.name
        for resource in plugged(applied, each):
            with_it = {pool.name for pool in answers.pools if resource in pool.resources}
            assert with_it <= {pool.name for pool in answers.accepted(each)}, each.name


def test_without_any_one_of_its_tolerations_a_pod_stays_pending(applied: Applied, answers: Answers) -> None:
    asked = list(answers.of("toleration"))
    needed = {key(each) for each, answer in asked if "untolerated taint" in answer}
    given = {key(each) for each, _ in asked if not added_by_the_cloud(applied, each)}
    assert given - needed == set(), "these do nothing"
    assert [key(each) for each, answer in asked if added_by_the_cloud(applied, each) and answer] == []


def key(question: Question) -> tuple[str, str]:
    return question.template.name, question.change


def added_by_the_cloud(applied: Applied, question: Question) -> bool:
    """GKE's admission gives pods a toleration for each extended resource that they ask for."""
    return applied.plan.cloud == "gcp" and question.change.partition(" ")[2] in question.template.resources


def test_a_node_without_any_one_of_the_labels_that_pods_select_gets_none_of_them(answers: Answers) -> None:
    taken = [(*key(each), each.pool.name) for each, answer in answers.of("label") if "node affinity" not in answer]
    assert taken == []


def test_without_any_one_of_its_selectors_a_pod_goes_where_it_should_not(answers: Answers) -> None:
    kept = [(*key(each), answer) for each, answer in answers.of("selector") if answer]
    assert kept == []
    asked = list(answers.of("alternative"))
    closed = Counter((each.template.name, each.pool.name) for each, answer in asked if answer)
    assert closed == {(each.template.name, each.pool.name): 1 for each, _ in asked}, "each opens one pool"


def test_every_stage_selects_what_its_cloud_tells_pools_apart_by(answers: Answers) -> None:
    """The pool, and on TPU nodes what GKE demands of every pod that asks for TPUs: their kind and their topology.

    Source: GKE documentation, deploy TPU workloads in GKE Standard.
    """
    for each in answers.templates:
        if stage_of(each):
            tpu = {f"cloud.google.com/gke-tpu-{what}" for what in ("accelerator", "topology")}
            assert {f"{LABEL}/pool", "example.com/pool"} & set(each.keys), each.name
            assert set(each.keys) >= (tpu if "google.com/tpu" in each.resources else set()), each.name


def test_without_the_owner_of_its_device_plugin_no_accelerator_can_be_had(applied: Applied) -> None:
    """The last of this module: it takes the stack's owners away, one by one."""
    asked = {name for pod in applied.pods for name in limits(pod) if "/" in name}
    assert asked <= devices(applied.api), "the pods run on it"
    if applied.plan.cloud == "gcp":
        for pool in applied.pools:
            applied.lab.world.put_pool(replace(pool, traits={**pool.traits, "driver": "none"}))
        lose(applied, asked - {"google.com/tpu"})  # which comes with every TPU node, whatever anybody does
    for each in templates(applied.api):
        if there := plugged(applied, each) & devices(applied.api):
            applied.api.remove(f"/apis/apps/v1/namespaces/{each.namespace}/{each.kind}/{each.name.partition('/')[2]}")
            lose(applied, there)
    assert devices(applied.api) <= {"google.com/tpu"}
