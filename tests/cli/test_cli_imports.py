"""What the commands load: whoever asks for help, or checks a description, does not wait for Pulumi."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHAT = "stacks/specs/chat.yaml"
HEAVY = ("pulumi", "grpc", "kubernetes", "pulumi_aws", "pulumi_azure_native", "pulumi_gcp", "pulumi_kubernetes")

PROGRAM = """
import sys
from intertie.cli.app import main
sys.argv[0] = "intertie"
try:
    main()
except SystemExit as ended:
    loaded = sorted({name.partition(".")[0] for name in sys.modules})
    print("loaded", ended.code, *loaded, file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["preview", "--help"], ["validate", CHAT], ["explain", CHAT], ["catalog", "machines"], ["doctor"]],
    ids=lambda arguments: arguments[0] + arguments[-1],
)
def test_a_command_that_records_no_program_loads_no_pulumi(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True, cwd=ROOT
    )
    word, code, *loaded = done.stderr.splitlines()[-1].split()
    assert (word, code) == ("loaded", "0")
    assert "intertie" in loaded
    assert not set(loaded) & set(HEAVY)
