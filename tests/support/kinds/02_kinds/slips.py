"""Planted wrong answers of the kinds of exercises."""

from course_tools.grading.slips import change

change("fault", "Subtracting the maximum changes no share.", '"E"', '"B"')
change("fault", "The exponential belongs there.", '"E"', '"D"')
change("fault", "A row's shares are its numbers divided by their sum.", '"E"', '"F"')

change(
    "softmax", "The sum runs over the rows.", "e.sum(dim=1, keepdim", "e.sum(dim=0, keepdim"
)
change(
    "softmax",
    "Large scores overflow; take each row's maximum off.",
    " - Z.max(dim=1, keepdim=True).values",
    "",
)
change(
    "softmax",
    "The shares are not divided by their sum.",
    " / e.sum(dim=1, keepdim=True)",
    "",
)

change("shares", "The two are exchanged.", "[0.25, 0.75]", "[0.75, 0.25]")
change(
    "shares",
    "These are the shares of 0 and 3; the second logit is ln 3.",
    "[0.25, 0.75]",
    "[0.0474, 0.9526]",
)
change("shares", "These are the shares of 1 and 2.", "[0.25, 0.75]", "[0.3333, 0.6667]")
