"""The rules, one package per subject, each with its `RULES`."""
