"""The pages that the grader writes for people: feedback, and answers that agree."""
