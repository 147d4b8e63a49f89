"""
The model that tells languages apart: unpacked once, and from then on mapped as it lies on disk.

    __pycache__/tongues-<what it is made of>/<part>.npy

py3langid packs it so tightly that every process would take 0.7 s of CPU and 100 MB at its first text; mapped it takes
0.02 s, and the pages that are looked at. It lies beside our compiled modules (40 MB), and can be deleted as they can.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import version
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import numpy as np
from py3langid.langid import MODEL_FILE, LanguageIdentifier

_PARTS = ("ptc", "pc", "classes", "moves", "rows", "output")


def identifier(languages: tuple[str, ...]) -> Any:
    """A `LanguageIdentifier` that tells these apart, and no others. Classifying changes nothing in it."""
    folder = _folder(languages)
    held = _mapped(folder)
    if held is None:
        held = _unpacked(languages)
        _keep(held, folder)
    moves, classes, output, rows = (held[part] for part in ("moves", "classes", "output", "rows"))
    return LanguageIdentifier(
        held["ptc"], held["pc"], classes.tolist(), memoryview(moves), output.tolist(), tk_row=rows.tolist()
    )


def _folder(languages: tuple[str, ...]) -> Path:
    made_of = " ".join((version("py3langid"), sys.byteorder, *languages))
    return Path(cache_from_source(__file__)).parent / f"tongues-{sha256(made_of.encode()).hexdigest()[:12]}"


def _mapped(folder: Path) -> dict[str, Any] | None:
    """None if there is nothing, or nothing whole."""
    try:
        mapped = {part: np.load(folder / f"{part}.npy", mmap_mode="r") for part in _PARTS}
    except (OSError, ValueError, EOFError):
        return None
    return {part: held.view(np.ndarray) for part, held in mapped.items()}  # a memmap asks about itself at each slice


def _unpacked(languages: tuple[str, ...]) -> dict[str, Any]:
    full = LanguageIdentifier.from_model_file(MODEL_FILE)
    full.set_languages(languages)
    parts = (full.nb_ptc, full.nb_pc, full.nb_classes, full.tk_nextmove, full.tk_row, full.tk_output)
    return dict(zip(_PARTS, map(np.asarray, parts), strict=True))


def _keep(parts: dict[str, Any], folder: Path) -> None:
    """Whole or not at all, in place of what others made of; where we may not write, nothing is kept."""
    with suppress(OSError):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as name:
            draft = Path(name) / "draft"
            draft.mkdir()  # as readable as anything of ours, which the folder around it is not
            for part, values in parts.items():
                np.save(draft / f"{part}.npy", values)
            for older in folder.parent.glob("tongues-*"):
                shutil.rmtree(older, ignore_errors=True)
            draft.replace(folder)
