"""What is told of single requests, beside metrics and logs."""

from typing import Annotated

from intertie.spec.base import Spec
from intertie.spec.fields import Number, Text

CollectorUrl = Annotated[
    str,
    Text(
        r"^(https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?|http://[a-z0-9-]+\.[a-z0-9-]+\.svc(\.cluster\.local)?)(:[0-9]{1,5})?$",
        "https://<host>[:port], or http://<service>.<namespace>.svc[:port] of a collector in the cluster",
        300,
        examples=("https://otlp.example.com:4317",),
    ),
]


class Traces(Spec):
    """Spans of requests, in OpenTelemetry's protocol over gRPC (OTLP): times, counts and names, no prompts."""

    endpoint: CollectorUrl
    """The collector: `https://otlp.example.com:4317`, or `http://collector.observability.svc:4317` in the cluster.
    Default of the port: 4317. It gets no credentials: one that asks for them stands behind a collector of yours."""
    sample: Annotated[float, Number(0, 1, "a part of all requests, such as 0.01,")] = 0.01
    """Part of the requests that are traced: 0.01 is one in a hundred."""


class Observability(Spec):
    """What is told of single requests."""

    traces: Traces | None = None
    """Where spans go. Default: there are none."""
