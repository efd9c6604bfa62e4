"""From what a class handed in to notebooks that can be graded."""
