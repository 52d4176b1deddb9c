"""The model that a stage serves, and what is known of its shape."""

from enum import StrEnum
from typing import Annotated

from intertie.spec.base import KubernetesName, Spec
from intertie.spec.fields import Text, Whole
from intertie.spec.units import Count, Memory


class Precision(StrEnum):
    """How a weight is stored. The bytes per parameter follow from it."""

    FP32 = "fp32"
    BF16 = "bf16"
    FP16 = "fp16"
    FP8 = "fp8"
    INT8 = "int8"
    FP4 = "fp4"
    INT4 = "int4"


class Architecture(Spec):
    """The numbers of `config.json` that the size of the key-value cache follows from."""

    layers: Annotated[int, Whole(1, 1000)]
    """Number of transformer layers (`num_hidden_layers`)."""
    kv_heads: Annotated[int, Whole(1, 1024)]
    """Key-value heads per layer (`num_key_value_heads`)."""
    head_dim: Annotated[int, Whole(1, 4096)]
    """Size of one head (`head_dim`, else hidden size ÷ attention heads)."""


Revision = Annotated[str, Text(r"^[A-Za-z0-9][A-Za-z0-9._/-]*$", "a commit, branch or tag", 100)]


class ModelSpec(Spec):
    """A model by name and revision, and how it is to be held in memory."""

    id: Annotated[str, Text(r"^[A-Za-z0-9][A-Za-z0-9._/-]*$", "a name such as meta-llama/Llama-3.3-70B-Instruct", 200)]
    """Name on the hub (`organisation/name`), or the name it has in your bucket."""
    revision: Revision | None = None
    """Commit or tag on the hub. Without one, two replicas can serve different weights."""
    parameters: Count
    """Number of parameters, for example 70e9 or 70B."""
    precision: Precision = Precision.BF16
    """How the weights are held in accelerator memory."""
    context: Annotated[int, Whole(1, 100_000_000)] = 8192
    """Longest sequence to serve, in tokens."""
    concurrency: Annotated[int, Whole(1, 100_000)] = 16
    """Sequences at full context that one replica must hold at the same time."""
    kv_precision: Precision | None = None
    """Precision of the key-value cache. Default: 2 bytes per value, as the runtimes do."""
    architecture: Architecture | None = None
    """Shape of the model. Without it, the catalogue is asked; else the cache is estimated, and the plan says so."""
    size: Memory | None = None
    """Size of the weights on disk. Default: parameters × precision."""
    token_secret: KubernetesName | None = None
    """Name of the Kubernetes secret with the hub token (key `token`) for gated weights. Never the token itself."""
