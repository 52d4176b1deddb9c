"""A program that fails gives one clear message with its place, never a traceback."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi_aws import ec2

from intertie.errors import InputError, PlanError, Problem
from intertie.graph import loop, record

Fails = Callable[..., str]


@pytest.fixture
def fails(tmp_path: Path) -> Fails:
    """Records a script that must fail; returns the message."""

    def run(text: str, **arguments: Any) -> str:
        folder = tmp_path / "stacks"
        folder.mkdir(exist_ok=True)
        (folder / "__main__.py").write_text(text)
        with pytest.raises(InputError) as caught:
            record(folder, "inference", "dev", **arguments)
        assert "Traceback" not in str(caught.value)
        assert caught.value.__cause__ is None
        return str(caught.value)

    return run


def test_a_folder_without_a_program_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no program here\n  → .*__main__\.py"):
        record(tmp_path, "inference", "dev")


def test_an_error_is_shown_with_file_and_line(fails: Fails) -> None:
    assert fails("x = {}\n\nx['region']\n") == "stacks/__main__.py:3: KeyError: 'region'"


def test_a_syntax_error_is_shown_where_it_is(fails: Fails) -> None:
    assert fails("x = 1\nif x\n    pass\n") == "stacks/__main__.py:2: SyntaxError: expected ':'"


def test_a_missing_package_comes_with_a_remedy(fails: Fails) -> None:
    message = fails("import pulumi\nimport pulumi_neptune\n")
    assert message.startswith(
        "stacks/__main__.py:2: ModuleNotFoundError: No module named 'pulumi_neptune'\n  → install"
    )


def test_a_relative_path_that_is_not_found_comes_with_a_remedy(fails: Fails) -> None:
    message = fails("open('specs/chat.yaml')\n")
    assert "stacks/__main__.py:1: FileNotFoundError" in message
    assert "Path(__file__).parent" in message


@pytest.mark.parametrize(
    ("call", "text"),
    [("sys.exit()", "sys.exit()"), ("sys.exit(0)", "sys.exit(0)"), ("sys.exit('no spec')", "sys.exit('no spec')")],
)
def test_a_program_that_ends_itself_is_an_error(fails: Fails, call: str, text: str) -> None:
    assert fails(f"import sys\n{call}\n") == f"stacks/__main__.py:2: the program ended itself with {text}"


def test_missing_configuration_is_named(fails: Fails) -> None:
    message = fails("import pulumi\npulumi.Config().require('spec')\n")
    assert message.startswith("stacks/__main__.py:2: ")
    assert "'inference:spec'" in message


def test_a_missing_required_property_is_shown_where_the_resource_is_made(fails: Fails) -> None:
    message = fails("from pulumi_aws import eks\neks.Cluster('c', role_arn='r')\n")
    assert message == "stacks/__main__.py:2: TypeError: Missing required property 'vpc_config'"


def test_an_error_inside_an_apply_is_shown_where_the_function_is(fails: Fails) -> None:
    message = fails(
        "from pulumi_aws import ec2\nvpc = ec2.Vpc('v', cidr_block='10.0.0.0/16')\n"
        "vpc.cidr_block.apply(\n    lambda block: int(block))\n"
    )
    assert message.startswith("stacks/__main__.py:4: ValueError: invalid literal for int()")


def test_a_resource_whose_input_fails_is_named(fails: Fails) -> None:
    message = fails(
        "import asyncio\nfrom pulumi_aws import ec2\nasync def block():\n    raise RuntimeError('no answer')\n"
        "ec2.Vpc('v', cidr_block=block())\n"
    )
    assert message == "stacks/__main__.py:4: RuntimeError: no answer\n  while registering aws:ec2/vpc:Vpc 'v'"


def test_a_failed_future_has_no_line_so_the_resource_gives_it(fails: Fails) -> None:
    message = fails(
        "import asyncio\nfrom pulumi_aws import ec2\nfuture = asyncio.get_running_loop().create_future()\n"
        "future.set_exception(RuntimeError('no answer'))\nec2.Vpc('v', cidr_block=future)\n"
    )
    assert message == "stacks/__main__.py:5: RuntimeError: no answer\n  while registering aws:ec2/vpc:Vpc 'v'"


def test_a_value_that_cannot_travel_is_reported_with_its_resource(fails: Fails) -> None:
    message = fails("from pulumi_aws import ec2\nec2.Vpc('v', tags={'a': object()})\n")
    assert message.startswith("stacks/__main__.py:2: ")
    assert "aws:ec2/vpc:Vpc 'v'" in message


def test_an_answer_that_is_needed_at_once_is_refused_with_a_remedy(fails: Fails) -> None:
    message = fails("import pulumi_aws as aws\naws.get_caller_identity().account_id\n")
    assert message.startswith("stacks/__main__.py:2: ")
    assert "get_caller_identity_output" in message


@pytest.mark.timeout(20)
def test_a_value_that_never_comes_is_reported_instead_of_waited_for(fails: Fails) -> None:
    message = fails(
        "import asyncio\nfrom pulumi_aws import ec2\nec2.Vpc('fine')\n"
        "vpc = ec2.Vpc('v', cidr_block=asyncio.get_running_loop().create_future())\n"
        "ec2.Subnet('s', vpc_id=vpc.id)\n"
    )
    assert message == (
        "stacks/__main__.py:4: the program waits for a value that never comes\n  while registering aws:ec2/vpc:Vpc 'v'"
    )


@pytest.mark.timeout(20)
def test_a_program_that_waits_for_nothing_is_reported() -> None:
    async def program() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(InputError, match="the program waits for a value that never comes"):
        record(program, "inference", "dev")


@pytest.mark.timeout(20)
def test_where_other_threads_run_they_get_their_chance_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "_PATIENCE_S", 0.2)
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()

    async def program() -> None:
        await asyncio.get_running_loop().create_future()

    try:
        with pytest.raises(InputError, match="never comes"):
            record(program, "inference", "dev")
    finally:
        end.set()
        thread.join()


def test_a_thread_that_takes_its_time_is_waited_for() -> None:
    async def program() -> None:
        running, future = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()
        threading.Timer(0.05, lambda: running.call_soon_threadsafe(future.set_result, "10.0.0.0/16")).start()
        pulumi.export("block", await future)
        pulumi.export("slept", await asyncio.to_thread(lambda: threading.Event().wait(0.05)))
        await asyncio.sleep(0.01)

    assert record(program, "inference", "dev").exports == {"block": "10.0.0.0/16", "slept": False}


def test_a_program_that_ends_itself_late_is_an_error_too(fails: Fails) -> None:
    message = fails("import sys\nfrom pulumi_aws import ec2\nec2.Vpc('v', tags={'a': 'b'}).tags.apply(sys.exit)\n")
    assert "the program ended itself with sys.exit({'a': 'b'})" in message


def test_secrets_that_a_message_quotes_are_hidden(fails: Fails) -> None:
    text = "import pulumi\nraise ValueError('bad token ' + pulumi.Config().require('token'))\n"
    message = fails(text, config={"token": "hunter2"}, secret_keys=["token"])
    assert message == "stacks/__main__.py:2: ValueError: bad token [secret]"


def test_parts_of_a_secret_that_a_message_quotes_are_hidden(fails: Fails) -> None:
    text = "import pulumi\nconfig = pulumi.Config()\n"
    found = {"door": '{"users": [{"password": "hunter2hunter2"}]}', "key": "-----BEGIN-----\nAAAABBBBCCCC\n"}
    known = {"config": found, "secret_keys": list(found)}
    assert "[secret]" in fails(
        text + "raise ValueError(config.require_object('door')['users'][0]['password'])", **known
    )
    assert "[secret]" in fails(text + "raise ValueError(config.require('key'))", **known)
    assert "[secret]" in fails(text + "raise ValueError(repr(config.require('key')))", **known)


@pytest.mark.parametrize("kind", ["GeneratorExit", "type('Odd', (BaseException,), {})", "asyncio.CancelledError"])
def test_whatever_a_program_raises_becomes_one_message(kind: str, fails: Fails) -> None:
    direct = fails(f"import asyncio\nraise {kind}()\n")
    assert direct.startswith("stacks/__main__.py:2: ")
    late = fails(f"import asyncio, pulumi\ndef odd(_):\n    raise {kind}()\npulumi.Output.from_input(1).apply(odd)\n")
    assert late.startswith("stacks/__main__.py")


def test_an_error_that_cannot_even_say_what_it_is_is_named(fails: Fails) -> None:
    text = "class Mute(Exception):\n    def __str__(self):\n        raise ValueError\nraise Mute\n"
    assert fails(text) == "stacks/__main__.py:4: Mute"


def test_a_run_error_is_shown_as_it_is(fails: Fails) -> None:
    assert fails("import pulumi\nraise pulumi.RunError('choose a region')\n") == "stacks/__main__.py:2: choose a region"


def test_errors_of_a_component_pass_through_as_they_are() -> None:
    problems = [Problem("stages[0].accelerators", "h900", "h100, h200")]

    def direct() -> None:
        raise PlanError("aws-use1", problems)

    def late() -> None:
        ec2.Vpc("v", cidr_block="10.0.0.0/16").cidr_block.apply(lambda _: direct())

    def wrapped() -> None:
        try:
            direct()
        except PlanError as error:
            raise RuntimeError("while building") from error

    for program in (direct, late, wrapped):
        with pytest.raises(PlanError) as caught:
            record(program, "inference", "dev")
        assert caught.value.problems == tuple(problems)


def test_an_interrupt_is_not_swallowed() -> None:
    def program() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record(program, "inference", "dev")


def test_errors_of_functions_are_shown_with_their_place() -> None:
    async def program() -> None:
        await asyncio.sleep(0)
        pulumi.export("x", {}["region"])

    with pytest.raises(InputError, match=r"^graph/test_graph_faults.py:\d+: KeyError: 'region'$"):
        record(program, "inference", "dev")
