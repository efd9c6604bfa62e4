"""The `course` command.

Each command imports what it needs when it runs, so that ``course --help`` waits for nothing. An error that the
user can put right is a `CourseError`; `main` prints its message alone.
"""

import sys
from typing import Annotated

import typer

from course_utils.errors import CourseError

app = typer.Typer(
    help="Deep Learning by Hand: open the course, build it, grade it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

PASS_THROUGH = {"allow_extra_args": True, "ignore_unknown_options": True}


@app.command(context_settings=PASS_THROUGH)
def lab(
    context: typer.Context,
    edit: Annotated[bool, typer.Option("--edit", help="Open the sources themselves, for authors.")] = False,
) -> None:
    """Open JupyterLab on your own copies of the chapters and exercises.

    Anything else you write is passed on to JupyterLab: course lab --no-browser --port 9999
    """
    from course_utils import lab

    lab.run(context.args, edit=edit)


@app.command()
def build(
    names: Annotated[list[str] | None, typer.Argument(help="Chapters to build; all when none is named.")] = None,
) -> None:
    """Write the notebooks of the chapters and the student versions of the assignments."""
    from course_utils import build

    build.run(names or [])


@app.command()
def site(
    serve: Annotated[bool, typer.Option("--serve", help="Open the pages in a browser when they are built.")] = False,
) -> None:
    """Build the rendered chapters into site/_build."""
    from course_utils import site

    site.run(serve=serve)


@app.command()
def demo() -> None:
    """Take a class of six sample students through the whole loop in a temporary folder."""
    from course_utils import demo

    demo.run()


@app.command()
def floors(
    names: Annotated[list[str] | None, typer.Argument(help="Chapters to run; all when none is named.")] = None,
) -> None:
    """Run chapters with five seeds and record the results that they promise."""
    from course_utils import floors

    floors.run(names or [])


def main() -> None:
    """Run the command line; a CourseError becomes its message and exit code 1."""
    try:
        app()
    except CourseError as error:
        typer.echo(f"course: {error}", err=True)
        sys.exit(1)
