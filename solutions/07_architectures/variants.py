"""Numbers of students' own, for `course build 07_architectures --variants` (docs/grading.md)."""

from course_tools.grading.variants import vary

vary(
    "block_table",
    letters={"P": [24, 16, 20, 12, 28, 8, 36, 18], "Q": [40, 32, 48, 24, 56, 20, 64, 30]},
    task={
        "3×3 convolution, 3 to 24 channels": "3×3 convolution, 3 to $P$ channels",
        "batch normalisation of 24 channels": "batch normalisation of $P$ channels",
        "residual block, 24 to 24 channels": "residual block, $P$ to $P$ channels",
        "residual block, 24 to 40 channels": "residual block, $P$ to $Q$ channels",
        "dense layer, 40 to 10": "dense layer, $Q$ to 10",
    },
    numbers=[
        {"648": "27 * P", "672": "28 * P", "216": "9 * P"},
        {"48": "2 * P", "24": "P", "96": "4 * P"},
        {
            "10464": "18 * P**2 + 4 * P",
            "10416": "18 * P**2 + 2 * P",
            "10560": "18 * P**2 + 8 * P",
            "10368": "18 * P**2",
            "5232": "9 * P**2 + 2 * P",
            "10512": "18 * P**2 + 6 * P",
            "11040": "19 * P**2 + 4 * P",
            "3552": "6 * P**2 + 4 * P",
        },
        {
            "24160": "10 * P * Q + 9 * Q**2 + 4 * Q",
            "24080": "10 * P * Q + 9 * Q**2 + 2 * Q",
            "24320": "10 * P * Q + 9 * Q**2 + 8 * Q",
            "24000": "10 * P * Q + 9 * Q**2",
            "23200": "9 * P * Q + 9 * Q**2 + 4 * Q",
            "31840": "18 * P * Q + 9 * Q**2 + 4 * Q",
            "24800": "9 * P * Q + 10 * Q**2 + 4 * Q",
            "18400": "19 * P * Q + 4 * Q",
            "29920": "P * Q + 18 * Q**2 + 4 * Q",
            "9680": "10 * P * Q + 2 * Q",
            "24280": "10 * P * Q + 9 * Q**2 + 7 * Q",
            "24240": "10 * P * Q + 9 * Q**2 + 6 * Q",
            "8800": "4 * P * Q + 3 * Q**2 + 4 * Q",
        },
        {},
        {"410": "10 * Q + 10", "400": "10 * Q", "440": "11 * Q"},
    ],
    hints={
        "from 40 to 40 channels; it acts on the input of the block, which has 24.": "from Q to Q channels; it acts on the input of the block, which has P.",
        "from 24 channels; the second one gets 40.": "from P channels; the second one gets Q.",
        "from 40 channels; the first one gets 24.": "from Q channels; the first one gets P.",
    },
)
