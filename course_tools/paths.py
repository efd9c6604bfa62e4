"""Where the course lies: the one place that knows."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UTILS = ROOT / "course_utils"  # what a chapter imports
SITE = ROOT / "site"  # what the pages are made with: configuration, text, style
