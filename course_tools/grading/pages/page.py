"""What every page that the grader writes has: one file, no script, no other host, the course's colours."""

from collections.abc import Mapping
from html import escape

from course_utils.theme import DARK, LIGHT

# No script runs and no address is asked for anything, whatever a submission got onto the page.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"


def _colours(colours: Mapping[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in colours.items())


STYLE = f"""
:root{{color-scheme:light dark;{_colours(LIGHT)}}}
@media screen and (prefers-color-scheme:dark){{:root{{{_colours(DARK)}}}}}
@media print{{:root{{color-scheme:light}}}}
body{{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page)}}
body{{max-width:80rem;margin:auto;padding:1rem;overflow-wrap:break-word}}
a{{color:var(--blue)}}
table{{border-collapse:collapse}}
th,td{{text-align:left;padding:.3rem .8rem;border-bottom:1px solid var(--grid)}}
td.number,th.number{{text-align:right;font-variant-numeric:tabular-nums}}
pre{{font:13px/1.5 ui-monospace,monospace;background:var(--panel);padding:.5rem;overflow-x:auto;margin:.2rem 0}}
.note{{border-left:.3rem solid var(--orange);padding:.5rem 1rem;background:var(--panel)}}
"""


def page(title: str, body: str, style: str = "") -> str:
    """A page as HTML text. `body` is HTML, `title` is text."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="referrer" content="no-referrer">
<title>{escape(title)}</title>
<style>{STYLE}{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""
