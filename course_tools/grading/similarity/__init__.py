"""Submissions that agree beyond the exercise."""
