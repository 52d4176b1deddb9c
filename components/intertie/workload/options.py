"""Checks what a stage's container is started with against what the pinned release of its runtime takes.

An API server accepts any argument of a container; a wrong one is found minutes later, on a machine that costs money.
"""

from collections.abc import Iterator
from difflib import get_close_matches

from intertie import catalog
from intertie.catalog import RuntimeImage
from intertie.errors import Problem
from intertie.plan import StagePlan
from intertie.workload import routing
from intertie.workload.autoscaling import queue_metric
from intertie.workload.runtimes import given_options, own_image, pinned, runtime_module

_KV_PRECISIONS = {"vllm": ("fp8", "bf16", "fp16"), "sglang": ("fp8", "bf16")}
_SPANS_NODES = {"vllm": ("nvidia", "amd"), "sglang": ("nvidia", "amd")}


def check_args(stage: StagePlan) -> tuple[Problem, ...]:
    """Everything in the stage that its runtime would refuse or that could never work; () when nothing is wrong.

    Options of an image that the user brings are not checked: only that image knows them.
    """
    return (*_options(stage), *_cache_precision(stage), *_nodes(stage), *_scaling(stage), *routing.problems(stage))


def _options(stage: StagePlan) -> Iterator[Problem]:
    runtime = str(stage.spec.runtime)
    module = runtime_module(runtime)
    row = pinned(stage)
    known = frozenset[str]()
    if row is not None and not own_image(stage):
        known = catalog.runtime_options(runtime, row.version)
    for index, arg in given_options(stage.spec.args):
        option = module.canonical(arg)
        path = f"stages[{stage.name}].args[{index}]"
        if option in module.OWNED:
            # the option alone: a value may be a secret, which is why the option is not taken
            yield Problem(path, option, "options that the plan does not decide", f"set by {module.OWNED[option]}")
        elif known and row is not None and option not in known:
            yield _unknown(path, arg, option, known, row)


def _unknown(path: str, arg: str, option: str, known: frozenset[str], row: RuntimeImage) -> Problem:
    near = get_close_matches(option, sorted(known), n=1, cutoff=0.6)
    return Problem(
        path=path,
        found=arg,
        allowed=f"the {len(known)} options of {row.runtime} {row.version}",
        hint=f"did you mean {near[0]!r}?" if near else f"{row.image} --help lists them",
        source=f"{row.runtime} {row.version} package",
    )


def _cache_precision(stage: StagePlan) -> Iterator[Problem]:
    model, allowed = stage.spec.model, _KV_PRECISIONS.get(str(stage.spec.runtime))
    if model is None or model.kv_precision is None or allowed is None or model.kv_precision in allowed:
        return
    found = f"{model.kv_precision} for the key-value cache of {stage.spec.runtime}"
    yield Problem(f"stages[{stage.name}].model.kv_precision", found, ", ".join(allowed))


def _nodes(stage: StagePlan) -> Iterator[Problem]:
    allowed = _SPANS_NODES.get(str(stage.spec.runtime), ())
    if not stage.multi_node or stage.vendor in allowed or own_image(stage):
        return
    assert stage.sizing is not None
    yield Problem(
        path=f"stages[{stage.name}].accelerators",
        found=f"a replica over {stage.sizing.nodes} nodes of {stage.accelerator} with {stage.spec.runtime}",
        allowed=f"one node, or accelerators of {' or '.join(allowed)}" if allowed else "one node",
        hint="choose an accelerator with more memory, a lower precision, or a shorter context",
    )


def _scaling(stage: StagePlan) -> Iterator[Problem]:
    spec = stage.spec
    here = f"stages[{stage.name}]"
    if spec.replicas.min == 0 and spec.scaling.stage is None:
        yield Problem(
            path=f"{here}.replicas.min",
            found="0",
            allowed="1 or more",
            hint="what replicas are scaled on comes from running replicas: none could wake the first; name a stage "
            "that shows who waits (`scaling: {stage: ..., metric: ...}`), or use tier pilot, which keeps all at zero",
        )
    if spec.scaling.metric == "queue" and queue_metric(stage) is None:
        yield Problem(
            path=f"{here}.scaling.metric",
            found=f"queue for runtime {spec.runtime}",
            allowed="cpu, or the name of a metric that the image exposes on its port at /metrics",
        )
