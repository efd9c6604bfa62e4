"""Numbers of students' own, for `course build 04_stable_training --variants` (docs/grading.md)."""

from course_tools.grading.variants import vary

vary(
    "predictions",
    letters={
        "N": [100, 400, 25, 100, 400, 64, 900, 225],
        "S": [0.05, 0.02, 0.06, 0.06, 0.035, 0.025, 0.03, 0.04],
        "K": [8, 6, 5, 7, 9, 4, 10, 6],
        "A": [0.5, 0.9, 0.3, 0.2, 0.4, 0.6, 0.7, 0.8],
        "U": [200, 100, 300, 150, 400, 250, 500, 120],
        "F": [0.02, 0.09, 0.02, 0.08, 0.04, 0.1, 0.04, 0.02],
        "G": [10, 20, 5, 8, 4, 30, 6, 12],
        "R": [5, 4, 3, 6, 9, 5, 3, 11],
        "V": [8, 6, 10, 10, 16, 16, 16, 40],
        "Q": [4, 2, 5, 8, 10, 3, 20, 16],
        "Z": [3.5, 1.4, 2.1, 2.8, 0.7, 4.2, 4.9, 5.6],
    },
    task={
        "100 in number, pass eight *linear* layers of 100 units": "$N$ in number, pass $K$ *linear* layers of $N$ units",
        "weights of mean 0 and standard deviation 0.05": "weights of mean 0 and standard deviation $S$",
        "leaky ReLU with slope 0.5 below": "leaky ReLU with slope $A$ below",
        "tanh network of 200 units": "tanh network of $U$ units",
        "the mean of $f'(z)^2$ is 0.02": "the mean of $f'(z)^2$ is $F$",
        "each with the mean 10": "each with the mean $G$",
        "one batch of 5 rows with the plain variance $v = 8$": "one batch of $R$ rows with the plain variance $v = V$",
        "are multiplied by 4.": "are multiplied by $Q$.",
        "clipped together at $c = 3.5$": "clipped together at $c = Z$",
    },
    numbers=[
        {
            "0.00390625": "(sqrt(N) * S) ** K",
            "0.0000152587890625": "(sqrt(N) * S) ** (2 * K)",
            "0.0078125": "(sqrt(N) * S) ** (K - 1)",
            "0.5": "sqrt(N) * S",
            "0.000244140625": "(N * S**2 / 2) ** (K / 2)",
        },
        {"1.6": "2 / (1 + A**2)", "1.0": "1", "1.3333333333": "2 / (1 + A)", "2.00": "2"},
        {"2.0": "sqrt(U * F)", "4.0": "U * F", "0.1414": "sqrt(F)"},
        {
            "2.71": "0.271 * G",
            "7.29": "0.729 * G",
            "10.0": "G",
            "1.0": "0.1 * G",
            "3.00": "0.3 * G",
        },
        {
            "1.9": "0.9 + 0.1 * V * R / (R - 1)",
            "1.7": "0.9 + 0.1 * V",
            "9.1": "0.1 + 0.9 * V * R / (R - 1)",
        },
        {"0.25": "1 / Q", "4.00": "Q", "1.00": "1"},
        {"3.0": "6 * Z / 7", "3.5": "Z", "1.909": "6 * Z / 11", "6.00": "6"},
    ],
    hints={
        "is multiplied by 0.5 in each layer": "is multiplied by √N · S in each layer",
        "counts seven layers; there are eight.": "counts one layer too few; there are K.",
        "there are eight layers": "there are K layers",
        "times 10; the batches": "times G; the batches",
    },
)
