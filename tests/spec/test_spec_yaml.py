"""YAML that is no description: a clear message at the right place, and never another exception."""

import time

import pytest

from intertie.errors import InputError
from intertie.spec import read_text
from support.descriptions import SMALL, only, problems_in, spec_of


def test_the_small_description_is_read() -> None:
    assert spec_of(SMALL).stages[1].model is not None


def edited(line: int, text: str) -> str:
    """The small description with one line (counted from 1) replaced."""
    lines = SMALL.splitlines()
    lines[line - 1] = text
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("line", "text", "path", "where"),
    [
        (2, "owner: Search Platform", "owner", "2:8"),
        (2, "ownr: search-platform", "ownr", "2:1"),
        (2, "", "owner", "1:1"),
        (5, "residency: [us, 7]", "residency[1]", "5:17"),
        (7, "  - nam: prepare", "stages[0].nam", "7:5"),
        (9, '    replicas: "many"', "stages[0].replicas", "9:15"),
        (9, "    replicas: {min: 3, max: two}", "stages[0].replicas.max", "9:29"),
        (9, "    replicas: 5..2", "stages[0].replicas", "9:15"),
        (13, "    model: {id: acme/model, parameters: 8e9, precision: fp9}", "stages[1].model.precision", "13:57"),
        (13, "    model: {parameters: 8e9}", "stages[1].model.id", "13:5"),
        (17, "  b: {cloud: aws, region: x, capacity: {generate: odcr}}", "placements.b.capacity.generate.id", "17:51"),
        (17, "  b: {cloud: aws, capacity: {generate: [spot, odcr]}}", "placements.b.capacity.generate[1].id", "17:47"),
        (17, "  here: {cloud: aws, region: us-east-1, tags: {owner: me}}", "placements.here.tags.owner", "17:48"),
        (17, "  Here: {cloud: aws, region: us-east-1}", "placements.Here", "17:3"),
    ],
)  # fmt: skip
def test_a_problem_names_its_path_line_and_column(line: int, text: str, path: str, where: str) -> None:
    found = {(problem.path, problem.where) for problem in problems_in(edited(line, text))}
    assert (path, f"small.yaml:{where}") in found


def test_places_do_not_move_with_line_ends_and_a_byte_order_mark() -> None:
    text = "\ufeff" + edited(9, "    replicas: many").replace("\n", "\r\n")
    assert only(problems_in(text)).where == "small.yaml:9:15"


def test_problems_come_in_the_order_of_the_file() -> None:
    text = edited(2, "owner: 1").replace("replicas: 1\n", "replicas: x\n").replace("aws", "asw")
    lines = [int(problem.where.split(":")[1]) for problem in problems_in(text)]
    assert lines == sorted(lines)
    assert len(lines) == 3


def test_all_problems_of_all_sieves_come_at_once() -> None:
    text = (
        edited(2, "owner: no").replace("fp8", "x").replace("[l4, a10]", "[l5]").replace("aws", "asw") + "name: twice\n"
    )
    assert {problem.path for problem in problems_in(text)} == {
        "owner",  # read differently by readers of YAML
        "stages[1].accelerators[0]",  # a check
        "placements.here.cloud",  # a model
        "name",  # a key twice
    }


def test_a_key_twice_is_refused_at_the_second_and_names_the_first() -> None:
    problem = only(problems_in(SMALL + "owner: other\n"))
    assert (problem.path, problem.where) == ("owner", "small.yaml:18:1")
    assert "first on line 2" in problem.found


@pytest.mark.parametrize(
    ("text", "found", "where"),
    [
        ("", "an empty file", "1:1"),
        ("# only a comment\n", "an empty file", "1:1"),
        ("null\n", "nothing (an empty value)", "1:1"),
        ("- a\n- b\n", "a list of 2", "1:1"),
        ("just text\n", '"just text"', "1:1"),
        ("7\n", "7 (a number)", "1:1"),
        ("a: 1\n---\nb: 2\n", "a second document after `---`", "2:1"),
        ("a:\n\tb: 1\n", "a tab", "2:1"),
        ("a: b: c\n", "a second `:`", "1:5"),
        ("a: [1, 2\nb: 3\n", "a bracket that is never closed", "1:4"),
        ("a: {b: 1\nc: 3\n", "a bracket that is never closed", "1:4"),
        ('a: "open\n', "a quote that is never closed", "1:4"),
        ("a: @x\n", "@ at the start of a value", "1:4"),
        ("a: *there\n", "the alias *there", "1:4"),
        ("a: &x 1\nb: &x 2\n", "the anchor &x a second time", "2:4"),
        ("a:\n  - x\n b: 1\n", "an entry out of line", "3:2"),
        ("a: b\nc\nd: e\n", "a line without `:`", "3:1"),
        ('a: "\\q"\n', "the escape \\q", "1:6"),
        ('a: "\\UFFFFFFFF"\n', "an escape or a version out of range", "1:7"),
        (f"%YAML {'1' * 5000}.1\n---\na: 1\n", "an escape or a version out of range", "1:7"),
        ("a: \0\n", "the control character U+0000", "1:4"),
        ("a: 1\nb: \x1b[31m\n", "the control character U+001B", "2:4"),
        ("%TAG !e! tag:example.com,2000:\n---\n!e!x {}\n", "the tag tag:example.com,2000:x", "3:1"),
        ("!!python/object/apply:os.system [ls]\n", "the tag !!python/object/apply:os.system", "1:1"),
        ("[" * 500 + "]" * 500, "more than 32 levels of nesting", "1:33"),
    ],
)
def test_a_text_that_is_no_description_is_refused_with_its_place(text: str, found: str, where: str) -> None:
    problem = problems_in(text)[0]
    assert found in problem.found
    assert (problem.path, problem.where) == ("document", f"small.yaml:{where}")
    assert problem.allowed


@pytest.mark.parametrize(
    "tag", ["!!python/name:os.system", "!!binary", "!!timestamp", "!!set", "!Ref", "!!int", "!!float"]
)
def test_tags_are_refused_wherever_they_stand(tag: str) -> None:
    problem = only(problems_in(edited(2, f"owner: {tag} x")))
    assert problem.path == "owner"
    assert problem.found.startswith("the tag !")


def test_a_tag_that_says_text_is_taken_at_its_word() -> None:
    assert spec_of(edited(3, "cost_center: !!str 4711")).cost_center == "4711"


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("1", "the key 1"),
        ("on", "the key on"),
        ("~", "the key ~"),
        ("1.5", "the key 1.5"),
        ("[a, b]", "a list or mapping as a key"),
        ("{a: b}", "a list or mapping as a key"),
        ("<<", "a merge key `<<`"),
    ],
)
def test_keys_must_be_text(key: str, found: str) -> None:
    problem = only(problems_in(SMALL + f"? {key}\n: {{x: y}}\n"))
    assert problem.found == found
    assert problem.where == "small.yaml:18:3"


def test_a_number_as_a_key_says_how_to_write_it() -> None:
    text = edited(8, "    env: {1: x}\n    image: ghcr.io/acme/prepare:1.0")
    assert only(problems_in(text)).hint == 'write "1"'


def test_an_alias_of_a_complete_value_is_unfolded() -> None:
    text = SMALL.replace("[spot, on-demand]", "&ladder [spot]").replace("replicas: 1..2", "replicas: &r 2..4")
    text = text.replace("    replicas: 1\n", "    replicas: *r\n")
    assert spec_of(text).stages[1].replicas.max == 4


def test_an_alias_of_itself_is_refused() -> None:
    assert "part of" in problems_in(edited(2, "owner: &x [*x]"))[0].found


def test_aliases_that_unfold_without_end_are_refused_in_bounded_time() -> None:
    layers = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    layers += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    start = time.perf_counter()
    problems = problems_in("\n".join(layers) + "\n")
    assert any("unfold to more than" in problem.found for problem in problems)
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\n" * 200_000,
        "- " * 400_000,
        "a" * 900_000,
        "? " * 400_000,
        "{" * 900_000,
        "[a, " * 200_000,
        "&a " * 300_000,
        '"' + "\\" * 900_000,
        "!" * 900_000,
    ],
    ids=["keys", "lists", "text", "keys-in-keys", "braces", "brackets", "anchors", "escapes", "tags"],
)
def test_large_texts_are_refused_in_bounded_time(text: str) -> None:
    start = time.perf_counter()
    assert problems_in(text)
    assert time.perf_counter() - start < 15


def test_a_text_above_the_limit_is_not_even_parsed() -> None:
    assert "1,048,577 characters" in only(problems_in(" " * (2**20 + 1))).found


@pytest.mark.parametrize(
    "text", ["no", "No", "OFF", "on", "yes", "070", "0o17", "1_000", "1:30", "0b11", "012345678901"]
)
def test_scalars_that_readers_of_yaml_take_differently_are_refused(text: str) -> None:
    problem = only(problems_in(edited(2, f"owner: {text}")))
    assert problem.found.startswith(text)
    assert f'write "{text}"' in problem.hint


@pytest.mark.parametrize("text", ["no", "070", "1:30", "true", "2026-08-01", "1e9", "null"])
def test_quoted_scalars_are_text(text: str) -> None:
    env = spec_of(edited(8, f'    env: {{A: "{text}"}}\n    image: ghcr.io/acme/prepare:1.0')).stages[0].env
    assert env == {"A": text}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("true", "true (true or false)"),
        ("FALSE", "FALSE (true or false)"),
        ("8080", "8080 (a number)"),
        ("1.50", "1.50 (a number)"),
        ("0x1F", "0x1F (a number)"),
        ("6e10", "6e10 (a number)"),
    ],
)
def test_a_number_or_truth_value_where_text_belongs_says_to_quote_it(text: str, found: str) -> None:
    problem = only(problems_in(edited(8, f"    env: {{A: {text}}}\n    image: ghcr.io/acme/prepare:1.0")))
    assert problem.path == "stages[0].env.A"
    assert problem.found == found
    assert problem.hint == f'write it in quotes: "{text}"'


@pytest.mark.parametrize("text", [".nan", ".inf", "-.INF", "12e4567", "9" * 40, "1" * 5000, "-" + "9" * 5000])
def test_numbers_that_no_machine_holds_are_refused(text: str) -> None:
    problem = only(problems_in(SMALL + f"budget: {{monthly_usd: {text}}}\n"))
    assert problem.path == "budget.monthly_usd"
    assert problem.where == "small.yaml:18:23"


def test_dates_are_text_until_a_field_wants_one() -> None:
    assert spec_of(edited(3, "cost_center: 2026-08-01")).cost_center == "2026-08-01"


def test_the_message_counts_the_problems_and_shows_each_on_its_line() -> None:
    with pytest.raises(InputError) as caught:
        read_text(edited(2, "ownr: x"), "small.yaml")
    lines = str(caught.value).splitlines()
    assert lines[0] == "small.yaml: 2 problems"
    assert lines[2].startswith("small.yaml:2:1: ownr: found the unknown key")
    assert lines[3] == "  → did you mean `owner`?"
