"""Numbers and letters of students' own, for `course build 02_optimization --variants` (docs/grading.md)."""

from course_tools.grading.orders import shuffle
from course_tools.grading.variants import vary

vary(
    "predictions",
    letters={
        "H": [8, 5, 10, 4, 16, 6, 20, 2.5],
        "S": [0.5, 1, 2, 0.2, 4, 0.3, 5, 0.1],
        "E": [0.2, 0.3, 0.12, 0.45, 0.08, 0.23, 0.07, 0.68],
        "M": [0.6, 0.5, 0.8, 0.7, 0.85, 0.4, 0.3, 0.75],
    },
    task={
        r"(8\, w_1^2 + \frac12\, w_2^2)": r"(H\, w_1^2 + S\, w_2^2)",
        r"gradient descent with $\eta = 0.2$": r"gradient descent with $\eta = E$",
        r"heavy ball with $\alpha = 0.6$": r"heavy ball with $\alpha = M$",
        r"Nesterov momentum with $\alpha = 0.6$": r"Nesterov momentum with $\alpha = M$",
    },
    numbers=[
        {"0.25": "2 / H", "0.125": "1 / H", "4.0": "2 / S"},
        {
            "-0.6": "1 - E * H",
            "-2.2": "1 - E * 2 * H",
            "0.6": "E * H - 1",
            "1.6": "E * H",
            "0.9": "1 - E * S",
        },
        {
            "0.235": "2 / (H + S)",
            "0.121": "2 / (2 * H + S)",
            "0.267": "2 / (H - S)",
            "0.118": "1 / (H + S)",
            "0.125": "1 / H",
        },
        {
            "0.4": "2 * (1 + M) / H",
            "0.2": "(1 + M) / H",
            "0.25": "2 / H",
            "0.1": "2 * (1 - M) / H",
            "0.182": "2 * (1 + M) / (H * (1 + 2 * M))",
            "0.475": "2 * 1.9 / H",
        },
        {
            "0.182": "2 * (1 + M) / (H * (1 + 2 * M))",
            "0.091": "(1 + M) / (H * (1 + 2 * M))",
            "0.25": "2 / H",
            "0.114": "2 / (H * (1 + 2 * M))",
            "0.4": "2 * (1 + M) / H",
            "0.17": "2 * 1.9 / (H * 2.8)",
        },
    ],
    hints={
        "the largest one, 8, sets": "the largest one, H, sets",
        "uses the curvature 16;": "uses twice the curvature;",
        "the second derivative is 8.": "the second derivative is H.",
        "1 - 0.2 · 8 is negative": "1 - E · H is negative",
        "whose curvature is 0.5.": "whose curvature is S.",
        "for α = 0.9; it is 0.6.": "for α = 0.9; it is M.",
    },
)

shuffle(
    "faulty_lines",
    task={
        "Two of the lettered lines of `faulty_adam` are wrong. First name them by": "Two of the lines of `faulty_adam` "
        "are wrong. The cell below it gives the lines letters of your own: run it. First name the two by",
        "lines A to H": "lines",
    },
)
