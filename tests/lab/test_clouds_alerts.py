"""What tells people of alerts, on the simulated clouds: as published models have it, and refused where they would."""

import pytest

from intertie.lab.check import Checker
from intertie.lab.oracles import store
from intertie.lab.provider import maker
from intertie.platforms import rights
from support.building import Built, build
from support.clouds import SETTINGS
from support.plans import plan, spec

PACKAGE = {"aws": "aws", "azure": "azure-native", "gcp": "gcp"}
PLATFORM = {"aws": "eks", "azure": "aks", "gcp": "gke"}
CLOUDS = [pytest.param(cloud, marks=pytest.mark.xdist_group(f"told-{cloud}")) for cloud in PACKAGE]
TYPES = {
    "aws": ("aws:amp/alertManagerDefinition:AlertManagerDefinition", "aws:sns/topic:Topic",
            "aws:sns/topicPolicy:TopicPolicy", "aws:sns/topicSubscription:TopicSubscription"),
    "azure": ("azure-native:monitor:ActionGroup", "azure-native:alertsmanagement:PrometheusRuleGroup"),
    "gcp": ("gcp:monitoring/alertPolicy:AlertPolicy", "gcp:monitoring/notificationChannel:NotificationChannel"),
}  # fmt: skip


def told(cloud: str) -> Built:
    return build(plan(cloud, spec=spec(cloud, alerts={"page": "oncall@example.com", "ticket": "desk@example.com"})))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_what_tells_people_is_as_the_clouds_publish_it_and_the_deployer_may_make_it(cloud: str) -> None:
    checked: set[str] = set()
    for each in told(cloud).graph:
        if each.type in TYPES[cloud]:
            checker = Checker(maker(each.package)(SETTINGS[each.package]))
            _, failures = checker.check(each.type, each.name, dict(each.inputs), {}, b"seed")
            assert not failures, f"{each.type} {each.name}: {failures}"
            assert store.of(each.type).sources, "somebody publishes it"
            assert rights.rights(PLATFORM[cloud])[each.type]
            checked.add(each.type)
    assert checked == set(TYPES[cloud])


@pytest.mark.parametrize(
    ("token", "path", "wrong", "says"),
    [
        (TYPES["aws"][1], "name", "t" * 300, "256"),
        (TYPES["azure"][0], "groupShortName", "longer-than-twelve", "12"),
        (TYPES["gcp"][0], "combiner", "EITHER", "AND_WITH_MATCHING_RESOURCE"),
        (TYPES["gcp"][0], "severity", "BAD", "CRITICAL"),
    ],
)
def test_what_a_cloud_would_refuse_is_refused(token: str, path: str, wrong: object, says: str) -> None:
    cloud = next(each for each, types in TYPES.items() if token in types)
    each = told(cloud).graph.of_type(token)[0]
    checker = Checker(maker(each.package)(SETTINGS[each.package]))
    _, failures = checker.check(token, each.name, {**each.inputs, path: wrong}, {}, b"seed")
    assert [failure for failure in failures if says in str(failure)], failures
