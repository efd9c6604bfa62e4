"""Numbers of students' own, for `course build 13_vae_gan --variants` (docs/grading.md)."""

from course_tools.grading.variants import vary

vary(
    "six_numbers",
    letters={
        "P": [0.6, 0.3, 0.7, 0.6, 0.55, 0.9, 0.95, 0.75],
        "B": [0.4, 0.7, 0.3, 0.4, 0.45, 0.1, 0.05, 0.25],
        "M": [0.1, 0.1, 0.4, 0.45, 0.15, 0.05, 0.45, 0.15],
        "R": [0.5, 0.2, 0.3, 0.15, 0.4, 0.85, 0.5, 0.6],
        "H": [0.2, 0.1, 0.25, 0.4, 0.3, 0.05, 0.15, 0.35],
        "U": [2, 3, 2.5, 1.5, 3.5, 1.8, 4, 2.2],
        "S": [0.4, 0.5, 0.3, 0.2, 0.6, 0.3, 0.5, 0.2],
    },
    task={
        r"p_\text{data} = (0.6,\, 0.4,\, 0)": r"p_\text{data} = (P,\, B,\, 0)",
        r"p_\text{model} = (0.1,\, 0.4,\, 0.5)": r"p_\text{model} = (M,\, B,\, R)",
        "A discriminator says $D = 0.2$": "A discriminator says $D = H$",
        "half of the pictures the mean 2, the other half the mean $-2$": "half of the pictures the mean $U$, the other half the mean $-U$",
        r"all of them $\sigma = 0.4$": r"all of them $\sigma = S$",
    },
    numbers=[
        {"0.857": "P / (P + M)", "0.6": "P", "0.5": "1 / 2", "6.0": "P / M"},
        {
            "-0.842": "P * log(P / (P + M)) + M * log(M / (P + M)) - B * log(4)",
            "-1.386": "-log(4)",
            "-0.370": "P * log(P / (P + M)) - B * log(2)",
            "0.842": "B * log(4) - P * log(P / (P + M)) - M * log(M / (P + M))",
            "-0.421": "(P * log(P / (P + M)) + M * log(M / (P + M)) - B * log(4)) / 2",
        },
        {
            "0.272": "(P * log(P / (P + M)) + M * log(M / (P + M)) - B * log(4) + log(4)) / 2",
            "0.545": "P * log(P / (P + M)) + M * log(M / (P + M)) - B * log(4) + log(4)",
            "0.393": "(P * log(P / (P + M)) + M * log(M / (P + M)) - B * log(4) + log(4)) / log(4)",
        },
        {"4.0": "(1 - H) / H", "0.25": "H / (1 - H)", "7.21": "log(H) / log(1 - H)"},
        {
            "2.496": "(U**2 + S**2 - 1) / 2 - log(S)",
            "2.158": "(U**2 + S - 1 - log(S)) / 2",
            "1.58": "(U**2 + S**2 - 1) / 2",
            "4.993": "U**2 + S**2 - 1 - 2 * log(S)",
        },
        {
            "1.803": "(U**2 + S**2 - 1) / 2 - log(S) - log(2)",
            "0.693": "log(2)",
            "1.496": "(U**2 + S**2 - 1) / 2 - log(S) - 1",
            "0.867": "(U**2 + S**2 - 1 - log(U**2 + S**2)) / 2",
        },
    ],
)
