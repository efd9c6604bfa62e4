"""Numbers of students' own, for `course build 16_attention --variants` (docs/grading.md)."""

from course_tools.grading.variants import vary

vary(
    "attention_numbers",
    letters={
        "A": [9, 1.5, 1.5, 3, 4.5, 4.5, 9, 4.5],
        "B": [3, 4.5, 7.5, 7.5, 9, 3, 1.5, 6],
        "V": [20, 30, -10, 30, 15, 40, -10, 50],
        "H": [4, 2, 3, 6, 8, 5, 12, 10],
        "D": [24, 16, 30, 36, 40, 20, 48, 60],
        "Y": [0.5, 0.4, 0.45, 0.42, 0.48, 0.41, 0.52, 0.44],
    },
    task={
        "the dot products 9, 3 and 0": "the dot products $A$, $B$ and 0",
        "the numbers 10, 20 and −5": "the numbers 10, $V$ and −5",
        r"It has 4 heads and $d_\text{model} = 24$": r"It has $H$ heads and $d_\text{model} = D$",
        "0.3 after x, 0.5 after y": "0.3 after x, $Y$ after y",
    },
    numbers=[
        {
            "0.8438": "exp(A / 3) / (exp(A / 3) + exp(B / 3) + 1)",
            "0.9975": "exp(A) / (exp(A) + exp(B) + 1)",
            "0.5315": "exp(A / 9) / (exp(A / 9) + exp(B / 9) + 1)",
            "0.75": "A / (A + B)",
        },
        {
            "10.512": "(10 * exp(A / 3) + V * exp(B / 3) - 5) / (exp(A / 3) + exp(B / 3) + 1)",
            "8.333": "(5 + V) / 3",
            "10.024": "(10 * exp(A) + V * exp(B) - 5) / (exp(A) + exp(B) + 1)",
        },
        {
            "11.192": "(10 * exp(A / 3) + V * exp(B / 3)) / (exp(A / 3) + exp(B / 3))",
            "10.512": "(10 * exp(A / 3) + V * exp(B / 3) - 5) / (exp(A / 3) + exp(B / 3) + 1)",
            "10.722": "(10 * exp(A / 3) + V * exp(B / 3)) / (exp(A / 3) + exp(B / 3) + 1)",
            "20.0": "V",
        },
        {"100.0": "25 * H", "25.0": "25", "160.0": "40 * H", "60.0": "15 * H"},
        {
            "2400.0": "4 * (D**2 + D)",
            "2304.0": "4 * D**2",
            "1800.0": "3 * (D**2 + D)",
            "7800.0": "(3 * H + 1) * (D**2 + D)",
        },
        {"1.0857": "0.19 / (0.35 * Y)", "1.407": "0.19 / 0.135", "1.0": "1"},
    ],
)

vary(
    "six_predictions",
    letters={
        "A": [2, 3, 4, 6, 12, 1.5, 1.2, 5],
        "B": [5, 4, 15, 3, 2, 10, 1.5, 8],
        "H": [36, 64, 16, 25, 100, 49, 81, 144],
        "K": [5, 3, 4, 6, 7, 8, 9, 10],
        "N": [1024, 512, 256, 2048, 128, 768, 1536, 4096],
    },
    task={
        r"the scores $0$, $\ln 2$ and $\ln 5$": r"the scores $0$, $\ln A$ and $\ln B$",
        "each head has 36 numbers": "each head has $H$ numbers",
        "a key $(3, 4)$ at place 5": "a key $(3, 4)$ at place $K$",
        "$f = 4 d$ reads 1,024 tokens": "$f = 4 d$ reads $N$ tokens",
        r"three places turn the key by $3 \theta$": r"$K - 2$ places turn the key by $(K - 2)\, \theta$",
    },
    numbers=[
        {"0.625": "B / (1 + A + B)"},
        {"0.833": "B**2 / (1 + A**2 + B**2)", "0.481": "sqrt(B) / (1 + sqrt(A) + sqrt(B))"},
        {"0.667": "A / (1 + A)", "0.25": "A / (1 + A + B)"},
        {"6.0": "sqrt(H)", "36.0": "H"},
        {"12.5": "25 * cos((K - 2) * pi / 9)"},
        {"0.571": "2 * N / (1536 + 2 * N)", "0.4": "N / (1536 + N)"},
    ],
)
