"""Every sample with one or two things changed, at every place: a description, or problems with places. Nothing else."""

import json
import os
import time
from math import isfinite
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intertie.errors import InputError, Problem
from intertie.spec import PipelineSpec, read_data, read_text
from support.descriptions import SAMPLES, sample_data
from support.mutations import INJECTIONS, NUMBERS, OTHERS, changed, keys, places, removed, renamed, values, with_key

JARGON = ("pydantic", "input should", "validation", "traceback", "str_type", "nonetype", "object at 0x", "\x1b")
INDICATORS = "[]{}&*!|>'\"%@`#,:-?\n\t "
SECONDS = 10.0  # for one reading; on an idle machine it takes milliseconds

CASES = 20 if os.environ.get("INTERTIE_SOAK") else 1
thorough = settings(
    max_examples=250 * CASES, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)  # fmt: skip


def judged(read: Any, given_: Any) -> PipelineSpec | tuple[Problem, ...]:
    """What the reader makes of it; fails on any other exception, on silence, and on a message without its parts."""
    start = time.perf_counter()
    try:
        result: PipelineSpec | tuple[Problem, ...] = read(given_)
    except InputError as error:
        result = error.problems
        assert result, "an error without problems"
        for problem in result:
            assert problem.path, problem
            assert problem.found, problem
            assert problem.allowed, problem
            text = str(problem).lower()
            assert not any(word in text for word in JARGON), text
            assert len(text) < 3000
            json.dumps(problem.to_json()).encode()
            str(problem).encode()
    assert time.perf_counter() - start < SECONDS
    return result


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_every_place_of_every_sample_takes_every_kind_of_value_or_names_the_problem(sample: Path) -> None:
    data = sample_data(sample)
    for loc in places(data):
        for value in (None, True, -1, 10**400, float("nan"), "", "$(rm -rf /)", [], {}, [{"a": []}]):
            judged(read_data, changed(data, loc, value))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_whatever_is_taken_away_or_misspelt_the_rest_is_judged(sample: Path) -> None:
    data = sample_data(sample)
    for loc in places(data)[1:]:
        judged(read_data, removed(data, loc))
        result = judged(read_data, renamed(data, loc, f"{loc[-1]}x"))
        if isinstance(result, tuple) and isinstance(loc[-1], str):
            assert any(f"{loc[-1]}x" in str(problem) or str(loc[-1]) in str(problem) for problem in result)


@thorough
@given(st.data())
def test_any_value_at_any_place(data: st.DataObject) -> None:
    whole = sample_data(data.draw(st.sampled_from(SAMPLES)))
    for _ in range(data.draw(st.integers(1, 2))):
        whole = changed(whole, data.draw(st.sampled_from(places(whole))), data.draw(values()))
    judged(read_data, whole)


@thorough
@given(st.data())
def test_any_key_at_any_place(data: st.DataObject) -> None:
    whole = sample_data(data.draw(st.sampled_from(SAMPLES)))
    loc, key = data.draw(st.sampled_from(places(whole))), data.draw(keys())
    judged(read_data, with_key(whole, loc, key, data.draw(values())))
    judged(read_data, renamed(whole, loc, key))


@thorough
@given(st.data())
def test_any_change_of_the_text(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(SAMPLES)).read_text(encoding="utf-8")
    start = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 40))
    new = data.draw(st.sampled_from(INJECTIONS) | st.text(max_size=20) | st.text(INDICATORS, max_size=8))
    result = judged(lambda mine: read_text(mine, "mine.yaml"), text[:start] + new + text[start + length :])
    if isinstance(result, tuple):
        lines = text.count("\n") + new.count("\n") + 3
        for problem in result:
            name, line, column = problem.where.rsplit(":", 2)
            assert name == "mine.yaml"
            assert 1 <= int(line) <= lines
            assert int(column) >= 1


@thorough
@given(st.data())
def test_json_text_and_data_are_judged_alike(data: st.DataObject) -> None:
    whole = sample_data(data.draw(st.sampled_from(SAMPLES)))
    value = data.draw(st.sampled_from([v for v in (*OTHERS, *NUMBERS, *INJECTIONS) if json_like(v)]))
    whole = changed(whole, data.draw(st.sampled_from(places(whole)[1:])), value)
    text = judged(lambda text: read_text(text, "mine.json"), json.dumps(whole))
    assert paths(text) == paths(judged(read_data, whole))


def json_like(value: Any) -> bool:
    return not isinstance(value, bytes) and not (isinstance(value, float) and not isfinite(value))


def paths(result: PipelineSpec | tuple[Problem, ...]) -> set[str]:
    return {problem.path for problem in result} if isinstance(result, tuple) else set()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_the_same_text_gives_the_same_problems(sample: Path) -> None:
    text = sample.read_text(encoding="utf-8").replace("cloud: ", "cluod: ")
    assert judged(lambda text: read_text(text, "a"), text) == judged(lambda text: read_text(text, "a"), text)
