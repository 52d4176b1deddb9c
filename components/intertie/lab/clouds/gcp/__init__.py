"""The simulated Google Cloud: its types, rules between properties, and node pools."""
