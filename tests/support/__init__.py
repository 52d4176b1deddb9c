"""Shared by tests: descriptions, plans and recorded stacks to start from."""
