"""Amazon EKS: managed node groups in a network of their own, grown by Cluster Autoscaler.

All of a placement, in its order, is in `placement.py`.
"""

from intertie.contract import BuildOptions, ClusterHandle
from intertie.plan import Plan


def build(plan: Plan, options: BuildOptions) -> ClusterHandle | None:
    """Registers the placement's resources on AWS. None when its tier has no cluster: then bucket and role only.

    Raises PlanError for what AWS would refuse. The SDK is imported here, so that reading the capabilities needs none.
    """
    from intertie.platforms.eks import placement

    return placement.build(plan, options)
