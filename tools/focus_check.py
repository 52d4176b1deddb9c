"""FOCUS' official validator on what `intertie focus` writes: `python tools/focus_check.py`, half a minute a file.

Apart from the tests, because it needs a Python of its own (3.12 or later, with an older numpy) and 0.6 GB. It is
installed into `.cache/tools/focus-validator-<version>/` the first time. Exit code 0: valid; 1: not; 3: cannot run here.

The validator ends with 0 whatever it finds, so its report is read instead. It opens its own files relative to where it
is installed, so it is run there. Two of its rules contradict each other for rows that no invoice has yet: one of them
always fails, and is told and left out.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parents[1]
VERSION, MODEL = "2.2.1", "1.2.0.1"
HOME = ROOT / ".cache" / "tools" / f"focus-validator-{VERSION}"
CONTRADICTION = ("InvoiceId-C-004", "InvoiceId-C-005")
SPEC = "stacks/specs/chat.yaml"
DAYS = ("--from", "2025-11-29", "--to", "2025-12-02")
LEAST_CHECKS = 100
_LEDGER = (
    "--id", "ri-1", "--kind", "reserved-instance", "--cloud", "aws", "--region", "us-east-1", "--machine", "m7i.xlarge",
    "--quantity", "3", "--price", "0.12", "--start", "2025-10-01T00:00:00Z",
)  # fmt: skip


class CannotRunError(Exception):
    """Something outside is missing; the text says what to do."""


def program() -> Path:
    """The validator: what INTERTIE_FOCUS_VALIDATOR names, or one that is installed for it."""
    named = os.environ.get("INTERTIE_FOCUS_VALIDATOR")
    path = Path(named) if named else HOME / "bin" / "focus-validator"
    if path.exists():
        return path
    if named:
        raise CannotRunError(f"INTERTIE_FOCUS_VALIDATOR is {named!r}, which is not there")
    python = _python()
    shutil.rmtree(HOME, ignore_errors=True)
    print(f"focus: installing focus-validator {VERSION}: 0.6 GB", file=sys.stderr)
    _run([python, "-m", "venv", str(HOME)])
    _run([str(HOME / "bin" / "pip"), "install", "--quiet", f"focus-validator=={VERSION}", "pyarrow<21"])
    return path


def _python() -> str:
    """A Python from 3.12 on: what INTERTIE_FOCUS_PYTHON names, or the first on PATH."""
    for name in (os.environ.get("INTERTIE_FOCUS_PYTHON", ""), "python3.12", "python3.13", "python3"):
        path = shutil.which(name) if name else None
        if path and _is_new_enough(path):
            return path
    raise CannotRunError("Python 3.12 or later is not on PATH: install it, or name it in INTERTIE_FOCUS_PYTHON")


def _is_new_enough(python: str) -> bool:
    try:
        return _run([python, "-c", "import sys; print(sys.version_info >= (3, 12))"]).strip() == "True"
    except CannotRunError:  # a stand-in on PATH that leads nowhere
        return False


def failures(validator: Path, rows: Path, report: Path) -> tuple[int, list[str]]:
    """How many checks there were, and those that failed, without the rule that cannot be held."""
    (site,) = validator.parents[1].glob("lib/python3.*/site-packages")
    words = [str(validator), "--data-file", str(rows), "--validate-version", MODEL, "--block-download"]
    words += ["--focus-dataset", "CostAndUsage", "--output-type", "unittest", "--output-destination", str(report)]
    said = _run(words, cwd=site)
    if not report.exists():
        raise CannotRunError(f"the validator wrote no report: {said[-500:]}")
    count, bad = read(report.read_text())
    if count < LEAST_CHECKS:
        raise CannotRunError(f"only {count} checks were made of {rows.name}: not this validator's report")
    return count, bad


def read(text: str) -> tuple[int, list[str]]:
    """The validator's report, a JUnit file: number of checks, and the names of those that failed."""
    cases = list(ET.fromstring(text).iter("testcase"))  # noqa: S314  written by a program that we started
    bad = [case.get("name", "") for case in cases if case.find("failure") is not None or case.find("error") is not None]
    return len(cases), [name for name in bad if not name.startswith(CONTRADICTION)]


def files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Planned rows of three clouds, actual ones, and such with a commitment."""
    intertie = [sys.executable, "-m", "intertie.cli.app"]
    (folder / "use.csv").write_text("date,pool,hours\n2025-11-29,generate0,30\n2025-11-30,general,60\n")
    _run([*intertie, "ledger", "add", str(folder / "ledger"), *_LEDGER])
    ledger = ("--ledger", str(folder / "ledger"))
    for name, words in (
        ("planned, aws", ("-p", "aws-use1")),
        ("planned, azure", ("-p", "azure-swc")),
        ("planned, gcp", ("-p", "gcp-euw4")),
        ("actual", ("-p", "aws-use1", "--usage", str(folder / "use.csv"))),
        ("with a commitment", ("-p", "aws-use1", *ledger)),
    ):
        path = folder / f"{name.replace(', ', '-').replace(' ', '-')}.csv"
        path.write_text(_run([*intertie, "focus", SPEC, *words, *DAYS], cwd=ROOT, only_out=True))
        yield name, path


def _run(words: list[str], cwd: Path = ROOT, *, only_out: bool = False) -> str:
    try:
        done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=1200, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotRunError(f"{words[0]}: {error}") from None
    if done.returncode:
        raise CannotRunError(f"{' '.join(words[:4])}: {(done.stderr or done.stdout).strip()[-600:]}")
    return done.stdout if only_out else done.stdout + done.stderr


def main() -> int:
    try:
        validator, bad = program(), 0
        with tempfile.TemporaryDirectory() as folder:
            for name, rows in files(Path(folder)):
                count, failed = failures(validator, rows, Path(folder) / f"{rows.stem}.xml")
                print(f"{name}: {count} checks, {len(failed)} failed", *failed, sep="\n  ")
                bad += len(failed)
    except CannotRunError as error:
        print(f"focus: cannot run: {error}", file=sys.stderr)
        return 3
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
