"""Where a pipeline runs: one folder per way of getting a cluster, with the same file names in each.

    registry.py     finds a platform by the name that a plan carries (`eks`, `aks`, `gke`, `existing`)
    capability.py   what a platform can and cannot do, as data
    children.py     names and options of the resources that a platform registers
    tags.py         tags, node labels and taints in each cloud's grammar
    components.py   what a cluster brings along, so that nobody installs it twice

    <platform>/__init__.py      build(plan, options) -> ClusterHandle | None
    <platform>/capabilities.py  CAPABILITIES; readable without the cloud's SDK
    <platform>/network.py  cluster.py  pools.py  identity.py  storage.py  addons.py  reservation.py  bootstrap.py
    <platform>/data/actions.csv what a deployer must be allowed, per resource type

Importing this package, the registry or any `capabilities.py` loads no cloud SDK: a platform
imports its SDK inside `build`.
"""
