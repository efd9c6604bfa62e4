"""Numbers of students' own, for `course build 14_flows_diffusion --variants` (docs/grading.md)."""

from course_tools.grading.variants import vary

vary(
    "schedule_numbers",
    letters={
        "X": [0.1, 0.2, 0.3, 0.05, 0.15, 0.4, 0.25, 0.35],
        "Y": [0.2, 0.3, 0.4, 0.3, 0.25, 0.5, 0.35, 0.45],
        "W": [2, 1, 1.6, 2.9, 3, 0.4, -1, 1.6],
        "N": [0.5, 0.25, -0.5, 1, -0.25, 1.25, 0.5, -1],
        "Z": [6, 3, 9, 10.5, 15, 1.5, 18, 21],
    },
    task={
        r"$\beta_1 = 0.1$ and $\beta_2 = 0.2$": r"$\beta_1 = X$ and $\beta_2 = Y$",
        "one number is $x_t = 2$, and the network predicts the noise 0.5": "one number is $x_t = W$, and the network predicts the noise $N$",
        r"the mean log-density $6 \ln 2$ nats": r"the mean log-density $Z \ln 2$ nats",
        r"the first is $\bar\alpha_1 = 0.9$": r"the first is $\bar\alpha_1 = 1 - X$",
    },
    numbers=[
        {
            "0.72": "(1 - X) * (1 - Y)",
            "0.7": "1 - X - Y",
            "0.849": "sqrt((1 - X) * (1 - Y))",
            "0.28": "1 - (1 - X) * (1 - Y)",
        },
        {
            "0.0714": "X * Y / (1 - (1 - X) * (1 - Y))",
            "0.2": "Y",
            "0.267": "sqrt(X * Y / (1 - (1 - X) * (1 - Y)))",
            "0.56": "Y * (1 - (1 - X) * (1 - Y)) / X",
        },
        {"0.316": "sqrt(X)", "0.1": "X", "0.529": "sqrt(1 - (1 - X) * (1 - Y))"},
        {},
        {
            "2.667": "(W - 0.8 * N) / 0.6",
            "2.5": "(W - N) / 0.6",
            "2.8": "(W - 0.64 * N) / 0.6",
            "1.6": "W - 0.8 * N",
            "4.444": "(W - 0.8 * N) / 0.36",
        },
        {
            "6.0": "8 - Z / 3",
            "10.0": "8 + Z / 3",
            "2.0": "8 - Z",
            "-2.0": "-Z / 3",
            "18.0": "24 - Z",
        },
    ],
)

vary(
    "six_numbers_of_spaces",
    letters={
        "L": [6, 4, 8, 2, 10, 3, 5, 12],
        "P": [3, 2, 3, 1, 9, 4, 2, 10],
        "Q": [5, 4, 7, 3, 5, 9, 6, 6],
        "N": [8, 6, 10, 4, 12, 16, 20, 3],
        "F": [0.8, 0.5, 0.6, 0.4, 0.3, 0.2, 0.1, 0.7],
        "T": [0.3, 0.2, 0.6, 0.15, 0.4, 0.5, 0.25, 0.12],
    },
    task={
        "Two codes have norm 6 and": "Two codes have norm $L$ and",
        "Two codes have the norms 3 and 5 and": "Two codes have the norms $P$ and $Q$ and",
        "takes codes of 8 numbers": "takes codes of $N$ numbers",
        r"the vector $0.8\, \mathbf y$": r"the vector $F\, \mathbf y$",
        r"at the temperature $\tau = 0.3$": r"at the temperature $\tau = T$",
    },
    numbers=[
        {
            "4.743": "L * sqrt(0.625)",
            "6.0": "L",
            "4.243": "L / sqrt(2)",
            "22.5": "L**2 * 0.625",
        },
        {
            "4.041": "sqrt((P**2 + Q**2 + P * Q) / 3)",
            "4.0": "(P + Q) / 2",
            "3.5": "sqrt(P**2 + Q**2 + P * Q) / 2",
        },
        {"9.0": "N + 1", "8.0": "N", "45.0": "5 * (N + 1)"},
        {"0.96": "1 - (1 - F) ** 2", "0.8": "F", "0.64": "F**2"},
        {
            "0.4327": "log(1 + 4 * exp(-0.6 / T))",
            "1.165": "log(1 + 4 * exp(-0.6))",
            "1.470": "log(1 + 4 * exp(-0.6 * T))",
            "0.865": "2 * log(1 + 4 * exp(-0.6 / T))",
        },
        {},
    ],
)
