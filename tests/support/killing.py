"""Writers of a file that are killed with SIGKILL while they write: one process imports once, and forks them."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_ROUNDS = """
import os, signal, sys, time
from pathlib import Path

for line in sys.stdin:
    word, after = line.split()
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reads)
        write(Path(sys.argv[1]), word, lambda text: os.write(writes, f"{text}\\n".encode()))
    os.close(writes)
    said = os.read(reads, 65536)  # it has written once, and is writing again
    ends = time.monotonic() + float(after)
    while time.monotonic() < ends:
        pass
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while more := os.read(reads, 65536):
        said += more
    os.close(reads)
    print(said[: said.rfind(b"\\n")].split(b"\\n")[-1].decode(), flush=True)
"""


@contextmanager
def killer(write: str, path: Path) -> Iterator[Callable[[str, float], str]]:
    """`kill(word, after)`: a writer of `path` is killed `after` seconds after it wrote first; gives what it said last.

    `write` is the text of a program that defines `write(path, word, say)`, which writes for ever, and says after each
    time what it has written.
    """
    with subprocess.Popen(
        [sys.executable, "-c", write + _ROUNDS, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        told, heard = process.stdin, process.stdout
        assert told is not None
        assert heard is not None

        def kill(word: str, after: float) -> str:
            told.write(f"{word} {after}\n")
            told.flush()
            return heard.readline().removesuffix("\n")

        yield kill
        told.close()
    assert process.returncode == 0
