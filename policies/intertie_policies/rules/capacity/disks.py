"""The disks that accelerator nodes start from."""

from collections.abc import Iterator

from intertie_policies.fleet import fleets
from intertie_policies.pools import EKS, POOLS, Pool, pools_of
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Level, Violation, fail, rule
from intertie_policies.templates import GROUP, templates, unseen

_DEFAULT_GIB = 20


def _by_templates(stack: Stack, context: Context) -> Iterator[Violation]:
    """Disks of pools whose launch template sets them, which only the whole stack shows."""
    for fleet in fleets(stack):
        if fleet.accelerated and fleet.resource.type in (EKS, GROUP):
            yield from unseen(fleet.resource, "how large the disk of its images is")
            for template in templates(fleet.resource):
                yield from _mapped(fleet.resource, template, context.settings.capacity.min_boot_disk_gib)


def _mapped(pool: Resource, template: Resource, least: int) -> Iterator[Violation]:
    """Bottlerocket keeps images on its second disk; Amazon Linux on the first. An image of one's own may do either."""
    image = pool["amiType"].text or ""
    own = image == "CUSTOM" or template["imageId"].quietly().given
    device = "/dev/xvdb" if image.startswith("BOTTLEROCKET") else "/dev/xvda"
    mappings = [each for each in template["blockDeviceMappings"].items if own or each["deviceName"].text == device]
    sizes = [each["ebs"]["volumeSize"] for each in mappings]
    found = [size.number for size in sizes if not size.absent]
    known = [size for size in found if size is not None]
    if known and max(known) < least:
        yield fail(template, f"{max(known):g} GiB; at least {least} hold the images", *sizes[0].path)
    elif not found and not own and not template["blockDeviceMappings"].unknown:
        told = f"{_DEFAULT_GIB} GiB on {device}, which is the default; at least {least} hold the images"
        yield fail(template, told, "blockDeviceMappings")


@rule(
    "boot-disk-fits",
    "capacity",
    types=(*POOLS, GROUP),
    baseline=Level.MANDATORY,
    description="The boot disk of accelerator nodes is of a type that the machine takes, and holds the images.",
    rationale="An image of a serving runtime has 10 to 30 GB: the default disk of 20 fills up and pulls fail.",
    remediation="Ask for a larger disk of the machine's disk type, on the device that holds images.",
    references=["GKE documentation, Hyperdisk", "Bottlerocket documentation, data volume"],
    settings=["capacity"],
    whole=_by_templates,
)
def boot_disk_fits(resource: Resource, context: Context) -> Iterator[Violation]:
    least = context.settings.capacity.min_boot_disk_gib
    for pool in pools_of(resource):
        if not pool.accelerated:
            continue
        size = pool.props["osDiskSizeGB"] if pool.cloud == "azure" else pool.node["diskSizeGb"]
        if pool.cloud == "aws":
            size = pool.props["diskSize"]
            if not pool.props["launchTemplate"].quietly().absent:
                continue  # the template sets the disk, and is judged with the whole stack
        found = size.number
        if found is not None and 0 < found < least:
            yield fail(resource, f"{found:g} GiB; at least {least} hold the images", *size.path)
        if pool.cloud == "aws" and size.absent:
            yield fail(
                resource, f"{_DEFAULT_GIB} GiB, which is the default; at least {least} hold the images", *size.path
            )
        if pool.cloud == "gcp":
            yield from _disk_type(pool)


def _disk_type(pool: Pool) -> Iterator[Violation]:
    for key in (("diskType",), ("bootDisk", "diskType")):
        value = pool.node.at(*key)
        found = value.text
        for row in pool.rows():
            hyper = row.disk_type.startswith("hyperdisk")
            if found and hyper and not found.startswith("hyperdisk"):
                yield fail(pool.resource, f"{row.name} takes {row.disk_type}; found {found}", *value.path)
