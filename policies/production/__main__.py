"""The pack `production`: `pulumi preview --policy-pack policies/production [--policy-pack-config FILE]`."""

from intertie_policies.host import serve

serve("production")
