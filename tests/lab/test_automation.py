"""Pulumi's Automation API in a lab: what it changes, how failures are told, and that it neither hangs nor strays."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pulumi.automation import LocalWorkspaceOptions, create_stack

from intertie.errors import OutsideError
from intertie.lab import automation
from intertie.lab.session import Lab
from support.programs import left_behind, project, wait_until

pytestmark = pytest.mark.engine

GOOD = """
    import pulumi

    class Kept(pulumi.ComponentResource):
        def __init__(self, name):
            super().__init__("small:index:Kept", name)
            self.register_outputs({})

    Kept("kept")
"""
PACK = """
    from pulumi_policy import EnforcementLevel, PolicyPack, StackValidationPolicy

    def judge(stack, report):
        if any(each.name == "kept" for each in stack.resources):
            report("nothing may be called kept")

    PolicyPack("small", [StackValidationPolicy("no-kept", "Nothing is kept.", judge, EnforcementLevel.MANDATORY)])
"""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with Lab(tmp_path / "lab", kubernetes=False) as made:
        yield made
    wait_until(lambda: not left_behind(tmp_path), 5)


def test_a_preview_and_an_update_say_what_changes(lab: Lab, tmp_path: Path) -> None:
    stack = automation.create(lab.home, project(tmp_path / "small", GOOD), "one")
    assert automation.preview(stack) == {"create": 2}
    assert automation.up(stack) == {"create": 2}
    assert automation.up(stack) == {"same": 2}


def test_a_failure_is_told_in_the_engines_own_words(lab: Lab, tmp_path: Path) -> None:
    stack = automation.create(lab.home, project(tmp_path / "small", "raise pulumi.RunError('told plainly')"), "one")
    (tmp_path / "small" / "__main__.py").write_text("import pulumi\nraise pulumi.RunError('told plainly')\n")
    for act in (automation.preview, automation.up):
        with pytest.raises(OutsideError) as told:
            act(stack)
        assert str(told.value) == "told plainly"


def test_a_stack_that_there_is_already_is_told(lab: Lab, tmp_path: Path) -> None:
    folder = project(tmp_path / "small", GOOD)
    automation.create(lab.home, folder, "one")
    with pytest.raises(OutsideError, match="stack 'organization/small/one' already exists"):
        automation.create(lab.home, folder, "one")


def test_packs_judge_a_preview(lab: Lab, tmp_path: Path) -> None:
    pack = project(tmp_path / "pack", PACK)
    (pack / "PulumiPolicy.yaml").write_text("name: small\nruntime: python\nversion: 0.0.1\n")
    stack = automation.create(lab.home, project(tmp_path / "small", GOOD), "one")
    with pytest.raises(OutsideError, match="nothing may be called kept"):
        automation.preview(stack, (pack,))


def test_the_persons_own_settings_do_not_reach_the_cli(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file:///nowhere")
    monkeypatch.setenv("PULUMI_STACK", "theirs")
    stack = automation.create(lab.home, project(tmp_path / "small", GOOD), "one")
    assert automation.preview(stack) == {"create": 2}
    assert list((lab.home.state / ".pulumi" / "stacks").rglob("one.json*"))


def test_nothing_lies_beside_the_state_that_a_killed_cli_could_leave_half_written(lab: Lab, tmp_path: Path) -> None:
    automation.up(automation.create(lab.home, project(tmp_path / "small", GOOD), "one"))
    files = [file.name for file in (lab.home.state / ".pulumi").rglob("*") if file.is_file()]
    assert "one.json" in files
    assert [name for name in files if name.endswith(".attrs")] == []


def test_a_program_that_hangs_is_ended(lab: Lab, tmp_path: Path) -> None:
    folder = project(tmp_path / "small", "import time; time.sleep(60)")
    options = LocalWorkspaceOptions(
        pulumi_home=str(lab.home.pulumi_home),
        env_vars=lab.environment(),
        pulumi_command=automation.LabCommand(lab.home, limit=3),
    )
    stack = create_stack("one", work_dir=str(folder), opts=options)
    with pytest.raises(OutsideError, match=r"pulumi preview did not end within 3 s; it said last:"):
        automation.preview(stack)
