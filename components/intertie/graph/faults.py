"""What went wrong in a user's program, as one message with the place in their file instead of a traceback."""

import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from pulumi.errors import RunError

from intertie.errors import InputError, IntertieError
from intertie.graph.loop import NeverDone
from intertie.graph.session import ProgramExit
from intertie.graph.wire import hide

_REMEDIES = {
    ModuleNotFoundError: "install the package in this environment, or correct the import",
    FileNotFoundError: "relative paths are not resolved here; start from Path(__file__).parent",
}


def explain(error: BaseException, folder: Path | None, secrets: Sequence[str] = ()) -> IntertieError:
    """The error to raise in the place of `error`. Errors of ours that a component raised come out as they are."""
    chain = list(_chain(error))
    for each in chain:
        if isinstance(each, IntertieError):
            return each
    root = chain[0]
    where = _place(chain, folder)
    needed = _unanswered(chain)
    text = f"needs the answer of {needed}() at once, and offline there is none" if needed else _text(root)
    if where:
        text = f"{where}: {text}"
    resource = _resource(chain)
    if resource:
        text += f"\n  while registering {resource}"
    remedy = next((hint for kind, hint in _REMEDIES.items() if isinstance(root, kind)), "")
    if needed:
        remedy = f"call {needed}_output(), whose answer may be unknown"
    return InputError(hide(f"{text}\n  → {remedy}" if remedy else text, secrets))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what caused it, outermost first."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def _text(error: BaseException) -> str:
    if isinstance(error, ProgramExit):
        code = error.args[0] if error.args else None
        return f"the program ended itself with sys.exit({'' if code is None else repr(code)})"
    if isinstance(error, NeverDone):
        return "the program waits for a value that never comes"
    if isinstance(error, RunError):
        return _said(error)
    if isinstance(error, SyntaxError):
        return f"SyntaxError: {error.msg}"
    message = " ".join(_said(error).split("\n  File ")[0].split())
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def _said(error: BaseException) -> str:
    """What an error says; nothing when it cannot even say that."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001  (the user's own class)
        return ""


def _place(chain: list[BaseException], folder: Path | None) -> str:
    """`file:line` of the innermost line of the user's own code, or of where the resource in question is constructed."""
    for error in chain:
        if isinstance(error, SyntaxError) and error.filename:
            return _shown(error.filename, error.lineno or 1, folder)
    for error in chain:
        places = [
            (frame.filename, frame.lineno or 1)
            for frame in traceback.extract_tb(error.__traceback__)
            if _is_users(frame.filename, folder)
        ]
        if places:
            return _shown(*places[-1], folder)
    return _constructed(chain, folder)


def _is_users(filename: str, folder: Path | None) -> bool:
    path = Path(filename)
    if "site-packages" in path.parts or filename.startswith("<"):
        return False
    return path.is_relative_to(folder) if folder else False


def _shown(filename: str, line: int, folder: Path | None) -> str:
    path = Path(filename)
    if folder and path.is_relative_to(folder.parent):
        path = path.relative_to(folder.parent)
    return f"{path.as_posix()}:{line}"


def _frames(trace: TracebackType | None) -> Iterator[FrameType]:
    while trace is not None:
        yield trace.tb_frame
        trace = trace.tb_next


def _registration(chain: list[BaseException]) -> Mapping[str, Any]:
    """What the SDK knew of the resource that it was about to register when the error came up."""
    for error in chain:
        if isinstance(error, NeverDone):
            return error.registration
        for frame in _frames(error.__traceback__):
            if frame.f_code.co_name == "do_register" and "ty" in frame.f_locals:
                return frame.f_locals
    return {}


def _unanswered(chain: list[BaseException]) -> str:
    """The SDK's function that a program called in the form that cannot wait, whose answer is unknown here."""
    for error in chain:
        for frame in _frames(error.__traceback__):
            if "__ret__" in frame.f_locals and frame.f_locals["__ret__"] is None:
                return frame.f_code.co_name
    return ""


def _resource(chain: list[BaseException]) -> str:
    known = _registration(chain)
    return f"{known['ty']} {known.get('name', '')!r}" if known else ""


def _constructed(chain: list[BaseException], folder: Path | None) -> str:
    """Where the program constructs the resource that could not be registered."""
    position = _registration(chain).get("source_position")
    if position is None or not position.uri:
        return ""
    return _shown(position.uri.removeprefix("file://"), position.line, folder)
