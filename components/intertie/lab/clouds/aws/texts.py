"""What AWS says when nodes cannot be had. Texts of public issues: see `data/errors.json`."""

from intertie.lab.capacity import Shortage
from intertie.lab.errors import CloudError
from intertie.lab.world import Pool

NO_SUCH_TYPE = "The following supplied instance types do not exist: [{machine}]"
NOT_OFFERED = (
    "Your requested instance type ({machine}) is not supported in your requested Availability Zone ({zone}). Please"
    " retry your request by not specifying an Availability Zone or choosing another one."
)
FAILED = (
    "waiting for EKS Node Group ({id}) {verb}: unexpected state 'CREATE_FAILED', wanted target 'ACTIVE'. last error:"
    " {reason}"
)
NOT_JOINED = "1 error occurred: * i-0b300e7c4f20686d1: NodeCreationFailure: Unhealthy nodes in the kubernetes cluster"
_CAPACITY = (
    "AsgInstanceLaunchFailures: Could not launch On-Demand Instances. InsufficientInstanceCapacity - We currently do"
    " not have sufficient {machine} capacity in the Availability Zone you requested ({zone}). Our system will be"
    " working on provisioning additional capacity. Launching EC2 instance failed."
)
_SPOT = (
    "AsgInstanceLaunchFailures: Could not launch Spot Instances. InsufficientInstanceCapacity - There is no Spot"
    " capacity available that matches your request. Launching EC2 instance failed."
)
_RESERVED = (
    "AsgInstanceLaunchFailures: ReservationCapacityExceeded: The requested reservation does not have sufficient"
    " compatible and available capacity for this request. Launching EC2 instance failed."
)
_QUOTA = (
    "AsgInstanceLaunchFailures: You have requested more vCPU capacity than your current vCPU limit of {limit} allows"
    " for the instance bucket that the specified instance type belongs to. Please visit"
    " http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit. Launching EC2 instance"
    " failed."
)


def shortage(short: Shortage, pool: Pool) -> CloudError:
    """The health issue of a node group whose nodes cannot be had."""
    if short.kind == "quota":
        return CloudError("VcpuLimitExceeded", _QUOTA.format(limit=short.limit))
    if short.kind == "reservation":
        return CloudError("ReservationCapacityExceeded", _RESERVED)
    if short.kind == "offer":
        text = NOT_OFFERED.format(machine=pool.machine, zone=short.zone)
        return CloudError("Unsupported", f"AsgInstanceLaunchFailures: {text}")
    if pool.market == "spot":
        return CloudError("InsufficientInstanceCapacity", _SPOT)
    return CloudError("InsufficientInstanceCapacity", _CAPACITY.format(machine=pool.machine, zone=short.zone))
