"""Descriptions of any number of placements, for measuring how time grows with them."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
WHERE = (("aws", "us-east-1"), ("gcp", "us-central1"), ("azure", "swedencentral"))


def described(count: int, folder: Path) -> Path:
    """The pilot with `count` placements over three clouds, each with address ranges of its own."""
    data: dict[str, Any] = yaml.safe_load((ROOT / "stacks" / "specs" / "pilot.yaml").read_text())
    data["placements"] = {f"place-{index}": placement(index) for index in range(count)}
    path = folder / f"pilot-{count}.yaml"
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    return path


def placement(index: int) -> dict[str, Any]:
    cloud, region = WHERE[index % len(WHERE)]
    second, third = divmod(index, 16)
    network = {"cidr": f"10.{second}.{third * 16}.0/20"}
    if cloud != "aws":  # there pods take addresses of the subnets
        network["pods"] = f"100.{64 + second}.{third * 16}.0/20"
    return {"cloud": cloud, "region": region, "role": "active", "network": network}
