"""Writes the option names of pinned serving runtimes to the catalogue, read from their published packages.

    python tools/extract_runtime_options.py vllm==0.29.0 vllm==0.16.0 sglang==0.5.18 --as-of 2026-11-22

Downloads each package with pip into a temporary folder, parses the definitions of its command line without running
them (they import accelerator libraries), and writes `runtime_options.csv`. An API server accepts any flag in a
container's arguments; this table is what lets a misspelt one be found before the container starts.
"""

import argparse
import ast
import csv
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

OUT = Path(__file__).parent.parent / "components/intertie/catalog/data/runtime_options.csv"


@dataclass(frozen=True)
class Reading:
    """What of a package defines its command line, and how that is read."""

    files: tuple[str, ...]  # glob patterns inside the package; those that a release lacks are skipped
    read: Callable[[ast.Module], Iterator[str]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("releases", nargs="+", metavar="PACKAGE==VERSION")
    parser.add_argument("--as-of", required=True, help="date of the download, YYYY-MM-DD")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    rows: list[tuple[str, ...]] = []
    for release in given.releases:
        package, _, version = release.partition("==")
        options = sorted(options_of(package, version))
        print(f"{release}: {len(options)} options", file=sys.stderr)
        source = f"{package} {version} Python package, definitions of its command line"
        rows += [(package, version, option, source, given.as_of) for option in options]
    with given.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("runtime", "version", "option", "source", "as_of"))
        writer.writerows(rows)
    return 0


def options_of(package: str, version: str) -> frozenset[str]:
    """Every option name of one release: `--max-model-len`, `-tp`, `--no-enable-prefix-caching`."""
    reading = READINGS[package]
    with tempfile.TemporaryDirectory() as folder:
        root = unpacked(f"{package}=={version}", package, Path(folder))
        sources = [path for pattern in reading.files for path in sorted(root.glob(pattern))]
        found = {option for path in sources for option in reading.read(ast.parse(path.read_text(encoding="utf-8")))}
    if len(found) < 50:
        raise SystemExit(f"{package} {version}: only {len(found)} options in {[str(s) for s in sources]}: "
                         "its command line is defined in another way than this tool reads")  # fmt: skip
    return frozenset(found)


def unpacked(requirement: str, package: str, folder: Path) -> Path:
    """The folder that holds the package's source.

    The source distribution is far smaller than a wheel with kernels. pip unpacks it to ask for its metadata, which
    fails where torch is absent; `--no-clean` leaves the unpacked source behind, which is all that is wanted here.
    """
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--ignore-requires-python"]
    to = ["--dest", str(folder / "wheels"), requirement]
    quiet = {**os.environ, "TMPDIR": str(folder)}
    source = [*pip, "--no-binary", ":all:", "--no-build-isolation", "--no-clean", *to]
    subprocess.run(source, env=quiet, check=False, capture_output=True)
    for root in sorted(folder.glob(f"pip-*/{package}_*")):
        if (root / package).is_dir():
            return root
    subprocess.run([*pip, "--only-binary", ":all:", *to], env=quiet, check=True)
    wheel = next((folder / "wheels").glob("*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "unpacked", [name for name in archive.namelist() if name.endswith(".py")])
    return folder / "unpacked"


def vllm_options(module: ast.Module) -> Iterator[str]:
    """`add_argument` calls; where a class adds all its fields in a loop, the fields. Bool flags have a `--no-` too."""
    classes = {node.name: node for node in module.body if isinstance(node, ast.ClassDef)}
    booleans = {name for node in classes.values() for name, kind in fields(node) if "bool" in ast.unparse(kind)}
    for option, keywords in added(module):
        yield option
        if switches_off(option, keywords, booleans):
            yield option.replace("--", "--no-", 1)
    for node in classes.values():
        if not node.name.endswith("FrontendArgs"):
            continue
        for name, kind in fields(node):
            yield f"--{dashed(name)}"
            if "bool" in ast.unparse(kind):
                yield f"--no-{dashed(name)}"


def sglang_options(module: ast.Module) -> Iterator[str]:
    """Fields annotated `A[type, help or Arg(...)]`, and the `add_argument` calls for special cases."""
    for option, keywords in added(module):
        yield option
        if "BooleanOptionalAction" in keywords.get("action", ""):
            yield option.replace("--", "--no-", 1)
    for node in module.body:
        if isinstance(node, ast.ClassDef) and node.name == "ServerArgs":
            for name, kind in fields(node):
                yield from annotated(name, kind)


def annotated(name: str, kind: ast.expr) -> Iterator[str]:
    """Option names of one annotated field; none for a field without command-line metadata."""
    if not (isinstance(kind, ast.Subscript) and ast.unparse(kind.value) in ("A", "Annotated")):
        return
    parts = kind.slice.elts[1:] if isinstance(kind.slice, ast.Tuple) else []
    calls = [part for part in parts if isinstance(part, ast.Call) and ast.unparse(part.func) == "Arg"]
    if not calls and not any(isinstance(part, ast.Constant | ast.JoinedStr | ast.BinOp) for part in parts):
        return
    given = {keyword.arg: keyword.value for call in calls for keyword in call.keywords if keyword.arg}
    if "no_cli" in given and ast.unparse(given["no_cli"]) == "True":
        return
    main_name = given.get("cli_name")
    names = [main_name.value if isinstance(main_name, ast.Constant) else f"--{dashed(name)}"]
    aliases = given.get("aliases")
    names += [item.value for item in getattr(aliases, "elts", []) if isinstance(item, ast.Constant)]
    for option in map(str, names):
        yield option
        if "action" in given and "BooleanOptionalAction" in ast.unparse(given["action"]):
            yield option.replace("--", "--no-", 1)


def added(module: ast.Module) -> Iterator[tuple[str, dict[str, str]]]:
    """Option names of every `x.add_argument("--name", "-n", ...)`, with the call's keywords as text."""
    for node in ast.walk(module):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr != "add_argument":
            continue
        keywords = {keyword.arg or "**": ast.unparse(keyword.value) for keyword in node.keywords}
        for argument in node.args:
            if isinstance(argument, ast.Constant) and str(argument.value).startswith("-"):
                yield str(argument.value), keywords


def switches_off(option: str, keywords: dict[str, str], booleans: Iterable[str]) -> bool:
    """Whether `--no-<option>` exists: explicitly, or because the option follows a field that is a bool."""
    action = keywords.get("action", "")
    if "BooleanOptionalAction" in action:
        return True
    return option.startswith("--") and not action and option[2:].replace("-", "_") in booleans


def fields(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """Names and annotations of a dataclass's own fields."""
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            yield item.target.id, item.annotation


def dashed(name: str) -> str:
    return name.replace("_", "-")


READINGS = {
    "vllm": Reading(("vllm/engine/arg_utils.py", "vllm/entrypoints/**/cli_args.py"), vllm_options),
    "sglang": Reading(("sglang/srt/server_args.py",), sglang_options),
}

if __name__ == "__main__":
    raise SystemExit(main())
