"""Who may reach it, and as whom."""

from typing import Literal

from pydantic import Field

from intertie_policies.config.base import Section


class Exposure(Section):
    """Who may reach it, and as whom."""

    public_ports: tuple[int, ...] = Field(default=(80, 443), description="Ports that may be open to the whole world.")
    images_pinned_by: Literal["digest", "version"] = Field(
        default="digest", description="`digest`: name@sha256:…; `version`: a tag other than `latest` is enough."
    )
    pinned_by_version: tuple[str, ...] = Field(
        default=(),
        description="Images, with `*`, whose version is enough where digests are asked for: those of publishers that "
        "tell no digest before an image is pulled. Docker Hub is `docker.io/<owner>/<image>`.",
    )
    registries: tuple[str, ...] = Field(
        default=(
            "*.dkr.ecr.*.amazonaws.com/*", "public.ecr.aws/*", "*.azurecr.io/*", "mcr.microsoft.com/*",
            "*-docker.pkg.dev/*", "gcr.io/*", "*.gcr.io/*", "registry.k8s.io/*", "nvcr.io/*", "quay.io/*", "ghcr.io/*",
            "docker.io/library/*", "docker.io/vllm/*", "docker.io/lmsysorg/*", "docker.io/rocm/*",
            "docker.io/envoyproxy/*",
        ),
        description="Where images may come from, with `*`; Docker Hub is `docker.io/<owner>/*`.",
    )  # fmt: skip
    customer_keys: tuple[Literal["clusters", "buckets", "disks", "registries"], ...] = Field(
        default=("clusters",), description="What is encrypted with a key of one's own."
    )
    privileged_namespaces: tuple[str, ...] = Field(
        default=("kube-system", "gpu-operator", "nvidia-*", "amd-gpu*", "neuron-*", "network-operator", "*-csi*"),
        description="Namespaces of node agents, which may use the host, with `*`.",
    )
