"""The `course` command.

Each command imports what it needs when it runs, so that ``course --help`` waits for nothing. An error that the
user can put right is a `CourseError`; `main` prints its message alone.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from course_tools.paths import ROOT
from course_utils.errors import CourseError

app = typer.Typer(
    help="Deep Learning by Hand: open the course, build it, grade it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

IS_FOR_STUDENTS = not (ROOT / "solutions").exists()  # the edition that `course export` makes
STUDENTS = ("lab", "progress", "submit")
PASS_THROUGH = {"allow_extra_args": True, "ignore_unknown_options": True}


@app.command(context_settings=PASS_THROUGH)
def lab(
    context: typer.Context,
    edit: Annotated[
        bool, typer.Option("--edit", hidden=IS_FOR_STUDENTS, help="Open the sources themselves, for authors.")
    ] = False,
) -> None:
    """Open JupyterLab on your own copies of the chapters and exercises.

    Anything else you write is passed on to JupyterLab: course lab --no-browser --port 9999
    """
    from course_tools.lab import lab

    lab.run(context.args, edit=edit)


@app.command()
def progress() -> None:
    """Say how far you are: chapters read, exercises passed, points, minutes left (for students)."""
    from course_tools.lab import progress

    progress.run()


@app.command()
def build(
    names: Annotated[list[str] | None, typer.Argument(help="Chapters to build; all when none is named.")] = None,
    variants: Annotated[
        bool, typer.Option("--variants", help="From now on students have numbers, letters and inputs of their own.")
    ] = False,
) -> None:
    """Write the notebooks of the chapters and the student versions of the assignments."""
    from course_tools.authoring import build

    build.run(names or [], own_numbers=variants)


@app.command()
def new(
    number: Annotated[str, typer.Argument(help="The chapter's number, such as 08.")],
    name: Annotated[str, typer.Argument(help="Its name, such as feature_visualization.")],
) -> None:
    """Begin a chapter: write the skeletons of its text, exercises, planted mistakes and tests."""
    from course_tools.authoring import new

    new.run(number, name)


@app.command()
def check(name: Annotated[str, typer.Argument(help="The chapter: 03_backpropagation, or 3.")]) -> None:
    """Build, run and test one chapter, and say what is missing."""
    from course_tools.authoring import check

    check.run(name)


@app.command()
def site(
    serve: Annotated[bool, typer.Option("--serve", help="Open the pages in a browser when they are built.")] = False,
    port: Annotated[int, typer.Option(help="The port for --serve.")] = 8000,
    archive: Annotated[bool, typer.Option("--zip", help="Pack the pages into one file for any static host.")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="Print all pages but the exercises into one PDF.")] = False,
    epub: Annotated[bool, typer.Option("--epub", help="Pack all pages but the exercises into one EPUB.")] = False,
) -> None:
    """Build the rendered chapters into site/_build."""
    from course_tools.website import site

    site.run(serve=serve, port=port, archive=archive, as_pdf=pdf, as_epub=epub)


@app.command()
def slides(name: Annotated[str, typer.Argument(help="The chapter: 06_convolution, or 6.")]) -> None:
    """Write a chapter's slides for lecturing: one file that a browser opens without a network."""
    from course_tools.website.slides import slides

    slides.run(name)


@app.command()
def demo(
    name: Annotated[str | None, typer.Argument(help="An exercise; the first when none is named.")] = None,
) -> None:
    """Take a class of six sample students through the whole loop in a temporary folder."""
    from course_tools import demo

    demo.run(name)


@app.command()
def submit(name: Annotated[str, typer.Argument(help="An exercise, by name or number.")]) -> None:
    """Make one file of your exercise that you can hand in (for students)."""
    from course_tools.grading.intake import submit

    submit.run(name)


@app.command()
def roster(file: Annotated[Path, typer.Argument(help="A CSV from Moodle, Canvas or a spreadsheet.")]) -> None:
    """Read the class list into the gradebook."""
    from course_tools.grading.gradebook import roster

    roster.run(file)


@app.command()
def collect(
    name: Annotated[str, typer.Argument(help="An assignment, by name or number.")],
    files: Annotated[list[Path], typer.Argument(help="The archive of submissions from Moodle or Canvas.")],
) -> None:
    """Collect the submissions that a learning management system gives out as a zip."""
    from course_tools.grading.intake import collect

    collect.run(name, files)


@app.command()
def late(
    name: Annotated[str, typer.Argument(help="An assignment, by name or number.")],
    until: Annotated[str, typer.Option(metavar="TIME", help='When it is due, such as "2026-11-30 23:59".')] = "",
    student: Annotated[str, typer.Option("--for", metavar="STUDENT", help="The --until of this student.")] = "",
    worksheet: Annotated[Path | None, typer.Option(help="Moodle's grading worksheet, which has the times.")] = None,
) -> None:
    """Say when an assignment is due, for whom later, and who handed in late; it costs no points."""
    from course_tools.grading.gradebook import late

    late.run(name, until, student, worksheet)


@app.command()
def feedback(name: Annotated[str, typer.Argument(help="An assignment, by name or number.")]) -> None:
    """Write everybody's page of feedback, and one zip of them to upload to Moodle or Canvas."""
    from course_tools.grading.gradebook import feedback

    feedback.run(name)


@app.command()
def words(
    name: Annotated[str, typer.Argument(help="An assignment, by name or number.")],
    sheet: Annotated[
        Path | None, typer.Option("--import", help="Enter the marks of a sheet that you filled in.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Write over marks that a person gave before.")] = False,
) -> None:
    """Write all answers in words on one sheet with the rubric, and enter the marks that you write into it."""
    from course_tools.grading.gradebook import words

    words.run(name, sheet, replace)


@app.command()
def similarity(name: Annotated[str, typer.Argument(help="An assignment, by name or number.")]) -> None:
    """Write a page of submissions that agree beyond the exercise: leads for a person, never verdicts."""
    from course_tools.grading.similarity import similarity

    similarity.run(name)


@app.command()
def report(
    name: Annotated[str, typer.Argument(help="An assignment, by name or number.")],
    without_names: Annotated[
        bool, typer.Option("--without-names", help="Write a page that names nobody, to show in class.")
    ] = False,
) -> None:
    """Write a page of what the class got wrong: marks by question, mistakes, who handed in nothing."""
    from course_tools.grading.report import report

    report.run(name, without_names)


@app.command("export-marks")
def export_marks(
    name: Annotated[str, typer.Argument(help="An assignment, by name or number.")],
    form: Annotated[str, typer.Option("--format", help="plain, moodle or canvas.")] = "plain",
    to: Annotated[Path | None, typer.Option(help="The file to write; one in .grading/marks else.")] = None,
    column: Annotated[str, typer.Option(help="Canvas's own name for it, such as 'Homework 3 (1234)'.")] = "",
) -> None:
    """Write the marks as a CSV file for a spreadsheet, Moodle or Canvas."""
    from course_tools.grading.gradebook import export_marks

    export_marks.run(name, form, to, column=column)


@app.command()
def export(
    student: Annotated[Path, typer.Option("--student", help="An empty or new folder for the public edition.")],
) -> None:
    """Write the public edition of the course: no solutions, planted mistakes or hidden checks."""
    from course_tools.authoring import export

    export.run(student)


@app.command()
def grade(
    name: Annotated[str, typer.Argument(help="The assignment: 03_backpropagation, or 3.")],
    workers: Annotated[int | None, typer.Option(min=1, help="How many at once; one for each core.")] = None,
    only: Annotated[str, typer.Option(metavar="STUDENT", help="Grade this student alone.")] = "",
    unsafe: Annotated[
        bool, typer.Option("--unsafe", help="Run without a sandbox submissions that you trust.")
    ] = False,
    scheduler: Annotated[str, typer.Option(metavar="ADDRESS", help="A Dask scheduler, tcp://host:port.")] = "",
) -> None:
    """Grade what the class handed in, in a sandbox; goes on where an earlier run stopped."""
    import course_tools.grading.engine.workers as processes

    processes.begin(unsafe)  # what follows takes as long to import
    try:
        from course_tools.grading import grade

        grade.run(name, workers, only, unsafe, scheduler)
    finally:
        processes.close()


@app.command()
def floors(
    names: Annotated[list[str] | None, typer.Argument(help="Chapters to run; all when none is named.")] = None,
) -> None:
    """Run chapters with five seeds and record the results that they promise."""
    from course_tools.authoring import floors

    floors.run(names or [])


@app.command()
def mutants(
    name: Annotated[str, typer.Argument(help="The assignment: 03_backpropagation, or 3.")],
    hints: Annotated[bool, typer.Option("--hints", help="Propose wrong answers that deserve a hint.")] = False,
    only: Annotated[str, typer.Option(metavar="EXERCISE", help="Try this exercise alone.")] = "",
    workers: Annotated[int, typer.Option(min=1, help="How many at once.")] = 2,
) -> None:
    """Put one slip at a time into each solution, and list those that the checks do not notice."""
    from course_tools.authoring.mutants import mutants

    mutants.run(name, only, hints, workers)


if IS_FOR_STUDENTS:
    app.registered_commands = [c for c in app.registered_commands if getattr(c.callback, "__name__", "") in STUDENTS]
    app.info.help = "Deep Learning by Hand: open the course, see how far you are, hand in."


def main() -> None:
    """Run the command line; a CourseError becomes its message and exit code 1."""
    try:
        app()
    except CourseError as error:
        from course_tools.grading.inside.text import shown  # an error may name what a student called a file

        typer.echo("\n".join(map(shown, f"course: {error}".splitlines())), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
