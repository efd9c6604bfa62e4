"""The colours of the course, in one place, for figures, widgets and pages.

Each colour has a value for light and one for dark pages; each has at least 3:1 contrast with its page (text
colours 4.5:1), and the four series colours stay apart under the common kinds of colour blindness (after Okabe
and Ito, 2008). `css` gives them as custom properties ``--dl-ink``, ``--dl-blue``, ...
"""

LIGHT = {
    "ink": "#1f2328",  # text, axes
    "muted": "#5c636b",  # secondary text, ticks
    "grid": "#d5d9de",  # hairlines
    "page": "#ffffff",
    "panel": "#f6f7f9",  # the ground of a widget
    "blue": "#0072b2",
    "orange": "#d55e00",
    "green": "#00805e",
    "purple": "#a04e86",
}
DARK = {
    "ink": "#e6e8eb",
    "muted": "#a3aab3",
    "grid": "#3a3f46",
    "page": "#131416",
    "panel": "#1c1e21",
    "blue": "#56b4e9",
    "orange": "#ff8a3d",
    "green": "#2fc79a",
    "purple": "#e39bc9",
}
SERIES = ("blue", "orange", "green", "purple")

# Who says "dark": our site (Furo), JupyterLab, VS Code and Colab, in this order.
_DARK_PAGES = 'body[data-theme="dark"], body[data-jp-theme-light="false"], body.vscode-dark, html[theme="dark"] body'
_AUTO_PAGES = 'body[data-theme="auto"]'


def properties(colours: dict[str, str]) -> str:
    """One theme's colours (`LIGHT` or `DARK`) as the declarations of a style rule."""
    return "".join(f"--dl-{name}:{value};" for name, value in colours.items())


def css() -> str:
    """The colours as custom properties of ``body``, switched by the page's own light or dark theme."""
    light, dark = properties(LIGHT), properties(DARK)
    return f"body{{{light}}}{_DARK_PAGES}{{{dark}}}@media (prefers-color-scheme: dark){{{_AUTO_PAGES}{{{dark}}}}}"
