"""What an exercise asks the student to write by hand: one rule, for the visible checks and for the grader.

The grader judges by it too, so that no mark is stricter than what a student was shown.
"""
