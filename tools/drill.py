"""A first failover drill in a lab of its own: `make drill`.

The chat sample runs on AWS, with a warm placement on Google Cloud. AWS stops answering; `pulumi up` brings the other
placement to full size. Engine, API servers and schedulers are real, clouds and nodes are simulated: each phase says
what was measured on the wall and what the simulated clouds would have taken.
"""

import argparse
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from intertie.drills.failover import Drill, Report, run
from intertie.drills.told import told
from intertie.errors import IntertieError
from intertie.lab import drill_ports, programs
from intertie.lab.engine import copy_project
from intertie.lab.session import Lab

PIPELINE = "chat"


def larger(data: dict[str, Any]) -> None:
    """Two replicas of the large model at full size: a failover that adds nothing would show nothing."""
    (stage,) = (stage for stage in data["stages"] if stage["name"] == "generate")
    stage["replicas"] = "2..8"


def drill(folder: Path, say: Callable[[str], None]) -> Report:
    """One drill in a lab in `folder`, which goes with it."""
    root = programs.root()
    pack = root / "policies" / "baseline"
    packs = (pack,) if (pack / "PulumiPolicy.yaml").exists() else ()
    plan = Drill(source="aws-use1", cloud="aws", target="gcp-euw4", packs=tuple(each.name for each in packs))
    with Lab(folder) as lab:
        engine = drill_ports.LabEngine(lab, copy_project(root, folder / "project"), f"{PIPELINE}.yaml", packs)
        engine.edit(larger)
        return run(plan, drill_ports.ports(lab, engine, PIPELINE), say)


def main() -> None:
    """Exit code 0 when the drill went through, 1 when it did not, 3 when it could not be run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--format", choices=("text", "json"), default="text")
    wanted = parser.parse_args().format
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="intertie-drill-"))
    try:
        report = drill(folder, lambda text: print(f"drill: {text}", file=sys.stderr, flush=True))
    except IntertieError as error:
        print(f"drill: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("drill: interrupted; its lab has gone", file=sys.stderr)
        sys.exit(130)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(report.to_json(), indent=2, sort_keys=True) if wanted == "json" else told(report))
    sys.exit(0 if report.passed else 1)


if __name__ == "__main__":
    main()
