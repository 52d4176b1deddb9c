"""Talking with API servers: kubeconfigs, requests, cached lists, and how the provider compares and waits."""
