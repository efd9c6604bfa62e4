"""Numbers of students' own, for `course build 15_recurrence --variants` (docs/grading.md)."""

from course_tools.grading.variants import vary

vary(
    "six_numbers",
    letters={
        "U": [0.8, 0.5, 0.6, 0.9, 0.7, 1.1, 0.4, 1.2],
        "X": [2, 4, 3, 1.5, 7, 0.5, 20, 0.5],
        "I": [10, 8, 12, 5, 6, 16, 4, 20],
        "H": [20, 10, 16, 30, 12, 24, 8, 40],
        "C": [1.4, 3.5, 2.1, 0.7, 2.8, 4.2, 5.6, 1.05],
        "P": [2, 1.5, 1.2, 2.5, 2.2, 3, 1, 2.8],
        "Q": [1, 1, 0.8, 1.5, 1.3, 2, 0.5, 1.7],
    },
    task={
        "with $u = 0.8$ and": "with $u = U$ and",
        "$x_1 = 2$, and all later inputs": "$x_1 = X$, and all later inputs",
        "torch's `nn.LSTM(10, 20)`": "torch's `nn.LSTM(I, H)`",
        "by their joint norm to 1.4.": "by their joint norm to $C$.",
        "`bias_ih_l0` are 2 and those in `bias_hh_l0` are 1": "`bias_ih_l0` are $P$ and those in `bias_hh_l0` are $Q$",
    },
    numbers=[
        {"0.328": "U**5", "0.262": "U**6", "0.655": "U**5 * X"},
        {
            "4.10": "5 * U**4 * X",
            "0.819": "U**4 * X",
            "0.683": "5 * U**4 * X / 6",
            "2.05": "5 * U**4",
        },
        {"2.46": "3 * U**4 * X", "4.10": "5 * U**4 * X", "2.05": "2.5 * U**4 * X"},
        {
            "2560": "4 * H * (I + H + 2)",
            "2480": "4 * H * (I + H + 1)",
            "1920": "3 * H * (I + H + 2)",
            "640": "H * (I + H + 2)",
        },
        {"1.20": "6 * C / 7", "1.40": "C", "0.764": "6 * C / 11"},
        {
            "0.615": "(1 + exp(-P - Q)) ** -10",
            "0.281": "(1 + exp(-P)) ** -10",
            "0.953": "1 / (1 + exp(-P - Q))",
        },
    ],
)
