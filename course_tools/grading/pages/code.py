"""Python on a page, in the course's colours."""

from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

MOST_COLOURED = 20_000  # characters: colouring takes a second for 12,000
STYLE = """
.k,.kn,.ow,.kc{color:var(--purple)}.s,.s1,.s2,.sd,.se,.sa,.si{color:var(--green)}
.c,.c1,.ch{color:var(--muted)}.mi,.mf,.mh{color:var(--orange)}.nf,.nc{color:var(--blue)}
"""


def html(source: str) -> str:
    """A block of Python in colours; what is very long, without."""
    if len(source) > MOST_COLOURED:
        return f'<pre tabindex="0">{escape(source)}</pre>'
    return f'<pre tabindex="0">{highlight(source, PythonLexer(), HtmlFormatter(nowrap=True))}</pre>'
