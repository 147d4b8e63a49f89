"""
What the operator is told; as text for a person (`..._lines`) and as plain values for a program (`..._row`).

    _stories    stories          _sources   how sources fare         _plans     what a changed configuration changes
    _reasons    why it is so     _texts     texts side by side       _sorting   what sorting again moves
    _waiting    quarantine       _previews  what a location gives    _checks    what is wrong or strange
"""

from ._checks import archive_line, archive_row, check_row, finds_lines, finds_row, loose_lines, loose_row
from ._plans import plan_lines, plan_row
from ._previews import preview_lines, preview_row
from ._reasons import explanation, explanation_lines
from ._sorting import move_lines, move_row, moves_line
from ._sources import health_lines, health_row, record_lines, summary_line, troubled
from ._stories import story_lines, story_row
from ._story_page import explanation_page
from ._texts import compared, compared_lines, revised, revised_lines
from ._waiting import quarantine_lines, waiting_row

__all__ = [
    "archive_line",
    "archive_row",
    "check_row",
    "compared",
    "compared_lines",
    "explanation",
    "explanation_lines",
    "explanation_page",
    "finds_lines",
    "finds_row",
    "health_lines",
    "health_row",
    "loose_lines",
    "loose_row",
    "move_lines",
    "move_row",
    "moves_line",
    "plan_lines",
    "plan_row",
    "preview_lines",
    "preview_row",
    "quarantine_lines",
    "record_lines",
    "revised",
    "revised_lines",
    "story_lines",
    "story_row",
    "summary_line",
    "troubled",
    "waiting_row",
]
