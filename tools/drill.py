"""A first failover drill in a lab of its own: `make drill`.

The chat sample runs on AWS, with a warm placement on Google Cloud. AWS stops answering; `pulumi up` brings the other
placement to full size. Engine, API servers and schedulers are real, clouds and nodes are simulated: each phase says
what was measured on the wall and what the simulated clouds would have taken.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from intertie.drills.failover import Drill, Report, run
from intertie.drills.ports import Pods, Ports
from intertie.errors import IntertieError, OutsideError
from intertie.lab import programs, scenario
from intertie.lab.engine import Engine, Outcome, copy_project
from intertie.lab.kube.client import Api, ApiError
from intertie.lab.kube.kubeconfig import Access
from intertie.lab.session import Lab
from intertie.lab.world import World

DRILL = Drill(source="aws-use1", cloud="aws", target="gcp-euw4")
STAGE, NAMESPACE = "intertie.dev/stage", "chat"
REPLICAS = ("replicas: 1..8", "replicas: 2..8")  # of the large model: a failover that adds nothing would show nothing


class LabEngine:
    """The CLI on a copy of the project, one stack per placement."""

    def __init__(self, lab: Lab, project: Path) -> None:
        self._stacks = {name: Engine(lab.environment(), project, name) for name in (DRILL.source, DRILL.target)}
        self._spec = project / "stacks" / "specs" / "chat.yaml"
        self._replace(*REPLICAS)
        for engine in self._stacks.values():
            _done(engine.init())

    def describe(self, placement: str, tier: str) -> None:
        before, found, after = self._spec.read_text().partition(f"  {placement}:\n")
        assert found
        self._spec.write_text(before + found + after.replace("tier: warm", f"tier: {tier}", 1))

    def preview(self, placement: str) -> Mapping[str, int]:
        return _done(self._stacks[placement].preview()).changes

    def deploy(self, placement: str) -> Mapping[str, int]:
        return _done(self._stacks[placement].up()).changes

    def _replace(self, old: str, new: str) -> None:
        text = self._spec.read_text()
        assert text.count(old) == 1
        self._spec.write_text(text.replace(old, new))


@dataclass(frozen=True)
class LabCluster:
    """Asks a placement's API server. No KEDA operator runs in a lab: its least number of replicas is set here."""

    lab: Lab

    def stages(self, placement: str) -> Mapping[str, Pods]:
        api = self._api(placement)
        try:
            self._scale(api)
            found = api.items(f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments")
        except ApiError as error:
            raise OutsideError(f"{placement}: {error}") from None
        finally:
            api.close()
        return {
            each["metadata"]["labels"][STAGE]: Pods(
                each.get("status", {}).get("readyReplicas", 0), each["spec"]["replicas"]
            )
            for each in found
            if STAGE in each["metadata"].get("labels", {})
        }

    def _scale(self, api: Api) -> None:
        path = f"/apis/keda.sh/v1alpha1/namespaces/{NAMESPACE}/scaledobjects"
        for each in api.items(path):
            name, least = each["spec"]["scaleTargetRef"]["name"], each["spec"]["minReplicaCount"]
            target = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{name}"
            if api.get(target)["spec"]["replicas"] < least:
                api.patch(f"{target}/scale", {"spec": {"replicas": least}})

    def _api(self, placement: str) -> Api:
        found = [each for each in self.lab.status().clusters if each.name == f"{NAMESPACE}-{placement}"]
        if not found or not found[0].endpoint:
            raise OutsideError(f"{placement} has no cluster that answers")
        return Api(Access(found[0].endpoint, found[0].ca, self.lab.home.token_file.read_text()))


@dataclass(frozen=True)
class LabCloud:
    """Takes a simulated cloud down, APIs and API servers alike."""

    world: World

    def fail(self, cloud: str) -> None:
        scenario.apply(self.world, scenario.parse({"faults": [{"down": cloud}]}, f"{cloud} is down"))
        self.world.set_meta(f"down:{cloud}", "1")

    def heal(self, cloud: str) -> None:
        scenario.clear(self.world)
        self.world.set_meta(f"down:{cloud}", "")


@dataclass(frozen=True)
class LabClock:
    """The wall's clock, and the lab's."""

    world: World

    def real(self) -> float:
        return time.monotonic()

    def modelled(self) -> float:
        return self.world.now() / 1000

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)


def _done(outcome: Outcome) -> Outcome:
    if not outcome.ok:
        said = "\n".join(outcome.messages("error")) or outcome.text[-2000:]
        raise OutsideError(f"pulumi {outcome.words[0]} failed:\n{said}")
    return outcome


def drill(folder: Path, say: Any) -> Report:
    """One drill in `folder`, which is empty afterwards."""
    with Lab(folder / "lab") as lab:
        world = World(lab.home.world)
        try:
            engine = LabEngine(lab, copy_project(programs.root(), folder / "project"))
            return run(DRILL, Ports(engine, LabCluster(lab), LabCloud(world), LabClock(world)), say)
        finally:
            world.close()


def told(report: Report) -> str:
    """The report for people."""
    lines = [f"{'phase':<14} {'real':>9} {'modelled':>9}  what was found"]
    for phase in report.phases:
        modelled = f"{phase.modelled:>7.0f} s" if phase.modelled else f"{'–':>9}"
        lines.append(f"{phase.name:<14} {phase.real:>7.1f} s {modelled}  {phase.note}")
    real, modelled = report.recovery
    lines.append("")
    lines.append(
        f"from the fault to full size: {real:.1f} s on the wall; {modelled:.0f} s more are modelled, not measured"
    )
    lines.append("policy packs: none yet. Traffic is not moved: this drill ends when every stage is ready.")
    lines.append(f"verdict: {'pass' if report.passed else 'fail: ' + report.failure}")
    return "\n".join(lines)


def main() -> None:
    """Exit code 0 when the drill went through, 1 when it did not, 3 when it could not be run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--format", choices=("text", "json"), default="text")
    wanted = parser.parse_args().format
    try:
        with tempfile.TemporaryDirectory(prefix="intertie-drill-") as folder:
            report = drill(Path(folder), lambda text: print(f"drill: {text}", file=sys.stderr, flush=True))
    except IntertieError as error:
        print(f"drill: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    print(json.dumps(report.to_json(), indent=2, sort_keys=True) if wanted == "json" else told(report))
    sys.exit(0 if report.passed else 1)


if __name__ == "__main__":
    main()
