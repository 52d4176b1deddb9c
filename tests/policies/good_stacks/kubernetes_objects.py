"""Plain Kubernetes objects for a cluster that others run: an ingress, a model server, its policies."""

import pulumi
import pulumi_kubernetes as k8s

cluster = k8s.Provider("cluster", kubeconfig=pulumi.Output.secret("{}"), cluster_identifier="datacentre")
opts = pulumi.ResourceOptions(provider=cluster)
OWNER = {"owner": "search-platform", "cost_center": "ml-4711"}


def meta(name: str, **labels: str) -> k8s.meta.v1.ObjectMetaArgs:
    """Metadata in the namespace of this program."""
    return k8s.meta.v1.ObjectMetaArgs(
        name=name, namespace="chat", labels={"app.kubernetes.io/name": name, **OWNER, **labels}
    )


namespace = k8s.core.v1.Namespace(
    "chat",
    metadata=k8s.meta.v1.ObjectMetaArgs(
        name="chat", labels={**OWNER, "pod-security.kubernetes.io/enforce": "baseline"}
    ),
    opts=opts,
)
k8s.networking.v1.NetworkPolicy(
    "deny",
    metadata=meta("deny"),
    spec=k8s.networking.v1.NetworkPolicySpecArgs(
        pod_selector=k8s.meta.v1.LabelSelectorArgs(), policy_types=["Ingress", "Egress"]
    ),
    opts=opts,
)
labels = {"app.kubernetes.io/name": "server"}
server = k8s.apps.v1.StatefulSet(
    "server",
    metadata=meta("server"),
    spec=k8s.apps.v1.StatefulSetSpecArgs(
        service_name="server",
        selector=k8s.meta.v1.LabelSelectorArgs(match_labels=labels),
        template=k8s.core.v1.PodTemplateSpecArgs(
            metadata=k8s.meta.v1.ObjectMetaArgs(labels={**labels, **OWNER}),
            spec=k8s.core.v1.PodSpecArgs(
                automount_service_account_token=False,
                tolerations=[k8s.core.v1.TolerationArgs(key="nvidia.com/gpu", operator="Exists", effect="NoSchedule")],
                affinity=k8s.core.v1.AffinityArgs(
                    pod_anti_affinity=k8s.core.v1.PodAntiAffinityArgs(
                        required_during_scheduling_ignored_during_execution=[
                            k8s.core.v1.PodAffinityTermArgs(
                                topology_key="kubernetes.io/hostname",
                                label_selector=k8s.meta.v1.LabelSelectorArgs(match_labels=labels),
                            )
                        ]
                    )
                ),
                containers=[
                    k8s.core.v1.ContainerArgs(
                        name="server",
                        image="nvcr.io/nvidia/tritonserver@sha256:9f8e7d6c5b4a39281706050f4e3d2c1b0a9f8e7d6c5b4a392817060504f3e2d1",
                        env=[
                            k8s.core.v1.EnvVarArgs(name="MAX_TOKENS", value="4096"),
                            k8s.core.v1.EnvVarArgs(
                                name="HF_TOKEN",
                                value_from=k8s.core.v1.EnvVarSourceArgs(
                                    secret_key_ref=k8s.core.v1.SecretKeySelectorArgs(name="hub", key="token")
                                ),
                            ),
                        ],
                        ports=[k8s.core.v1.ContainerPortArgs(name="http", container_port=8000)],
                        resources=k8s.core.v1.ResourceRequirementsArgs(limits={"nvidia.com/gpu": "1"}),
                        startup_probe=k8s.core.v1.ProbeArgs(
                            http_get=k8s.core.v1.HTTPGetActionArgs(path="/v2/health/ready", port="http"),
                            period_seconds=15,
                            failure_threshold=60,
                        ),
                        readiness_probe=k8s.core.v1.ProbeArgs(
                            http_get=k8s.core.v1.HTTPGetActionArgs(path="/v2/health/ready", port="http")
                        ),
                        security_context=k8s.core.v1.SecurityContextArgs(
                            allow_privilege_escalation=False, capabilities=k8s.core.v1.CapabilitiesArgs(drop=["ALL"])
                        ),
                    )
                ],
            ),
        ),
    ),
    opts=opts,
)
k8s.autoscaling.v2.HorizontalPodAutoscaler(
    "server",
    metadata=meta("server"),
    spec=k8s.autoscaling.v2.HorizontalPodAutoscalerSpecArgs(
        min_replicas=2,
        max_replicas=6,
        scale_target_ref=k8s.autoscaling.v2.CrossVersionObjectReferenceArgs(
            api_version="apps/v1", kind="StatefulSet", name="server"
        ),
    ),
    opts=opts,
)
k8s.policy.v1.PodDisruptionBudget(
    "server",
    metadata=meta("server"),
    spec=k8s.policy.v1.PodDisruptionBudgetSpecArgs(
        min_available=1, selector=k8s.meta.v1.LabelSelectorArgs(match_labels=labels)
    ),
    opts=opts,
)
k8s.core.v1.Service(
    "server",
    metadata=meta("server"),
    spec=k8s.core.v1.ServiceSpecArgs(selector=labels, ports=[k8s.core.v1.ServicePortArgs(port=8000)]),
    opts=opts,
)
k8s.networking.v1.Ingress(
    "chat",
    metadata=k8s.meta.v1.ObjectMetaArgs(
        name="chat",
        namespace="chat",
        annotations={"nginx.ingress.kubernetes.io/auth-url": "https://login.example.com/oauth2/auth"},
    ),
    spec=k8s.networking.v1.IngressSpecArgs(
        ingress_class_name="nginx",
        tls=[k8s.networking.v1.IngressTLSArgs(hosts=["chat.example.com"], secret_name="chat-tls")],
        rules=[k8s.networking.v1.IngressRuleArgs(host="chat.example.com")],
    ),
    opts=opts,
)
