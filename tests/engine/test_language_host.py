"""The language host through the real CLI: how programs end, what people see of it, and what is saved."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from intertie.lab.engine import Command, Engine
from intertie.lab.home import Home
from support.programs import engine, left_behind, project, serve_dynamic, wait_until

pytestmark = pytest.mark.engine

GOOD = """
    import os
    import sys

    import pulumi

    class Kept(pulumi.ComponentResource):
        def __init__(self, name):
            super().__init__("small:index:Kept", name)
            self.register_outputs({})

    Kept("kept")
"""


@dataclass(frozen=True)
class Case:
    """A program's end. `shown` is all that is told to the user; places of lines are not compared."""

    tail: str
    code: int
    shown: str = ""
    prints: tuple[str, ...] = ()
    whole: bool = False  # `tail` is the whole program


TRACE = "Program failed with an unhandled exception:\nTraceback (most recent call last):\n"
CASES = {
    "ends": Case("", 0),
    "sys.exit(0)": Case("sys.exit(0)", 0),
    "sys.exit(3)": Case("sys.exit(3)", 1, "an unhandled error occurred: program exited with non-zero exit code: 3"),
    "sys.exit(text)": Case(
        "sys.exit('no such region')",
        1,
        "an unhandled error occurred: program exited with non-zero exit code: 1",
        ("no such region",),
    ),
    "sys.exit(32)": Case("print('said why', file=sys.stderr); sys.exit(32)", 1, "", ("said why",)),
    "RunError": Case("raise pulumi.RunError('told plainly')", 1, "told plainly"),
    "crash": Case(
        "1 / 0",
        1,
        f'{TRACE}  File "MAIN", line 14, in <module>\n    1 / 0\n    ~~^~~\nZeroDivisionError: division by zero',
    ),
    "crash with a cause": Case(
        "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    raise ValueError('no zone') from error",
        1,
        f'{TRACE}  File "MAIN", line 15, in <module>\n    1 / 0\n    ~~^~~\nZeroDivisionError: division by zero\n\n'
        "The above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n"
        "  File \"MAIN\", line 17, in <module>\n    raise ValueError('no zone') from error\nValueError: no zone",
    ),
    "import error": Case(
        "import no_such_module",
        1,
        f'{TRACE}  File "MAIN", line 2, in <module>\n    import no_such_module\n'
        "ModuleNotFoundError: No module named 'no_such_module'",
        whole=True,
    ),
    "syntax error": Case(
        "def broken(:",
        1,
        'Program failed with an unhandled exception:\n  File "MAIN", line 2\n    def broken(:\n               ^\n'
        "SyntaxError: invalid syntax",
        whole=True,
    ),
    "os._exit": Case("os._exit(7)", 1, "an unhandled error occurred: program exited with non-zero exit code: 7"),
    "killed": Case(
        "os.kill(os.getpid(), 9)", 1, "an unhandled error occurred: program exited with non-zero exit code: -1"
    ),
    "crash in an output": Case(
        "pulumi.Output.from_input(1).apply(lambda value: value / 0)",
        1,
        f"{TRACE}  File \"MAIN\", line 14, in <lambda>\n"
        "    pulumi.Output.from_input(1).apply(lambda value: value / 0)\n"
        "                                                    ~~~~~~^~~\nZeroDivisionError: division by zero",
    ),
}  # fmt: skip


def source(case: Case) -> str:
    head = "" if case.whole else GOOD.replace("\n    ", "\n")
    return f"{head}\n{case.tail}\n"


@pytest.fixture(scope="module")
def small(lab_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """A stack that holds one component."""
    folder = project(tmp_path_factory.mktemp("small"), GOOD)
    made = engine(lab_home, folder, "how-it-ends")
    assert made.up().changed == {"create": 2}
    return made


@pytest.mark.parametrize("name", CASES)
def test_a_programs_end_has_its_exit_code_is_told_once_and_leaves_the_state_as_it_was(small: Engine, name: str) -> None:
    case = CASES[name]
    main = small.project / "__main__.py"
    main.write_text(source(case))
    before = [each["urn"] for each in small.resources()]

    outcome = small.up(limit=60)

    assert outcome.code == case.code, outcome.text
    shown = [message.replace(str(main), "MAIN") for message in outcome.messages("error")]
    assert shown == ([case.shown] if case.shown else [])
    assert outcome.messages("info#err") == case.prints
    assert outcome.changed == {}
    assert [each["urn"] for each in small.resources()] == before
    assert small.state().get("pending_operations") is None


def test_what_was_registered_before_a_crash_is_saved_and_nothing_is_deleted(lab_home: Home, tmp_path: Path) -> None:
    folder = project(tmp_path / "small", GOOD)
    stack = engine(lab_home, folder, "crash-midway")
    assert stack.up().ok
    (folder / "__main__.py").write_text(source(Case("Kept('late'); 1 / 0", 1)).replace('Kept("kept")', ""))

    outcome = stack.up()

    assert outcome.code == 1
    assert outcome.changed == {"create": 1}
    assert [each["urn"].split("::")[-1] for each in stack.resources()] == ["small-crash-midway", "late", "kept"]


def test_a_program_that_ends_well_without_a_resource_has_it_deleted(lab_home: Home, tmp_path: Path) -> None:
    folder = project(tmp_path / "small", GOOD)
    stack = engine(lab_home, folder, "exit-early")
    assert stack.up().ok
    (folder / "__main__.py").write_text("import sys\nsys.exit(0)\n")

    assert stack.up().changed == {"delete": 1}


def test_what_a_program_prints_is_shown_beside_the_stack(lab_home: Home, tmp_path: Path) -> None:
    folder = project(tmp_path / "small", "print('to people')\nimport sys\nprint('aside', file=sys.stderr)\n")
    outcome = engine(lab_home, folder, "prints").preview()
    assert outcome.ok
    assert outcome.messages("info") == ("to people",)
    assert outcome.messages("info#err") == ("aside",)


def test_a_program_sees_its_project_stack_configuration_and_folder(lab_home: Home, tmp_path: Path) -> None:
    folder = project(
        tmp_path / "small",
        """
        import os, sys
        import pulumi
        config = pulumi.Config()
        pulumi.export("names", [pulumi.get_organization(), pulumi.get_project(), pulumi.get_stack()])
        pulumi.export("region", config.require("region"))
        pulumi.export("key", config.require_secret("key"))
        pulumi.export("folder", os.path.basename(os.getcwd()))
        pulumi.export("beside", os.path.basename(sys.path[0]))
        """,
    )
    stack = engine(lab_home, folder, "sees")
    assert stack.run("config", "set", "region", "here").ok
    assert stack.run("config", "set", "--secret", "key", "very-secret-key").ok

    outcome = stack.up()

    assert outcome.ok, outcome.text
    assert "very-secret-key" not in outcome.text + str(outcome.events) + str(stack.state())
    assert stack.outputs(secrets=True) == {
        "names": ["organization", "small", "sees"],
        "region": "here",
        "key": "very-secret-key",
        "folder": "small",
        "beside": "small",
    }


def test_an_error_of_ours_in_a_component_is_shown_once_and_without_a_traceback(
    lab_home: Home, tmp_path: Path, root: Path
) -> None:
    folder = project(
        tmp_path / "small",
        f"""
        from pathlib import Path
        from intertie import InferencePipeline, read_file
        InferencePipeline("chat", {{
            "spec": read_file(Path({str(root / "stacks" / "specs" / "chat.yaml")!r})),
            "placement": "nowhere",
        }})
        """,
    )
    outcome = engine(lab_home, folder, "wrong-placement").preview()
    assert outcome.code == 1
    (shown,) = outcome.messages("error")
    assert shown.startswith("placement 'nowhere':")
    assert "aws-use1" in shown
    assert "Traceback" not in outcome.text


SLOW = """
    import pulumi
    from pulumi.dynamic import CreateResult, Resource, ResourceProvider

    class Slow(ResourceProvider):
        def create(self, props):
            import pathlib, time
            folder = pathlib.Path("HERE")
            (folder / "begun").touch()
            end = time.monotonic() + 60
            while not (folder / "go").exists() and time.monotonic() < end:
                time.sleep(0.02)
            return CreateResult("made", {})

    class Thing(Resource):
        def __init__(self, name, opts=None):
            super().__init__(Slow(), name, {}, opts)

    Thing("second", pulumi.ResourceOptions(depends_on=[Thing("first")]))
"""


@dataclass(frozen=True)
class Slow:
    """An update that stands in the middle of the creation of its first resource, until it is let go."""

    engine: Engine
    command: Command
    folder: Path

    def let_go(self) -> None:
        (self.folder / "go").touch()

    def names(self) -> list[str]:
        return [each["urn"].split("::")[-1] for each in self.engine.resources() if "Resource" in each["urn"]]


@pytest.fixture
def slow(lab_home: Home, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Slow]:
    serve_dynamic(lab_home)
    folder = project(tmp_path / "small", SLOW.replace("HERE", str(tmp_path)))
    made = engine(lab_home, folder, f"slow-{abs(hash(request.node.name))}")
    command = made.start("up", "--yes", "--skip-preview")
    try:
        wait_until(lambda: (tmp_path / "begun").exists() or command.process.poll() is not None)
        assert (tmp_path / "begun").exists(), command.shown()
        yield Slow(made, command, tmp_path)
    finally:
        command.kill()
        command.wait(60)
    wait_until(lambda: not left_behind(tmp_path), 5)


def test_an_interrupted_update_finishes_what_is_under_way_and_saves_it(slow: Slow) -> None:
    slow.command.interrupt()
    wait_until(lambda: "^C received; cancelling" in slow.command.shown())
    slow.let_go()
    outcome = slow.command.wait(60)

    assert outcome.code == 1
    assert outcome.messages("error") == ("update canceled",)
    assert "Traceback" not in outcome.text
    assert slow.names() == ["first"]
    assert slow.engine.up(limit=60).changed == {"create": 1}


def test_an_update_that_is_interrupted_twice_ends_at_once_and_says_what_is_unknown(slow: Slow) -> None:
    slow.command.interrupt()
    wait_until(lambda: "^C received; cancelling" in slow.command.shown())
    slow.command.interrupt()
    outcome = slow.command.wait(60)

    assert outcome.code == 8
    assert outcome.messages("error") == ("update failed",)
    assert "Traceback" not in outcome.text
    assert [each["type"] for each in slow.engine.state()["pending_operations"]] == ["creating"]
    slow.let_go()
    again = slow.engine.up(limit=60)
    assert again.changed == {"create": 2}
    assert "1 pending operations from previous deployment" in again.messages("warning")[0]


def test_a_killed_update_leaves_a_lock_and_no_process_and_goes_on_after_cancel(slow: Slow) -> None:
    slow.command.kill()
    assert slow.command.wait(60).code == -9
    wait_until(lambda: not left_behind(slow.folder), 5)
    slow.let_go()

    refused = slow.engine.up(limit=60)
    assert refused.code == 1
    assert "the stack is currently locked by 1 lock(s)" in refused.text
    assert slow.engine.cancel().ok
    assert slow.engine.up(limit=60).changed == {"create": 2}
