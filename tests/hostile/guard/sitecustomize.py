"""Python imports this by itself when it starts: a watch on the program that nothing in the program can evade."""

import atexit
import os
import sys
import threading
from pathlib import Path

_LOG = Path(os.environ["HOSTILE_LOG"])
_BAIT = tuple(os.environ["HOSTILE_BAIT"].split(os.pathsep))
_LOCK = threading.Lock()


def _note(*words: object) -> None:
    with _LOCK:
        _LINES.append("\t".join(map(str, words)))


_LINES: list[str] = []


def _watch(event: str, args: tuple[object, ...]) -> None:
    if event == "socket.connect":
        address = args[1]
        _note("connect", address[0] if isinstance(address, tuple) else address)
    elif event == "open" and str(args[0]).startswith(_BAIT):
        _note("open", args[0])


def _memory() -> int:
    """The most that this process ever held, in kB; 0 where the system does not say."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def _tell() -> None:
    _note("memory", _memory())
    _LOG.write_text("\n".join(_LINES))


atexit.register(_tell)
sys.addaudithook(_watch)
