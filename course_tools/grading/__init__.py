"""Grading: planted slips, sealed checks, the sandbox and the batch."""
