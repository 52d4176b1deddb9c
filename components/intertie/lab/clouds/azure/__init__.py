"""The simulated Azure: its types, rules between properties, and node pools."""
