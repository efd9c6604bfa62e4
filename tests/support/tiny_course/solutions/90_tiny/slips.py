"""Planted wrong answers of the tiny assignment."""

from course_tools.grading.slips import slip


@slip("variance", hint="averaged over all values")
def divided_by_one_less(values):
    middle = sum(values) / len(values)
    return sum((value - middle) ** 2 for value in values) / (len(values) - 1)
