"""The simulated AWS: its types, rules between properties, and node pools."""
