"""Mutants of a solution: all answers that differ from it by one small slip, and a process of its own for each."""
