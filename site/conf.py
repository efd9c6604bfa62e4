"""How Sphinx builds the pages. `course site` runs it and adds the folders and the repository's address."""

project = "Deep Learning by Hand"
html_title = project
copyright = "the authors of the course"
language = "en"
extensions = [
    "myst_nb",
    "sphinx_copybutton",
    "course_tools.website.extensions.formulas",
    "course_tools.website.extensions.pages",
    "course_tools.website.extensions.policy",
    "course_tools.website.extensions.files",
    "course_tools.website.extensions.code",
    "course_tools.website.extensions.fonts",
]
exclude_patterns = ["downloads"]
templates_path = ["templates"]

# Markdown: what renders alike in Jupyter, plus directives for the pages that are made here.
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
myst_heading_slug_func = "course_tools.website.links.slug"
myst_dmath_double_inline = True
myst_dmath_allow_labels = False

# The chapters arrive executed.
nb_execution_mode = "off"
nb_merge_streams = True
nb_output_stderr = "remove-warn"
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"

html_theme = "furo"
html_favicon = "static/favicon.svg"
# no page needs the theme's source maps, nor an index of an interface
html_use_index = False
html_css_files = ["theme.css", "serif/serif.css", "katex/katex.css", "course.css"]
html_js_files = [("page.js", {"defer": "defer"})]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {"top_of_page_buttons": []}
pygments_style = "github-light-colorblind"
pygments_dark_style = "github-dark-colorblind"
copybutton_selector = "div.cell_input div.highlight pre, div.highlight-python pre, div.highlight-bash pre"
