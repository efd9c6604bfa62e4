"""One student's submission, out of all that archives hold of theirs: the notebook to grade and what lies beside it.

Nothing is left out or chosen without a sentence. `told` is what the grader's summary says, too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from nbformat import NotebookNode

from course_tools.grading.intake.archives import BROKEN, Delivery, File, NotTaken, by_itself, reason, unpacked
from course_tools.grading.intake.choice import MOST, Candidate, best, candidate, told
from course_tools.grading.intake.clean import MAX_FILE_BYTES, MAX_FILES, is_noted
from course_tools.grading.step import TooLong

LONGEST, DEEPEST = 200, 10  # bytes of a part of a path, of which disks take 255; parts
TELL = 10  # files that are named in sentences


@dataclass
class Submission:
    """What is put into a student's folder.

    `digests`: of all notebooks of theirs that the archives hold; `by_itself`: how many files were left out that no
    person made.
    """

    notebook: bytes
    when: tuple[int, ...]
    prefix: str
    chosen: Candidate
    digests: frozenset[str]
    by_itself: int
    beside: dict[str, bytes] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)


def submission(
    deliveries: Iterable[Delivery], assignment: str, released: NotebookNode
) -> tuple[Submission | None, list[str]]:
    """The submission, None when there is no notebook; and sentences about files that could not be read."""
    said: list[str] = []
    files = [file for delivery in deliveries for file in unpacked(delivery.files, said)]
    notebooks = [file for file in files if file.suffix == ".ipynb"]
    own = [file for file in notebooks if not by_itself(file.path)] or notebooks
    looked = _looked_into(own, assignment, released, said)
    if not looked:
        return None, said + _nothing(files)
    chosen = best(found for found, _ in looked)
    file = next(file for found, file in looked if found is chosen)
    digests, left = frozenset(c.digest for c, _ in looked), sum(by_itself(f.path) for f in files)
    made = Submission(file.read(), file.when, file.prefix, chosen, digests, left)
    made.told += _choice(chosen, [found for found, _ in looked], own, assignment)
    _add_beside(made, file, files)
    return made, said


def _looked_into(
    files: Sequence[File], assignment: str, released: NotebookNode, said: list[str]
) -> list[tuple[Candidate, File]]:
    """The notebooks with what is in them, those of the right name and the latest first."""
    found: list[tuple[Candidate, File]] = []
    for file in sorted(files, key=lambda f: (_named(f, assignment), f.when), reverse=True)[:MOST]:
        try:
            data = file.read()
        except TooLong:
            raise
        except BROKEN as e:
            said.append(f"{file.prefix}{file.shown}: {reason(e)}; it was left out.")
            continue
        shown = f"{file.shown} in {file.archive}"
        found.append((candidate(shown, (file.when, file.handed_in), _named(file, assignment), data, released), file))
    return found


def _named(file: File, assignment: str) -> bool:
    return file.name == f"{assignment}.ipynb"


def _nothing(files: Iterable[File]) -> list[str]:
    """A sentence for each file of somebody who handed in no notebook."""
    holds, other = "it holds no notebook", "it is neither a zip nor a notebook"
    return [
        f"{file.prefix}{file.shown}: {holds if file.suffix == '.zip' else other}; it was left out."
        for file in files
        if not by_itself(file.path) and file.suffix != ".ipynb"
    ]


def _choice(chosen: Candidate, looked: Sequence[Candidate], own: Sequence[File], assignment: str) -> list[str]:
    """Clauses about which notebook was taken and why, where that is not plain."""
    said = [told(chosen, looked, "was taken")]
    if len(own) > MOST:
        said.append(f"handed in {len(own)} notebooks, of which {MOST} were looked into")
    if not chosen.named and chosen.readable and not chosen.answered:
        said.append(f"handed in {chosen.shown}, which holds no answer of {assignment}; is it the right notebook?")
    return [sentence for sentence in said if sentence]


# -- what lies beside the notebook -----------------------------------------------------------------------------------


def _add_beside(made: Submission, notebook: File, files: Iterable[File]) -> None:
    """Take along the files that the notebook may read or import, under the names by which it knows them."""
    left: list[str] = []
    for file in files:
        if file.suffix == ".ipynb" or by_itself(file.path) or file.archive != notebook.archive:
            continue
        name = _beside(file, notebook)
        try:
            _require_fit(name, made.beside)
            made.beside[name] = file.read()
            if sum(map(len, made.beside.values())) > MAX_FILE_BYTES:
                del made.beside[name]
                raise NotTaken(f"more than {MAX_FILE_BYTES >> 20} MiB lie beside the notebook")
        except TooLong:
            raise
        except BROKEN as e:
            left.append(f"handed in {file.shown}, which was left out: {reason(e)}")
    more = [f"handed in {len(left) - TELL} more files that were left out"] if len(left) > TELL else []
    made.told += left[:TELL] + more


def _beside(file: File, notebook: File) -> str:
    """The file's path seen from the notebook; empty when that leads out of its folder."""
    folder = PurePosixPath(notebook.path).parent
    path = PurePosixPath(file.path)
    if file.source == notebook.source and path.is_relative_to(folder):
        return path.relative_to(folder).as_posix()
    return path.as_posix() if not file.source else ""


def _require_fit(name: str, taken: Mapping[str, bytes]) -> None:
    """Raise NotTaken for a file that cannot be taken along."""
    parts = name.split("/")
    if not name:
        raise NotTaken("it does not lie beside the notebook")
    if len(taken) >= MAX_FILES:
        raise NotTaken(f"only {MAX_FILES} files are taken along")
    if any(len(part.encode()) > LONGEST for part in parts) or len(parts) > DEEPEST:
        raise NotTaken("its name is too long")
    folders = {"/".join(parts[:i]) for i in range(1, len(parts))}
    reserved = is_noted(parts[0]) or parts[0].casefold().endswith(".ipynb")
    if reserved or name in taken or not folders.isdisjoint(taken) or any(t.startswith(f"{name}/") for t in taken):
        raise NotTaken("another file has its name")
