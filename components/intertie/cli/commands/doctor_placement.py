"""`intertie doctor --placement P`: what the account of a placement must have, read from the plan alone."""

import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from intertie.cli.commands.doctor_online import Grant
from intertie.cli.output import console
from intertie.errors import InputError
from intertie.plan import Plan, resolve
from intertie.plan.prerequisites import Prerequisite, prerequisites
from intertie.plan.quotas import QuotaNeed, quota_needs
from intertie.platforms.rights import every
from intertie.spec import read_file

TOOLS = {
    "eks": (("aws", "signs in to the cluster"),),
    "aks": (("az", "signs in to Azure"), ("kubelogin", "signs in to a cluster without local accounts")),
    "gke": (("gcloud", "signs in to Google Cloud"), ("gke-gcloud-auth-plugin", "signs in to the cluster")),
    "existing": (),
}
"""Programs that a deployment calls, besides Pulumi's own."""
_PULUMI = ("pulumi", "deploys; a preview by `intertie preview` needs none")
_GOOGLE_APIS = {"resourcemanager": "cloudresourcemanager"}


@dataclass(frozen=True, slots=True)
class Tool:
    """A program, and where it is; "" when it is not on the path."""

    name: str
    found: str
    why: str


@dataclass(frozen=True, slots=True)
class Findings:
    """All that a placement needs of its account, its network and this machine."""

    plan: Plan
    quotas: tuple[QuotaNeed, ...]
    services: tuple[str, ...]  # resource providers (Azure), APIs (Google); AWS has none to register
    rights: int  # actions that the deployer must be allowed
    prerequisites: tuple[Prerequisite, ...]
    tools: tuple[Tool, ...]

    def to_json(self, asked: tuple[Grant, ...] | None = None) -> dict[str, Any]:
        """`intertie.doctor-placement/v1`. `asked`: what the account has, when it was asked."""
        granted = [{"code": each.need.code, "found": each.found, "verdict": each.verdict} for each in asked or ()]
        return {
            "schema": "intertie.doctor-placement/v1",
            "placement": self.plan.placement,
            "cloud": self.plan.cloud,
            "region": self.plan.region,
            "quotas": [asdict(each) for each in self.quotas],
            "granted": None if asked is None else granted,
            "services": list(self.services),
            "deployer": {"named": self.plan.operations.deployer or None, "actions": self.rights},
            "prerequisites": [asdict(each) for each in self.prerequisites],
            "tools": [asdict(each) for each in self.tools],
        }


def examine(spec: Path, placement: str) -> Findings:
    """Reads the description and plans the placement. InputError or PlanError when there is no plan to examine."""
    described = read_file(spec)
    if placement not in described.placements:
        raise InputError(f"{spec} has no placement {placement!r}; it has: {', '.join(described.placements)}")
    plan = resolve(described, placement)
    own = every(plan.platform) if plan.platform != "existing" else ()
    tools = tuple(Tool(name, shutil.which(name) or "", why) for name, why in (_PULUMI, *TOOLS[plan.platform]))
    return Findings(plan, quota_needs(plan), services(plan.cloud, own), len(own), prerequisites(plan), tools)


def services(cloud: str, actions: tuple[str, ...]) -> tuple[str, ...]:
    """What must be registered or enabled before the first resource: it follows from the actions that are taken."""
    if cloud == "azure":
        return tuple(sorted({action.partition("/")[0] for action in actions}))
    if cloud == "gcp":
        names = {action.partition(".")[0] for action in actions}
        return tuple(sorted(f"{_GOOGLE_APIS.get(name, name)}.googleapis.com" for name in names))
    return ()


def show(found: Findings, asked: tuple[Grant, ...] | None = None) -> None:
    """For people: what to ask for, what to look up, what is missing here."""
    out = console()
    plan = found.plan
    out.print(f"placement {plan.placement}: {plan.cloud} {plan.region}, {plan.tier}", markup=False)
    if found.quotas:
        out.print("\nquotas, at most (ask for them before the first deployment: answers take days)")
        out.print(_table(("quota", "needed", "pools"), [_quota(each) for each in found.quotas]))
        for each in found.quotas:
            out.print(f"  {each.request}", markup=False, soft_wrap=True)
    if asked is not None:
        out.print("\nas the account has them now")
        rows = [(each.need.name, str(each.need.needed), each.found, each.verdict) for each in asked]
        out.print(_table(("quota", "needed", "found", "verdict"), rows))
    if found.services:
        what = "resource providers" if plan.cloud == "azure" else "APIs"
        out.print(f"\n{what} that must be on: {', '.join(found.services)}", markup=False)
    if found.rights:
        who = plan.operations.deployer or "nobody is named (`account.deployer`): `intertie bootstrap` makes a role"
        out.print(f"\ndeployer: {who}; {found.rights} actions", markup=False)
    if found.prerequisites:
        out.print("\nbefore it can serve")
        rows = [(each.kind, each.name, each.what, each.how) for each in found.prerequisites]
        out.print(_table(("kind", "name", "what", "how"), rows))
    out.print("\ntools on this machine")
    out.print(_table(("tool", "found", "why"), [(t.name, t.found or "missing", t.why) for t in found.tools]))


def _quota(need: QuotaNeed) -> tuple[str, str, str]:
    name = f"{need.name} ({need.code})" if need.code else need.name
    return name, f"{need.needed} {need.unit}s", ", ".join(need.pools)


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> Table:
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*row)
    return table
