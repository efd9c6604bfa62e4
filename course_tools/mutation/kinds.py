"""What is said to somebody whose value is that of a mutant: in which respect it is wrong, not what is right."""

LEAD = "A right answer gives this very value"
SENTENCES = {
    "sign": "one sign is turned round",
    "factor": "one product is a quotient, or goes entry by entry, or the other way round",
    "constant": "one number that is written in the code is another",
    "comparison": "one comparison is another: the other way round, or at the boundary",
    "term": "one term or factor is missing",
    "axis": "one operation runs along another axis",
    "keepdim": "an axis of size 1 is kept or lost (keepdim)",
    "reduction": "one sum, mean, variance or extreme is another of them",
    "transpose": "one matrix is transposed, or the two sides of a product are exchanged",
    "index": "one index, slice or range begins or ends somewhere else",
    "call": "one function is missing, or a similar one stands in its place",
    "line": "one step is missing or at another place, or it overwrites where it should add up",
    "argument": "two arguments are exchanged, or one is missing",
    "control": "one case is missing: a condition always holds, or never",
    "variable": "one variable stands where another belongs",
}


def sentence(kind: str, names: tuple[str, ...]) -> str:
    """The hint for a kind of mutant; `names` are the function's parameters that occur in what is changed."""
    where = f", where {_listed(names)} {'is' if len(names) == 1 else 'are'} used" if 0 < len(names) < 4 else ""
    return f"{LEAD} when {SENTENCES[kind]}{where}."


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
