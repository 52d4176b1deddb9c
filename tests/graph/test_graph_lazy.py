"""Recording and checking load the SDKs' modules of the types that are used, and no others."""

import json
import subprocess
import sys

PROGRAM = """
import json, sys
from intertie.graph import check, record
before = [name for name in sys.modules if name.startswith("pulumi_")]

def program():
    from pulumi_aws import kms
    kms.Key("k", description="x", deletion_window_in_days=7)

findings = check(record(program, "inference", "dev"))
# an SDK lists all of its packages at once, and fills one with modules when it is used
loaded = sorted({name.rpartition(".")[0] for name in sys.modules if name.startswith("pulumi_") and name.count(".") > 1})
print(json.dumps([before, [str(finding) for finding in findings], loaded]))
"""


def test_only_the_modules_in_use_are_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    before, findings, loaded = json.loads(done.stdout)
    assert (before, findings) == ([], [])
    assert loaded == ["pulumi_aws.kms"]
