"""Numbers of students' own, for `course build 12_data_manifold --variants` (docs/grading.md)."""

from course_tools.grading.variants import vary

vary(
    "errors_left",
    letters={
        "A": [8, 6, 10, 5, 12, 9, 7, 20],
        "B": [3, 2, 4, 1.5, 6, 5, 2.5, 10],
        "C": [1, 0.8, 1.5, 0.6, 2, 1.5, 1, 0.4],
        "D": [0.5, 0.4, 0.5, 0.3, 1, 1, 0.8, 0.2],
        "N": [2, 3, 0.5, 6, 1.5, 2.5, 5, 4],
        "Y": [4, 2, 3, 5, 6, 7, 8, 9],
    },
    task={
        r"eigenvalues 8, 3, 1 and $\frac12$": "eigenvalues $A$, $B$, $C$ and $D$ (from the largest on)",
        "with mean 0 and variance 2 in each dimension": "with mean 0 and variance $N$ in each dimension",
        "the coordinates $(2, 3, -1, 4)$": "the coordinates $(2, 3, -1, Y)$",
    },
    numbers=[
        {"1.5": "C + D", "11.0": "A + B", "0.375": "(C + D) / 4", "1.0": "C"},
        {
            "3.867": "A * N / (A + N) + B * N / (B + N) + C * N / (C + N) + D * N / (D + N)",
            "8.0": "4 * N",
            "2.472": "A / (A + 1) + B / (B + 1) + C / (C + 1) + D / (D + 1)",
            "8.633": "A * A / (A + N) + B * B / (B + N) + C * C / (C + N) + D * D / (D + N)",
            "0.0": "0",
        },
        {
            "4.3": "A * N / (A + N) + B * N / (B + N) + C + D",
            "2.8": "A * N / (A + N) + B * N / (B + N)",
            "5.367": "A * N / (A + N) + B * N / (B + N) + C * N / (C + N) + D * N / (D + N) + C + D",
        },
        {
            "5.5": "C + D + 2 * N",
            "9.5": "C + D + 4 * N",
            "4.3": "A * N / (A + N) + B * N / (B + N) + C + D",
            "3.5": "C + D + N",
            "1.5": "C + D",
        },
        {},
        {
            "17.0": "1 + Y**2",
            "13.0": "13",
            "30.0": "14 + Y**2",
            "9.0": "(Y - 1) ** 2",
            "4.123": "sqrt(1 + Y**2)",
        },
    ],
    hints={
        "hands its input on: 2 for each dimension": "hands its input on: N for each dimension",
        "a noise of variance 1; it has variance 2.": "a noise of variance 1; it has variance N.",
        "what is missing to 12.5.": "what is missing to the sum of the eigenvalues.",
    },
)
