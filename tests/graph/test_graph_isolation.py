"""Several programs in one process: each sees its own process, and none leaves anything behind."""

import asyncio
import contextvars
import gc
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import settings
from pulumi_aws import ec2

from intertie.errors import InputError
from intertie.graph import Graph, record

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a program folder: keyword arguments are its files, without the ending."""

    def make(name: str, **files: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for file, text in files.items():
            (folder / f"{file.replace('main', '__main__') if file == 'main' else file}.py").write_text(text)
        return folder

    return make


MAIN = """
import os, sys
from pathlib import Path
import pulumi
import helper
pulumi.export("name", __name__)
pulumi.export("file", str(Path(__file__).name))
pulumi.export("argv", [Path(argument).name for argument in sys.argv])
pulumi.export("helper", helper.NAME)
pulumi.export("who", pulumi.Config().require("who"))
pulumi.export("main", sys.modules["__main__"].__dict__ is globals())
print("hello from the program")
"""


def _process() -> dict[str, Any]:
    return {
        "path": list(sys.path),
        "argv": list(sys.argv),
        "main": sys.modules["__main__"],
        "cwd": Path.cwd(),
        "stdout": sys.stdout,
        "importers": {key for key in sys.path_importer_cache if "pytest-of" in key},
        "project": settings.get_project(),
        "stack": settings.get_stack(),
        "monitor": settings.get_monitor(),
        "root": settings.get_root_resource(),
        "config": pulumi.Config("inference").get("who"),
    }


def test_a_folder_runs_as_main_with_its_own_modules_and_arguments(write: Write, capsys: Any) -> None:
    folder = write("stacks", main=MAIN, helper="NAME = 'mine'")
    before = _process()
    graph = record(folder, "inference", "dev", {"who": "me"})
    assert graph.exports == {
        "name": "__main__",
        "file": "__main__.py",
        "argv": ["__main__.py"],
        "helper": "mine",
        "who": "me",
        "main": True,
    }
    assert _process() == before
    assert "helper" not in sys.modules
    assert capsys.readouterr() == ("", "hello from the program\n")


def test_a_script_runs_like_a_folder(write: Write) -> None:
    folder = write("stacks", other="import pulumi\npulumi.export('name', __name__)")
    assert record(folder / "other.py", "inference", "dev").exports == {"name": "__main__"}


def test_two_programs_with_modules_of_the_same_name_each_get_their_own(write: Write) -> None:
    first = write("first", main=MAIN, helper="NAME = 'first'")
    second = write("second", main=MAIN, helper="NAME = 'second'")
    for _ in range(2):
        assert record(first, "inference", "a", {"who": "1"}).exports["helper"] == "first"
        assert record(second, "inference", "b", {"who": "2"}).exports["helper"] == "second"


def test_a_module_of_the_caller_with_the_same_name_is_hidden_and_comes_back(write: Write) -> None:
    mine = type(sys)("helper")
    sys.modules["helper"] = mine
    try:
        folder = write("stacks", main=MAIN, helper="NAME = 'theirs'")
        assert record(folder, "inference", "dev", {"who": "me"}).exports["helper"] == "theirs"
        assert sys.modules["helper"] is mine
    finally:
        del sys.modules["helper"]


def test_a_module_of_the_folder_that_the_caller_uses_already_is_shared(write: Write) -> None:
    folder = write("stacks", main="import pulumi, helper\npulumi.export('name', helper.NAME)", helper="NAME = 'x'")
    mine = type(sys)("helper")
    mine.__file__ = str(folder / "helper.py")
    vars(mine)["NAME"] = "the caller's"
    sys.modules["helper"] = mine
    try:
        assert record(folder, "inference", "dev").exports["name"] == "the caller's"
        assert sys.modules["helper"] is mine
    finally:
        del sys.modules["helper"]


def test_state_of_a_module_does_not_pass_from_stack_to_stack(write: Write) -> None:
    folder = write(
        "stacks",
        main="import pulumi, state\nstate.SEEN.append(pulumi.get_stack())\npulumi.export('seen', state.SEEN)",
        state="SEEN = []",
    )
    assert record(folder, "inference", "a").exports == {"seen": ["a"]}
    assert record(folder, "inference", "b").exports == {"seen": ["b"]}


def test_an_edited_program_is_read_again(write: Write) -> None:
    folder = write("stacks", main="import pulumi, value\npulumi.export('v', value.V)", value="V = 1")
    assert record(folder, "inference", "dev").exports == {"v": 1}
    (folder / "value.py").write_text("V = 22")
    assert record(folder, "inference", "dev").exports == {"v": 22}


def test_the_process_is_put_back_after_a_program_that_fails(write: Write) -> None:
    folder = write("stacks", main="import sys, helper\nsys.argv.append('x')\nsys.path.append('y')\n1 / 0", helper="")
    before = _process()
    with pytest.raises(Exception, match="ZeroDivisionError"):
        record(folder, "inference", "dev")
    assert _process() == before
    assert "helper" not in sys.modules


def test_libraries_that_lie_inside_the_folder_stay_loaded(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write("project", main="import pulumi, vendored_library\npulumi.export('v', vendored_library.V)")
    library = folder / ".venv" / "site-packages"
    library.mkdir(parents=True)
    (library / "vendored_library.py").write_text("V = 1")
    monkeypatch.syspath_prepend(str(library))
    try:
        assert record(folder, "inference", "dev").exports == {"v": 1}
        assert "vendored_library" in sys.modules
    finally:
        sys.modules.pop("vendored_library", None)


def _program(number: int) -> Callable[[], None]:
    def program() -> None:
        assert pulumi.get_stack() == f"s{number}"
        vpc = ec2.Vpc(f"v{number}", cidr_block=f"10.{number}.0.0/16")
        ec2.Subnet(f"n{number}", vpc_id=vpc.id, cidr_block=vpc.cidr_block)
        pulumi.export("number", pulumi.Config().require_int("number"))
        pulumi.export("secret", pulumi.Config().require_secret("key"))

    return program


def _record_number(number: int) -> Graph:
    return record(_program(number), f"p{number}", f"s{number}", {"number": str(number), "key": "hunter2"}, ["key"])


def test_functions_recorded_in_many_threads_do_not_mix() -> None:
    alone = [_record_number(number) for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(_record_number, range(12)))
    assert together == alone
    assert [graph.exports["number"] for graph in together] == list(range(12))
    assert all(f"::p{number}::" in resource.urn for number, graph in enumerate(together) for resource in graph)


def test_folders_recorded_in_many_threads_do_not_mix(write: Write) -> None:
    folders = [write(f"f{number}", main=MAIN, helper=f"NAME = 'h{number}'") for number in range(6)]
    before = _process()
    with ThreadPoolExecutor(6) as pool:
        graphs = list(
            pool.map(
                lambda pair: record(pair[1], "inference", f"s{pair[0]}", {"who": f"w{pair[0]}"}), enumerate(folders)
            )
        )
    assert [graph.exports["helper"] for graph in graphs] == [f"h{number}" for number in range(6)]
    assert [graph.exports["who"] for graph in graphs] == [f"w{number}" for number in range(6)]
    assert _process() == before


def test_settings_do_not_become_the_default_of_other_contexts() -> None:
    """The SDK's settings make a first value the default of the whole process; a recording must not."""
    _record_number(3)
    seen: list[Any] = []
    thread = threading.Thread(
        target=lambda: seen.extend((settings.get_monitor(), vars(settings.Settings)["callbacks"].fget()))
    )
    thread.start()
    thread.join()
    assert seen == [None, None]
    assert contextvars.Context().run(settings.get_monitor) is None


def test_recording_works_where_an_event_loop_already_runs() -> None:
    async def inside() -> Graph:
        return _record_number(1)

    assert asyncio.run(inside()) == _record_number(1)


def test_the_working_directory_stays_even_while_the_program_runs(write: Write) -> None:
    folder = write("stacks", main="import os, pulumi\npulumi.export('cwd', os.getcwd())")
    assert record(folder, "inference", "dev").exports == {"cwd": str(Path.cwd())}


CHANGES_ITS_PROCESS = """
import os, sys
import pulumi
pulumi.export("seen", [os.environ.get("LEFT"), sys.getrecursionlimit(), sys.stdin is None])
os.environ["LEFT"] = "behind"
os.environ.pop("PATH")
os.chdir("/")
sys.setrecursionlimit(5000)
sys.stdin = sys.stderr = None
"""


def test_what_a_program_does_to_its_process_ends_with_it(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEFT", raising=False)
    folder = write("stacks", main=CHANGES_ITS_PROCESS)
    before = (dict(os.environ), Path.cwd(), sys.getrecursionlimit(), sys.stdin, sys.stderr)
    first, second = (record(folder, "inference", stack).exports for stack in ("dev", "prod"))
    assert first == second == {"seen": [None, before[2], False]}
    assert (dict(os.environ), Path.cwd(), sys.getrecursionlimit(), sys.stdin, sys.stderr) == before


WRITES_PAST_PYTHON = """
import os, subprocess, sys
os.write(1, b"from the descriptor ")
sys.__stdout__.write("from the stream ")
subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
os.close(1)
"""


def test_nothing_that_a_program_writes_is_taken_for_data(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    record(write("stacks", main=WRITES_PAST_PYTHON), "inference", "dev")
    os.write(1, b"data")
    shown = capfd.readouterr()
    assert shown.out == "data"
    assert "from the descriptor" in shown.err
    assert "from a child" in shown.err


@pytest.mark.parametrize("then", ["", "raise ValueError('in the child')", "raise SystemExit(0)"])
def test_a_child_that_a_program_forks_does_not_report_a_second_time(then: str, write: Write, tmp_path: Path) -> None:
    main = f"import os\nchild = os.fork()\nif child:\n    os.waitpid(child, 0)\nelse:\n    pass\n    {then}\n"
    folder, reports = write("stacks", main=main), tmp_path / "reports"
    graph = record(folder, "inference", "dev")
    with reports.open("a") as file:
        file.write("x")
    assert reports.read_text() == "x"
    assert graph.stack == "dev"


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_left_as_it_was(enabled: bool) -> None:
    inside: list[bool] = []

    def program() -> None:
        inside.append(gc.isenabled())
        raise ValueError("x")

    was = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        with pytest.raises(InputError):
            record(program, "inference", "dev")
        assert gc.isenabled() is enabled
        assert inside == [False]
    finally:
        (gc.enable if was else gc.disable)()
