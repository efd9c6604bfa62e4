"""Planted wrong answers to the exercises of chapter 11, each with the hint that it must get."""

from course_tools.grading.slips import change

# -- weighted_mean (TODO: the sample) -------------------------------------------------------------------------

change("weighted_mean", "The sum is not divided by the weights' sum.", " / w.sum()", "")
change("weighted_mean", "The weights are not used.", "(w * x).sum() / w.sum()", "x.mean()")
change("weighted_mean", "The sum is divided by how many there are, not by their weight.", "w.sum()", "len(x)")
