"""`intertie doctor --placement P --online`: what the account has, asked with the cloud's command line. Reads only."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from intertie.plan import Plan
from intertie.plan.quotas import QuotaNeed

_LONGEST_S = 60.0


@dataclass(frozen=True, slots=True)
class Grant:
    """What is known of one quota: `verdict` is `enough`, `short`, or `unknown` with the reason in `found`."""

    need: QuotaNeed
    found: str
    verdict: str


def grants(plan: Plan, needs: tuple[QuotaNeed, ...]) -> tuple[Grant, ...]:
    """Each quota as the account has it today. Unknown is never enough: what cannot be read says why."""
    return tuple(_grant(plan, need) for need in needs)


def _grant(plan: Plan, need: QuotaNeed) -> Grant:
    if not need.code:
        return Grant(need, "no source names this quota", "unknown")
    answer = _asked(lookup(plan, need))
    if isinstance(answer, str):
        return Grant(need, answer, "unknown")
    try:
        value = _READERS[plan.cloud](plan, need, answer)
    except (AttributeError, KeyError, TypeError, ValueError):
        value = None
    if value is None:
        return Grant(need, "the answer does not name it", "unknown")
    return Grant(need, f"{value:g}", "enough" if value >= need.needed else "short")


def lookup(plan: Plan, need: QuotaNeed) -> list[str]:
    """The command that reads a quota."""
    account = plan.where.account.id if plan.where.account is not None else ""
    if plan.cloud == "aws":
        words = f"service-quotas get-service-quota --service-code ec2 --quota-code {need.code} --region {plan.region}"
        return ["aws", *words.split(), "--output", "json"]
    if plan.cloud == "azure":
        own = ["--subscription", account] if account else []
        return ["az", "vm", "list-usage", "--location", plan.region, *own, "--output", "json"]
    quota = need.code.partition(";")[0]
    own = [f"--project={account}"] if account else []
    words = ["beta", "quotas", "info", "describe", quota, "--service=compute.googleapis.com"]
    return ["gcloud", *words, *own, "--format=json"]


def _asked(command: list[str]) -> Any:
    """The answer as JSON, or in words why there is none. What a tool says on its own is one line of it."""
    if shutil.which(command[0]) is None:
        return f"{command[0]} is not installed"
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST_S, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return f"{command[0]} did not answer within {_LONGEST_S:.0f} s"
    if done.returncode:
        said = next((line.strip() for line in done.stderr.splitlines() if line.strip()), "nothing")
        return f"{command[0]} ended with {done.returncode}: {said[:200]}"
    try:
        return json.loads(done.stdout)
    except ValueError:
        return f"{command[0]} answered with something else than JSON"


def _aws(plan: Plan, need: QuotaNeed, answer: Any) -> float | None:  # noqa: ARG001  one form for three clouds
    return float(answer["Quota"]["Value"])


def _azure(plan: Plan, need: QuotaNeed, answer: Any) -> float | None:  # noqa: ARG001
    """Names come with stray spaces and in either case."""
    wanted = need.code.lower()
    for row in answer:
        if str(row["name"]["value"]).replace(" ", "").lower() == wanted:
            return float(row["limit"])
    return None


def _gcp(plan: Plan, need: QuotaNeed, answer: Any) -> float | None:
    """The value of the region, and of the family where the quota has families."""
    _, _, family = need.code.partition(";")
    for row in answer["dimensionsInfos"]:
        given: Mapping[str, str] = row.get("dimensions") or {}
        places = row.get("applicableLocations") or ["global"]
        if family and given.get("gpu_family") != family.partition("=")[2]:
            continue
        if given.get("region", plan.region) == plan.region and (plan.region in places or "global" in places):
            return float(row["details"]["value"])
    return None


_READERS = {"aws": _aws, "azure": _azure, "gcp": _gcp}
