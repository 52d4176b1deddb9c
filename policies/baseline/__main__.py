"""The pack `baseline`: `pulumi preview --policy-pack policies/baseline [--policy-pack-config FILE]`."""

from intertie_policies.host import serve

serve("baseline")
