"""Intertie: describe a GPU inference pipeline once, deploy it to Kubernetes on AWS, Azure or Google Cloud."""

__version__ = "0.1.0"
