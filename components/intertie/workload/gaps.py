"""What the serving stack does not do, on any cluster: whole sentences with their reasons, for docs/capabilities.md."""

GAPS = (
    (
        "Interconnects join two placements, not a hub: no transit gateway or virtual WAN, and adopted clusters are "
        "connected by others. What one end publishes, somebody carries to the other: states are in domains that fail "
        "apart. Names are not forwarded: callers need a record of the endpoint. Price of most gateways and "
        "tunnels: unknown, since no source has a day."
    ),
    (
        "Inference-pool routing (`routing: inference-pool`) is for vLLM and SGLang, with JSON bodies of OpenAI's API, "
        "without a canary, and before the pinned gateway only. Where no picker can be reached requests go to the "
        "replica with the fewest; a picker that takes a request and never answers holds it until its time is over. "
        "The definition of pools goes with the stack that made it: of several pipelines on one cluster one may use it."
    ),
    (
        "Rates are limited for each of the two proxies by itself, by the caller's address: a count that "
        "proxies share needs a store, and a limit by tokens needs a gateway that reads answers."
    ),
    (
        "A challenge by DNS is answered with the solver that the description gives: cert-manager gets no "
        "identity at the cloud from us, so the solver needs one of its own."
    ),
    (
        "Secrets are waited for: deploy a placement cold, write the values with `intertie replicate`, and "
        "then promote it; a stage whose token is not there does not start."
    ),
    (
        "Images through caches (`registry.cache`) are those of stages, of node agents, and of the charts that are "
        "installed. What a cloud installs in its own clusters comes from the cloud, and what AMD's operator starts "
        "by itself from its home. Charts are fetched from theirs, by whoever runs Pulumi."
    ),
    "On an adopted cluster the logs of stages are kept by whatever collects them there: no agent is installed.",
    ("Errors of accelerators wake somebody for NVIDIA's alone: no source names the other exporters' error metrics."),
    (
        "Alerts reach people by email (`alerts`), and pagers by the address that their makers give each service: keys "
        "of pagers and webhooks are not taken, since whatever a cloud is to write to stands in the stack's state."
    ),
    ("A canary is judged by errors and by its first tokens, never by what it says; promoting it is by hand."),
    (
        "Spans (`observability.traces`) come from the gateway's proxies and from the pinned release of vLLM: SGLang's "
        "package leaves the exporter out, Triton's speaks HTTP, and what an image of your own tells is its own. No "
        "collector is installed, and none is given credentials: the gateway would hold them in clear."
    ),
    "Dashboards are data for a Grafana that is there; none is installed.",
)
