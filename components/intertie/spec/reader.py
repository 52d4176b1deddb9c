"""Reads a description: a file, a text or plain data → PipelineSpec, or one InputError with every problem.

Three sieves, and the problems of all of them at once: the document (YAML, keys, bounds), the models
(fields and their values), and the checks of what only the whole document shows.
"""

import codecs
import json
from collections.abc import Mapping
from functools import lru_cache
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from intertie.errors import InputError, Problem
from intertie.spec.checks import check
from intertie.spec.document import Document, Refusal
from intertie.spec.pipeline import Digest, PipelineSpec
from intertie.spec.plain import plain
from intertie.spec.stage import ImageRef
from intertie.spec.translate import refusals_of
from intertie.spec.wording import clean, show
from intertie.spec.yaml_source import LARGEST, parse

LOCK = "intertie.lock/v1"
_OTHER_ENCODINGS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


def read_file(path: str | PathLike[str]) -> PipelineSpec:
    """The description in a file: YAML 1.2 or JSON, UTF-8, at most 1 MiB. InputError with every problem."""
    name = clean(fspath(path), 1000)
    text = _decoded(_bytes_of(Path(path), name), name)
    lock = lock_path(Path(path))
    if not lock.is_file():
        return read_text(text, name)
    beside = clean(fspath(lock), 1000)
    return _locked(text, name, _decoded(_bytes_of(lock, beside), beside), beside)


def lock_path(path: Path) -> Path:
    """Where the digests of a description's images are recorded: `chat.yaml` → `chat.lock.json`."""
    return path.with_name(f"{path.stem}.lock.json")


@lru_cache(maxsize=8)  # every stack of a project reads the same description, and it is frozen
def read_text(text: str, name: str = "description") -> PipelineSpec:
    """The description in a text; `name` stands before the line and column of every problem."""
    return _read(parse(text.removeprefix("\ufeff"), name))


@lru_cache(maxsize=8)
def _locked(text: str, name: str, lock: str, beside: str) -> PipelineSpec:
    """The description with the recorded digests; what it says itself wins. InputError for a lock that is none."""
    spec = read_text(text, name)
    return spec.model_copy(update={"digests": {**digests_in(lock, beside), **spec.digests}})


def digests_in(lock: str, name: str) -> dict[str, str]:
    """Image → digest, of the text of a lock file."""
    try:
        found = json.loads(lock)
        images = found["images"] if found["schema"] == LOCK else None
        return TypeAdapter(dict[ImageRef, Digest]).validate_python(images)
    except (ValueError, KeyError, TypeError, RecursionError):
        allowed = f'{{"schema": "{LOCK}", "images": {{<image>: sha256:<64 hexadecimal digits>}}}}'
        raise _not_read(name, "something else", allowed, "let `intertie replicate --run` write it anew") from None


def read_data(data: Mapping[str, Any]) -> PipelineSpec:
    """The description in plain data, as `yaml.safe_load` or `model_dump(mode="json")` give it."""
    return _read(Document("description", data=data))


def _read(document: Document) -> PipelineSpec:
    if document.refusals and document.data is None:
        raise _error(document)
    document.data, odd = plain(document.data)
    document.refusals += odd
    if not isinstance(document.data, dict):
        if not document.refusals:
            fields = ", ".join(PipelineSpec.model_fields)
            document.refuse((), show(document.data), f"a description: a mapping with {fields}")
        raise _error(document)
    spec, refused = _validated(document)
    checked = check(document.data)
    read, known = ({refusal.loc for refusal in refusals} for refusals in (document.refusals, checked))
    # a check knows more of a place than the models do: which names would have been right
    document.refusals += [refusal for refusal in refused if refusal.loc not in known]
    document.refusals += [refusal for refusal in checked if refusal.loc not in read]
    if spec is None or document.refusals:
        raise _error(document)
    return spec


def _validated(document: Document) -> tuple[PipelineSpec | None, list[Refusal]]:
    try:
        return PipelineSpec.model_validate(document.data), []
    except ValidationError as error:
        return None, refusals_of(error.errors(include_url=False), document)


def _error(document: Document) -> InputError:
    problems = document.problems()
    count = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}"
    return InputError(f"{document.name}: {count}", problems)


def _bytes_of(path: Path, name: str) -> bytes:
    try:
        if path.is_dir():
            raise _not_read(name, "a directory", "a file", "name a file in it")
        if not path.exists():
            raise _not_read(name, "no such file", "a file", "check the path; it is relative to where you are")
        if not path.is_file():
            raise _not_read(name, "a device or pipe", "a file")
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except PermissionError:
        raise _not_read(name, "a file that you may not read", "a readable file", "check its permissions") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise _not_read(name, f"a file that cannot be read ({reason or clean(str(error))})", "a file") from None


def _decoded(raw: bytes, name: str) -> str:
    if len(raw) > LARGEST:
        raise _not_read(name, f"more than {LARGEST:,} bytes", f"a description of at most {LARGEST:,} bytes")
    raw = raw.removeprefix(codecs.BOM_UTF8)
    encoding = next((known for mark, known in _OTHER_ENCODINGS.items() if raw.startswith(mark)), "")
    if encoding or b"\0" in raw[:4]:
        raise _not_read(name, encoding or "UTF-16, or no text at all", "UTF-8", "save the file as UTF-8")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        found = f"the byte 0x{raw[error.start]:02X}, which is not UTF-8"
        raise _not_read(f"{name}:{line}:{column}", found, "UTF-8", "save the file as UTF-8") from None


def _not_read(where: str, found: str, allowed: str, hint: str = "") -> InputError:
    return InputError(
        "the description cannot be read: 1 problem", [Problem("document", found, allowed, hint, "", where)]
    )
