"""The configuration of both packs: one file, checked as a whole.

    {
      "configuration": {"regions": {"allowed": ["aws:us-*"]}, "waivers": [...]},
      "region-allowed": "advisory"
    }

That is the file that `pulumi preview --policy-pack-config` takes, so that one file serves the engine and Intertie.
`configuration` holds the settings below; every other key is a rule with its level.
"""

from intertie_policies.config.capacity import Capacity
from intertie_policies.config.cost import Cost
from intertie_policies.config.exposure import Exposure
from intertie_policies.config.reading import Configuration, read, read_file, schema
from intertie_policies.config.regions import Regions
from intertie_policies.config.resilience import Resilience
from intertie_policies.config.settings import Environment, Settings
from intertie_policies.config.tagging import Tagging
from intertie_policies.config.waivers import Waiver

__all__ = [
    "Capacity", "Configuration", "Cost", "Environment", "Exposure", "Regions", "Resilience", "Settings", "Tagging",
    "Waiver", "read", "read_file", "schema",
]  # fmt: skip
