"""One configured provider: which API server it talks to, and what the user has chosen."""

import os
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from intertie.lab.kube import kubeconfig
from intertie.lab.kube.client import Api, ApiError
from intertie.lab.kube.kubeconfig import KubeconfigError
from intertie.lab.world import World

_NO_CLUSTER = "unable to load Kubernetes client configuration from kubeconfig file"


@dataclass(slots=True)
class Session:
    """What Configure made. `unreachable` says why there is nobody to talk to; empty when there is."""

    api: Api | None = None
    unreachable: str = "the provider is not configured"
    namespace: str = "default"
    cluster: str = ""  # id in the world; "" for a cluster that is not the lab's
    apply: bool = True  # server-side apply
    mutable: frozenset[str] = frozenset()
    delete_unreachable: bool = False
    skip_update_unreachable: bool = False
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def reachable(self) -> Api:
        """The API server. Only to be asked for when `unreachable` is empty."""
        assert self.api is not None
        return self.api


def configure(settings: Mapping[str, Any], world: World) -> Session:
    """A session from the provider's settings. A kubeconfig that leads nowhere is no error: previews do without."""
    session = Session(
        unreachable="",
        apply=_flag(settings, "enableServerSideApply", "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY", default=True),
        mutable=frozenset(
            kind
            for kind, key, variable in (
                ("ConfigMap", "enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
                ("Secret", "enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE"),
            )
            if _flag(settings, key, variable)
        ),
        delete_unreachable=_flag(settings, "deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"),
        skip_update_unreachable=_flag(settings, "skipUpdateUnreachable", "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE"),
    )
    text = settings.get("kubeconfig")
    if not text:
        session.unreachable = f"{_NO_CLUSTER}: the lab's provider never takes a person's own kubeconfig"
        return session
    try:
        _connect(session, settings, text if isinstance(text, str) else str(text), world)
    except (KubeconfigError, subprocess.TimeoutExpired, OSError, ValueError) as error:
        session.unreachable = f"failed to parse kubeconfig data in `kubernetes:config:kubeconfig`- {error}"
    except ApiError as error:
        session.unreachable = f"unable to load schema information from the API server: {error}"
    return session


def _connect(session: Session, settings: Mapping[str, Any], text: str, world: World) -> None:
    access = kubeconfig.access(kubeconfig.parse(text), str(settings.get("context") or ""))
    session.namespace = str(settings.get("namespace") or access.namespace)
    cluster = next((each for each in world.clusters() if each.endpoint == access.server), None)
    if cluster is not None:
        session.cluster = cluster.id
        # No authority in it: the cloud's endpoint has a certificate that everybody trusts (GKE's DNS-based one).
        access = replace(access, authority=access.authority or cluster.ca)
    session.api = Api(access)
    session.api.get("/version")


def _flag(settings: Mapping[str, Any], key: str, variable: str, *, default: bool = False) -> bool:
    """A setting, else the environment's variable, else the default."""
    value = settings.get(key, os.environ.get(variable))
    return default if value is None else str(value).lower() == "true"


def same_cluster(olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    """Whether both settings lead to the same cluster, as far as a kubeconfig tells."""
    try:
        before, after = (
            kubeconfig.active_cluster(kubeconfig.parse(str(each["kubeconfig"])), str(each.get("context") or ""))
            for each in (olds, news)
        )
    except (KeyError, KubeconfigError):
        return True
    return before == after
