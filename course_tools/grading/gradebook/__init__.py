"""Marks: what was graded, the class, exports and feedback."""
