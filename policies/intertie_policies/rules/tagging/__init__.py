"""Rules about tags and labels."""

from intertie_policies.rules.tagging.required import required_tags

RULES = (required_tags,)
