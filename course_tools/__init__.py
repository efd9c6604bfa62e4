"""What stands behind the `course` command: building, the lab, the site, grading.

It stands on course_utils; no chapter imports it. Nothing is imported here: ``course --help`` waits for nothing.
"""
