"""Numbers of students' own, for `course build 03_backpropagation --variants` (docs/grading.md)."""

from course_tools.grading.variants import vary

vary(
    "four_sizes",
    letters={
        "C": [8, 5, 12, 20, 6, 15, 10, 25],
        "A": [0.08, 0.06, 0.1, 0.04, 0.06, 0.08, 0.1, 0.07],
        "B": [0.02, 0.02, 0.02, 0.02, 0.01, 0.01, 0.01, 0.01],
        "K": [3, 2, 4, 5, 6, 7, 9, 1.5],
        "D": [20, 16, 12, 24, 10, 14, 18, 22],
    },
    task={
        "to each of 8 classes": "to each of $C$ classes",
        "goes from 0.08 to 0.02": "goes from $A$ to $B$",
        "gradient is three times the right one": "gradient is $K$ times the right one",
        "through 20 ReLU layers": "through $D$ ReLU layers",
    },
    numbers=[
        {
            "2.079": "log(C)",
            "0.903": "log(C) / log(10)",
            "3": "log(C) / log(2)",
            "0.125": "1 / C",
            "-2.079": "-log(C)",
        },
        {
            "16": "(A / B) ** 2",
            "4": "A / B",
            "64": "(A / B) ** 3",
            "0.0625": "(B / A) ** 2",
        },
        {"0.5": "(K - 1) / (K + 1)", "2": "K - 1", "0.667": "(K - 1) / K"},
        {"1024": "2 ** (D / 2)", "1048576": "2**D", "32": "2 ** (D / 4)", "10": "D / 2"},
    ],
    hints={
        "the natural logarithm of 8": "the natural logarithm of C",
        "A quarter of the step": "A smaller step",
        "Twenty factors": "D factors",
        "this counts five halvings": "this counts half as many",
        "The factors of twenty layers": "The factors of all layers",
    },
)
