"""Rules about tags and labels."""

from intertie_policies.rules.tagging.content import tags_hold_no_secrets, tags_well_formed
from intertie_policies.rules.tagging.labels import cost_labels
from intertie_policies.rules.tagging.made_by_clusters import load_balancer_tags, node_tags, volume_class_tags
from intertie_policies.rules.tagging.required import cost_center_known, owner_reachable, required_tags

RULES = (
    required_tags, tags_well_formed, tags_hold_no_secrets, cost_center_known, owner_reachable, node_tags,
    volume_class_tags, load_balancer_tags, cost_labels,
)  # fmt: skip
