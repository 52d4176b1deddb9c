"""Adding a cloud means adding a folder like the others: the same files, each saying the same thing of its cloud."""

from pathlib import Path

from intertie.platforms.capability import Capabilities

PLATFORMS = Path(__file__).parents[2] / "components" / "intertie" / "platforms"


def files(platform: str) -> set[str]:
    """Names of the files; one that was too long continues in `<name>_<part>.py`, which counts as the same."""
    names = {path.stem for path in (PLATFORMS / platform).glob("*.py")}
    return {name for name in names if name.startswith("__") or name.partition("_")[0] not in names - {name}}


def test_each_clouds_platform_has_the_same_files() -> None:
    assert files("eks") == files("aks") == files("gke")


def test_an_adopted_cluster_is_a_platform_with_a_subset_of_the_files() -> None:
    assert files("existing") <= files("eks")


def test_capabilities_are_data_that_need_no_sdk() -> None:
    import subprocess
    import sys

    for platform in ("eks", "aks", "gke", "existing"):
        code = (
            "import sys\n"
            f"from intertie.platforms.{platform}.capabilities import CAPABILITIES\n"
            "assert not [m for m in sys.modules if m.startswith('pulumi_')], 'an SDK was imported'\n"
            "print(type(CAPABILITIES).__name__)"
        )
        shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert shown.stdout.strip() == Capabilities.__name__, shown.stderr


def test_a_platform_renders_what_was_decided_and_not_what_was_wished() -> None:
    """`cluster`, `teams` and the network's switches are read once, by the plan, which says why in `explain`."""
    wishes = ("where.cluster", "spec.cluster", "spec.teams", "where.network.", "where.account.deployer")
    for file in sorted(PLATFORMS.rglob("*.py")):
        text = file.read_text()
        assert [wish for wish in wishes if wish in text] == [], file


def test_every_clouds_platform_says_what_its_deployer_must_be_allowed() -> None:
    for platform in ("eks", "aks", "gke"):
        lines = (PLATFORMS / platform / "data" / "actions.csv").read_text().splitlines()
        assert lines[0] == "type,action,source"
        assert len(lines) > 100
        assert all(line.rpartition(",")[2] for line in lines), platform
