"""The lab: the real Pulumi engine and real Kubernetes against simulated clouds, on loopback, without an account."""
