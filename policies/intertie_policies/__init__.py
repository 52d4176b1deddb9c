"""Rules for GPU inference stacks, for any Pulumi program: they read resource types and wire names."""
