"""One Kubernetes control plane on loopback: etcd, API server, scheduler, controllers, KWOK, perhaps LeaderWorkerSet.

Everything lies in one folder for its owner's eyes and is made anew with the cluster: authority, keys, tokens, data.
Nobody comes in without a certificate or the lab's token, not even to etcd: other people use the same loopback.
"""

import base64
import shutil
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import yaml

from intertie.errors import OutsideError
from intertie.lab import certificates, programs
from intertie.lab.kube import kubeconfig
from intertie.lab.kube.client import Api, ApiError
from intertie.lab.kube.kubeconfig import Access
from intertie.lab.processes import Child, free_ports, listening, stop_all

_SERVICES = "10.96.0.0/16"
_SERVICE_ADDRESS = "10.96.0.1"
_PATIENCE = 60.0  # seconds for any part to start: some 2 on an idle machine
_MEMORY = {"GOGC": "50"}  # collects garbage sooner: a third less memory, for a little more work

ADMISSION = {"gcp": ("ExtendedResourceToleration",)}
"""Admission plugins that a cloud runs besides Kubernetes' defaults, and that pods of the lab may lean on.

Source: GKE documentation, GPUs in Standard node pools. EKS and AKS list the same plugin among those of their control
planes (Amazon EKS user guide, platform versions; AKS documentation, frequently asked questions), but promise nothing of
accelerators by it: there the lab lets nothing through that does not bring its tolerations itself."""

_IDLE_CONTROLLERS = (
    "certificatesigningrequest-approving-controller", "certificatesigningrequest-cleaner-controller",
    "certificatesigningrequest-signing-controller", "cronjob-controller", "node-ipam-controller",
    "node-route-controller", "persistentvolume-attach-detach-controller", "persistentvolume-expander-controller",
    "service-lb-controller", "ttl-after-finished-controller",
)  # fmt: skip
"""Controllers that have nothing to do in a lab."""


class ControlPlane:
    """The processes of one simulated cluster. Use it from one thread: they end with it."""

    def __init__(self, folder: Path, name: str, cloud: str, token: str) -> None:
        self.folder = folder
        self.name = name
        self._cloud = cloud
        self._token = token
        self._children: dict[str, Child] = {}
        self._etcd_port, self._peer_port, self.port = free_ports(3)

    @property
    def endpoint(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def authority(self) -> str:
        """The certificate authority, PEM."""
        return (self.folder / "ca.crt").read_text()

    @property
    def authority_data(self) -> str:
        """The same as clouds and kubeconfigs give it."""
        return base64.b64encode(self.authority.encode()).decode()

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    @property
    def running(self) -> bool:
        return bool(self._children) and all(child.running for child in self._children.values())

    @property
    def pids(self) -> dict[str, int]:
        return {name: child.pid for name, child in self._children.items() if child.running}

    def api(self) -> Api:
        """A client with all rights."""
        return Api(Access(self.endpoint, self.authority, self._token))

    def start(self, say: Callable[[str], None] = lambda _: None) -> None:
        """Start all of it, or what is left when it was stopped: its data is still there. OutsideError when it fails."""
        self._prepare()
        self._etcd()
        self._server()
        for part, options in (
            ("kube-controller-manager", self._controllers()),
            ("kube-scheduler", self._scheduler()),
            ("kwok", self._kwok()),
        ):
            self._child(part, [f"--kubeconfig={self.kubeconfig}", *options])
        say(f"control plane of {self.name} is up at {self.endpoint}")

    def stop(self) -> None:
        """End its processes at once: there is nothing to be saved in order."""
        stop_all(self._children.values(), seconds=0)
        self._children.clear()

    def remove(self) -> None:
        """Stop it and leave nothing behind."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ailing(self) -> str:
        """What ended although it should run, with its last words; empty when all is well."""
        ended = [child for child in self._children.values() if not child.running]
        return f"{ended[0].name} has ended:\n{ended[0].last_words()}" if ended else ""

    # -- parts

    def _prepare(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.kubeconfig.exists():
            return
        certificates.make(self.folder, _SERVICE_ADDRESS)
        tokens = f'{self._token},lab,lab,"system:masters"\n'
        certificates.write_private(self.folder / "tokens.csv", tokens.encode())
        certificates.write_private(self.folder / "admission.yaml", yaml.safe_dump(_admission(self._cloud)).encode())
        kubeconfig.write(self.kubeconfig, self.name, self.endpoint, self.authority, self._token)

    def _etcd(self) -> None:
        tls = [f"--cert-file={self._path('server.crt')}", f"--key-file={self._path('server.key')}"]
        trust = [f"--trusted-ca-file={self._path('ca.crt')}", "--client-cert-auth"]
        client, peer = (f"https://127.0.0.1:{port}" for port in (self._etcd_port, self._peer_port))
        options = [
            f"--data-dir={self._path('etcd')}",
            f"--listen-client-urls={client}", f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=default={peer}",
            *tls, *trust, *(option.replace("--", "--peer-", 1) for option in [*tls, *trust]),
            "--unsafe-no-fsync", "--log-level=error", "--snapshot-count=5000",
        ]  # fmt: skip
        child = self._child("etcd", options)
        child.wait_for(lambda: listening(self._etcd_port), _PATIENCE)

    def _server(self) -> None:
        path = self._path
        plugins = ADMISSION.get(self._cloud, ())
        options = [
            f"--etcd-servers=https://127.0.0.1:{self._etcd_port}", f"--etcd-cafile={path('ca.crt')}",
            f"--etcd-certfile={path('server.crt')}", f"--etcd-keyfile={path('server.key')}",
            "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", f"--secure-port={self.port}",
            f"--tls-cert-file={path('server.crt')}", f"--tls-private-key-file={path('server.key')}",
            f"--client-ca-file={path('ca.crt')}", f"--token-auth-file={path('tokens.csv')}", "--anonymous-auth=false",
            f"--service-account-key-file={path('sa.pub')}", f"--service-account-signing-key-file={path('sa.key')}",
            "--service-account-issuer=https://kubernetes.default.svc", "--authorization-mode=Node,RBAC",
            f"--service-cluster-ip-range={_SERVICES}", "--endpoint-reconciler-type=none", "--profiling=false",
            "--allow-privileged=true", f"--admission-control-config-file={path('admission.yaml')}",
            *([f"--enable-admission-plugins={','.join(plugins)}"] if plugins else []),
        ]  # fmt: skip
        api = self.api()
        child = self._child("kube-apiserver", options)
        child.wait_for(lambda: _ready(api), _PATIENCE)
        api.close()

    def _controllers(self) -> list[str]:
        """Pods of autoscaled stages come to their least number within 2 s, not 15, for the same reason as below."""
        return [
            "--leader-elect=false", "--secure-port=0", "--use-service-account-credentials=false",
            f"--service-account-private-key-file={self._path('sa.key')}", f"--root-ca-file={self._path('ca.crt')}",
            f"--controllers=*,{','.join('-' + name for name in _IDLE_CONTROLLERS)}",
            "--kube-api-qps=300", "--kube-api-burst=600", "--node-monitor-grace-period=60s", "--profiling=false",
            "--horizontal-pod-autoscaler-sync-period=2s",
        ]  # fmt: skip

    def _scheduler(self) -> list[str]:
        """Tries again after a second what did not fit, and not after up to ten: in a lab minutes pass in moments."""
        settings = {
            "apiVersion": "kubescheduler.config.k8s.io/v1",
            "kind": "KubeSchedulerConfiguration",
            "leaderElection": {"leaderElect": False},
            "clientConnection": {"kubeconfig": str(self.kubeconfig), "qps": 200, "burst": 400},
            "podInitialBackoffSeconds": 1,
            "podMaxBackoffSeconds": 1,
        }
        certificates.write_private(self._path("scheduler.yaml"), yaml.safe_dump(settings).encode())
        return [f"--config={self._path('scheduler.yaml')}", "--secure-port=0"]

    def _kwok(self) -> list[str]:
        """Keeps nodes alive and takes away pods that are being deleted; when pods become ready is not its matter."""
        stages = files("intertie.lab").joinpath("data", "kwok_stages.yaml").read_text(encoding="utf-8")
        certificates.write_private(self._path("kwok.yaml"), stages.encode())
        return ["--manage-all-nodes=true", "--node-lease-duration-seconds=40", f"--config={self._path('kwok.yaml')}"]

    def start_lws(self) -> None:
        """Start the LeaderWorkerSet controller with its webhooks. See `lws.py`."""
        from intertie.lab import lws

        if (running := self._children.get("lws-controller")) is not None and running.running:
            return
        options, environment, ready = lws.configure(self.folder, self.kubeconfig, self.api())
        child = self._child("lws-controller", options, environment)
        child.wait_for(ready, _PATIENCE)

    def stop_lws(self) -> None:
        """End the LeaderWorkerSet controller, and ask its webhooks no more."""
        from intertie.lab import lws

        child = self._children.pop("lws-controller", None)
        if child is not None:
            lws.unhook(self.api())
            child.kill()

    def _child(self, program: str, options: list[str], environment: dict[str, str] | None = None) -> Child:
        path = programs.find(program)
        if path is None:
            reason = programs.why_not_buildable() or "run `make tools`"
            raise OutsideError(f"the lab needs {program}; {reason}")
        # Nothing of the person's environment: neither a proxy nor a kubeconfig of theirs has to do with this.
        child = Child(program, [path, *options], self._path(f"{program}.log"), {**_MEMORY, **(environment or {})})
        self._children[program] = child
        return child

    def _path(self, name: str) -> Path:
        return self.folder / name


def _admission(cloud: str) -> dict[str, object]:
    """Configuration of admission plugins. On GKE, pods of the system's priority need a quota in their namespace.

    Source: GKE clusters run the ResourceQuota plugin with these limited resources, as NVIDIA's GPU operator
    documentation for GKE says; the quota `gcp-critical-pods` lets them into kube-system.
    """
    plugins: list[dict[str, object]] = []
    if cloud == "gcp":
        critical = ["system-node-critical", "system-cluster-critical"]
        scope = [{"scopeName": "PriorityClass", "operator": "In", "values": critical}]
        plugins.append(
            {
                "name": "ResourceQuota",
                "configuration": {
                    "apiVersion": "apiserver.config.k8s.io/v1",
                    "kind": "ResourceQuotaConfiguration",
                    "limitedResources": [{"resource": "pods", "matchScopes": scope}],
                },
            }
        )
    return {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration", "plugins": plugins}


def _ready(api: Api) -> bool:
    try:
        api.get("/readyz")
    except ApiError:
        return False
    return True
