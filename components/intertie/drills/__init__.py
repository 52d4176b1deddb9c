"""Failover drills: what is done in which order, and how long each part took. The world is seen through ports."""
